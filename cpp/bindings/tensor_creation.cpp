// Fresh arrays: empty, filled, counted, and from numpy.
#include "bindings/tensor_shortcuts.h"
#include "bindings/tensor_surface.h"

namespace tinytorch {
namespace {

// The fresh arrays behind tinytorch/_creation.py, which settles arguments and defaults.
void bind_fresh(py::module_& m) {
  m.def("_empty", [](const Dims& shape, DType dtype) { return empty(shape, dtype); });
  m.def("_full", [](const Dims& shape, const Scalar& value, DType dtype) {
    return full(shape, value, dtype);
  });
  m.def("_arange", [](const Scalar& start, const Scalar& end, const Scalar& step, DType dtype) {
    return arange(start, end, step, dtype);
  });
  m.def("_linspace", [](double start, double end, int64_t steps, DType dtype) {
    return linspace(start, end, steps, dtype);
  });
  m.def("_eye",
        [](int64_t rows, int64_t columns, DType dtype) { return eye(rows, columns, dtype); });
  m.def("_from_numpy", [](const py::array& array) { return tensor_from_numpy(array); });
  m.def("_to_numpy", [](const PyTensor& x) { return numpy_from_tensor(array_of(x)); });
  m.def("get_default_dtype", &default_dtype, "The dtype of floats that nobody gave one.");
  m.def("_set_default_dtype", &set_default_dtype);
  m.def(
      "result_type",
      [](const py::object& a, const py::object& b) {
        Box *left = box_from(a), *right = box_from(b);
        check<TypeError>(left || right, "result_type: expected a Tensor among the two");
        // A number counts as the 0-d tensor that it would be beside the other.
        const auto beside = [](Box* box, const py::object& value, Box* other) {
          return box ? box->data : wrap_scalar(py::cast<Scalar>(value), other->data);
        };
        return result_type(beside(left, a, right), beside(right, b, left));
      },
      py::arg("tensor1"), py::arg("tensor2"));
  m.def(
      "_alike",
      [](const py::object& a, const py::object& b) {
        Box *left = box_from(a), *right = box_from(b);
        return left && right && left->data.dtype() == right->data.dtype() &&
               left->data.shape() == right->data.shape();
      },
      "Whether both are tensors of one shape and dtype.");
  shortcut(
      m.attr("_alike"),
      [](const PyTensor& a, const PyTensor& b) {
        const Tensor &left = array_of(a), &right = array_of(b);
        return py::bool_(left.dtype() == right.dtype() && left.shape() == right.shape());
      },
      required<PyTensor>("a"), required<PyTensor>("b"));
  m.def("promote_types", &promote, py::arg("type1"), py::arg("type2"));
}

}  // namespace

void bind_creation(Surface& on) {
  bind_fresh(on.m);
  bind_random(on);
}

}  // namespace tinytorch

// The unit setup: numpy vectors in, a numpy vector out; there is no Tensor in Python yet.
#include "modules/setup/setup.h"

#include <pybind11/numpy.h>

#include <cstring>

#include "bindings/units.h"

namespace tinytorch {
namespace {

namespace py = pybind11;

Tensor vector_from(const py::array& x) {
  const bool single = x.dtype().is(py::dtype::of<float>());
  check<TypeError>(single || x.dtype().is(py::dtype::of<double>()),
                   "axpy: expected arrays of float32 or float64, got ",
                   std::string(py::str(static_cast<py::object>(x.dtype()))));
  check(x.ndim() == 1, "axpy: expected vectors, got ", static_cast<int64_t>(x.ndim()), " dims");
  return Tensor(Storage::borrow(const_cast<void*>(x.data()), x.nbytes(), false, [] {}),
                single ? DType::kFloat32 : DType::kFloat64, {x.size()}, {1});
}

py::array array_from(const Tensor& x) {
  const bool single = x.dtype() == DType::kFloat32;
  py::array array(single ? py::dtype::of<float>() : py::dtype::of<double>(),
                  std::vector<py::ssize_t>{x.numel()});
  if (x.numel() > 0) {
    std::memcpy(array.mutable_data(), x.bytes(), static_cast<size_t>(array.nbytes()));
  }
  return array;
}

}  // namespace

void bind_setup(py::module_& m) {
  py::module_ unit = m.def_submodule("setup", "The function of the unit setup.");
  unit.def(
      "axpy",
      [](double a, const py::array& x, const py::array& y) {
        const auto together = [](const py::array& v) {
          return py::array::ensure(v, py::array::c_style);
        };
        const py::array from = together(x), start = together(y);
        return array_from(axpy(a, vector_from(from), vector_from(start)));
      },
      py::arg("a"), py::arg("x"), py::arg("y"));
}

}  // namespace tinytorch

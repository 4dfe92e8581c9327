// The class Tensor: what every tensor can be asked, converted to and indexed by.
#include "bindings/tensor_halves.h"
#include "bindings/tensor_shortcuts.h"
#include "bindings/tensor_surface.h"
#include "bindings/units.h"

namespace tinytorch {
namespace {

py::object nested_list(const Tensor& x) {
  if (x.dim() == 0) return py::cast(item(x));
  py::list rows(x.shape()[0]);
  for (int64_t i = 0; i < x.shape()[0]; ++i)
    rows[static_cast<size_t>(i)] = nested_list(select(x, 0, i));
  return rows;
}

// Another order of the elements in memory, as tinytorch/_memory_format.py has it.
py::object in_format(const char* function, const PyTensor& x, const py::object& format) {
  return py::module_::import("tinytorch._memory_format").attr(function)(x, format);
}

// x.to(dtype), x.to(device), x.to(device, dtype), x.to(other); device names other than the CPU are
// refused.
py::object convert(const py::object& self, const py::args& args, const py::kwargs& kwargs) {
  const PyTensor x = py::cast<PyTensor>(self);
  DType dtype = array_of(x).dtype();
  bool copy = false;
  py::object format = py::none();
  int flags = 0;  // given by position: non_blocking, then copy
  const auto take = [&](py::handle value) {
    if (value.is_none()) return;
    if (PyBool_Check(value.ptr())) {
      check<TypeError>(++flags <= 2, "to: expected at most two flags, non_blocking and copy");
      if (flags == 2) copy = value.ptr() == Py_True;
      return;
    }
    if (const auto wanted = dtype_from(value)) dtype = *wanted;
    else if (Box* box = box_from(value)) dtype = box->data.dtype();
    else py::module_::import("tinytorch._device").attr("check_cpu")(value);
  };
  for (const py::handle value : args) take(value);
  for (const auto& [key, value] : kwargs) {
    const auto name = key.cast<std::string>();
    check<TypeError>(name == "dtype" || name == "device" || name == "non_blocking" ||
                         name == "copy" || name == "other" || name == "memory_format",
                     "to: unexpected argument ", name);
    if (name == "copy") copy = value.cast<bool>();
    else if (name == "memory_format") format = py::reinterpret_borrow<py::object>(value);
    else if (name != "non_blocking") take(value);
  }
  if (!format.is_none()) {
    const PyTensor y = dtype == array_of(x).dtype() ? x : to(x, dtype);
    return in_format(copy && box_of(y).get() == box_of(x).get() ? "copied" : "arranged", y, format);
  }
  if (dtype == array_of(x).dtype() && !copy) return self;
  return py::cast(dtype == array_of(x).dtype() ? clone(x) : to(x, dtype));
}

// Where a 0-d tensor has no dim 0 either.
int64_t own_dim(const char* operation, int64_t dim, const Tensor& x) {
  check<IndexError>(x.dim() > 0, operation, ": a 0-d tensor has no dim ", dim);
  return wrap_dim(operation, dim, x.dim());
}

void bind_basics(Surface& on) {
  TensorClass& tensor = on.tensor;
  tensor.def_property_readonly("shape",
                               [](const PyTensor& x) { return size_object(array_of(x).shape()); });
  tensor.def(
      "size",
      [](const PyTensor& x, std::optional<int64_t> dim) -> py::object {
        if (!dim) return size_object(array_of(x).shape());
        return py::int_(array_of(x).shape()[own_dim("size", *dim, array_of(x))]);
      },
      py::arg("dim") = py::none());
  tensor.def(
      "stride",
      [](const PyTensor& x, std::optional<int64_t> dim) -> py::object {
        const Strides& strides = array_of(x).strides();
        if (dim) return py::int_(strides[own_dim("stride", *dim, array_of(x))]);
        return py::tuple(py::list(size_object(strides)));
      },
      py::arg("dim") = py::none());
  tensor.def("storage_offset", [](const PyTensor& x) { return array_of(x).offset(); });
  tensor.def("data_ptr", [](const PyTensor& x) {
    return reinterpret_cast<std::uintptr_t>(array_of(x).bytes());
  });
  tensor.def_property_readonly("dtype", [](const PyTensor& x) { return array_of(x).dtype(); });
  tensor.def_property_readonly("ndim", [](const PyTensor& x) { return array_of(x).dim(); });
  tensor.def("dim", [](const PyTensor& x) { return array_of(x).dim(); });
  tensor.def("ndimension", [](const PyTensor& x) { return array_of(x).dim(); });
  tensor.def("numel", [](const PyTensor& x) { return array_of(x).numel(); });
  tensor.def("nelement", [](const PyTensor& x) { return array_of(x).numel(); });
  tensor.def("element_size", [](const PyTensor& x) { return item_size(array_of(x).dtype()); });
  tensor.def_property_readonly("itemsize",
                               [](const PyTensor& x) { return item_size(array_of(x).dtype()); });
  tensor.def_property_readonly("nbytes", [](const PyTensor& x) {
    return array_of(x).numel() * item_size(array_of(x).dtype());
  });
  const auto no_format = py::arg("memory_format") = py::none();
  tensor.def(
      "is_contiguous",
      [](const PyTensor& x, const py::object& format) -> py::object {
        if (format.is_none()) return py::bool_(array_of(x).is_contiguous());
        return in_format("is_contiguous", x, format);
      },
      no_format);
  tensor.def("is_floating_point",
             [](const PyTensor& x) { return is_floating(array_of(x).dtype()); });
  tensor.def("is_signed", [](const PyTensor& x) {
    return array_of(x).dtype() != DType::kBool && array_of(x).dtype() != DType::kUInt8;
  });
  tensor.def("is_complex", [](const PyTensor&) { return false; });
  tensor.def(
      "contiguous",
      [](const py::object& self, const py::object& format) {
        const PyTensor x = py::cast<PyTensor>(self);
        if (!format.is_none()) return in_format("arranged", x, format);
        return array_of(x).is_contiguous() ? self : py::cast(contiguous(x));
      },
      no_format);
  on.both(
      "clone",
      [](const PyTensor& x, const py::object& format) {
        return format.is_none() ? py::cast(clone(x)) : in_format("copied", x, format);
      },
      no_format);
  tensor.def("item", [](const PyTensor& x) { return item(array_of(x)); });
  shortcut(
      tensor.attr("item"), [](const PyTensor& x) { return item(array_of(x)); },
      required<PyTensor>("self"));
  tensor.def("tolist", [](const PyTensor& x) { return nested_list(array_of(x)); });
  tensor.def("to", &convert);
  for (const auto& [name, dtype] :
       {std::pair{"float", DType::kFloat32}, std::pair{"double", DType::kFloat64},
        std::pair{"long", DType::kInt64}, std::pair{"int", DType::kInt32},
        std::pair{"short", DType::kInt16}, std::pair{"char", DType::kInt8},
        std::pair{"byte", DType::kUInt8}, std::pair{"bool", DType::kBool},
        std::pair{"half", DType::kFloat16}, std::pair{"bfloat16", DType::kBFloat16}}) {
    tensor.def(name, [dtype](const py::object& self) {
      const PyTensor x = py::cast<PyTensor>(self);
      return array_of(x).dtype() == dtype ? self : py::cast(to(x, seen(dtype)));
    });
  }
  tensor.def(
      "type_as",
      [](const PyTensor& x, const PyTensor& other) { return to(x, array_of(other).dtype()); },
      py::arg("other"));
  tensor.def(
      "copy_",
      [](const py::object& self, const PyTensor& source, bool) {
        PyTensor x = py::cast<PyTensor>(self);
        copy_(x, source);
        return self;
      },
      py::arg("src"), py::arg("non_blocking") = false);
  tensor.def(
      "copy_",
      [](const py::object& self, const Scalar& source, bool) {
        PyTensor x = py::cast<PyTensor>(self);
        copy_(x, PyTensor(scalar_tensor(source, source.kind())));
        return self;
      },
      py::arg("src"), py::arg("non_blocking") = false);
  tensor.def(
      "fill_",
      [](const py::object& self, const py::object& value) {
        PyTensor x = py::cast<PyTensor>(self);
        if (Box* box = box_from(value)) {
          const PyTensor number = unbox(Ref<Box>(box));
          check(array_of(number).dim() == 0, "fill_: expected a number or a 0-d tensor, got shape ",
                array_of(number).shape());
          copy_(x, number);
        } else {
          fill_(x, py::cast<Scalar>(value));
        }
        return self;
      },
      py::arg("value"));
  tensor.def("zero_", [](const py::object& self) {
    PyTensor x = py::cast<PyTensor>(self);
    fill_(x, Scalar(0));
    return self;
  });
  tensor.def("__iter__", [](const PyTensor& x) {
    check<TypeError>(array_of(x).dim() > 0, "iter: a 0-d tensor cannot be iterated over");
    return py::iter(py::cast(unbind(x)));
  });
  tensor.def("__contains__", [](const PyTensor& x, py::handle value) {
    const auto sought = operand_from(value, x);
    check(sought.has_value(),
          "Tensor.__contains__ only supports Tensor or scalar, but you passed in a ",
          std::string(py::str(py::type::handle_of(value))), ".");
    return item(any(binary(BinaryOp::kEq, array_of(x), array_of(*sought)))).to<bool>();
  });
}

}  // namespace

void bind_tensor(py::module_& m) {
  TensorClass tensor(
      py::reinterpret_borrow<py::object>(reinterpret_cast<PyObject*>(tensor_type())));
  m.attr("Tensor") = tensor;
#if !TINYTORCH_HAS_AUTOGRAD
  set_tensor_maker([](const py::args& args, const py::kwargs& kwargs) {
    const py::object data =
        kwargs.contains("data") ? py::object(kwargs["data"]) : py::object(args[0]);
    return make_ref<Box>(py::cast<PyTensor>(data));
  });
#endif
  Surface on{m, tensor};
  bind_basics(on);
  bind_arithmetic(on);
  bind_reductions(on);
  bind_views(on);
  bind_creation(on);
  bind_memory(m);
  py::module_ unit = m.def_submodule("tensor", "The pure functions of the unit tensor.");
  unit.def(
      "contiguous_strides",
      [](const Dims& shape) { return py::tuple(size_object(tensor::contiguous_strides(shape))); },
      py::arg("shape"));
  unit.def(
      "broadcast_shapes",
      [](const Dims& a, const Dims& b) {
        return py::tuple(size_object(tensor::broadcast_shapes("broadcast_shapes", a, b)));
      },
      py::arg("a"), py::arg("b"));
  unit.def(
      "broadcast_strides",
      [](const Dims& shape, const Dims& strides, const Dims& target) {
        check(shape.size() == strides.size() &&
                  tensor::broadcast_shapes("broadcast_strides", shape, target) == target,
              "broadcast_strides: shape ", shape, " with strides ", strides,
              " does not broadcast to ", target);
        return py::tuple(size_object(tensor::broadcast_strides(shape, strides, target)));
      },
      py::arg("shape"), py::arg("strides"), py::arg("target"));
}

}  // namespace tinytorch

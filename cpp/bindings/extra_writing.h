// Writing results where a program asks for them: into an operand's own memory, or into `out`.
#pragma once
#include "bindings/tensor_surface.h"

namespace tinytorch {

/// Raises unless values of dtype `from` may be written to memory of dtype `to`: a float does not
/// become an integer, nor anything else a bool.                              torch.can_cast
inline void check_castable(const char* operation, DType from, DType to) {
  const bool lossy =
      (is_floating(from) && !is_floating(to)) || (from != DType::kBool && to == DType::kBool);
  check(!lossy, operation, ": result type ", from, " can't be cast to the desired output type ",
        to);
}

/// self = f(self) in self's memory, the same Python object.  The result keeps self's shape.
template <class F>
py::object rewrite(const char* operation, const py::object& self, F f,
                   std::initializer_list<const Variable*> others = {}) {
  const PyTensor x = py::cast<PyTensor>(self);
  in_place(
      operation, x,
      [&](const PyTensor& old) {
        const PyTensor y = f(old);
        check(y.shape() == x.shape(), operation, ": output with shape ", x.shape(),
              " doesn't match the broadcast shape ", y.shape());
        check_castable(operation, y.dtype(), x.dtype());
        return y;
      },
      others);
  return self;
}

/// An attribute of Tensor and of torch under further names.
inline void alias(Surface& on, const char* name, const std::vector<const char*>& others) {
  for (const char* other : others) {
    if (py::hasattr(on.m, name)) on.m.attr(other) = on.m.attr(name);
    if (py::hasattr(on.tensor, name)) {
      on.tensor.attr(other) = on.tensor.attr("__dict__")[py::str(name)];
    }
  }
}

}  // namespace tinytorch

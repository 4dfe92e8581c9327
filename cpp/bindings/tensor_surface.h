// Where Tensor's bindings meet: the class, and the two places where PyTorch has an operation.
#pragma once
#include "bindings/tensor_type.h"

namespace tinytorch {

/// An operation is often there twice: torch.name(input, ...) and Tensor.name(...).
struct Surface {
  py::module_& m;
  TensorClass& tensor;

  template <class F, class... Extra>
  void both(const char* name, F f, const Extra&... extra) {
    m.def(name, f, py::arg("input"), extra...);
    tensor.def(name, f, extra...);
  }
};

/// The other operand as operand_from gives it.  Raises TypeError where there is none.
PyTensor required_operand(const char* operation, py::handle value, const PyTensor& self);

void bind_arithmetic(
    Surface& on);  // tensor_arithmetic.cpp: operators, functions of one and two operands
void bind_reductions(Surface& on);  // tensor_reductions.cpp
void bind_views(Surface& on);       // tensor_views.cpp: views, joins, products, picking by position
void bind_memory(py::module_& m);   // tensor_memory.cpp: storages and DLPack
void bind_creation(Surface& on);    // tensor_creation.cpp: fresh arrays
void bind_random(Surface& on);      // tensor_random.cpp: random arrays and generators

}  // namespace tinytorch

// The other operand of a binary operation: a tensor, or a number that takes part as one.
#pragma once
#include "bindings/tensor_surface.h"

namespace tinytorch {

/// As operand_from gives it, but for an integer by which integers are divided: it takes part as the
/// fraction's dtype, as a small 0-d tensor's own dtype might not hold it.
std::optional<PyTensor> operand_of(BinaryOp op, py::handle value, const PyTensor& self);
/// The same.  Raises TypeError where there is none.
PyTensor required_operand(BinaryOp op, py::handle value, const PyTensor& self);

}  // namespace tinytorch

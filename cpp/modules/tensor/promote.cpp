// Promotion between tensors: a 0-d tensor or a Python number decides only by its category.
#include "modules/tensor/tensor.h"

namespace tinytorch {
namespace {

int category(DType dtype) { return dtype == DType::kBool ? 0 : is_floating(dtype) ? 2 : 1; }

}  // namespace

DType result_type(const Tensor& a, const Tensor& b) {
  if (a.dtype() == b.dtype()) return a.dtype();
  if ((a.dim() == 0) == (b.dim() == 0)) return promote(a.dtype(), b.dtype());
  const DType array = a.dim() ? a.dtype() : b.dtype(), single = a.dim() ? b.dtype() : a.dtype();
  return category(single) > category(array) ? promote(array, single) : array;
}

Tensor wrap_scalar(const Scalar& value, const Tensor& other) {
  const int above = category(value.kind()) - category(other.dtype());
  if (above > 0)
    return scalar_tensor(value, is_floating(value.kind()) ? default_dtype() : value.kind());
  // Beside an array a 0-d operand of no higher category does not count, so an int may stay an
  // int64: uint8 / -3 is computed in floats, where -3 is itself.
  const bool keeps_kind =
      value.kind() == DType::kBool || (other.dim() > 0 && above == 0 && !is_floating(value.kind()));
  if (keeps_kind) return scalar_tensor(value, value.kind());
  // Of two 0-d operands the tensor's dtype stays, and the number wraps.
  if (!is_floating(other.dtype()) && item_size(other.dtype()) < 8)
    return to(scalar_tensor(value, DType::kInt64), other.dtype());
  const bool beside_halves = is_half(other.dtype()) && other.dim() > 0;
  return scalar_tensor(value, beside_halves ? DType::kFloat32 : other.dtype());
}

}  // namespace tinytorch

// Between single losses and their reduction: parts of operands for threads, and gradients that
// reach every single loss.
#pragma once
#include "core/parallel.h"
#include "modules/losses/losses.h"

namespace tinytorch::losses {

/// Elements per thread from which sharing a loop pays.
inline constexpr int64_t kGrain = 16384;

/// Elements or rows first .. last - 1.
template <class T>
View<T, 1> part(View<T, 1> x, int64_t first, int64_t last) {
  return {x.data + first, {last - first}};
}
template <class T>
View<T, 2> part(View<T, 2> x, int64_t first, int64_t last) {
  return {x.data + first * x.size(1), {last - first, x.size(1)}};
}
template <class T>
Strided<T, 1> part(Strided<T, 1> x, int64_t first, int64_t last) {
  return {x.data + first * x.strides[0], {last - first}, {x.strides[0]}};
}

/// The gradient by each of `count` single losses: `grad` has one element for all of them or one for
/// each, contiguous.
template <class T>
Strided<const T, 1> each(const Tensor& grad, int64_t count) {
  return {grad.data<T>(), {count}, {grad.dim() == 0 ? 0 : 1}};
}

/// Raises unless grad is what `reduction` of losses of `shape` and `dtype` gets back.
inline void check_grad(const char* operation, const Tensor& grad, const Shape& shape, DType dtype,
                       Reduction reduction) {
  const Shape expected = reduction == Reduction::kNone ? shape : Shape{};
  check(grad.shape() == expected && grad.dtype() == dtype, operation, ": expected grad of shape ",
        expected, " and ", dtype, ", got ", grad.shape(), " of ", grad.dtype());
}

}  // namespace tinytorch::losses

// Operands that lie alike in memory: functions of single elements run over them in one line.
#pragma once
#include "modules/tensor/tensor.h"

namespace tinytorch {

/// x itself where its elements lie in the order of `like`, which has no gaps; else a copy so.
inline Tensor laid_as(const Tensor& like, const Tensor& x) {
  if ((like.is_contiguous() && x.is_contiguous()) || like.strides() == x.strides()) return x;
  const Tensor y = empty_as(like, x.dtype());
  copy_(y, x);
  return y;
}

/// All elements of a tensor without gaps, in the order of memory.
template <class T>
View<T, 1> in_memory_order(const Tensor& x) {
  return {x.data<std::remove_const_t<T>>(), {x.numel()}};
}

}  // namespace tinytorch

// Layout: strides of a fresh array, and how two shapes broadcast.
#include "modules/tensor/tensor.h"

namespace tinytorch::tensor {

Strides contiguous_strides(const Shape& shape) {
  // TASK tensor.contiguous_strides (2 points): from the right, each stride is the product of the
  // sizes after it.
  Strides strides(shape.size(), 1);
  for (int64_t d = shape.size() - 2; d >= 0; --d) {
    strides[d] = strides[d + 1] * std::max<int64_t>(shape[d + 1], 1);
  }
  return strides;
  // END TASK
}

Shape broadcast_shapes(const char* operation, const Shape& a, const Shape& b) {
  // TASK tensor.broadcast_shapes (4 points): pair the sizes from the right; where one ends, it
  // counts as 1.
  const int64_t rank = std::max(a.size(), b.size());
  Shape shape(rank, 1);
  for (int64_t d = 1; d <= rank; ++d) {
    const int64_t size_a = d <= a.size() ? a[a.size() - d] : 1;
    const int64_t size_b = d <= b.size() ? b[b.size() - d] : 1;
    check(size_a == size_b || size_a == 1 || size_b == 1, operation, ": shapes ", a, " and ", b,
          " do not broadcast: sizes ", size_a, " and ", size_b, " meet at dim ", rank - d);
    shape[rank - d] = size_a == 1 ? size_b : size_a;
  }
  return shape;
  // END TASK
}

Strides broadcast_strides(const Shape& shape, const Strides& strides, const Shape& target) {
  // TASK tensor.broadcast_strides (3 points): a stride of 0 reads the same element again and again.
  const int64_t added = target.size() - shape.size();
  Strides stretched(target.size(), 0);
  for (int64_t d = 0; d < shape.size(); ++d) {
    const bool stretches = shape[d] == 1 && target[added + d] != 1;
    stretched[added + d] = stretches ? 0 : strides[d];
  }
  return stretched;
  // END TASK
}

}  // namespace tinytorch::tensor

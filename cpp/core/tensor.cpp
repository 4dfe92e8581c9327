// What a tensor derives from its numbers: the element count, and whether it is contiguous.
#include "core/tensor.h"

#include <algorithm>

namespace tinytorch {
namespace {

bool is_row_major(const Shape& shape, const Strides& strides) {
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return true;
  int64_t expected = 1;
  for (int64_t d = shape.size() - 1; d >= 0; --d) {
    if (shape[d] == 1) continue;  // never stepped along: any stride will do
    if (strides[d] != expected) return false;
    expected *= shape[d];
  }
  return true;
}

}  // namespace

Tensor::Tensor(Ref<Storage> storage, DType dtype, Shape shape, Strides strides, int64_t offset)
    : storage_(std::move(storage)),
      dtype_(dtype),
      contiguous_(is_row_major(shape, strides)),
      shape_(std::move(shape)),
      strides_(std::move(strides)),
      offset_(offset),
      numel_(tinytorch::numel(shape_)) {}

}  // namespace tinytorch

// Lines: a tensor seen along one of its dims, for what is done to each line by itself.
//
// In row-major memory of shape (outer..., size, inner...) a line starts anywhere in the first of
// its `size` rows and steps over `inner` elements.
#pragma once
#include "core/parallel.h"
#include "modules/tensor/tensor.h"

namespace tinytorch {

struct Lines {
  int64_t count, size, inner;

  /// The lines of a row-major tensor along dim; a 0-d tensor is one line of one element.
  Lines(const char* operation, const Shape& shape, int64_t dim) : count(1), size(1), inner(1) {
    const int64_t d = wrap_dim(operation, dim, shape.size());
    for (int64_t i = 0; i < shape.size(); ++i) {
      if (i == d) size = shape[i];
      else count *= shape[i];
      if (i > d) inner *= shape[i];
    }
  }

  /// Line number i of memory that begins at `data`.
  template <class T>
  Strided<T, 1> of(T* data, int64_t i) const {
    return {data + i / inner * size * inner + i % inner, {size}, {inner}};
  }

  /// body(first, last) on ranges of line numbers, shared among threads when the lines are many or
  /// long.
  template <class F>
  void each_range(F&& body) const {
    parallel_for(0, count, std::max<int64_t>(1, 16384 / std::max<int64_t>(1, size)), body);
  }
};

/// `shape` with another size along dim; a 0-d shape stays.
inline Shape resized(const Shape& shape, int64_t dim, int64_t size) {
  Shape result = shape;
  if (!shape.empty()) result[wrap_dim("size", dim, shape.size())] = size;
  return result;
}

}  // namespace tinytorch

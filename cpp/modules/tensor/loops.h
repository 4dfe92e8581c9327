// Loops over strided operands: dimensions that can be walked as one are merged, then a kernel gets
// the longest one-dimensional run at a time. Large loops are shared among threads.
#pragma once
#include <array>

#include "core/parallel.h"
#include "modules/tensor/tensor.h"

namespace tinytorch::tensor {

/// Elements per thread from which sharing a loop pays.
inline constexpr int64_t kGrain = 32768;

/// How to walk N operands of one shape together; offsets and strides in elements.
template <int N>
struct Walk {
  Shape shape;  // merged, at least one dimension; the last one is the run
  std::array<Strides, N> strides;
};

/// Strides of one operand, broadcast to the shape of the walk.
template <int N>
Walk<N> merge_dims(const Shape& shape, const std::array<Strides, N>& strides) {
  Walk<N> walk;
  for (int64_t d = 0; d < shape.size(); ++d) {
    if (shape[d] == 1) continue;
    bool merges = !walk.shape.empty();
    for (int k = 0; k < N && merges; ++k) {
      merges = walk.strides[k].back() == strides[k][d] * shape[d];
    }
    if (merges) {
      const int64_t last = walk.shape.size() - 1;
      walk.shape[last] *= shape[d];
      for (int k = 0; k < N; ++k) walk.strides[k][last] = strides[k][d];
    } else {
      walk.shape.push_back(shape[d]);
      for (int k = 0; k < N; ++k) walk.strides[k].push_back(strides[k][d]);
    }
  }
  if (walk.shape.empty()) {
    walk.shape.push_back(1);
    for (int k = 0; k < N; ++k) walk.strides[k].push_back(1);
  }
  return walk;
}

/// Calls run(offsets, length) for every run; the strides of the run are walk.strides[k].back().
template <int N, class Run>
void for_each_run(const Walk<N>& walk, Run&& run) {
  const int64_t length = walk.shape.back();
  const int64_t outer_dims = walk.shape.size() - 1;
  int64_t runs = 1;
  for (int64_t d = 0; d < outer_dims; ++d) runs *= walk.shape[d];
  if (runs == 0 || length == 0) return;
  if (runs == 1) {
    parallel_for(0, length, kGrain, [&](int64_t first, int64_t last) {
      std::array<int64_t, N> offsets;
      for (int k = 0; k < N; ++k) offsets[k] = first * walk.strides[k].back();
      run(offsets, last - first);
    });
    return;
  }
  parallel_for(0, runs, std::max<int64_t>(1, kGrain / length), [&](int64_t first, int64_t last) {
    Shape index = walk.shape;
    std::array<int64_t, N> offsets{};
    for (int64_t d = outer_dims - 1, rest = first; d >= 0; --d) {
      index[d] = rest % walk.shape[d];
      rest /= walk.shape[d];
      for (int k = 0; k < N; ++k) offsets[k] += index[d] * walk.strides[k][d];
    }
    for (int64_t r = first; r < last; ++r) {
      run(offsets, length);
      // Counted on as on an odometer: dividing anew costs more than a short run.
      for (int64_t d = outer_dims - 1; d >= 0; --d) {
        for (int k = 0; k < N; ++k) offsets[k] += walk.strides[k][d];
        if (++index[d] < walk.shape[d]) break;
        for (int k = 0; k < N; ++k) offsets[k] -= index[d] * walk.strides[k][d];
        index[d] = 0;
      }
    }
  });
}

// The loops of discrete.cpp: integers from T to T, truth values, comparisons and predicates.
template <class T>
void integer_unary_loop(UnaryOp op, Strided<const T, 1> x, Strided<T, 1> y);
template <class T>
void integer_binary_loop(BinaryOp op, Strided<const T, 1> a, Strided<const T, 1> b,
                         Strided<T, 1> y);
void bool_loop(BinaryOp op, Strided<const bool, 1> a, Strided<const bool, 1> b, Strided<bool, 1> y);
template <class T>
void comparison_loop(BinaryOp op, Strided<const T, 1> a, Strided<const T, 1> b, Strided<bool, 1> y);
template <class T>
void predicate_loop(UnaryOp op, Strided<const T, 1> x, Strided<bool, 1> y);

}  // namespace tinytorch::tensor

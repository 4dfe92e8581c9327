// Matrix products in float32: one tile of C in registers, fed by panels of B.
//
// A tile of 7 x 64 elements of C (AVX-512; smaller where there are fewer registers) stays in
// registers while k runs: each step loads 64 elements of a row of B, broadcasts 7 elements of a
// column of A, and does 448 multiply-adds, enough for arithmetic to be the limit and not memory.
// What follows from that:
//
// A is read one element at a time, so any strides serve and it is not copied; only narrow tiles,
// which visit it more often, take a copy where its columns lie far apart. B is read a panel of 64
// columns at a time. Where its rows do not allow that already (a transposed or ragged B, or one
// used often enough to repay it) the panel is copied first, "packed". Edges use a smaller tile of
// the same template, and rows are spread evenly: 64 = 4 * 7 + 6 * 6. k is cut so that a panel stays
// in cache; bias and ReLU are added while C is still in registers. Threads take parts of a grid,
// each with its own copies, so that there is nothing to wait for in between.
//
// With few rows nothing is used twice, memory is the limit, and B is read once where it lies: gemv.
#pragma once
#include <cstdint>

namespace tinytorch::fast {

/// A matrix in memory: element (i, j) is data[i * row_stride + j * column_stride].
struct MatrixRef {
  const float* data;
  int64_t row_stride, column_stride;

  MatrixRef from(int64_t row, int64_t column) const {
    return {data + row * row_stride + column * column_stride, row_stride, column_stride};
  }
  MatrixRef transposed() const { return {data, column_stride, row_stride}; }
};

/// What happens to an element of C besides the product, in this order.
struct Epilogue {
  bool accumulate = false;      // c += a b instead of c = a b
  const float* bias = nullptr;  // (N), added to every row
  bool relu = false;            // max(c, 0); NaN stays NaN
};

/// c[i, j] = sum_k a[i, k] b[k, j].  a: (M, K), b: (K, N), c: (M, N), its rows c_stride apart.
/// Every element is summed in an order that depends on the shapes and strides alone, so results do
/// not change with the number of threads.  c must not overlap a or b.
void gemm(const MatrixRef& a, const MatrixRef& b, float* c, int64_t c_stride, int64_t m, int64_t n,
          int64_t k, const Epilogue& epilogue = {});

}  // namespace tinytorch::fast

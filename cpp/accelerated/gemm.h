// Matrix products in float32: the register tile (tile.h), fed by panels of B.
//
// A is read one element at a time, so any strides serve and it is not copied; only narrow tiles,
// which visit it more often, take a copy where its columns lie far apart. B is read a panel of 64
// columns at a time. Where its rows do not allow that already (a transposed or ragged B, or one
// used often enough to repay it) the panel is copied first, "packed". k is cut so that a panel
// stays in cache. Threads take parts of a grid, each with its own copies, so that there is nothing
// to wait for in between.
//
// With few rows nothing is used twice, memory is the limit, and B is read once where it lies: gemv.
#pragma once
#include "accelerated/tile.h"

namespace tinytorch::fast {

/// c[i, j] = sum_k a[i, k] b[k, j].  a: (M, K), b: (K, N), c: (M, N), its rows c_stride apart.
/// Every element is summed in an order that depends on the shapes and strides alone, so results do
/// not change with the number of threads.  c must not overlap a or b.
void gemm(const MatrixRef& a, const MatrixRef& b, float* c, int64_t c_stride, int64_t m, int64_t n,
          int64_t k, const Epilogue& epilogue = {});

}  // namespace tinytorch::fast

// Products of a few rows with a matrix: what generating one token at a time consists of.
//
// Each element of B is used only once or a few times, so the time is that of reading B, and the
// loops are arranged to read it in the order it lies in memory: whole rows are scaled and added,
// or, when B is transposed as weights of (out, in) are, whole columns are multiplied with A and
// summed.
#pragma once
#include "accelerated/gemm.h"

namespace tinytorch::fast {

/// gemm, where m is so small (4, or 16 for transposed b of large k) and the strides are such that
/// one of these orders is the best.  Otherwise returns false and does nothing.
bool gemv(const MatrixRef& a, const MatrixRef& b, float* c, int64_t c_stride, int64_t m, int64_t n,
          int64_t k, const Epilogue& epilogue);

}  // namespace tinytorch::fast

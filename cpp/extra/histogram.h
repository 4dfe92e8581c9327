// Histograms: how many values fall into each bin.
#pragma once
#include "modules/tensor/tensor.h"

namespace tinytorch {

/// How often each of 0, 1, ... occurs in x, up to its largest or to minlength - 1; or the sum of
/// the weights there, as float32 or float64.  x: (n,) of integers >= 0.           torch.bincount
Tensor bincount(const Tensor& x, const Tensor& weights, int64_t minlength);

/// How a value finds its bin: each bin holds its left edge, the last one its right edge, too.
enum class Bins : uint8_t {
  kEven,     // by one division
  kLinear,   // the same, checked against the neighbouring edges
  kAnyEdges  // by binary search
};
/// The number, or the sum of weights, of the values of x in each bin; those outside the edges, and
/// NaN, in none.  x and weights: of any one shape, of edges' dtype; edges: (bins + 1,), rising.
///                                                                torch.histc, torch.histogram
Tensor histogram(const Tensor& x, const Tensor& edges, const Tensor& weights, Bins bins);

}  // namespace tinytorch

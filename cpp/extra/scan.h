// Scans: running sums, products and extrema along a dim, and the logarithm of a sum of
// exponentials.
//
// Floating numbers are accumulated in double. bool and integers give int64, as in sum. The
// gradients are scans in the other direction, and need no division: a zero in a product is like any
// number.
#pragma once
#include <utility>

#include "modules/autograd/functions.h"

namespace tinytorch {

/// y[j] = x[0] + ... + x[j] along dim.                                         torch.cumsum
Variable cumsum(const Variable& x, int64_t dim, std::optional<DType> dtype = {});
/// y[j] = x[0] * ... * x[j] along dim.                                         torch.cumprod
Variable cumprod(const Variable& x, int64_t dim, std::optional<DType> dtype = {});
/// y[j] = log(exp(x[0]) + ... + exp(x[j])) along dim, without overflow.        torch.logcumsumexp
Variable logcumsumexp(const Variable& x, int64_t dim);

/// The largest or smallest so far, and where it stands: the last of equals, and of NaNs.
///                                                                     torch.cummax, torch.cummin
std::pair<Variable, Tensor> cumulative_extremum(const Variable& x, int64_t dim, bool largest);

/// log(sum(exp(x))) over dims, without overflow; integers as the default dtype. torch.logsumexp
Variable logsumexp(const Variable& x, const Dims& dims, bool keepdim);

}  // namespace tinytorch

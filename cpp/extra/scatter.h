// Scatter: values written to, or combined with, the elements of x at positions along a dim.
//
//   x[.., positions[.., i, ..], ..] = source[.., i, ..]
//
// positions: int64 or int32, as many dims as x, no larger than x but along dim, no larger than
// source. Where a position occurs twice, both values are combined; of plain writes the last stays.
#pragma once
#include "modules/autograd/functions.h"

namespace tinytorch {

enum class Combine : uint8_t { kWrite, kAdd, kMultiply, kMaximum, kMinimum };

/// In x's memory; source of x's dtype.
void scatter_(const Tensor& x, int64_t dim, const Tensor& positions, const Tensor& source,
              Combine how);

/// torch.scatter and torch.scatter_add, in a copy of x and in x.
Variable scatter(const Variable& x, int64_t dim, const Tensor& positions, const Variable& source,
                 Combine how);
void scatter_(const Variable& x, int64_t dim, const Tensor& positions, const Variable& source,
              Combine how);

/// The values at each position reduced together, and with x's own unless include_self is false.
/// reduce: "sum", "prod", "mean", "amax" or "amin".                         torch.scatter_reduce
Variable scatter_reduce(const Variable& x, int64_t dim, const Tensor& positions,
                        const Variable& source, const std::string& reduce, bool include_self);

}  // namespace tinytorch

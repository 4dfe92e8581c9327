// Selection: elements of x named by a mask, by positions along a dim or in all of x, or by where
// they stand in a matrix.
//
// A mask is bool and broadcasts with x. Positions are int64 or int32, 0-d or 1-d along a dim, and
// not negative; errors name the position. Functions that end in _ write to x.
#pragma once
#include "modules/autograd/functions.h"

namespace tinytorch {

// --- by a mask
/// `value` is 0-d and becomes x's dtype.                                   torch.masked_fill
Variable masked_fill(const Variable& x, const Tensor& mask, const Variable& value);
void masked_fill_(const Variable& x, const Tensor& mask, const Variable& value);
/// The elements under the mask, in row-major order, 1-d.                    torch.masked_select
Variable masked_select(const Variable& x, const Tensor& mask);
/// The elements under the mask replaced by those of source, in order.       torch.masked_scatter
Variable masked_scatter(const Variable& x, const Tensor& mask, const Variable& source);
/// Where x is not zero, one row a position: (count, x.dim()).                torch.nonzero
Tensor nonzero(const Tensor& x);
/// Whether each element is among `tested`, or is not with `invert`.          torch.isin
Tensor isin(const Tensor& x, const Tensor& tested, bool invert);

// --- by positions along a dim
Variable index_select(const Variable& x, int64_t dim, const Tensor& positions);
Variable index_add(const Variable& x, int64_t dim, const Tensor& positions, const Variable& source,
                   const Scalar& alpha);
void index_add_(const Variable& x, int64_t dim, const Tensor& positions, const Variable& source,
                const Scalar& alpha);
Variable index_copy(const Variable& x, int64_t dim, const Tensor& positions,
                    const Variable& source);
void index_copy_(const Variable& x, int64_t dim, const Tensor& positions, const Variable& source);
/// `value` is 0-d; here alone a position may be negative.
Variable index_fill(const Variable& x, int64_t dim, const Tensor& positions, const Variable& value);
void index_fill_(const Variable& x, int64_t dim, const Tensor& positions, const Variable& value);

// --- by positions in x as if it were flat
Variable take(const Variable& x, const Tensor& positions);
void put_(const Variable& x, const Tensor& positions, const Variable& source, bool accumulate);

// --- by place in a matrix
/// On and below the given diagonal of the last two dims, zero elsewhere.    torch.tril
Variable tril(const Variable& x, int64_t diagonal);
Variable triu(const Variable& x, int64_t diagonal);
void tril_(const Variable& x, int64_t diagonal);
void triu_(const Variable& x, int64_t diagonal);

}  // namespace tinytorch

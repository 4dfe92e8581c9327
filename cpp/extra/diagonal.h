// Diagonals and windows: views whose elements lie at a constant step in memory.
#pragma once
#include "modules/autograd/functions.h"

namespace tinytorch {

/// x[.., i, .., i + offset, ..] for dims dim1 and dim2, which go; the diagonal is the last dim.
/// A view.                                                                  torch.diagonal
Variable diagonal(const Variable& x, int64_t offset, int64_t dim1, int64_t dim2);
/// Windows of `size` along dim, `step` apart: dim counts windows, a new last dim what is in one.
/// A view, in which windows may overlap.                                    torch.Tensor.unfold
Variable unfold(const Variable& x, int64_t dim, int64_t size, int64_t step);
/// x's last dim on a diagonal of two new dims, zero elsewhere.              torch.diag_embed
Variable diag_embed(const Variable& x, int64_t offset, int64_t dim1, int64_t dim2);
/// The sum of a matrix's diagonal.                                          torch.trace
Variable trace(const Variable& x);
/// The main diagonal of all dims; of a tall matrix with `wrap` further ones below.
/// torch.Tensor.fill_diagonal_
void fill_diagonal_(const Variable& x, const Scalar& value, bool wrap);
/// Rows and columns of a triangle of a (rows, columns) matrix: (2, count).  torch.tril_indices
Tensor tril_indices(int64_t rows, int64_t columns, int64_t offset, bool upper);

}  // namespace tinytorch

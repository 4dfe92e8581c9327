// Ordering: where the elements of each line along a dim go when sorted, and who stands where.
//
// Functions on Tensor give positions, int64; NaN counts as larger than every number. The pairs of
// values and positions of PyTorch are `order`, ..., with the values' gradient: it goes back to
// where they were taken from.
#pragma once
#include "modules/autograd/functions.h"

namespace tinytorch {

/// The positions along dim in sorted order, equals in their old order.          torch.argsort
Tensor argsort(const Tensor& x, int64_t dim = -1, bool descending = false);
/// The positions of the k largest or smallest along dim, best first if `sorted`.   torch.topk
Tensor positions_of_top(const Tensor& x, int64_t k, int64_t dim, bool largest, bool sorted);
/// The position of the k-th smallest, k from 1; dim stays, of size 1.               torch.kthvalue
Tensor position_of_kth(const Tensor& x, int64_t k, int64_t dim);
/// The position of the lower median: of the first NaN where there is one, or of the numbers alone.
///                                                               torch.median, torch.nanmedian
Tensor position_of_median(const Tensor& x, int64_t dim, bool ignore_nan);
/// The position of the last of the most frequent value, the smallest of several.    torch.mode
Tensor position_of_mode(const Tensor& x, int64_t dim);

/// x at positions along dim, recorded under `name`; without keepdim the dim, of size 1, goes.
Variable taken(const char* name, const Variable& x, int64_t dim, const Tensor& positions,
               bool keepdim = true);
/// The lower median of all elements, the gradient shared among its equals; NaN for none.
Variable median(const Variable& x, bool ignore_nan);

/// The distinct values or slices of x, each once: sorted, or with `consecutive` one a run of
/// equals. Without dim, of x as if it were flat.               torch.unique,
/// torch.unique_consecutive
struct Unique {
  Tensor values;
  Tensor inverse;  // where each element or slice went: shaped as x, or (x.size(dim),)
  Tensor counts;
};
Unique unique(const Tensor& x, std::optional<int64_t> dim, bool consecutive);

/// Where each value would go in sorted boundaries so that they stay sorted: before its equals, or
/// after them with `right`. boundaries: (..., n), or (n,) for all rows; values: (..., m). `sorter`,
/// if defined, holds the order of unsorted boundaries.                        torch.searchsorted
Tensor searchsorted(const Tensor& boundaries, const Tensor& values, bool right,
                    const Tensor& sorter = {});

}  // namespace tinytorch

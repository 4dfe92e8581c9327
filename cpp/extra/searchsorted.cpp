// Binary search of many values in sorted rows.
#include "core/parallel.h"
#include "extra/ordering.h"

namespace tinytorch {
namespace {

// The first position whose boundary is not below `value`, or is above it: NaN stands after all.
template <class T>
int64_t search(const T* row, const int64_t* sorter, int64_t n, T value, bool right) {
  int64_t first = 0, last = n;
  while (first < last) {
    const int64_t middle = first + (last - first) / 2;
    const T boundary = row[sorter ? sorter[middle] : middle];
    if (right ? !(boundary > value) : !(boundary >= value)) first = middle + 1;
    else last = middle;
  }
  return first;
}

}  // namespace

Tensor searchsorted(const Tensor& boundaries, const Tensor& values, bool right,
                    const Tensor& sorter) {
  check(boundaries.dim() > 0, "searchsorted: expected boundaries of at least one dim, got a 0-d ",
        "tensor");
  const bool one_row = boundaries.dim() == 1;
  bool fits = boundaries.dim() == values.dim();
  for (int64_t d = 0; fits && d + 1 < values.dim(); ++d)
    fits = boundaries.shape()[d] == values.shape()[d];
  check(one_row || fits, "searchsorted: expected boundaries of one dim, or alike values but for ",
        "the last dim, got shapes ", boundaries.shape(), " and ", values.shape());
  const DType common = result_type(boundaries, values);
  check<NotImplemented>(common != DType::kBool, "searchsorted: not defined for bool");
  const Tensor edges = contiguous(widened(to(boundaries, common)));
  const Tensor wanted = contiguous(widened(to(values, common)));
  const int64_t n = edges.shape().back(), m = wanted.dim() ? wanted.shape().back() : 1;
  Tensor order;
  if (sorter.defined()) {
    check(sorter.shape() == boundaries.shape(), "searchsorted: expected a sorter of shape ",
          boundaries.shape(), ", got ", sorter.shape());
    check(sorter.dtype() == DType::kInt64, "searchsorted: expected an int64 sorter, got ",
          sorter.dtype());
    order = contiguous(sorter);
    for (int64_t i = 0; i < order.numel(); ++i) {
      const int64_t at = order.data<int64_t>()[i];
      check(0 <= at && at < n, "searchsorted: sorter index ", at, " is outside a row of ", n);
    }
  }
  const Tensor y = empty(wanted.shape(), DType::kInt64);
  dispatch(edges.dtype(), [&]<class T>() {
    const T *rows = edges.data<T>(), *in = wanted.data<T>();
    const int64_t* sorters = order.defined() ? order.data<int64_t>() : nullptr;
    auto* out = y.data<int64_t>();
    parallel_for(0, y.numel(), 4096, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) {
        const int64_t row = one_row ? 0 : i / m * n;
        out[i] = search(rows + row, sorters ? sorters + row : nullptr, n, in[i], right);
      }
    });
  });
  return y;
}

}  // namespace tinytorch

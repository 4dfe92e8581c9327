// The batch: rows that lie scattered in memory, copied side by side.
#include "core/parallel.h"
#include "modules/dataloader/dataloader.h"

namespace tinytorch {
namespace dataloader {

template <class T>
void gather(View<const T, 2> x, View<const int64_t, 1> rows, View<T, 2> y) {
  // TASK dataloader.gather (2 points): row b of the batch is row rows[b] of the dataset; go along
  // rows, so that memory is read and written in long runs.
  for (int64_t b = 0; b < y.size(0); ++b) {
    for (int64_t j = 0; j < y.size(1); ++j) y(b, j) = x(rows(b), j);
  }
  // END TASK
}

namespace {

constexpr int64_t kGrain = 1 << 17;  // bytes that are worth a thread

template <class T>
void gather_bytes(const Tensor& x, View<const int64_t, 1> rows, Tensor& y) {
  const int64_t n = x.shape()[0], count = rows.size(0), width = count ? y.numel() / count : 0;
  const auto* from = reinterpret_cast<const T*>(x.bytes());
  auto* to = reinterpret_cast<T*>(y.bytes());
  const int64_t row_bytes = std::max<int64_t>(1, width * static_cast<int64_t>(sizeof(T)));
  parallel_for(0, count, std::max<int64_t>(1, kGrain / row_bytes),
               [&](int64_t first, int64_t last) {
                 gather<T>({from, {n, width}}, {rows.data + first, {last - first}},
                           {to + first * width, {last - first, width}});
               });
}

}  // namespace
}  // namespace dataloader

Tensor gather_rows(const Tensor& x, const Tensor& rows) {
  check<IndexError>(x.dim() > 0, "gather_rows: a 0-d tensor has no rows");
  check<TypeError>(rows.dtype() == DType::kInt64 && rows.dim() == 1,
                   "gather_rows: expected rows of shape (B,) and dtype int64, got ", rows.shape(),
                   " of ", rows.dtype());
  const int64_t n = x.shape()[0];
  Tensor chosen = clone(rows);
  const View<int64_t, 1> wrapped = chosen.flat<int64_t>();
  for (int64_t b = 0; b < wrapped.size(0); ++b) {
    check<IndexError>(-n <= wrapped(b) && wrapped(b) < n, "gather_rows: index ", wrapped(b),
                      " is out of range for ", n, " rows");
    if (wrapped(b) < 0) wrapped(b) += n;
  }
  const Tensor whole = contiguous(x);
  Shape shape = x.shape();
  shape[0] = wrapped.size(0);
  Tensor y = empty(shape, x.dtype());
  if (y.numel() == 0) return y;
  switch (item_size(x.dtype())) {
    case 1: dataloader::gather_bytes<uint8_t>(whole, wrapped, y); break;
    case 2: dataloader::gather_bytes<uint16_t>(whole, wrapped, y); break;
    case 4: dataloader::gather_bytes<uint32_t>(whole, wrapped, y); break;
    default: dataloader::gather_bytes<uint64_t>(whole, wrapped, y); break;
  }
  return y;
}

}  // namespace tinytorch

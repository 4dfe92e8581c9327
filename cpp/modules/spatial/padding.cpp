// Padding with a constant: its gradient is the padding with the opposite lengths.
#include "modules/spatial/spatial.h"

namespace tinytorch {

Tensor constant_pad(const Tensor& x, const Dims& before, const Dims& after, const Scalar& value) {
  check(before.size() == x.dim() && after.size() == x.dim(),
        "constant_pad: expected a length for each dim of x ", x.shape(), ", got ", before, " and ",
        after);
  constexpr int64_t kLargest = int64_t{1} << 40;
  Shape shape = x.shape();
  Tensor kept = x;
  for (int64_t d = 0; d < x.dim(); ++d) {
    check(std::abs(before[d]) < kLargest && std::abs(after[d]) < kLargest,
          "constant_pad: expected lengths below 2^40, got ", before, " and ", after);
    const int64_t first = std::max<int64_t>(0, -before[d]);
    const int64_t last = shape[d] - std::max<int64_t>(0, -after[d]);
    check(first <= shape[d] && last >= first, "constant_pad: cutting ", first, " and ",
          shape[d] - last, " elements leaves nothing of dim ", d, " of x ", x.shape());
    kept = slice(kept, d, first, last);
    shape[d] += before[d] + after[d];
    check(shape[d] >= 0, "constant_pad: the result would have ", shape[d], " elements along dim ",
          d, ": x ", x.shape(), ", lengths ", before, " and ", after);
  }
  Tensor y = full(shape, value, x.dtype());
  Tensor inner = y;
  for (int64_t d = 0; d < x.dim(); ++d) {
    const int64_t first = std::max<int64_t>(0, before[d]);
    inner = slice(inner, d, first, first + kept.shape()[d]);
  }
  copy_(inner, kept);
  return y;
}

}  // namespace tinytorch

// Rows looked up, added back and added up.
#include "accelerated/embeddings.h"

#include <algorithm>

#include "accelerated/lanes.h"

namespace tinytorch::fast {
namespace {

// to += factor * from.
void add_row(const float* from, float factor, float* to, int64_t n) {
  const Batch times(factor);
  for_each_batch(n, [&](int64_t d, auto lanes) {
    lanes.put(to + d, fma(lanes.get(from + d), times, lanes.get(to + d)));
  });
}

}  // namespace

void lookup(View<const float, 2> weight, View<const int64_t, 1> ids, View<float, 2> y) {
  const int64_t width = y.size(1);
  for (int64_t n = 0; n < ids.size(0); ++n) {
    std::copy_n(weight.data + ids.data[n] * width, width, y.data + n * width);
  }
}

void lookup_backward(Strided<const float, 2> grad, View<const int64_t, 1> ids, int64_t padding,
                     Strided<float, 2> grad_weight) {
  const int64_t width = grad_weight.size(1), step = grad_weight.strides[0];
  for (int64_t v = 0; v < grad_weight.size(0); ++v) {
    std::fill_n(grad_weight.data + v * step, width, 0.F);
  }
  for (int64_t n = 0; n < ids.size(0); ++n) {
    if (ids.data[n] == padding) continue;
    add_row(grad.data + n * grad.strides[0], 1, grad_weight.data + ids.data[n] * step, width);
  }
}

void bag(View<const float, 2> weight, View<const int64_t, 1> ids, View<const float, 1> factors,
         View<const int64_t, 1> starts, View<float, 2> y) {
  const int64_t width = y.size(1);
  for (int64_t b = 0; b < y.size(0); ++b) {
    float* const to = y.data + b * width;
    std::fill_n(to, width, 0.F);
    for (int64_t n = starts.data[b]; n < starts.data[b + 1]; ++n) {
      add_row(weight.data + ids.data[n] * width, factors.data[n], to, width);
    }
  }
}

}  // namespace tinytorch::fast

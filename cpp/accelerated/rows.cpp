// Softmax, log-softmax and cross-entropy, row by row.
#include "accelerated/rows.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "accelerated/lanes.h"

namespace tinytorch::fast {
namespace {

constexpr float kLowest = -std::numeric_limits<float>::infinity();

float maximum(const float* x, int64_t n) {
  Batch top(kLowest);
  for_each_batch(n, [&](int64_t j, auto lanes) { top = max(top, lanes.get(x + j, kLowest)); });
  return reduce_max(top);
}

// The sum over j of f(j, lanes), whose idle lanes are 0.
template <class F>
float total(int64_t n, F f) {
  Batch sum(0.F);
  for_each_batch(n, [&](int64_t j, auto lanes) { sum += f(j, lanes); });
  return reduce_add(sum);
}

// What a row's softmax was divided by, and its maximum.
struct Scale {
  float top, total;
};

Scale softmax_row(const float* x, float* y, int64_t n) {
  if (n <= kLanes) {
    const Part lanes{n};
    const Batch row = lanes.get(x, kLowest);
    const float top = reduce_max(row);
    const Batch power = exp(row - Batch(top));
    const float sum = reduce_add(power);
    lanes.put(y, power * Batch(1 / sum));
    return {top, sum};
  }
  const float top = maximum(x, n);
  const float sum = total(n, [&](int64_t j, auto lanes) {
    const Batch power = exp(lanes.get(x + j, kLowest) - Batch(top));
    lanes.put(y + j, power);
    return power;
  });
  const Batch scale(1 / sum);
  for_each_batch(n, [&](int64_t j, auto lanes) { lanes.put(y + j, lanes.get(y + j) * scale); });
  return {top, sum};
}

}  // namespace

void softmax(View<const float, 2> x, View<float, 2> y) {
  const int64_t n = x.size(1);
  for (int64_t i = 0; i < x.size(0); ++i) softmax_row(x.data + i * n, y.data + i * n, n);
}

void softmax_backward(View<const float, 2> grad, View<const float, 2> y, View<float, 2> grad_x) {
  const int64_t n = y.size(1);
  for (int64_t start = 0; start < y.size(0) * n; start += n) {
    const float *g = grad.data + start, *v = y.data + start;
    const Batch dot(
        total(n, [&](int64_t j, auto lanes) { return lanes.get(g + j) * lanes.get(v + j); }));
    for_each_batch(n, [&](int64_t j, auto lanes) {
      lanes.put(grad_x.data + start + j, lanes.get(v + j) * (lanes.get(g + j) - dot));
    });
  }
}

void log_softmax(View<const float, 2> x, View<float, 2> y) {
  const int64_t n = x.size(1);
  for (int64_t start = 0; start < x.size(0) * n; start += n) {
    const float* const row = x.data + start;
    const Batch top(maximum(row, n));
    const Batch log_sum(std::log(
        total(n, [&](int64_t j, auto lanes) { return exp(lanes.get(row + j, kLowest) - top); })));
    for_each_batch(n, [&](int64_t j, auto lanes) {
      lanes.put(y.data + start + j, lanes.get(row + j) - top - log_sum);
    });
  }
}

void log_softmax_backward(View<const float, 2> grad, View<const float, 2> y,
                          View<float, 2> grad_x) {
  const int64_t n = y.size(1);
  for (int64_t start = 0; start < y.size(0) * n; start += n) {
    const float *g = grad.data + start, *v = y.data + start;
    const Batch sum(total(n, [&](int64_t j, auto lanes) { return lanes.get(g + j); }));
    for_each_batch(n, [&](int64_t j, auto lanes) {
      lanes.put(grad_x.data + start + j, lanes.get(g + j) - exp(lanes.get(v + j)) * sum);
    });
  }
}

void cross_entropy(View<const float, 2> x, View<const int64_t, 1> target,
                   View<const float, 1> weight, View<float, 2> y, View<float, 1> loss) {
  const int64_t n = x.size(1);
  for (int64_t i = 0; i < x.size(0); ++i) {
    const auto [top, sum] = softmax_row(x.data + i * n, y.data + i * n, n);
    const float w = weight(i);
    loss(i) = w == 0 ? 0 : w * (std::log(sum) - (x(i, target(i)) - top));
  }
}

void cross_entropy_backward(Strided<const float, 1> grad, View<const float, 2> y,
                            View<const int64_t, 1> target, View<const float, 1> weight,
                            View<float, 2> grad_x) {
  const int64_t n = y.size(1);
  for (int64_t i = 0; i < y.size(0); ++i) {
    const float *from = y.data + i * n, w = weight(i), scale = grad(i) * w;
    float* const to = grad_x.data + i * n;
    if (w == 0) {
      std::fill_n(to, n, 0.F);
    } else {
      for_each_batch(
          n, [&](int64_t j, auto lanes) { lanes.put(to + j, lanes.get(from + j) * Batch(scale)); });
      grad_x(i, target(i)) -= scale;
    }
  }
}

}  // namespace tinytorch::fast

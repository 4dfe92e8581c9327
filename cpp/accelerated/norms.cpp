// Norms over rows, and SwiGLU.
#include "accelerated/norms.h"

#include <algorithm>
#include <cmath>

#include "accelerated/lanes.h"

namespace tinytorch::fast {
namespace {

// The sum over j of f(j, lanes), whose idle lanes are 0; two sums at once hide the latency of one.
template <class F>
float total(int64_t n, F f) {
  Batch even(0.F), odd(0.F);
  int64_t j = 0;
  for (; j + 2 * kLanes <= n; j += 2 * kLanes) {
    even += f(j, Whole{});
    odd += f(j + kLanes, Whole{});
  }
  for (; j + kLanes <= n; j += kLanes) even += f(j, Whole{});
  if (j < n) odd += f(j, Part{n - j});
  return reduce_add(even + odd);
}

// 1 in the lanes that meet memory, 0 in the others.
inline Batch present(Whole) { return Batch(1.F); }
inline Batch present(Part lanes) {
  static constexpr auto kOnes = [] {
    std::array<float, Batch::size> ones{};
    for (float& one : ones) one = 1;
    return ones;
  }();
  return load_partial(kOnes.data(), lanes.count);
}

// Calls walk with how a weight is read: from memory, or as 1.
template <class Walk>
void with_weight(View<const float, 1> weight, Walk walk) {
  if (weight.size(0) > 0) {
    walk([w = weight.data](int64_t j, auto lanes) { return lanes.get(w + j); });
  } else {
    walk([](int64_t, auto) { return Batch(1.F); });
  }
}

void clear(View<float, 1> x) { std::fill_n(x.data, x.size(0), 0.F); }

}  // namespace

void layer_norm(View<const float, 2> x, View<const float, 1> weight, View<const float, 1> bias,
                double eps, View<float, 2> y, View<float, 1> mean, View<float, 1> rstd) {
  const int64_t n = x.size(1);
  with_weight(weight, [&](auto w) {
    for (int64_t i = 0; i < x.size(0); ++i) {
      const float* const row = x.data + i * n;
      float* const to = y.data + i * n;
      const float middle = total(n, [&](int64_t j, auto lanes) { return lanes.get(row + j); }) /
                           static_cast<float>(n);
      const float squares = total(n, [&](int64_t j, auto lanes) {
        const Batch d = lanes.get(row + j, middle) - Batch(middle);
        return d * d;
      });
      const double variance = static_cast<double>(squares) / static_cast<double>(n);
      const float r = static_cast<float>(1 / std::sqrt(variance + eps));
      mean.data[i] = middle;
      rstd.data[i] = r;
      const Batch m(middle), by(r);
      if (bias.size(0) > 0) {
        for_each_batch(n, [&](int64_t j, auto lanes) {
          const Batch h = (lanes.get(row + j) - m) * by;
          lanes.put(to + j, fma(h, w(j, lanes), lanes.get(bias.data + j)));
        });
      } else {
        for_each_batch(n, [&](int64_t j, auto lanes) {
          lanes.put(to + j, (lanes.get(row + j) - m) * by * w(j, lanes));
        });
      }
    }
  });
}

void layer_norm_backward(View<const float, 2> grad, View<const float, 2> x,
                         View<const float, 1> weight, View<const float, 1> mean,
                         View<const float, 1> rstd, View<float, 2> grad_x,
                         View<float, 1> grad_weight, View<float, 1> grad_bias) {
  const int64_t n = x.size(1);
  const bool by_x = grad_x.size(0) > 0, sums = grad_weight.size(0) > 0;
  if (sums) clear(grad_weight), clear(grad_bias);
  with_weight(weight, [&](auto w) {
    for (int64_t i = 0; i < x.size(0); ++i) {
      const float *const row = x.data + i * n, *const from = grad.data + i * n;
      const Batch m(mean.data[i]), r(rstd.data[i]);
      Batch sum_g(0.F), sum_gh(0.F);
      for_each_batch(n, [&](int64_t j, auto lanes) {
        const Batch g = lanes.get(from + j);
        const Batch h = (lanes.get(row + j) - m) * r * present(lanes);
        if (sums) {
          lanes.put(grad_weight.data + j, fma(g, h, lanes.get(grad_weight.data + j)));
          lanes.put(grad_bias.data + j, lanes.get(grad_bias.data + j) + g);
        }
        const Batch scaled = g * w(j, lanes);
        sum_g += scaled;
        sum_gh = fma(scaled, h, sum_gh);
      });
      if (!by_x) continue;
      float* const to = grad_x.data + i * n;
      const float share = 1 / static_cast<float>(n);
      const Batch mean_g(reduce_add(sum_g) * share), mean_gh(reduce_add(sum_gh) * share);
      for_each_batch(n, [&](int64_t j, auto lanes) {
        const Batch h = (lanes.get(row + j) - m) * r;
        lanes.put(to + j, r * (lanes.get(from + j) * w(j, lanes) - mean_g - h * mean_gh));
      });
    }
  });
}

void rms_norm(View<const float, 2> x, View<const float, 1> weight, double eps, View<float, 2> y,
              View<float, 1> rstd) {
  const int64_t n = x.size(1);
  with_weight(weight, [&](auto w) {
    for (int64_t i = 0; i < x.size(0); ++i) {
      const float* const row = x.data + i * n;
      const float squares = total(n, [&](int64_t j, auto lanes) {
        const Batch v = lanes.get(row + j);
        return v * v;
      });
      const double mean = static_cast<double>(squares) / static_cast<double>(n);
      const float r = static_cast<float>(1 / std::sqrt(mean + eps));
      rstd.data[i] = r;
      const Batch by(r);
      for_each_batch(n, [&](int64_t j, auto lanes) {
        lanes.put(y.data + i * n + j, lanes.get(row + j) * by * w(j, lanes));
      });
    }
  });
}

void rms_norm_backward(View<const float, 2> grad, View<const float, 2> x,
                       View<const float, 1> weight, View<const float, 1> rstd,
                       View<float, 2> grad_x, View<float, 1> grad_weight) {
  const int64_t n = x.size(1);
  const bool by_x = grad_x.size(0) > 0, sums = grad_weight.size(0) > 0;
  clear(grad_weight);
  with_weight(weight, [&](auto w) {
    for (int64_t i = 0; i < x.size(0); ++i) {
      const float *const row = x.data + i * n, *const from = grad.data + i * n;
      const Batch r(rstd.data[i]);
      Batch sum(0.F);
      for_each_batch(n, [&](int64_t j, auto lanes) {
        const Batch g = lanes.get(from + j), h = lanes.get(row + j) * r;
        if (sums) lanes.put(grad_weight.data + j, fma(g, h, lanes.get(grad_weight.data + j)));
        sum = fma(g * w(j, lanes), h, sum);
      });
      if (!by_x) continue;
      const Batch mean_gh(reduce_add(sum) / static_cast<float>(n));
      for_each_batch(n, [&](int64_t j, auto lanes) {
        const Batch h = lanes.get(row + j) * r;
        lanes.put(grad_x.data + i * n + j, r * (lanes.get(from + j) * w(j, lanes) - h * mean_gh));
      });
    }
  });
}

void swiglu(View<const float, 1> gate, View<const float, 1> up, View<float, 1> y) {
  for_each_batch(y.size(0), [&](int64_t i, auto lanes) {
    const Batch g = lanes.get(gate.data + i);
    lanes.put(y.data + i, g * simd::sigmoid(g) * lanes.get(up.data + i));
  });
}

void swiglu_backward(View<const float, 1> grad, View<const float, 1> gate, View<const float, 1> up,
                     View<float, 1> grad_gate, View<float, 1> grad_up) {
  for_each_batch(grad.size(0), [&](int64_t i, auto lanes) {
    const Batch by = lanes.get(grad.data + i), g = lanes.get(gate.data + i);
    const Batch open = simd::sigmoid(g), one(1.F);
    lanes.put(grad_up.data + i, by * g * open);
    lanes.put(grad_gate.data + i, by * lanes.get(up.data + i) * open * fma(g, one - open, one));
  });
}

}  // namespace tinytorch::fast

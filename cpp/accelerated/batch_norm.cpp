// Statistics of channels, and the normalisation with its gradient.
#include "accelerated/batch_norm.h"

#include <algorithm>
#include <vector>

#include "accelerated/lanes.h"
#include "core/parallel.h"

namespace tinytorch::fast {
namespace {

constexpr int64_t kThreadElements = 20'000;  // worth a thread
constexpr int64_t kBlock = 64;               // channels of runs of one float at a time

// f(first, last) for ranges of channels.
template <class F>
void for_each_channel(View<const float, 3> x, F f) {
  const int64_t elements = std::max<int64_t>(1, x.size(0) * x.size(2));
  parallel_for(0, x.size(1), kThreadElements / elements + 1, f);
}

// f(first, count) for blocks of channels whose runs are one float long.
template <class F>
void for_each_block(View<const float, 3> x, F f) {
  for_each_channel(x, [&](int64_t first, int64_t last) {
    for (; first < last; first += kBlock) f(first, std::min(kBlock, last - first));
  });
}

struct Moments {
  double count = 0, mean = 0, squares = 0;  // squares: of deviations from the mean, summed

  void add(const Moments& more) {
    const double away = more.mean - mean, all = count + more.count;
    mean += away * more.count / all;
    squares += more.squares + away * away * count * more.count / all;
    count = all;
  }
};

Moments moments_of(const float* x, int64_t n) {
  Batch sum(0.F);
  for_each_batch(n, [&](int64_t i, auto lanes) { sum += lanes.get(x + i); });
  const float center = reduce_add(sum) / static_cast<float>(n);
  // What rounding took from the center is the mean of what is left.
  Batch rest(0.F), squares(0.F);
  for_each_batch(n, [&](int64_t i, auto lanes) {
    const Batch away = lanes.get(x + i, center) - Batch(center);
    rest += away;
    squares = fma(away, away, squares);
  });
  const auto count = static_cast<double>(n);
  const double off = static_cast<double>(reduce_add(rest)) / count;
  return {count, static_cast<double>(center) + off,
          static_cast<double>(reduce_add(squares)) - off * off * count};
}

void statistics_of_block(View<const float, 3> x, int64_t first, int64_t channels, float* mean,
                         float* variance) {
  double center[kBlock] = {}, squares[kBlock] = {};
  const int64_t n = x.size(0);
  const auto count = static_cast<double>(n);
  for (int64_t i = 0; i < n; ++i) {
    const float* const row = x.data + i * x.size(1) + first;
    for (int64_t c = 0; c < channels; ++c) center[c] += static_cast<double>(row[c]);
  }
  for (int64_t c = 0; c < channels; ++c) center[c] /= count;
  for (int64_t i = 0; i < n; ++i) {
    const float* const row = x.data + i * x.size(1) + first;
    for (int64_t c = 0; c < channels; ++c) {
      const double away = static_cast<double>(row[c]) - center[c];
      squares[c] += away * away;
    }
  }
  for (int64_t c = 0; c < channels; ++c) {
    mean[c] = static_cast<float>(center[c]);
    variance[c] = static_cast<float>(squares[c] / count);
  }
}

// grad_x = slope_grad (grad - common) - slope_x (x - mean).
struct Gradient {
  float mean, common, slope_grad, slope_x;

  // total = sum grad, along = sum grad z, over `count` elements.
  Gradient(double total, double along, double count, float mean, float inverse_std, float weight)
      : mean(mean),
        common(static_cast<float>(total / count)),
        slope_grad(weight * inverse_std),
        slope_x(static_cast<float>(along / count) * inverse_std * slope_grad) {}

  float operator()(float grad, float x) const {
    return slope_grad * (grad - common) - slope_x * (x - mean);
  }
};

void backward_of_block(View<const float, 3> grad, View<const float, 3> x, const float* mean,
                       const float* inverse_std, const float* weight, int64_t first,
                       int64_t channels, float* grad_x, float* grad_weight, float* grad_bias) {
  double total[kBlock] = {}, along[kBlock] = {};
  const int64_t n = x.size(0), width = x.size(1);
  for (int64_t i = 0; i < n; ++i) {
    const float *const g = grad.data + i * width + first, *const row = x.data + i * width + first;
    for (int64_t c = 0; c < channels; ++c) {
      total[c] += static_cast<double>(g[c]);
      along[c] += static_cast<double>(g[c] * (row[c] - mean[c]));
    }
  }
  std::vector<Gradient> gradients;
  for (int64_t c = 0; c < channels; ++c) {
    along[c] *= static_cast<double>(inverse_std[c]);
    grad_bias[c] = static_cast<float>(total[c]);
    grad_weight[c] = static_cast<float>(along[c]);
    gradients.emplace_back(total[c], along[c], static_cast<double>(n), mean[c], inverse_std[c],
                           weight[c]);
  }
  for (int64_t i = 0; i < n; ++i) {
    const int64_t at = i * width + first;
    for (int64_t c = 0; c < channels; ++c) {
      grad_x[at + c] = gradients[static_cast<size_t>(c)](grad.data[at + c], x.data[at + c]);
    }
  }
}

}  // namespace

void channel_statistics(View<const float, 3> x, View<float, 1> mean, View<float, 1> variance) {
  const int64_t channels = x.size(1), length = x.size(2);
  if (length == 1) {
    return for_each_block(x, [&](int64_t first, int64_t count) {
      statistics_of_block(x, first, count, mean.data + first, variance.data + first);
    });
  }
  for_each_channel(x, [&](int64_t first, int64_t last) {
    for (int64_t c = first; c < last; ++c) {
      Moments all;
      for (int64_t n = 0; n < x.size(0); ++n) {
        all.add(moments_of(x.data + (n * channels + c) * length, length));
      }
      mean(c) = static_cast<float>(all.mean);
      variance(c) = static_cast<float>(all.squares / all.count);
    }
  });
}

void batch_norm(View<const float, 3> x, View<const float, 1> scale, View<const float, 1> shift,
                View<float, 3> y) {
  const int64_t channels = x.size(1), length = x.size(2);
  const bool along_channels = length == 1;
  const int64_t run = along_channels ? channels : length;
  if (run == 0) return;
  const int64_t runs = x.size(0) * channels * length / run;
  parallel_for(0, runs, kThreadElements / run + 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const float* const from = x.data + i * run;
      float* const to = y.data + i * run;
      const int64_t c = i % channels;
      const Batch slope(scale(along_channels ? 0 : c)), level(shift(along_channels ? 0 : c));
      for_each_batch(run, [&](int64_t j, auto lanes) {
        const Batch a = along_channels ? lanes.get(scale.data + j) : slope;
        const Batch b = along_channels ? lanes.get(shift.data + j) : level;
        lanes.put(to + j, fma(lanes.get(from + j), a, b));
      });
    }
  });
}

void batch_norm_backward(View<const float, 3> grad, View<const float, 3> x,
                         View<const float, 1> mean, View<const float, 1> inverse_std,
                         View<const float, 1> weight, View<float, 3> grad_x,
                         View<float, 1> grad_weight, View<float, 1> grad_bias) {
  const int64_t channels = x.size(1), length = x.size(2);
  if (length == 1) {
    return for_each_block(x, [&](int64_t first, int64_t count) {
      backward_of_block(grad, x, mean.data + first, inverse_std.data + first, weight.data + first,
                        first, count, grad_x.data, grad_weight.data + first,
                        grad_bias.data + first);
    });
  }
  for_each_channel(x, [&](int64_t first, int64_t last) {
    for (int64_t c = first; c < last; ++c) {
      const auto for_each_run = [&](const auto& f) {
        for (int64_t n = 0; n < x.size(0); ++n) {
          const int64_t at = (n * channels + c) * length;
          f(grad.data + at, x.data + at, grad_x.data + at);
        }
      };
      double total = 0, along = 0;
      const Batch center(mean(c));
      for_each_run([&](const float* g, const float* from, float*) {
        Batch sum(0.F), product(0.F);
        for_each_batch(length, [&](int64_t i, auto lanes) {
          const Batch value = lanes.get(g + i);
          sum += value;
          product = fma(value, lanes.get(from + i) - center, product);
        });
        total += static_cast<double>(reduce_add(sum));
        along += static_cast<double>(reduce_add(product));
      });
      along *= static_cast<double>(inverse_std(c));
      grad_bias(c) = static_cast<float>(total);
      grad_weight(c) = static_cast<float>(along);
      const Gradient gradient(total, along, static_cast<double>(x.size(0) * length), mean(c),
                              inverse_std(c), weight(c));
      const Batch common(gradient.common), slope_grad(gradient.slope_grad);
      const Batch slope_x(gradient.slope_x);
      for_each_run([&](const float* g, const float* from, float* to) {
        for_each_batch(length, [&](int64_t i, auto lanes) {
          const Batch away = slope_x * (lanes.get(from + i) - center);
          lanes.put(to + i, slope_grad * (lanes.get(g + i) - common) - away);
        });
      });
    }
  });
}

}  // namespace tinytorch::fast

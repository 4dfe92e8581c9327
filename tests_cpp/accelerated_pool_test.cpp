// The twins of pooling and batch normalisation against their references.
#include "core/parallel.h"
#include "modules/spatial/spatial.h"
#include "twins.h"

namespace {

using namespace tinytorch;
using spatial::Averaging;
using spatial::Pool;
using twins::Floats;
using twins::kInfinity;
using twins::kNan;

template <class T, class V, size_t N>
View<T, static_cast<int>(N)> as(V& values, const int64_t (&sizes)[N]) {
  View<T, static_cast<int>(N)> view{values.data(), {}};
  std::copy_n(sizes, N, view.sizes);
  return view;
}

// Whole numbers, so that many are equal, with some infinite and some NaN.
Floats with_ties(int64_t n, unsigned seed) {
  std::mt19937 engine(seed);
  Floats values;
  for (int64_t i = 0; i < n; ++i) {
    const unsigned draw = engine() % 32;
    values.push_back(draw == 0   ? kNan
                     : draw < 12 ? -kInfinity
                     : draw < 14 ? kInfinity
                                 : static_cast<float>(draw % 5) - 2.F);
  }
  return values;
}

// Pools n x c pictures with results as many as have a place inside.
void check_pools(int64_t n, int64_t c, int64_t height, int64_t width, const Pool& pool,
                 bool ceil_mode, unsigned seed) {
  int64_t x_sizes[4] = {n, c, height, width}, y_sizes[4] = {n, c, 0, 0};
  for (int d = 0; d < 2; ++d) {
    const int64_t length = x_sizes[2 + d];
    const int64_t free = length + 2 * pool.padding[d] - pool.dilation[d] * (pool.size[d] - 1) - 1;
    if (free < 0) return;
    int64_t& count = y_sizes[2 + d];
    count = (free + (ceil_mode ? pool.stride[d] - 1 : 0)) / pool.stride[d] + 1;
    if (ceil_mode && (count - 1) * pool.stride[d] >= length + pool.padding[d]) --count;
    for (int64_t p = 0; p < count; ++p) {  // every window must meet the picture
      const int64_t begin = p * pool.stride[d] - pool.padding[d];
      bool met = false;
      for (int64_t i = 0; i < pool.size[d]; ++i) {
        met = met || (begin + i * pool.dilation[d] >= 0 && begin + i * pool.dilation[d] < length);
      }
      if (!met) return;
    }
  }
  CAPTURE(n, c, height, width, y_sizes[2], y_sizes[3], pool.size[0], pool.size[1], pool.stride[0],
          pool.stride[1], pool.padding[0], pool.padding[1], pool.dilation[0], pool.dilation[1]);
  const int64_t of_x = n * c * height * width, of_y = n * c * y_sizes[2] * y_sizes[3];
  const Floats x = with_ties(of_x, seed), grad = twins::uniform(of_y, -1, 1, seed);
  Floats y(grad.size(), 9.F), expected(grad.size(), 8.F);
  std::vector<int32_t> positions(grad.size(), -1), right(grad.size(), -2);
  spatial::max_pool2d_kernel.get<float>()(as<const float>(x, x_sizes), pool, as<float>(y, y_sizes),
                                          as<int32_t>(positions, y_sizes));
  spatial::max_pool2d_kernel.reference<float>()(
      as<const float>(x, x_sizes), pool, as<float>(expected, y_sizes), as<int32_t>(right, y_sizes));
  CHECK(positions == right);
  twins::check_close(y, expected, 0, 0);

  Floats grad_x(x.size(), 9.F), expected_x(x.size(), 8.F);
  const auto check_backward = [&](const auto& run, double tolerance) {
    run(true, grad_x);
    run(false, expected_x);
    twins::check_close(grad_x, expected_x, tolerance, tolerance);
  };
  check_backward(
      [&](bool fast, Floats& to) {
        const auto& kernel = spatial::max_pool2d_backward_kernel;
        (fast ? kernel.get<float>() : kernel.reference<float>())(as<const float>(grad, y_sizes),
                                                                 as<const int32_t>(right, y_sizes),
                                                                 pool, as<float>(to, x_sizes));
      },
      0);
  if (pool.dilation[0] != 1 || pool.dilation[1] != 1) return;
  const Floats smooth = twins::uniform(of_x, -1, 1, seed);
  for (const Averaging& averaging : {Averaging{true, 0}, Averaging{false, 0}, Averaging{true, 3}}) {
    CAPTURE(averaging.count_padding, averaging.divisor);
    spatial::avg_pool2d_kernel.get<float>()(as<const float>(smooth, x_sizes), pool, averaging,
                                            as<float>(y, y_sizes));
    spatial::avg_pool2d_kernel.reference<float>()(as<const float>(smooth, x_sizes), pool, averaging,
                                                  as<float>(expected, y_sizes));
    twins::check_close(y, expected, 1e-6, 2e-6);
    check_backward(
        [&](bool fast, Floats& to) {
          const auto& kernel = spatial::avg_pool2d_backward_kernel;
          (fast ? kernel.get<float>() : kernel.reference<float>())(
              as<const float>(grad, y_sizes), pool, averaging, as<float>(to, x_sizes));
        },
        2e-6);
  }
}

// Statistics, normalisation and gradient; x is around `center`.
void check_batch_norm(int64_t n, int64_t c, int64_t length, float center, unsigned seed) {
  CAPTURE(n, c, length, center);
  const int64_t sizes[3] = {n, c, length}, channels[1] = {c};
  const int64_t all = n * c * length;
  Floats x = twins::uniform(all, -1, 1, seed);
  for (float& value : x) value += center;
  const Floats grad = twins::uniform(all, -1, 1, seed + 1);
  const Floats weight = twins::uniform(c, 0.5, 2, seed + 2);
  const Floats shift = twins::uniform(c, -1, 1, seed + 3);
  const auto wide_x = twins::doubles(x), wide_grad = twins::doubles(grad);
  const auto wide_weight = twins::doubles(weight), wide_shift = twins::doubles(shift);

  Floats mean(weight.size()), variance(weight.size());
  std::vector<double> wide_mean(weight.size()), wide_variance(weight.size());
  spatial::channel_statistics_kernel.get<float>()(
      as<const float>(x, sizes), as<float>(mean, channels), as<float>(variance, channels));
  spatial::channel_statistics_kernel.reference<double>()(as<const double>(wide_x, sizes),
                                                         as<double>(wide_mean, channels),
                                                         as<double>(wide_variance, channels));
  twins::check_close(mean, wide_mean, 1e-7, 1e-7);
  twins::check_close(variance, wide_variance, 2e-6, 1e-7);

  Floats y(x.size());
  std::vector<double> expected(x.size());
  spatial::batch_norm_kernel.get<float>()(as<const float>(x, sizes),
                                          as<const float>(weight, channels),
                                          as<const float>(shift, channels), as<float>(y, sizes));
  spatial::batch_norm_kernel.reference<double>()(
      as<const double>(wide_x, sizes), as<const double>(wide_weight, channels),
      as<const double>(wide_shift, channels), as<double>(expected, sizes));
  twins::check_close(y, expected, 2e-7, 2e-6);

  Floats inverse_std = variance;
  for (float& value : inverse_std) value = 1 / std::sqrt(value + 1e-3F);
  const auto exact_mean = twins::doubles(mean), wide_inverse = twins::doubles(inverse_std);
  Floats grad_weight(weight.size()), grad_bias(weight.size());
  std::vector<double> wide_grad_weight(weight.size()), wide_grad_bias(weight.size());
  spatial::batch_norm_backward_kernel.get<float>()(
      as<const float>(grad, sizes), as<const float>(x, sizes), as<const float>(mean, channels),
      as<const float>(inverse_std, channels), as<const float>(weight, channels),
      as<float>(y, sizes), as<float>(grad_weight, channels), as<float>(grad_bias, channels));
  spatial::batch_norm_backward_kernel.reference<double>()(
      as<const double>(wide_grad, sizes), as<const double>(wide_x, sizes),
      as<const double>(exact_mean, channels), as<const double>(wide_inverse, channels),
      as<const double>(wide_weight, channels), as<double>(expected, sizes),
      as<double>(wide_grad_weight, channels), as<double>(wide_grad_bias, channels));
  const double sums = 1e-6 * std::sqrt(static_cast<double>(n * length));
  twins::check_close(grad_bias, wide_grad_bias, 1e-6, sums);
  twins::check_close(grad_weight, wide_grad_weight, 1e-5, 10 * sums);
  twins::check_close(y, expected, 1e-5, 1e-4 / std::sqrt(static_cast<double>(n * length)) + 1e-5);
}

}  // namespace

TEST_CASE("pooling: sizes, strides, paddings and dilations, with ties, infinities and NaN") {
  std::mt19937 engine(7);
  const auto draw = [&](int64_t least, int64_t most) {
    return least + static_cast<int64_t>(engine() % static_cast<unsigned>(most - least + 1));
  };
  for (const int64_t width : {2, 3, 7, 8, 16, 31, 32, 33, 70}) {
    check_pools(2, 3, 6, width, {{2, 2}, {2, 2}}, false, 1);
    check_pools(2, 3, 7, width, {{2, 2}, {2, 2}}, true, 2);
    check_pools(2, 3, 9, width, {{3, 3}, {2, 2}, {1, 1}}, false, 3);
  }
  check_pools(3, 2, 11, 50, {{11, 50}, {11, 50}}, false, 4);        // all of the picture
  check_pools(2, 2, 20, 12, {{5, 12}, {2, 12}, {1, 0}}, false, 6);  // whole rows
  check_pools(0, 2, 4, 4, {{2, 2}, {2, 2}}, false, 5);
  for (unsigned trial = 0; trial < 300; ++trial) {
    Pool pool{{draw(1, 5), draw(1, 5)}, {draw(1, 4), draw(1, 4)}};
    for (int d = 0; d < 2; ++d) {
      pool.padding[d] = draw(0, pool.size[d] / 2);
      pool.dilation[d] = trial % 2 ? draw(1, 3) : 1;
    }
    check_pools(draw(1, 2), draw(1, 3), draw(1, 40), draw(1, 40), pool, trial % 3 == 0, trial);
  }
}

TEST_CASE("pooling and batch normalisation: the same on any number of threads") {
  const int before = num_threads();
  for (const int threads : {2, 3}) {
    set_num_threads(threads);
    check_pools(4, 40, 20, 20, {{2, 2}, {2, 2}}, false, 1);
    check_pools(4, 40, 20, 20, {{3, 3}, {2, 2}, {1, 1}}, false, 1);
    check_batch_norm(8, 30, 400, 0, 1);
    check_batch_norm(1000, 70, 1, 0, 1);
  }
  set_num_threads(before);
}

TEST_CASE("batch normalisation: short and long runs, one element, large means") {
  for (const float center : {0.F, 1.F, 1000.F}) {
    for (const int64_t length : {1, 2, 3, 9, 16, 49, 100}) {
      for (const int64_t n : {1, 2, 13}) {
        for (const int64_t c : {1, 3, 70}) check_batch_norm(n, c, length, center, 1);
      }
    }
  }
}

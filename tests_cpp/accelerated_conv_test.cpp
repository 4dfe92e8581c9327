// The twins of the convolution against their references in double.
#include "core/parallel.h"
#include "modules/spatial/spatial.h"
#include "twins.h"

namespace {

using namespace tinytorch;
using spatial::Window;
using twins::Floats;

template <class T>
View<const T, 4> view4(const std::vector<T>& values, const int64_t (&sizes)[4]) {
  return {values.data(), {sizes[0], sizes[1], sizes[2], sizes[3]}};
}
template <class T>
View<T, 4> view4(std::vector<T>& values, const int64_t (&sizes)[4]) {
  return {values.data(), {sizes[0], sizes[1], sizes[2], sizes[3]}};
}
int64_t count(const int64_t (&sizes)[4]) { return sizes[0] * sizes[1] * sizes[2] * sizes[3]; }

struct Convolution {
  int64_t x[4], weight[4];
  Window window = {};
  int64_t more = 0;  // rows and columns of the result beyond the last whole window

  int64_t places(int d) const {
    return (x[2 + d] + 2 * window.padding[d] - window.dilation[d] * (weight[2 + d] - 1) - 1) /
               window.stride[d] +
           1;
  }
};

// All passes; errors are relative to the sum of the products' sizes.
void check_convolution(const Convolution& conv, unsigned seed = 1) {
  const int64_t y[4] = {conv.x[0], conv.weight[0], conv.places(0), conv.places(1)};
  const Window& window = conv.window;
  CAPTURE(conv.x[0], conv.x[1], conv.x[2], conv.x[3], y[1], y[2], y[3]);
  CAPTURE(conv.weight[1], conv.weight[2], conv.weight[3], window.groups, window.stride[0],
          window.stride[1], window.padding[0], window.padding[1], window.dilation[0],
          window.dilation[1]);
  REQUIRE((y[2] > 0 && y[3] > 0));
  const Floats x = twins::uniform(count(conv.x), -1, 1, seed);
  const Floats weight = twins::uniform(count(conv.weight), -1, 1, seed + 1);
  const Floats bias = twins::uniform(seed % 2 ? y[1] : 0, -1, 1, seed + 2);
  const Floats grad = twins::uniform(count(y), -1, 1, seed + 3);
  const auto wide_x = twins::doubles(x), wide_weight = twins::doubles(weight);
  const auto wide_bias = twins::doubles(bias), wide_grad = twins::doubles(grad);
  // Winograd's transforms lose a digit.
  const double rounding = conv.weight[2] == 3 && conv.weight[3] == 3 ? 1e-5 : 1.5e-6;
  const auto close = [&](const Floats& actual, const std::vector<double>& expected, int64_t terms) {
    const double size = std::sqrt(static_cast<double>(terms));
    twins::check_close(actual, expected, 1e-6, rounding * size + 1e-7);
  };
  Floats result(grad.size(), 9.F);
  std::vector<double> expected(grad.size());
  spatial::conv2d_kernel.get<float>()(view4(x, conv.x), view4(weight, conv.weight),
                                      twins::view(bias), window, view4(result, y));
  spatial::conv2d_kernel.reference<double>()(view4(wide_x, conv.x), view4(wide_weight, conv.weight),
                                             twins::view(wide_bias), window, view4(expected, y));
  const int64_t window_size = conv.weight[2] * conv.weight[3];
  INFO("forward");
  close(result, expected, conv.weight[1] * window_size);

  result.assign(x.size(), 9.F), expected.assign(x.size(), 0);
  spatial::conv2d_backward_x_kernel.get<float>()(view4(grad, y), view4(weight, conv.weight), window,
                                                 view4(result, conv.x));
  spatial::conv2d_backward_x_kernel.reference<double>()(
      view4(wide_grad, y), view4(wide_weight, conv.weight), window, view4(expected, conv.x));
  INFO("backward by x");
  close(result, expected, y[1] / window.groups * window_size);

  result.assign(weight.size(), 9.F), expected.assign(weight.size(), 0);
  spatial::conv2d_backward_weight_kernel.get<float>()(view4(grad, y), view4(x, conv.x), window,
                                                      view4(result, conv.weight));
  spatial::conv2d_backward_weight_kernel.reference<double>()(
      view4(wide_grad, y), view4(wide_x, conv.x), window, view4(expected, conv.weight));
  INFO("backward by the weight");
  close(result, expected, y[0] * y[2] * y[3]);

  result.assign(static_cast<size_t>(y[1]), 9.F), expected.assign(result.size(), 0);
  spatial::conv2d_backward_bias_kernel.get<float>()(view4(grad, y), twins::view(result));
  spatial::conv2d_backward_bias_kernel.reference<double>()(view4(wide_grad, y),
                                                           twins::view(expected));
  INFO("backward by the bias");
  close(result, expected, y[0] * y[2] * y[3]);
}

// All of them on one, two and three threads.
void check_on_threads(const Convolution& conv, unsigned seed = 1) {
  const int before = num_threads();
  for (const int threads : {1, 2, 3}) {
    set_num_threads(threads);
    check_convolution(conv, seed);
  }
  set_num_threads(before);
}

}  // namespace

TEST_CASE("convolution: the shapes of known networks") {
  check_on_threads({{4, 1, 28, 28}, {6, 1, 5, 5}, {.padding = {2, 2}}});
  check_on_threads({{4, 6, 14, 14}, {16, 6, 5, 5}});
  check_on_threads({{3, 3, 32, 32}, {32, 3, 3, 3}, {.padding = {1, 1}}});
  check_on_threads({{3, 32, 16, 16}, {64, 32, 3, 3}, {.padding = {1, 1}}});
  check_on_threads({{2, 64, 8, 8}, {40, 64, 3, 3}, {.stride = {2, 2}, .padding = {1, 1}}});
  check_on_threads({{2, 64, 8, 8}, {96, 64, 1, 1}, {.stride = {2, 2}}});
  check_on_threads({{1, 3, 45, 51}, {17, 3, 7, 7}, {.stride = {2, 2}, .padding = {3, 3}}});
  check_on_threads({{2, 24, 13, 13}, {24, 1, 3, 3}, {.padding = {1, 1}, .groups = 24}});
  check_on_threads(
      {{2, 24, 13, 13}, {48, 1, 3, 3}, {.stride = {2, 2}, .padding = {1, 1}, .groups = 24}});
}

TEST_CASE("convolution: rows of whole vectors, and pictures cut into bands") {
  check_on_threads({{3, 9, 32, 32}, {10, 9, 5, 5}, {.stride = {2, 2}, .padding = {2, 2}}});
  check_on_threads({{3, 12, 16, 32}, {12, 1, 3, 3}, {.padding = {1, 1}, .groups = 12}});
  check_on_threads({{2, 5, 9, 48}, {19, 5, 1, 1}});
  check_convolution({{1, 8, 150, 95}, {9, 8, 5, 4}, {.stride = {2, 2}, .padding = {4, 3}}});
  check_convolution({{1, 16, 90, 80}, {8, 16, 5, 5}, {.padding = {2, 2}}}, 2);
}

TEST_CASE("convolution: windows of 3 x 3 on many channels, tiles at every edge") {
  std::mt19937 engine(6);
  const auto draw = [&](int64_t least, int64_t most) {
    return least + static_cast<int64_t>(engine() % static_cast<unsigned>(most - least + 1));
  };
  for (unsigned trial = 0; trial < 30; ++trial) {
    const int64_t groups = trial % 5 == 0 ? 2 : 1, channels = draw(12, 70);
    Convolution conv{{draw(1, 5), channels * groups, draw(3, 22), draw(3, 22)},
                     {draw(12, 70) * groups, channels, 3, 3},
                     {.padding = {draw(0, 3), draw(0, 3)}, .groups = groups}};
    check_convolution(conv, trial);
  }
  check_convolution({{70, 16, 4, 4}, {420, 16, 3, 3}, {.padding = {1, 1}}});
  check_convolution({{12, 420, 9, 7}, {16, 420, 3, 3}, {.padding = {1, 1}}});
  check_convolution({{1, 16, 30, 130}, {16, 16, 3, 3}, {.padding = {2, 0}}});
}

TEST_CASE("convolution: random shapes, strides, paddings, dilations and groups") {
  std::mt19937 engine(5);
  const auto draw = [&](int64_t least, int64_t most) {
    return least + static_cast<int64_t>(engine() % static_cast<unsigned>(most - least + 1));
  };
  for (unsigned trial = 0; trial < 200; ++trial) {
    const int64_t groups = draw(1, 3), channels = draw(1, 20) * groups;
    Convolution conv{{draw(1, 4), channels, draw(1, 20), draw(1, 20)},
                     {draw(1, 20) * groups, channels / groups, draw(1, 5), draw(1, 5)},
                     {.groups = groups}};
    for (int d = 0; d < 2; ++d) {
      conv.window.stride[d] = draw(1, 4);
      conv.window.padding[d] = draw(0, 6);
      conv.window.dilation[d] = draw(1, 3);
    }
    if (conv.places(0) < 1 || conv.places(1) < 1) continue;
    check_convolution(conv, trial);
  }
}

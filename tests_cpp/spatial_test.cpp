// The spatial layers from C++: adjoints, both ways to convolve, edges of every window.
#include "modules/spatial/spatial.h"

#include "modules/autograd/functions.h"
#include "tensors.h"

namespace {

using namespace tinytorch;
using spatial::Loops, spatial::Pool, spatial::Window;
using tensors::difference, tensors::error_of, tensors::number, tensors::uniform;

struct Case {
  Shape x, weight;
  Window window;
};

const Case kCases[] = {
    {{2, 3, 5, 6}, {4, 3, 3, 3}, {}},
    {{2, 3, 5, 6}, {4, 3, 3, 2}, {{2, 1}, {1, 2}, {1, 1}, 1}},
    {{1, 4, 7, 5}, {6, 2, 3, 2}, {{1, 3}, {2, 0}, {2, 1}, 2}},
    {{3, 2, 1, 9}, {2, 1, 1, 3}, {{1, 2}, {0, 4}, {1, 2}, 2}},
    {{1, 1, 1, 1}, {1, 1, 1, 1}, {}},
    {{1, 2, 2, 2}, {3, 2, 5, 5}, {{1, 1}, {3, 3}, {1, 1}, 1}},
    {{0, 3, 4, 4}, {2, 3, 2, 2}, {}},
    {{2, 2, 40, 40}, {8, 2, 3, 3}, {{1, 1}, {1, 1}, {1, 1}, 1}},
};

}  // namespace

TEST_CASE("conv2d: <grad, conv(x)> is <backward_x(grad), x> and <backward_weight(grad), weight>") {
  for (const Case& c : kCases) {
    for (const Loops loops : {Loops::kTable, Loops::kLowered, Loops::kFastest}) {
      const Tensor x = uniform(c.x, 1), weight = uniform(c.weight, 2);
      const Tensor bias = uniform({c.weight[0]}, 3);
      const Tensor y = conv2d(x, weight, {}, c.window, loops), grad = uniform(y.shape(), 4);
      CAPTURE(to_string(c.x), to_string(c.weight), static_cast<int>(loops));
      const double whole = number(sum(grad * y)), scale = 1 + std::abs(whole);
      const Tensor grad_x = conv2d_backward_x(grad, weight, c.x, c.window, loops);
      const Tensor grad_weight = conv2d_backward_weight(grad, x, c.weight, c.window, loops);
      CHECK(std::abs(number(sum(grad_x * x)) - whole) < 1e-11 * scale);
      CHECK(std::abs(number(sum(grad_weight * weight)) - whole) < 1e-11 * scale);
      const double with_bias = number(sum(grad * conv2d(x, weight, bias, c.window, loops)));
      CHECK(std::abs(number(sum(conv2d_backward_bias(grad) * bias)) - (with_bias - whole)) <
            1e-11 * scale);
    }
  }
}

TEST_CASE("conv2d: both ways agree, on any strides") {
  for (const Case& c : kCases) {
    const Shape turned{c.x[0], c.x[1], c.x[3], c.x[2]};
    const Tensor x = transpose(uniform(turned, 1), 2, 3), weight = uniform(c.weight, 2);
    const Tensor y = conv2d(x, weight, {}, c.window, Loops::kTable);
    CHECK(difference(y, conv2d(clone(x), weight, {}, c.window, Loops::kLowered)) < 1e-12);
    const Tensor grad =
        transpose(uniform({y.shape()[0], y.shape()[1], y.shape()[3], y.shape()[2]}, 3), 2, 3);
    CHECK(difference(conv2d_backward_x(grad, weight, c.x, c.window, Loops::kTable),
                     conv2d_backward_x(clone(grad), weight, c.x, c.window, Loops::kLowered)) <
          1e-12);
    CHECK(difference(conv2d_backward_weight(grad, x, c.weight, c.window, Loops::kTable),
                     conv2d_backward_weight(clone(grad), x, c.weight, c.window, Loops::kLowered)) <
          1e-11);
  }
}

TEST_CASE("im2col and col2im are adjoint") {
  for (const Case& c : kCases) {
    if (c.x[0] == 0) continue;
    const int64_t size[2] = {c.weight[2], c.weight[3]};
    Window window = c.window;
    window.groups = 1;
    const Tensor x = uniform({c.x[1], c.x[2], c.x[3]}, 1), columns = im2col(x, size, window);
    const Tensor grad = uniform(columns.shape(), 2);
    const double whole = number(sum(grad * columns));
    const double back = number(sum(col2im(grad, x.shape(), size, window) * x));
    CHECK(std::abs(back - whole) < 1e-10 * (1 + std::abs(whole)));
    const Tensor batch = uniform(c.x, 3), all = unfold(batch, size, window);
    CHECK(difference(select(all, 0, c.x[0] - 1),
                     im2col(select(batch, 0, c.x[0] - 1), size, window)) == 0);
  }
}

TEST_CASE("pooling: windows at every edge") {
  const Pool pools[] = {{{2, 2}, {2, 2}},
                        {{3, 2}, {1, 2}, {1, 1}},
                        {{2, 3}, {2, 1}, {1, 0}, {1, 2}},
                        {{1, 1}, {3, 4}}};
  for (const Shape& shape : {Shape{2, 3, 6, 7}, Shape{1, 1, 5, 5}, Shape{0, 2, 5, 6}}) {
    for (const Pool& pool : pools) {
      for (const bool ceil_mode : {false, true}) {
        const Tensor x = uniform(shape, 1);
        const auto [y, positions] = max_pool2d(x, pool, ceil_mode);
        const Tensor grad = uniform(y.shape(), 2);
        const Tensor grad_x = max_pool2d_backward(grad, positions, shape, pool);
        const double whole = number(sum(grad * y));
        CHECK(std::abs(number(sum(grad_x * x)) - whole) < 1e-11 * (1 + std::abs(whole)));
        for (const spatial::Averaging averaging :
             {spatial::Averaging{true, 0}, {false, 0}, {true, 5}}) {
          if (pool.dilation[1] != 1) continue;
          const Tensor mean = avg_pool2d(x, pool, ceil_mode, averaging);
          const Tensor by_mean = uniform(mean.shape(), 3);
          const double sum_of = number(sum(by_mean * mean));
          const Tensor back = avg_pool2d_backward(by_mean, shape, pool, averaging);
          CHECK(std::abs(number(sum(back * x)) - sum_of) < 1e-11 * (1 + std::abs(sum_of)));
        }
      }
    }
  }
}

TEST_CASE("adaptive pooling: any size from any size") {
  for (const int64_t rows : {1, 2, 3, 5, 9}) {
    for (const int64_t columns : {1, 4, 7}) {
      const Tensor x = uniform({2, 2, 5, 7}, 1);
      const Tensor mean = adaptive_avg_pool2d(x, rows, columns);
      const Tensor grad = uniform(mean.shape(), 2);
      const double whole = number(sum(grad * mean));
      CHECK(std::abs(number(sum(adaptive_avg_pool2d_backward(grad, x.shape()) * x)) - whole) <
            1e-12 * (1 + std::abs(whole)));
      const auto [y, positions] = adaptive_max_pool2d(x, rows, columns);
      const double largest = number(sum(grad * y));
      CHECK(std::abs(number(sum(max_pool2d_backward(grad, positions, x.shape()) * x)) - largest) <
            1e-12 * (1 + std::abs(largest)));
    }
  }
}

TEST_CASE("batch norm: own statistics leave mean 0 and variance 1") {
  for (const Shape& shape : {Shape{4, 3}, Shape{2, 3, 5}, Shape{3, 1, 2, 2}, Shape{1, 2, 9}}) {
    const Tensor x = uniform(shape, 1, 10, 12);
    const ChannelStats stats = channel_statistics(x);
    const Tensor y = batch_norm(x, stats, {}, {}, 0);
    const ChannelStats after = channel_statistics(y);
    CHECK(difference(after.mean, zeros_like(after.mean)) < 1e-12);
    CHECK(difference(after.variance, ones_like(after.mean)) < 1e-12);
    const Tensor grad = uniform(shape, 2);
    const BatchNormGrads grads = batch_norm_backward(grad, x, stats, {}, 0);
    CHECK(std::abs(number(sum(grads.x))) < 1e-12);
    CHECK(std::abs(number(sum(grads.x * y))) < 1e-11);
    const BatchNormGrads given = batch_norm_backward(grad, x, stats, {}, 0, false);
    const double linear =
        number(sum(given.x * x)) - number(sum(given.bias * stats.mean / sqrt(stats.variance)));
    CHECK(std::abs(linear - number(sum(grad * y))) < 1e-10);
  }
}

TEST_CASE("constant padding: its gradient pads the other way") {
  const Tensor x = uniform({3, 4}, 1);
  const Dims before{2, -1}, after{-1, 3};
  const Tensor y = constant_pad(x, before, after, Scalar(0.0)), grad = uniform(y.shape(), 2);
  CHECK(y.shape() == Shape{4, 6});
  const Tensor back = constant_pad(grad, {-2, 1}, {1, -3}, Scalar(0.0));
  CHECK(std::abs(number(sum(grad * y)) - number(sum(back * x))) < 1e-13);
  CHECK(error_of<Error>([&] { constant_pad(x, {-2, 0}, {-2, 0}, Scalar(0.0)); }) !=
        "no such error");
}

TEST_CASE("spatial: what is refused") {
  const Tensor x = uniform({1, 3, 5, 5}, 1), weight = uniform({4, 3, 3, 3}, 2);
  Window window;
  window.padding[0] = int64_t{1} << 40;
  CHECK(error_of<Error>([&] { conv2d(x, weight, {}, window); }) != "no such error");
  CHECK(error_of<Error>([&] { conv2d(x, to(weight, DType::kFloat32), {}); }) != "no such error");
  CHECK(error_of<Error>([&] { conv2d(x, weight, uniform({3}, 1)); }) != "no such error");
  CHECK(error_of<Error>([&] { max_pool2d(x, {{2, 2}, {0, 1}}); }) == "stride should not be zero");
  CHECK(error_of<Error>([&] { adaptive_avg_pool2d(x, -1, 2); }) != "no such error");
  CHECK(error_of<Error>([&] { channel_statistics(uniform({3}, 1)); }) != "no such error");
}

TEST_CASE("spatial: a batch norm in training moves its running statistics") {
  const Variable x(uniform({6, 2, 3}, 1), true), mean(zeros({2}, DType::kFloat64)),
      var(ones({2}, DType::kFloat64));
  const Variable y = batch_norm(x, {}, {}, mean, var, true, 0.5, 1e-5);
  CHECK(difference(mean.data() * Scalar(2.0), tinytorch::mean(x.data(), Dims{0, 2})) < 1e-14);
  backward(sum(y * y));
  CHECK(x.grad().defined());
  CHECK(version(mean) == 1);
}

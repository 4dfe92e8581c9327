// The losses from C++: one formula by several ways, gradients by the target, rows that do not
// count.
#include "modules/losses/losses.h"

#include <limits>

#include "core/parallel.h"
#include "tensors.h"

namespace {

using namespace tinytorch;
using tensors::classes, tensors::difference, tensors::error_of, tensors::number, tensors::slope,
    tensors::uniform, tensors::values;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr Reduction kAll[] = {Reduction::kNone, Reduction::kMean, Reduction::kSum};

Tensor grad_for(Reduction reduction, const Shape& shape) {
  return reduction == Reduction::kNone ? uniform(shape, 9) : values({}, {0.7});
}

}  // namespace

TEST_CASE("cross_entropy is nll after log_softmax, and so is its gradient") {
  const Tensor x = uniform({6, 4}, 1, -8, 8), target = classes({0, 3, -100, 1, 2, 3});
  for (const Reduction reduction : kAll) {
    for (const Tensor& weight : {Tensor(), uniform({4}, 2, 0, 2)}) {
      const ClassOptions options{weight, -100, reduction};
      const Tensor logs = log_softmax(x, 1);
      const CrossEntropyResult result = cross_entropy(x, target, options);
      CHECK(difference(result.loss, nll(logs, target, options)) < 1e-14);
      CHECK(difference(result.softmax, softmax(x, 1)) < 1e-15);
      const Tensor grad = grad_for(reduction, {6});
      const Tensor expected =
          log_softmax_backward(nll_backward(grad, logs, target, options), logs, 1);
      CHECK(difference(cross_entropy_backward(grad, result.softmax, target, options), expected) <
            1e-14);
    }
  }
}

TEST_CASE("cross_entropy: a class is the distribution that is certain of it") {
  const Tensor x = uniform({3, 4}, 1), target = classes({2, 0, 3});
  const Tensor certain = values({3, 4}, {0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1});
  for (const double smoothing : {0.0, 0.2, 1.0}) {
    for (const Reduction reduction : kAll) {
      const ClassOptions options{{}, -100, reduction, smoothing};
      const CrossEntropyResult by_class = cross_entropy(x, target, options);
      const CrossEntropyResult by_share = cross_entropy(x, certain, options);
      CHECK(difference(by_class.loss, by_share.loss) < 1e-14);
      const Tensor grad = grad_for(reduction, {3});
      CHECK(difference(cross_entropy_backward(grad, by_class.softmax, target, options),
                       cross_entropy_backward(grad, by_share.softmax, certain, options)) < 1e-14);
    }
  }
}

TEST_CASE("cross_entropy: gradients of smoothed and weighted targets are the slope") {
  const Tensor x = uniform({3, 4}, 1), target = classes({2, -100, 3});
  const Tensor shares = uniform({3, 4}, 3, 0, 1), weight = uniform({4}, 2, 0, 2);
  for (const Tensor& wanted : {target, shares}) {
    for (const Reduction reduction : kAll) {
      const ClassOptions options{weight, -100, reduction, 0.3};
      const Tensor grad = grad_for(reduction, {3});
      const auto loss = [&](const Tensor& at) { return cross_entropy(at, wanted, options).loss; };
      const Tensor actual = cross_entropy_backward(grad, softmax(x, 1), wanted, options);
      CHECK(difference(actual, slope(loss, x, grad)) < 1e-8);
    }
  }
}

TEST_CASE("losses of classes: a row that does not count may hold anything") {
  const Tensor x = values({2, 2}, {kNan, 1, 0, 0}), target = classes({-100, 1});
  for (const double smoothing : {0.0, 0.1}) {
    const ClassOptions options{{}, -100, Reduction::kMean, smoothing};
    const CrossEntropyResult result = cross_entropy(x, target, options);
    CHECK(std::abs(number(result.loss) - std::log(2.0)) < 1e-15);
    const Tensor grad = cross_entropy_backward(values({}, {1}), result.softmax, target, options);
    CHECK(difference(slice(grad, 0, 0, 1), values({1, 2}, {0, 0})) == 0);
  }
  CHECK(number(nll(values({2, 2}, {kNan, kNan, -3, -5}), target)) == 5);
}

TEST_CASE("losses: gradients by the target are the slope") {
  const Tensor x = uniform({3, 4}, 1), target = uniform({3, 4}, 2, 0.1, 0.9);
  const Tensor probability = uniform({3, 4}, 3, 0.1, 0.9), weight = uniform({4}, 4, 0, 2);
  for (const Reduction reduction : kAll) {
    const Tensor grad = grad_for(reduction, {3, 4});
    const BceOptions options{weight, uniform({4}, 5, 0, 3), reduction};
    const auto logits_loss = [&](const Tensor& at) { return bce_with_logits(x, at, options); };
    CHECK(difference(bce_with_logits_backward_target(grad, x, options),
                     slope(logits_loss, target, grad)) < 1e-8);
    const auto bce_loss = [&](const Tensor& at) { return bce(probability, at, weight, reduction); };
    CHECK(difference(bce_backward_target(grad, probability, weight, reduction),
                     slope(bce_loss, target, grad)) < 1e-8);
    const auto mse_loss = [&](const Tensor& at) { return mse(x, at, reduction); };
    CHECK(difference(mse_backward(grad, target, x, reduction), slope(mse_loss, target, grad)) <
          1e-8);
  }
}

TEST_CASE("mse: operands meet in one dtype, and each gets a gradient of its own") {
  const Tensor x = to(uniform({3, 1}, 1), DType::kFloat32), target = uniform({4}, 2);
  const Tensor loss = mse(x, target, Reduction::kNone);
  CHECK(loss.dtype() == DType::kFloat64);
  CHECK(loss.shape() == Shape{3, 4});
  const Tensor grad_x = mse_backward(loss, x, target, Reduction::kNone);
  CHECK(grad_x.dtype() == DType::kFloat32);
  CHECK(grad_x.shape() == Shape{3, 1});
}

TEST_CASE("losses: as many threads as there are, the same bits") {
  const Tensor x = uniform({20'000, 7}, 1), target = uniform({20'000, 7}, 2, 0, 1);
  Tensor wanted = empty({20'000}, DType::kInt64);
  for (int64_t n = 0; n < 20'000; ++n) wanted.flat<int64_t>()(n) = n % 9 ? n % 7 : -100;
  const auto all = [&] {
    const CrossEntropyResult result = cross_entropy(x, wanted, {{}, -100, Reduction::kNone});
    return std::vector{
        result.loss, result.softmax,
        cross_entropy_backward(result.loss, result.softmax, wanted, {{}, -100, Reduction::kNone}),
        bce_with_logits(x, target, {{}, {}, Reduction::kNone}),
        bce_with_logits_backward(x, x, target, {{}, {}, Reduction::kNone})};
  };
  const int threads = num_threads();
  set_num_threads(1);
  const std::vector<Tensor> alone = all();
  set_num_threads(3);
  const std::vector<Tensor> shared = all();
  set_num_threads(threads);
  for (size_t i = 0; i < alone.size(); ++i) CHECK(difference(shared[i], alone[i]) == 0);
}

TEST_CASE("losses: what they refuse") {
  const Tensor x = uniform({2, 3}, 1);
  CHECK(error_of<IndexError>([&] { cross_entropy(x, classes({0, 5})); }) ==
        "cross_entropy: expected targets in [0, 3) or -100 to ignore, got 5 at position 1");
  CHECK(error_of<IndexError>([&] { nll(x, classes({-1, 0})); }) ==
        "nll: expected targets in [0, 3) or -100 to ignore, got -1 at position 0");
  CHECK(error_of<ValueError>([&] { nll(x, classes({0, 1, 2})); }) ==
        "nll: expected as many targets as x has rows, got x (2, 3) and target (3,)");
  CHECK(error_of<NotImplemented>([&] { nll(to(x, DType::kInt64), classes({0, 1})); }) ==
        "nll: expected a floating dtype, got int64");
  CHECK(error_of<ValueError>([&] { bce(x, uniform({3, 2}, 1)); }) ==
        "bce: expected target of x's shape, got x (2, 3) and target (3, 2)");
  CHECK(error_of<Error>([&] { bce(x, x); }).starts_with("bce: expected x with elements in [0, 1]"));
  CHECK(
      error_of<Error>([&] { mse(x, uniform({4}, 1)); }).starts_with("mse: shapes (2, 3) and (4,)"));
  CHECK(error_of<Error>([&] { mse_backward(x, x, x); }) ==
        "mse_backward: expected grad of shape () and float64, got (2, 3) of float64");
}

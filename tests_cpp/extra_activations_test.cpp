// Activations and losses in tables: every row runs on every shape and stride, forward and backward.
#include <cmath>

#include "catch.h"
#include "extra/activations.h"
#include "extra/losses.h"
#include "tensors.h"

namespace tinytorch {
namespace {

Tensor ramp(const Shape& shape, DType dtype) {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  const Tensor flat = linspace(-3, 3, count, dtype);
  return reshape(flat, shape);
}

// Contiguous, transposed, stepped, expanded, empty, 0-d, and long enough for several threads.
std::vector<Tensor> operands(DType dtype) {
  return {ramp({3, 4}, dtype),
          transpose(ramp({3, 4}, dtype), 0, 1),
          slice(ramp({3, 8}, dtype), 1, 1, 8, 3),
          expand(ramp({1, 4}, dtype), {5, 4}),
          ramp({0, 4}, dtype),
          ramp({}, dtype),
          ramp({100003}, dtype)};
}

double at(const Tensor& x, int64_t i) { return item(select(flatten(x), 0, i)).to<double>(); }

}  // namespace

TEST_CASE("every curve has a value and a gradient of its operand's shape") {
  for (const Activation& curve : activation_curves()) {
    for (const DType dtype : {DType::kFloat32, DType::kFloat64}) {
      for (const Tensor& data : operands(dtype)) {
        const Variable x(data, true);
        const Variable y = curve.apply(x, 0.5, 1.5, 1.0);
        CHECK(y.shape() == x.shape());
        CHECK(y.dtype() == dtype);
        backward(sum(y));
        CHECK(x.grad().shape() == x.shape());
      }
    }
  }
}

TEST_CASE("in place, a curve gives what it gives elsewhere") {
  for (const Activation& curve : activation_curves()) {
    for (const Tensor& data : operands(DType::kFloat64)) {
      if (data.shape() == Shape{5, 4}) continue;  // expanded: not writable
      const Variable x(clone(data));
      const Variable y = curve.apply(Variable(data), 0.5, 1.5, 1.0);
      activate_(curve, x, 0.5, 1.5, 1.0);
      for (int64_t i = 0; i < std::min<int64_t>(x.numel(), 12); ++i) {
        CHECK(at(x.data(), i) == at(y.data(), i));
      }
    }
  }
}

TEST_CASE("prelu and rrelu follow the operand's strides") {
  for (const Tensor& data : operands(DType::kFloat32)) {
    const Variable x(data, true), weight(ramp(data.shape(), DType::kFloat32), true);
    backward(sum(prelu(x, weight)) + sum(rrelu(x, 0.1, 0.3, *default_generator())));
    CHECK(x.grad().shape() == x.shape());
    CHECK(weight.grad().shape() == x.shape());
  }
}

TEST_CASE("every loss of pairs reduces to its mean and its sum") {
  for (const PairLoss& loss : pair_losses()) {
    for (const Tensor& data : operands(DType::kFloat64)) {
      const Variable x(data, true), target(clone(data) + Scalar(3.75), true);
      const Variable single = loss.apply(x, target, 0.5, Reduction::kNone);
      const Variable total = loss.apply(x, target, 0.5, Reduction::kSum);
      CHECK(single.shape() == x.shape());
      if (x.numel() == 0) continue;
      const double expected = item(sum(single.data())).to<double>();
      const double mean_loss =
          item(loss.apply(x, target, 0.5, Reduction::kMean).data()).to<double>();
      CHECK(std::abs(item(total.data()).to<double>() - expected) < 1e-9 * (1 + std::abs(expected)));
      CHECK(std::abs(mean_loss * static_cast<double>(x.numel()) - expected) <
            1e-9 * (1 + std::abs(expected)));
      backward(total);
      CHECK(x.grad().shape() == x.shape());
      CHECK(target.grad().shape() == x.shape());
    }
  }
}

TEST_CASE("the margin losses read only the classes there are") {
  const Variable x(transpose(ramp({4, 3}, DType::kFloat32), 0, 1), true);  // (3, 4)
  const Tensor classes =
      to(slice(arange(Scalar(0), Scalar(6), Scalar(1), DType::kInt64), 0, 0, 6, 2), DType::kInt64);
  CHECK_THROWS_AS(multi_margin_loss(x, classes, 1, 1.0, Tensor(), Reduction::kMean), Error);
  CHECK_THROWS_AS(multi_margin_loss(x, full({3}, Scalar(-1), DType::kInt64), 1, 1.0, Tensor(),
                                    Reduction::kMean),
                  Error);
  backward(multi_margin_loss(x, full({3}, Scalar(3), DType::kInt64), 2, 1.0,
                             ramp({4}, DType::kFloat32), Reduction::kSum));
  backward(multilabel_margin_loss(x, full({3, 4}, Scalar(3), DType::kInt64), Reduction::kMean));
  backward(multilabel_margin_loss(x, full({3, 4}, Scalar(-1), DType::kInt64), Reduction::kMean));
  CHECK_THROWS_AS(
      multilabel_margin_loss(x, full({3, 4}, Scalar(4), DType::kInt64), Reduction::kMean), Error);
  CHECK(x.grad().shape() == x.shape());
}

}  // namespace tinytorch

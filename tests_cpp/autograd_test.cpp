// Autograd from C++: the chain rule against finite differences, and what a graph keeps alive.
#include <cmath>
#include <functional>

#include "catch.h"
#include "modules/autograd/functions.h"

namespace {

using namespace tinytorch;

template <class Run>
std::string error_of(Run run) {
  try {
    run();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

double value(const Variable& x) { return item(x.data()).to<double>(); }
double at(const Variable& x, int64_t i) { return x.data().flat<const double>()(i); }

Variable leaf(const Shape& shape, double start, double step) {
  const int64_t n = numel(shape);
  return Variable(
      reshape(arange(start, start + step * (static_cast<double>(n) - 0.5), step, DType::kFloat64),
              shape),
      true);
}

using F = std::function<Variable(const Variable&)>;

/// Backward's gradient of sum(w f(x)), w = 1, 2, ..., against central differences.
void check_gradient(const F& f, const Variable& x) {
  const auto weighted = [&](const Variable& input) {
    const Variable y = f(input);
    const Tensor weights = arange(1, static_cast<double>(y.numel()) + 0.5, 1, DType::kFloat64);
    return sum(y * Variable(reshape(weights, y.shape())));
  };
  backward(weighted(x));
  const Tensor grad = contiguous(x.grad().data());
  REQUIRE(grad.shape() == x.shape());
  for (int64_t i = 0; i < x.numel(); ++i) {
    const double eps = 1e-6;
    const auto moved = [&](double by) {
      const NoGrad no_grad;
      const Tensor shifted = clone(x.data());
      shifted.flat<double>()(i) += by;
      return value(weighted(Variable(shifted)));
    };
    const double slope = (moved(eps) - moved(-eps)) / (2 * eps);
    INFO("element " << i);
    CHECK(std::abs(grad.flat<const double>()(i) - slope) < 1e-5 * std::max(1.0, std::abs(slope)));
  }
}

struct Named {
  const char* name;
  F f;
  double start = 0.3, step = 0.37;
};

}  // namespace

TEST_CASE("every elementwise function has the slope that finite differences measure") {
  const Variable row(arange(1, 3.5, 1, DType::kFloat64));
  const std::vector<Named> all = {
      {"add", [&](auto& x) { return x + row; }},
      {"sub", [&](auto& x) { return row - x; }},
      {"mul", [&](auto& x) { return x * row * x; }},
      {"div", [&](auto& x) { return row / x + x / row; }},
      {"pow base", [&](auto& x) { return pow(x, row); }},
      {"pow exponent", [&](auto& x) { return pow(row, x); }},
      {"exp", [](auto& x) { return exp(x); }},
      {"log", [](auto& x) { return log(x); }},
      {"sqrt", [](auto& x) { return sqrt(x); }},
      {"abs", [](auto& x) { return unary(UnaryOp::kAbs, x); }, -1.0},
      {"square", [](auto& x) { return unary(UnaryOp::kSquare, x); }},
      {"reciprocal", [](auto& x) { return unary(UnaryOp::kReciprocal, x); }},
      {"sin", [](auto& x) { return unary(UnaryOp::kSin, x); }},
      {"cos", [](auto& x) { return unary(UnaryOp::kCos, x); }},
      {"maximum", [&](auto& x) { return binary(BinaryOp::kMaximum, x, row); }},
      {"remainder", [&](auto& x) { return binary(BinaryOp::kRemainder, row, x); }},
      {"clamp", [](auto& x) { return clamp(x, Scalar(0.5), Scalar(1.1)); }},
      {"relu", [](auto& x) { return relu(x); }, -1.0},
      {"gelu", [](auto& x) { return gelu(x); }, -1.0},
      {"softmax", [](auto& x) { return softmax(x, -1); }},
      {"log_softmax", [](auto& x) { return log_softmax(x, 0); }},
  };
  for (const Named& each : all) {
    INFO(each.name);
    check_gradient(each.f, leaf({2, 3}, each.start, each.step));
  }
}

TEST_CASE("reductions, views and joins send gradients back to where values came from") {
  const std::vector<Named> all = {
      {"sum", [](auto& x) { return sum(x, Dims{1}); }},
      {"mean", [](auto& x) { return mean(x, Dims{0}, true); }},
      {"var", [](auto& x) { return var(x, Dims{1}); }},
      {"prod", [](auto& x) { return prod(x, 1); }},
      {"amax", [](auto& x) { return amax(x, Dims{1}); }},
      {"transpose", [](auto& x) { return transpose(x, 0, 1); }},
      {"slice", [](auto& x) { return slice(x, 1, 0, 3, 2); }},
      {"select", [](auto& x) { return select(x, 0, 1); }},
      {"expand", [](auto& x) { return expand(unsqueeze(x, 0), {4, 2, 3}); }},
      {"overlapping windows", [](auto& x) { return as_strided(x, {5, 2}, {1, 1}, 0); }},
      {"cat", [](auto& x) { return cat({x, x * x}, 1); }},
      {"stack", [](auto& x) { return stack({x, x}, 1); }},
      {"matmul", [](auto& x) { return matmul(x, transpose(x, 0, 1)); }},
      {"batched matmul", [](auto& x) { return matmul(expand(x, {4, 2, 3}), select(x, 0, 0)); }},
  };
  for (const Named& each : all) {
    INFO(each.name);
    check_gradient(each.f, leaf({2, 3}, each.start, each.step));
  }
}

TEST_CASE("a value used twice gets the sum of its gradients, and a second pass adds to the first") {
  const Variable x = leaf({}, 3, 1);
  backward(x * x + x);
  CHECK(at(x.grad(), 0) == 7);
  const Variable kept = x.grad();
  backward(x * x + x);
  CHECK(at(kept, 0) == 14);
}

TEST_CASE("gradients of two leaves never share memory") {
  const Variable a = leaf({3}, 1, 1), b = leaf({3}, 1, 1);
  backward(sum(a + b));
  CHECK(a.grad().data().storage().get() != b.grad().data().storage().get());
  CHECK(a.grad().data().is_contiguous());
}

TEST_CASE("a chain of a million nodes neither overflows the stack in backward nor in destruction") {
  const Variable x = leaf({}, 1, 1);
  Variable y = x;
  const Variable one(scalar_tensor(1, DType::kFloat64));
  for (int i = 0; i < 1'000'000; ++i) y = y + one;
  SECTION("backward") {
    backward(y);
    CHECK(at(x.grad(), 0) == 1);
  }
  y = Variable();
}

TEST_CASE("nothing is recorded without need") {
  const Variable x = leaf({2}, 1, 1), constant(ones({2}, DType::kFloat64));
  CHECK((constant * constant).is_leaf());
  {
    const NoGrad no_grad;
    CHECK_FALSE((x * x).requires_grad());
  }
  CHECK((x * x).requires_grad());
  CHECK_FALSE(binary(BinaryOp::kGt, x, constant).requires_grad());
  CHECK_FALSE(to(x, DType::kInt64).requires_grad());
}

TEST_CASE("a graph frees what it saved") {
  const int64_t before = memory_stats().in_use;
  {
    const Variable x = leaf({64}, 1, 1);
    const Variable y = sum(exp(x * x));
    backward(y);
    CHECK(contains(error_of([&] { backward(y); }), "backward through the graph a second time"));
  }
  CHECK(memory_stats().in_use == before);
}

TEST_CASE(
    "an in-place write gives its variable a new history, and its saved value's reader notices") {
  const Variable x = leaf({3}, 1, 1);
  SECTION("a leaf may not be written to") {
    CHECK(contains(error_of([&] { fill_(x, 0); }), "a leaf Variable that requires grad"));
    CHECK(contains(error_of([&] { fill_(select(x, 0, 0), 0); }), "a view of a leaf Variable"));
    const NoGrad no_grad;
    fill_(x, 0);
    CHECK(version(x) == 1);
  }
  SECTION("a stale value") {
    const Variable y = exp(x);
    binary_(BinaryOp::kAdd, y, y);
    CHECK(contains(error_of([&] { backward(sum(y)); }), "output 0 of ExpBackward0"));
  }
  SECTION("the old value is kept where a rule needs it") {
    const Variable y = x * Scalar(1.0), z = x * Scalar(3.0);
    binary_(BinaryOp::kMul, y, z);  // 3 x^2
    backward(sum(y));
    CHECK(at(x.grad(), 2) == 18);
  }
  SECTION("a write to a view reaches the base and its other views") {
    const Variable base(zeros({3}, DType::kFloat64));
    const Variable first = select(base, 0, 0), all = view(base, {3, 1});
    copy_(select(base, 0, 1), select(x, 0, 2));
    CHECK(base.requires_grad());
    CHECK(all.requires_grad());
    CHECK_FALSE(first.is_leaf());
    backward(sum(all * all));
    CHECK(at(x.grad(), 2) == 6);
    CHECK(at(x.grad(), 0) == 0);
  }
  SECTION("data_of writes unseen, detach writes seen") {
    const Variable y = x * Scalar(1.0), z = y * y;
    fill_(data_of(y), 5);
    backward(sum(z), {}, true);
    CHECK(at(x.grad(), 0) == 10);
    fill_(detach(y), 5);
    CHECK(contains(error_of([&] { backward(sum(z)); }), "modified by an inplace operation"));
  }
}

TEST_CASE("hooks see whole gradients and may change them; retained gradients stay") {
  struct Double final : GradientHook {
    Tensor operator()(const Tensor& grad) override { return grad * Scalar(2); }
  };
  const Variable x = leaf({2}, 1, 1);
  const Variable y = x * Scalar(1.0);
  retain_grad(y);
  add_hook(y, Ref<GradientHook>(new Double));
  backward(sum(y + y));
  CHECK(at(y.grad(), 0) == 4);
  CHECK(at(x.grad(), 0) == 4);
}

TEST_CASE("grad returns gradients by any variable and touches no .grad") {
  const Variable x = leaf({2}, 1, 1), unused = leaf({2}, 1, 1);
  const Variable y = x * x;
  const auto grads = grad({sum(y)}, {y, x}, {}, true);
  CHECK(at(grads[0], 1) == 1);
  CHECK(at(grads[1], 1) == 4);
  CHECK_FALSE(x.grad().defined());
  CHECK(contains(error_of([&] { grad({sum(y)}, {unused}); }), "not have been used"));
  CHECK_FALSE(grad({sum(x * x)}, {unused}, {}, false, true)[0].defined());
}

TEST_CASE("gradients take the dtype of their variable") {
  const Variable x(ones({2}, DType::kFloat32), true);
  backward(sum(x * leaf({2}, 1, 1)));
  CHECK(x.grad().dtype() == DType::kFloat32);
}

// Attention from C++: the derivative, broadcasting, rows that see nothing, views.
#include "modules/attention/attention.h"

#include <limits>

#include "tensors.h"

namespace {

using namespace tinytorch;
using tensors::difference, tensors::error_of, tensors::number, tensors::uniform;

}  // namespace

TEST_CASE("attend: the backward is the derivative, whatever broadcasts") {
  struct Case {
    Shape q, k, v, bias;
  };
  for (const Case& c : {Case{{3, 4}, {5, 4}, {5, 2}, {3, 5}},
                        {{2, 3, 4}, {5, 4}, {1, 5, 2}, {5}},
                        {{2, 1, 3, 4}, {3, 5, 4}, {2, 1, 5, 4}, {2, 1, 1, 5}},
                        {{1, 1}, {1, 1}, {1, 1}, {1, 1}}}) {
    const Tensor q = uniform(c.q, 1), k = uniform(c.k, 2), v = uniform(c.v, 3);
    const Tensor bias = uniform(c.bias, 4);
    for (const bool causal : {false, true}) {
      const auto f = [&](const Tensor& a, const Tensor& b, const Tensor& w) {
        return attend(a, b, w, bias, causal, 0.6).y;
      };
      const Attended attended = attend(q, k, v, bias, causal, 0.6);
      const Tensor grad = uniform(attended.y.shape(), 5);
      const auto by = attend_backward(grad, q, k, v, bias, causal, 0.6, attended);
      const auto by_q = tensors::slope([&](const Tensor& x) { return f(x, k, v); }, q, grad);
      const auto by_k = tensors::slope([&](const Tensor& x) { return f(q, x, v); }, k, grad);
      const auto by_v = tensors::slope([&](const Tensor& x) { return f(q, k, x); }, v, grad);
      CHECK(difference(by.q, by_q) < 1e-6);
      CHECK(difference(by.k, by_k) < 1e-6);
      CHECK(difference(by.v, by_v) < 1e-6);
    }
  }
}

TEST_CASE("attend: of weights that dropout thins out, the backward is the derivative") {
  const Tensor q = uniform({2, 3, 4}, 1), k = uniform({2, 5, 4}, 2), v = uniform({2, 5, 2}, 3);
  const Tensor some = uniform({2, 3, 5}, 4);
  const Thinning thinning{binary(BinaryOp::kGt, some, zeros_like(some)), 1.25};
  const auto f = [&](const Tensor& a, const Tensor& b, const Tensor& w) {
    return attend(a, b, w, {}, true, 0.6, thinning).y;
  };
  const Attended attended = attend(q, k, v, {}, true, 0.6, thinning);
  const Tensor grad = uniform(attended.y.shape(), 5);
  const auto by = attend_backward(grad, q, k, v, {}, true, 0.6, attended, thinning);
  const auto of_q = [&](const Tensor& x) { return f(x, k, v); };
  const auto of_k = [&](const Tensor& x) { return f(q, x, v); };
  const auto of_v = [&](const Tensor& x) { return f(q, k, x); };
  CHECK(difference(by.q, tensors::slope(of_q, q, grad)) < 1e-6);
  CHECK(difference(by.k, tensors::slope(of_k, k, grad)) < 1e-6);
  CHECK(difference(by.v, tensors::slope(of_v, v, grad)) < 1e-6);
  CHECK(error_of<Error>([&] { attend(q, k, v, {}, true, 1, {some, 1}); }) ==
        "attend: expected what is kept as bool of shape (2, 3, 5), got (2, 3, 5) of float64");
}

TEST_CASE("attend: a row that sees nothing is zero, forward and backward") {
  const Tensor q = uniform({3, 4}, 1), k = uniform({2, 4}, 2), v = uniform({2, 5}, 3);
  const Tensor bias = zeros({3, 2}, DType::kFloat64);
  fill_(select(bias, 0, 1), Scalar(-std::numeric_limits<double>::infinity()));
  const Attended attended = attend(q, k, v, bias, false, 1);
  CHECK(difference(select(attended.y, 0, 1), zeros({5}, DType::kFloat64)) == 0);
  const auto by = attend_backward(uniform({3, 5}, 4), q, k, v, bias, false, 1, attended);
  CHECK(difference(select(by.q, 0, 1), zeros({4}, DType::kFloat64)) == 0);
  CHECK(std::isfinite(number(sum(by.k)) + number(sum(by.v))));
}

TEST_CASE("attend: nothing to attend to, and nobody who does") {
  const Tensor none = uniform({0, 4}, 1), some = uniform({3, 4}, 2);
  CHECK(attend(none, some, some, {}, true, 1).y.shape() == Shape{0, 4});
  CHECK(difference(attend(some, none, none, {}, true, 1).y, zeros({3, 4}, DType::kFloat64)) == 0);
}

TEST_CASE("heads: split and merged again, without a copy where memory allows") {
  const Tensor x = uniform({2, 3, 8}, 1), heads = split_heads(x, 4);
  CHECK(heads.shape() == Shape{2, 4, 3, 2});
  CHECK(heads.bytes() == x.bytes());
  CHECK(merge_heads(heads).bytes() == x.bytes());
  CHECK(difference(merge_heads(heads), x) == 0);
  const Tensor turned = transpose(uniform({3, 2, 8}, 2), 0, 1);
  CHECK(difference(merge_heads(split_heads(turned, 2)), turned) == 0);
}

TEST_CASE("scaled_dot_product_attention: one node and step by step agree") {
  const Variable q(uniform({2, 4, 3, 5}, 1), true), k(uniform({2, 2, 6, 5}, 2), true);
  const Variable v(uniform({2, 2, 6, 5}, 3), true);
  AttentionOptions grouped;
  grouped.grouped = true;
  grouped.mask = Variable(uniform({3, 6}, 4));
  const Variable fused = scaled_dot_product_attention(q, k, v, grouped);
  grouped.mask = Variable(grouped.mask.data(), true);
  const Variable steps = scaled_dot_product_attention(q, k, v, grouped);
  CHECK(difference(fused.data(), steps.data()) < 1e-12);
  const Tensor grad = uniform({2, 4, 3, 5}, 5);
  const auto a = tinytorch::grad({fused}, {q, k, v}, {Variable(grad)});
  const auto b = tinytorch::grad({steps}, {q, k, v}, {Variable(grad)});
  for (size_t i = 0; i < 3; ++i) CHECK(difference(a[i].data(), b[i].data()) < 1e-12);
}

TEST_CASE("attention: what it refuses") {
  const Tensor x = uniform({3, 4}, 1);
  CHECK(error_of<Error>([&] { attend(x, uniform({3, 5}, 2), x, {}, false, 1); }) ==
        "attend: expected query and key of one width, got shapes (3, 4) and (3, 5)");
  CHECK(error_of<Error>([&] { attend(x, x, uniform({2, 4}, 2), {}, false, 1); }) ==
        "attend: expected as many values as keys, got shapes (3, 4) and (2, 4)");
  CHECK(error_of<Error>([&] { attend(x, x, x, uniform({1, 3, 3}, 2), false, 1); }) ==
        "attend: expected a mask that broadcasts to (3, 3), got (1, 3, 3)");
  CHECK(error_of<ValueError>([&] { split_heads(uniform({1, 3, 4}, 1), 3); }) ==
        "split_heads: 3 heads do not divide a width of 4");
}

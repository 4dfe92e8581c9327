// Transformers from C++: norms of every shape against finite differences, the block's gradients.
#include "modules/transformers/transformers.h"

#include "tensors.h"

namespace {

using namespace tinytorch;
using tensors::difference, tensors::error_of, tensors::uniform;

}  // namespace

TEST_CASE("layer_norm and rms_norm: every gradient is the derivative") {
  struct Case {
    Shape x, over;
  };
  for (const Case& c :
       {Case{{3, 4}, {4}}, {{2, 3, 4}, {3, 4}}, {{5}, {5}}, {{2, 1}, {1}}, {{2, 3, 40}, {40}}}) {
    const Tensor x = uniform(c.x, 1), grad = uniform(c.x, 2);
    const Tensor weight = uniform(c.over, 3), bias = uniform(c.over, 4);
    const auto f = [&](const Tensor& a, const Tensor& w, const Tensor& b) {
      return layer_norm(a, c.over, w, b, 1e-2).y;
    };
    const Normed normed = layer_norm(x, c.over, weight, bias, 1e-2);
    const auto by = layer_norm_backward(grad, x, c.over, weight, normed);
    const auto by_x = tensors::slope([&](const Tensor& a) { return f(a, weight, bias); }, x, grad);
    const auto by_w = tensors::slope([&](const Tensor& w) { return f(x, w, bias); }, weight, grad);
    const auto by_b = tensors::slope([&](const Tensor& b) { return f(x, weight, b); }, bias, grad);
    CHECK(difference(by.x, by_x) < 1e-6);
    CHECK(difference(by.weight, by_w) < 1e-6);
    CHECK(difference(by.bias, by_b) < 1e-6);

    const auto g = [&](const Tensor& a, const Tensor& w) { return rms_norm(a, c.over, w, 1e-2).y; };
    const auto rms = rms_norm_backward(grad, x, c.over, weight, rms_norm(x, c.over, weight, 1e-2));
    const auto rms_x = tensors::slope([&](const Tensor& a) { return g(a, weight); }, x, grad);
    const auto rms_w = tensors::slope([&](const Tensor& w) { return g(x, w); }, weight, grad);
    CHECK(difference(rms.x, rms_x) < 1e-6);
    CHECK(difference(rms.weight, rms_w) < 1e-6);
  }
}

TEST_CASE("layer_norm: many rows, no rows, rows of nothing, transposed rows") {
  const Tensor x = uniform({3000, 20}, 1), grad = uniform({3000, 20}, 2);
  const Normed normed = layer_norm(x, {20}, {}, {});
  const auto by = layer_norm_backward(grad, x, {20}, {}, normed);
  CHECK(difference(by.bias, sum(grad, Dims{0})) < 1e-11);
  CHECK(difference(by.weight, sum(grad * normed.y, Dims{0})) < 1e-11);
  CHECK(layer_norm(uniform({0, 4}, 1), {4}, {}, {}).y.numel() == 0);
  CHECK(layer_norm(uniform({4, 0}, 1), {0}, {}, {}).y.numel() == 0);
  const Tensor turned = transpose(x, 0, 1);
  CHECK(difference(layer_norm(turned, {3000}, {}, {}).y,
                   layer_norm(clone(turned), {3000}, {}, {}).y) == 0);
}

TEST_CASE("swiglu: the backward is the derivative") {
  const Tensor gate = uniform({7, 5}, 1), up = uniform({7, 5}, 2), grad = uniform({7, 5}, 3);
  const auto by = swiglu_backward(grad, gate, up);
  CHECK(difference(by.gate, tensors::slope([&](const Tensor& g) { return swiglu(g, up); }, gate,
                                           grad)) < 1e-6);
  CHECK(difference(by.up, tensors::slope([&](const Tensor& u) { return swiglu(gate, u); }, up,
                                         grad)) < 1e-6);
}

TEST_CASE("block: gradients reach every weight") {
  const int64_t c = 4;
  const auto leaf = [](const Shape& shape, unsigned seed) {
    return Variable(uniform(shape, seed), true);
  };
  const BlockWeights w{leaf({c}, 1),    leaf({c}, 2),  leaf({3 * c, c}, 3), leaf({3 * c}, 4),
                       leaf({c, c}, 5), leaf({c}, 6),  leaf({c}, 7),        leaf({c}, 8),
                       leaf({9, c}, 9), leaf({9}, 10), leaf({c, 9}, 11),    leaf({c}, 12)};
  const Variable x = leaf({2, 3, c}, 13);
  BlockOptions options;
  options.heads = 2;
  options.angles = sinusoidal(3, 2, 10, DType::kFloat64);
  const Tensor grad = uniform({2, 3, c}, 14);
  const auto f = [&](const Tensor& at) { return block(Variable(at), w, options).data(); };
  const auto by =
      tinytorch::grad({block(x, w, options)}, {x, w.qkv_weight, w.down_weight}, {Variable(grad)});
  CHECK(difference(by[0].data(), tensors::slope(f, x.data(), grad)) < 1e-5);
  backward(block(x, w, options), Variable(grad));
  for (const Variable* weight :
       {&w.norm1_weight, &w.norm1_bias, &w.qkv_weight, &w.qkv_bias, &w.out_weight, &w.out_bias,
        &w.norm2_weight, &w.norm2_bias, &w.up_weight, &w.up_bias, &w.down_weight, &w.down_bias}) {
    CHECK(weight->grad().defined());
  }
}

TEST_CASE("norms: what they refuse") {
  const Tensor x = uniform({2, 4}, 1);
  CHECK(error_of<Error>([&] { layer_norm(x, {3}, {}, {}); }) ==
        "layer_norm: given normalized_shape=(3,), expected input whose shape ends with it, but got "
        "input of size (2, 4)");
  CHECK(error_of<Error>([&] { rms_norm(x, {}, {}, 1e-5); }) != "no such error");
  CHECK(error_of<Error>([&] { layer_norm(x, {4}, uniform({3}, 1), {}); }) != "no such error");
}

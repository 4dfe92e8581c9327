// The optimizers from C++: parts make the whole, strides do not matter, every one finds a minimum.
#include "modules/optimizers/optimizers.h"

#include <functional>

#include "core/parallel.h"
#include "tensors.h"

namespace {

using namespace tinytorch;
using tensors::difference, tensors::error_of, tensors::uniform, tensors::values;

/// One step of an optimizer on one parameter, with up to two buffers.
using Step = std::function<void(const Tensor& w, const Tensor& grad, const Tensor& first,
                                const Tensor& second, int64_t step)>;
struct Named {
  const char* name;
  Step step;
};

const std::vector<Named> kSteps{
    {"sgd",
     [](auto& w, auto& grad, auto&, auto&, int64_t) {
       Tensors none;
       sgd_step({w}, {grad}, none, 0.1, 0, 0, 0.01);
     }},
    {"momentum",
     [](auto& w, auto& grad, auto& first, auto&, int64_t) {
       Tensors buffers{first};
       sgd_step({w}, {grad}, buffers, 0.05, 0.9, 0.1, 0.01);
     }},
    {"nesterov",
     [](auto& w, auto& grad, auto& first, auto&, int64_t) {
       Tensors buffers{first};
       sgd_step({w}, {grad}, buffers, 0.05, 0.9, 0, 0.01, true);
     }},
    {"adam",
     [](auto& w, auto& grad, auto& first, auto& second, int64_t step) {
       adam_step({w}, {grad}, {first}, {second}, step, 0.05, 0.9, 0.999, 1e-8, 0.01);
     }},
    {"adamw",
     [](auto& w, auto& grad, auto& first, auto& second, int64_t step) {
       adam_step({w}, {grad}, {first}, {second}, step, 0.05, 0.9, 0.999, 1e-8, 1e-4, true);
     }},
    {"rmsprop", [](auto& w, auto& grad, auto& first, auto&,
                   int64_t) { rmsprop_step({w}, {grad}, {first}, {}, 0.01, 0.99, 1e-8, 0.01); }},
    {"rmsprop with momentum",
     [](auto& w, auto& grad, auto& first, auto& second, int64_t) {
       rmsprop_step({w}, {grad}, {first}, {second}, 0.002, 0.99, 1e-8, 0.01, 0.9);
     }},
};

/// w after three steps.
Tensor after_three(const Step& step, const Tensor& w, const Shape& shape, bool transposed = false) {
  const auto strided = [&](const Tensor& x) {
    return transposed ? transpose(clone(transpose(x, 0, 1)), 0, 1) : clone(x);
  };
  const Tensor result = strided(w);
  const Tensor first = strided(zeros(shape, w.dtype())), second = strided(first);
  for (int64_t k = 1; k <= 3; ++k) {
    step(result, strided(to(uniform(shape, static_cast<unsigned>(k)), w.dtype())), first, second,
         k);
  }
  return result;
}

}  // namespace

TEST_CASE("optimizers: every one finds the bottom of a narrow bowl") {
  for (const auto& [name, step] : kSteps) {
    CAPTURE(name);
    const Tensor w = values({2}, {3, -2}), curvature = values({2}, {1, 10});
    const Tensor first = zeros_like(w), second = zeros_like(w);
    for (int64_t k = 1; k <= 1500; ++k) step(w, curvature * w, first, second, k);
    CHECK(difference(w, zeros_like(w)) < 0.02);
  }
}

TEST_CASE("optimizers: strides of parameters, gradients and buffers do not matter") {
  const Tensor w = uniform({5, 7}, 11);
  for (const auto& [name, step] : kSteps) {
    CAPTURE(name);
    CHECK(difference(after_three(step, w, {5, 7}, true), after_three(step, w, {5, 7})) == 0);
  }
}

TEST_CASE("optimizers: as many threads as there are, the same bits") {
  const Shape shape{100, 1001};
  const Tensor w = to(uniform(shape, 11), DType::kFloat32);
  const int threads = num_threads();
  for (const auto& [name, step] : kSteps) {
    CAPTURE(name);
    set_num_threads(1);
    const Tensor alone = after_three(step, w, shape);
    set_num_threads(3);
    CHECK(difference(after_three(step, w, shape), alone) == 0);
  }
  set_num_threads(threads);
}

TEST_CASE("optimizers: 0-d and empty parameters") {
  for (const auto& [name, step] : kSteps) {
    CAPTURE(name);
    const Tensor w = values({1}, {2});
    const Tensor scalar = after_three(step, reshape(w, {}), {});
    CHECK(difference(reshape(scalar, {1}), after_three(step, w, {1})) == 0);
    CHECK(after_three(step, zeros({0, 3}, DType::kFloat64), {0, 3}).numel() == 0);
  }
}

TEST_CASE("optimizers: only the parameter's own elements are written") {
  const Tensor memory = uniform({6, 6}, 1), before = clone(memory);
  const Tensor w = slice(slice(memory, 0, 0, 6, 2), 1, 1, 6, 3), grad = uniform({3, 2}, 2);
  const Tensor expected = w - grad * Scalar(0.5);
  Tensors none;
  sgd_step({w}, {grad}, none, 0.5);
  CHECK(difference(w, expected) < 1e-15);
  copy_(w, slice(slice(before, 0, 0, 6, 2), 1, 1, 6, 3));
  CHECK(difference(memory, before) == 0);
}

TEST_CASE("optimizers: maximize is a step along the gradient, which stays as it is") {
  const Tensor w = uniform({4}, 1), opposite = clone(w), grad = uniform({4}, 2), kept = clone(grad);
  const auto buffers = [] { return Tensors{zeros({4}, DType::kFloat64)}; };
  adam_step({w}, {grad}, buffers(), buffers(), 1, 0.1, 0.9, 0.999, 1e-8, 0, false, true);
  adam_step({opposite}, {-grad}, buffers(), buffers(), 1, 0.1);
  CHECK(difference(w, opposite) == 0);
  CHECK(difference(grad, kept) == 0);
}

TEST_CASE("sgd_step: a buffer that is missing is made of the first gradient, undamped") {
  const Tensor w = uniform({4}, 1), before = clone(w), grad = uniform({4}, 2);
  Tensors buffers(1);
  sgd_step({w}, {grad}, buffers, 0.1, 0.9, 0.5);
  REQUIRE(buffers[0].defined());
  CHECK(difference(buffers[0], grad) == 0);
  sgd_step({w}, {grad}, buffers, 0.1, 0.9, 0.5);
  CHECK(difference(buffers[0], grad * Scalar(1.4)) < 1e-15);
  CHECK(difference(w, before - grad * Scalar(0.24)) < 1e-15);
}

TEST_CASE("optimizers: what they refuse") {
  const Tensor w = uniform({3}, 1), other = uniform({2}, 1);
  Tensors none;
  CHECK(error_of<Error>([&] { sgd_step({w, w}, {w}, none, 0.1); }) ==
        "sgd_step: expected lists of one length, got 2 parameters and 1");
  CHECK(error_of<Error>([&] { sgd_step({w}, {w}, none, 0.1, 0.9); }) ==
        "sgd_step: expected lists of one length, got 1 parameters and 0");
  CHECK(error_of<Error>([&] { sgd_step({w}, {other}, none, 0.1); }) ==
        "sgd_step: expected tensors like the parameter (3,) of float64, got (2,) of float64");
  CHECK(error_of<ValueError>([&] { adam_step({w}, {w}, {w}, {w}, 0, 0.1); }) ==
        "adam_step: expected step >= 1, got 0");
  const Tensor integers = zeros({3}, DType::kInt64);
  CHECK(error_of<NotImplemented>([&] { sgd_step({integers}, {integers}, none, 0.1); }) ==
        "sgd_step: expected a floating dtype, got int64");
}

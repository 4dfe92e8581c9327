// CTC at the edges of its tables: no frames, no labels, targets that do not fit, odd lengths.
#include <cmath>

#include "catch.h"
#include "extra/ctc.h"
#include "extra/random.h"

using namespace tinytorch;

TEST_CASE("ctc: two frames that may say one label") {
  Tensor scores = empty({2, 1, 2}, DType::kFloat64);
  for (int64_t i = 0; i < 4; ++i) scores.data<double>()[i] = std::log(0.5);
  Tensor targets = empty({1, 1}, DType::kInt64);
  targets.data<int64_t>()[0] = 1;
  const Variable loss = ctc_loss(Variable(scores), targets, {2}, {1}, 0, false);
  REQUIRE(std::abs(loss.data().data<double>()[0] + std::log(0.75)) < 1e-12);  // 11, 01, 10
}

TEST_CASE("ctc: lengths from nothing to everything, with gradients") {
  for (int64_t frames = 0; frames < 5; ++frames) {
    for (int64_t labels = 0; labels < 4; ++labels) {
      Tensor scores = zeros({4, 2, 3}, DType::kFloat32);
      Tensor targets = zeros({2, 3}, DType::kInt64);
      for (int64_t i = 0; i < 6; ++i) targets.data<int64_t>()[i] = 1 + i % 2;
      const Variable x(scores, true);
      const Variable loss = ctc_loss(x, targets, {frames, 4}, {labels, 3}, 0, true);
      REQUIRE(std::isfinite(loss.data().data<float>()[0]));
    }
  }
  REQUIRE_THROWS(ctc_loss(Variable(zeros({2, 1, 3}, DType::kFloat32)), zeros({1, 1}, DType::kInt64),
                          {3}, {1}, 0, false));
}

TEST_CASE("gamma and dirichlet: positive, and rows that add up to 1") {
  Generator generator(3);
  Tensor shapes = empty({4, 5}, DType::kFloat32);
  for (int64_t i = 0; i < 20; ++i) shapes.data<float>()[i] = 0.05F * static_cast<float>(i + 1);
  const Tensor gamma = standard_gamma(shapes, generator);
  const Tensor points = sample_dirichlet(shapes, generator);
  for (int64_t i = 0; i < 4; ++i) {
    float total = 0;
    for (int64_t j = 0; j < 5; ++j) {
      REQUIRE(gamma.data<float>()[5 * i + j] > 0);
      total += points.data<float>()[5 * i + j];
    }
    REQUIRE(std::abs(total - 1) < 1e-5F);
  }
}

// The unit generation: single tokens, rows of every kind, streams at their ends.
#include "modules/generation/generation.h"

#include <limits>

#include "catch.h"

using namespace tinytorch;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

Tensor vector_of(const std::vector<float>& values) {
  Tensor x = empty({static_cast<int64_t>(values.size())}, DType::kFloat32);
  std::copy(values.begin(), values.end(), x.data<float>());
  return x;
}

std::vector<float> values_of(const Tensor& x) {
  const Tensor y = contiguous(x);
  return {y.data<float>(), y.data<float>() + y.numel()};
}

}  // namespace

TEST_CASE("filters of one token change nothing", "[generation]") {
  const Tensor one = vector_of({3});
  REQUIRE(values_of(keep_top_k(one, 1)) == std::vector<float>{3});
  REQUIRE(values_of(keep_top_k(one, 1000)) == std::vector<float>{3});
  REQUIRE(values_of(keep_top_p(one, 1e-9)) == std::vector<float>{3});
  REQUIRE(values_of(apply_temperature(one, 2)) == std::vector<float>{1.5});
}

TEST_CASE("filters read rows of any strides", "[generation]") {
  Tensor x = empty({2, 3}, DType::kFloat32);
  std::copy_n(std::vector<float>{1, 5, 2, 6, 3, 4}.begin(), 6, x.data<float>());
  const Tensor turned = permute(x, {1, 0});  // rows 1 6, 5 3, 2 4
  REQUIRE(values_of(keep_top_k(turned, 1)) ==
          std::vector<float>{-kInfinity, 6, 5, -kInfinity, -kInfinity, 4});
  REQUIRE(values_of(keep_top_p(turned, 0.5)) ==
          std::vector<float>{-kInfinity, 6, 5, -kInfinity, -kInfinity, 4});
}

TEST_CASE("no rows, no prompt", "[generation]") {
  REQUIRE(keep_top_k(empty({0, 4}, DType::kFloat32), 2).numel() == 0);
  REQUIRE(sample(empty({0, 4}, DType::kFloat64)).numel() == 0);
  const Tensor x = vector_of({1, -2});
  REQUIRE(values_of(penalize(x, empty({0}, DType::kInt64), 2)) == std::vector<float>{1, -2});
  REQUIRE_THROWS_AS(keep_top_k(empty({2, 0}, DType::kFloat32), 1), Error);
}

TEST_CASE("logits that are none are named", "[generation]") {
  REQUIRE_THROWS_AS(check_logits(vector_of({1, kInfinity})), ValueError);
  REQUIRE_THROWS_AS(check_logits(vector_of({1, kInfinity - kInfinity})), ValueError);
  REQUIRE_THROWS_AS(check_logits(vector_of({-kInfinity, -kInfinity})), ValueError);
  REQUIRE_NOTHROW(check_logits(vector_of({-kInfinity, 1})));
}

TEST_CASE("the impossible is never drawn", "[generation]") {
  Generator generator(1);
  const Tensor probs = vector_of({0, 0.5, 0, 0.5, 0});
  for (int i = 0; i < 500; ++i) {
    const int64_t id = sample(probs, generator).data<int64_t>()[0];
    REQUIRE((id == 1 || id == 3));
  }
}

TEST_CASE("streams at their ends", "[generation]") {
  using generation::held_back;
  using generation::incomplete;
  REQUIRE(incomplete("") == 0);
  REQUIRE(incomplete("\xF0\x9F\x98") == 3);
  REQUIRE(incomplete("\xFF") == 1);
  REQUIRE(held_back("", {}) == 0);
  REQUIRE(held_back("abc", {""}) == 0);
  REQUIRE(held_back("", {"", "a"}) == 0);
  REQUIRE(held_back("ab", {"abc", "b"}) == 2);
}

// Blockwise attention in float against the explicit matrix in double, at every edge of a block.
#include <limits>

#include "accelerated/register.h"
#include "core/kernels.h"
#include "modules/attention/attention.h"
#include "tensors.h"

namespace {

using namespace tinytorch;
using tensors::difference, tensors::uniform;

Tensor narrow(const Tensor& x) { return x.defined() ? to(x, DType::kFloat32) : x; }

void compare(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& bias, bool causal,
             const Thinning& thinning = {}) {
  const Attended wide = attend(q, k, v, bias, causal, 0.3, thinning);
  const Attended fast =
      attend(narrow(q), narrow(k), narrow(v), narrow(bias), causal, 0.3, thinning);
  CHECK(difference(fast.y, wide.y) < 1e-5);
  CHECK(difference(fast.log_total, wide.log_total) < 1e-5);
  const Tensor grad = uniform(wide.y.shape(), 9);
  const auto by = attend_backward(grad, q, k, v, bias, causal, 0.3, wide, thinning);
  const auto fast_by = attend_backward(narrow(grad), narrow(q), narrow(k), narrow(v), narrow(bias),
                                       causal, 0.3, fast, thinning);
  CHECK(difference(fast_by.q, by.q) < 1e-4);
  CHECK(difference(fast_by.k, by.k) < 1e-4);
  CHECK(difference(fast_by.v, by.v) < 1e-4);
}

[[maybe_unused]] const bool registered = (fast::register_twins(), true);

}  // namespace

TEST_CASE(
    "attention by blocks: lengths around a block's, causal and not, with a bias and without") {
  REQUIRE(accelerated());
  REQUIRE(attention::attend_kernel.get<float>() != attention::attend_kernel.reference<float>());
  for (const auto& [length, others] : {std::pair<int64_t, int64_t>{1, 1},
                                       {3, 17},
                                       {64, 64},
                                       {65, 256},
                                       {130, 257},
                                       {2, 520},
                                       {300, 3}}) {
    for (const int64_t width : {1, 7, 33}) {
      const Tensor q = uniform({2, length, width}, 1), k = uniform({1, others, width}, 2);
      const Tensor v = uniform({2, others, width + 2}, 3), bias = uniform({length, others}, 4);
      CAPTURE(length, others, width);
      for (const bool causal : {false, true}) {
        compare(q, k, v, {}, causal);
        compare(q, k, v, bias, causal);
        const Tensor some = uniform({2, length, others}, 5);
        compare(q, k, v, bias, causal, {binary(BinaryOp::kGt, some, zeros_like(some)), 2.0});
      }
    }
  }
}

TEST_CASE("attention by blocks: rows and blocks that see nothing") {
  const double never = -std::numeric_limits<double>::infinity();
  const Tensor q = uniform({70, 8}, 1), k = uniform({600, 8}, 2), v = uniform({600, 8}, 3);
  const Tensor bias = zeros({70, 600}, DType::kFloat64);
  fill_(slice(bias, 1, 0, 300), Scalar(never));  // the first block, for everybody
  fill_(slice(bias, 0, 10, 20), Scalar(never));  // some rows altogether
  fill_(slice(slice(bias, 0, 30, 40), 1, 400, 600), Scalar(never));
  compare(q, k, v, bias, false);
}

TEST_CASE("attention by blocks: operands of any strides") {
  const Tensor x = narrow(uniform({2, 70, 3, 24}, 1));
  const auto part = [&](int64_t i) { return transpose(slice(x, 3, 8 * i, 8 * i + 8), 1, 2); };
  const Attended one = attend(part(0), part(1), part(2), {}, true, 0.5);
  const Attended two = attend(clone(part(0)), clone(part(1)), clone(part(2)), {}, true, 0.5);
  CHECK(difference(one.y, two.y) < 1e-6);
  const Tensor grad = transpose(narrow(uniform({2, 70, 3, 8}, 2)), 1, 2);
  const auto a = attend_backward(grad, part(0), part(1), part(2), {}, true, 0.5, one);
  const auto b = attend_backward(clone(grad), clone(part(0)), clone(part(1)), clone(part(2)), {},
                                 true, 0.5, two);
  CHECK(difference(a.q, b.q) < 1e-5);
  CHECK(difference(a.k, b.k) < 1e-5);
  CHECK(difference(a.v, b.v) < 1e-5);
}

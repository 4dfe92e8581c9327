// The twins of the losses against their references in double, and at the edges in float.
#include "modules/losses/losses.h"
#include "twins.h"

namespace {

using namespace tinytorch;
using namespace tinytorch::losses;
using twins::Floats;

template <class T>
Strided<const T, 1> run(const std::vector<T>& values, int64_t n, int64_t stride) {
  return {values.data(), {n}, {stride}};
}

const std::vector<int64_t> kTargets{0, 2, 1, 2};
const Floats kWeights{1.F, 0.5F, 0.F, 2.F};

}  // namespace

TEST_CASE("bce: probabilities, with and without room for a logarithm") {
  for (const int64_t n : twins::kLengths) {
    Floats x = twins::uniform(n, 0, 1, 1);
    for (size_t i = 0; i < x.size(); i += 3) x[i] = std::array{0.F, 1.F, 1e-30F, 1e-8F}[i / 3 % 4];
    const Floats target = twins::uniform(n, 0, 1, 2);
    Floats loss(x.size());
    std::vector<double> expected(x.size());
    const auto wide = twins::doubles(x), wide_target = twins::doubles(target);
    bce_kernel.get<float>()(twins::view(x), twins::view(target), twins::view(loss));
    bce_kernel.reference<double>()(twins::view(wide), twins::view(wide_target),
                                   twins::view(expected));
    CAPTURE(n);
    twins::check_close(loss, expected, 1e-6, 1e-7);
  }
  CHECK(bce_kernel.get<float>() != bce_kernel.reference<float>());
}

TEST_CASE("bce_with_logits: logits of every size") {
  for (const int64_t n : twins::kLengths) {
    for (const float range : {1.F, 40.F, 1e4F}) {
      CAPTURE(n, range);
      const Floats x = twins::uniform(n, -range, range, 1), target = twins::uniform(n, 0, 1, 2);
      const Floats grad = twins::uniform(n + 1, -1, 1, 3);
      const auto wide = twins::doubles(x), wide_target = twins::doubles(target);
      const auto wide_grad = twins::doubles(grad);
      Floats loss(x.size());
      std::vector<double> expected(x.size());
      bce_with_logits_kernel.get<float>()(twins::view(x), twins::view(target), twins::view(loss));
      bce_with_logits_kernel.reference<double>()(twins::view(wide), twins::view(wide_target),
                                                 twins::view(expected));
      twins::check_close(loss, expected, 1e-6, 1e-6 + 1e-7 * static_cast<double>(range));
      for (const int64_t stride : {0, 1}) {
        bce_with_logits_backward_kernel.get<float>()(run(grad, n, stride), twins::view(x),
                                                     twins::view(target), twins::view(loss));
        bce_with_logits_backward_kernel.reference<double>()(
            run(wide_grad, n, stride), twins::view(wide), twins::view(wide_target),
            twins::view(expected));
        twins::check_close(loss, expected, 1e-6, 3e-7);
      }
    }
  }
  // A confident, right prediction costs e^-20, not 0.
  Floats loss(1);
  const Floats x{20.F}, target{1.F};
  bce_with_logits_kernel.get<float>()(twins::view(x), twins::view(target), twins::view(loss));
  twins::check_close(loss, std::vector<double>{std::log1p(std::exp(-20.0))}, 1e-6, 0);
}

TEST_CASE("cross_entropy: loss, softmax and gradient of rows, one of them of weight 0") {
  for (const int64_t classes : {3, 10, 16, 17, 33, 1000}) {
    for (const float range : {1.F, 30.F, 1e4F}) {
      CAPTURE(classes, range);
      Floats x = twins::uniform(4 * classes, -range, range, 1);
      x[static_cast<size_t>(2 * classes)] = twins::kNan;  // its row does not count
      const auto wide = twins::doubles(x), wide_weights = twins::doubles(kWeights);
      Floats y(x.size()), loss(4);
      std::vector<double> expected_y(x.size()), expected(4);
      cross_entropy_kernel.get<float>()(twins::rows(x, classes), twins::view(kTargets),
                                        twins::view(kWeights), twins::rows(y, classes),
                                        twins::view(loss));
      cross_entropy_kernel.reference<double>()(
          twins::rows(wide, classes), twins::view(kTargets), twins::view(wide_weights),
          twins::rows(expected_y, classes), twins::view(expected));
      twins::check_close(y, expected_y, 2e-6, 1e-6);
      twins::check_close(loss, expected, 1e-6, 1e-6);
      const Floats grad{0.3F, -1.F, 5.F, 0.7F};
      for (const int64_t stride : {0, 1}) {
        const auto wide_grad = twins::doubles(grad);
        cross_entropy_backward_kernel.get<float>()(run(grad, 4, stride), twins::rows(y, classes),
                                                   twins::view(kTargets), twins::view(kWeights),
                                                   twins::rows(x, classes));
        Floats expected_x(x.size());
        cross_entropy_backward_kernel.reference<float>()(
            run(grad, 4, stride), twins::rows(y, classes), twins::view(kTargets),
            twins::view(kWeights), twins::rows(expected_x, classes));
        twins::check_close(x, expected_x, 1e-6, 1e-7);
      }
    }
  }
}

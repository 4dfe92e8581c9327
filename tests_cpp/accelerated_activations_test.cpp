// The twins of the activations against their references in double, and at the edges in float.
#include "modules/activations/activations.h"
#include "twins.h"

namespace {

using namespace tinytorch;
using namespace tinytorch::activations;
using twins::Floats;

struct MapCase {
  const char* name;
  const Kernel<Map>* kernel;
};
const std::vector<MapCase> kMaps{{"relu", &relu_kernel},
                                 {"sigmoid", &sigmoid_kernel},
                                 {"tanh", &tanh_kernel},
                                 {"gelu", &gelu_kernel},
                                 {"gelu_tanh", &gelu_tanh_kernel}};
struct BackwardCase {
  const char* name;
  const Kernel<MapBackward>* kernel;
};
const std::vector<BackwardCase> kBackwards{{"relu_backward", &relu_backward_kernel},
                                           {"sigmoid_backward", &sigmoid_backward_kernel},
                                           {"tanh_backward", &tanh_backward_kernel},
                                           {"gelu_backward", &gelu_backward_kernel},
                                           {"gelu_tanh_backward", &gelu_tanh_backward_kernel}};
struct RowCase {
  const char* name;
  const Kernel<RowMap>* kernel;
};
const std::vector<RowCase> kRowMaps{{"softmax", &softmax_kernel},
                                    {"log_softmax", &log_softmax_kernel}};
struct RowBackwardCase {
  const char* name;
  const Kernel<RowMapBackward>* kernel;
};
const std::vector<RowBackwardCase> kRowBackwards{
    {"softmax_backward", &softmax_backward_kernel},
    {"log_softmax_backward", &log_softmax_backward_kernel}};

Floats apply_rows(const Kernel<RowMap>& kernel, const Floats& x, int64_t columns) {
  Floats y(x.size());
  kernel.get<float>()(twins::rows(x, columns), twins::rows(y, columns));
  return y;
}

}  // namespace

TEST_CASE("activations: maps are the reference's, for every length") {
  for (const auto& [name, kernel] : kMaps) {
    REQUIRE(kernel->get<float>() != kernel->reference<float>());
    for (const int64_t n : twins::kLengths) {
      for (const float range : {0.01F, 1.F, 12.F}) {
        CAPTURE(name, n, range);
        const Floats x = twins::uniform(n, -range, range, 1);
        const auto wide = twins::doubles(x);
        Floats y(x.size());
        std::vector<double> expected(x.size());
        kernel->get<float>()(twins::view(x), twins::view(y));
        kernel->reference<double>()(twins::view(wide), twins::view(expected));
        twins::check_close(y, expected, 1e-6, 3e-7);
      }
    }
  }
}

TEST_CASE("activations: maps at zeros, +-1e4, subnormals, infinities and NaN") {
  const Floats x = twins::awkward(33);
  for (const auto& [name, kernel] : kMaps) {
    CAPTURE(name);
    Floats y(x.size()), expected(x.size());
    kernel->get<float>()(twins::view(x), twins::view(y));
    kernel->reference<float>()(twins::view(x), twins::view(expected));
    twins::check_close(y, expected, 1e-6, 1e-37);
    CHECK(std::isnan(y[12]));
  }
}

TEST_CASE("activations: backwards are the reference's") {
  for (const auto& [name, kernel] : kBackwards) {
    REQUIRE(kernel->get<float>() != kernel->reference<float>());
    for (const int64_t n : twins::kLengths) {
      for (const float range : {0.01F, 1.F, 12.F}) {
        CAPTURE(name, n, range);
        const Floats grad = twins::uniform(n, -2, 2, 1), x = twins::uniform(n, -range, range, 2);
        const auto wide_grad = twins::doubles(grad), wide = twins::doubles(x);
        Floats grad_x(x.size());
        std::vector<double> expected(x.size());
        kernel->get<float>()(twins::view(grad), twins::view(x), twins::view(grad_x));
        kernel->reference<double>()(twins::view(wide_grad), twins::view(wide),
                                    twins::view(expected));
        twins::check_close(grad_x, expected, 2e-6, 2e-6);
      }
    }
    const Floats x = twins::awkward(32), grad(x.size(), 0.5F);
    Floats grad_x(x.size()), expected(x.size());
    kernel->get<float>()(twins::view(grad), twins::view(x), twins::view(grad_x));
    kernel->reference<float>()(twins::view(grad), twins::view(x), twins::view(expected));
    CAPTURE(name);
    twins::check_close(grad_x, expected, 1e-6, 1e-6);
  }
}

TEST_CASE("activations: GELU keeps the last bits of its negative tail") {
  const Floats x = twins::uniform(20'000, -12, 0, 1);
  const auto wide = twins::doubles(x);
  Floats y(x.size());
  std::vector<double> expected;
  for (const double v : wide) expected.push_back(v / 2 * std::erfc(-v / std::sqrt(2.0)));
  gelu_kernel.get<float>()(twins::view(x), twins::view(y));
  twins::check_close(y, expected, 1.5e-5, 1e-37);
}

TEST_CASE("activations: GELU of a value does not depend on its neighbours") {
  Floats x = twins::uniform(100, -6, 6, 1), grad(x.size(), 1.F), y(x.size()), slope(x.size());
  gelu_kernel.get<float>()(twins::view(x), twins::view(y));
  gelu_backward_kernel.get<float>()(twins::view(grad), twins::view(x), twins::view(slope));
  for (size_t i = 0; i < x.size(); ++i) {
    const Floats alone{x[i]}, one{1.F};
    Floats of_alone(1), slope_of_alone(1);
    gelu_kernel.get<float>()(twins::view(alone), twins::view(of_alone));
    gelu_backward_kernel.get<float>()(twins::view(one), twins::view(alone),
                                      twins::view(slope_of_alone));
    CHECK(of_alone[0] == y[i]);
    CHECK(slope_of_alone[0] == slope[i]);
  }
}

TEST_CASE("activations: rows of every length, near 0 and at +-1e4") {
  for (const auto& [name, kernel] : kRowMaps) {
    REQUIRE(kernel->get<float>() != kernel->reference<float>());
    for (const int64_t columns : twins::kLengths) {
      if (columns == 0) continue;
      for (const float range : {1.F, 30.F, 1e4F}) {
        CAPTURE(name, columns, range);
        const Floats x = twins::uniform(3 * columns, -range, range, 1);
        const auto wide = twins::doubles(x);
        std::vector<double> expected(x.size());
        kernel->reference<double>()(twins::rows(wide, columns), twins::rows(expected, columns));
        twins::check_close(apply_rows(*kernel, x, columns), expected, 2e-6, 1e-6);
      }
    }
  }
}

TEST_CASE("activations: rows with infinities and NaN, as PyTorch has them") {
  const float inf = twins::kInfinity, nan = twins::kNan;
  for (const int64_t columns : {3, 40}) {
    CAPTURE(columns);
    const auto row = [&](float first, float second, float others) {
      Floats x(static_cast<size_t>(columns), others);
      x[0] = first;
      x[1] = second;
      return x;
    };
    const Floats nans(static_cast<size_t>(columns), nan);
    // exp(-inf) is a share of 0; its logarithm stays -inf.
    twins::check_close(apply_rows(softmax_kernel, row(0, 0, -inf), columns), row(0.5F, 0.5F, 0), 0,
                       0);
    twins::check_close(apply_rows(log_softmax_kernel, row(0, 0, -inf), columns),
                       row(-std::log(2.F), -std::log(2.F), -inf), 1e-7, 0);
    for (const auto& [name, kernel] : kRowMaps) {
      CAPTURE(name);
      twins::check_close(apply_rows(*kernel, row(-inf, -inf, -inf), columns), nans, 0, 0);
      twins::check_close(apply_rows(*kernel, row(nan, 1, 2), columns), nans, 0, 0);
      twins::check_close(apply_rows(*kernel, row(inf, 1, 2), columns), nans, 0, 0);
    }
  }
}

TEST_CASE("activations: rows' backwards are the reference's") {
  for (const auto& [name, kernel] : kRowBackwards) {
    REQUIRE(kernel->get<float>() != kernel->reference<float>());
    const bool of_logarithm = kernel == &log_softmax_backward_kernel;
    for (const int64_t columns : twins::kLengths) {
      if (columns == 0) continue;
      CAPTURE(name, columns);
      const Floats grad = twins::uniform(3 * columns, -1, 1, 1);
      const Floats y = of_logarithm ? twins::uniform(3 * columns, -9, 0, 2)
                                    : twins::uniform(3 * columns, 0, 1, 2);
      const auto wide_grad = twins::doubles(grad), wide = twins::doubles(y);
      Floats grad_x(y.size());
      std::vector<double> expected(y.size());
      kernel->get<float>()(twins::rows(grad, columns), twins::rows(y, columns),
                           twins::rows(grad_x, columns));
      kernel->reference<double>()(twins::rows(wide_grad, columns), twins::rows(wide, columns),
                                  twins::rows(expected, columns));
      twins::check_close(grad_x, expected, 2e-6, 2e-6 * std::sqrt(static_cast<double>(columns)));
    }
  }
}

// The SIMD functions against libm in double, lane by lane and at the edges.
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "catch.h"
#include "core/simd.h"

namespace {

using namespace tinytorch;
using simd::Batch;
using simd::kLanes;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

template <class F>
float at(F f, float x) {
  std::array<float, Batch::size> lanes;
  simd::store(lanes.data(), f(Batch(x)));
  return lanes[0];
}

/// The largest distance from `exact` over [low, high], in units in the last place.
template <class F>
double worst_ulp(F f, double (*exact)(double), double low, double high) {
  double worst = 0;
  std::array<float, Batch::size> x, y;
  constexpr int kSteps = 400000;
  for (int step = 0; step < kSteps; step += static_cast<int>(kLanes)) {
    for (size_t lane = 0; lane < x.size(); ++lane)
      x[lane] = static_cast<float>(low + (high - low) * (step + static_cast<int>(lane)) / kSteps);
    simd::store(y.data(), f(simd::load(x.data())));
    for (size_t lane = 0; lane < x.size(); ++lane) {
      const double expected = exact(static_cast<double>(x[lane]));
      const float rounded = std::abs(static_cast<float>(expected));
      const auto ulp = static_cast<double>(std::nextafter(rounded, kInfinity) - rounded);
      worst = std::max(worst, std::abs(static_cast<double>(y[lane]) - expected) / ulp);
    }
  }
  return worst;
}

double exact_exp(double x) { return std::exp(x); }
double exact_tanh(double x) { return std::tanh(x); }
double exact_erf(double x) { return std::erf(x); }
double exact_sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
Batch our_exp(Batch x) { return simd::exp(x); }
Batch our_tanh(Batch x) { return simd::tanh(x); }
Batch our_erf(Batch x) { return simd::erf(x); }
Batch our_sigmoid(Batch x) { return simd::sigmoid(x); }

}  // namespace

TEST_CASE("simd: functions are within their ulp of libm") {
  CHECK(worst_ulp(our_exp, exact_exp, -87.3, 88.7) <= 1.6);
  CHECK(worst_ulp(our_exp, exact_exp, -103, -87.3) <= 1.0);  // subnormal
  CHECK(worst_ulp(our_tanh, exact_tanh, -10, 10) <= 2.0);
  CHECK(worst_ulp(our_tanh, exact_tanh, -0.7, 0.7) <= 2.0);
  CHECK(worst_ulp(our_erf, exact_erf, -4.5, 4.5) <= 2.0);
  CHECK(worst_ulp(our_erf, exact_erf, -1.2, 1.2) <= 2.0);
  CHECK(worst_ulp(our_sigmoid, exact_sigmoid, -80, 80) <= 4.0);
}

TEST_CASE("simd: edges of the functions") {
  CHECK(at(our_exp, 0.F) == 1.F);
  CHECK(at(our_exp, kInfinity) == kInfinity);
  CHECK(at(our_exp, 88.73F) == kInfinity);
  CHECK(at(our_exp, -kInfinity) == 0.F);
  CHECK(at(our_exp, -3e38F) == 0.F);
  CHECK(at(our_tanh, kInfinity) == 1.F);
  CHECK(at(our_tanh, -kInfinity) == -1.F);
  CHECK(at(our_tanh, 1e-20F) == 1e-20F);
  CHECK(at(our_erf, kInfinity) == 1.F);
  CHECK(at(our_erf, -kInfinity) == -1.F);
  CHECK(at(our_erf, 0.F) == 0.F);
  CHECK(at(our_sigmoid, kInfinity) == 1.F);
  CHECK(at(our_sigmoid, -kInfinity) == 0.F);
  CHECK(std::signbit(at(our_tanh, -0.F)));
  CHECK(std::signbit(at(our_erf, -0.F)));
  for (const auto f : {our_exp, our_tanh, our_erf, our_sigmoid}) CHECK(std::isnan(at(f, kNan)));
}

TEST_CASE("simd: partial loads and stores touch only what they name") {
  const std::vector<float> from(static_cast<size_t>(kLanes), 3.F);
  for (int64_t count = 0; count <= kLanes; ++count) {
    const std::vector<float> exact(from.begin(), from.begin() + count);  // ASan sees its end
    std::vector<float> to(static_cast<size_t>(count), 0.F), lanes(static_cast<size_t>(kLanes));
    const Batch x = simd::load_partial(exact.data(), count, -1.F);
    simd::store(lanes.data(), x);
    simd::store_partial(to.data(), x, count);
    CHECK(to == exact);
    for (int64_t lane = 0; lane < kLanes; ++lane)
      CHECK(lanes[static_cast<size_t>(lane)] == (lane < count ? 3.F : -1.F));
  }
}

TEST_CASE("simd: pairs are split and joined again") {
  std::vector<float> run(static_cast<size_t>(2 * kLanes)), joined(run.size());
  for (size_t i = 0; i < run.size(); ++i) run[i] = static_cast<float>(i);
  const auto [even, odd] =
      simd::split_pairs(simd::load(run.data()), simd::load(&run[run.size() / 2]));
  std::array<float, Batch::size> evens, odds;
  simd::store(evens.data(), even);
  simd::store(odds.data(), odd);
  for (size_t i = 0; i < evens.size(); ++i)
    CHECK((evens[i] == run[2 * i] && odds[i] == run[2 * i + 1]));
  const auto [low, high] = simd::join_pairs(even, odd);
  simd::store(joined.data(), low);
  simd::store(&joined[run.size() / 2], high);
  CHECK(joined == run);
}

TEST_CASE("simd: reductions and selection") {
  std::vector<float> values(static_cast<size_t>(kLanes));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) + 1;
  const Batch x = simd::load(values.data());
  const auto n = static_cast<float>(kLanes);
  CHECK(simd::reduce_add(x) == n * (n + 1) / 2);
  CHECK(simd::reduce_max(x) == n);
  CHECK(simd::reduce_min(x) == 1.F);
  CHECK(simd::reduce_add(simd::select(x > Batch(1.F), Batch(0.F), x)) == 1.F);
  CHECK(simd::any(x == Batch(n)));
  CHECK(simd::all(x >= Batch(1.F)));
}

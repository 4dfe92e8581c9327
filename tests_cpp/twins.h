// What the tests of the accelerated kernels share: random and awkward inputs, and the comparison of
// a twin with its reference.
#pragma once
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "accelerated/register.h"
#include "catch.h"
#include "core/view.h"

namespace twins {

using tinytorch::Strided;
using tinytorch::View;
using Floats = std::vector<float>;

inline constexpr float kInfinity = std::numeric_limits<float>::infinity();
inline constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// The library under test is linked, and its twins are in the table.
inline const bool kRegistered = (tinytorch::fast::register_twins(), true);

/// Run lengths around the ends of batches of every width.
inline const std::vector<int64_t> kLengths{0,  1,  2,  3,  4,  5,  7,  8,   9,   15,
                                           16, 17, 31, 32, 33, 63, 65, 100, 1000};

inline Floats uniform(int64_t n, float low, float high, unsigned seed) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> draw(low, high);
  Floats values(static_cast<size_t>(n));
  for (float& value : values) value = draw(engine);
  return values;
}

/// The values where formulas break, one after the other, n of them.
inline Floats awkward(int64_t n) {
  static const Floats values{0.F,   -0.F,  1e4F,      -1e4F,      1e-40F, -1e-40F, 3e38F, -3e38F,
                             88.7F, -88.F, kInfinity, -kInfinity, kNan,   1e-20F,  0.6F,  -20.F};
  Floats result;
  for (int64_t i = 0; i < n; ++i) result.push_back(values[static_cast<size_t>(i) % values.size()]);
  return result;
}

inline std::vector<double> doubles(const Floats& values) { return {values.begin(), values.end()}; }

template <class T>
View<T, 1> view(std::vector<T>& values) {
  return {values.data(), {static_cast<int64_t>(values.size())}};
}
template <class T>
View<const T, 1> view(const std::vector<T>& values) {
  return {values.data(), {static_cast<int64_t>(values.size())}};
}
template <class T>
View<T, 2> rows(std::vector<T>& values, int64_t columns) {
  return {values.data(), {static_cast<int64_t>(values.size()) / columns, columns}};
}
template <class T>
View<const T, 2> rows(const std::vector<T>& values, int64_t columns) {
  return {values.data(), {static_cast<int64_t>(values.size()) / columns, columns}};
}

/// Equal, both NaN, or within relative * |expected| + absolute.
template <class T>
void check_close(const Floats& actual, const std::vector<T>& expected, double relative,
                 double absolute) {
  REQUIRE(actual.size() == expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    const auto got = static_cast<double>(actual[i]), wanted = static_cast<double>(expected[i]);
    if (got == wanted || (std::isnan(got) && std::isnan(wanted))) continue;
    if (std::abs(got - wanted) <= relative * std::abs(wanted) + absolute) continue;
    FAIL("at " << i << ": expected " << wanted << ", got " << got);
  }
}

}  // namespace twins

// What the tests of the units share: small tensors of doubles, their comparison, words of errors.
#pragma once
#include <cmath>
#include <random>
#include <string>

#include "catch.h"
#include "modules/tensor/tensor.h"

namespace tensors {

using namespace tinytorch;

/// float64, the values row by row.
inline Tensor values(const Shape& shape, std::initializer_list<double> list) {
  Tensor x = empty(shape, DType::kFloat64);
  REQUIRE(static_cast<int64_t>(list.size()) == x.numel());
  std::copy(list.begin(), list.end(), x.data<double>());
  return x;
}

inline Tensor classes(std::initializer_list<int64_t> list) {
  Tensor x = empty({static_cast<int64_t>(list.size())}, DType::kInt64);
  std::copy(list.begin(), list.end(), x.data<int64_t>());
  return x;
}

/// float64, uniform on [low, high).
inline Tensor uniform(const Shape& shape, unsigned seed, double low = -2, double high = 2) {
  Tensor x = empty(shape, DType::kFloat64);
  std::mt19937 engine(seed);
  std::uniform_real_distribution<double> draw(low, high);
  const View<double, 1> y = x.flat<double>();
  for (int64_t i = 0; i < y.size(0); ++i) y(i) = draw(engine);
  return x;
}

inline double number(const Tensor& x) { return item(x).to<double>(); }

/// The largest difference, relative where values are above 1; NaN equals NaN.
inline double difference(const Tensor& actual, const Tensor& expected) {
  REQUIRE(to_string(actual.shape()) == to_string(expected.shape()));
  const Tensor a = contiguous(to(actual, DType::kFloat64));
  const Tensor e = contiguous(to(expected, DType::kFloat64));
  double largest = 0;
  for (int64_t i = 0; i < a.numel(); ++i) {
    const double x = a.flat<const double>()(i), y = e.flat<const double>()(i);
    if (x == y || (std::isnan(x) && std::isnan(y))) continue;
    const double distance = std::abs(x - y) / std::max(1.0, std::abs(y));
    largest = distance <= largest ? largest : distance;  // a NaN stays
  }
  return largest;
}

/// The gradient of sum(grad * f(x)) by x, from central differences.
template <class F>
Tensor slope(F f, const Tensor& x, const Tensor& grad) {
  Tensor result = empty_like(x);
  const double step = 1e-5;
  for (int64_t i = 0; i < x.numel(); ++i) {
    const auto moved = [&](double by) {
      const Tensor at = clone(x);
      at.flat<double>()(i) += by;
      return number(sum(grad * f(at)));
    };
    result.flat<double>()(i) = (moved(step) - moved(-step)) / (2 * step);
  }
  return result;
}

/// The words of the E that `run` raises.
template <class E, class Run>
std::string error_of(Run run) {
  try {
    run();
  } catch (const E& error) {
    return error.what();
  }
  return "no such error";
}

}  // namespace tensors

// Special functions, each by a series where it converges fast and an asymptotic form elsewhere.
#include "extra/special_functions.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace tinytorch::special {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr double kPi = std::numbers::pi;

// The slope of digamma.
double trigamma(double x) {
  if (x < 0.5) {
    if (x == std::floor(x)) return kInfinity;
    const double s = std::sin(kPi * x);
    return kPi * kPi / (s * s) - trigamma(1 - x);
  }
  double sum = 0;
  for (; x < 12; x += 1) sum += 1 / (x * x);
  const double r = 1 / (x * x);
  // The Bernoulli numbers.
  const double tail =
      r *
      (1. / 6 + r * (-1. / 30 + r * (1. / 42 + r * (-1. / 30 + r * (5. / 66 - r * 691. / 2730)))));
  return sum + 1 / x + r / 2 + tail / x;
}

// sum over k of (x/2)^(2k + order) / (k! (k + order)!), all terms positive.
double bessel_series(double x, int order) {
  const double quarter = x * x / 4;
  double term = order == 0 ? 1 : x / 2, sum = term;
  for (int k = 1; term > sum * kEpsilon / 4; ++k) sum += term *= quarter / (k * (k + order));
  return sum;
}

// e^-x I(x) for large x: Hankel's expansion, cut where its terms begin to grow.
double bessel_scaled(double x, int order) {
  const double mu = 4. * order;
  double term = 1, sum = 1;
  for (int k = 1; k < 60; ++k) {
    const double odd = 2 * k - 1, next = term * -(mu - odd * odd) / (k * 8 * x);
    if (std::abs(next) > std::abs(term) || std::abs(next) < kEpsilon / 4) break;
    sum += term = next;
  }
  return sum / std::sqrt(2 * kPi * x);
}

constexpr double kLargeBessel = 24;

}  // namespace

double lgamma(double x) {
#if defined(__GLIBC__)
  int sign = 0;
  return ::lgamma_r(x, &sign);
#else
  return std::lgamma(x);
#endif
}

double digamma(double x) {
  if (x == 0) return std::copysign(kInfinity, -x);
  if (x == -kInfinity || (x < 0 && x == std::floor(x))) return kNaN;
  if (x < 0) {
    double whole = 0;
    const double part = std::modf(x, &whole);
    return digamma(1 - x) - kPi / std::tan(kPi * part);
  }
  double sum = 0;
  for (; x < 12; x += 1) sum -= 1 / x;
  if (x == kInfinity) return x;
  const double r = 1 / (x * x);
  const double tail =
      r * (1. / 12 + r * (-1. / 120 +
                          r * (1. / 252 + r * (-1. / 240 + r * (1. / 132 + r * (-691. / 32760))))));
  return sum + std::log(x) - 0.5 / x - tail;
}

double zeta(double s, double q) {
  if (s == 1) return kInfinity;
  if (s < 1 || std::isnan(s) || std::isnan(q)) return kNaN;
  if (q <= 0) {
    if (q == std::floor(q)) return kInfinity;
    if (s != std::floor(s) || q < -1e6) return kNaN;
  }
  // Euler and Maclaurin: the first terms one by one, the rest as an integral and its corrections.
  double sum = std::pow(q, -s), a = q;
  for (int i = 0; i < 9 || a <= 9; ++i) {
    a += 1;
    const double term = std::pow(a, -s);
    sum += term;
    if (std::abs(term / sum) < kEpsilon / 2) return sum;
  }
  const double w = a;
  double b = std::pow(a, -s);
  sum += b * w / (s - 1) - b / 2;
  static constexpr double kCorrections[] = {12.0,
                                            -720.0,
                                            30240.0,
                                            -1209600.0,
                                            47900160.0,
                                            -1.8924375803183791606e9,
                                            7.47242496e10,
                                            -2.950130727918164224e12,
                                            1.1646782814350067249e14,
                                            -4.5979787224074726105e15,
                                            1.8152105401943546773e17,
                                            -7.1661652561756670113e18};
  double factor = 1, k = 0;
  for (const double correction : kCorrections) {
    factor *= s + k;
    b /= w;
    const double term = factor * b / correction;
    sum += term;
    if (std::abs(term / sum) < kEpsilon / 2) break;
    k += 1;
    factor *= s + k;
    b /= w;
    k += 1;
  }
  return sum;
}

double polygamma(int64_t n, double x) {
  if (n == 0) return digamma(x);
  if (n == 1) return trigamma(x);
  const auto order = static_cast<double>(n);
  const double size = std::exp(lgamma(order + 1)) * zeta(order + 1, x);
  return n % 2 ? size : -size;
}

namespace {

// x^a e^-x / gamma(a + 1).
double gamma_front(double a, double x) { return std::exp(a * std::log(x) - x - lgamma(a + 1)); }

double gammainc_series(double a, double x) {
  double term = 1, sum = 1;
  for (double k = a + 1; std::abs(term) > std::abs(sum) * kEpsilon / 4; k += 1) {
    sum += term *= x / k;
    if (k - a > 1e5) break;
  }
  return sum * gamma_front(a, x);
}

// Lentz's evaluation of the continued fraction.
double gammaincc_fraction(double a, double x) {
  constexpr double kTiny = 1e-300;
  double b = x + 1 - a, c = 1 / kTiny, d = 1 / b, h = d;
  for (int i = 1; i < 100000; ++i) {
    const double an = -i * (i - a);
    b += 2;
    d = an * d + b;
    if (std::abs(d) < kTiny) d = kTiny;
    c = b + an / c;
    if (std::abs(c) < kTiny) c = kTiny;
    d = 1 / d;
    const double change = d * c;
    h *= change;
    if (std::abs(change - 1) < kEpsilon) break;
  }
  return h * gamma_front(a, x) * a;
}

}  // namespace

double gammainc(double a, double x) {
  if (!(x >= 0) || !(a >= 0)) return kNaN;
  if (a == 0) return x > 0 ? 1 : kNaN;
  if (x == 0) return 0;
  if (std::isinf(a)) return std::isinf(x) ? kNaN : 0;
  if (std::isinf(x)) return 1;
  return x < a + 1 ? gammainc_series(a, x) : 1 - gammaincc_fraction(a, x);
}

double gammaincc(double a, double x) {
  if (!(x >= 0) || !(a >= 0)) return kNaN;
  if (a == 0) return x > 0 ? 0 : kNaN;
  if (x == 0) return 1;
  if (std::isinf(a)) return std::isinf(x) ? kNaN : 1;
  if (std::isinf(x)) return 0;
  return x < a + 1 ? 1 - gammainc_series(a, x) : gammaincc_fraction(a, x);
}

double erfinv(double y) {
  if (!(std::abs(y) <= 1)) return kNaN;
  if (std::abs(y) == 1) return std::copysign(kInfinity, y);
  if (y == 0) return y;
  // Winitzki's approximation, then Halley's steps; near 1 on what is left to 1.
  const double size = std::abs(y), rest = 1 - size;
  const double log_rest = std::log(rest * (1 + size)), half = 2 / (kPi * 0.147) + log_rest / 2;
  double x = std::sqrt(std::sqrt(half * half - log_rest / 0.147) - half);
  for (int step = 0; step < 3; ++step) {
    const double error = size < 0.5 ? std::erf(x) - size : rest - std::erfc(x);
    const double newton = error / (2 * std::numbers::inv_sqrtpi * std::exp(-x * x));
    x -= newton / (1 + x * newton);
  }
  return std::copysign(x, y);
}

double erfcx(double x) {
  if (x < 5) return std::exp(x * x) * std::erfc(x);  // infinite from -27 on
  if (x > 1e8) return std::numbers::inv_sqrtpi / x;
  double fraction = x;
  for (int k = 60; k > 0; --k) fraction = x + k / 2. / fraction;
  return std::numbers::inv_sqrtpi / fraction;
}

double ndtr(double x) { return std::erfc(-x / std::numbers::sqrt2) / 2; }

double log_ndtr(double x) {
  if (x < -1) return std::log(erfcx(-x / std::numbers::sqrt2) / 2) - x * x / 2;
  return std::log1p(-std::erfc(x / std::numbers::sqrt2) / 2);
}

double ndtri(double p) {
  if (!(p >= 0 && p <= 1)) return kNaN;
  if (p == 0) return -kInfinity;
  if (p == 1) return kInfinity;
  if (p > 0.25 && p < 0.75) return std::numbers::sqrt2 * erfinv(2 * p - 1);
  if (p > 0.5) return -ndtri(1 - p);
  // Newton on the logarithm, which is nearly a parabola in the tail.
  const double goal = std::log(p);
  double x = -std::sqrt(-2 * goal);
  for (int step = 0; step < 12; ++step) {
    const double value = log_ndtr(x);
    const double slope = std::exp(-x * x / 2 - value) / std::sqrt(2 * kPi);
    const double change = (value - goal) / slope;
    x -= change;
    if (std::abs(change) < kEpsilon * std::abs(x)) break;
  }
  return x;
}

double i0(double x) {
  x = std::abs(x);
  return x < kLargeBessel ? bessel_series(x, 0) : std::exp(x) * bessel_scaled(x, 0);
}

double i0e(double x) {
  x = std::abs(x);
  return x < kLargeBessel ? std::exp(-x) * bessel_series(x, 0) : bessel_scaled(x, 0);
}

double i1(double x) {
  const double size = std::abs(x);
  const double y =
      size < kLargeBessel ? bessel_series(size, 1) : std::exp(size) * bessel_scaled(size, 1);
  return std::copysign(y, x);
}

double i1e(double x) {
  const double size = std::abs(x);
  const double y =
      size < kLargeBessel ? std::exp(-size) * bessel_series(size, 1) : bessel_scaled(size, 1);
  return std::copysign(y, x);
}

}  // namespace tinytorch::special

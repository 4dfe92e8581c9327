// Each function of one number beside its slope.
#include "extra/pointwise_unary.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "extra/pointwise_map.h"
#include "extra/special_functions.h"

namespace tinytorch {
namespace {

// What a function without a dtype of its own is computed in.
Tensor in_floats(const Tensor& x) { return is_floating(x.dtype()) ? x : to(x, default_dtype()); }

template <class F>
Variable apply(const Variable& x) {
  return record(F::kNode,
                map_floating(
                    F::kName, [](auto v) { return F::value(v); }, in_floats(x.data())),
                saving(x, kOutput), by(x, [](auto& grad, auto& x, auto& y) {
                  return map_floating(
                      F::kName, [](auto g, auto v, auto w) { return g * F::slope(v, w); }, grad,
                      x.get(), y.get());
                }));
}

// A row: `value` is written in x, `slope` in x and y, both of type T.
#define CURVE(Type, name, node, value_of_x, slope_of_x_and_y)    \
  struct Type {                                                  \
    static constexpr const char *kName = name, *kNode = node;    \
    template <class T>                                           \
    static T value(T x) {                                        \
      return static_cast<T>(value_of_x);                         \
    }                                                            \
    template <class T>                                           \
    static T slope([[maybe_unused]] T x, [[maybe_unused]] T y) { \
      return static_cast<T>(slope_of_x_and_y);                   \
    }                                                            \
  };

constexpr double kPi = std::numbers::pi, kLn2 = std::numbers::ln2, kLn10 = std::numbers::ln10;
constexpr double kInverseRootPi = std::numbers::inv_sqrtpi;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
const double kInverseRootTwoPi = 1 / std::sqrt(2 * kPi);

double sinc_slope(double x) {
  if (x == 0) return 0;
  const double t = kPi * x;
  return (t * std::cos(t) - std::sin(t)) / (t * x);
}
double entropy(double x) { return x > 0 ? -x * std::log(x) : x == 0 ? 0 : x < 0 ? -kInfinity : x; }

// clang-format off
CURVE(Acos, "acos", "AcosBackward0", std::acos(x), T(-1) / std::sqrt(1 - x * x))
CURVE(Acosh, "acosh", "AcoshBackward0", std::acosh(x), T(1) / std::sqrt(x * x - 1))
CURVE(Asin, "asin", "AsinBackward0", std::asin(x), T(1) / std::sqrt(1 - x * x))
CURVE(Asinh, "asinh", "AsinhBackward0", std::asinh(x), T(1) / std::sqrt(x * x + 1))
CURVE(Atan, "atan", "AtanBackward0", std::atan(x), 1 / (x * x + 1))
CURVE(Atanh, "atanh", "AtanhBackward0", std::atanh(x), 1 / (1 - x * x))
CURVE(Cosh, "cosh", "CoshBackward0", std::cosh(x), std::sinh(x))
CURVE(Sinh, "sinh", "SinhBackward0", std::sinh(x), std::cosh(x))
CURVE(Tan, "tan", "TanBackward0", std::tan(x), 1 + y * y)
CURVE(Exp2, "exp2", "Exp2Backward0", std::exp2(x), y * T(kLn2))
CURVE(Expm1, "expm1", "Expm1Backward0", std::expm1(x), y + 1)
CURVE(Log1p, "log1p", "Log1PBackward0", std::log1p(x), 1 / (x + 1))
CURVE(Log2, "log2", "Log2Backward0", std::log2(x), 1 / (x * T(kLn2)))
CURVE(Log10, "log10", "Log10Backward0", std::log10(x), 1 / (x * T(kLn10)))
CURVE(Rsqrt, "rsqrt", "RsqrtBackward0", 1 / std::sqrt(x), T(-0.5) * y * y * y)
CURVE(Frac, "frac", "FracBackward0", x - std::trunc(x), 1)
CURVE(DegToRad, "deg2rad", "Deg2RadBackward0", x * T(kPi / 180), T(kPi / 180))
CURVE(RadToDeg, "rad2deg", "Rad2DegBackward0", x * T(180 / kPi), T(180 / kPi))
CURVE(Sinc, "sinc", "SincBackward0", x == 0 ? 1 : std::sin(T(kPi) * x) / (T(kPi) * x), sinc_slope(x))
CURVE(Erf, "erf", "ErfBackward0", std::erf(x), T(2 * kInverseRootPi) * std::exp(-x * x))
CURVE(Erfc, "erfc", "ErfcBackward0", std::erfc(x), T(-2 * kInverseRootPi) * std::exp(-x * x))
CURVE(Erfinv, "erfinv", "ErfinvBackward0", special::erfinv(x), T(0.5 / kInverseRootPi) * std::exp(y * y))
CURVE(Digamma, "digamma", "DigammaBackward0", special::digamma(x), special::polygamma(1, x))
CURVE(Lgamma, "lgamma", "LgammaBackward0", special::lgamma(x), special::digamma(x))
CURVE(I0, "i0", "I0Backward0", special::i0(x), special::i1(x))
CURVE(I0e, "_special_i0e", "SpecialI0EBackward0", special::i0e(x), special::i1e(x) - std::copysign(x != 0, x) * y)
CURVE(I1, "_special_i1", "SpecialI1Backward0", special::i1(x), x == 0 ? 0.5 : special::i0(x) - y / x)
CURVE(I1e, "_special_i1e", "SpecialI1EBackward0", special::i1e(x),
      x == 0 ? 0.5 : special::i0e(x) - y * (std::copysign(T(1), x) + 1 / x))
CURVE(Erfcx, "_special_erfcx", "SpecialErfcxBackward0", special::erfcx(x), 2 * x * y - T(2 * kInverseRootPi))
CURVE(Ndtr, "_special_ndtr", "SpecialNdtrBackward0", special::ndtr(x), kInverseRootTwoPi * std::exp(-x * x / 2))
CURVE(LogNdtr, "_special_log_ndtr", "SpecialLogNdtrBackward0", special::log_ndtr(x),
      2 * kInverseRootTwoPi / special::erfcx(-x / std::numbers::sqrt2))
CURVE(Ndtri, "_special_ndtri", "SpecialNdtriBackward0", special::ndtri(x), std::exp(y * y / 2) / kInverseRootTwoPi)
CURVE(Entr, "_special_entr", "SpecialEntrBackward0", entropy(x), x < 0 ? kNaN : -std::log(x) - 1)
CURVE(J0, "_special_bessel_j0", "NotImplemented", ::j0(x), kNaN)
CURVE(J1, "_special_bessel_j1", "NotImplemented", ::j1(x), kNaN)
CURVE(Y0, "_special_bessel_y0", "NotImplemented", ::y0(x), kNaN)
CURVE(Y1, "_special_bessel_y1", "NotImplemented", ::y1(x), kNaN)
// clang-format on

template <class... F>
std::vector<Curve> table() {
  return {{F::kName, apply<F>}...};
}

// The answers for x of any dtype; integers are asked as they are.
template <class F>
Tensor ask(const Tensor& x) {
  if (is_half(x.dtype())) return ask<F>(widened(x));
  return dispatch(x.dtype(), [&]<class T>() {
    return map_elements<T, bool>("signbit", [](T v) { return F::holds(v); }, x);
  });
}

struct SignBit {
  template <class T>
  static bool holds(T v) {
    if constexpr (std::is_floating_point_v<T>) return std::signbit(v);
    else if constexpr (std::is_signed_v<T>) return v < 0;
    else return false;
  }
};
struct PositiveInfinity {
  template <class T>
  static bool holds(T v) {
    return std::is_floating_point_v<T> && static_cast<double>(v) == kInfinity;
  }
};
struct NegativeInfinity {
  template <class T>
  static bool holds(T v) {
    return std::is_floating_point_v<T> && static_cast<double>(v) == -kInfinity;
  }
};
struct Real {
  template <class T>
  static bool holds(T) {
    return true;
  }
};

// f(x), and grad where `passes`, elsewhere 0.
template <class F, class Passes>
Variable record_flat_parts(const char* name, const char* node, const Variable& x, F f,
                           Passes passes) {
  return record(node, map_floating(name, f, in_floats(x.data())), saving(x),
                by(x, [name, passes](auto& grad, auto& x) {
                  return map_floating(
                      name, [passes](auto g, auto v) { return passes(v) ? g : decltype(g)(0); },
                      grad, x.get());
                }));
}

// The greatest finite number of a floating dtype.
double greatest(DType dtype) {
  switch (dtype) {
    case DType::kFloat16: return 65504;
    case DType::kBFloat16: return 0x1.FEp127;
    case DType::kFloat32: return std::numeric_limits<float>::max();
    default: return std::numeric_limits<double>::max();
  }
}

}  // namespace

const std::vector<Curve>& curves() {
  static const auto all = [] {
    auto rows = table<Acos, Acosh, Asin, Asinh, Atan, Atanh, Cosh, Sinh, Tan, Exp2, Expm1, Log1p,
                      Log2, Log10, Rsqrt, DegToRad, RadToDeg, Sinc, Erf, Erfc, Erfinv, Digamma,
                      Lgamma, I0, I0e, I1, I1e, Erfcx, Ndtr, LogNdtr, Ndtri, Entr>();
    rows.push_back({"frac", [](const Variable& x) {
                      check<NotImplemented>(is_floating(x.dtype()), "frac: not defined for ",
                                            x.dtype());
                      return apply<Frac>(x);
                    }});
    // Without a slope, as in PyTorch.
    const auto flat = []<class F>(F) {
      return Curve{F::kName, [](const Variable& x) {
                     check<NotImplemented>(!x.requires_grad() || !grad_enabled(), F::kName + 9,
                                           ": its derivative is not implemented");
                     return apply<F>(x);
                   }};
    };
    rows.insert(rows.end(), {flat(J0{}), flat(J1{}), flat(Y0{}), flat(Y1{})});
    return rows;
  }();
  return all;
}

const std::vector<Question>& questions() {
  static const std::vector<Question> all = {{"signbit", ask<SignBit>},
                                            {"isposinf", ask<PositiveInfinity>},
                                            {"isneginf", ask<NegativeInfinity>},
                                            {"isreal", ask<Real>}};
  return all;
}

Variable logit(const Variable& x, std::optional<double> eps) {
  const auto value = [eps](auto v) {
    using T = decltype(v);
    if (eps) v = v < T(*eps) ? T(*eps) : v > T(1 - *eps) ? T(1 - *eps) : v;
    return std::log(v / (1 - v));
  };
  return record("LogitBackward0", map_floating("logit", value, in_floats(x.data())), saving(x, eps),
                by(x, [](auto& grad, auto& x, auto& eps) {
                  const auto back = [eps](auto g, auto v) {
                    using T = decltype(v);
                    const T low = static_cast<T>(eps.value_or(0)), high = 1 - low;
                    if (v < low || v > high) return eps ? T(0) : T(kNaN);
                    if (!eps && (v == 0 || v == 1)) return g * T(kInfinity);
                    return g / (v * (1 - v));
                  };
                  return map_floating("logit", back, grad, x.get());
                }));
}

Variable nan_to_num(const Variable& x, std::optional<double> nan, std::optional<double> posinf,
                    std::optional<double> neginf) {
  if (!is_floating(x.dtype())) return clone(x);
  const double most = greatest(x.dtype());
  const auto value = [=](auto v) {
    using T = decltype(v);
    if (v != v) return static_cast<T>(nan.value_or(0));
    if (v == T(kInfinity)) return static_cast<T>(posinf.value_or(most));
    if (v == T(-kInfinity)) return static_cast<T>(neginf.value_or(-most));
    return v;
  };
  return record_flat_parts("nan_to_num", "NanToNumBackward0", x, value,
                           [](auto v) { return std::isfinite(v); });
}

Variable polygamma(int64_t n, const Variable& x) {
  check(n >= 0, "polygamma: expected n >= 0, got ", n);
  const auto value = [n](auto v) { return static_cast<decltype(v)>(special::polygamma(n, v)); };
  return record("PolygammaBackward0", map_floating("polygamma", value, in_floats(x.data())),
                saving(x, n), by(x, [](auto& grad, auto& x, auto& n) {
                  const auto back = [n](auto g, auto v) {
                    return g * static_cast<decltype(v)>(special::polygamma(n + 1, v));
                  };
                  return map_floating("polygamma", back, grad, x.get());
                }));
}

Variable round(const Variable& x, int64_t decimals) {
  if (decimals == 0) return unary(UnaryOp::kRound, x);
  check<NotImplemented>(is_floating(x.dtype()), "round: with decimals, not defined for ",
                        x.dtype());
  const double power = std::pow(10., static_cast<double>(std::abs(decimals)));
  const auto value = [power, decimals](auto v) {
    const auto ten = static_cast<decltype(v)>(power);
    return decimals < 0 ? std::nearbyint(v / ten) * ten : std::nearbyint(v * ten) / ten;
  };
  return record_flat_parts("round", "RoundBackward1", x, value, [](auto) { return false; });
}

Variable angle(const Variable& x) {
  const auto value = [](auto v) {
    using T = decltype(v);
    return v != v ? v : v < 0 ? T(kPi) : T(0);
  };
  return record_flat_parts("angle", "AngleBackward0", x, value, [](auto) { return false; });
}

}  // namespace tinytorch

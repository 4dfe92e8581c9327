// Each function of two or three numbers beside its slopes.
#include "extra/pointwise_binary.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "extra/pointwise_map.h"
#include "extra/special_functions.h"

namespace tinytorch {
namespace {

enum class Takes : uint8_t { kFloats, kAny, kAnyButBool, kOnlyFloats, kIntegers };

// The dtype in which a function computes a and b.
DType meeting(const char* operation, Takes takes, const Tensor& a, const Tensor& b) {
  const DType meet = result_type(a, b);
  const bool floats = is_floating(meet);
  check<NotImplemented>((takes != Takes::kOnlyFloats || floats) &&
                            (takes != Takes::kIntegers || is_integral(meet)) &&
                            (takes != Takes::kAnyButBool || meet != DType::kBool),
                        operation, ": not defined for ", meet);
  return takes == Takes::kFloats && !floats ? default_dtype() : meet;
}

template <class T>
constexpr bool computes(Takes takes) {
  if (std::is_floating_point_v<T>) return takes != Takes::kIntegers;
  if (std::is_same_v<T, bool>) return takes == Takes::kAny;
  return takes != Takes::kFloats && takes != Takes::kOnlyFloats;
}

template <class F>
Tensor values(const Tensor& a, const Tensor& b) {
  const DType meet = meeting(F::kName, F::kTakes, a, b);
  const Tensor left = to(a, meet), right = to(b, meet);
  if (is_half(meet)) return to(values<F>(widened(left), widened(right)), meet);
  return dispatch(meet, [&]<class T>() -> Tensor {
    if constexpr (computes<T>(F::kTakes)) {
      return map_elements<T, T>(F::kName, [](T u, T v) { return F::value(u, v); }, left, right);
    } else {
      fail<NotImplemented>(F::kName, ": not defined for ", meet);
    }
  });
}

// grad times the slope by one operand, shaped as it was.
template <class Slope>
Tensor back(const char* name, const Tensor& grad, const Tensor& a, const Tensor& b,
            const Shape& shape, Slope slope) {
  return sum_to(map_floating(name, slope, grad, to(a, grad.dtype()), to(b, grad.dtype())), shape);
}

template <class F>
Variable apply(const Variable& a, const Variable& b) {
  if constexpr (!F::kSlopes) {
    check<NotImplemented>(F::kFlat || !grad_enabled() || !(a.requires_grad() || b.requires_grad()),
                          F::kName, ": its derivative is not implemented");
    return Variable(values<F>(a.data(), b.data()));
  } else {
    return record(F::kNode, values<F>(a.data(), b.data()), saving(a, b),
                  by(a,
                     [](auto& grad, auto& a, auto& b) {
                       return back(F::kName, grad, a, b, a.shape(),
                                   [](auto g, auto u, auto v) { return F::by_first(g, u, v); });
                     }),
                  by(b, [](auto& grad, auto& a, auto& b) {
                    return back(F::kName, grad, a, b, b.shape(),
                                [](auto g, auto u, auto v) { return F::by_second(g, u, v); });
                  }));
  }
}

// A row: `value` is written in a and b; the gradients in g, a and b; all of type T.
#define PAIR(Type, name, node, takes, value_of_a_b, grad_by_a, grad_by_b)                  \
  struct Type {                                                                            \
    static constexpr const char *kName = name, *kNode = node;                              \
    static constexpr Takes kTakes = Takes::takes;                                          \
    static constexpr bool kSlopes = true, kFlat = false;                                   \
    template <class T>                                                                     \
    static T value(T a, T b) {                                                             \
      return static_cast<T>(value_of_a_b);                                                 \
    }                                                                                      \
    template <class T>                                                                     \
    static T by_first([[maybe_unused]] T g, [[maybe_unused]] T a, [[maybe_unused]] T b) {  \
      return static_cast<T>(grad_by_a);                                                    \
    }                                                                                      \
    template <class T>                                                                     \
    static T by_second([[maybe_unused]] T g, [[maybe_unused]] T a, [[maybe_unused]] T b) { \
      return static_cast<T>(grad_by_b);                                                    \
    }                                                                                      \
  };
// A function without slopes; a `flat` one just gives a result without gradient.
#define FLAT_PAIR(Type, name, takes, flat, value_of_a_b)      \
  struct Type {                                               \
    static constexpr const char *kName = name, *kNode = name; \
    static constexpr Takes kTakes = Takes::takes;             \
    static constexpr bool kSlopes = false, kFlat = flat;      \
    template <class T>                                        \
    static T value(T a, T b) {                                \
      return static_cast<T>(value_of_a_b);                    \
    }                                                         \
  };

template <class T>
T fmod_of(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::fmod(a, b);
  } else {
    check(b != 0, "fmod: integer division by zero");
    if constexpr (std::is_signed_v<T>)
      if (b == T(-1)) return 0;  // the smallest integer by -1 would trap
    return static_cast<T>(a % b);
  }
}

template <class T>
T log_of_sum(T a, T b) {
  if (std::isinf(a) && a == b) return a;
  return std::max(a, b) + std::log1p(std::exp(-std::abs(a - b)));
}

template <class T>
T log2_of_sum(T a, T b) {
  if (std::isinf(a) && a == b) return a;
  return std::max(a, b) + std::log1p(std::exp2(-std::abs(a - b))) / T(std::numbers::ln2);
}

// 0 where a is 0, whatever b is short of NaN.
template <class T, class F>
T times_log(T a, T b, F log) {
  if (b != b) return b;
  return a == 0 ? T(0) : a * log(b);
}

template <class T>
uint64_t size_of(T v) {
  return v < 0 ? uint64_t{0} - static_cast<uint64_t>(v) : static_cast<uint64_t>(v);
}
// The smallest integer has no size of its own type: it stays, and a result may be negative.
template <class T>
T gcd_of(T a, T b) {
  a = static_cast<T>(size_of(a));
  b = static_cast<T>(size_of(b));
  while (a != 0) {
    const T rest = std::is_signed_v<T> && a == static_cast<T>(-1) ? T(0) : static_cast<T>(b % a);
    b = a;
    a = rest;
  }
  return b;
}
// Computed as wide as C++ computes T, then cut.
template <class T>
T lcm_of(T a, T b) {
  using Wide = decltype(a * b);
  const T common = gcd_of(a, b);
  if (common == 0) return 0;
  const auto times = common == static_cast<T>(-1) && std::is_signed_v<T>
                         ? uint64_t{0} - static_cast<uint64_t>(a)
                         : static_cast<uint64_t>(a / common);
  return static_cast<T>(size_of(static_cast<Wide>(times * static_cast<uint64_t>(b))));
}

// Past the last bit nothing is left; a negative count counts as that.
template <class T>
T left_shift(T a, T b) {
  if (b < 0 || size_of(b) >= 8 * sizeof(T)) return 0;
  return static_cast<T>(static_cast<uint64_t>(a) << b);
}
template <class T>
T right_shift(T a, T b) {
  constexpr uint64_t kLast = 8 * sizeof(T) - 1;
  if (b < 0 || size_of(b) > kLast) return std::is_signed_v<T> && a < 0 ? static_cast<T>(-1) : T(0);
  return static_cast<T>(a >> b);
}

// Integers have no NaN.
template <class T>
bool is_nan(T v) {
  return v != v;
}

// clang-format off
PAIR(Atan2, "atan2", "Atan2Backward0", kFloats, std::atan2(a, b),
     a == 0 && b == 0 ? 0 : g * b / (a * a + b * b), a == 0 && b == 0 ? 0 : -g * a / (a * a + b * b))
PAIR(Fmod, "fmod", "FmodBackward1", kAnyButBool, fmod_of(a, b), g, -g * std::trunc(a / b))
PAIR(Fmax, "fmax", "FmaxBackward0", kAny, is_nan(b) || a >= b ? a : b,
     a >= b || is_nan(b) ? g : 0, a >= b || is_nan(b) ? 0 : g)
PAIR(Fmin, "fmin", "FminBackward0", kAny, is_nan(b) || a <= b ? a : b,
     a <= b || is_nan(b) ? g : 0, a <= b || is_nan(b) ? 0 : g)
PAIR(Hypot, "hypot", "HypotBackward0", kOnlyFloats, std::hypot(a, b),
     g * (a / std::hypot(a, b)), g * (b / std::hypot(a, b)))
PAIR(Copysign, "copysign", "CopysignBackward0", kFloats, std::copysign(a, b),
     a == 0 ? 0 : g * (std::copysign(a, b) / a), 0)
PAIR(Logaddexp, "logaddexp", "LogaddexpBackward0", kOnlyFloats, log_of_sum(a, b),
     g / (1 + std::exp(b - a)), g / (1 + std::exp(a - b)))
PAIR(Logaddexp2, "logaddexp2", "Logaddexp2Backward0", kOnlyFloats, log2_of_sum(a, b),
     g / (1 + std::exp2(b - a)), g / (1 + std::exp2(a - b)))
PAIR(Xlogy, "xlogy", "XlogyBackward0", kFloats, times_log(a, b, [](T v) { return std::log(v); }),
     a == 0 && b <= 0 ? 0 : g * std::log(b), g * a / b)
PAIR(Xlog1py, "_special_xlog1py", "SpecialXlog1PyBackward0", kFloats,
     times_log(a, b, [](T v) { return std::log1p(v); }),
     a == 0 && b <= -1 ? 0 : g * std::log1p(b), g * a / (b + 1))
FLAT_PAIR(Heaviside, "heaviside", kAny, true, a == 0 ? b : static_cast<T>(a > 0))
FLAT_PAIR(NextAfter, "nextafter", kOnlyFloats, false, std::nextafter(a, b))
FLAT_PAIR(Gcd, "gcd", kIntegers, true, gcd_of(a, b))
FLAT_PAIR(Lcm, "lcm", kIntegers, true, lcm_of(a, b))
FLAT_PAIR(LeftShift, "bitwise_left_shift", kIntegers, true, left_shift(a, b))
FLAT_PAIR(RightShift, "bitwise_right_shift", kIntegers, true, right_shift(a, b))
FLAT_PAIR(Zeta, "_special_zeta", kFloats, false, special::zeta(a, b))
FLAT_PAIR(Gammainc, "_special_gammainc", kFloats, false, special::gammainc(a, b))
FLAT_PAIR(Gammaincc, "_special_gammaincc", kFloats, false, special::gammaincc(a, b))
// clang-format on

Variable heaviside(const Variable& x, const Variable& at_zero) {
  check(x.dtype() == at_zero.dtype(), "heaviside: expected tensors of one dtype, got ", x.dtype(),
        " and ", at_zero.dtype());
  return apply<Heaviside>(x, at_zero);
}

Variable nextafter(const Variable& a, const Variable& b) {
  check<NotImplemented>(!is_half(result_type(a.data(), b.data())),
                        "nextafter: not defined for float16 and bfloat16");
  return apply<NextAfter>(a, b);
}

Variable float_power(const Variable& a, const Variable& b) {
  return pow(to(a, DType::kFloat64), to(b, DType::kFloat64));
}

// x 2^n; integers become floats.
Variable ldexp(const Variable& x, const Variable& n) {
  const Variable two(scalar_tensor(2., default_dtype()));
  const Variable power = is_floating(n.dtype()) ? n : to(n, default_dtype());
  return mul(x, pow(two, is_half(x.dtype()) ? to(power, x.dtype()) : power));
}

// P(a, x) has a slope by x alone.
template <class F>
Variable incomplete_gamma(const Variable& a, const Variable& x) {
  check<NotImplemented>(!a.requires_grad() || !grad_enabled(), F::kName + 9,
                        ": its derivative by the first operand is not implemented");
  return record(std::is_same_v<F, Gammainc> ? "IgammaBackward0" : "IgammacBackward0",
                values<F>(a.data(), x.data()), saving(a, x),
                by(x, [](auto& grad, auto& a, auto& x) {
                  return back(F::kName, grad, a, x, x.shape(), [](auto g, auto a, auto x) {
                    const double slope = std::exp((a - 1) * std::log(x) - x - special::lgamma(a));
                    return g * static_cast<decltype(g)>(F::kName[17] == 'c' ? -slope : slope);
                  });
                }));
}

}  // namespace

const std::vector<PairFunction>& pair_functions() {
  static const std::vector<PairFunction> all = {
      {"atan2", apply<Atan2>, false, false, true},
      {"fmod", apply<Fmod>, false, true, true},
      {"fmax", apply<Fmax>, false, false, false},
      {"fmin", apply<Fmin>, false, false, false},
      {"hypot", apply<Hypot>, false, false, true},
      {"copysign", apply<Copysign>, false, true, true},
      {"logaddexp", apply<Logaddexp>, false, false, false},
      {"logaddexp2", apply<Logaddexp2>, false, false, false},
      {"xlogy", apply<Xlogy>, true, true, true},
      {"_special_xlog1py", apply<Xlog1py>, true, true, false},
      {"heaviside", heaviside, false, false, true},
      {"nextafter", nextafter, false, false, true},
      {"gcd", apply<Gcd>, false, false, true},
      {"lcm", apply<Lcm>, false, false, true},
      {"bitwise_left_shift", apply<LeftShift>, true, true, true},
      {"bitwise_right_shift", apply<RightShift>, true, true, true},
      {"float_power", float_power, true, true, true},
      {"ldexp", ldexp, false, false, true},
      {"_special_zeta", apply<Zeta>, true, true, false},
      {"_special_gammainc", incomplete_gamma<Gammainc>, false, false, false},
      {"_special_gammaincc", incomplete_gamma<Gammaincc>, false, false, false},
  };
  return all;
}

Variable lerp(const Variable& x, const Variable& end, const Variable& weight) {
  check<NotImplemented>(is_floating(x.dtype()), "lerp: not defined for ", x.dtype());
  check(x.dtype() == end.dtype() && x.dtype() == weight.dtype(),
        "lerp: expected tensors of one dtype, got ", x.dtype(), ", ", end.dtype(), " and ",
        weight.dtype());
  const auto value = [](auto a, auto b, auto w) {
    return w < decltype(w)(0.5) && w > decltype(w)(-0.5) ? a + w * (b - a) : b - (b - a) * (1 - w);
  };
  return record("LerpBackward0", map_floating("lerp", value, x.data(), end.data(), weight.data()),
                saving(x, end, weight),
                by(x,
                   [](auto& grad, auto& x, auto&, auto& weight) {
                     const Tensor& w = weight;
                     return sum_to(grad * (ones_like(w) - w), x.shape());
                   }),
                by(end, [](auto& grad, auto&, auto& end,
                           auto& weight) { return sum_to(grad * weight, end.shape()); }),
                by(weight, [](auto& grad, auto& x, auto& end, auto& weight) {
                  return sum_to(grad * (end.get() - x.get()), weight.shape());
                }));
}

namespace {

DType meeting_of_three(const Tensor& x, const Tensor& a, const Tensor& b) {
  const DType pair = result_type(a, b);
  const bool single = a.dim() == 0 && b.dim() == 0;
  return result_type(x, single ? scalar_tensor(0, pair) : empty({0}, pair));
}

}  // namespace

Variable addcmul(const Variable& x, const Variable& a, const Variable& b, const Scalar& value) {
  const DType meet = meeting_of_three(x.data(), a.data(), b.data());
  check(is_floating(meet) || !is_floating(value.kind()),
        "addcmul: a float value does not go with a result of ", meet);
  const auto run = [&](const Tensor& x, const Tensor& a, const Tensor& b) {
    return dispatch(x.dtype(), [&]<class T>() {
      const T factor = value.to<T>();
      const auto sum = [factor](T u, T v, T w) { return static_cast<T>(u + factor * v * w); };
      if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
        const auto wraps = [factor](T u, T v, T w) {
          return static_cast<T>(static_cast<uint64_t>(u) + static_cast<uint64_t>(factor) *
                                                               static_cast<uint64_t>(v) *
                                                               static_cast<uint64_t>(w));
        };
        return map_elements<T, T>("addcmul", wraps, x, a, b);
      } else {
        return map_elements<T, T>("addcmul", sum, x, a, b);
      }
    });
  };
  const DType wide = is_half(meet) ? DType::kFloat32 : meet;
  return record("AddcmulBackward0",
                to(run(to(x.data(), wide), to(a.data(), wide), to(b.data(), wide)), meet),
                saving(x.shape(), a, b, value),
                by(x, [](auto& grad, auto& x, auto&, auto&, auto&) { return sum_to(grad, x); }),
                by(a, [](auto& grad, auto&, auto& a, auto& b,
                         auto& value) { return sum_to(grad * (b.get() * value), a.shape()); }),
                by(b, [](auto& grad, auto&, auto& a, auto& b, auto& value) {
                  return sum_to(grad * (a.get() * value), b.shape());
                }));
}

Variable addcdiv(const Variable& x, const Variable& a, const Variable& b, const Scalar& value) {
  check(is_floating(a.dtype()) || is_floating(b.dtype()),
        "Integer division with addcdiv is no longer supported; use x + value * true_divide(a, b), "
        "or div with rounding_mode");
  const DType meet = meeting_of_three(x.data(), a.data(), b.data());
  const auto number = value.to<double>();
  const auto sum = [number](auto u, auto v, auto w) {
    return u + static_cast<decltype(u)>(number) * v / w;
  };
  return record(
      "AddcdivBackward0",
      map_floating("addcdiv", sum, to(x.data(), meet), to(a.data(), meet), to(b.data(), meet)),
      saving(x.shape(), a, b, value),
      by(x, [](auto& grad, auto& x, auto&, auto&, auto&) { return sum_to(grad, x); }),
      by(a,
         [](auto& grad, auto&, auto& a, auto& b, auto& value) {
           return sum_to(grad * (scalar_tensor(value, grad.dtype()) / b.get()), a.shape());
         }),
      by(b, [](auto& grad, auto&, auto& a, auto& b, auto& value) {
        return sum_to(-grad * (a.get() * value / (b.get() * b.get())), b.shape());
      }));
}

Variable clamp(const Variable& x, const Variable& low, const Variable& high) {
  check(low.defined() || high.defined(), "clamp: expected min or max, got neither");
  Tensor y = x.data();
  if (low.defined()) y = binary(BinaryOp::kMaximum, y, low.data());
  if (high.defined()) y = binary(BinaryOp::kMinimum, y, high.data());
  // Where x passes, where min stands for it, where max does.
  const auto at = [](BinaryOp op, const Tensor& a, const Tensor& b) { return binary(op, a, b); };
  const auto either = [](const Tensor& a, const Tensor& b) {
    return binary(BinaryOp::kLogicalOr, a, b);
  };
  const Variable lower = low.defined() ? low : Variable(scalar_tensor(0, y.dtype()));
  const Variable upper = high.defined() ? high : Variable(scalar_tensor(0, y.dtype()));
  const bool bounded_below = low.defined(), bounded_above = high.defined();
  const auto masked = [](const Tensor& grad, const Tensor& mask, const Shape& shape) {
    return sum_to(where(mask, grad, scalar_tensor(0, grad.dtype())), shape);
  };
  return record("ClampBackward0", y, saving(x, lower, upper, bounded_below, bounded_above),
                by(x,
                   [=](auto& grad, auto& x, auto& low, auto& high, auto& below, auto& above) {
                     Tensor out = zeros({}, DType::kBool);
                     if (below) out = either(out, at(BinaryOp::kLt, x, low));
                     if (above) out = either(out, at(BinaryOp::kGt, x, high));
                     return masked(grad, unary(UnaryOp::kLogicalNot, out), x.shape());
                   }),
                by(lower,
                   [=](auto& grad, auto& x, auto& low, auto& high, auto&, auto& above) {
                     Tensor mine = at(BinaryOp::kLt, x, low);
                     if (above)
                       mine = binary(BinaryOp::kLogicalAnd, mine, at(BinaryOp::kLt, low, high));
                     return masked(grad, mine, low.shape());
                   }),
                by(upper, [=](auto& grad, auto& x, auto& low, auto& high, auto& below, auto&) {
                  Tensor mine = at(BinaryOp::kGt, x, high);
                  if (below) mine = either(mine, at(BinaryOp::kGt, low, high));
                  return masked(grad, mine, high.shape());
                }));
}

}  // namespace tinytorch

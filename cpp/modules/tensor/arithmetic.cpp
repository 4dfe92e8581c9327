// Arithmetic on real numbers: one loop over one operand, one over two, and what they apply.
#include <cmath>

#include "modules/tensor/tensor.h"

namespace tinytorch::tensor {

template <class X, class Y, class F>
void map(Strided<const X, 1> x, Strided<Y, 1> y, F f) {
  for (int64_t i = 0; i < y.size(0); ++i) y(i) = f(x(i));
}

template <class X, class Y, class F>
void zip(Strided<const X, 1> a, Strided<const X, 1> b, Strided<Y, 1> y, F f) {
  // TASK tensor.zip (2 points): a stride of 0 has already broadcast a and b, so all three are of
  // one length.
  for (int64_t i = 0; i < y.size(0); ++i) y(i) = f(a(i), b(i));
  // END TASK
}

namespace {

// Python's //: exact where a - fmod(a, b) is, and -0.0 kept.
template <class T>
T floor_divide(T a, T b) {
  if (b == 0) return a / b;
  const T rest = std::fmod(a, b);
  T quotient = (a - rest) / b;
  if (rest != 0 && (b < 0) != (rest < 0)) quotient -= 1;
  if (quotient == 0) return std::copysign(T(0), a / b);
  const T floored = std::floor(quotient);
  return quotient - floored > T(0.5) ? floored + 1 : floored;
}

// Python's %: the sign of b.
template <class T>
T remainder(T a, T b) {
  const T rest = std::fmod(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

template <class T>
void unary_loop(UnaryOp op, Strided<const T, 1> x, Strided<T, 1> y) {
  using Op = UnaryOp;
  const auto run = [&](auto f) { map(x, y, f); };
  switch (op) {
    case Op::kNeg: return run([](T v) { return -v; });
    case Op::kAbs: return run([](T v) { return std::abs(v); });
    case Op::kSign: return run([](T v) { return static_cast<T>((v > 0) - (v < 0)); });
    case Op::kSquare: return run([](T v) { return v * v; });
    case Op::kExp: return run([](T v) { return std::exp(v); });
    case Op::kLog: return run([](T v) { return std::log(v); });
    case Op::kSqrt: return run([](T v) { return std::sqrt(v); });
    case Op::kReciprocal: return run([](T v) { return T(1) / v; });
    case Op::kSin: return run([](T v) { return std::sin(v); });
    case Op::kCos: return run([](T v) { return std::cos(v); });
    case Op::kFloor: return run([](T v) { return std::floor(v); });
    case Op::kCeil: return run([](T v) { return std::ceil(v); });
    case Op::kRound: return run([](T v) { return std::nearbyint(v); });  // half to even
    case Op::kTrunc: return run([](T v) { return std::trunc(v); });
    default: fail<NotImplemented>(name(op), ": not defined for ", dtype_of<T>);
  }
}

template <class T>
void binary_loop(BinaryOp op, Strided<const T, 1> a, Strided<const T, 1> b, Strided<T, 1> y) {
  using Op = BinaryOp;
  const auto run = [&](auto f) { zip(a, b, y, f); };
  switch (op) {
    case Op::kAdd: return run([](T u, T v) { return u + v; });
    case Op::kSub: return run([](T u, T v) { return u - v; });
    case Op::kMul: return run([](T u, T v) { return u * v; });
    case Op::kDiv: return run([](T u, T v) { return u / v; });
    case Op::kFloorDivide: return run(floor_divide<T>);
    case Op::kRemainder: return run(remainder<T>);
    case Op::kPow: return run([](T u, T v) { return v == 2 ? u * u : std::pow(u, v); });
    // u != u: NaN wins.
    case Op::kMaximum: return run([](T u, T v) { return u != u || u > v ? u : v; });
    case Op::kMinimum: return run([](T u, T v) { return u != u || u < v ? u : v; });
    default: fail<NotImplemented>(name(op), ": not defined for ", dtype_of<T>);
  }
}

}  // namespace

Kernel<UnaryLoop> unary_kernel("tensor.unary", unary_loop<float>, unary_loop<double>);
Kernel<BinaryLoop> binary_kernel("tensor.binary", binary_loop<float>, binary_loop<double>);

}  // namespace tinytorch::tensor

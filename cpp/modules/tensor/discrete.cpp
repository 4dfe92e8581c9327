// Integers, which wrap where they overflow, truth values and comparisons.
#include <array>
#include <cmath>

#include "modules/tensor/loops.h"

namespace tinytorch::tensor {
namespace {

template <class X, class Y, class F>
void each(Strided<const X, 1> x, Strided<Y, 1> y, F f) {
  for (int64_t i = 0; i < y.size(0); ++i) y(i) = f(x(i));
}
template <class X, class Y, class F>
void each(Strided<const X, 1> a, Strided<const X, 1> b, Strided<Y, 1> y, F f) {
  for (int64_t i = 0; i < y.size(0); ++i) y(i) = f(a(i), b(i));
}

// Overflow of signed integers is undefined in C++; that of unsigned ones wraps, as PyTorch's does.
template <class T, class F>
T wrapping(T a, T b, F f) {
  return static_cast<T>(f(static_cast<uint64_t>(a), static_cast<uint64_t>(b)));
}
template <class T>
T negated(T v) {
  return wrapping(T(0), v, [](auto zero, auto w) { return zero - w; });
}

template <class T>
T floor_divide(T a, T b) {
  check(b != 0, "floor_divide: integer division by zero");
  if constexpr (std::is_signed_v<T>) {
    if (b == -1) return negated(a);
    return static_cast<T>(a / b - (a % b != 0 && (a % b < 0) != (b < 0)));
  } else {
    return static_cast<T>(a / b);
  }
}

template <class T>
T remainder(T a, T b) {
  check(b != 0, "remainder: integer division by zero");
  if constexpr (std::is_signed_v<T>) {
    if (b == -1) return 0;
    const T rest = static_cast<T>(a % b);
    return static_cast<T>(rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest);
  } else {
    return static_cast<T>(a % b);
  }
}

template <class T>
T power(T a, T b) {
  if (b < 0) return static_cast<T>(a == 1 ? 1 : a == T(-1) ? (b % 2 ? -1 : 1) : 0);
  uint64_t result = 1, base = static_cast<uint64_t>(a);
  for (auto e = static_cast<uint64_t>(b); e; e >>= 1, base *= base) {
    if (e & 1) result *= base;
  }
  return static_cast<T>(result);
}

}  // namespace

template <class T>
void integer_unary_loop(UnaryOp op, Strided<const T, 1> x, Strided<T, 1> y) {
  using Op = UnaryOp;
  switch (op) {
    case Op::kNeg: return each(x, y, negated<T>);
    case Op::kAbs: return each(x, y, [](T v) { return v < 0 ? negated(v) : v; });
    case Op::kSign: return each(x, y, [](T v) { return static_cast<T>((v > 0) - (v < 0)); });
    case Op::kSquare:
      return each(x, y, [](T v) { return wrapping(v, v, [](auto a, auto b) { return a * b; }); });
    case Op::kBitwiseNot: return each(x, y, [](T v) { return static_cast<T>(~v); });
    case Op::kFloor:
    case Op::kCeil:
    case Op::kRound:
    case Op::kTrunc: return each(x, y, [](T v) { return v; });
    default: fail<NotImplemented>(name(op), ": not defined for ", dtype_of<T>);
  }
}

template <class T>
void integer_binary_loop(BinaryOp op, Strided<const T, 1> a, Strided<const T, 1> b,
                         Strided<T, 1> y) {
  using Op = BinaryOp;
  const auto run = [&](auto f) { each(a, b, y, f); };
  switch (op) {
    case Op::kAdd:
      return run([](T u, T v) { return wrapping(u, v, [](auto p, auto q) { return p + q; }); });
    case Op::kSub:
      return run([](T u, T v) { return wrapping(u, v, [](auto p, auto q) { return p - q; }); });
    case Op::kMul:
      return run([](T u, T v) { return wrapping(u, v, [](auto p, auto q) { return p * q; }); });
    case Op::kFloorDivide: return run(floor_divide<T>);
    case Op::kRemainder: return run(remainder<T>);
    case Op::kPow: return run(power<T>);
    case Op::kMaximum: return run([](T u, T v) { return u > v ? u : v; });
    case Op::kMinimum: return run([](T u, T v) { return u < v ? u : v; });
    case Op::kBitwiseAnd: return run([](T u, T v) { return static_cast<T>(u & v); });
    case Op::kBitwiseOr: return run([](T u, T v) { return static_cast<T>(u | v); });
    case Op::kBitwiseXor: return run([](T u, T v) { return static_cast<T>(u ^ v); });
    default: fail<NotImplemented>(name(op), ": not defined for ", dtype_of<T>);
  }
}

void bool_loop(BinaryOp op, Strided<const bool, 1> a, Strided<const bool, 1> b,
               Strided<bool, 1> y) {
  using Op = BinaryOp;
  switch (op) {
    case Op::kAdd:
    case Op::kMaximum:
    case Op::kBitwiseOr: return each(a, b, y, [](bool u, bool v) { return u || v; });
    case Op::kMul:
    case Op::kMinimum:
    case Op::kBitwiseAnd: return each(a, b, y, [](bool u, bool v) { return u && v; });
    case Op::kBitwiseXor: return each(a, b, y, [](bool u, bool v) { return u != v; });
    default: fail<NotImplemented>(name(op), ": not defined for bool");
  }
}

template <class T>
void comparison_loop(BinaryOp op, Strided<const T, 1> a, Strided<const T, 1> b,
                     Strided<bool, 1> y) {
  using Op = BinaryOp;
  const auto run = [&](auto f) { each(a, b, y, f); };
  switch (op) {
    case Op::kEq: return run([](T u, T v) { return u == v; });
    case Op::kNe: return run([](T u, T v) { return u != v; });
    case Op::kLt: return run([](T u, T v) { return u < v; });
    case Op::kLe: return run([](T u, T v) { return u <= v; });
    case Op::kGt: return run([](T u, T v) { return u > v; });
    case Op::kGe: return run([](T u, T v) { return u >= v; });
    case Op::kLogicalAnd: return run([](T u, T v) { return u && v; });
    case Op::kLogicalOr: return run([](T u, T v) { return u || v; });
    default: return run([](T u, T v) { return !u != !v; });
  }
}

template <class T>
void predicate_loop(UnaryOp op, Strided<const T, 1> x, Strided<bool, 1> y) {
  using Op = UnaryOp;
  if (op == Op::kLogicalNot) return each(x, y, [](T v) { return !v; });
  if constexpr (std::is_floating_point_v<T>) {
    if (op == Op::kIsNan) return each(x, y, [](T v) { return std::isnan(v); });
    if (op == Op::kIsInf) return each(x, y, [](T v) { return std::isinf(v); });
    return each(x, y, [](T v) { return std::isfinite(v); });
  } else {
    return each(x, y, [op](T) { return op == Op::kIsFinite; });
  }
}

#define INSTANTIATE_FOR_ALL(T)                                                      \
  template void comparison_loop(BinaryOp, Strided<const T, 1>, Strided<const T, 1>, \
                                Strided<bool, 1>);                                  \
  template void predicate_loop(UnaryOp, Strided<const T, 1>, Strided<bool, 1>);
#define INSTANTIATE_FOR_INTEGERS(T)                                                     \
  template void integer_unary_loop(UnaryOp, Strided<const T, 1>, Strided<T, 1>);        \
  template void integer_binary_loop(BinaryOp, Strided<const T, 1>, Strided<const T, 1>, \
                                    Strided<T, 1>);                                     \
  INSTANTIATE_FOR_ALL(T)
INSTANTIATE_FOR_INTEGERS(uint8_t)
INSTANTIATE_FOR_INTEGERS(int8_t)
INSTANTIATE_FOR_INTEGERS(int16_t)
INSTANTIATE_FOR_INTEGERS(int32_t)
INSTANTIATE_FOR_INTEGERS(int64_t)
INSTANTIATE_FOR_ALL(bool)
INSTANTIATE_FOR_ALL(float)
INSTANTIATE_FOR_ALL(double)

}  // namespace tinytorch::tensor

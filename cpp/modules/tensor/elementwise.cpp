// Elementwise: one loop over one operand, one loop over two, and every operation that they apply.
#include <array>
#include <cmath>

#include "modules/tensor/loops.h"

namespace tinytorch {
namespace tensor {

template <class X, class Y, class F>
void map(Strided<const X, 1> x, Strided<Y, 1> y, F f) {
  // TASK tensor.map (2 points): y has as many elements as x.
  for (int64_t i = 0; i < y.size(0); ++i) y(i) = f(x(i));
  // END TASK
}

template <class X, class Y, class F>
void zip(Strided<const X, 1> a, Strided<const X, 1> b, Strided<Y, 1> y, F f) {
  // TASK tensor.zip (2 points): a stride of 0 has already broadcast a and b, so all three are of
  // one length.
  for (int64_t i = 0; i < y.size(0); ++i) y(i) = f(a(i), b(i));
  // END TASK
}

namespace {

template <class T>
inline constexpr bool kFloat = std::is_floating_point_v<T>;

// Arithmetic wraps where integers overflow, as PyTorch's does: in unsigned arithmetic of at least
// int's width.
template <class T, class F>
T wrapping(T a, T b, F f) {
  if constexpr (kFloat<T>) return f(a, b);
  else return static_cast<T>(f(static_cast<uint64_t>(a), static_cast<uint64_t>(b)));
}

template <class T>
T floor_divide(T a, T b) {
  if constexpr (kFloat<T>) {  // as Python's: exact where a - fmod(a, b) is, and -0.0 kept
    if (b == 0) return a / b;
    T quotient = (a - std::fmod(a, b)) / b;
    if (std::fmod(a, b) != 0 && (b < 0) != (std::fmod(a, b) < 0)) quotient -= 1;
    if (quotient == 0) return std::copysign(T(0), a / b);
    const T floored = std::floor(quotient);
    return quotient - floored > T(0.5) ? floored + 1 : floored;
  } else {
    check(b != 0, "floor_divide: integer division by zero");
    if constexpr (std::is_signed_v<T>) {
      if (b == -1) return wrapping(T(0), a, [](auto x, auto y) { return x - y; });
      const T quotient = static_cast<T>(a / b);
      return static_cast<T>(quotient - (a % b != 0 && (a % b < 0) != (b < 0)));
    } else {
      return static_cast<T>(a / b);
    }
  }
}

template <class T>
T remainder(T a, T b) {
  if constexpr (kFloat<T>) {
    const T rest = std::fmod(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
  } else {
    check(b != 0, "remainder: integer division by zero");
    if constexpr (std::is_signed_v<T>) {
      if (b == -1) return 0;
      const T rest = static_cast<T>(a % b);
      return static_cast<T>(rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest);
    } else {
      return static_cast<T>(a % b);
    }
  }
}

template <class T>
T power(T a, T b) {
  if constexpr (kFloat<T>) {
    if (b == 2) return a * a;
    return std::pow(a, b);
  } else {
    if (b < 0) return static_cast<T>(a == 1 ? 1 : a == T(-1) ? (b % 2 ? -1 : 1) : 0);
    uint64_t result = 1, base = static_cast<uint64_t>(a);
    for (auto e = static_cast<uint64_t>(b); e; e >>= 1, base *= base) {
      if (e & 1) result *= base;
    }
    return static_cast<T>(result);
  }
}

template <class T>
T maximum(T a, T b) {
  return a != a || a > b ? a : b;  // a != a: NaN wins
}
template <class T>
T minimum(T a, T b) {
  return a != a || a < b ? a : b;
}

// From T to T.
template <class T>
void unary_loop(UnaryOp op, Strided<const T, 1> x, Strided<T, 1> y) {
  using Op = UnaryOp;
  const auto run = [&](auto f) { map(x, y, f); };
  switch (op) {
    case Op::kNeg:
      return run([](T v) {
        return wrapping(T(0), v, [](auto o, auto w) { return kFloat<T> ? -w : o - w; });
      });
    case Op::kAbs:
      return run([](T v) {
        return v < 0 ? wrapping(
                           T(0), v, [](auto o, auto w) { return o - w; })
               : kFloat<T> && v == 0 ? T(0)
                                     : v;
      });
    case Op::kSign: return run([](T v) { return static_cast<T>((v > 0) - (v < 0)); });
    case Op::kSquare:
      return run([](T v) { return wrapping(v, v, [](auto a, auto b) { return a * b; }); });
    case Op::kBitwiseNot:
      if constexpr (!kFloat<T>) return run([](T v) { return static_cast<T>(~v); });
      break;
    default: break;
  }
  if constexpr (kFloat<T>) {
    switch (op) {
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
      default: break;
    }
  } else {
    if (op >= Op::kFloor && op <= Op::kTrunc) return run([](T v) { return v; });
  }
  fail<NotImplemented>(name(op), ": not defined for ", dtype_of<T>);
}

// From T to T.
template <class T>
void binary_loop(BinaryOp op, Strided<const T, 1> a, Strided<const T, 1> b, Strided<T, 1> y) {
  using Op = BinaryOp;
  const auto run = [&](auto f) { zip(a, b, y, f); };
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
    case Op::kMaximum: return run(maximum<T>);
    case Op::kMinimum: return run(minimum<T>);
    default: break;
  }
  if constexpr (kFloat<T>) {
    if (op == Op::kDiv) return run([](T u, T v) { return u / v; });
  } else {
    if (op == Op::kBitwiseAnd) return run([](T u, T v) { return static_cast<T>(u & v); });
    if (op == Op::kBitwiseOr) return run([](T u, T v) { return static_cast<T>(u | v); });
    if (op == Op::kBitwiseXor) return run([](T u, T v) { return static_cast<T>(u ^ v); });
  }
  fail<NotImplemented>(name(op), ": not defined for ", dtype_of<T>);
}

// bool: logic, with + as or and * as and.
void bool_loop(BinaryOp op, Strided<const bool, 1> a, Strided<const bool, 1> b,
               Strided<bool, 1> y) {
  using Op = BinaryOp;
  switch (op) {
    case Op::kAdd:
    case Op::kMaximum:
    case Op::kBitwiseOr: return zip(a, b, y, [](bool u, bool v) { return u || v; });
    case Op::kMul:
    case Op::kMinimum:
    case Op::kBitwiseAnd: return zip(a, b, y, [](bool u, bool v) { return u && v; });
    case Op::kBitwiseXor: return zip(a, b, y, [](bool u, bool v) { return u != v; });
    default: fail<NotImplemented>(name(op), ": not defined for bool");
  }
}

// From T to bool.
template <class T>
void comparison_loop(BinaryOp op, Strided<const T, 1> a, Strided<const T, 1> b,
                     Strided<bool, 1> y) {
  using Op = BinaryOp;
  const auto run = [&](auto f) { zip(a, b, y, f); };
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
  if (op == Op::kLogicalNot) return map(x, y, [](T v) { return !v; });
  if constexpr (kFloat<T>) {
    if (op == Op::kIsNan) return map(x, y, [](T v) { return std::isnan(v); });
    if (op == Op::kIsInf) return map(x, y, [](T v) { return std::isinf(v); });
    return map(x, y, [](T v) { return std::isfinite(v); });
  } else {
    return map(x, y, [op](T) { return op == Op::kIsFinite; });
  }
}

bool is_predicate(UnaryOp op) { return op == UnaryOp::kLogicalNot || op >= UnaryOp::kIsNan; }
bool is_transcendental(UnaryOp op) {
  return (op >= UnaryOp::kExp && op <= UnaryOp::kReciprocal) || op == UnaryOp::kSin ||
         op == UnaryOp::kCos;
}
bool is_comparison(BinaryOp op) { return op >= BinaryOp::kEq && op <= BinaryOp::kLogicalXor; }

template <class T>
Strided<T, 1> run_of(T* data, int64_t offset, int64_t length, int64_t stride) {
  return {data + offset, {length}, {stride}};
}

// The result's memory: `out` when given, converted to afterwards if its dtype differs.
Tensor destination(const char* operation, const Tensor* out, const Shape& shape, DType dtype) {
  if (!out) return empty(shape, dtype);
  check(out->shape() == shape, operation, ": the result of shape ", shape,
        " cannot be written to shape ", out->shape());
  check(out->storage()->writable(), operation, ": the memory is read-only");
  const bool castable = promote(dtype, out->dtype()) == out->dtype() ||
                        is_floating(dtype) == is_floating(out->dtype());
  check(castable && (out->dtype() != DType::kBool || dtype == DType::kBool), operation,
        ": a result of dtype ", dtype, " cannot be written to dtype ", out->dtype());
  return out->dtype() == dtype ? *out : empty(shape, dtype);
}

Tensor settle(const Tensor& y, const Tensor* out) {
  if (!out) return y;
  if (out->dtype() != y.dtype()) copy_(*out, y);
  return *out;
}

}  // namespace

Kernel<UnaryLoop> unary_kernel("tensor.unary", unary_loop<float>, unary_loop<double>);
Kernel<BinaryLoop> binary_kernel("tensor.binary", binary_loop<float>, binary_loop<double>);

}  // namespace tensor

const char* name(UnaryOp op) {
  static constexpr std::array kNames = {
      "neg",         "abs",         "sign",  "exp",   "log",     "sqrt",  "reciprocal",
      "square",      "sin",         "cos",   "floor", "ceil",    "round", "trunc",
      "logical_not", "bitwise_not", "isnan", "isinf", "isfinite"};
  return kNames[static_cast<size_t>(op)];
}

const char* name(BinaryOp op) {
  static constexpr std::array kNames = {
      "add",         "sub",        "mul",        "div",         "floor_divide", "remainder",
      "pow",         "maximum",    "minimum",    "eq",          "ne",           "lt",
      "le",          "gt",         "ge",         "logical_and", "logical_or",   "logical_xor",
      "bitwise_and", "bitwise_or", "bitwise_xor"};
  return kNames[static_cast<size_t>(op)];
}

Tensor unary(UnaryOp op, const Tensor& x, const Tensor* out) {
  const bool boolean = x.dtype() == DType::kBool;
  check(op != UnaryOp::kNeg || !boolean, "neg: not defined for bool; use logical_not");
  const bool rounds = op == UnaryOp::kAbs || (op >= UnaryOp::kFloor && op <= UnaryOp::kTrunc);
  check<NotImplemented>(!boolean || !rounds, name(op), ": not defined for bool");
  check<NotImplemented>(op != UnaryOp::kBitwiseNot || !is_floating(x.dtype()),
                        "bitwise_not: not defined for ", x.dtype());
  if (op == UnaryOp::kSquare && boolean && !out) return to(x, DType::kInt64);
  const Tensor operand =
      tensor::is_transcendental(op) && !is_floating(x.dtype()) ? to(x, default_dtype()) : x;
  const DType dtype = tensor::is_predicate(op) ? DType::kBool : operand.dtype();
  const Tensor y = tensor::destination(name(op), out, x.shape(), dtype);
  const auto walk = tensor::merge_dims<2>(x.shape(), {operand.strides(), y.strides()});
  const int64_t step_x = walk.strides[0].back(), step_y = walk.strides[1].back();
  const auto loop = [&]<class X, class Y>(auto kernel) {
    const X* from = operand.data<X>();
    Y* into = y.data<Y>();
    tensor::for_each_run(walk, [&](const auto& at, int64_t n) {
      kernel(op, tensor::run_of(from, at[0], n, step_x), tensor::run_of(into, at[1], n, step_y));
    });
  };
  dispatch(operand.dtype(), [&]<class T>() {
    if (tensor::is_predicate(op)) loop.template operator()<T, bool>(tensor::predicate_loop<T>);
    else if constexpr (std::is_same_v<T, bool>)
      copy_(y, op == UnaryOp::kBitwiseNot ? unary(UnaryOp::kLogicalNot, operand) : operand);
    else if constexpr (std::is_floating_point_v<T>)
      loop.template operator()<T, T>(tensor::unary_kernel.get<T>());
    else loop.template operator()<T, T>(tensor::unary_loop<T>);
  });
  return tensor::settle(y, out);
}

Tensor binary(BinaryOp op, const Tensor& a, const Tensor& b, const Tensor* out) {
  const bool compares = tensor::is_comparison(op);
  DType meet = result_type(a, b);
  check(op != BinaryOp::kSub || (a.dtype() != DType::kBool && b.dtype() != DType::kBool),
        "sub: not defined for bool; use logical_xor");
  if (op == BinaryOp::kDiv && !is_floating(meet)) meet = default_dtype();
  const Tensor left = to(a, meet), right = to(b, meet);
  const bool same = left.shape() == right.shape();
  const Shape shape =
      same ? left.shape() : tensor::broadcast_shapes(name(op), left.shape(), right.shape());
  const Tensor y = tensor::destination(name(op), out, shape, compares ? DType::kBool : meet);
  const auto walk =
      same && left.is_contiguous() && right.is_contiguous() && y.is_contiguous()
          ? tensor::Walk<3>{{y.numel()}, {Strides{1}, Strides{1}, Strides{1}}}
          : tensor::merge_dims<3>(
                shape,
                {tensor::broadcast_strides(left.shape(), left.strides(), shape),
                 tensor::broadcast_strides(right.shape(), right.strides(), shape), y.strides()});
  const int64_t step_a = walk.strides[0].back(), step_b = walk.strides[1].back(),
                step_y = walk.strides[2].back();
  const auto loop = [&]<class X, class Y>(auto kernel) {
    const X* first = left.data<X>();
    const X* second = right.data<X>();
    Y* into = y.data<Y>();
    tensor::for_each_run(walk, [&](const auto& at, int64_t n) {
      kernel(op, tensor::run_of(first, at[0], n, step_a), tensor::run_of(second, at[1], n, step_b),
             tensor::run_of(into, at[2], n, step_y));
    });
  };
  dispatch(meet, [&]<class T>() {
    if (compares) loop.template operator()<T, bool>(tensor::comparison_loop<T>);
    else if constexpr (std::is_same_v<T, bool>)
      loop.template operator()<bool, bool>(tensor::bool_loop);
    else if constexpr (std::is_floating_point_v<T>)
      loop.template operator()<T, T>(tensor::binary_kernel.get<T>());
    else loop.template operator()<T, T>(tensor::binary_loop<T>);
  });
  return tensor::settle(y, out);
}

Tensor operator+(const Tensor& a, const Scalar& b) { return add(a, wrap_scalar(b, a)); }
Tensor operator-(const Tensor& a, const Scalar& b) { return sub(a, wrap_scalar(b, a)); }
Tensor operator*(const Tensor& a, const Scalar& b) { return mul(a, wrap_scalar(b, a)); }
Tensor operator/(const Tensor& a, const Scalar& b) { return div(a, wrap_scalar(b, a)); }

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  check(condition.dtype() == DType::kBool || condition.dtype() == DType::kUInt8,
        "where: expected a condition of dtype bool, got ", condition.dtype());
  const DType meet = result_type(a, b);
  const Shape shape = tensor::broadcast_shapes(
      "where", condition.shape(), tensor::broadcast_shapes("where", a.shape(), b.shape()));
  const Tensor flags = to(condition, DType::kBool), left = to(a, meet), right = to(b, meet);
  Tensor y = empty(shape, meet);
  const auto stretched = [&](const Tensor& x) {
    return tensor::broadcast_strides(x.shape(), x.strides(), shape);
  };
  const auto walk = tensor::merge_dims<4>(
      shape, {stretched(flags), stretched(left), stretched(right), y.strides()});
  dispatch(meet, [&]<class T>() {
    const bool* c = flags.data<bool>();
    const T *p = left.data<T>(), *q = right.data<T>();
    T* z = y.data<T>();
    tensor::for_each_run(walk, [&](const auto& at, int64_t n) {
      for (int64_t i = 0; i < n; ++i) {
        z[at[3] + i * walk.strides[3].back()] = c[at[0] + i * walk.strides[0].back()]
                                                    ? p[at[1] + i * walk.strides[1].back()]
                                                    : q[at[2] + i * walk.strides[2].back()];
      }
    });
  });
  return y;
}

Tensor clamp(const Tensor& x, std::optional<Scalar> low, std::optional<Scalar> high) {
  check(low || high, "clamp: expected min or max, got neither");
  Tensor y = x;
  if (low) y = binary(BinaryOp::kMaximum, y, wrap_scalar(*low, y));
  if (high) y = binary(BinaryOp::kMinimum, y, wrap_scalar(*high, y));
  return y;
}

}  // namespace tinytorch

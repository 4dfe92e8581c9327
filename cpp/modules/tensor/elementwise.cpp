// Elementwise operations on tensors: promote, broadcast, allocate, and run a loop on each run.
#include <array>

#include "modules/tensor/loops.h"

namespace tinytorch {
namespace tensor {
namespace {

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
  const bool castable = promote(dtype, out->dtype()) == out->dtype() ||
                        is_floating(dtype) == is_floating(out->dtype());
  check(castable && (out->dtype() != DType::kBool || dtype == DType::kBool), operation,
        ": a result of dtype ", dtype, " cannot be written to dtype ", out->dtype());
  return out->dtype() == dtype ? *out : empty(shape, dtype);
}

// Floats of one dtype that lie in order, beside as many or beside a single one: what most
// operations of a program are. Whether y = op(a, b) was such a case, and is done.
bool combine_in_order(BinaryOp op, const Tensor& a, const Tensor& b, const Tensor* out, Tensor& y) {
  const bool one_a = a.dim() == 0, one_b = b.dim() == 0;
  const Tensor& larger = one_a ? b : a;
  if (is_comparison(op) || a.dtype() != b.dtype() || !is_floating(a.dtype()) ||
      is_half(a.dtype()) || !a.is_contiguous() || !b.is_contiguous() ||
      !(one_a || one_b || a.shape() == b.shape()))
    return false;
  if (out) {
    if (out->dtype() != a.dtype() || !out->is_contiguous() || !(out->shape() == larger.shape()))
      return false;
    check_write(name(op), *out, a), check_write(name(op), *out, b);
    y = *out;
  } else {
    y = empty(larger.shape(), a.dtype());
  }
  dispatch_floating(name(op), a.dtype(), [&]<class T>() {
    const auto run = binary_kernel.get<T>();
    const T *first = a.data<T>(), *second = b.data<T>();
    T* into = y.data<T>();
    const int64_t step_a = one_a ? 0 : 1, step_b = one_b ? 0 : 1;
    parallel_for(0, y.numel(), kGrain, [&](int64_t begin, int64_t end) {
      run(op, run_of(first, begin * step_a, end - begin, step_a),
          run_of(second, begin * step_b, end - begin, step_b), run_of(into, begin, end - begin, 1));
    });
  });
  return true;
}

// The dims from the one that steps furthest in memory to the nearest. The first operand that tells
// two dims apart decides; where it was broadcast, its stride of 0 tells nothing.
template <size_t N>
Dims memory_order(const Shape& shape, const std::array<Strides, N>& operands) {
  const auto swapped = [&](int64_t outer, int64_t inner) {
    for (const Strides& strides : operands) {
      if (strides[outer] == 0 || strides[inner] == 0) continue;
      if (strides[outer] != strides[inner]) return strides[outer] < strides[inner] ? 1 : -1;
      if (shape[outer] < shape[inner]) return 1;
    }
    return 0;
  };
  const auto dims = static_cast<int64_t>(shape.size());
  Dims order(dims, 0);
  for (int64_t d = 0; d < dims; ++d) order[d] = d;
  for (int64_t i = dims - 2; i >= 0; --i) {
    for (int64_t at = i, next = i + 1; next < dims; ++next) {
      const int verdict = swapped(order[at], order[next]);
      if (verdict < 0) break;
      if (verdict > 0) std::swap(order[at], order[next]), at = next;
    }
  }
  return order;
}

// permute(y, back(order)) undoes permute(x, order).
Dims back(const Dims& order) {
  Dims places(order.size(), 0);
  for (int64_t d = 0; d < order.size(); ++d) places[order[d]] = d;
  return places;
}

Tensor settle(const Tensor& y, const Tensor* out) {
  if (!out) return y;
  if (out->dtype() != y.dtype()) copy_(*out, y);
  return *out;
}

}  // namespace
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

namespace {

Tensor map(UnaryOp op, const Tensor& x, const Tensor* out) {
  const bool boolean = x.dtype() == DType::kBool;
  check(op != UnaryOp::kNeg || !boolean, "neg: not defined for bool; use logical_not");
  const bool rounds = op == UnaryOp::kAbs || (op >= UnaryOp::kFloor && op <= UnaryOp::kTrunc);
  check<NotImplemented>(!boolean || !rounds, name(op), ": not defined for bool");
  check<NotImplemented>(op != UnaryOp::kBitwiseNot || !is_floating(x.dtype()),
                        "bitwise_not: not defined for ", x.dtype());
  if (is_half(x.dtype())) {
    const Tensor y = unary(op, widened(x));
    if (out) return copy_(*out, y), *out;
    return tensor::is_predicate(op) ? y : to(y, x.dtype());
  }
  if (op == UnaryOp::kSquare && boolean && !out) return to(x, DType::kInt64);
  const Tensor operand =
      tensor::is_transcendental(op) && !is_floating(x.dtype()) ? to(x, default_dtype()) : x;
  const DType dtype = tensor::is_predicate(op) ? DType::kBool : operand.dtype();
  const Tensor y = tensor::destination(name(op), out, x.shape(), dtype);
  if (out) check_write(name(op), *out, operand);
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
    else loop.template operator()<T, T>(tensor::integer_unary_loop<T>);
  });
  return tensor::settle(y, out);
}

Tensor combine(BinaryOp op, const Tensor& a, const Tensor& b, const Tensor* out) {
  if (Tensor y; tensor::combine_in_order(op, a, b, out, y)) return y;
  const bool compares = tensor::is_comparison(op);
  DType meet = result_type(a, b);
  check(op != BinaryOp::kSub || (a.dtype() != DType::kBool && b.dtype() != DType::kBool),
        "sub: not defined for bool; use logical_xor");
  if (op == BinaryOp::kDiv && !is_floating(meet)) meet = default_dtype();
  if (is_half(meet)) {
    // A number beside an array of halves keeps its digits in products, as in PyTorch.
    const bool exact = op == BinaryOp::kMul || op == BinaryOp::kDiv;
    const auto wide = [&](const Tensor& x) { return to(exact ? x : to(x, meet), DType::kFloat32); };
    const Tensor y = binary(op, wide(a), wide(b));
    if (!out) return compares ? y : to(y, meet);
    tensor::destination(name(op), out, y.shape(), compares ? y.dtype() : meet);  // may it be?
    return copy_(*out, y), *out;
  }
  const Tensor left = to(a, meet), right = to(b, meet);
  const bool same = left.shape() == right.shape();
  const Shape shape =
      same ? left.shape() : tensor::broadcast_shapes(name(op), left.shape(), right.shape());
  const Tensor y = tensor::destination(name(op), out, shape, compares ? DType::kBool : meet);
  if (out) check_write(name(op), *out, left), check_write(name(op), *out, right);
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
    else loop.template operator()<T, T>(tensor::integer_binary_loop<T>);
  });
  return tensor::settle(y, out);
}

}  // namespace

// A result lies in memory as its operands do: they are turned until memory is walked in order.
Tensor unary(UnaryOp op, const Tensor& x, const Tensor* out) {
  if (out || x.is_contiguous()) return map(op, x, out);
  const Dims order = tensor::memory_order<1>(x.shape(), {x.strides()});
  return permute(map(op, permute(x, order), nullptr), tensor::back(order));
}

Tensor binary(BinaryOp op, const Tensor& a, const Tensor& b, const Tensor* out) {
  if (out || (a.is_contiguous() && b.is_contiguous())) return combine(op, a, b, out);
  const Shape shape = tensor::broadcast_shapes(name(op), a.shape(), b.shape());
  const Dims order =
      tensor::memory_order<2>(shape, {tensor::broadcast_strides(a.shape(), a.strides(), shape),
                                      tensor::broadcast_strides(b.shape(), b.strides(), shape)});
  const auto turned = [&](const Tensor& x) {  // 0-d stays so, for the sake of the dtype
    return x.dim() == 0 ? x : permute(x.shape() == shape ? x : expand(x, shape), order);
  };
  return permute(combine(op, turned(a), turned(b), nullptr), tensor::back(order));
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
  if (is_half(meet))
    return half_of(where(condition, bits_of(to(a, meet)), bits_of(to(b, meet))), meet);
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
  // A bound that its dtype does not hold is refused, where a term of a sum would become inf.
  const auto bound = [](const Scalar& value, const Tensor& y) {
    return full({}, value, wrap_scalar(value, y).dtype());
  };
  Tensor y = x;
  if (low) y = binary(BinaryOp::kMaximum, y, bound(*low, y));
  if (high) y = binary(BinaryOp::kMinimum, y, bound(*high, y));
  return y;
}

}  // namespace tinytorch

// Functions of one and two operands, element by element, each beside its slope.
#include "modules/autograd/functions.h"

namespace tinytorch {
namespace {

Tensor zero(const Tensor& x) { return scalar_tensor(0, x.dtype()); }
Tensor equal(const Tensor& a, const Tensor& b) { return binary(BinaryOp::kEq, a, b); }
Tensor where_not(const Tensor& condition, const Tensor& x) { return where(condition, zero(x), x); }

Variable abs(const Variable& x) {
  return record("AbsBackward0", unary(UnaryOp::kAbs, x.data()), saving(x),
                by(x, [](auto& grad, auto& x) { return grad * unary(UnaryOp::kSign, x); }));
}

Variable reciprocal(const Variable& x) {
  return record("ReciprocalBackward0", unary(UnaryOp::kReciprocal, x.data()), saving(kOutput),
                by(x, [](auto& grad, auto& y) { return -grad * (y * y); }));
}

Variable square(const Variable& x) {
  return record("PowBackward0", unary(UnaryOp::kSquare, x.data()), saving(x),
                by(x, [](auto& grad, auto& x) { return grad * (x * Scalar(2)); }));
}

Variable sin(const Variable& x) {
  return record("SinBackward0", unary(UnaryOp::kSin, x.data()), saving(x),
                by(x, [](auto& grad, auto& x) { return grad * unary(UnaryOp::kCos, x); }));
}

Variable cos(const Variable& x) {
  return record("CosBackward0", unary(UnaryOp::kCos, x.data()), saving(x),
                by(x, [](auto& grad, auto& x) { return -grad * unary(UnaryOp::kSin, x); }));
}

// Flat wherever it is continuous.
Variable step(const char* name, UnaryOp op, const Variable& x) {
  return record(name, unary(op, x.data()), saving(),
                by(x, [](auto& grad) { return zeros_like(grad); }));
}

// The greater (or smaller) of two; equals share the gradient.
Variable extremum(const char* name, BinaryOp op, BinaryOp loses, const Variable& a,
                  const Variable& b) {
  const auto share = [](const Tensor& grad, BinaryOp loses, const Tensor& mine,
                        const Tensor& other) {
    const Tensor halved = where(equal(mine, other), grad / Scalar(2), grad);
    return sum_to(where_not(binary(loses, mine, other), halved), mine.shape());
  };
  return record(name, binary(op, a.data(), b.data()), saving(loses, a, b),
                by(a, [share](auto& grad, auto& loses, auto& a,
                              auto& b) { return share(grad, loses, a, b); }),
                by(b, [share](auto& grad, auto& loses, auto& a, auto& b) {
                  return share(grad, loses, b, a);
                }));
}

Variable remainder(const Variable& a, const Variable& b) {
  return record("RemainderBackward0", binary(BinaryOp::kRemainder, a.data(), b.data()),
                saving(a, b),
                by(a, [](auto& grad, auto& a, auto&) { return sum_to(grad, a.shape()); }),
                by(b, [](auto& grad, auto& a, auto& b) {
                  return sum_to(-grad * binary(BinaryOp::kFloorDivide, a, b), b.shape());
                }));
}

// Flat between its jumps: as in PyTorch, only asking for the slope is a mistake.
Variable floor_divide(const Variable& a, const Variable& b) {
  const auto refuse = [](auto&...) -> Tensor {
    fail("derivative for floor_divide is not implemented");
  };
  return record("NotImplemented", binary(BinaryOp::kFloorDivide, a.data(), b.data()), saving(),
                by(a, refuse), by(b, refuse));
}

}  // namespace

Variable exp(const Variable& x) {
  return record("ExpBackward0", exp(x.data()), saving(kOutput),
                by(x, [](auto& grad, auto& y) { return grad * y; }));
}

Variable log(const Variable& x) {
  return record("LogBackward0", log(x.data()), saving(x),
                by(x, [](auto& grad, auto& x) { return grad / x; }));
}

Variable sqrt(const Variable& x) {
  return record("SqrtBackward0", sqrt(x.data()), saving(kOutput),
                by(x, [](auto& grad, auto& y) { return grad / (y * Scalar(2)); }));
}

Variable where(const Variable& condition, const Variable& a, const Variable& b) {
  return record("WhereBackward0", where(condition.data(), a.data(), b.data()),
                saving(condition, a.shape(), b.shape()),
                by(a, [](auto& grad, auto& condition, auto& a,
                         auto&) { return sum_to(where(condition, grad, zero(grad)), a); }),
                by(b, [](auto& grad, auto& condition, auto&, auto& b) {
                  return sum_to(where(condition, zero(grad), grad), b);
                }));
}

Variable clamp(const Variable& x, std::optional<Scalar> low, std::optional<Scalar> high) {
  return record("ClampBackward1", clamp(x.data(), low, high), saving(x, low, high),
                by(x, [](auto& grad, auto& x, auto& low, auto& high) {
                  Tensor passed = grad;
                  if (low)
                    passed = where_not(binary(BinaryOp::kLt, x, wrap_scalar(*low, x)), passed);
                  if (high)
                    passed = where_not(binary(BinaryOp::kGt, x, wrap_scalar(*high, x)), passed);
                  return passed;
                }));
}

Variable unary(UnaryOp op, const Variable& x) {
  switch (op) {
    case UnaryOp::kNeg: return neg(x);
    case UnaryOp::kAbs: return abs(x);
    case UnaryOp::kSign: return step("SignBackward0", op, x);
    case UnaryOp::kExp: return exp(x);
    case UnaryOp::kLog: return log(x);
    case UnaryOp::kSqrt: return sqrt(x);
    case UnaryOp::kReciprocal: return reciprocal(x);
    case UnaryOp::kSquare: return square(x);
    case UnaryOp::kSin: return sin(x);
    case UnaryOp::kCos: return cos(x);
    case UnaryOp::kFloor: return step("FloorBackward0", op, x);
    case UnaryOp::kCeil: return step("CeilBackward0", op, x);
    case UnaryOp::kRound: return step("RoundBackward0", op, x);
    case UnaryOp::kTrunc: return step("TruncBackward0", op, x);
    default: return Variable(unary(op, x.data()));
  }
}

Variable binary(BinaryOp op, const Variable& a, const Variable& b) {
  switch (op) {
    case BinaryOp::kAdd: return add(a, b);
    case BinaryOp::kSub: return sub(a, b);
    case BinaryOp::kMul: return mul(a, b);
    case BinaryOp::kDiv: return div(a, b);
    case BinaryOp::kPow: return pow(a, b);
    case BinaryOp::kRemainder: return remainder(a, b);
    case BinaryOp::kFloorDivide: return floor_divide(a, b);
    case BinaryOp::kMaximum: return extremum("MaximumBackward0", op, BinaryOp::kLt, a, b);
    case BinaryOp::kMinimum: return extremum("MinimumBackward0", op, BinaryOp::kGt, a, b);
    default: return Variable(binary(op, a.data(), b.data()));
  }
}

}  // namespace tinytorch

// Arithmetic: where broadcasting repeated an operand, its gradient is the sum over the repeats.
#include "modules/autograd/functions.h"

namespace tinytorch {

Variable add(const Variable& a, const Variable& b) {
  // TASK autograd.add (2 points): sum_to undoes what broadcasting did to a shape.
  return record("AddBackward0", a.data() + b.data(), saving(a.shape(), b.shape()),
                by(a, [](auto& grad, auto& a, auto&) { return sum_to(grad, a); }),
                by(b, [](auto& grad, auto&, auto& b) { return sum_to(grad, b); }));
  // END TASK
}

Variable sub(const Variable& a, const Variable& b) {
  return record("SubBackward0", a.data() - b.data(), saving(a.shape(), b.shape()),
                by(a, [](auto& grad, auto& a, auto&) { return sum_to(grad, a); }),
                by(b, [](auto& grad, auto&, auto& b) { return sum_to(-grad, b); }));
}

Variable mul(const Variable& a, const Variable& b) {
  // TASK autograd.mul (3 points): the slope by one factor is the other factor.
  return record("MulBackward0", a.data() * b.data(), saving(a, b),
                by(a, [](auto& grad, auto& a, auto& b) { return sum_to(grad * b, a.shape()); }),
                by(b, [](auto& grad, auto& a, auto& b) { return sum_to(grad * a, b.shape()); }));
  // END TASK
}

Variable div(const Variable& a, const Variable& b) {
  return record(
      "DivBackward0", a.data() / b.data(), saving(a, b),
      by(a, [](auto& grad, auto& a, auto& b) { return sum_to(grad / b, a.shape()); }),
      by(b, [](auto& grad, auto& a, auto& b) { return sum_to(-grad * ((a / b) / b), b.shape()); }));
}

Variable neg(const Variable& x) {
  return record("NegBackward0", -x.data(), saving(), by(x, [](auto& grad) { return -grad; }));
}

namespace {

Tensor zero(const Tensor& x) { return scalar_tensor(0, x.dtype()); }

// d a^b / da = b a^(b-1), and 0 where b is 0, even at a = 0.
Tensor pow_slope_base(const Tensor& a, const Tensor& b) {
  const Tensor slope = b * pow(a, b - 1);
  return where(binary(BinaryOp::kEq, b, zero(b)), zero(slope), slope);
}

// d a^b / db = a^b log a, and 0 at a = 0 for b >= 0.
Tensor pow_slope_exponent(const Tensor& a, const Tensor& b, const Tensor& y) {
  const Tensor flat = binary(BinaryOp::kLogicalAnd, binary(BinaryOp::kEq, a, zero(a)),
                             binary(BinaryOp::kGe, b, zero(b)));
  return where(flat, zero(y), y * log(a));
}

}  // namespace

Variable pow(const Variable& a, const Variable& b) {
  return record(b.requires_grad() ? "PowBackward1" : "PowBackward0", pow(a.data(), b.data()),
                saving(a, b, kOutput),
                by(a, [](auto& grad, auto& a, auto& b,
                         auto&) { return sum_to(grad * pow_slope_base(a, b), a.shape()); }),
                by(b, [](auto& grad, auto& a, auto& b, auto& y) {
                  return sum_to(grad * pow_slope_exponent(a, b, y), b.shape());
                }));
}

Variable operator+(const Variable& a, const Scalar& b) {
  return add(a, Variable(wrap_scalar(b, a.data())));
}
Variable operator-(const Variable& a, const Scalar& b) {
  return sub(a, Variable(wrap_scalar(b, a.data())));
}
Variable operator*(const Variable& a, const Scalar& b) {
  return mul(a, Variable(wrap_scalar(b, a.data())));
}
Variable operator/(const Variable& a, const Scalar& b) {
  return div(a, Variable(wrap_scalar(b, a.data())));
}

}  // namespace tinytorch

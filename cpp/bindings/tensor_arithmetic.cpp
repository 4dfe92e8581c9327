// The functions of one and two operands.
#include "bindings/operands.h"

namespace tinytorch {

std::optional<PyTensor> operand_of(BinaryOp op, py::handle value, const PyTensor& self) {
  const bool divides_integers =
      op == BinaryOp::kDiv && !box_from(value) && !is_floating(array_of(self).dtype());
  const auto number = divides_integers ? scalar_from(value) : std::nullopt;
  if (number && number->kind() == DType::kInt64)
    return PyTensor(scalar_tensor(*number, default_dtype()));
  return operand_from(value, self);
}

namespace {

PyTensor required(const char* operation, const std::optional<PyTensor>& operand, py::handle value) {
  if (!operand)
    fail<TypeError>(operation, ": expected a Tensor or a number, got ",
                    std::string(py::str(py::type::of(value).attr("__name__"))));
  return *operand;
}

}  // namespace

PyTensor required_operand(const char* operation, py::handle value, const PyTensor& self) {
  return required(operation, operand_from(value, self), value);
}

PyTensor required_operand(BinaryOp op, py::handle value, const PyTensor& self) {
  return required(name(op), operand_of(op, value, self), value);
}

namespace {

// alpha x, for self + alpha x.
PyTensor scaled(const PyTensor& self, const PyTensor& x, const std::optional<Scalar>& alpha) {
  if (!alpha) return x;
  const DType meet = result_type(array_of(self), array_of(x));
  check(is_floating(meet) || !is_floating(alpha->kind()),
        "For integral input tensors, argument alpha must not be a floating point number.");
  check(meet == DType::kBool || alpha->kind() != DType::kBool,
        "Boolean alpha only supported for Boolean results.");
  return binary(BinaryOp::kMul, x, PyTensor(wrap_scalar(*alpha, array_of(x))));
}

// An integer to a negative whole power would be a fraction.
void check_power(BinaryOp op, const PyTensor& base, py::handle exponent) {
  if (op != BinaryOp::kPow || is_floating(array_of(base).dtype()) || box_from(exponent)) return;
  const auto number = scalar_from(exponent);
  check(!number || is_floating(number->kind()) || number->to<int64_t>() >= 0,
        "Integers to negative integer powers are not allowed.");
}

// a / b rounded towards -inf or, for rounding_mode "trunc", towards 0.  Its slope is zero.
PyTensor divide(const PyTensor& a, const PyTensor& b, const std::string& rounding_mode) {
  check(rounding_mode == "floor" || rounding_mode == "trunc",
        "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '",
        rounding_mode, "'");
  const bool floats = is_floating(result_type(array_of(a), array_of(b)));
  if (rounding_mode == "trunc" && floats)
    return unary(UnaryOp::kTrunc, binary(BinaryOp::kDiv, a, b));
  const Tensor floor = binary(BinaryOp::kFloorDivide, array_of(a), array_of(b));
  if (rounding_mode == "trunc") {
    const Tensor zero = scalar_tensor(0, floor.dtype());
    const Tensor rest = binary(BinaryOp::kRemainder, array_of(a), array_of(b));
    const Tensor low = binary(BinaryOp::kLogicalAnd, binary(BinaryOp::kNe, rest, zero),
                              binary(BinaryOp::kLt, floor, zero));
    return PyTensor(floor + to(low, floor.dtype()));
  }
#if TINYTORCH_HAS_AUTOGRAD
  const auto flat = [](auto& grad, auto& shape) { return zeros(shape, grad.dtype()); };
  return record("DivBackward2", floor, saving(a.shape(), b.shape()),
                by(a, [flat](auto& grad, auto& shape, auto&) { return flat(grad, shape); }),
                by(b, [flat](auto& grad, auto&, auto& shape) { return flat(grad, shape); }));
#else
  return floor;
#endif
}

// Raises TypeError for a number where PyTorch takes tensors alone: on either side of maximum,
// minimum and logic, before a comparison.
void check_operand(BinaryOp op, py::handle value, bool first) {
  const bool tensors = op == BinaryOp::kMaximum || op == BinaryOp::kMinimum ||
                       (op >= BinaryOp::kLogicalAnd && op <= BinaryOp::kLogicalXor);
  const bool compares = op >= BinaryOp::kEq && op <= BinaryOp::kGe;
  if (!(box_from(value) || !(tensors || (first && compares))))
    fail<TypeError>(name(op), "(): argument '", first ? "input" : "other", "' must be Tensor, not ",
                    std::string(py::str(py::type::of(value).attr("__name__"))));
}

// Either argument of torch.name(a, b) may be a number, not both.
PyTensor apply_binary(BinaryOp op, py::handle a, py::handle b) {
  check_operand(op, a, true);
  check_operand(op, b, false);
  if (Box* box = box_from(a)) {
    const PyTensor left = unbox(Ref<Box>(box));
    check_power(op, left, b);
    return binary(op, left, required_operand(op, b, left));
  }
  Box* box = box_from(b);
  if (!box)
    fail<TypeError>(name(op), ": expected a Tensor, got ",
                    std::string(py::str(py::type::of(a).attr("__name__"))));
  const PyTensor right = unbox(Ref<Box>(box));
  return binary(op, required_operand(op, a, right), right);
}

// Raises unless y may be written to x.
void check_result(const char* operation, const PyTensor& x, const PyTensor& y) {
  const DType from = array_of(y).dtype(), to = array_of(x).dtype();
  check(array_of(x).shape() == array_of(y).shape(), operation, ": output with shape ",
        array_of(x).shape(), " doesn't match the broadcast shape ", array_of(y).shape());
  check((!is_floating(from) || is_floating(to)) && (to != DType::kBool || from == to), operation,
        ": result type ", from, " can't be cast to the desired output type ", to);
}

// self op= other, returning the same Python object.
py::object in_place(BinaryOp op, const py::object& self, py::handle other,
                    const std::optional<Scalar>& alpha = std::nullopt) {
  PyTensor x = py::cast<PyTensor>(self);
  check_operand(op, other, false);
  check_power(op, x, other);
  binary_(op, x, scaled(x, required_operand(op, other, x), alpha));
  return self;
}

}  // namespace

void bind_arithmetic(Surface& on) {
  for (int i = 0; i <= static_cast<int>(UnaryOp::kIsFinite); ++i) {
    const auto op = static_cast<UnaryOp>(i);
    on.both(name(op), [op](const PyTensor& x) { return unary(op, x); });
    if (op >= UnaryOp::kIsNan) continue;
    const std::string in_place_name = std::string(name(op)) + "_";
    on.tensor.def(in_place_name.c_str(), [op](const py::object& self) {
      PyTensor x = py::cast<PyTensor>(self);
      unary_(op, x);
      return self;
    });
  }
  for (int i = 0; i <= static_cast<int>(BinaryOp::kBitwiseXor); ++i) {
    const auto op = static_cast<BinaryOp>(i);
    if (op == BinaryOp::kAdd || op == BinaryOp::kSub || op == BinaryOp::kDiv) continue;
    on.m.def(
        name(op), [op](py::handle a, py::handle b) { return apply_binary(op, a, b); },
        py::arg("input"), py::arg("other"));
    on.tensor.def(
        name(op),
        [op](const PyTensor& a, py::handle b) {
          check_operand(op, b, false);
          check_power(op, a, b);
          return binary(op, a, required_operand(op, b, a));
        },
        py::arg("other"));
    if (op == BinaryOp::kMaximum || op == BinaryOp::kMinimum) continue;  // as PyTorch
    const std::string in_place_name = std::string(name(op)) + "_";
    on.tensor.def(
        in_place_name.c_str(),
        [op](const py::object& self, py::handle other) { return in_place(op, self, other); },
        py::arg("other"));
  }
  for (const BinaryOp op : {BinaryOp::kAdd, BinaryOp::kSub}) {
    on.m.def(
        name(op),
        [op](py::handle a, py::handle b, const std::optional<Scalar>& alpha) {
          if (!alpha) return apply_binary(op, a, b);
          Box *left = box_from(a), *right = box_from(b);
          if (!(left || right))
            fail<TypeError>(name(op), ": expected a Tensor, got ",
                            std::string(py::str(py::type::of(a).attr("__name__"))));
          const PyTensor x =
              left ? unbox(Ref<Box>(left)) : required_operand(op, a, unbox(Ref<Box>(right)));
          return binary(op, x, scaled(x, required_operand(op, b, x), alpha));
        },
        py::arg("input"), py::arg("other"), py::kw_only(), py::arg("alpha") = py::none());
    on.tensor.def(
        name(op),
        [op](const PyTensor& a, py::handle b, const std::optional<Scalar>& alpha) {
          return binary(op, a, scaled(a, required_operand(op, b, a), alpha));
        },
        py::arg("other"), py::kw_only(), py::arg("alpha") = py::none());
    const std::string in_place_name = std::string(name(op)) + "_";
    on.tensor.def(
        in_place_name.c_str(),
        [op](const py::object& self, py::handle other, const std::optional<Scalar>& alpha) {
          return in_place(op, self, other, alpha);
        },
        py::arg("other"), py::kw_only(), py::arg("alpha") = py::none());
  }
  using Rounding = std::optional<std::string>;
  on.m.def(
      "div",
      [](py::handle a, py::handle b, const Rounding& rounding_mode) {
        if (!rounding_mode) return apply_binary(BinaryOp::kDiv, a, b);
        Box *left = box_from(a), *right = box_from(b);
        if (!(left || right))
          fail<TypeError>("div: expected a Tensor, got ",
                          std::string(py::str(py::type::of(a).attr("__name__"))));
        const PyTensor x =
            left ? unbox(Ref<Box>(left)) : required_operand("div", a, unbox(Ref<Box>(right)));
        return divide(x, required_operand("div", b, x), *rounding_mode);
      },
      py::arg("input"), py::arg("other"), py::kw_only(), py::arg("rounding_mode") = py::none());
  on.tensor.def(
      "div",
      [](const PyTensor& a, py::handle b, const Rounding& rounding_mode) {
        if (!rounding_mode)
          return binary(BinaryOp::kDiv, a, required_operand(BinaryOp::kDiv, b, a));
        return divide(a, required_operand("div", b, a), *rounding_mode);
      },
      py::arg("other"), py::kw_only(), py::arg("rounding_mode") = py::none());
  on.tensor.def(
      "div_",
      [](const py::object& self, py::handle other, const Rounding& rounding_mode) {
        if (!rounding_mode) return in_place(BinaryOp::kDiv, self, other);
        const PyTensor x = py::cast<PyTensor>(self);
        const PyTensor y = divide(clone(x), required_operand("div", other, x), *rounding_mode);
        check_result("div_", x, y);
        copy_(x, y);
        return self;
      },
      py::arg("other"), py::kw_only(), py::arg("rounding_mode") = py::none());

  const auto choose = [](const PyTensor& condition, py::handle a, py::handle b) {
    Box *left = box_from(a), *right = box_from(b);
    check<TypeError>((left || scalar_from(a)) && (right || scalar_from(b)),
                     "where: expected Tensors or numbers");
    const auto number = [](py::handle value) {
      const Scalar scalar = *scalar_from(value);
      return PyTensor(
          scalar_tensor(scalar, is_floating(scalar.kind()) ? default_dtype() : scalar.kind()));
    };
    if (left) {
      const PyTensor x = unbox(Ref<Box>(left));
      return where(condition, x, *operand_from(b, x));
    }
    if (right) {
      const PyTensor y = unbox(Ref<Box>(right));
      return where(condition, *operand_from(a, y), y);
    }
    return where(condition, number(a), number(b));
  };
  on.m.def("where", choose, py::arg("condition"), py::arg("input"), py::arg("other"));
  on.tensor.def(
      "where",
      [choose](const py::object& self, const PyTensor& condition, py::handle other) {
        return choose(condition, self, other);
      },
      py::arg("condition"), py::arg("other"));
  on.both(
      "clamp",
      [](const PyTensor& x, std::optional<Scalar> low, std::optional<Scalar> high) {
        return clamp(x, low, high);
      },
      py::arg("min") = py::none(), py::arg("max") = py::none());
  on.tensor.def(
      "clamp_",
      [](const py::object& self, std::optional<Scalar> low, std::optional<Scalar> high) {
        PyTensor x = py::cast<PyTensor>(self);
        const PyTensor y = clamp(clone(x), low, high);  // its gradient asks for the old values
        check_result("clamp_", x, y);
        copy_(x, y);
        return self;
      },
      py::arg("min") = py::none(), py::arg("max") = py::none());
}

}  // namespace tinytorch

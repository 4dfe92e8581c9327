// The functions of one and two operands.
#include "bindings/tensor_surface.h"

namespace tinytorch {

PyTensor required_operand(const char* operation, py::handle value, const PyTensor& self) {
  std::optional<PyTensor> operand = operand_from(value, self);
  check<TypeError>(operand.has_value(), operation, ": expected a Tensor or a number, got ",
                   std::string(py::str(py::type::of(value).attr("__name__"))));
  return *operand;
}

namespace {

// Either argument of torch.name(a, b) may be a number, not both.
PyTensor apply_binary(BinaryOp op, py::handle a, py::handle b) {
  if (Box* box = box_from(a)) {
    const PyTensor left = unbox(Ref<Box>(box));
    return binary(op, left, required_operand(name(op), b, left));
  }
  Box* box = box_from(b);
  check<TypeError>(box != nullptr, name(op), ": expected a Tensor, got ",
                   std::string(py::str(py::type::of(a).attr("__name__"))));
  const PyTensor right = unbox(Ref<Box>(box));
  return binary(op, required_operand(name(op), a, right), right);
}

PyTensor scaled(const PyTensor& x, const std::optional<Scalar>& alpha) {
  return alpha ? binary(BinaryOp::kMul, x, PyTensor(wrap_scalar(*alpha, array_of(x)))) : x;
}

// self op= other, returning the same Python object.
py::object in_place(BinaryOp op, const py::object& self, py::handle other,
                    const std::optional<Scalar>& alpha = std::nullopt) {
  PyTensor x = py::cast<PyTensor>(self);
  binary_(op, x, scaled(required_operand(name(op), other, x), alpha));
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
          return binary(op, a, required_operand(name(op), b, a));
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
          Box* box = box_from(b);
          return apply_binary(op, a,
                              alpha && box ? py::cast(scaled(unbox(Ref<Box>(box)), alpha))
                                           : py::reinterpret_borrow<py::object>(b));
        },
        py::arg("input"), py::arg("other"), py::kw_only(), py::arg("alpha") = py::none());
    on.tensor.def(
        name(op),
        [op](const PyTensor& a, py::handle b, const std::optional<Scalar>& alpha) {
          return binary(op, a, scaled(required_operand(name(op), b, a), alpha));
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
  const auto division = [](const std::optional<std::string>& rounding_mode) {
    check(!rounding_mode || *rounding_mode == "floor" || *rounding_mode == "trunc",
          "div: expected rounding_mode None, \"floor\" or \"trunc\", got ",
          rounding_mode.value_or(""));
    return rounding_mode && *rounding_mode == "floor" ? BinaryOp::kFloorDivide : BinaryOp::kDiv;
  };
  const auto divide = [division](py::handle a, py::handle b,
                                 const std::optional<std::string>& rounding_mode) {
    const PyTensor quotient = apply_binary(division(rounding_mode), a, b);
    return rounding_mode && *rounding_mode == "trunc" ? unary(UnaryOp::kTrunc, quotient) : quotient;
  };
  on.m.def("div", divide, py::arg("input"), py::arg("other"), py::kw_only(),
           py::arg("rounding_mode") = py::none());
  on.tensor.def("div", divide, py::arg("other"), py::kw_only(),
                py::arg("rounding_mode") = py::none());
  on.tensor.def(
      "div_",
      [](const py::object& self, py::handle other) {
        return in_place(BinaryOp::kDiv, self, other);
      },
      py::arg("other"));

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
        copy_(x, clamp(clone(x), low, high));  // clamp's gradient asks for the old values
        return self;
      },
      py::arg("min") = py::none(), py::arg("max") = py::none());
}

}  // namespace tinytorch

// Functions of one, two and three numbers: the tables of cpp/extra, and what has more arguments.
#include <deque>
#include <string>

#include "bindings/extra.h"
#include "bindings/extra_writing.h"
#include "extra/pointwise_binary.h"
#include "extra/pointwise_unary.h"

namespace tinytorch {
namespace {

// Names that live as long as the program.
const char* with_underscore(const char* name) {
  static std::deque<std::string> names;
  return names.emplace_back(std::string(name) + "_").c_str();
}

void bind_curves(Surface& on) {
  for (const Curve& curve : curves()) {
    const auto apply = curve.apply;
    const auto f = [apply](const PyTensor& x) { return apply(x); };
    if (curve.name[0] == '_') {
      on.m.def(curve.name, f, py::arg("input"));
      continue;
    }
    on.both(curve.name, f);
    const char* name = with_underscore(curve.name);
    on.tensor.def(name,
                  [name, apply](const py::object& self) { return rewrite(name, self, apply); });
  }
  for (const Question& question : questions()) {
    const auto ask = question.ask;
    on.both(question.name, [ask](const PyTensor& x) { return PyTensor(ask(array_of(x))); });
  }
  using Number = std::optional<double>;
  const auto none = py::none();
  on.both(
      "logit", [](const PyTensor& x, Number eps) { return logit(x, eps); }, py::arg("eps") = none);
  on.tensor.def(
      "logit_",
      [](const py::object& self, Number eps) {
        return rewrite("logit_", self, [eps](const PyTensor& x) { return logit(x, eps); });
      },
      py::arg("eps") = none);
  on.both(
      "nan_to_num",
      [](const PyTensor& x, Number nan, Number posinf, Number neginf) {
        return nan_to_num(x, nan, posinf, neginf);
      },
      py::arg("nan") = none, py::arg("posinf") = none, py::arg("neginf") = none);
  on.tensor.def(
      "nan_to_num_",
      [](const py::object& self, Number nan, Number posinf, Number neginf) {
        return rewrite("nan_to_num_", self,
                       [=](const PyTensor& x) { return nan_to_num(x, nan, posinf, neginf); });
      },
      py::arg("nan") = none, py::arg("posinf") = none, py::arg("neginf") = none);
  on.m.def(
      "polygamma", [](int64_t n, const PyTensor& x) { return polygamma(n, x); }, py::arg("n"),
      py::arg("input"));
  on.tensor.def(
      "polygamma", [](const PyTensor& x, int64_t n) { return polygamma(n, x); }, py::arg("n"));
  on.tensor.def(
      "polygamma_",
      [](const py::object& self, int64_t n) {
        return rewrite("polygamma_", self, [n](const PyTensor& x) { return polygamma(n, x); });
      },
      py::arg("n"));
  on.both(
      "round", [](const PyTensor& x, int64_t decimals) { return round(x, decimals); },
      py::kw_only(), py::arg("decimals"));
  on.tensor.def(
      "round_",
      [](const py::object& self, int64_t decimals) {
        return rewrite("round_", self,
                       [decimals](const PyTensor& x) { return round(x, decimals); });
      },
      py::kw_only(), py::arg("decimals"));
  on.both("angle", [](const PyTensor& x) { return angle(x); });
  for (const auto& [name, f] :
       {std::pair{"relu_", +[](const PyTensor& x) { return relu(x); }},
        std::pair{"sigmoid_", +[](const PyTensor& x) { return sigmoid(x); }},
        std::pair{"tanh_", +[](const PyTensor& x) { return tanh(x); }}}) {
    on.tensor.def(name,
                  [name = name, f = f](const py::object& self) { return rewrite(name, self, f); });
  }
}

bool is_float_power(const PairFunction& f) { return std::string_view(f.name) == "float_power"; }

// An operand as a tensor beside `other`; a number only where the function takes one there.
PyTensor operand(const PairFunction& f, py::handle value, const PyTensor& other,
                 bool may_be_number) {
  if (Box* box = box_from(value)) return unbox(Ref<Box>(box));
  const auto number = may_be_number ? scalar_from(value) : std::nullopt;
  if (!number)
    fail<TypeError>(f.name, ": expected a Tensor", may_be_number ? " or a number" : "", ", got ",
                    std::string(py::str(py::type::of(value).attr("__name__"))));
  if (is_float_power(f)) return PyTensor(scalar_tensor(*number, DType::kFloat64));
  const std::string_view name = f.name;
  const bool whole = name == "fmod" || name.starts_with("bitwise");
  if (!whole && !is_floating(array_of(other).dtype()))
    return PyTensor(scalar_tensor(*number, default_dtype()));
  return PyTensor(wrap_scalar(*number, array_of(other)));
}

void bind_pairs(Surface& on) {
  for (const PairFunction& row : pair_functions()) {
    const PairFunction* f = &row;
    const char* second = std::string_view(row.name) == "heaviside" ? "values" : "other";
    on.m.def(
        row.name,
        [f](py::handle a, py::handle b) {
          if (Box* box = box_from(a)) {
            const PyTensor left = unbox(Ref<Box>(box));
            return f->apply(left, operand(*f, b, left, f->number_right));
          }
          Box* box = box_from(b);
          if (!box)
            fail<TypeError>(f->name, ": expected a Tensor, got ",
                            std::string(py::str(py::type::of(a).attr("__name__"))));
          const PyTensor right = unbox(Ref<Box>(box));
          return f->apply(operand(*f, a, right, f->number_left), right);
        },
        py::arg("input"), py::arg(second));
    if (row.name[0] == '_') continue;
    on.tensor.def(
        row.name,
        [f](const PyTensor& a, py::handle b) {
          return f->apply(a, operand(*f, b, a, f->number_right));
        },
        py::arg(second));
    if (!row.in_place) continue;
    const char* name = with_underscore(row.name);
    const auto in_place = [f, name](const py::object& self, py::handle other) {
      const PyTensor x = py::cast<PyTensor>(self), b = operand(*f, other, x, f->number_right);
      check(!is_float_power(*f) || x.dtype() == DType::kFloat64,
            "float_power_: the base has dtype ", x.dtype(), ", the result float64");
      check_castable(name, result_type(array_of(x), array_of(b)), x.dtype());
      return rewrite(name, self,
                     [&](const PyTensor& a) { return f->apply(a, b.impl() == x.impl() ? a : b); },
                     {&b});
    };
    on.tensor.def(name, in_place, py::arg(second));
    for (const auto& [function, op] : {std::pair{"bitwise_left_shift", "lshift__"},
                                       std::pair{"bitwise_right_shift", "rshift__"}}) {
      if (std::string_view(function) != row.name) continue;
      const auto number_or_tensor = [](py::handle h) { return box_from(h) || scalar_from(h); };
      const auto not_implemented = [] {
        return py::reinterpret_borrow<py::object>(Py_NotImplemented);
      };
      on.tensor.def((std::string("__") + op).c_str(),
                    [=](const PyTensor& a, py::handle b) -> py::object {
                      if (!number_or_tensor(b)) return not_implemented();
                      return py::cast(f->apply(a, operand(*f, b, a, true)));
                    });
      on.tensor.def((std::string("__r") + op).c_str(),
                    [=](const PyTensor& b, py::handle a) -> py::object {
                      if (!number_or_tensor(a)) return not_implemented();
                      return py::cast(f->apply(operand(*f, a, b, true), b));
                    });
      on.tensor.def((std::string("__i") + op).c_str(), in_place);
    }
  }
}

PyTensor weight_for(py::handle weight, const PyTensor& x) {
  if (Box* box = box_from(weight)) return unbox(Ref<Box>(box));
  const auto number = scalar_from(weight);
  if (!number)
    fail<TypeError>("lerp: expected a weight that is a Tensor or a number, got ",
                    std::string(py::str(py::type::of(weight).attr("__name__"))));
  return PyTensor(scalar_tensor(*number, array_of(x).dtype()));
}

void bind_triples(Surface& on) {
  on.both(
      "lerp",
      [](const PyTensor& x, const PyTensor& end, py::handle weight) {
        return lerp(x, end, weight_for(weight, x));
      },
      py::arg("end"), py::arg("weight"));
  on.tensor.def(
      "lerp_",
      [](const py::object& self, const PyTensor& end, py::handle weight) {
        const PyTensor w = weight_for(weight, py::cast<PyTensor>(self));
        return rewrite("lerp_", self, [&](const PyTensor& x) { return lerp(x, end, w); },
                       {&end, &w});
      },
      py::arg("end"), py::arg("weight"));
  using Combine = PyTensor (*)(const PyTensor&, const PyTensor&, const PyTensor&, const Scalar&);
  for (const auto& [name, f] : {std::pair<const char*, Combine>{"addcmul", addcmul},
                                std::pair<const char*, Combine>{"addcdiv", addcdiv}}) {
    on.both(
        name,
        [f = f](const PyTensor& x, const PyTensor& a, const PyTensor& b, const Scalar& value) {
          return f(x, a, b, value);
        },
        py::arg("tensor1"), py::arg("tensor2"), py::kw_only(), py::arg("value") = 1);
    const char* in_place = with_underscore(name);
    on.tensor.def(
        in_place,
        [f = f, in_place](const py::object& self, const PyTensor& a, const PyTensor& b,
                          const Scalar& value) {
          return rewrite(in_place, self, [&](const PyTensor& x) { return f(x, a, b, value); },
                         {&a, &b});
        },
        py::arg("tensor1"), py::arg("tensor2"), py::kw_only(), py::arg("value") = 1);
  }
}

// clamp's bounds as tensors, and one bound alone.
void bind_clamps(Surface& on) {
  using Bound = std::optional<PyTensor>;
  const auto between = [](const PyTensor& x, const Bound& low, const Bound& high) {
    return clamp(x, low.value_or(PyTensor()), high.value_or(PyTensor()));
  };
  const auto none = py::none();
  on.both("clamp", between, py::arg("min") = none, py::arg("max") = none);
  on.tensor.def(
      "clamp_",
      [between](const py::object& self, const Bound& low, const Bound& high) {
        const PyTensor lower = low.value_or(PyTensor()), upper = high.value_or(PyTensor());
        return rewrite("clamp_", self, [&](const PyTensor& x) { return between(x, low, high); },
                       {&lower, &upper});
      },
      py::arg("min") = none, py::arg("max") = none);
  for (const bool lower : {true, false}) {
    const char* name = lower ? "clamp_min" : "clamp_max";
    const char* bound = lower ? "min" : "max";
    const auto by_number = [lower](const PyTensor& x, const Scalar& limit) {
      return lower ? clamp(x, limit, std::optional<Scalar>())
                   : clamp(x, std::optional<Scalar>(), limit);
    };
    const auto by_tensor = [lower](const PyTensor& x, const PyTensor& limit) {
      return lower ? clamp(x, limit, PyTensor()) : clamp(x, PyTensor(), limit);
    };
    on.both(name, by_number, py::arg(bound));
    on.both(name, by_tensor, py::arg(bound));
    const char* in_place = with_underscore(name);
    on.tensor.def(
        in_place,
        [=](const py::object& self, const Scalar& limit) {
          return rewrite(in_place, self, [&](const PyTensor& x) { return by_number(x, limit); });
        },
        py::arg(bound));
    on.tensor.def(
        in_place,
        [=](const py::object& self, const PyTensor& limit) {
          return rewrite(in_place, self, [&](const PyTensor& x) { return by_tensor(x, limit); },
                         {&limit});
        },
        py::arg(bound));
  }
}

}  // namespace

void bind_pointwise(Surface& on) {
  bind_curves(on);
  bind_pairs(on);
  bind_triples(on);
  bind_clamps(on);
  using Row = std::pair<const char*, std::vector<const char*>>;
  for (const auto& [name, others] : {
           Row{"acos", {"arccos"}},   Row{"acosh", {"arccosh"}},
           Row{"asin", {"arcsin"}},   Row{"asinh", {"arcsinh"}},
           Row{"atan", {"arctan"}},   Row{"atanh", {"arctanh"}},
           Row{"atan2", {"arctan2"}}, Row{"sign", {"sgn"}},
           Row{"trunc", {"fix"}},     Row{"neg", {"negative"}},
           Row{"abs", {"absolute"}},  Row{"sub", {"subtract"}},
           Row{"mul", {"multiply"}},  Row{"div", {"divide", "true_divide"}},
           Row{"gt", {"greater"}},    Row{"ge", {"greater_equal"}},
           Row{"lt", {"less"}},       Row{"le", {"less_equal"}},
           Row{"ne", {"not_equal"}},  Row{"clamp", {"clip"}},
       }) {
    alias(on, name, others);
    const std::string in_place = std::string(name) + "_";
    for (const char* other : others)
      alias(on, in_place.c_str(), {(std::string(other) + "_").c_str()});
  }
  // Also functions of torch's, which take the tensor first.
  for (const char* name :
       {"abs_",     "acos_",       "acosh_",     "arccos_", "arccosh_",    "arcsin_",  "arcsinh_",
        "arctan_",  "arctanh_",    "asin_",      "asinh_",  "atan_",       "atanh_",   "ceil_",
        "clamp_",   "clamp_max_",  "clamp_min_", "clip_",   "cos_",        "cosh_",    "deg2rad_",
        "erf_",     "erfc_",       "exp2_",      "exp_",    "expm1_",      "fill_",    "fix_",
        "floor_",   "frac_",       "gcd_",       "i0_",     "lcm_",        "ldexp_",   "log10_",
        "log1p_",   "log2_",       "log_",       "logit_",  "nan_to_num_", "neg_",     "negative_",
        "rad2deg_", "reciprocal_", "relu_",      "round_",  "rsqrt_",      "sigmoid_", "sin_",
        "sinc_",    "sinh_",       "sqrt_",      "square_", "tan_",        "tanh_",    "trunc_",
        "xlogy_",   "zero_"}) {
    on.m.attr(name) = on.tensor.attr(name);
  }
}

}  // namespace tinytorch

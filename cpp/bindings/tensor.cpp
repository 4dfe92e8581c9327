// Tensor's methods and the functions of the unit tensor.
#include <array>

#include "bindings/pytensor.h"
#include "bindings/units.h"
#include "core/random.h"

namespace tinytorch {
namespace {

using Class = py::class_<Box, Ref<Box>>;

// The two places where PyTorch has an operation: torch.name(input, ...) and Tensor.name(...).
struct Surface {
  py::module_& m;
  Class& tensor;

  template <class F, class... Extra>
  void both(const char* name, F f, const Extra&... extra) {
    m.def(name, f, py::arg("input"), extra...);
    tensor.def(name, f, extra...);
  }
};

PyTensor required_operand(const char* operation, py::handle value, const PyTensor& self) {
  std::optional<PyTensor> operand = operand_from(value, self);
  check<TypeError>(operand.has_value(), operation, ": expected a Tensor or a number, got ",
                   std::string(py::str(py::type::of(value).attr("__name__"))));
  return *operand;
}

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

void bind_operators(Class& tensor) {
  struct Operator {
    BinaryOp op;
    const char *forward, *reflected, *in_place;
  };
  static constexpr std::array kOperators = {
      Operator{BinaryOp::kAdd, "__add__", "__radd__", "__iadd__"},
      Operator{BinaryOp::kSub, "__sub__", "__rsub__", "__isub__"},
      Operator{BinaryOp::kMul, "__mul__", "__rmul__", "__imul__"},
      Operator{BinaryOp::kDiv, "__truediv__", "__rtruediv__", "__itruediv__"},
      Operator{BinaryOp::kFloorDivide, "__floordiv__", "__rfloordiv__", "__ifloordiv__"},
      Operator{BinaryOp::kRemainder, "__mod__", "__rmod__", "__imod__"},
      Operator{BinaryOp::kPow, "__pow__", "__rpow__", "__ipow__"},
      Operator{BinaryOp::kBitwiseAnd, "__and__", "__rand__", "__iand__"},
      Operator{BinaryOp::kBitwiseOr, "__or__", "__ror__", "__ior__"},
      Operator{BinaryOp::kBitwiseXor, "__xor__", "__rxor__", "__ixor__"},
      Operator{BinaryOp::kEq, "__eq__", nullptr, nullptr},
      Operator{BinaryOp::kNe, "__ne__", nullptr, nullptr},
      Operator{BinaryOp::kLt, "__lt__", nullptr, nullptr},
      Operator{BinaryOp::kLe, "__le__", nullptr, nullptr},
      Operator{BinaryOp::kGt, "__gt__", nullptr, nullptr},
      Operator{BinaryOp::kGe, "__ge__", nullptr, nullptr},
  };
  const auto not_implemented = [] { return py::reinterpret_borrow<py::object>(Py_NotImplemented); };
  for (const Operator& o : kOperators) {
    const BinaryOp op = o.op;
    tensor.def(o.forward,
               [op, not_implemented](const PyTensor& self, py::handle other) -> py::object {
                 const std::optional<PyTensor> operand = operand_from(other, self);
                 return operand ? py::cast(binary(op, self, *operand)) : not_implemented();
               });
    if (o.reflected) {
      tensor.def(o.reflected,
                 [op, not_implemented](const PyTensor& self, py::handle other) -> py::object {
                   const std::optional<PyTensor> operand = operand_from(other, self);
                   return operand ? py::cast(binary(op, *operand, self)) : not_implemented();
                 });
    }
    if (o.in_place) {
      tensor.def(o.in_place, [op](const py::object& self, py::handle other) {
        return in_place(op, self, other);
      });
    }
  }
  tensor.def("__neg__", [](const PyTensor& x) { return unary(UnaryOp::kNeg, x); });
  tensor.def("__pos__", [](const py::object& self) { return self; });
  tensor.def("__abs__", [](const PyTensor& x) { return unary(UnaryOp::kAbs, x); });
  tensor.def("__invert__", [](const PyTensor& x) { return unary(UnaryOp::kBitwiseNot, x); });
  tensor.def(
      "__matmul__", [](const PyTensor& a, const PyTensor& b) { return matmul(a, b); },
      py::is_operator());
  tensor.def("__hash__", [](const py::object& self) {
    return reinterpret_cast<std::intptr_t>(self.ptr()) >> 4;
  });
}

void bind_elementwise(Surface& on) {
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

OptionalDims optional_dims(const char* operation, const py::object& dim) {
  return dim.is_none() ? OptionalDims() : OptionalDims(dims_from(operation, dim));
}

py::object values_and_indices(const char* type, const PyTensor& x, int64_t dim, bool keepdim,
                              bool largest) {
  static const py::handle types = py::module_::import("tinytorch._return_types").release();
  const Tensor at = largest ? argmax(array_of(x), dim, true) : argmin(array_of(x), dim, true);
  PyTensor values = gather(x, dim, at);
  Tensor indices = at;
  if (!keepdim && at.dim() > 0) {
    values = squeeze(values, dim);
    indices = squeeze(indices, dim);
  }
  return types.attr(type)(py::make_tuple(py::cast(values), py::cast(PyTensor(indices))));
}

void bind_reductions(Surface& on) {
  const auto none = py::none();
  using Dtype = std::optional<DType>;
  on.both(
      "sum",
      [](const PyTensor& x, const py::object& dim, bool keepdim, Dtype dtype) {
        return sum(x, optional_dims("sum", dim), keepdim, dtype);
      },
      py::arg("dim") = none, py::arg("keepdim") = false, py::kw_only(), py::arg("dtype") = none);
  on.both(
      "mean",
      [](const PyTensor& x, const py::object& dim, bool keepdim, Dtype dtype) {
        return mean(x, optional_dims("mean", dim), keepdim, dtype);
      },
      py::arg("dim") = none, py::arg("keepdim") = false, py::kw_only(), py::arg("dtype") = none);
  // var(dim, correction=) and the older var(dim, unbiased): PyTorch has both.
  const auto spread = [](auto measure, const PyTensor& x, const py::object& dim,
                         const py::object& unbiased, std::optional<double> correction,
                         bool keepdim) {
    const bool flag = PyBool_Check(dim.ptr());
    const py::object biased = flag ? dim : unbiased;
    const double by = correction.value_or(biased.is_none() || biased.cast<bool>() ? 1 : 0);
    return measure(x, flag ? OptionalDims() : optional_dims("var", dim), by, keepdim);
  };
  on.both(
      "var",
      [spread](const PyTensor& x, const py::object& dim, const py::object& unbiased,
               std::optional<double> correction, bool keepdim) {
        const auto measure = [](const auto&... args) { return var(args...); };
        return spread(measure, x, dim, unbiased, correction, keepdim);
      },
      py::arg("dim") = none, py::arg("unbiased") = none, py::kw_only(),
      py::arg("correction") = none, py::arg("keepdim") = false);
  on.both(
      "std",
      [spread](const PyTensor& x, const py::object& dim, const py::object& unbiased,
               std::optional<double> correction, bool keepdim) {
        const auto measure = [](const auto&... args) { return stddev(args...); };
        return spread(measure, x, dim, unbiased, correction, keepdim);
      },
      py::arg("dim") = none, py::arg("unbiased") = none, py::kw_only(),
      py::arg("correction") = none, py::arg("keepdim") = false);
  on.both(
      "prod",
      [](const PyTensor& x, std::optional<int64_t> dim, bool keepdim) {
        return prod(x, dim, keepdim);
      },
      py::arg("dim") = none, py::arg("keepdim") = false);
  on.both(
      "all",
      [](const PyTensor& x, const py::object& dim, bool keepdim) {
        return PyTensor(all(array_of(x), optional_dims("all", dim), keepdim));
      },
      py::arg("dim") = none, py::arg("keepdim") = false);
  on.both(
      "any",
      [](const PyTensor& x, const py::object& dim, bool keepdim) {
        return PyTensor(any(array_of(x), optional_dims("any", dim), keepdim));
      },
      py::arg("dim") = none, py::arg("keepdim") = false);
  on.both(
      "amax",
      [](const PyTensor& x, const py::object& dim, bool keepdim) {
        return amax(x, optional_dims("amax", dim), keepdim);
      },
      py::arg("dim") = none, py::arg("keepdim") = false);
  on.both(
      "amin",
      [](const PyTensor& x, const py::object& dim, bool keepdim) {
        return amin(x, optional_dims("amin", dim), keepdim);
      },
      py::arg("dim") = none, py::arg("keepdim") = false);
  on.both(
      "argmax",
      [](const PyTensor& x, std::optional<int64_t> dim, bool keepdim) {
        return PyTensor(argmax(array_of(x), dim, keepdim));
      },
      py::arg("dim") = none, py::arg("keepdim") = false);
  on.both(
      "argmin",
      [](const PyTensor& x, std::optional<int64_t> dim, bool keepdim) {
        return PyTensor(argmin(array_of(x), dim, keepdim));
      },
      py::arg("dim") = none, py::arg("keepdim") = false);
  // max(x), max(x, dim) -> (values, indices), max(x, other).
  for (const bool largest : {true, false}) {
    const char* name = largest ? "max" : "min";
    on.both(
        name,
        [name, largest](const PyTensor& x, const py::object& dim, bool keepdim) -> py::object {
          if (dim.is_none()) return py::cast(largest ? amax(x) : amin(x));
          if (Box* other = box_from(dim))
            return py::cast(binary(largest ? BinaryOp::kMaximum : BinaryOp::kMinimum, x,
                                   unbox(Ref<Box>(other))));
          return values_and_indices(name, x, dim.cast<int64_t>(), keepdim, largest);
        },
        py::arg("dim") = none, py::arg("keepdim") = false);
  }
}

void bind_views(Surface& on) {
  Class& tensor = on.tensor;
  const auto sizes = [](const char* operation, auto f) {
    return [operation, f](const PyTensor& x, const py::args& args) {
      return f(x, dims_from(operation, args));
    };
  };
  tensor.def("view", [](const PyTensor& x, const py::args& args) {
    if (args.size() == 1) {
      if (const auto dtype = dtype_from(args[0])) {
        check(*dtype == array_of(x).dtype(),
              "view: reading the memory as another dtype is not supported, got ", *dtype);
        return view(x, array_of(x).shape());
      }
    }
    return view(x, dims_from("view", args));
  });
  tensor.def("reshape",
             sizes("reshape", [](const PyTensor& x, const Dims& d) { return reshape(x, d); }));
  tensor.def("permute",
             sizes("permute", [](const PyTensor& x, const Dims& d) { return permute(x, d); }));
  tensor.def("expand",
             sizes("expand", [](const PyTensor& x, const Dims& d) { return expand(x, d); }));
  on.m.def(
      "reshape", [](const PyTensor& x, const Dims& shape) { return reshape(x, shape); },
      py::arg("input"), py::arg("shape"));
  on.m.def(
      "permute", [](const PyTensor& x, const Dims& dims) { return permute(x, dims); },
      py::arg("input"), py::arg("dims"));
  tensor.def(
      "view_as",
      [](const PyTensor& x, const PyTensor& other) { return view(x, array_of(other).shape()); },
      py::arg("other"));
  tensor.def(
      "reshape_as",
      [](const PyTensor& x, const PyTensor& other) { return reshape(x, array_of(other).shape()); },
      py::arg("other"));
  tensor.def(
      "expand_as",
      [](const PyTensor& x, const PyTensor& other) { return expand(x, array_of(other).shape()); },
      py::arg("other"));
  for (const char* name : {"transpose", "swapaxes"}) {
    on.both(
        name,
        [](const PyTensor& x, int64_t dim0, int64_t dim1) { return transpose(x, dim0, dim1); },
        py::arg("dim0"), py::arg("dim1"));
  }
  on.both("t", [](const PyTensor& x) {
    const int64_t rank = array_of(x).dim();
    check(rank <= 2, "t: expected at most 2 dims, got shape ", array_of(x).shape());
    return rank < 2 ? x : transpose(x, 0, 1);
  });
  tensor.def_property_readonly("T", [](const PyTensor& x) {
    Dims dims;
    for (int64_t d = array_of(x).dim() - 1; d >= 0; --d) dims.push_back(d);
    return permute(x, dims);
  });
  tensor.def_property_readonly("mT", [](const PyTensor& x) {
    check(array_of(x).dim() >= 2, "mT: expected at least 2 dims, got shape ", array_of(x).shape());
    return transpose(x, -2, -1);
  });
  on.both(
      "squeeze", [](const PyTensor& x, std::optional<int64_t> dim) { return squeeze(x, dim); },
      py::arg("dim") = py::none());
  on.both(
      "unsqueeze", [](const PyTensor& x, int64_t dim) { return unsqueeze(x, dim); },
      py::arg("dim"));
  on.both(
      "flatten",
      [](const PyTensor& x, int64_t start, int64_t end) { return flatten(x, start, end); },
      py::arg("start_dim") = 0, py::arg("end_dim") = -1);
  on.both(
      "select", [](const PyTensor& x, int64_t dim, int64_t index) { return select(x, dim, index); },
      py::arg("dim"), py::arg("index"));
  on.both(
      "narrow",
      [](const PyTensor& x, int64_t dim, int64_t start, int64_t length) {
        const int64_t size = array_of(x).size(dim);
        check(length >= 0, "narrow: expected length >= 0, got ", length);
        check<IndexError>(-size <= start && start <= size, "narrow: start ", start,
                          " is outside dim ", dim, " of size ", size);
        if (start < 0) start += size;
        check(length <= size - start, "narrow: start ", start, " and length ", length,
              " exceed dim ", dim, " of size ", size);
        return slice(x, dim, start, start + length);
      },
      py::arg("dim"), py::arg("start"), py::arg("length"));
  on.both(
      "as_strided",
      [](const PyTensor& x, const Dims& size, const Dims& stride, int64_t offset) {
        return as_strided(x, size, stride, offset);
      },
      py::arg("size"), py::arg("stride"), py::arg("storage_offset") = 0);
  on.both(
      "unbind",
      [](const PyTensor& x, int64_t dim) {
        check(array_of(x).dim() > 0, "unbind: expected at least one dim, got a 0-d tensor");
        py::tuple parts(array_of(x).size(dim));
        for (size_t i = 0; i < parts.size(); ++i)
          parts[i] = select(x, dim, static_cast<int64_t>(i));
        return parts;
      },
      py::arg("dim") = 0);
  on.both(
      "split",
      [](const PyTensor& x, const py::object& sizes, int64_t dim) {
        check(array_of(x).dim() > 0, "split: expected at least one dim, got a 0-d tensor");
        const int64_t size = array_of(x).size(dim);
        Dims lengths;
        py::list parts;
        if (PyIndex_Check(sizes.ptr())) {
          const auto length = sizes.cast<int64_t>();
          check(length > 0 || (length == 0 && size == 0), "split: expected split_size > 0, got ",
                length);
          for (int64_t start = 0; start < std::max<int64_t>(size, 1);
               start += std::max<int64_t>(length, 1)) {
            parts.append(slice(x, dim, start, std::min(size, start + length)));
          }
          return py::tuple(parts);
        }
        int64_t start = 0;
        for (const py::handle item : sizes) {
          const auto length = item.cast<int64_t>();
          check(length >= 0 && length <= size - start, "split: sizes ",
                std::string(py::repr(sizes)), " do not add up to dim ", dim, " of size ", size);
          parts.append(slice(x, dim, start, start + length));
          start += length;
        }
        check(start == size, "split: sizes ", std::string(py::repr(sizes)),
              " do not add up to dim ", dim, " of size ", size);
        return py::tuple(parts);
      },
      py::arg("split_size"), py::arg("dim") = 0);
  on.both(
      "chunk",
      [](const PyTensor& x, int64_t chunks, int64_t dim) {
        check(array_of(x).dim() > 0, "chunk: expected at least one dim, got a 0-d tensor");
        check(chunks > 0, "chunk: expected chunks > 0, got ", chunks);
        const int64_t size = array_of(x).size(dim),
                      length = std::max<int64_t>(1, (size + chunks - 1) / chunks);
        py::list parts;
        for (int64_t start = 0; start < std::max<int64_t>(size, 1); start += length)
          parts.append(slice(x, dim, start, std::min(size, start + length)));
        return py::tuple(parts);
      },
      py::arg("chunks"), py::arg("dim") = 0);
  on.both(
      "gather",
      [](const PyTensor& x, int64_t dim, const PyTensor& index) {
        return gather(x, dim, array_of(index));
      },
      py::arg("dim"), py::arg("index"));
  const auto tensors_from = [](const char* operation, const py::object& sequence) {
    check<TypeError>(PyTuple_Check(sequence.ptr()) || PyList_Check(sequence.ptr()), operation,
                     ": expected a tuple of Tensors, got ",
                     std::string(py::str(py::type::of(sequence).attr("__name__"))));
    return sequence.cast<std::vector<PyTensor>>();
  };
  for (const char* name : {"cat", "concat", "concatenate"}) {
    on.m.def(
        name,
        [tensors_from](const py::object& tensors, int64_t dim) {
          return cat(tensors_from("cat", tensors), dim);
        },
        py::arg("tensors"), py::arg("dim") = 0);
  }
  on.m.def(
      "stack",
      [tensors_from](const py::object& tensors, int64_t dim) {
        return stack(tensors_from("stack", tensors), dim);
      },
      py::arg("tensors"), py::arg("dim") = 0);
  on.both(
      "matmul", [](const PyTensor& a, const PyTensor& b) { return matmul(a, b); },
      py::arg("other"));
  for (const auto& [name, rank] : {std::pair{"mm", 2}, std::pair{"bmm", 3}, std::pair{"dot", 1}}) {
    on.both(
        name,
        [name, rank](const PyTensor& a, const PyTensor& b) {
          check(array_of(a).dim() == rank && array_of(b).dim() == rank, name, ": expected ", rank,
                "-d tensors, got shapes ", array_of(a).shape(), " and ", array_of(b).shape());
          check(rank < 3 || array_of(a).shape()[0] == array_of(b).shape()[0], name,
                ": expected equal batches, got shapes ", array_of(a).shape(), " and ",
                array_of(b).shape());
          return matmul(a, b);
        },
        py::arg(rank == 1 ? "tensor" : "mat2"));
  }
}

py::object nested_list(const Tensor& x) {
  if (x.dim() == 0) return py::cast(item(x));
  py::list rows(x.shape()[0]);
  for (int64_t i = 0; i < x.shape()[0]; ++i)
    rows[static_cast<size_t>(i)] = nested_list(select(x, 0, i));
  return rows;
}

// x.to(dtype), x.to(device), x.to(device, dtype), x.to(other); device names other than the CPU are
// refused.
py::object convert(const py::object& self, const py::args& args, const py::kwargs& kwargs) {
  const PyTensor x = py::cast<PyTensor>(self);
  DType dtype = array_of(x).dtype();
  bool copy = false;
  const auto take = [&](py::handle value) {
    if (value.is_none() || PyBool_Check(value.ptr())) return;
    if (const auto wanted = dtype_from(value)) dtype = *wanted;
    else if (Box* box = box_from(value)) dtype = array_of(unbox(Ref<Box>(box))).dtype();
    else py::module_::import("tinytorch._device").attr("check_cpu")(value);
  };
  for (const py::handle value : args) take(value);
  for (const auto& [key, value] : kwargs) {
    const auto name = key.cast<std::string>();
    check<TypeError>(name == "dtype" || name == "device" || name == "non_blocking" ||
                         name == "copy" || name == "other" || name == "memory_format",
                     "to: unexpected argument ", name);
    if (name == "copy") copy = value.cast<bool>();
    else take(value);
  }
  if (dtype == array_of(x).dtype() && !copy) return self;
  return py::cast(dtype == array_of(x).dtype() ? clone(x) : to(x, dtype));
}

void bind_basics(Class& tensor) {
  tensor.def_property_readonly("shape",
                               [](const PyTensor& x) { return size_object(array_of(x).shape()); });
  tensor.def(
      "size",
      [](const PyTensor& x, std::optional<int64_t> dim) -> py::object {
        return dim ? py::int_(array_of(x).size(*dim)) : size_object(array_of(x).shape());
      },
      py::arg("dim") = py::none());
  tensor.def(
      "stride",
      [](const PyTensor& x, std::optional<int64_t> dim) -> py::object {
        const Strides& strides = array_of(x).strides();
        if (dim) return py::int_(strides[wrap_dim("stride", *dim, strides.size())]);
        return py::tuple(size_object(strides));
      },
      py::arg("dim") = py::none());
  tensor.def("storage_offset", [](const PyTensor& x) { return array_of(x).offset(); });
  tensor.def("data_ptr", [](const PyTensor& x) {
    return reinterpret_cast<std::uintptr_t>(array_of(x).bytes());
  });
  tensor.def_property_readonly("dtype", [](const PyTensor& x) { return array_of(x).dtype(); });
  tensor.def_property_readonly("ndim", [](const PyTensor& x) { return array_of(x).dim(); });
  tensor.def("dim", [](const PyTensor& x) { return array_of(x).dim(); });
  tensor.def("ndimension", [](const PyTensor& x) { return array_of(x).dim(); });
  tensor.def("numel", [](const PyTensor& x) { return array_of(x).numel(); });
  tensor.def("nelement", [](const PyTensor& x) { return array_of(x).numel(); });
  tensor.def("element_size", [](const PyTensor& x) { return item_size(array_of(x).dtype()); });
  tensor.def_property_readonly("itemsize",
                               [](const PyTensor& x) { return item_size(array_of(x).dtype()); });
  tensor.def_property_readonly("nbytes", [](const PyTensor& x) {
    return array_of(x).numel() * item_size(array_of(x).dtype());
  });
  tensor.def("is_contiguous", [](const PyTensor& x) { return array_of(x).is_contiguous(); });
  tensor.def("is_floating_point",
             [](const PyTensor& x) { return is_floating(array_of(x).dtype()); });
  tensor.def("contiguous", [](const py::object& self) {
    const PyTensor x = py::cast<PyTensor>(self);
    return array_of(x).is_contiguous() ? self : py::cast(contiguous(x));
  });
  tensor.def("clone", [](const PyTensor& x) { return clone(x); });
  tensor.def("item", [](const PyTensor& x) { return item(array_of(x)); });
  tensor.def("tolist", [](const PyTensor& x) { return nested_list(array_of(x)); });
  tensor.def("to", &convert);
  for (const auto& [name, dtype] :
       {std::pair{"float", DType::kFloat32}, std::pair{"double", DType::kFloat64},
        std::pair{"long", DType::kInt64}, std::pair{"int", DType::kInt32},
        std::pair{"short", DType::kInt16}, std::pair{"char", DType::kInt8},
        std::pair{"byte", DType::kUInt8}, std::pair{"bool", DType::kBool}}) {
    tensor.def(name, [dtype](const py::object& self) {
      const PyTensor x = py::cast<PyTensor>(self);
      return array_of(x).dtype() == dtype ? self : py::cast(to(x, dtype));
    });
  }
  tensor.def(
      "type_as",
      [](const PyTensor& x, const PyTensor& other) { return to(x, array_of(other).dtype()); },
      py::arg("other"));
  tensor.def(
      "copy_",
      [](const py::object& self, const PyTensor& source, bool) {
        PyTensor x = py::cast<PyTensor>(self);
        copy_(x, source);
        return self;
      },
      py::arg("src"), py::arg("non_blocking") = false);
  tensor.def(
      "fill_",
      [](const py::object& self, const Scalar& value) {
        PyTensor x = py::cast<PyTensor>(self);
        fill_(x, value);
        return self;
      },
      py::arg("value"));
  tensor.def("zero_", [](const py::object& self) {
    PyTensor x = py::cast<PyTensor>(self);
    fill_(x, Scalar(0));
    return self;
  });
  tensor.def("__getitem__", &get_item);
  tensor.def("__setitem__", &set_item);
  tensor.def("__len__", [](const PyTensor& x) {
    check<TypeError>(array_of(x).dim() > 0, "len: a 0-d tensor has no length");
    return array_of(x).shape()[0];
  });
  tensor.def("__iter__", [](const PyTensor& x) {
    check<TypeError>(array_of(x).dim() > 0, "iter: a 0-d tensor cannot be iterated over");
    py::list rows;
    for (int64_t i = 0; i < array_of(x).shape()[0]; ++i) rows.append(select(x, 0, i));
    return py::iter(rows);
  });
  tensor.def("__contains__", [](const PyTensor& x, py::handle value) {
    return item(any(binary(BinaryOp::kEq, array_of(x), array_of(required_operand("in", value, x)))))
        .to<bool>();
  });
  tensor.def("__bool__", [](const PyTensor& x) {
    check(array_of(x).numel() == 1, "bool: the truth value of a tensor of shape ",
          array_of(x).shape(), " is ambiguous");
    return item(array_of(x)).to<double>() != 0;
  });
  tensor.def("__int__", [](const PyTensor& x) { return py::int_(py::cast(item(array_of(x)))); });
  tensor.def("__float__", [](const PyTensor& x) { return item(array_of(x)).to<double>(); });
  tensor.def("__index__", [](const PyTensor& x) {
    check<TypeError>(!is_floating(array_of(x).dtype()) && array_of(x).numel() == 1,
                     "index: expected an integer tensor of one element, got ", array_of(x).dtype(),
                     " of shape ", array_of(x).shape());
    return item(array_of(x)).to<int64_t>();
  });
}

// The fresh arrays behind tinytorch/_creation.py, which settles arguments and defaults.
void bind_creation(py::module_& m) {
  m.def("_empty", [](const Dims& shape, DType dtype) { return empty(shape, dtype); });
  m.def("_full", [](const Dims& shape, const Scalar& value, DType dtype) {
    return full(shape, value, dtype);
  });
  m.def("_arange", [](const Scalar& start, const Scalar& end, const Scalar& step, DType dtype) {
    return arange(start, end, step, dtype);
  });
  m.def("_linspace", [](double start, double end, int64_t steps, DType dtype) {
    return linspace(start, end, steps, dtype);
  });
  m.def("_eye",
        [](int64_t rows, int64_t columns, DType dtype) { return eye(rows, columns, dtype); });
  m.def("_from_numpy", [](const py::array& array) { return tensor_from_numpy(array); });
  m.def("_to_numpy", [](const PyTensor& x) { return numpy_from_tensor(array_of(x)); });
  m.def("get_default_dtype", &default_dtype, "The dtype of floats that nobody gave one.");
  m.def("_set_default_dtype", &set_default_dtype);
  m.def(
      "result_type",
      [](const PyTensor& a, const PyTensor& b) { return result_type(array_of(a), array_of(b)); },
      py::arg("tensor1"), py::arg("tensor2"));
  m.def("promote_types", &promote, py::arg("type1"), py::arg("type2"));
}

void bind_random(py::module_& m, Class& tensor) {
  using Source = std::optional<Ref<Generator>>;
  const auto generator = [](const Source& source) -> Generator& {
    return source ? **source : *default_generator();
  };
  py::class_<Generator, Ref<Generator>>(m, "Generator", "A stream of random numbers.")
      .def(py::init([](const py::object& device) {
             if (!device.is_none())
               py::module_::import("tinytorch._device").attr("check_cpu")(device);
             return make_ref<Generator>();
           }),
           py::arg("device") = py::none())
      .def(
          "manual_seed",
          [](const py::object& self, const py::int_& seed) {
            // As PyTorch: any integer of 64 bits, negative ones by their two's complement.
            const auto bits = py::cast<uint64_t>(
                py::module_::import("operator").attr("and_")(seed, py::int_(~uint64_t{0})));
            self.cast<Generator&>().seed(bits);
            return self;
          },
          py::arg("seed"))
      .def("initial_seed", &Generator::initial_seed)
      .def("_state",
           [](const Generator& g) {
             const Generator::State state = g.state();
             return py::make_tuple(std::vector<uint32_t>(state.words.begin(), state.words.end()),
                                   state.next, state.initial_seed, state.cached_normal);
           })
      .def("_set_state",
           [](Generator& g, const std::vector<uint32_t>& words, uint32_t next, uint64_t seed,
              std::optional<double> normal) {
             Generator::State state;
             check(words.size() == state.words.size() && next <= words.size(),
                   "set_state: not a state of this generator");
             std::copy(words.begin(), words.end(), state.words.begin());
             state.next = next;
             state.initial_seed = seed;
             state.cached_normal = normal;
             g.set_state(state);
           })
      .def("_next64", &Generator::next64);
  m.attr("default_generator") = py::cast(default_generator());

  // In place and in memory order, as PyTorch draws; a write that autograd records goes through
  // copy_.
  const auto refill = [generator](const py::object& self, const Source& source, auto fill) {
    PyTensor x = py::cast<PyTensor>(self);
#if TINYTORCH_HAS_AUTOGRAD
    check_writable("random fill", x);
    if (!records_write(x)) {
      fill(array_of(x), generator(source));
      bump_version(x);
      return self;
    }
#endif
    const Tensor fresh = empty(array_of(x).shape(), array_of(x).dtype());
    fill(fresh, generator(source));
    copy_(x, PyTensor(fresh));
    return self;
  };
  const auto none = py::none();
  tensor.def(
      "uniform_",
      [refill](const py::object& self, double low, double high, const Source& g) {
        return refill(self, g,
                      [&](const Tensor& x, Generator& from) { fill_uniform(x, low, high, from); });
      },
      py::arg("from") = 0.0, py::arg("to") = 1.0, py::kw_only(), py::arg("generator") = none);
  tensor.def(
      "normal_",
      [refill](const py::object& self, double mean, double std, const Source& g) {
        return refill(self, g,
                      [&](const Tensor& x, Generator& from) { fill_normal(x, mean, std, from); });
      },
      py::arg("mean") = 0.0, py::arg("std") = 1.0, py::kw_only(), py::arg("generator") = none);
  tensor.def(
      "bernoulli_",
      [refill](const py::object& self, double p, const Source& g) {
        return refill(self, g,
                      [&](const Tensor& x, Generator& from) { fill_bernoulli(x, p, from); });
      },
      py::arg("p") = 0.5, py::kw_only(), py::arg("generator") = none);
  tensor.def(
      "exponential_",
      [refill](const py::object& self, double lambd, const Source& g) {
        return refill(self, g,
                      [&](const Tensor& x, Generator& from) { fill_exponential(x, lambd, from); });
      },
      py::arg("lambd") = 1.0, py::kw_only(), py::arg("generator") = none);

  m.def("_rand", [generator](const Dims& shape, DType dtype, const Source& g) {
    Tensor x = empty(shape, dtype);
    fill_uniform(x, 0, 1, generator(g));
    return x;
  });
  m.def("_randn", [generator](const Dims& shape, DType dtype, const Source& g) {
    Tensor x = empty(shape, dtype);
    fill_normal(x, 0, 1, generator(g));
    return x;
  });
  m.def("_randint",
        [generator](int64_t low, int64_t high, const Dims& shape, DType dtype, const Source& g) {
          Tensor x = empty(shape, dtype);
          fill_integers(x, low, high, generator(g));
          return x;
        });
  m.def("_randperm", [generator](int64_t n, DType dtype, const Source& g) {
    check(n >= 0, "randperm: expected n >= 0, got ", n);
    Tensor x = empty({n}, DType::kInt64);
    fill_permutation(x, generator(g));
    return to(x, dtype);
  });
}

}  // namespace

void bind_tensor(py::module_& m) {
  Class tensor(m, "Tensor", py::dynamic_attr(),
               "An n-d array, with its gradient where autograd is built.");
#if !TINYTORCH_HAS_AUTOGRAD
  tensor.def(py::init([](const PyTensor& data) { return make_ref<Box>(data); }), py::arg("data"));
#endif
  Surface on{m, tensor};
  bind_basics(tensor);
  bind_operators(tensor);
  bind_elementwise(on);
  bind_reductions(on);
  bind_views(on);
  bind_creation(m);
  bind_random(m, tensor);
  py::module_ unit = m.def_submodule("tensor", "The pure functions of the unit tensor.");
  unit.def(
      "contiguous_strides",
      [](const Dims& shape) { return py::tuple(size_object(tensor::contiguous_strides(shape))); },
      py::arg("shape"));
  unit.def(
      "broadcast_shapes",
      [](const Dims& a, const Dims& b) {
        return py::tuple(size_object(tensor::broadcast_shapes("broadcast_shapes", a, b)));
      },
      py::arg("a"), py::arg("b"));
  unit.def(
      "broadcast_strides",
      [](const Dims& shape, const Dims& strides, const Dims& target) {
        check(shape.size() == strides.size() &&
                  tensor::broadcast_shapes("broadcast_strides", shape, target) == target,
              "broadcast_strides: shape ", shape, " with strides ", strides,
              " does not broadcast to ", target);
        return py::tuple(size_object(tensor::broadcast_strides(shape, strides, target)));
      },
      py::arg("shape"), py::arg("strides"), py::arg("target"));
}

}  // namespace tinytorch

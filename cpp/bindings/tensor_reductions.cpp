// Reductions: with PyTorch's ways of naming dims, and extrema with their positions.
#include "bindings/tensor_shortcuts.h"
#include "bindings/tensor_surface.h"

namespace tinytorch {
namespace {

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

void warn_of_freedom(const char* name) {
  const std::string text = std::string(name) +
                           "(): degrees of freedom is <= 0. Correction should be strictly less "
                           "than the reduction factor (input numel divided by output numel).";
  if (PyErr_WarnEx(PyExc_UserWarning, text.c_str(), 1) < 0) throw py::error_already_set();
}

Tensor position_of_extremum(const Tensor& x, bool largest, std::optional<int64_t> dim = {},
                            bool keepdim = false) {
  check(x.dtype() != DType::kBool, largest ? "argmax" : "argmin", ": not defined for bool");
  return largest ? argmax(x, dim, keepdim) : argmin(x, dim, keepdim);
}

// `of`: the module, or the class, which have these in common.
void shorten(const py::object& of) {
  const auto input = required<PyTensor>("input");
  shortcut(of.attr("sum"), [](const PyTensor& x) { return sum(x); }, input);
  shortcut(of.attr("mean"), [](const PyTensor& x) { return mean(x); }, input);
  shortcut(
      of.attr("argmax"),
      [](const PyTensor& x) { return PyTensor(position_of_extremum(array_of(x), true)); }, input);
}

}  // namespace

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
  const auto spread = [](const char* name, auto measure, const PyTensor& x, const py::object& dim,
                         const py::object& unbiased, bool keepdim,
                         std::optional<double> correction) {
    const bool flag = PyBool_Check(dim.ptr());
    const py::object biased = flag ? dim : unbiased;
    const double by = correction.value_or(biased.is_none() || biased.cast<bool>() ? 1 : 0);
    const OptionalDims dims = flag ? OptionalDims() : optional_dims("var", dim);
    const PyTensor y = measure(x, dims, by, keepdim);
    const Tensor &all = array_of(x), &result = array_of(y);
    if (result.numel() > 0 && static_cast<double>(all.numel() / result.numel()) <= by)
      warn_of_freedom(name);
    return y;
  };
  const auto bind_spread = [&](const char* name, auto measure) {
    on.both(
        name,
        [=](const PyTensor& x, const py::object& dim, const py::object& unbiased, bool keepdim,
            std::optional<double> correction) {
          return spread(name, measure, x, dim, unbiased, keepdim, correction);
        },
        py::arg("dim") = none, py::arg("unbiased") = none, py::arg("keepdim") = false,
        py::kw_only(), py::arg("correction") = none);
  };
  bind_spread("var", [](const auto&... args) { return var(args...); });
  bind_spread("std", [](const auto&... args) { return stddev(args...); });
  const auto product = [](const PyTensor& x, std::optional<int64_t> dim, bool keepdim,
                          Dtype dtype) {
    if (!dtype) return prod(x, dim, keepdim);
    return to(prod(to(x, *dtype), dim, keepdim), *dtype);
  };
  on.both(
      "prod", [product](const PyTensor& x, Dtype dtype) { return product(x, {}, false, dtype); },
      py::kw_only(), py::arg("dtype") = none);
  on.both(
      "prod",
      [product](const PyTensor& x, int64_t dim, bool keepdim, Dtype dtype) {
        return product(x, dim, keepdim, dtype);
      },
      py::arg("dim"), py::arg("keepdim") = false, py::kw_only(), py::arg("dtype") = none);
  for (const bool every : {true, false}) {
    const char* name = every ? "all" : "any";
    on.both(
        name,
        [=](const PyTensor& x, const py::object& dim, bool keepdim) {
          const OptionalDims dims = optional_dims(name, dim);
          const Tensor& in = array_of(x);
          if (dims && dims->empty())  // over no dim: the truth of each
            return PyTensor(
                to(to(in, DType::kBool), in.dtype() == DType::kUInt8 ? in.dtype() : DType::kBool));
          return PyTensor(every ? all(in, dims, keepdim) : any(in, dims, keepdim));
        },
        py::arg("dim") = none, py::arg("keepdim") = false);
  }
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
  for (const bool largest : {true, false}) {
    const char* name = largest ? "argmax" : "argmin";
    on.both(
        name,
        [=](const PyTensor& x, std::optional<int64_t> dim, bool keepdim) {
          return PyTensor(position_of_extremum(array_of(x), largest, dim, keepdim));
        },
        py::arg("dim") = none, py::arg("keepdim") = false);
  }
  shorten(on.m);
  shorten(on.tensor);
  // max(x), max(x, dim) -> (values, indices), max(x, other).
  for (const bool largest : {true, false}) {
    const char* name = largest ? "max" : "min";
    on.both(name, [largest](const PyTensor& x) { return largest ? amax(x) : amin(x); });
    // Before the form with a dim: an integer tensor of no dims could pass for one.
    on.both(
        name,
        [largest](const PyTensor& x, const PyTensor& other) {
          return binary(largest ? BinaryOp::kMaximum : BinaryOp::kMinimum, x, other);
        },
        py::arg("other"));
    on.both(
        name,
        [=](const PyTensor& x, int64_t dim, bool keepdim) {
          return values_and_indices(name, x, dim, keepdim, largest);
        },
        py::arg("dim"), py::arg("keepdim") = false);
  }
}

}  // namespace tinytorch

// Reductions: with PyTorch's ways of naming dims, and extrema with their positions.
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

}  // namespace tinytorch

// Scans: cumsum and its kin, in place too.
#include "bindings/extra.h"
#include "extra/scan.h"

namespace tinytorch {
namespace {

using Scan = Variable (*)(const Variable&, int64_t, std::optional<DType>);

// name(dim, dtype=None) and name_(dim, dtype=None), which keeps its dtype.
void bind_scan(Surface& on, const char* name, const char* name_in_place, Scan scan) {
  const auto dim = py::arg("dim");
  const auto dtype = py::arg("dtype") = py::none();
  on.both(
      name,
      [scan](const PyTensor& x, int64_t dim, std::optional<DType> dtype) {
        return scan(x, dim, dtype);
      },
      dim, py::kw_only(), dtype);
  on.tensor.def(
      name_in_place,
      [=](const py::object& self, int64_t dim, std::optional<DType> dtype) {
        const auto x = py::cast<PyTensor>(self);
        check(!dtype || *dtype == x.dtype(), name_in_place, ": expected dtype ", x.dtype(),
              ", that of the tensor, got ", dtype.value_or(x.dtype()));
        in_place(name_in_place, x,
                 [=](const Variable& x) { return to(scan(x, dim, std::nullopt), x.dtype()); });
        return self;
      },
      dim, py::kw_only(), dtype);
}

}  // namespace

void bind_scans(Surface& on) {
  bind_scan(on, "cumsum", "cumsum_", cumsum);
  bind_scan(on, "cumprod", "cumprod_", cumprod);
  on.both(
      "logcumsumexp", [](const PyTensor& x, int64_t dim) { return logcumsumexp(x, dim); },
      py::arg("dim"));
  on.both(
      "logsumexp",
      [](const PyTensor& x, const Dims& dim, bool keepdim) { return logsumexp(x, dim, keepdim); },
      py::arg("dim"), py::arg("keepdim") = false);
  for (const bool largest : {true, false}) {
    const char* name = largest ? "cummax" : "cummin";
    on.both(
        name,
        [=](const PyTensor& x, int64_t dim) {
          static const py::handle types = py::module_::import("tinytorch._return_types").release();
          const auto [values, indices] = cumulative_extremum(x, dim, largest);
          return types.attr(name)(py::make_tuple(py::cast(values), py::cast(PyTensor(indices))));
        },
        py::arg("dim"));
  }
}

}  // namespace tinytorch

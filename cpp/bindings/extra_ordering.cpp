// Ordering: pairs of values and indices as PyTorch's named tuples.
#include "bindings/extra.h"
#include "extra/ordering.h"

namespace tinytorch {
namespace {

py::object pair_of(const char* type, const PyTensor& values, const Tensor& indices) {
  static const py::handle types = py::module_::import("tinytorch._return_types").release();
  return types.attr(type)(py::make_tuple(py::cast(values), py::cast(PyTensor(indices))));
}

// One element of each line.
py::object pick(const char* type, const char* node, const PyTensor& x, int64_t dim, bool keepdim,
                const Tensor& positions) {
  const bool stays = keepdim || positions.dim() == 0;
  return pair_of(type, taken(node, x, dim, positions, keepdim),
                 stays ? positions : squeeze(positions, dim));
}

void bind_sorts(Surface& on) {
  const auto dim = py::arg("dim") = -1;
  const auto descending = py::arg("descending") = false;
  const auto stable = py::arg("stable") = py::none();  // it always is
  on.both(
      "sort",
      [](const PyTensor& x, int64_t dim, bool descending, std::optional<bool>) {
        const Tensor at = argsort(array_of(x), dim, descending);
        return pair_of("sort", taken("SortBackward0", x, dim, at), at);
      },
      dim, descending, py::kw_only(), stable);
  on.both(
      "argsort",
      [](const PyTensor& x, int64_t dim, bool descending, std::optional<bool>) {
        return PyTensor(argsort(array_of(x), dim, descending));
      },
      dim, descending, py::kw_only(), stable);
  on.both("msort",
          [](const PyTensor& x) { return taken("MsortBackward0", x, 0, argsort(array_of(x), 0)); });
  on.both(
      "topk",
      [](const PyTensor& x, int64_t k, int64_t dim, bool largest, bool sorted) {
        const Tensor at = positions_of_top(array_of(x), k, dim, largest, sorted);
        return pair_of("topk", taken("TopkBackward0", x, dim, at), at);
      },
      py::arg("k"), dim, py::arg("largest") = true, py::arg("sorted") = true);
}

void bind_picking(Surface& on) {
  const auto keepdim = py::arg("keepdim") = false;
  on.both(
      "kthvalue",
      [](const PyTensor& x, int64_t k, int64_t dim, bool keepdim) {
        return pick("kthvalue", "KthvalueBackward0", x, dim, keepdim,
                    position_of_kth(array_of(x), k, dim));
      },
      py::arg("k"), py::arg("dim") = -1, keepdim);
  on.both(
      "mode",
      [](const PyTensor& x, int64_t dim, bool keepdim) {
        return pick("mode", "ModeBackward0", x, dim, keepdim, position_of_mode(array_of(x), dim));
      },
      py::arg("dim") = -1, keepdim);
  for (const bool ignore_nan : {false, true}) {
    const char* name = ignore_nan ? "nanmedian" : "median";
    on.both(name, [ignore_nan](const PyTensor& x) { return median(x, ignore_nan); });
    on.both(
        name,
        [=](const PyTensor& x, int64_t dim, bool keepdim) {
          const char* node = ignore_nan ? "NanmedianBackward1" : "MedianBackward1";
          return pick(name, node, x, dim, keepdim,
                      position_of_median(array_of(x), dim, ignore_nan));
        },
        py::arg("dim"), keepdim);
  }
}

}  // namespace

void bind_ordering(Surface& on) {
  bind_sorts(on);
  bind_picking(on);
  on.m.def("_unique", [](const Tensor& x, std::optional<int64_t> dim, bool consecutive) {
    const Unique found = unique(x, dim, consecutive);
    return py::make_tuple(PyTensor(found.values), PyTensor(found.inverse), PyTensor(found.counts));
  });
  on.m.def("_searchsorted", [](const Tensor& boundaries, const Tensor& values, bool right,
                               const std::optional<Tensor>& sorter) {
    return PyTensor(searchsorted(boundaries, values, right, sorter.value_or(Tensor())));
  });
}

}  // namespace tinytorch

// Reordering: flip and roll, with PyTorch's ways of naming dims.
#include "bindings/extra.h"
#include "bindings/tensor_shortcuts.h"
#include "extra/reorder.h"

namespace tinytorch {

void bind_reorder(Surface& on) {
  on.m.def(
      "flip", [](const PyTensor& x, const Dims& dims) { return flip(x, dims); }, py::arg("input"),
      py::arg("dims"));
  on.tensor.def("flip", [](const PyTensor& x, const py::args& dims) {
    check<TypeError>(!dims.empty(), "flip() missing 1 required positional arguments: \"dims\"");
    return flip(x, dims_from("flip", dims));
  });
  shortcut(
      on.m.attr("flip"), [](const PyTensor& x, const Dims& dims) { return flip(x, dims); },
      required<PyTensor>("input"), required<Dims>("dims"));
  shortcut(
      on.tensor.attr("flip"), [](const PyTensor& x, const Sizes& s) { return flip(x, s.dims); },
      required<PyTensor>("self"), required<Sizes>("dims"));
  on.both(
      "roll",
      [](const PyTensor& x, const Dims& shifts, const std::optional<Dims>& dims) {
        return roll(x, shifts, dims.value_or(Dims()));
      },
      py::arg("shifts"), py::arg("dims") = py::none());
}

}  // namespace tinytorch

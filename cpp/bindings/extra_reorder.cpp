// Reordering: flip and roll, with PyTorch's ways of naming dims.
#include "bindings/extra.h"
#include "extra/reorder.h"

namespace tinytorch {

void bind_reorder(Surface& on) {
  on.m.def(
      "flip", [](const PyTensor& x, const Dims& dims) { return flip(x, dims); }, py::arg("input"),
      py::arg("dims"));
  on.tensor.def("flip", [](const PyTensor& x, const py::args& dims) {
    return flip(x, dims_from("flip", dims));
  });
  on.both(
      "roll",
      [](const PyTensor& x, const Dims& shifts, const std::optional<Dims>& dims) {
        return roll(x, shifts, dims.value_or(Dims()));
      },
      py::arg("shifts"), py::arg("dims") = py::none());
}

}  // namespace tinytorch

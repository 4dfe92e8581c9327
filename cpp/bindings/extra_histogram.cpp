// Histograms: the counting; ranges and edges are settled in Python.
#include "bindings/extra.h"
#include "extra/histogram.h"

namespace tinytorch {

void bind_histograms(Surface& on) {
  using Weights = std::optional<PyTensor>;
  const auto array = [](const Weights& weights) { return weights ? array_of(*weights) : Tensor(); };
  on.both(
      "bincount",
      [array](const PyTensor& x, const Weights& weights, int64_t minlength) {
        return PyTensor(bincount(array_of(x), array(weights), minlength));
      },
      py::arg("weights") = py::none(), py::arg("minlength") = 0);
  on.m.def("_histogram", [array](const PyTensor& x, const PyTensor& edges, const Weights& weights,
                                 const std::string& bins) {
    const Bins kind = bins == "even"     ? Bins::kEven
                      : bins == "linear" ? Bins::kLinear
                                         : Bins::kAnyEdges;
    return PyTensor(histogram(array_of(x), array_of(edges), array(weights), kind));
  });
}

}  // namespace tinytorch

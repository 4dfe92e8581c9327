// Activations: one internal function a curve, which torch.nn.functional gives PyTorch's signature.
#include "bindings/extra.h"
#include "extra/activations.h"

namespace tinytorch {

void bind_extra_activations(Surface& on) {
  for (const Activation& curve : activation_curves()) {
    on.m.def(
        std::string("_").append(curve.name).c_str(),
        [&curve](const PyTensor& x, double a, double b, double c, bool inplace) {
          if (!inplace) return curve.apply(x, a, b, c);
          activate_(curve, x, a, b, c);
          return x;
        },
        py::arg("input"), py::arg("a") = 0.0, py::arg("b") = 0.0, py::arg("c") = 0.0,
        py::arg("inplace") = false);
  }
  on.m.def("_prelu", &prelu, py::arg("input"), py::arg("weight"));
  on.m.def(
      "_rrelu",
      [](const PyTensor& x, double low, double high, const std::optional<Ref<Generator>>& source) {
        return rrelu(x, low, high, source && *source ? **source : *default_generator());
      },
      py::arg("input"), py::arg("lower"), py::arg("upper"), py::arg("generator") = py::none());
}

}  // namespace tinytorch

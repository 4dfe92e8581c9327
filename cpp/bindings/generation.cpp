// The unit generation: filters and sampling of logits, and what of a text may be shown.
#include "modules/generation/generation.h"

#include "bindings/pytensor.h"
#include "bindings/units.h"

namespace tinytorch {

void bind_generation(py::module_& m) {
  py::module_ unit = m.def_submodule("generation", "The pure functions of the unit generation.");
  unit.def("apply_temperature", &apply_temperature, py::arg("logits"), py::arg("temperature"));
  unit.def("keep_top_k", &keep_top_k, py::arg("logits"), py::arg("k"));
  unit.def("keep_top_p", &keep_top_p, py::arg("logits"), py::arg("p"));
  unit.def("penalize", &penalize, py::arg("logits"), py::arg("ids"), py::arg("penalty"));
  unit.def(
      "race",
      [](const Tensor& probs, const Tensor& waits) {
        check(probs.dim() == 1 && probs.numel() > 0 && probs.shape() == waits.shape() &&
                  probs.dtype() == waits.dtype(),
              "race: expected two vectors of one size and dtype, got shapes ", probs.shape(),
              " and ", waits.shape());
        const Tensor x = contiguous(probs), w = contiguous(waits);
        return dispatch_floating("race", x.dtype(), [&]<class T>() {
          return generation::race_kernel.get<T>()(x.flat<const T>(), w.flat<const T>());
        });
      },
      py::arg("probs"), py::arg("waits"));
  unit.def(
      "sample",
      [](const Tensor& probs, const std::optional<Ref<Generator>>& source) {
        return sample(probs, source && *source ? **source : *default_generator());
      },
      py::arg("probs"), py::arg("generator") = py::none());
  unit.def("check_logits", &check_logits, py::arg("logits"));
  unit.def(
      "incomplete",
      [](const py::bytes& bytes) {
        return generation::incomplete(static_cast<std::string_view>(bytes));
      },
      py::arg("bytes"));
  unit.def(
      "held_back",
      [](const py::bytes& text, const std::vector<py::bytes>& stops) {
        return generation::held_back(static_cast<std::string_view>(text),
                                     std::vector<std::string>(stops.begin(), stops.end()));
      },
      py::arg("text"), py::arg("stops"));
}

}  // namespace tinytorch

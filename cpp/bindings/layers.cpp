// The layers: differentiable on the top level, pure functions in the unit's own submodule.
#include "modules/layers/layers.h"

#include "bindings/pytensor.h"
#include "bindings/tensor_shortcuts.h"
#include "bindings/units.h"

namespace tinytorch {
namespace {

using Source = std::optional<Ref<Generator>>;

Generator& generator_of(const Source& source) {
  return source && *source ? **source : *default_generator();
}

template <class T>
void bind_linear(py::module_& m) {
  m.def(
      "linear",
      [](const T& x, const T& weight, const std::optional<T>& bias) {
        return linear(x, weight, bias.value_or(T()));
      },
      py::arg("input"), py::arg("weight"), py::arg("bias") = py::none());
}

template <class T>
T dropped(const T& x, double p, bool training, const Source& source) {
  if constexpr (std::is_same_v<T, Tensor>) return dropout(x, p, training, generator_of(source)).y;
  else return dropout(x, p, training, generator_of(source));
}

py::object optional_tensor(const Tensor& x) { return x.defined() ? py::cast(x) : py::none(); }

}  // namespace

void bind_layers(py::module_& m) {
  bind_linear<PyTensor>(m);
  shortcut(
      m.attr("linear"),
      [](const PyTensor& x, const PyTensor& w, const OrNone& bias) { return linear(x, w, bias.x); },
      required<PyTensor>("input"), required<PyTensor>("weight"), defaults("bias", OrNone{}));
  m.def("dropout", &dropped<PyTensor>, py::arg("input"), py::arg("p") = 0.5,
        py::arg("training") = true, py::arg("generator") = py::none());

  py::module_ unit = m.def_submodule("layers", "The pure functions of the unit layers.");
  bind_linear<Tensor>(unit);
  unit.def("linear_backward_x", &linear_backward_x, py::arg("grad"), py::arg("weight"));
  unit.def("linear_backward_weight", &linear_backward_weight, py::arg("grad"), py::arg("x"));
  unit.def("linear_backward_bias", &linear_backward_bias, py::arg("grad"));
  unit.def(
      "dropout",
      [](const Tensor& x, double p, bool training, const Source& source) {
        const Dropped result = dropout(x, p, training, generator_of(source));
        return py::make_tuple(result.y, optional_tensor(result.mask));
      },
      py::arg("x"), py::arg("p") = 0.5, py::arg("training") = true,
      py::arg("generator") = py::none());
  unit.def(
      "dropout_backward",
      [](const Tensor& grad, const std::optional<Tensor>& mask, double p, bool training) {
        return dropout_backward(grad, mask.value_or(Tensor()), p, training);
      },
      py::arg("grad"), py::arg("mask"), py::arg("p") = 0.5, py::arg("training") = true);
  unit.def(
      "fans",
      [](const Dims& shape) {
        const Fans result = fans(shape);
        return py::make_tuple(result.in, result.out);
      },
      py::arg("shape"));
  unit.def("kaiming_std", &kaiming_std, py::arg("fan"), py::arg("gain"));
  unit.def(
      "xavier_std",
      [](int64_t fan_in, int64_t fan_out, double gain) {
        return xavier_std({fan_in, fan_out}, gain);
      },
      py::arg("fan_in"), py::arg("fan_out"), py::arg("gain") = 1.0);
  unit.def("uniform_bound", &uniform_bound, py::arg("std"));
}

}  // namespace tinytorch

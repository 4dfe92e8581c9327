// The activations: differentiable on the top level, pure pairs in the unit's own submodule.
#include "modules/activations/activations.h"

#include "bindings/pytensor.h"
#include "bindings/tensor_shortcuts.h"
#include "bindings/units.h"

namespace tinytorch {
namespace {

Gelu gelu_form(const std::string& approximate) {
  check(approximate == "none" || approximate == "tanh",
        "gelu: expected approximate \"none\" or \"tanh\", got \"", approximate, "\"");
  return approximate == "tanh" ? Gelu::kTanh : Gelu::kErf;
}

template <class T>
void bind_forward(py::module_& m) {
  m.def("relu", [](const T& x) { return relu(x); }, py::arg("input"));
  m.def("sigmoid", [](const T& x) { return sigmoid(x); }, py::arg("input"));
  m.def("tanh", [](const T& x) { return tanh(x); }, py::arg("input"));
  m.def(
      "gelu", [](const T& x, const std::string& form) { return gelu(x, gelu_form(form)); },
      py::arg("input"), py::arg("approximate") = "none");
  m.def(
      "softmax",
      [](const T& x, int64_t dim, std::optional<DType> dtype) {
        return softmax(dtype ? to(x, *dtype) : x, dim);
      },
      py::arg("input"), py::arg("dim"), py::arg("dtype") = py::none());
  m.def(
      "log_softmax",
      [](const T& x, int64_t dim, std::optional<DType> dtype) {
        return log_softmax(dtype ? to(x, *dtype) : x, dim);
      },
      py::arg("input"), py::arg("dim"), py::arg("dtype") = py::none());
}

}  // namespace

void bind_activations(py::module_& m) {
  bind_forward<PyTensor>(m);
  const auto input = required<PyTensor>("input");
  shortcut(m.attr("relu"), [](const PyTensor& x) { return relu(x); }, input);
  shortcut(m.attr("sigmoid"), [](const PyTensor& x) { return sigmoid(x); }, input);
  shortcut(m.attr("tanh"), [](const PyTensor& x) { return tanh(x); }, input);
  shortcut(
      m.attr("gelu"),
      [](const PyTensor& x, const std::string& form) { return gelu(x, gelu_form(form)); }, input,
      defaults("approximate", std::string("none")));
  shortcut(
      m.attr("softmax"), [](const PyTensor& x, int64_t dim) { return softmax(x, dim); }, input,
      required<int64_t>("dim"));
  py::object tensor = m.attr("Tensor");
  for (const char* name : {"relu", "sigmoid", "tanh", "softmax", "log_softmax"}) {
    tensor.attr(name) =
        py::reinterpret_steal<py::object>(PyInstanceMethod_New(py::object(m.attr(name)).ptr()));
  }

  py::module_ unit = m.def_submodule("activations", "The pure functions of the unit activations.");
  bind_forward<Tensor>(unit);
  unit.def("relu_backward", py::overload_cast<const Tensor&, const Tensor&>(&relu_backward),
           py::arg("grad"), py::arg("x"));
  unit.def("sigmoid_backward", py::overload_cast<const Tensor&, const Tensor&>(&sigmoid_backward),
           py::arg("grad"), py::arg("y"));
  unit.def("tanh_backward", py::overload_cast<const Tensor&, const Tensor&>(&tanh_backward),
           py::arg("grad"), py::arg("y"));
  unit.def(
      "gelu_backward",
      [](const Tensor& grad, const Tensor& x, const std::string& form) {
        return gelu_backward(grad, x, gelu_form(form));
      },
      py::arg("grad"), py::arg("x"), py::arg("approximate") = "none");
  unit.def("softmax_backward",
           py::overload_cast<const Tensor&, const Tensor&, int64_t>(&softmax_backward),
           py::arg("grad"), py::arg("y"), py::arg("dim"));
  unit.def("log_softmax_backward",
           py::overload_cast<const Tensor&, const Tensor&, int64_t>(&log_softmax_backward),
           py::arg("grad"), py::arg("y"), py::arg("dim"));
}

}  // namespace tinytorch

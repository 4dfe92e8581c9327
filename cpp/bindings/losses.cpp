// The losses: differentiable and with PyTorch's names on the top level, pure pairs in the unit's
// own submodule.
#include "modules/losses/losses.h"

#include "bindings/pytensor.h"
#include "bindings/tensor_shortcuts.h"
#include "bindings/units.h"

namespace tinytorch {
namespace {

using Optional = std::optional<Tensor>;

Reduction reduction_from(const std::string& name) {
  if (name == "none") return Reduction::kNone;
  if (name == "mean") return Reduction::kMean;
  check<ValueError>(name == "sum", "expected reduction \"none\", \"mean\" or \"sum\", got \"", name,
                    "\"");
  return Reduction::kSum;
}

BceOptions bce_options(const Optional& weight, const std::string& reduction,
                       const Optional& pos_weight) {
  return {weight.value_or(Tensor()), pos_weight.value_or(Tensor()), reduction_from(reduction)};
}

ClassOptions class_options(const Optional& weight, int64_t ignore_index,
                           const std::string& reduction, double label_smoothing = 0) {
  return {weight.value_or(Tensor()), ignore_index, reduction_from(reduction), label_smoothing};
}

// Each on arrays, as the unit has it, or on variables, as autograd does.

template <class T>
T bind_mse(const T& x, const T& target, const std::string& reduction) {
  if constexpr (std::is_same_v<T, Tensor>) return mse(x, target, reduction_from(reduction));
  else return mse_loss(x, target, reduction_from(reduction));
}

template <class T>
T bind_bce(const T& x, const T& target, const Optional& weight, const std::string& reduction) {
  const Tensor factor = weight.value_or(Tensor());
  if constexpr (std::is_same_v<T, Tensor>) return bce(x, target, factor, reduction_from(reduction));
  else return binary_cross_entropy(x, target, factor, reduction_from(reduction));
}

template <class T>
T bind_bce_with_logits(const T& x, const T& target, const Optional& weight,
                       const std::string& reduction, const Optional& pos_weight) {
  const BceOptions options = bce_options(weight, reduction, pos_weight);
  if constexpr (std::is_same_v<T, Tensor>) return bce_with_logits(x, target, options);
  else return binary_cross_entropy_with_logits(x, target, options);
}

template <class T>
T bind_nll(const T& x, const T& target, const Optional& weight, int64_t ignore_index,
           const std::string& reduction) {
  const ClassOptions options = class_options(weight, ignore_index, reduction);
  if constexpr (std::is_same_v<T, Tensor>) return nll(x, target, options);
  else return nll_loss(x, target, options);
}

template <class T>
T bind_cross_entropy(const T& x, const T& target, const Optional& weight, int64_t ignore_index,
                     const std::string& reduction, double label_smoothing) {
  const ClassOptions options = class_options(weight, ignore_index, reduction, label_smoothing);
  if constexpr (std::is_same_v<T, Tensor>) return cross_entropy(x, target, options).loss;
  else return cross_entropy(x, target, options);
}

void bind_public(py::module_& m) {
  m.def("mse_loss", &bind_mse<PyTensor>, py::arg("input"), py::arg("target"),
        py::arg("reduction") = "mean");
  m.def("binary_cross_entropy", &bind_bce<PyTensor>, py::arg("input"), py::arg("target"),
        py::arg("weight") = py::none(), py::arg("reduction") = "mean");
  m.def("binary_cross_entropy_with_logits", &bind_bce_with_logits<PyTensor>, py::arg("input"),
        py::arg("target"), py::arg("weight") = py::none(), py::arg("reduction") = "mean",
        py::arg("pos_weight") = py::none());
  m.def("nll_loss", &bind_nll<PyTensor>, py::arg("input"), py::arg("target"),
        py::arg("weight") = py::none(), py::arg("ignore_index") = -100,
        py::arg("reduction") = "mean");
  m.def("cross_entropy", &bind_cross_entropy<PyTensor>, py::arg("input"), py::arg("target"),
        py::arg("weight") = py::none(), py::arg("ignore_index") = -100,
        py::arg("reduction") = "mean", py::arg("label_smoothing") = 0.0);
}

void shorten(py::module_& m) {
  shortcut(
      m.attr("mse_loss"),
      [](const PyTensor& x, const PyTensor& target, const std::string& reduction) {
        return bind_mse(x, target, reduction);
      },
      required<PyTensor>("input"), required<PyTensor>("target"),
      defaults("reduction", std::string("mean")));
  shortcut(
      m.attr("cross_entropy"),
      [](const PyTensor& x, const PyTensor& target, const OrNone& weight, int64_t ignored,
         const std::string& reduction, double smoothing) {
        const Optional factors = weight.x.defined() ? Optional(array_of(weight.x)) : std::nullopt;
        return bind_cross_entropy(x, target, factors, ignored, reduction, smoothing);
      },
      required<PyTensor>("input"), required<PyTensor>("target"), defaults("weight", OrNone{}),
      defaults("ignore_index", int64_t{-100}), defaults("reduction", std::string("mean")),
      defaults("label_smoothing", 0.0));
}

void bind_pointwise(py::module_& unit) {
  unit.def("mse", &bind_mse<Tensor>, py::arg("x"), py::arg("target"),
           py::arg("reduction") = "mean");
  unit.def(
      "mse_backward",
      [](const Tensor& grad, const Tensor& x, const Tensor& target, const std::string& reduction) {
        return mse_backward(grad, x, target, reduction_from(reduction));
      },
      py::arg("grad"), py::arg("x"), py::arg("target"), py::arg("reduction") = "mean");
  unit.def("bce", &bind_bce<Tensor>, py::arg("x"), py::arg("target"),
           py::arg("weight") = py::none(), py::arg("reduction") = "mean");
  unit.def(
      "bce_backward",
      [](const Tensor& grad, const Tensor& x, const Tensor& target, const Optional& weight,
         const std::string& reduction) {
        return bce_backward(grad, x, target, weight.value_or(Tensor()), reduction_from(reduction));
      },
      py::arg("grad"), py::arg("x"), py::arg("target"), py::arg("weight") = py::none(),
      py::arg("reduction") = "mean");
  unit.def("bce_with_logits", &bind_bce_with_logits<Tensor>, py::arg("x"), py::arg("target"),
           py::arg("weight") = py::none(), py::arg("reduction") = "mean",
           py::arg("pos_weight") = py::none());
  unit.def(
      "bce_with_logits_backward",
      [](const Tensor& grad, const Tensor& x, const Tensor& target, const Optional& weight,
         const std::string& reduction, const Optional& pos_weight) {
        return bce_with_logits_backward(grad, x, target,
                                        bce_options(weight, reduction, pos_weight));
      },
      py::arg("grad"), py::arg("x"), py::arg("target"), py::arg("weight") = py::none(),
      py::arg("reduction") = "mean", py::arg("pos_weight") = py::none());
}

void bind_classes(py::module_& unit) {
  unit.def("nll", &bind_nll<Tensor>, py::arg("x"), py::arg("target"),
           py::arg("weight") = py::none(), py::arg("ignore_index") = -100,
           py::arg("reduction") = "mean");
  unit.def(
      "nll_backward",
      [](const Tensor& grad, const Tensor& x, const Tensor& target, const Optional& weight,
         int64_t ignore_index, const std::string& reduction) {
        return nll_backward(grad, x, target, class_options(weight, ignore_index, reduction));
      },
      py::arg("grad"), py::arg("x"), py::arg("target"), py::arg("weight") = py::none(),
      py::arg("ignore_index") = -100, py::arg("reduction") = "mean");
  unit.def(
      "cross_entropy",
      [](const Tensor& x, const Tensor& target, const Optional& weight, int64_t ignore_index,
         const std::string& reduction, double label_smoothing) {
        const CrossEntropyResult result = cross_entropy(
            x, target, class_options(weight, ignore_index, reduction, label_smoothing));
        return py::make_tuple(result.loss, result.softmax);
      },
      py::arg("x"), py::arg("target"), py::arg("weight") = py::none(),
      py::arg("ignore_index") = -100, py::arg("reduction") = "mean",
      py::arg("label_smoothing") = 0.0);
  unit.def(
      "cross_entropy_backward",
      [](const Tensor& grad, const Tensor& softmax, const Tensor& target, const Optional& weight,
         int64_t ignore_index, const std::string& reduction, double label_smoothing) {
        return cross_entropy_backward(
            grad, softmax, target, class_options(weight, ignore_index, reduction, label_smoothing));
      },
      py::arg("grad"), py::arg("softmax"), py::arg("target"), py::arg("weight") = py::none(),
      py::arg("ignore_index") = -100, py::arg("reduction") = "mean",
      py::arg("label_smoothing") = 0.0);
}

}  // namespace

void bind_losses(py::module_& m) {
  bind_public(m);
  shorten(m);
  py::module_ unit = m.def_submodule("losses", "The pure functions of the unit losses.");
  bind_pointwise(unit);
  bind_classes(unit);
}

}  // namespace tinytorch

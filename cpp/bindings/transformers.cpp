// Transformers: norms, SwiGLU and the block; pure functions in the unit's own submodule.
#include "modules/transformers/transformers.h"

#include "bindings/pytensor.h"
#include "bindings/tensor_shortcuts.h"
#include "bindings/units.h"

namespace tinytorch {
namespace {

using Optional = std::optional<Tensor>;
using OptionalVariable = std::optional<Variable>;

Tensor or_none(const Optional& x) { return x.value_or(Tensor()); }
Variable or_none(const OptionalVariable& x) { return x.value_or(Variable()); }

// weights: the twelve of BlockWeights in their order, None for a bias that is not there.
BlockWeights weights_of(const std::vector<OptionalVariable>& given) {
  check<ValueError>(given.size() == 12, "block: expected 12 weights, got ", given.size());
  std::vector<Variable> w;
  for (const OptionalVariable& weight : given) w.push_back(or_none(weight));
  return {w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9], w[10], w[11]};
}

Variable block_of(const Variable& x, const std::vector<OptionalVariable>& weights, int64_t heads,
                  double dropout, const Optional& angles, const std::string& gelu) {
  check(x.dim() == 3, "block: expected x of shape (B, T, C), got ", x.shape());
  check<ValueError>(gelu == "none" || gelu == "tanh",
                    "block: expected approximate \"none\" or \"tanh\", got ", gelu);
  return block(x, weights_of(weights),
               {heads, dropout, or_none(angles), gelu == "none" ? Gelu::kErf : Gelu::kTanh});
}

void bind_norms(py::module_& unit) {
  unit.def(
      "layer_norm",
      [](const Tensor& x, const Optional& weight, const Optional& bias, double eps) {
        const Normed result = layer_norm(x, {x.size(-1)}, or_none(weight), or_none(bias), eps);
        return py::make_tuple(result.y, result.mean, result.rstd);
      },
      py::arg("x"), py::arg("weight") = py::none(), py::arg("bias") = py::none(),
      py::arg("eps") = 1e-5);
  unit.def(
      "layer_norm_backward",
      [](const Tensor& grad, const Tensor& x, const Tensor& mean, const Tensor& rstd,
         const Optional& weight) {
        return layer_norm_backward(grad, x, {x.size(-1)}, or_none(weight),
                                   {{}, contiguous(mean), contiguous(rstd)}, {true, false, false})
            .x;
      },
      py::arg("grad"), py::arg("x"), py::arg("mean"), py::arg("rstd"),
      py::arg("weight") = py::none());
  unit.def(
      "layer_norm_backward_weight",
      [](const Tensor& grad, const Tensor& x, const Tensor& mean, const Tensor& rstd) {
        const NormGradients result =
            layer_norm_backward(grad, x, {x.size(-1)}, {}, {{}, contiguous(mean), contiguous(rstd)},
                                {false, true, true});
        return py::make_tuple(result.weight, result.bias);
      },
      py::arg("grad"), py::arg("x"), py::arg("mean"), py::arg("rstd"));
  unit.def(
      "rms_norm",
      [](const Tensor& x, const Optional& weight, double eps) {
        const Normed result = rms_norm(x, {x.size(-1)}, or_none(weight), eps);
        return py::make_tuple(result.y, result.rstd);
      },
      py::arg("x"), py::arg("weight") = py::none(), py::arg("eps") = 1e-5);
  unit.def(
      "rms_norm_backward",
      [](const Tensor& grad, const Tensor& x, const Tensor& rstd, const Optional& weight) {
        return rms_norm_backward(grad, x, {x.size(-1)}, or_none(weight), {{}, {}, contiguous(rstd)},
                                 {true, false, false})
            .x;
      },
      py::arg("grad"), py::arg("x"), py::arg("rstd"), py::arg("weight") = py::none());
}

}  // namespace

void bind_transformers(py::module_& m) {
  m.def(
      "layer_norm",
      [](const Variable& x, const Dims& over, const OptionalVariable& weight,
         const OptionalVariable& bias, double eps,
         bool /*cudnn*/) { return layer_norm(x, over, or_none(weight), or_none(bias), eps); },
      py::arg("input"), py::arg("normalized_shape"), py::arg("weight") = py::none(),
      py::arg("bias") = py::none(), py::arg("eps") = 1e-5, py::arg("cudnn_enable") = true);
  shortcut(
      m.attr("layer_norm"),
      [](const Variable& x, const Dims& over, const OrNone& weight, const OrNone& bias,
         double eps) { return layer_norm(x, over, weight.x, bias.x, eps); },
      required<Variable>("input"), required<Dims>("normalized_shape"), defaults("weight", OrNone{}),
      defaults("bias", OrNone{}), defaults("eps", 1e-5));
  m.def(
      "rms_norm",
      [](const Variable& x, const Dims& over, const OptionalVariable& weight,
         std::optional<double> eps) { return rms_norm(x, over, or_none(weight), eps); },
      py::arg("input"), py::arg("normalized_shape"), py::arg("weight") = py::none(),
      py::arg("eps") = py::none());
  m.def(
      "_swiglu", [](const Variable& gate, const Variable& up) { return swiglu(gate, up); },
      py::arg("gate"), py::arg("up"));
  m.def("_block", &block_of, py::arg("x"), py::arg("weights"), py::arg("heads"),
        py::arg("dropout") = 0.0, py::arg("angles") = py::none(), py::arg("gelu") = "tanh");

  py::module_ unit =
      m.def_submodule("transformers", "The pure functions of the unit transformers.");
  bind_norms(unit);
  unit.def(
      "swiglu", [](const Tensor& gate, const Tensor& up) { return swiglu(gate, up); },
      py::arg("gate"), py::arg("up"));
  unit.def(
      "swiglu_backward",
      [](const Tensor& grad, const Tensor& gate, const Tensor& up) {
        const SwigluGradients result = swiglu_backward(grad, gate, up);
        return py::make_tuple(result.gate, result.up);
      },
      py::arg("grad"), py::arg("gate"), py::arg("up"));
  unit.def(
      "block",
      [](const Tensor& x, const std::vector<Optional>& weights, int64_t heads, double dropout,
         const Optional& angles, const std::string& gelu) {
        std::vector<OptionalVariable> given;
        for (const Optional& w : weights) {
          given.push_back(w ? OptionalVariable(Variable(*w)) : std::nullopt);
        }
        return block_of(Variable(x), given, heads, dropout, angles, gelu).data();
      },
      py::arg("x"), py::arg("weights"), py::arg("heads"), py::arg("dropout") = 0.0,
      py::arg("angles") = py::none(), py::arg("gelu") = "tanh");
  unit.def(
      "parameters",
      [](int64_t vocabulary, int64_t context, int64_t layers, int64_t width) {
        return transformers::parameters({vocabulary, context, layers, width});
      },
      py::arg("vocabulary"), py::arg("context"), py::arg("layers"), py::arg("width"));
}

}  // namespace tinytorch

// Embeddings: differentiable on the top level, pure functions in the unit's own submodule.
#include "modules/embeddings/embeddings.h"

#include "bindings/pytensor.h"
#include "bindings/tensor_shortcuts.h"
#include "bindings/units.h"

namespace tinytorch {
namespace {

BagMode mode_from(const std::string& name) {
  if (name == "sum") return BagMode::kSum;
  if (name == "mean") return BagMode::kMean;
  check<ValueError>(name == "max", "embedding_bag: mode has to be one of sum, mean or max, got ",
                    name);
  return BagMode::kMax;
}

Tensor tensor_or_none(const std::optional<Tensor>& x) { return x.value_or(Tensor()); }

}  // namespace

void bind_embeddings(py::module_& m) {
  m.def(
      "embedding",
      [](const Variable& weight, const Tensor& ids, int64_t padding, bool by_frequency,
         bool /*sparse*/) { return embedding(weight, ids, padding, by_frequency); },
      py::arg("weight"), py::arg("indices"), py::arg("padding_idx") = -1,
      py::arg("scale_grad_by_freq").noconvert() = false, py::arg("sparse").noconvert() = false);
  shortcut(
      m.attr("embedding"),
      [](const Variable& weight, const Variable& ids, int64_t padding, bool by_frequency, bool) {
        return embedding(weight, ids.data(), padding, by_frequency);
      },
      required<Variable>("weight"), required<Variable>("indices"),
      defaults("padding_idx", int64_t{-1}), defaults("scale_grad_by_freq", false),
      defaults("sparse", false));
  m.def(
      "_embedding_bag",
      [](const Variable& weight, const Tensor& ids, const Tensor& offsets, const std::string& mode,
         const std::optional<Variable>& sample_weights, bool include_last, int64_t padding,
         bool by_frequency) {
        return embedding_bag(weight, ids, offsets, mode_from(mode),
                             sample_weights.value_or(Variable()), include_last, padding,
                             by_frequency);
      },
      py::arg("weight"), py::arg("indices"), py::arg("offsets"), py::arg("mode"),
      py::arg("per_sample_weights") = py::none(),
      py::arg("include_last_offset").noconvert() = false, py::arg("padding_idx") = -1,
      py::arg("scale_grad_by_freq").noconvert() = false);
  m.def(
      "embedding_renorm_",
      [](const Variable& weight, const Tensor& ids, double max_norm, double norm_type) {
        check_writable("embedding_renorm_", weight);
        embedding_renorm_(weight.data(), ids, max_norm, norm_type);
        bump_version(weight);
        return weight;
      },
      py::arg("weight"), py::arg("indices"), py::arg("max_norm"), py::arg("norm_type"));
  m.def(
      "_rotate", [](const Variable& x, const Tensor& table) { return rotate(x, table); },
      py::arg("x"), py::arg("table"));

  py::module_ unit = m.def_submodule("embeddings", "The pure functions of the unit embeddings.");
  unit.def(
      "lookup", [](const Tensor& weight, const Tensor& ids) { return embedding(weight, ids); },
      py::arg("weight"), py::arg("ids"));
  unit.def("lookup_backward", &embedding_backward, py::arg("grad"), py::arg("ids"), py::arg("rows"),
           py::arg("padding") = -1, py::arg("by_frequency") = false);
  unit.def(
      "bag",
      [](const Tensor& weight, const Tensor& ids, const Tensor& offsets, const std::string& mode,
         const std::optional<Tensor>& sample_weights, bool include_last, int64_t padding) {
        return embedding_bag(weight, ids, offsets, mode_from(mode), tensor_or_none(sample_weights),
                             include_last, padding)
            .y;
      },
      py::arg("weight"), py::arg("ids"), py::arg("offsets"), py::arg("mode") = "sum",
      py::arg("sample_weights") = py::none(), py::arg("include_last") = false,
      py::arg("padding") = -1);
  unit.def(
      "sinusoidal",
      [](int64_t length, int64_t width, double base, std::optional<DType> dtype) {
        return sinusoidal(length, width, base, dtype.value_or(default_dtype()));
      },
      py::arg("length"), py::arg("width"), py::arg("base") = 10000.0,
      py::arg("dtype") = py::none());
  unit.def(
      "rotate", [](const Tensor& x, const Tensor& table) { return rotate(x, table); }, py::arg("x"),
      py::arg("table"));
  unit.def("rotate_backward", &rotate_backward, py::arg("grad"), py::arg("table"));
}

}  // namespace tinytorch

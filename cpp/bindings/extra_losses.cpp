// Losses: internal functions, which torch.nn.functional gives PyTorch's signatures.
#include "bindings/extra.h"
#include "extra/ctc.h"
#include "extra/losses.h"

namespace tinytorch {
namespace {

Reduction reduction_from(const std::string& name) {
  if (name == "none") return Reduction::kNone;
  if (name == "mean") return Reduction::kMean;
  check<ValueError>(name == "sum", name, " is not a valid value for reduction");
  return Reduction::kSum;
}

}  // namespace

void bind_extra_losses(Surface& on) {
  for (const PairLoss& loss : pair_losses()) {
    on.m.def(
        std::string("_").append(loss.name).c_str(),
        [&loss](const PyTensor& x, const PyTensor& target, const std::string& reduction,
                double number) { return loss.apply(x, target, number, reduction_from(reduction)); },
        py::arg("input"), py::arg("target"), py::arg("reduction"), py::arg("number") = 0.0);
  }
  on.m.def(
      "_multi_margin_loss",
      [](const PyTensor& x, const PyTensor& target, int64_t p, double margin,
         const std::optional<PyTensor>& weight, const std::string& reduction) {
        return multi_margin_loss(x, target.data(), p, margin, weight ? weight->data() : Tensor(),
                                 reduction_from(reduction));
      },
      py::arg("input"), py::arg("target"), py::arg("p"), py::arg("margin"),
      py::arg("weight") = py::none(), py::arg("reduction") = "mean");
  on.m.def(
      "_multilabel_margin_loss",
      [](const PyTensor& x, const PyTensor& target, const std::string& reduction) {
        return multilabel_margin_loss(x, target.data(), reduction_from(reduction));
      },
      py::arg("input"), py::arg("target"), py::arg("reduction") = "mean");
  on.m.def(
      "_ctc_loss",
      [](const PyTensor& log_probs, const PyTensor& targets,
         const std::vector<int64_t>& input_lengths, const std::vector<int64_t>& target_lengths,
         int64_t blank, bool zero_infinity) {
        return ctc_loss(log_probs, targets.data(), input_lengths, target_lengths, blank,
                        zero_infinity);
      },
      py::arg("log_probs"), py::arg("targets"), py::arg("input_lengths"), py::arg("target_lengths"),
      py::arg("blank"), py::arg("zero_infinity"));
}

}  // namespace tinytorch

// Recurrent nets: one direction of one layer, which torch.nn makes layers of.
#include "bindings/extra.h"
#include "extra/recurrent.h"

namespace tinytorch {
namespace {

Cell cell_from(const std::string& name) {
  if (name == "RNN_TANH") return Cell::kTanh;
  if (name == "RNN_RELU") return Cell::kRelu;
  if (name == "LSTM") return Cell::kLstm;
  check<ValueError>(name == "GRU", "unknown kind of recurrent net: ", name);
  return Cell::kGru;
}

}  // namespace

void bind_recurrent(Surface& on) {
  on.m.def(
      "_recur",
      [](const std::string& cell, const std::vector<int64_t>& batch_sizes, bool reverse,
         const Variable& inputs, const Variable& h, const std::optional<Variable>& c,
         const Variable& weight, const std::optional<Variable>& bias,
         const std::optional<Variable>& projection) {
        const Remembered result =
            recur({cell_from(cell), batch_sizes, reverse}, inputs, h, c.value_or(Variable()),
                  weight, bias.value_or(Variable()), projection.value_or(Variable()));
        return py::make_tuple(result.output, result.h, result.c);
      },
      py::arg("cell"), py::arg("batch_sizes"), py::arg("reverse"), py::arg("inputs"), py::arg("h"),
      py::arg("c"), py::arg("weight"), py::arg("bias") = py::none(),
      py::arg("projection") = py::none());
}

}  // namespace tinytorch

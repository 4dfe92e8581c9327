// Views of several parts: one node whose outputs are the parts, so that one backward joins them.
#include <algorithm>

#include "modules/autograd/functions.h"

namespace tinytorch {
namespace {

// The gradient by x holds those by its parts side by side, zero for a part that nobody used.
struct Parts final : Node {
  Parts(const char* name, const Tensor& x, Lengths sizes, int64_t along, bool keeps)
      : Node(name, 1),
        shape(x.shape()),
        dtype(x.dtype()),
        lengths(std::move(sizes)),
        dim(along),
        keeps_dim(keeps) {}

  uint32_t outputs() const override { return static_cast<uint32_t>(lengths.size()); }

  void backward(const Tensor* grads, Tensor* results, const bool*) override {
    const auto is_used = [](const Tensor& grad) { return grad.defined(); };
    const bool all_used = std::all_of(grads, grads + lengths.size(), is_used);
    const Tensor whole = all_used ? empty(shape, dtype) : zeros(shape, dtype);
    int64_t start = 0;
    for (size_t k = 0; k < lengths.size(); ++k) {
      const Tensor part = slice(whole, dim, start, start + lengths[k]);
      if (grads[k].defined()) copy_(part, keeps_dim ? grads[k] : unsqueeze(grads[k], dim));
      start += lengths[k];
    }
    results[0] = whole;
  }

  Shape shape;
  DType dtype;
  Lengths lengths;
  int64_t dim;
  bool keeps_dim;
};

std::vector<Variable> record_parts(const char* name, const Variable& x, std::vector<Tensor> parts,
                                   const Lengths& lengths, int64_t dim, bool keeps_dim) {
  Ref<Node> node;
  if (x.requires_grad() && grad_enabled() && !parts.empty()) {
    node = Ref<Node>(new Parts(name, x.data(), lengths, wrap_dim(name, dim, x.dim()), keeps_dim));
    node->edges[0] = edge_to(x);
  }
  std::vector<Variable> outputs;
  for (Tensor& part : parts) {
    const Variable& y = outputs.emplace_back(std::move(part));
    if (node) set_history(y, node, static_cast<uint32_t>(outputs.size() - 1));
    set_view(y, x);
    if (grad_enabled()) y.impl()->view_kind = ViewKind::kOneOfSeveral;
  }
  return outputs;
}

}  // namespace

std::vector<Variable> split(const Variable& x, const Lengths& lengths, int64_t dim) {
  return record_parts("SplitBackward0", x, split(x.data(), lengths, dim), lengths, dim, true);
}

std::vector<Variable> unbind(const Variable& x, int64_t dim) {
  std::vector<Tensor> parts = unbind(x.data(), dim);
  const Lengths ones(parts.size(), 1);
  return record_parts("UnbindBackward0", x, std::move(parts), ones, dim, false);
}

}  // namespace tinytorch

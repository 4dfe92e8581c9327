// Embeddings, recorded: lookups, bags and rotations of variables, each beside its gradient.
#include "modules/autograd/functions.h"
#include "modules/embeddings/embeddings.h"

namespace tinytorch {

Variable embedding(const Variable& weight, const Tensor& ids, int64_t padding, bool by_frequency) {
  return record(
      "EmbeddingBackward0", embedding(weight.data(), ids),
      saving(ids, weight.shape(), padding, by_frequency),
      by(weight, [](auto& grad, auto& ids, auto& shape, auto& padding, auto& by_frequency) {
        return embedding_backward(grad, ids, shape[0], padding, by_frequency);
      }));
}

Variable embedding_bag(const Variable& weight, const Tensor& ids, const Tensor& offsets,
                       BagMode mode, const Variable& sample_weights, bool include_last,
                       int64_t padding, bool by_frequency) {
  const bool weighted = sample_weights.defined();
  const Tensor factors = weighted ? sample_weights.data() : Tensor();
  const auto [y, bags] =
      embedding_bag(weight.data(), ids, offsets, mode, factors, include_last, padding);
  return record("EmbeddingBagBackward0", y,
                saving(bags, weight, weighted ? ids.shape() : Shape{0}, by_frequency),
                by(weight,
                   [](auto& grad, auto& bags, auto& weight, auto&, auto& by_frequency) {
                     return embedding_bag_backward(grad, bags, weight.shape()[0], by_frequency);
                   }),
                by(sample_weights, [](auto& grad, auto& bags, auto& weight, auto& shape, auto&) {
                  // By the factor of an id: its bag's gradient along its row; padding has none.
                  const Tensor rows = embedding(weight.get(), bags.ids);
                  const Tensor along = sum(embedding(grad, bags.bag_of) * rows, Dims{1});
                  Tensor whole = zeros(shape, grad.dtype());
                  scatter_add_(whole, 0, bags.kept, along);
                  return whole;
                }));
}

Variable rotate(const Variable& x, const Tensor& table) {
  return record("RotateBackward0", rotate(x.data(), table), saving(table),
                by(x, [](auto& grad, auto& table) { return rotate_backward(grad, table); }));
}

}  // namespace tinytorch

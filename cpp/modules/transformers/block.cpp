// The block that transformers stack, and how many numbers a stack learns.
#include "modules/transformers/transformers.h"

namespace tinytorch {

int64_t transformers::parameters(const Sizes& sizes) {
  // TASK transformers.parameters (2 points): count the rows of both tables, one block, and the last
  // norm.
  const int64_t c = sizes.width;
  const int64_t attention = (c + 1) * 3 * c + (c + 1) * c;
  const int64_t mlp = (c + 1) * 4 * c + (4 * c + 1) * c;
  const int64_t tables = (sizes.vocabulary + sizes.context) * c;
  return tables + sizes.layers * (4 * c + attention + mlp) + 2 * c;
  // END TASK
}

Variable block(const Variable& x, const BlockWeights& weights, const BlockOptions& options) {
  [[maybe_unused]] const Shape over{x.data().size(-1)};
  [[maybe_unused]] const auto norm1 = [&](const Variable& h) {
    return layer_norm(h, over, weights.norm1_weight, weights.norm1_bias);
  };
  [[maybe_unused]] const auto norm2 = [&](const Variable& h) {
    return layer_norm(h, over, weights.norm2_weight, weights.norm2_bias);
  };
  [[maybe_unused]] const auto turned = [&](const Variable& h) {
    return options.angles.defined() ? rotate(h, options.angles) : h;
  };
  // TASK transformers.block (5 points): norm1, the three projections of qkv at once, split into
  // heads (queries and keys turned), causal attention, heads merged, the output's projection, added
  // to x; then norm2, up, gelu, down, added again. dropout(h, options.dropout) before each
  // addition.
  const int64_t c = over[0];
  const std::vector<Variable> qkv =
      split(linear(norm1(x), weights.qkv_weight, weights.qkv_bias), {c, c, c}, 2);
  AttentionOptions causal;
  causal.causal = true;
  causal.dropout = options.dropout;
  const Variable y = scaled_dot_product_attention(turned(split_heads(qkv[0], options.heads)),
                                                  turned(split_heads(qkv[1], options.heads)),
                                                  split_heads(qkv[2], options.heads), causal);
  const Variable attended = linear(merge_heads(y), weights.out_weight, weights.out_bias);
  const Variable h = x + dropout(attended, options.dropout);
  const Variable up = gelu(linear(norm2(h), weights.up_weight, weights.up_bias), options.gelu);
  return h + dropout(linear(up, weights.down_weight, weights.down_bias), options.dropout);
  // END TASK
}

}  // namespace tinytorch

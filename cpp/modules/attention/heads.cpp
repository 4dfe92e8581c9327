// Heads: one wide vector a position, seen as several narrow ones.
#include "modules/attention/attention.h"

namespace tinytorch {

namespace attention {

Layout split_heads(const Layout& x, int64_t heads) {
  // TASK attention.split_heads (3 points): only shape and strides change, no number moves.
  const int64_t width = x.shape[2] / heads;
  return {{x.shape[0], heads, x.shape[1], width},
          {x.strides[0], width * x.strides[2], x.strides[1], x.strides[2]}};
  // END TASK
}

}  // namespace attention

Tensor split_heads(const Tensor& x, int64_t heads) {
  check(x.dim() == 3, "split_heads: expected x of shape (B, T, C), got ", x.shape());
  check<ValueError>(heads > 0 && x.shape()[2] % heads == 0, "split_heads: ", heads,
                    " heads do not divide a width of ", x.shape()[2]);
  const auto [shape, strides] = attention::split_heads({x.shape(), x.strides()}, heads);
  return as_strided(x, shape, strides, x.offset());
}

Tensor merge_heads(const Tensor& x) {
  check(x.dim() == 4, "merge_heads: expected x of shape (B, heads, T, width), got ", x.shape());
  const Shape& shape = x.shape();
  return reshape(transpose(x, 1, 2), {shape[0], shape[2], shape[1] * shape[3]});
}

Variable split_heads(const Variable& x, int64_t heads) {
  return record_view("TransposeBackward0", split_heads(x.data(), heads), saving(),
                     by(x, [](auto& grad) { return merge_heads(grad); }));
}

Variable merge_heads(const Variable& x) {
  check(x.dim() == 4, "merge_heads: expected x of shape (B, heads, T, width), got ", x.shape());
  const Shape& shape = x.shape();
  return reshape(transpose(x, 1, 2), {shape[0], shape[2], shape[1] * shape[3]});
}

}  // namespace tinytorch

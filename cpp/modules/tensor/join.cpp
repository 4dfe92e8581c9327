// Joining: cat along a dimension, stack along a new one.
#include "modules/tensor/tensor.h"

namespace tinytorch {

Tensor cat(const std::vector<Tensor>& tensors, int64_t dim) {
  check<ValueError>(!tensors.empty(), "cat: expected at least one tensor, got none");
  // PyTorch lets a tensor of shape (0,) join anything.
  const auto is_nothing = [](const Tensor& x) { return x.dim() == 1 && x.numel() == 0; };
  const Tensor* model = nullptr;
  DType dtype = tensors.front().dtype();
  for (const Tensor& x : tensors) {
    check(x.dim() > 0, "cat: a 0-d tensor cannot be joined; use stack");
    dtype = promote(dtype, x.dtype());
    if (!model && !is_nothing(x)) model = &x;
  }
  if (!model) return empty({0}, dtype);
  dim = wrap_dim("cat", dim, model->dim());
  Shape shape = model->shape();
  shape[dim] = 0;
  for (const Tensor& x : tensors) {
    if (is_nothing(x) && model->dim() != 1) continue;
    check(x.dim() == model->dim(), "cat: expected tensors of ", model->dim(), " dims, got shape ",
          x.shape());
    for (int64_t d = 0; d < x.dim(); ++d) {
      check(d == dim || x.shape()[d] == shape[d], "cat: sizes must agree except along dim ", dim,
            ", got ", model->shape(), " and ", x.shape());
    }
    shape[dim] += x.shape()[dim];
  }
  Tensor joined = empty(shape, dtype);
  int64_t start = 0;
  for (const Tensor& x : tensors) {
    if (is_nothing(x) && model->dim() != 1) continue;
    const int64_t stop = start + x.shape()[dim];
    copy_(slice(joined, dim, start, stop), x);
    start = stop;
  }
  return joined;
}

Tensor stack(const std::vector<Tensor>& tensors, int64_t dim) {
  check(!tensors.empty(), "stack: expected at least one tensor, got none");
  std::vector<Tensor> rows;
  rows.reserve(tensors.size());
  for (const Tensor& x : tensors) {
    check(x.shape() == tensors.front().shape(), "stack: expected equal shapes, got ",
          tensors.front().shape(), " and ", x.shape());
    rows.push_back(unsqueeze(x, wrap_dim("stack", dim, x.dim() + 1)));
  }
  return cat(rows, wrap_dim("stack", dim, tensors.front().dim() + 1));
}

}  // namespace tinytorch

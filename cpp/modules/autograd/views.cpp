// Views: a gradient by a part of a tensor is a gradient by the whole, zero outside the part.
#include "modules/autograd/functions.h"

namespace tinytorch {
Variable view(const Variable& x, const Shape& shape) {
  return record_view("ViewBackward0", view(x.data(), shape), saving(x.shape()),
                     by(x, [](auto& grad, auto& shape) { return reshape(grad, shape); }));
}

Variable reshape(const Variable& x, const Shape& shape) {
  Tensor y = reshape(x.data(), shape);
  const bool shares = y.storage() == x.data().storage();
  const auto rule = by(x, [](auto& grad, auto& shape) { return reshape(grad, shape); });
  if (shares) return record_view("ViewBackward0", std::move(y), saving(x.shape()), rule);
  return record("UnsafeViewBackward0", std::move(y), saving(x.shape()), rule);
}

Variable flatten(const Variable& x, int64_t start_dim, int64_t end_dim) {
  return reshape(x, flatten(x.data(), start_dim, end_dim).shape());
}

Variable permute(const Variable& x, const Dims& dims) {
  return record_view("PermuteBackward0", permute(x.data(), dims), saving(dims),
                     by(x, [](auto& grad, auto& dims) {
                       Dims inverse = dims;
                       for (int64_t i = 0; i < dims.size(); ++i)
                         inverse[wrap_dim("permute", dims[i], dims.size())] = i;
                       return permute(grad, inverse);
                     }));
}

Variable transpose(const Variable& x, int64_t dim0, int64_t dim1) {
  return record_view(
      "TransposeBackward0", transpose(x.data(), dim0, dim1), saving(dim0, dim1),
      by(x, [](auto& grad, auto& dim0, auto& dim1) { return transpose(grad, dim0, dim1); }));
}

Variable slice(const Variable& x, int64_t dim, int64_t start, int64_t stop, int64_t step) {
  // TASK autograd.slice (3 points): a slice of zeros is a view, and copy_ writes through a view.
  return record_view(
      "SliceBackward0", slice(x.data(), dim, start, stop, step),
      saving(x.shape(), dim, start, stop, step),
      by(x, [](auto& grad, auto& shape, auto& dim, auto& start, auto& stop, auto& step) {
        Tensor whole = zeros(shape, grad.dtype());
        copy_(slice(whole, dim, start, stop, step), grad);
        return whole;
      }));
  // END TASK
}

Variable select(const Variable& x, int64_t dim, int64_t index) {
  return record_view("SelectBackward0", select(x.data(), dim, index), saving(x.shape(), dim, index),
                     by(x, [](auto& grad, auto& shape, auto& dim, auto& index) {
                       Tensor whole = zeros(shape, grad.dtype());
                       copy_(select(whole, dim, index), grad);
                       return whole;
                     }));
}

Variable unsqueeze(const Variable& x, int64_t dim) {
  return record_view("UnsqueezeBackward0", unsqueeze(x.data(), dim), saving(x.shape()),
                     by(x, [](auto& grad, auto& shape) { return reshape(grad, shape); }));
}

Variable squeeze(const Variable& x, std::optional<int64_t> dim) {
  return record_view(dim ? "SqueezeBackward1" : "SqueezeBackward0", squeeze(x.data(), dim),
                     saving(x.shape()),
                     by(x, [](auto& grad, auto& shape) { return reshape(grad, shape); }));
}

Variable expand(const Variable& x, const Shape& shape) {
  return record_view("ExpandBackward0", expand(x.data(), shape), saving(x.shape()),
                     by(x, [](auto& grad, auto& shape) { return sum_to(grad, shape); }));
}

Variable view_dtype(const Variable& x, DType dtype) {
  Variable y(view_dtype(x.data(), dtype));
  y.impl()->own_version = x.impl()->own_version;
  return y;
}

}  // namespace tinytorch

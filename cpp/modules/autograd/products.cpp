// Matrix products: the gradient by each factor is a product with the other one, transposed.
#include "modules/autograd/functions.h"

namespace tinytorch {
namespace {

// As PyTorch calls them, by the ranks that it folds into one product.
const char* product_name(int64_t a, int64_t b) {
  if (a == 1 && b == 1) return "DotBackward0";
  if (a == 2 && b == 1) return "MvBackward0";
  if (a == 1 && b == 2) return "SqueezeBackward4";
  if (a == 2 && b == 2) return "MmBackward0";
  return "UnsafeViewBackward0";
}

// The dims of size 1 that matmul gives to vectors: a (K) -> (1, K), b (K) -> (K, 1), and its
// result.
Tensor as_rows(const Tensor& a) { return a.dim() == 1 ? unsqueeze(a, 0) : a; }
Tensor as_columns(const Tensor& b) { return b.dim() == 1 ? unsqueeze(b, 1) : b; }
Tensor as_product(const Tensor& c, int64_t dims_a, int64_t dims_b) {
  const Tensor columns = dims_b == 1 ? unsqueeze(c, -1) : c;
  return dims_a == 1 ? unsqueeze(columns, -2) : columns;
}

Tensor transposed(const Tensor& x) { return transpose(x, -2, -1); }

// (..., M, K) -> (... M, K): a batch of matrices as one with more rows.
Tensor gathered(const Tensor& x) {
  const Shape leading(x.shape().begin(), x.shape().end() - 1);
  return reshape(x, {numel(leading), x.shape().back()});
}

}  // namespace

Variable matmul(const Variable& a, const Variable& b) {
  // TASK autograd.matmul (5 points): by a: grad b^T; by b: a^T grad; then sum_to the shape.
  return record(product_name(a.dim(), b.dim()), matmul(a.data(), b.data()), saving(a, b),
                by(a,
                   [](auto& grad, auto& a, auto& b) {
                     const Tensor product = as_product(grad, a.dim(), b.dim());
                     const Tensor grad_a = matmul(product, transposed(as_columns(b)));
                     return reshape(sum_to(grad_a, as_rows(a).shape()), a.shape());
                   }),
                by(b, [](auto& grad, auto& a, auto& b) {
                  const Tensor product = as_product(grad, a.dim(), b.dim()), rows = as_rows(a);
                  if (b.dim() <= 2)
                    return reshape(matmul(transposed(gathered(rows)), gathered(product)),
                                   b.shape());
                  return sum_to(matmul(transposed(rows), product), b.shape());
                }));
  // END TASK
}

}  // namespace tinytorch

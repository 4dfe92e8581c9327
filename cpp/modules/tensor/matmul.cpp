// Matrix products: the three loops, and the ranks that lead to them.
#include "core/parallel.h"
#include "modules/tensor/tensor.h"

namespace tinytorch {
namespace tensor {

template <class T>
void matmul(Strided<const T, 2> a, Strided<const T, 2> b, View<T, 2> c) {
  // TASK tensor.matmul (6 points): the order i, k, j walks rows of b and c, which lie together in
  // memory.
  for (int64_t i = 0; i < c.size(0); ++i) {
    for (int64_t j = 0; j < c.size(1); ++j) c(i, j) = 0;
    for (int64_t k = 0; k < a.size(1); ++k) {
      const T scale = a(i, k);
      for (int64_t j = 0; j < c.size(1); ++j) c(i, j) += scale * b(k, j);
    }
  }
  // END TASK
}

template void matmul(Strided<const float, 2>, Strided<const float, 2>, View<float, 2>);
template void matmul(Strided<const double, 2>, Strided<const double, 2>, View<double, 2>);
template void matmul(Strided<const int64_t, 2>, Strided<const int64_t, 2>, View<int64_t, 2>);

Kernel<MatrixProduct> matmul_kernel("tensor.matmul", matmul<float>, matmul<double>);

namespace {

template <class T>
Strided<const T, 2> matrix(const Tensor& x, int64_t offset) {
  const int64_t d = x.dim();
  return {x.data<T>() + offset,
          {x.shape()[d - 2], x.shape()[d - 1]},
          {x.strides()[d - 2], x.strides()[d - 1]}};
}

// c[batch] = a[batch] b[batch]; the leading dims of a and b broadcast to c's.
template <class T>
void multiply(const Tensor& a, const Tensor& b, const Tensor& c) {
  if (c.numel() == 0) return;
  const int64_t d = c.dim(), m = c.shape()[d - 2], n = c.shape()[d - 1];
  const Shape batch(c.shape().begin(), c.shape().end() - 2);
  const auto batch_strides = [&](const Tensor& x) {
    return broadcast_strides(Shape(x.shape().begin(), x.shape().end() - 2),
                             Strides(x.strides().begin(), x.strides().end() - 2), batch);
  };
  const Strides strides_a = batch_strides(a), strides_b = batch_strides(b);
  MatrixProduct<T>* product = matmul<T>;
  if constexpr (std::is_floating_point_v<T>) product = matmul_kernel.get<T>();
  auto run = [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      int64_t offset_a = 0, offset_b = 0;
      for (int64_t k = batch.size() - 1, rest = i; k >= 0; --k) {
        offset_a += rest % batch[k] * strides_a[k];
        offset_b += rest % batch[k] * strides_b[k];
        rest /= batch[k];
      }
      product(matrix<T>(a, offset_a), matrix<T>(b, offset_b), {c.data<T>() + i * m * n, {m, n}});
    }
  };
  // Many small products are shared by batch; a single one is left to the kernel's own threads.
  const int64_t products = c.numel() / (m * n);
  if (products == 1) run(0, 1);
  else
    parallel_for(0, products,
                 std::max<int64_t>(1, 200'000 / std::max<int64_t>(1, m * n * a.shape().back())),
                 run);
}

}  // namespace
}  // namespace tensor

Tensor matmul(const Tensor& a, const Tensor& b) {
  check(a.dim() > 0 && b.dim() > 0, "matmul: expected at least one dim each, got shapes ",
        a.shape(), " and ", b.shape());
  check(a.dtype() == b.dtype(), "matmul: expected equal dtypes, got ", a.dtype(), " and ",
        b.dtype());
  if (is_half(a.dtype())) return to(matmul(widened(a), widened(b)), a.dtype());
  const int64_t inner = b.shape()[b.dim() == 1 ? 0 : b.dim() - 2];
  check(a.shape().back() == inner, "matmul: expected a.shape[-1] == b.shape[",
        b.dim() == 1 ? -1 : -2, "], got ", a.shape(), " and ", b.shape());
  const Tensor rows = a.dim() == 1 ? unsqueeze(a, 0) : a;
  const Tensor columns = b.dim() == 1 ? unsqueeze(b, 1) : b;
  const int64_t m = rows.shape()[rows.dim() - 2], n = columns.shape().back();

  // Batched rows times one matrix is one product of more rows.
  const bool one_matrix = columns.dim() == 2 && rows.dim() > 2 && rows.is_contiguous() && inner > 0;
  Shape shape = one_matrix ? Shape(rows.shape().begin(), rows.shape().end() - 2)
                           : tensor::broadcast_shapes(
                                 "matmul", Shape(rows.shape().begin(), rows.shape().end() - 2),
                                 Shape(columns.shape().begin(), columns.shape().end() - 2));
  shape.push_back(m);
  shape.push_back(n);
  Tensor c = empty(shape, a.dtype());
  const auto product = [&]<class T>(const Tensor& x, const Tensor& y, const Tensor& z) {
    if (one_matrix && z.numel() > 0) tensor::multiply<T>(view(x, {-1, inner}), y, view(z, {-1, n}));
    else tensor::multiply<T>(x, y, z);
  };
  if (a.dtype() == DType::kFloat32) product.operator()<float>(rows, columns, c);
  else if (a.dtype() == DType::kFloat64) product.operator()<double>(rows, columns, c);
  else {  // integers by way of int64, which wraps as they do
    Tensor wide = empty(shape, DType::kInt64);
    product.operator()<int64_t>(to(rows, DType::kInt64), to(columns, DType::kInt64), wide);
    copy_(c, wide);
  }
  if (a.dim() == 1) c = squeeze(c, -2);
  if (b.dim() == 1) c = squeeze(c, -1);
  return c;
}

}  // namespace tinytorch

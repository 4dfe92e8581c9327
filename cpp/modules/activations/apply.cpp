// Activations on tensors: any shape, any dim, shared among threads when large.
#include "core/parallel.h"
#include "modules/activations/activations.h"
#include "modules/tensor/alike.h"

namespace tinytorch {
namespace {

constexpr int64_t kGrain = 16384;  // elements per thread from which sharing pays

template <class T>
View<T, 1> part(View<T, 1> x, int64_t first, int64_t last) {
  return {x.data + first, {last - first}};
}
template <class T>
View<T, 2> part(View<T, 2> x, int64_t first, int64_t last) {
  return {x.data + first * x.size(1), {last - first, x.size(1)}};
}

// Integers become the default dtype where the function is one of analysis.
Tensor as_floating(const Tensor& x) { return is_floating(x.dtype()) ? x : to(x, default_dtype()); }

void check_pair(const char* operation, const Tensor& grad, const Tensor& saved) {
  check(grad.shape() == saved.shape() && grad.dtype() == saved.dtype(), operation,
        ": expected grad like its operand ", saved.shape(), " of ", saved.dtype(), ", got ",
        grad.shape(), " of ", grad.dtype());
}

// The result lies in memory as x does: what draws over it later draws in this order.
Tensor apply(const char* operation, const Kernel<activations::Map>& kernel, const Tensor& x) {
  const Tensor y = empty_as(x, x.dtype()), in = laid_as(y, x);
  dispatch_floating(operation, x.dtype(), [&]<class T>() {
    const auto run = kernel.get<T>();
    const View<const T, 1> from = in_memory_order<const T>(in);
    const View<T, 1> to = in_memory_order<T>(y);
    parallel_for(0, x.numel(), kGrain, [&](int64_t first, int64_t last) {
      run(part(from, first, last), part(to, first, last));
    });
  });
  return y;
}

Tensor apply(const char* operation, const Kernel<activations::MapBackward>& kernel,
             const Tensor& grad, const Tensor& saved) {
  check_pair(operation, grad, saved);
  const Tensor grad_x = empty_as(saved, saved.dtype());
  const Tensor grad_y = laid_as(grad_x, grad), operand = laid_as(grad_x, saved);
  dispatch_floating(operation, saved.dtype(), [&]<class T>() {
    const auto run = kernel.get<T>();
    const View<const T, 1> from = in_memory_order<const T>(grad_y);
    const View<const T, 1> with = in_memory_order<const T>(operand);
    const View<T, 1> to = in_memory_order<T>(grad_x);
    parallel_for(0, saved.numel(), kGrain, [&](int64_t first, int64_t last) {
      run(part(from, first, last), part(with, first, last), part(to, first, last));
    });
  });
  return grad_x;
}

// x with `dim` moved last, as contiguous rows; a 0-d tensor is one row of one element.
Tensor rows_along(const Tensor& x, int64_t dim) {
  return contiguous(x.dim() == 0 ? reshape(x, {1, 1}) : transpose(x, dim, -1));
}
Tensor rows_back(const Tensor& rows, const Tensor& x, int64_t dim) {
  return x.dim() == 0 ? reshape(rows, {}) : transpose(rows, dim, -1);
}

template <class Run>
void for_row_blocks(const Tensor& rows, Run run) {
  const int64_t columns = rows.shape().back();
  if (rows.numel() == 0) return;
  parallel_for(0, rows.numel() / columns, std::max<int64_t>(1, kGrain / columns), run);
}

Tensor apply_rows(const char* operation, const Kernel<activations::RowMap>& kernel, const Tensor& x,
                  int64_t dim) {
  dim = wrap_dim(operation, dim, x.dim());
  const Tensor in = rows_along(x, dim);
  Tensor y = empty_like(in);
  dispatch_floating(operation, x.dtype(), [&]<class T>() {
    const auto run = kernel.get<T>();
    const View<const T, 2> from = in.rows<const T>();
    const View<T, 2> to = y.rows<T>();
    for_row_blocks(in, [&](int64_t first, int64_t last) {
      run(part(from, first, last), part(to, first, last));
    });
  });
  return rows_back(y, x, dim);
}

Tensor apply_rows(const char* operation, const Kernel<activations::RowMapBackward>& kernel,
                  const Tensor& grad, const Tensor& y, int64_t dim) {
  check_pair(operation, grad, y);
  dim = wrap_dim(operation, dim, y.dim());
  const Tensor grad_y = rows_along(grad, dim), operand = rows_along(y, dim);
  Tensor grad_x = empty_like(operand);
  dispatch_floating(operation, y.dtype(), [&]<class T>() {
    const auto run = kernel.get<T>();
    const View<const T, 2> from = grad_y.rows<const T>(), with = operand.rows<const T>();
    const View<T, 2> to = grad_x.rows<T>();
    for_row_blocks(operand, [&](int64_t first, int64_t last) {
      run(part(from, first, last), part(with, first, last), part(to, first, last));
    });
  });
  return rows_back(grad_x, y, dim);
}

}  // namespace

Tensor relu(const Tensor& x) {
  check(x.dtype() != DType::kBool, "relu: not defined for bool");
  if (!is_floating(x.dtype())) return clamp(x, Scalar(0), std::nullopt);
  return apply("relu", activations::relu_kernel, x);
}
Tensor relu_backward(const Tensor& grad, const Tensor& x) {
  return apply("relu_backward", activations::relu_backward_kernel, grad, x);
}

Tensor sigmoid(const Tensor& x) {
  return apply("sigmoid", activations::sigmoid_kernel, as_floating(x));
}
Tensor sigmoid_backward(const Tensor& grad, const Tensor& y) {
  return apply("sigmoid_backward", activations::sigmoid_backward_kernel, grad, y);
}

Tensor tanh(const Tensor& x) { return apply("tanh", activations::tanh_kernel, as_floating(x)); }
Tensor tanh_backward(const Tensor& grad, const Tensor& y) {
  return apply("tanh_backward", activations::tanh_backward_kernel, grad, y);
}

Tensor gelu(const Tensor& x, Gelu form) {
  return apply("gelu",
               form == Gelu::kErf ? activations::gelu_kernel : activations::gelu_tanh_kernel, x);
}
Tensor gelu_backward(const Tensor& grad, const Tensor& x, Gelu form) {
  return apply("gelu_backward",
               form == Gelu::kErf ? activations::gelu_backward_kernel
                                  : activations::gelu_tanh_backward_kernel,
               grad, x);
}

// Contiguous whatever the dim, as PyTorch's: what draws over the result draws in this order.
Tensor softmax(const Tensor& x, int64_t dim) {
  return contiguous(apply_rows("softmax", activations::softmax_kernel, x, dim));
}
Tensor softmax_backward(const Tensor& grad, const Tensor& y, int64_t dim) {
  return apply_rows("softmax_backward", activations::softmax_backward_kernel, grad, y, dim);
}

Tensor log_softmax(const Tensor& x, int64_t dim) {
  return contiguous(apply_rows("log_softmax", activations::log_softmax_kernel, x, dim));
}
Tensor log_softmax_backward(const Tensor& grad, const Tensor& y, int64_t dim) {
  return apply_rows("log_softmax_backward", activations::log_softmax_backward_kernel, grad, y, dim);
}

}  // namespace tinytorch

// The linear layer: products with its weight, forward and backward.
#include "modules/layers/layers.h"

namespace tinytorch {
namespace layers {

template <class T>
void linear(Strided<const T, 2> x, Strided<const T, 2> weight, View<const T, 1> bias,
            View<T, 2> y) {
  // TASK layers.linear (5 points): tensor::matmul walks along rows of its second matrix, and those
  // of W^T lie scattered in memory: copy W^T first, which costs little beside the product.
  const int64_t in = weight.size(1), out = weight.size(0);
  std::vector<T> memory(static_cast<size_t>(in * out));
  const View<T, 2> columns{memory.data(), {in, out}};
  for (int64_t o = 0; o < out; ++o) {
    for (int64_t i = 0; i < in; ++i) columns(i, o) = weight(o, i);
  }
  tensor::matmul_kernel.get<T>()(x, {columns.data, {in, out}, {out, 1}}, y);
  for (int64_t n = 0; n < y.size(0); ++n) {
    for (int64_t o = 0; o < bias.size(0); ++o) y(n, o) += bias(o);
  }
  // END TASK
}

template <class T>
void linear_backward_x(Strided<const T, 2> grad, Strided<const T, 2> weight, View<T, 2> grad_x) {
  // TASK layers.linear_backward_x (2 points): (N, in) out of (N, out) and (out, in).
  tensor::matmul_kernel.get<T>()(grad, weight, grad_x);
  // END TASK
}

template <class T>
void linear_backward_weight(Strided<const T, 2> grad, Strided<const T, 2> x,
                            View<T, 2> grad_weight) {
  // TASK layers.linear_backward_weight (3 points): (out, in) out of (N, out) and (N, in); swapping
  // sizes and strides transposes.
  const Strided<const T, 2> transposed{
      grad.data, {grad.sizes[1], grad.sizes[0]}, {grad.strides[1], grad.strides[0]}};
  tensor::matmul_kernel.get<T>()(transposed, x, grad_weight);
  // END TASK
}

template <class T>
void linear_backward_bias(Strided<const T, 2> grad, View<T, 1> grad_bias) {
  // TASK layers.linear_backward_bias (2 points): the bias was added to every row of the batch.
  for (int64_t o = 0; o < grad_bias.size(0); ++o) grad_bias(o) = 0;
  for (int64_t n = 0; n < grad.size(0); ++n) {
    for (int64_t o = 0; o < grad_bias.size(0); ++o) grad_bias(o) += grad(n, o);
  }
  // END TASK
}

Kernel<Linear> linear_kernel("layers.linear", linear<float>, linear<double>);
Kernel<LinearBackwardBias> linear_backward_bias_kernel("layers.linear_backward_bias",
                                                       linear_backward_bias<float>,
                                                       linear_backward_bias<double>);

namespace {

Shape leading(const Shape& shape) { return Shape(shape.begin(), shape.end() - 1); }

// (..., C) as (N, C), without a copy where strides allow it.
Tensor rows_of(const Tensor& x) {
  if (x.dim() == 2) return x;
  return reshape(x, {numel(leading(x.shape())), x.shape().back()});
}

template <class T>
Strided<const T, 2> matrix(const Tensor& x) {
  return {x.data<T>(), {x.shape()[0], x.shape()[1]}, {x.strides()[0], x.strides()[1]}};
}

void check_operands(const char* operation, const Tensor& x, const Tensor& weight) {
  check(x.dim() > 0 && weight.dim() > 0, operation, ": expected at least one dim each, got shapes ",
        x.shape(), " and ", weight.shape());
  check(x.dtype() == weight.dtype(), operation, ": expected equal dtypes, got ", x.dtype(), " and ",
        weight.dtype());
}

}  // namespace
}  // namespace layers

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  layers::check_operands("linear", x, weight);
  check(weight.dim() == 2 && x.shape().back() == weight.shape()[1],
        "linear: expected weight of shape (out, in) with in == x.shape[-1], got x ", x.shape(),
        " and weight ", weight.shape());
  const int64_t out = weight.shape()[0];
  if (bias.defined()) {
    layers::check_operands("linear", bias, weight);
    check(bias.shape() == Shape{out}, "linear: expected bias of shape (out,) for weight ",
          weight.shape(), ", got ", bias.shape());
  }
  const Tensor rows = layers::rows_of(x), offsets = contiguous(bias);
  Shape shape = layers::leading(x.shape());
  shape.push_back(out);
  Tensor y = empty(shape, x.dtype());
  dispatch_floating("linear", x.dtype(), [&]<class T>() {
    const View<const T, 1> b = bias.defined() ? offsets.flat<const T>() : View<const T, 1>{};
    layers::linear_kernel.get<T>()(layers::matrix<T>(rows), layers::matrix<T>(weight), b,
                                   y.rows<T>());
  });
  return y;
}

Tensor linear_backward_x(const Tensor& grad, const Tensor& weight) {
  layers::check_operands("linear_backward_x", grad, weight);
  check(
      weight.dim() == 2 && grad.shape().back() == weight.shape()[0],
      "linear_backward_x: expected weight of shape (out, in) with out == grad.shape[-1], got grad ",
      grad.shape(), " and weight ", weight.shape());
  const Tensor rows = layers::rows_of(grad);
  Shape shape = layers::leading(grad.shape());
  shape.push_back(weight.shape()[1]);
  Tensor grad_x = empty(shape, grad.dtype());
  dispatch_floating("linear_backward_x", grad.dtype(), [&]<class T>() {
    layers::linear_backward_x(layers::matrix<T>(rows), layers::matrix<T>(weight), grad_x.rows<T>());
  });
  return grad_x;
}

Tensor linear_backward_weight(const Tensor& grad, const Tensor& x) {
  layers::check_operands("linear_backward_weight", grad, x);
  check(layers::leading(grad.shape()) == layers::leading(x.shape()),
        "linear_backward_weight: expected grad and x to agree in all dims but the last, got ",
        grad.shape(), " and ", x.shape());
  const Tensor grad_rows = layers::rows_of(grad), x_rows = layers::rows_of(x);
  Tensor grad_weight = empty({grad.shape().back(), x.shape().back()}, x.dtype());
  dispatch_floating("linear_backward_weight", x.dtype(), [&]<class T>() {
    layers::linear_backward_weight(layers::matrix<T>(grad_rows), layers::matrix<T>(x_rows),
                                   grad_weight.view<T, 2>());
  });
  return grad_weight;
}

Tensor linear_backward_bias(const Tensor& grad) {
  check(grad.dim() > 0, "linear_backward_bias: expected at least one dim, got shape ",
        grad.shape());
  const Tensor rows = layers::rows_of(grad);
  Tensor grad_bias = empty({grad.shape().back()}, grad.dtype());
  dispatch_floating("linear_backward_bias", grad.dtype(), [&]<class T>() {
    layers::linear_backward_bias_kernel.get<T>()(layers::matrix<T>(rows), grad_bias.flat<T>());
  });
  return grad_bias;
}

}  // namespace tinytorch

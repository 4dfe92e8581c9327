// Activations: the nonlinearities, each with the derivative that training needs.
//
// Without one, a stack of linear layers is a single linear layer (Minsky and Papert, 1969).
// Every function is a pair: f(x) and f_backward(grad, ...), the vector-Jacobian product: grad is
// the gradient of the loss by f's result, what comes back is its gradient by x. The backward takes
// whichever of input x and output y makes the formula shorter.
#pragma once
#include "modules/tensor/tensor.h"

namespace tinytorch {

namespace activations {

/// y = max(x, 0); NaN stays NaN.                                            torch: F.relu
template <class T>
void relu(View<const T, 1> x, View<T, 1> y);
/// grad_x = grad where x > 0, else 0.
template <class T>
void relu_backward(View<const T, 1> grad, View<const T, 1> x, View<T, 1> grad_x);

/// y = 1 / (1 + exp(-x)), without overflow at either end.                   torch: torch.sigmoid
template <class T>
void sigmoid(View<const T, 1> x, View<T, 1> y);
/// grad_x = grad * y * (1 - y).
template <class T>
void sigmoid_backward(View<const T, 1> grad, View<const T, 1> y, View<T, 1> grad_x);

/// y = tanh(x).                                                              torch: torch.tanh
template <class T>
void tanh(View<const T, 1> x, View<T, 1> y);
/// grad_x = grad * (1 - y^2).
template <class T>
void tanh_backward(View<const T, 1> grad, View<const T, 1> y, View<T, 1> grad_x);

/// y = x * Phi(x), Phi the standard normal distribution: x/2 * (1 + erf(x / sqrt 2)).
/// Hendrycks and Gimpel, 2016.                                              torch: F.gelu
template <class T>
void gelu(View<const T, 1> x, View<T, 1> y);
/// grad_x = grad * (Phi(x) + x * phi(x)), phi the density exp(-x^2/2) / sqrt(2 pi).
template <class T>
void gelu_backward(View<const T, 1> grad, View<const T, 1> x, View<T, 1> grad_x);
/// y = x/2 * (1 + tanh(u)), u = sqrt(2/pi) (x + 0.044715 x^3).              torch:
/// F.gelu(approximate="tanh")
template <class T>
void gelu_tanh(View<const T, 1> x, View<T, 1> y);
template <class T>
void gelu_tanh_backward(View<const T, 1> grad, View<const T, 1> x, View<T, 1> grad_x);

/// Row-wise softmax: y[i, j] = exp(x[i, j]) / sum_j exp(x[i, j]).  x, y: (N, C); rows of y sum to
/// one. Finite for every finite x.                                               torch:
/// F.softmax(x, dim=-1)
template <class T>
void softmax(View<const T, 2> x, View<T, 2> y);
/// grad_x = y * (grad - sum_j grad * y).  All (N, C).
template <class T>
void softmax_backward(View<const T, 2> grad, View<const T, 2> y, View<T, 2> grad_x);

/// y[i, j] = x[i, j] - log sum_j exp(x[i, j]): the logarithm of softmax, exact where softmax is 0.
template <class T>
void log_softmax(View<const T, 2> x, View<T, 2> y);
/// grad_x = grad - exp(y) * sum_j grad.  All (N, C).
template <class T>
void log_softmax_backward(View<const T, 2> grad, View<const T, 2> y, View<T, 2> grad_x);

// The kernel table's entries.
template <class T>
using Map = void(View<const T, 1> x, View<T, 1> y);
template <class T>
using MapBackward = void(View<const T, 1> grad, View<const T, 1> saved, View<T, 1> grad_x);
template <class T>
using RowMap = void(View<const T, 2> x, View<T, 2> y);
template <class T>
using RowMapBackward = void(View<const T, 2> grad, View<const T, 2> y, View<T, 2> grad_x);
extern Kernel<Map> relu_kernel, sigmoid_kernel, tanh_kernel, gelu_kernel, gelu_tanh_kernel;
extern Kernel<MapBackward> relu_backward_kernel, sigmoid_backward_kernel, tanh_backward_kernel,
    gelu_backward_kernel, gelu_tanh_backward_kernel;
extern Kernel<RowMap> softmax_kernel, log_softmax_kernel;
extern Kernel<RowMapBackward> softmax_backward_kernel, log_softmax_backward_kernel;

}  // namespace activations

// On tensors of any shape and strides, float32 or float64 (relu: any dtype but bool; sigmoid and
// tanh take integers as floats).

enum class Gelu : uint8_t { kErf, kTanh };

Tensor relu(const Tensor& x);
Tensor relu_backward(const Tensor& grad, const Tensor& x);
Tensor sigmoid(const Tensor& x);
Tensor sigmoid_backward(const Tensor& grad, const Tensor& y);
Tensor tanh(const Tensor& x);
Tensor tanh_backward(const Tensor& grad, const Tensor& y);
Tensor gelu(const Tensor& x, Gelu form = Gelu::kErf);
Tensor gelu_backward(const Tensor& grad, const Tensor& x, Gelu form = Gelu::kErf);
/// Along any dim.
Tensor softmax(const Tensor& x, int64_t dim);
Tensor softmax_backward(const Tensor& grad, const Tensor& y, int64_t dim);
Tensor log_softmax(const Tensor& x, int64_t dim);
Tensor log_softmax_backward(const Tensor& grad, const Tensor& y, int64_t dim);

}  // namespace tinytorch

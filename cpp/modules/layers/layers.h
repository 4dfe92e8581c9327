// Layers: functions with parameters that learn, and how the parameters start.
//
// A linear layer is a matrix product and a bias: each of `out` units weighs all `in` inputs. It
// costs 2 N in out floating-point operations forward and twice that backward, which is where most
// of the time of most networks goes. Weights are (out, in), as PyTorch keeps them: a row is what
// one unit looks for.
//
// Its backward needs no new loop. With y = x W^T + b, the gradients by x, W and b are a product
// with W, a product with x and a sum over the batch; which of two factors is transposed follows
// from the shapes alone. A gradient that nobody asks for is not computed, so each is a function of
// its own.
//
// Read in this order: linear, dropout, init.
#pragma once
#include <optional>

#include "core/random.h"
#include "modules/tensor/tensor.h"

namespace tinytorch {

namespace layers {

/// y[n, o] = sum_i x[n, i] weight[o, i] + bias[o].                          torch: F.linear
/// x: (N, in), weight: (out, in), bias: (out,) or of size 0 for none, y: (N, out), overwritten.
template <class T>
void linear(Strided<const T, 2> x, Strided<const T, 2> weight, View<const T, 1> bias, View<T, 2> y);
/// grad_x = grad weight.  grad: (N, out), weight: (out, in), grad_x: (N, in).
template <class T>
void linear_backward_x(Strided<const T, 2> grad, Strided<const T, 2> weight, View<T, 2> grad_x);
/// grad_weight = grad^T x.  grad: (N, out), x: (N, in), grad_weight: (out, in).
template <class T>
void linear_backward_weight(Strided<const T, 2> grad, Strided<const T, 2> x,
                            View<T, 2> grad_weight);
/// grad_bias[o] = sum_n grad[n, o].  grad: (N, out), grad_bias: (out,).
template <class T>
void linear_backward_bias(Strided<const T, 2> grad, View<T, 1> grad_bias);

/// Each x[i] is kept with probability 1 - p, and then divided by 1 - p, so that its expectation
/// stays; else y[i] = 0.  x, mask, y: (N,); mask says which were kept; 0 < p < 1.
/// One generator.uniform64() an element, in order; kept where it is below 1 - p.
/// Srivastava et al., 2014.                                                 torch: F.dropout
template <class T>
void dropout(View<const T, 1> x, double p, Generator& generator, View<bool, 1> mask, View<T, 1> y);
/// grad_x = grad / (1 - p) where mask, else 0.
template <class T>
void dropout_backward(View<const T, 1> grad, View<const bool, 1> mask, double p, View<T, 1> grad_x);

// The kernel table's entries.  The two products of the backward go through tensor.matmul.
template <class T>
using Linear = void(Strided<const T, 2> x, Strided<const T, 2> weight, View<const T, 1> bias,
                    View<T, 2> y);
template <class T>
using LinearBackwardBias = void(Strided<const T, 2> grad, View<T, 1> grad_bias);
template <class T>
using Dropout = void(View<const T, 1> x, double p, Generator& generator, View<bool, 1> mask,
                     View<T, 1> y);
template <class T>
using DropoutBackward = void(View<const T, 1> grad, View<const bool, 1> mask, double p,
                             View<T, 1> grad_x);
extern Kernel<Linear> linear_kernel;
extern Kernel<LinearBackwardBias> linear_backward_bias_kernel;
extern Kernel<Dropout> dropout_kernel;
extern Kernel<DropoutBackward> dropout_backward_kernel;

}  // namespace layers

// On tensors of any strides, float32 or float64.

/// x: (..., in), weight: (out, in), bias: (out,) or undefined -> (..., out).
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});
/// grad: (..., out) -> (..., in).
Tensor linear_backward_x(const Tensor& grad, const Tensor& weight);
/// grad: (..., out), x: (..., in) -> (out, in).
Tensor linear_backward_weight(const Tensor& grad, const Tensor& x);
/// grad: (..., out) -> (out,).
Tensor linear_backward_bias(const Tensor& grad);

/// y, and a bool mask of what was kept; no mask where nothing was drawn, and then y is x itself
/// (p = 0, or not training) or zeros (p = 1).
struct Dropped {
  Tensor y, mask;
};
/// Draws in the order in which x lies in memory.  Raises ValueError unless 0 <= p <= 1.
Dropped dropout(const Tensor& x, double p, bool training = true,
                Generator& generator = *default_generator());
/// `mask` as dropout returned it, `p` and `training` as given to it.
Tensor dropout_backward(const Tensor& grad, const Tensor& mask, double p, bool training = true);

// --- how weights start --------------------------------------------------------------------------
//
// A sum of fan_in products has fan_in times the variance of one. If a layer is not to shrink or
// blow up its signal, so that twenty of them still say something, its weights need a variance near
// 1 / fan_in; `gain` makes up for what the nonlinearity takes away (sqrt 2 for relu).

/// The inputs that reach one unit, and the units that one input reaches.
struct Fans {
  int64_t in, out;
};
/// (out, in, ...) -> in and out, each times the sizes that follow (a convolution's window).
/// Raises ValueError for fewer than two dims.
Fans fans(const Shape& weight);
/// gain / sqrt(fan).  He et al., 2015.                           torch: nn.init.kaiming_normal_
double kaiming_std(int64_t fan, double gain);
/// gain * sqrt(2 / (fan_in + fan_out)), between forward's need and backward's.
/// Glorot and Bengio, 2010.                                      torch: nn.init.xavier_normal_
double xavier_std(const Fans& fans, double gain = 1);
/// The b for which the uniform distribution on [-b, b) has standard deviation `std`.
double uniform_bound(double std);

}  // namespace tinytorch

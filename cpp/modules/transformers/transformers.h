// Transformers: normalise, attend, add; normalise, think, add; and stack.
//
// Two habits make deep stacks train. A residual, x + f(x), lets the gradient pass by f unchanged,
// so that a block may begin as nearly nothing and learn to matter. A normalisation gives f inputs
// of one scale whatever the blocks before have done; put before f (norm first) it leaves the
// residual path untouched (Ba et al., 2016; Xiong et al., 2020).
//
// Layer norm over the C numbers of one position, with m their mean and r = 1 / sqrt(var + eps):
//
//   y = (x - m) r weight + bias,    and with h = (x - m) r and g = grad weight
//   grad_x = r (g - mean(g) - h mean(g h))
//
// The two means are what m and r, which depend on every x, send back. RMS norm leaves m and bias
// out, and with them mean(g) (Zhang and Sennrich, 2019).
//
// Read in this order: layer_norm, rms_norm, swiglu, block, apply.
#pragma once
#include <optional>

#include "modules/attention/attention.h"
#include "modules/embeddings/embeddings.h"

namespace tinytorch {

namespace transformers {

/// mean[n] and rstd[n] = 1 / sqrt(variance + eps) of row n, and y[n, c] = (x[n, c] - mean[n])
/// rstd[n] weight[c] + bias[c].  x, y: (N, C), mean, rstd: (N,); weight and bias: (C,), or of size
/// 0 for none. The variance is the mean of (x - mean)^2.                      torch: F.layer_norm
template <class T>
void layer_norm(View<const T, 2> x, View<const T, 1> weight, View<const T, 1> bias, double eps,
                View<T, 2> y, View<T, 1> mean, View<T, 1> rstd);
/// grad, x, grad_x: (N, C); weight: (C,) or of size 0; mean, rstd: (N,) as layer_norm left them.
template <class T>
void layer_norm_backward(View<const T, 2> grad, View<const T, 2> x, View<const T, 1> weight,
                         View<const T, 1> mean, View<const T, 1> rstd, View<T, 2> grad_x);
/// grad_weight[c] = sum_n grad[n, c] (x[n, c] - mean[n]) rstd[n] and grad_bias[c] = sum_n grad[n,
/// c], both (C,), overwritten.
template <class T>
void layer_norm_backward_weight(View<const T, 2> grad, View<const T, 2> x, View<const T, 1> mean,
                                View<const T, 1> rstd, View<T, 1> grad_weight,
                                View<T, 1> grad_bias);

/// rstd[n] = 1 / sqrt(mean_c x[n, c]^2 + eps) and y[n, c] = x[n, c] rstd[n] weight[c].
/// x, y: (N, C), rstd: (N,), weight: (C,) or of size 0 for none.              torch: F.rms_norm
template <class T>
void rms_norm(View<const T, 2> x, View<const T, 1> weight, double eps, View<T, 2> y,
              View<T, 1> rstd);
/// grad, x, grad_x: (N, C), weight: (C,) or of size 0, rstd: (N,).
template <class T>
void rms_norm_backward(View<const T, 2> grad, View<const T, 2> x, View<const T, 1> weight,
                       View<const T, 1> rstd, View<T, 2> grad_x);

/// y = silu(gate) up, with silu(g) = g / (1 + e^-g).  All (N,).  Shazeer, 2020.
template <class T>
void swiglu(View<const T, 1> gate, View<const T, 1> up, View<T, 1> y);
template <class T>
void swiglu_backward(View<const T, 1> grad, View<const T, 1> gate, View<const T, 1> up,
                     View<T, 1> grad_gate, View<T, 1> grad_up);

// The kernel table's entries.  The whole backward of a norm is one; views of size 0 are not wanted.
template <class T>
using LayerNorm = void(View<const T, 2> x, View<const T, 1> weight, View<const T, 1> bias,
                       double eps, View<T, 2> y, View<T, 1> mean, View<T, 1> rstd);
template <class T>
using LayerNormBackward = void(View<const T, 2> grad, View<const T, 2> x, View<const T, 1> weight,
                               View<const T, 1> mean, View<const T, 1> rstd, View<T, 2> grad_x,
                               View<T, 1> grad_weight, View<T, 1> grad_bias);
template <class T>
using RmsNorm = void(View<const T, 2> x, View<const T, 1> weight, double eps, View<T, 2> y,
                     View<T, 1> rstd);
template <class T>
using RmsNormBackward = void(View<const T, 2> grad, View<const T, 2> x, View<const T, 1> weight,
                             View<const T, 1> rstd, View<T, 2> grad_x, View<T, 1> grad_weight);
template <class T>
using Swiglu = void(View<const T, 1> gate, View<const T, 1> up, View<T, 1> y);
template <class T>
using SwigluBackward = void(View<const T, 1> grad, View<const T, 1> gate, View<const T, 1> up,
                            View<T, 1> grad_gate, View<T, 1> grad_up);
extern Kernel<LayerNorm> layer_norm_kernel;
extern Kernel<LayerNormBackward> layer_norm_backward_kernel;
extern Kernel<RmsNorm> rms_norm_kernel;
extern Kernel<RmsNormBackward> rms_norm_backward_kernel;
extern Kernel<Swiglu> swiglu_kernel;
extern Kernel<SwigluBackward> swiglu_backward_kernel;

/// A GPT's sizes.
struct Sizes {
  int64_t vocabulary, context, layers, width;
};
/// The numbers that a GPT learns: a row of `width` for each id and each place; `layers` blocks,
/// each two layer norms (weight and bias), a linear layer width -> 3 width, one width -> width, and
/// an MLP width -> 4 width -> width, all with bias; a last layer norm. The output shares the ids'
/// table.
int64_t parameters(const Sizes& sizes);

}  // namespace transformers

// On tensors: the last dims of x, shaped `over`, are normalised together.

struct Normed {
  Tensor y, mean, rstd;  // mean is undefined for rms_norm
};
struct NormGradients {
  Tensor x, weight, bias;  // undefined where not wanted
};
/// Which gradients are wanted.
struct Wanted {
  bool x = true, weight = true, bias = true;
};
/// weight, bias: shaped `over`, or undefined.
Normed layer_norm(const Tensor& x, const Shape& over, const Tensor& weight, const Tensor& bias,
                  double eps = 1e-5);
NormGradients layer_norm_backward(const Tensor& grad, const Tensor& x, const Shape& over,
                                  const Tensor& weight, const Normed& normed,
                                  const Wanted& wanted = {});
Normed rms_norm(const Tensor& x, const Shape& over, const Tensor& weight, double eps);
NormGradients rms_norm_backward(const Tensor& grad, const Tensor& x, const Shape& over,
                                const Tensor& weight, const Normed& normed,
                                const Wanted& wanted = {});
/// gate, up: one shape.
Tensor swiglu(const Tensor& gate, const Tensor& up);
struct SwigluGradients {
  Tensor gate, up;
};
SwigluGradients swiglu_backward(const Tensor& grad, const Tensor& gate, const Tensor& up);

// Differentiable; weight and bias may be undefined.

Variable layer_norm(const Variable& x, const Shape& over, const Variable& weight = {},
                    const Variable& bias = {}, double eps = 1e-5);
/// eps: the smallest step at 1 of x's dtype unless given.
Variable rms_norm(const Variable& x, const Shape& over, const Variable& weight = {},
                  std::optional<double> eps = {});
Variable swiglu(const Variable& gate, const Variable& up);

/// A block's weights; biases may be undefined.  C: width, F: the MLP's.
struct BlockWeights {
  Variable norm1_weight, norm1_bias;  // (C,)
  Variable qkv_weight, qkv_bias;      // (3 C, C), (3 C,): queries, keys, values
  Variable out_weight, out_bias;      // (C, C), (C,)
  Variable norm2_weight, norm2_bias;  // (C,)
  Variable up_weight, up_bias;        // (F, C), (F,)
  Variable down_weight, down_bias;    // (C, F), (C,)
};
struct BlockOptions {
  int64_t heads = 1;
  double dropout = 0;  // of the weights of attention and of both parts' results
  Tensor angles;       // (T, C / heads) of sinusoidal: queries and keys are turned
  Gelu gelu = Gelu::kTanh;
};
/// A causal block with its norms first, as in GPT-2.  x: (B, T, C) -> (B, T, C).
Variable block(const Variable& x, const BlockWeights& weights, const BlockOptions& options);

}  // namespace tinytorch

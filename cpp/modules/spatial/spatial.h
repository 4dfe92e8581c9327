// Spatial: layers for pictures, which look for the same thing everywhere, with few weights.
//
// A linear layer on a picture of 32 x 32 x 3 has 3072 weights a unit, and what it learns in one
// corner it does not know in another. A convolution slides a small window over the picture and
// applies the same weights at every place: 27 weights for a window of 3 x 3 x 3. What it finds
// moves when the picture moves (LeCun et al., 1989). Pooling keeps the strongest answer of a
// neighbourhood; normalisation keeps the numbers of every channel in range, however deep the net.
//
// Pictures are (N, C, H, W): batch, channels, rows, columns. A weight is (K, C / groups, R, S): K
// windows of R rows and S columns. The result is (N, K, P, Q), with
//
//   P = (H + 2 padding - dilation (R - 1) - 1) / stride + 1         rounded down, Q likewise.
//
// The place (p, q) of the result looks at the places
//
//   row = p stride - padding + r dilation,  column = q stride - padding + s dilation
//
// of the picture; outside lies zero. Everything below follows from these two lines: the gradient by
// the picture adds where the forward read, the gradient by the weight sums over all places what the
// window met there, im2col writes what they read into a matrix.
//
// Read in this order: convolution, lowering, pooling, normalization, then the functions on tensors
// in conv, pool and norm, which settle shapes and memory, padding, and their gradients in apply.
#pragma once
#include "modules/autograd/variable.h"
#include "modules/tensor/tensor.h"

namespace tinytorch {

namespace spatial {

/// How a window moves: [0] down the rows, [1] along the columns.
struct Window {
  int64_t stride[2] = {1, 1};
  int64_t padding[2] = {0, 0};
  int64_t dilation[2] = {1, 1};
  int64_t groups = 1;
};

/// The window of a pooling layer.
struct Pool {
  int64_t size[2];
  int64_t stride[2];
  int64_t padding[2] = {0, 0};
  int64_t dilation[2] = {1, 1};
};

// --- convolution: x (N, C, H, W), weight (K, C / groups, R, S), y (N, K, P, Q) -------------------
//
// With groups = G, channels form G parts of C / G, windows G parts of K / G, and windows of part g
// see the channels of part g alone: window k sees those from (k / (K / G)) (C / G) on.

/// y[n, k, p, q] = bias[k] + sum_{c, r, s} x[n, channel, row, column] weight[k, c, r, s].
/// bias: (K,), or of size 0 for none.  y is overwritten.                      torch: F.conv2d
template <class T>
void conv2d(View<const T, 4> x, View<const T, 4> weight, View<const T, 1> bias,
            const Window& window, View<T, 4> y);
/// Every product of the forward pass, seen from x: grad_x[n, channel, row, column] +=
/// grad[n, k, p, q] weight[k, c, r, s].  grad: as y; grad_x: as x, overwritten.
template <class T>
void conv2d_backward_x(View<const T, 4> grad, View<const T, 4> weight, const Window& window,
                       View<T, 4> grad_x);
/// The same seen from the weight: grad_weight[k, c, r, s] += grad[n, k, p, q]
/// x[n, channel, row, column].  grad_weight: as weight, overwritten.
template <class T>
void conv2d_backward_weight(View<const T, 4> grad, View<const T, 4> x, const Window& window,
                            View<T, 4> grad_weight);
/// grad_bias[k] = sum_{n, p, q} grad[n, k, p, q].
template <class T>
void conv2d_backward_bias(View<const T, 4> grad, View<T, 1> grad_bias);

// --- lowering: a convolution as one matrix product -----------------------------------------------

/// columns[(c R + r) S + s, p Q + q] = x[c, row, column], or 0 outside.  x: (C, H, W), one picture;
/// size: {R, S} and places: {P, Q}; columns: (C R S, P Q), overwritten.         torch: F.unfold
template <class T>
void im2col(View<const T, 3> x, const int64_t size[2], const int64_t places[2],
            const Window& window, View<T, 2> columns);
/// The gradient of im2col: x[c, row, column] = the sum of all entries of columns that im2col reads
/// there.  x is overwritten.                                                     torch: F.fold
template <class T>
void col2im(View<const T, 2> columns, const int64_t size[2], const int64_t places[2],
            const Window& window, View<T, 3> x);

/// The three passes of a convolution, through im2col, col2im and tensor::matmul.
template <class T>
void conv2d_lowered(View<const T, 4> x, View<const T, 4> weight, View<const T, 1> bias,
                    const Window& window, View<T, 4> y);
template <class T>
void conv2d_lowered_backward_x(View<const T, 4> grad, View<const T, 4> weight, const Window& window,
                               View<T, 4> grad_x);
template <class T>
void conv2d_lowered_backward_weight(View<const T, 4> grad, View<const T, 4> x, const Window& window,
                                    View<T, 4> grad_weight);

// --- pooling -------------------------------------------------------------------------------------

/// y[n, c, p, q] = the largest x[n, c, row, column] of the window that lies inside the picture, and
/// positions[n, c, p, q] = row W + column of it: the first of equals; a NaN counts as
/// the largest, the last of several.
/// Every window has at least one place inside.                             torch: F.max_pool2d
template <class T>
void max_pool2d(View<const T, 4> x, const Pool& pool, View<T, 4> y, View<int32_t, 4> positions);
/// grad_x[positions] += grad.  grad_x: as x, overwritten.
template <class T>
void max_pool2d_backward(View<const T, 4> grad, View<const int32_t, 4> positions, const Pool& pool,
                         View<T, 4> grad_x);

/// By what the sum of a window is divided: by `divisor` unless 0, else by the number of its places,
/// with those in the padding or without.
struct Averaging {
  bool count_padding = true;
  int64_t divisor = 0;
};
/// y[n, c, p, q] = the sum of the window, divided.                          torch: F.avg_pool2d
template <class T>
void avg_pool2d(View<const T, 4> x, const Pool& pool, const Averaging& averaging, View<T, 4> y);
template <class T>
void avg_pool2d_backward(View<const T, 4> grad, const Pool& pool, const Averaging& averaging,
                         View<T, 4> grad_x);

// --- normalisation: x (N, C, L), L = H W ---------------------------------------------------------

/// The mean of each channel over the batch and all places, and the mean squared deviation from it.
/// Sums of many floats are kept in double.  mean, variance: (C,).
template <class T>
void channel_statistics(View<const T, 3> x, View<T, 1> mean, View<T, 1> variance);
/// y = x scale[c] + shift[c].  With scale = weight / sqrt(variance + eps) and shift = bias - mean
/// scale it is the whole forward pass.  Ioffe and Szegedy, 2015.          torch: F.batch_norm
template <class T>
void batch_norm(View<const T, 3> x, View<const T, 1> scale, View<const T, 1> shift, View<T, 3> y);
/// The gradients where mean and variance are x's own.  With z = (x - mean[c]) inverse_std[c]:
/// grad_bias[c] = sum grad, grad_weight[c] = sum grad z, both over n and l, and
/// grad_x = weight[c] inverse_std[c] (grad - grad_bias[c] / (N L) - z grad_weight[c] / (N L)).
template <class T>
void batch_norm_backward(View<const T, 3> grad, View<const T, 3> x, View<const T, 1> mean,
                         View<const T, 1> inverse_std, View<const T, 1> weight, View<T, 3> grad_x,
                         View<T, 1> grad_weight, View<T, 1> grad_bias);

// --- the kernel table's entries ------------------------------------------------------------------

template <class T>
using Conv2d = void(View<const T, 4> x, View<const T, 4> weight, View<const T, 1> bias,
                    const Window& window, View<T, 4> y);
template <class T>
using Conv2dBackwardX = void(View<const T, 4> grad, View<const T, 4> weight, const Window& window,
                             View<T, 4> grad_x);
template <class T>
using Conv2dBackwardWeight = void(View<const T, 4> grad, View<const T, 4> x, const Window& window,
                                  View<T, 4> grad_weight);
template <class T>
using Conv2dBackwardBias = void(View<const T, 4> grad, View<T, 1> grad_bias);
template <class T>
using MaxPool2d = void(View<const T, 4> x, const Pool& pool, View<T, 4> y,
                       View<int32_t, 4> positions);
template <class T>
using MaxPool2dBackward = void(View<const T, 4> grad, View<const int32_t, 4> positions,
                               const Pool& pool, View<T, 4> grad_x);
template <class T>
using AvgPool2d = void(View<const T, 4> x, const Pool& pool, const Averaging& averaging,
                       View<T, 4> y);
template <class T>
using AvgPool2dBackward = void(View<const T, 4> grad, const Pool& pool, const Averaging& averaging,
                               View<T, 4> grad_x);
template <class T>
using ChannelStatistics = void(View<const T, 3> x, View<T, 1> mean, View<T, 1> variance);
template <class T>
using BatchNorm = void(View<const T, 3> x, View<const T, 1> scale, View<const T, 1> shift,
                       View<T, 3> y);
template <class T>
using BatchNormBackward = void(View<const T, 3> grad, View<const T, 3> x, View<const T, 1> mean,
                               View<const T, 1> inverse_std, View<const T, 1> weight,
                               View<T, 3> grad_x, View<T, 1> grad_weight, View<T, 1> grad_bias);
extern Kernel<Conv2d> conv2d_kernel;
extern Kernel<Conv2dBackwardX> conv2d_backward_x_kernel;
extern Kernel<Conv2dBackwardWeight> conv2d_backward_weight_kernel;
extern Kernel<Conv2dBackwardBias> conv2d_backward_bias_kernel;
extern Kernel<MaxPool2d> max_pool2d_kernel;
extern Kernel<MaxPool2dBackward> max_pool2d_backward_kernel;
extern Kernel<AvgPool2d> avg_pool2d_kernel;
extern Kernel<AvgPool2dBackward> avg_pool2d_backward_kernel;
extern Kernel<ChannelStatistics> channel_statistics_kernel;
extern Kernel<BatchNorm> batch_norm_kernel;
extern Kernel<BatchNormBackward> batch_norm_backward_kernel;

}  // namespace spatial

// --- on tensors of any strides, float32 or float64 -----------------------------------------------

namespace spatial {

/// Raises unless the window fits, in PyTorch's words.  Any number of dims: x (N, C, ...).
struct Convolution {
  Dims stride, padding, dilation, output_padding;
  int64_t groups = 1;
  bool transposed = false;
};
void check_convolution(const Tensor& x, const Tensor& weight, const Tensor& bias,
                       const Convolution& how);
/// (length + 2 padding - dilation (size - 1) - 1) / stride + 1, rounded down.
int64_t places(int64_t length, int64_t size, int64_t stride, int64_t padding, int64_t dilation);

/// Which loops: the table's (on the reference set, the seven), or im2col and a matrix product; by
/// default what is faster.
enum class Loops { kFastest, kTable, kLowered };

}  // namespace spatial

/// x: (N, C, H, W), weight: (K, C / groups, R, S), bias: (K,) or undefined -> (N, K, P, Q).
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
              const spatial::Window& window = {}, spatial::Loops loops = {});
/// grad: (N, K, P, Q) -> x's shape.  Also a transposed convolution's forward pass.
Tensor conv2d_backward_x(const Tensor& grad, const Tensor& weight, const Shape& x,
                         const spatial::Window& window = {}, spatial::Loops loops = {});
/// -> weight's shape.
Tensor conv2d_backward_weight(const Tensor& grad, const Tensor& x, const Shape& weight,
                              const spatial::Window& window = {}, spatial::Loops loops = {});
/// -> (K,).
Tensor conv2d_backward_bias(const Tensor& grad);
/// x: (C, H, W) -> (C R S, P Q), and back.
Tensor im2col(const Tensor& x, const int64_t size[2], const spatial::Window& window = {});
Tensor col2im(const Tensor& columns, const Shape& x, const int64_t size[2],
              const spatial::Window& window = {});

/// The same for a batch: x (N, C, H, W) -> (N, C R S, P Q), and back.
Tensor unfold(const Tensor& x, const int64_t size[2], const spatial::Window& window = {});
Tensor fold(const Tensor& columns, const Shape& x, const int64_t size[2],
            const spatial::Window& window = {});

/// y, and the int32 position of each maximum in its plane of x.
struct MaxPooled {
  Tensor y, positions;
};
/// x: (N, C, H, W) -> (N, C, P, Q).  With ceil_mode sizes are rounded up, unless the last window
/// would begin in the padding.
MaxPooled max_pool2d(const Tensor& x, const spatial::Pool& pool, bool ceil_mode = false);
Tensor max_pool2d_backward(const Tensor& grad, const Tensor& positions, const Shape& x,
                           const spatial::Pool& pool = {{1, 1}, {1, 1}});
Tensor avg_pool2d(const Tensor& x, const spatial::Pool& pool, bool ceil_mode = false,
                  const spatial::Averaging& averaging = {});
Tensor avg_pool2d_backward(const Tensor& grad, const Shape& x, const spatial::Pool& pool,
                           const spatial::Averaging& averaging = {});
/// x: (N, C, H, W) -> (N, C, P, Q) for any P and Q: window p covers the rows from floor(p H / P) to
/// ceil((p + 1) H / P).  Those of neighbours share rows where P does not divide H.
Tensor adaptive_avg_pool2d(const Tensor& x, int64_t rows, int64_t columns);
Tensor adaptive_avg_pool2d_backward(const Tensor& grad, const Shape& x);
MaxPooled adaptive_max_pool2d(const Tensor& x, int64_t rows, int64_t columns);

/// Mean and biased variance of each channel.  x: (N, C, ...) -> (C,) each.
struct ChannelStats {
  Tensor mean, variance;
};
ChannelStats channel_statistics(const Tensor& x);
/// (x - mean) / sqrt(variance + eps) * weight + bias; weight and bias may be undefined.
Tensor batch_norm(const Tensor& x, const ChannelStats& stats, const Tensor& weight,
                  const Tensor& bias, double eps);
/// The gradients by x, weight and bias; with `training`, mean and variance are x's own.
struct BatchNormGrads {
  Tensor x, weight, bias;
};
BatchNormGrads batch_norm_backward(const Tensor& grad, const Tensor& x, const ChannelStats& stats,
                                   const Tensor& weight, double eps, bool training = true);

/// x with before[d] elements of `value` in front of dim d and after[d] behind; negative ones cut.
/// Any dtype.                                                        torch: constant_pad_nd
Tensor constant_pad(const Tensor& x, const Dims& before, const Dims& after, const Scalar& value);

// --- with gradients ------------------------------------------------------------------------------

/// A convolution over one or two dims: x (N, C, L) or (N, C, H, W), or without N, as the name says.
/// Transposed, weight is (C, K / groups, ...) and the result what the convolution's gradient by its
/// x would be.                        torch: F.conv1d, F.conv2d, F.conv_transpose1d, ...
Variable convolution(const char* name, int64_t dims, const Variable& x, const Variable& weight,
                     const Variable& bias, const spatial::Convolution& how);

/// size: {R, S}.                                                        torch: F.unfold, F.fold
Variable unfold(const Variable& x, const Dims& size, const spatial::Window& window);
Variable fold(const Variable& columns, const Shape& x, const Dims& size,
              const spatial::Window& window);

struct MaxPooledVariable {
  Variable y;
  Tensor positions;
};
MaxPooledVariable max_pool2d(const Variable& x, const spatial::Pool& pool, bool ceil_mode = false);
Variable avg_pool2d(const Variable& x, const spatial::Pool& pool, bool ceil_mode = false,
                    const spatial::Averaging& averaging = {});
Variable adaptive_avg_pool2d(const Variable& x, int64_t rows, int64_t columns);
MaxPooledVariable adaptive_max_pool2d(const Variable& x, int64_t rows, int64_t columns);
/// With `training`, by x's own statistics, and the running ones, where there are any, move towards
/// them by `momentum`: running += momentum (x's - running), with the unbiased variance.  Else by
/// the running ones.
Variable batch_norm(const Variable& x, const Variable& weight, const Variable& bias,
                    const Variable& running_mean, const Variable& running_var, bool training,
                    double momentum, double eps);
Variable constant_pad(const Variable& x, const Dims& before, const Dims& after,
                      const Scalar& value);

}  // namespace tinytorch

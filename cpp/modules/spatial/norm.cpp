// Batch normalisation on tensors: any dims after the channels, affine or not.
#include <cmath>

#include "modules/spatial/spatial.h"

namespace tinytorch {
namespace {

// (N, C, ...) as (N, C, L).
template <class T>
View<T, 3> planes(const Tensor& x) {
  const int64_t batch = x.shape()[0], channels = x.shape()[1];
  const int64_t length = numel(Shape(x.shape().begin() + 2, x.shape().end()));
  return {x.flat<T>().data, {batch, channels, length}};
}

void check_channels(const char* operation, const Tensor& x) {
  check(x.dim() >= 2, operation, ": expected x of shape (N, C, ...), got ", x.shape());
}

void check_vector(const char* operation, const char* name, const Tensor& v, const Tensor& x) {
  if (!v.defined()) return;
  check(v.dim() == 1 && v.shape()[0] == x.shape()[1], operation, ": ", name, " should contain ",
        x.shape()[1], " elements not ", v.numel());
  check(v.dtype() == x.dtype(), operation, ": mixed dtype: expected ", name, " of ", x.dtype(),
        ", got ", v.dtype());
}

}  // namespace

ChannelStats channel_statistics(const Tensor& x) {
  check_channels("channel_statistics", x);
  const Tensor values = contiguous(x);
  const Shape shape{x.shape()[1]};
  ChannelStats stats{empty(shape, x.dtype()), empty(shape, x.dtype())};
  dispatch_floating("channel_statistics", x.dtype(), [&]<class T>() {
    spatial::channel_statistics_kernel.get<T>()(planes<const T>(values), stats.mean.flat<T>(),
                                                stats.variance.flat<T>());
  });
  return stats;
}

Tensor batch_norm(const Tensor& x, const ChannelStats& stats, const Tensor& weight,
                  const Tensor& bias, double eps) {
  check_channels("batch_norm", x);
  check_vector("batch_norm", "running_mean", stats.mean, x);
  check_vector("batch_norm", "running_var", stats.variance, x);
  check_vector("batch_norm", "weight", weight, x);
  check_vector("batch_norm", "bias", bias, x);
  const Tensor values = contiguous(x), mean = contiguous(stats.mean);
  const Tensor variance = contiguous(stats.variance);
  const Tensor factors = contiguous(weight), offsets = contiguous(bias);
  Tensor scale = empty(mean.shape(), x.dtype()), shift = empty(mean.shape(), x.dtype());
  Tensor y = empty(x.shape(), x.dtype());
  dispatch_floating("batch_norm", x.dtype(), [&]<class T>() {
    const View<T, 1> a = scale.flat<T>(), b = shift.flat<T>();
    const T *m = mean.flat<const T>().data, *v = variance.flat<const T>().data;
    for (int64_t c = 0; c < a.size(0); ++c) {
      a(c) = 1 / std::sqrt(v[c] + static_cast<T>(eps));
      if (weight.defined()) a(c) *= factors.flat<const T>()(c);
      b(c) = (bias.defined() ? offsets.flat<const T>()(c) : 0) - m[c] * a(c);
    }
    spatial::batch_norm_kernel.get<T>()(planes<const T>(values), a, b, planes<T>(y));
  });
  return y;
}

BatchNormGrads batch_norm_backward(const Tensor& grad, const Tensor& x, const ChannelStats& stats,
                                   const Tensor& weight, double eps, bool training) {
  check_channels("batch_norm_backward", x);
  check(grad.shape() == x.shape() && grad.dtype() == x.dtype(),
        "batch_norm_backward: expected grad shaped and typed as x ", x.shape(), ", got ",
        grad.shape(), " of ", grad.dtype());
  check_vector("batch_norm_backward", "mean", stats.mean, x);
  check_vector("batch_norm_backward", "variance", stats.variance, x);
  check_vector("batch_norm_backward", "weight", weight, x);
  const Shape shape{x.shape()[1]};
  const Tensor gradient = contiguous(grad), values = contiguous(x), mean = contiguous(stats.mean);
  const Tensor variance = contiguous(stats.variance);
  const Tensor factors = weight.defined() ? contiguous(weight) : ones(shape, x.dtype());
  Tensor inverse = empty(shape, x.dtype());
  BatchNormGrads grads{empty(x.shape(), x.dtype()), empty(shape, x.dtype()),
                       empty(shape, x.dtype())};
  dispatch_floating("batch_norm_backward", x.dtype(), [&]<class T>() {
    const View<T, 1> inverse_std = inverse.flat<T>();
    const View<const T, 1> v = variance.flat<const T>();
    for (int64_t c = 0; c < shape[0]; ++c)
      inverse_std(c) = 1 / std::sqrt(v(c) + static_cast<T>(eps));
    spatial::batch_norm_backward_kernel.get<T>()(
        planes<const T>(gradient), planes<const T>(values), mean.flat<const T>(), inverse_std,
        factors.flat<const T>(), planes<T>(grads.x), grads.weight.flat<T>(), grads.bias.flat<T>());
    if (training) return;
    // Given statistics do not depend on x: the gradient is only scaled.
    for (int64_t c = 0; c < shape[0]; ++c) inverse_std(c) *= factors.flat<const T>()(c);
    const Tensor none = zeros(shape, x.dtype());
    spatial::batch_norm_kernel.get<T>()(planes<const T>(gradient), inverse_std,
                                        none.flat<const T>(), planes<T>(grads.x));
  });
  return grads;
}

}  // namespace tinytorch

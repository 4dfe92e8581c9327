// Batch normalisation: every channel to mean 0 and variance 1, then where training wants it.
#include "modules/spatial/spatial.h"

namespace tinytorch::spatial {

template <class T>
void channel_statistics(View<const T, 3> x, View<T, 1> mean, View<T, 1> variance) {
  // TASK spatial.channel_statistics (3 points): two passes, for the mean and for the deviations
  // from it, in double; sum(x^2) - mean^2 loses all digits where the mean is large.
  const double count = static_cast<double>(x.size(0) * x.size(2));
  for (int64_t c = 0; c < x.size(1); ++c) {
    double total = 0, squares = 0;
    for (int64_t n = 0; n < x.size(0); ++n) {
      for (int64_t l = 0; l < x.size(2); ++l) total += x(n, c, l);
    }
    const double center = total / count;
    for (int64_t n = 0; n < x.size(0); ++n) {
      for (int64_t l = 0; l < x.size(2); ++l)
        squares += (x(n, c, l) - center) * (x(n, c, l) - center);
    }
    mean(c) = static_cast<T>(center);
    variance(c) = static_cast<T>(squares / count);
  }
  // END TASK
}

template <class T>
void batch_norm(View<const T, 3> x, View<const T, 1> scale, View<const T, 1> shift, View<T, 3> y) {
  for (int64_t n = 0; n < x.size(0); ++n) {
    for (int64_t c = 0; c < x.size(1); ++c) {
      for (int64_t l = 0; l < x.size(2); ++l) y(n, c, l) = x(n, c, l) * scale(c) + shift(c);
    }
  }
}

template <class T>
void batch_norm_backward(View<const T, 3> grad, View<const T, 3> x, View<const T, 1> mean,
                         View<const T, 1> inverse_std, View<const T, 1> weight, View<T, 3> grad_x,
                         View<T, 1> grad_weight, View<T, 1> grad_bias) {
  // TASK spatial.batch_norm_backward (5 points): mean and variance depend on x, too: what all
  // elements of a channel have in common, or in common with z, is no gradient of x.
  const double count = static_cast<double>(x.size(0) * x.size(2));
  for (int64_t c = 0; c < x.size(1); ++c) {
    double total = 0, along = 0;
    for (int64_t n = 0; n < x.size(0); ++n) {
      for (int64_t l = 0; l < x.size(2); ++l) {
        total += grad(n, c, l);
        along += grad(n, c, l) * (x(n, c, l) - mean(c)) * inverse_std(c);
      }
    }
    grad_bias(c) = static_cast<T>(total);
    grad_weight(c) = static_cast<T>(along);
    const T common = static_cast<T>(total / count), slope = static_cast<T>(along / count);
    for (int64_t n = 0; n < x.size(0); ++n) {
      for (int64_t l = 0; l < x.size(2); ++l) {
        const T z = (x(n, c, l) - mean(c)) * inverse_std(c);
        grad_x(n, c, l) = weight(c) * inverse_std(c) * (grad(n, c, l) - common - z * slope);
      }
    }
  }
  // END TASK
}

Kernel<ChannelStatistics> channel_statistics_kernel("spatial.channel_statistics",
                                                    channel_statistics<float>,
                                                    channel_statistics<double>);
Kernel<BatchNorm> batch_norm_kernel("spatial.batch_norm", batch_norm<float>, batch_norm<double>);
Kernel<BatchNormBackward> batch_norm_backward_kernel("spatial.batch_norm_backward",
                                                     batch_norm_backward<float>,
                                                     batch_norm_backward<double>);

}  // namespace tinytorch::spatial

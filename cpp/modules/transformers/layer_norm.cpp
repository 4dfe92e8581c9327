// Layer norm and its backward, row by row.
#include <cmath>

#include "modules/transformers/transformers.h"

namespace tinytorch::transformers {

template <class T>
void layer_norm(View<const T, 2> x, View<const T, 1> weight, View<const T, 1> bias, double eps,
                View<T, 2> y, View<T, 1> mean, View<T, 1> rstd) {
  // TASK transformers.layer_norm (4 points): mean first, then the mean of the squared distances
  // from it; in double, for float forgets small terms of a long sum.
  const int64_t width = x.size(1);
  for (int64_t n = 0; n < x.size(0); ++n) {
    double total = 0, squares = 0;
    for (int64_t c = 0; c < width; ++c) total += x(n, c);
    const double middle = total / static_cast<double>(width);
    for (int64_t c = 0; c < width; ++c) squares += (x(n, c) - middle) * (x(n, c) - middle);
    mean(n) = static_cast<T>(middle);
    rstd(n) = static_cast<T>(1 / std::sqrt(squares / static_cast<double>(width) + eps));
    for (int64_t c = 0; c < width; ++c) {
      y(n, c) = (x(n, c) - mean(n)) * rstd(n);
      if (weight.size(0) > 0) y(n, c) *= weight(c);
      if (bias.size(0) > 0) y(n, c) += bias(c);
    }
  }
  // END TASK
}

template <class T>
void layer_norm_backward(View<const T, 2> grad, View<const T, 2> x, View<const T, 1> weight,
                         View<const T, 1> mean, View<const T, 1> rstd, View<T, 2> grad_x) {
  // TASK transformers.layer_norm_backward (4 points): the formula is in the header; take both means
  // of a row before its result.
  const int64_t width = x.size(1);
  for (int64_t n = 0; n < x.size(0); ++n) {
    double mean_g = 0, mean_gh = 0;
    for (int64_t c = 0; c < width; ++c) {
      const double g = weight.size(0) > 0 ? grad(n, c) * weight(c) : grad(n, c);
      mean_g += g / static_cast<double>(width);
      mean_gh += g * (x(n, c) - mean(n)) * rstd(n) / static_cast<double>(width);
    }
    for (int64_t c = 0; c < width; ++c) {
      const T g = weight.size(0) > 0 ? grad(n, c) * weight(c) : grad(n, c);
      const T h = (x(n, c) - mean(n)) * rstd(n);
      grad_x(n, c) = rstd(n) * (g - static_cast<T>(mean_g) - h * static_cast<T>(mean_gh));
    }
  }
  // END TASK
}

template <class T>
void layer_norm_backward_weight(View<const T, 2> grad, View<const T, 2> x, View<const T, 1> mean,
                                View<const T, 1> rstd, View<T, 1> grad_weight,
                                View<T, 1> grad_bias) {
  // TASK transformers.layer_norm_backward_weight (2 points): both serve every row, so both collect
  // from every row.
  for (int64_t c = 0; c < x.size(1); ++c) grad_weight(c) = grad_bias(c) = 0;
  for (int64_t n = 0; n < x.size(0); ++n) {
    for (int64_t c = 0; c < x.size(1); ++c) {
      grad_weight(c) += grad(n, c) * (x(n, c) - mean(n)) * rstd(n);
      grad_bias(c) += grad(n, c);
    }
  }
  // END TASK
}

namespace {

template <class T>
void whole_backward(View<const T, 2> grad, View<const T, 2> x, View<const T, 1> weight,
                    View<const T, 1> mean, View<const T, 1> rstd, View<T, 2> grad_x,
                    View<T, 1> grad_weight, View<T, 1> grad_bias) {
  if (grad_x.size(0) > 0) layer_norm_backward<T>(grad, x, weight, mean, rstd, grad_x);
  if (grad_weight.size(0) > 0) {
    layer_norm_backward_weight<T>(grad, x, mean, rstd, grad_weight, grad_bias);
  }
}

}  // namespace

Kernel<LayerNorm> layer_norm_kernel("transformers.layer_norm", layer_norm<float>,
                                    layer_norm<double>);
Kernel<LayerNormBackward> layer_norm_backward_kernel("transformers.layer_norm_backward",
                                                     whole_backward<float>, whole_backward<double>);

}  // namespace tinytorch::transformers

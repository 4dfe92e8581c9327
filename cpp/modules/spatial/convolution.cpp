// Convolution as its definition says: seven loops, and the same seven for each gradient.
#include <algorithm>

#include "modules/spatial/spatial.h"

namespace tinytorch::spatial {

template <class T>
void conv2d(View<const T, 4> x, View<const T, 4> weight, View<const T, 1> bias,
            const Window& window, View<T, 4> y) {
  // TASK spatial.conv2d (6 points): seven loops; what lies outside the picture is zero.
  const int64_t channels = weight.size(1), windows = weight.size(0) / window.groups;
  for (int64_t n = 0; n < y.size(0); ++n) {
    for (int64_t k = 0; k < y.size(1); ++k) {
      for (int64_t p = 0; p < y.size(2); ++p) {
        for (int64_t q = 0; q < y.size(3); ++q) {
          T total = bias.size(0) ? bias(k) : 0;
          for (int64_t c = 0; c < channels; ++c) {
            for (int64_t r = 0; r < weight.size(2); ++r) {
              const int64_t row = p * window.stride[0] - window.padding[0] + r * window.dilation[0];
              if (row < 0 || row >= x.size(2)) continue;
              for (int64_t s = 0; s < weight.size(3); ++s) {
                const int64_t column =
                    q * window.stride[1] - window.padding[1] + s * window.dilation[1];
                if (column < 0 || column >= x.size(3)) continue;
                total += x(n, k / windows * channels + c, row, column) * weight(k, c, r, s);
              }
            }
          }
          y(n, k, p, q) = total;
        }
      }
    }
  }
  // END TASK
}

template <class T>
void conv2d_backward_x(View<const T, 4> grad, View<const T, 4> weight, const Window& window,
                       View<T, 4> grad_x) {
  // TASK spatial.conv2d_backward_x (5 points): the same seven loops; where the forward pass read x,
  // add the gradient times the weight it was multiplied by.
  std::fill_n(grad_x.data, grad_x.size(0) * grad_x.size(1) * grad_x.size(2) * grad_x.size(3), T(0));
  const int64_t channels = weight.size(1), windows = weight.size(0) / window.groups;
  for (int64_t n = 0; n < grad.size(0); ++n) {
    for (int64_t k = 0; k < grad.size(1); ++k) {
      for (int64_t p = 0; p < grad.size(2); ++p) {
        for (int64_t q = 0; q < grad.size(3); ++q) {
          for (int64_t c = 0; c < channels; ++c) {
            for (int64_t r = 0; r < weight.size(2); ++r) {
              const int64_t row = p * window.stride[0] - window.padding[0] + r * window.dilation[0];
              if (row < 0 || row >= grad_x.size(2)) continue;
              for (int64_t s = 0; s < weight.size(3); ++s) {
                const int64_t column =
                    q * window.stride[1] - window.padding[1] + s * window.dilation[1];
                if (column < 0 || column >= grad_x.size(3)) continue;
                grad_x(n, k / windows * channels + c, row, column) +=
                    grad(n, k, p, q) * weight(k, c, r, s);
              }
            }
          }
        }
      }
    }
  }
  // END TASK
}

template <class T>
void conv2d_backward_weight(View<const T, 4> grad, View<const T, 4> x, const Window& window,
                            View<T, 4> grad_weight) {
  // TASK spatial.conv2d_backward_weight (5 points): a weight met one place of x for every place of
  // the result and every picture: sum over them. The order of loops is yours.
  const int64_t channels = grad_weight.size(1), windows = grad_weight.size(0) / window.groups;
  for (int64_t k = 0; k < grad_weight.size(0); ++k) {
    for (int64_t c = 0; c < channels; ++c) {
      for (int64_t r = 0; r < grad_weight.size(2); ++r) {
        for (int64_t s = 0; s < grad_weight.size(3); ++s) {
          T total = 0;
          for (int64_t n = 0; n < grad.size(0); ++n) {
            for (int64_t p = 0; p < grad.size(2); ++p) {
              const int64_t row = p * window.stride[0] - window.padding[0] + r * window.dilation[0];
              if (row < 0 || row >= x.size(2)) continue;
              for (int64_t q = 0; q < grad.size(3); ++q) {
                const int64_t column =
                    q * window.stride[1] - window.padding[1] + s * window.dilation[1];
                if (column < 0 || column >= x.size(3)) continue;
                total += grad(n, k, p, q) * x(n, k / windows * channels + c, row, column);
              }
            }
          }
          grad_weight(k, c, r, s) = total;
        }
      }
    }
  }
  // END TASK
}

template <class T>
void conv2d_backward_bias(View<const T, 4> grad, View<T, 1> grad_bias) {
  for (int64_t k = 0; k < grad.size(1); ++k) {
    double total = 0;
    for (int64_t n = 0; n < grad.size(0); ++n) {
      for (int64_t p = 0; p < grad.size(2); ++p) {
        for (int64_t q = 0; q < grad.size(3); ++q) total += grad(n, k, p, q);
      }
    }
    grad_bias(k) = static_cast<T>(total);
  }
}

Kernel<Conv2d> conv2d_kernel("spatial.conv2d", conv2d<float>, conv2d<double>);
Kernel<Conv2dBackwardX> conv2d_backward_x_kernel("spatial.conv2d_backward_x",
                                                 conv2d_backward_x<float>,
                                                 conv2d_backward_x<double>);
Kernel<Conv2dBackwardWeight> conv2d_backward_weight_kernel("spatial.conv2d_backward_weight",
                                                           conv2d_backward_weight<float>,
                                                           conv2d_backward_weight<double>);
Kernel<Conv2dBackwardBias> conv2d_backward_bias_kernel("spatial.conv2d_backward_bias",
                                                       conv2d_backward_bias<float>,
                                                       conv2d_backward_bias<double>);

}  // namespace tinytorch::spatial

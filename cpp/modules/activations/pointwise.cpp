// ReLU, sigmoid, tanh and GELU, element by element.
#include <cmath>
#include <numbers>

#include "modules/activations/activations.h"

namespace tinytorch::activations {

template <class T>
void relu(View<const T, 1> x, View<T, 1> y) {
  // TASK activations.relu (2 points): std::max(T(0), x) loses a NaN; which comparison keeps it?
  for (int64_t i = 0; i < x.size(0); ++i) y(i) = x(i) < 0 ? 0 : x(i);
  // END TASK
}

template <class T>
void relu_backward(View<const T, 1> grad, View<const T, 1> x, View<T, 1> grad_x) {
  // TASK activations.relu_backward (2 points): a gate: what was cut off learns nothing.
  for (int64_t i = 0; i < x.size(0); ++i) grad_x(i) = x(i) <= 0 ? 0 : grad(i);
  // END TASK
}

template <class T>
void sigmoid(View<const T, 1> x, View<T, 1> y) {
  // TASK activations.sigmoid (3 points): only take exp of negative numbers, and it cannot overflow.
  for (int64_t i = 0; i < x.size(0); ++i) {
    const T e = std::exp(-std::abs(x(i)));
    y(i) = x(i) < 0 ? e / (1 + e) : 1 / (1 + e);
  }
  // END TASK
}

template <class T>
void sigmoid_backward(View<const T, 1> grad, View<const T, 1> y, View<T, 1> grad_x) {
  // TASK activations.sigmoid_backward (2 points): the derivative by the output y, which is at hand.
  for (int64_t i = 0; i < y.size(0); ++i) grad_x(i) = grad(i) * y(i) * (1 - y(i));
  // END TASK
}

template <class T>
void tanh(View<const T, 1> x, View<T, 1> y) {
  for (int64_t i = 0; i < x.size(0); ++i) y(i) = std::tanh(x(i));
}

template <class T>
void tanh_backward(View<const T, 1> grad, View<const T, 1> y, View<T, 1> grad_x) {
  for (int64_t i = 0; i < y.size(0); ++i) grad_x(i) = grad(i) * (1 - y(i) * y(i));
}

template <class T>
void gelu(View<const T, 1> x, View<T, 1> y) {
  // TASK activations.gelu (3 points): std::erf and std::numbers::sqrt2 are given.
  for (int64_t i = 0; i < x.size(0); ++i) {
    y(i) = x(i) / 2 * (1 + std::erf(x(i) / std::numbers::sqrt2_v<T>));
  }
  // END TASK
}

template <class T>
void gelu_backward(View<const T, 1> grad, View<const T, 1> x, View<T, 1> grad_x) {
  const T density = std::numbers::inv_sqrtpi_v<T> / std::numbers::sqrt2_v<T>;  // 1 / sqrt(2 pi)
  for (int64_t i = 0; i < x.size(0); ++i) {
    const T cumulative = (1 + std::erf(x(i) / std::numbers::sqrt2_v<T>)) / 2;
    grad_x(i) = grad(i) * (cumulative + x(i) * density * std::exp(-x(i) * x(i) / 2));
  }
}

namespace {

template <class T>
inline constexpr T kSlope = T(0.7978845608028654);  // sqrt(2 / pi)
template <class T>
inline constexpr T kCubic = T(0.044715);

}  // namespace

template <class T>
void gelu_tanh(View<const T, 1> x, View<T, 1> y) {
  for (int64_t i = 0; i < x.size(0); ++i) {
    const T u = kSlope<T> * (x(i) + kCubic<T> * x(i) * x(i) * x(i));
    y(i) = x(i) / 2 * (1 + std::tanh(u));
  }
}

template <class T>
void gelu_tanh_backward(View<const T, 1> grad, View<const T, 1> x, View<T, 1> grad_x) {
  for (int64_t i = 0; i < x.size(0); ++i) {
    const T t = std::tanh(kSlope<T> * (x(i) + kCubic<T> * x(i) * x(i) * x(i)));
    const T slope = kSlope<T> * (1 + 3 * kCubic<T> * x(i) * x(i));
    grad_x(i) = grad(i) * ((1 + t) / 2 + x(i) / 2 * (1 - t * t) * slope);
  }
}

Kernel<Map> relu_kernel("activations.relu", relu<float>, relu<double>);
Kernel<Map> sigmoid_kernel("activations.sigmoid", sigmoid<float>, sigmoid<double>);
Kernel<Map> tanh_kernel("activations.tanh", tanh<float>, tanh<double>);
Kernel<Map> gelu_kernel("activations.gelu", gelu<float>, gelu<double>);
Kernel<Map> gelu_tanh_kernel("activations.gelu_tanh", gelu_tanh<float>, gelu_tanh<double>);
Kernel<MapBackward> relu_backward_kernel("activations.relu_backward", relu_backward<float>,
                                         relu_backward<double>);
Kernel<MapBackward> sigmoid_backward_kernel("activations.sigmoid_backward", sigmoid_backward<float>,
                                            sigmoid_backward<double>);
Kernel<MapBackward> tanh_backward_kernel("activations.tanh_backward", tanh_backward<float>,
                                         tanh_backward<double>);
Kernel<MapBackward> gelu_backward_kernel("activations.gelu_backward", gelu_backward<float>,
                                         gelu_backward<double>);
Kernel<MapBackward> gelu_tanh_backward_kernel("activations.gelu_tanh_backward",
                                              gelu_tanh_backward<float>,
                                              gelu_tanh_backward<double>);

}  // namespace tinytorch::activations

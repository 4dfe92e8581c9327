// Activations in float32: the formulas of the activations unit on whole batches, with our own exp,
// tanh and erf in place of a call of libm for each element.
#pragma once
#include "core/view.h"

namespace tinytorch::fast {

void relu(View<const float, 1> x, View<float, 1> y);
void relu_backward(View<const float, 1> grad, View<const float, 1> x, View<float, 1> grad_x);
void sigmoid(View<const float, 1> x, View<float, 1> y);
void sigmoid_backward(View<const float, 1> grad, View<const float, 1> y, View<float, 1> grad_x);
void tanh(View<const float, 1> x, View<float, 1> y);
void tanh_backward(View<const float, 1> grad, View<const float, 1> y, View<float, 1> grad_x);
void gelu(View<const float, 1> x, View<float, 1> y);
void gelu_backward(View<const float, 1> grad, View<const float, 1> x, View<float, 1> grad_x);
/// As x * sigmoid(2 u), which is x/2 * (1 + tanh(u)) without the cancellation.
void gelu_tanh(View<const float, 1> x, View<float, 1> y);
void gelu_tanh_backward(View<const float, 1> grad, View<const float, 1> x, View<float, 1> grad_x);

}  // namespace tinytorch::fast

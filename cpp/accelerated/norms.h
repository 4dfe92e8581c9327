// Layer norm and RMS norm in float32: a row is read from cache after its statistics are known, and
// the backward computes all gradients of a row from one walk.
#pragma once
#include "core/view.h"

namespace tinytorch::fast {

void layer_norm(View<const float, 2> x, View<const float, 1> weight, View<const float, 1> bias,
                double eps, View<float, 2> y, View<float, 1> mean, View<float, 1> rstd);
void layer_norm_backward(View<const float, 2> grad, View<const float, 2> x,
                         View<const float, 1> weight, View<const float, 1> mean,
                         View<const float, 1> rstd, View<float, 2> grad_x,
                         View<float, 1> grad_weight, View<float, 1> grad_bias);
void rms_norm(View<const float, 2> x, View<const float, 1> weight, double eps, View<float, 2> y,
              View<float, 1> rstd);
void rms_norm_backward(View<const float, 2> grad, View<const float, 2> x,
                       View<const float, 1> weight, View<const float, 1> rstd,
                       View<float, 2> grad_x, View<float, 1> grad_weight);
void swiglu(View<const float, 1> gate, View<const float, 1> up, View<float, 1> y);
void swiglu_backward(View<const float, 1> grad, View<const float, 1> gate, View<const float, 1> up,
                     View<float, 1> grad_gate, View<float, 1> grad_up);

}  // namespace tinytorch::fast

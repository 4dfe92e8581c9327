// Binary cross-entropy in float32, with logarithms a batch at a time.  The row losses are in
// rows.h.
#pragma once
#include "core/view.h"

namespace tinytorch::fast {

void bce(View<const float, 1> x, View<const float, 1> target, View<float, 1> loss);
void bce_with_logits(View<const float, 1> x, View<const float, 1> target, View<float, 1> loss);
void bce_with_logits_backward(Strided<const float, 1> grad, View<const float, 1> x,
                              View<const float, 1> target, View<float, 1> grad_x);

}  // namespace tinytorch::fast

// Optimizer steps in float32: everything about a weight happens in one pass, a batch at a time.
// Which products are fused with a sum follows PyTorch, so that runs can be compared digit by digit.
#pragma once
#include "modules/optimizers/optimizers.h"

namespace tinytorch::fast {

void sgd(View<float, 1> w, View<const float, 1> grad, const optimizers::Sgd& options);
void sgd_momentum(View<float, 1> w, View<const float, 1> grad, View<float, 1> buffer,
                  const optimizers::Sgd& options);
void adam(View<float, 1> w, View<const float, 1> grad, View<float, 1> m, View<float, 1> v,
          int64_t step, const optimizers::Adam& options);
void adamw(View<float, 1> w, View<const float, 1> grad, View<float, 1> m, View<float, 1> v,
           int64_t step, const optimizers::Adam& options);
void rmsprop(View<float, 1> w, View<const float, 1> grad, View<float, 1> v, View<float, 1> buffer,
             const optimizers::RmsProp& options);

}  // namespace tinytorch::fast

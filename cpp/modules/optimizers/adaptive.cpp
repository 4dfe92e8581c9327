// Optimizers that give every weight its own step: Adam, AdamW, RMSprop.
#include <cmath>

#include "modules/optimizers/optimizers.h"

namespace tinytorch::optimizers {

template <class T>
void adam(View<T, 1> w, View<const T, 1> grad, View<T, 1> m, View<T, 1> v, int64_t step,
          const Adam& options) {
  // TASK optimizers.adam (6 points): beta2^step is close to 1, so take both corrections in double.
  const double correction1 = 1 - std::pow(options.beta1, step);
  const double correction2 = 1 - std::pow(options.beta2, step);
  const T step_size = static_cast<T>(options.lr / correction1);
  const T root = static_cast<T>(std::sqrt(correction2));
  const T rate1 = static_cast<T>(1 - options.beta1), rate2 = static_cast<T>(1 - options.beta2);
  const T beta2 = static_cast<T>(options.beta2), eps = static_cast<T>(options.eps);
  const T decay = static_cast<T>(options.weight_decay);
  for (int64_t i = 0; i < w.size(0); ++i) {
    const T g = grad(i) + decay * w(i);
    m(i) += rate1 * (g - m(i));
    v(i) = beta2 * v(i) + rate2 * g * g;
    w(i) -= step_size * m(i) / (std::sqrt(v(i)) / root + eps);
  }
  // END TASK
}

template <class T>
void adamw(View<T, 1> w, View<const T, 1> grad, View<T, 1> m, View<T, 1> v, int64_t step,
           const Adam& options) {
  // TASK optimizers.adamw (3 points): shrink the weights, then call adam with options that no
  // longer decay.
  const T keep = static_cast<T>(1 - options.lr * options.weight_decay);
  for (int64_t i = 0; i < w.size(0); ++i) w(i) *= keep;
  Adam undecayed = options;
  undecayed.weight_decay = 0;
  adam(w, grad, m, v, step, undecayed);
  // END TASK
}

template <class T>
void rmsprop(View<T, 1> w, View<const T, 1> grad, View<T, 1> v, View<T, 1> buffer,
             const RmsProp& options) {
  // TASK optimizers.rmsprop (4 points): dividing by the root mean square makes steep and flat
  // directions alike.
  const T lr = static_cast<T>(options.lr), alpha = static_cast<T>(options.alpha);
  const T rate = static_cast<T>(1 - options.alpha), eps = static_cast<T>(options.eps);
  const T decay = static_cast<T>(options.weight_decay);
  const T momentum = static_cast<T>(options.momentum);
  for (int64_t i = 0; i < w.size(0); ++i) {
    const T g = grad(i) + decay * w(i);
    v(i) = alpha * v(i) + rate * g * g;
    T quotient = g / (std::sqrt(v(i)) + eps);
    if (buffer.size(0) > 0) quotient = buffer(i) = momentum * buffer(i) + quotient;
    w(i) -= lr * quotient;
  }
  // END TASK
}

Kernel<AdamStep> adam_kernel("optimizers.adam", adam<float>, adam<double>);
Kernel<AdamStep> adamw_kernel("optimizers.adamw", adamw<float>, adamw<double>);
Kernel<RmsPropStep> rmsprop_kernel("optimizers.rmsprop", rmsprop<float>, rmsprop<double>);

}  // namespace tinytorch::optimizers

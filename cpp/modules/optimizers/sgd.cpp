// Stochastic gradient descent, with and without momentum.
#include "modules/optimizers/optimizers.h"

namespace tinytorch::optimizers {

template <class T>
void sgd(View<T, 1> w, View<const T, 1> grad, const Sgd& options) {
  // TASK optimizers.sgd (3 points): against the gradient, after weight decay was added to it.
  const T lr = static_cast<T>(options.lr), decay = static_cast<T>(options.weight_decay);
  for (int64_t i = 0; i < w.size(0); ++i) w(i) -= lr * (grad(i) + decay * w(i));
  // END TASK
}

template <class T>
void sgd_momentum(View<T, 1> w, View<const T, 1> grad, View<T, 1> buffer, const Sgd& options) {
  // TASK optimizers.sgd_momentum (4 points): the buffer is the velocity, the gradient the force;
  // dampening weakens the force.
  const T lr = static_cast<T>(options.lr), decay = static_cast<T>(options.weight_decay);
  const T momentum = static_cast<T>(options.momentum);
  const T force = static_cast<T>(1 - options.dampening);
  for (int64_t i = 0; i < w.size(0); ++i) {
    const T g = grad(i) + decay * w(i);
    buffer(i) = force * g + momentum * buffer(i);
    w(i) -= lr * (options.nesterov ? g + momentum * buffer(i) : buffer(i));
  }
  // END TASK
}

Kernel<SgdStep> sgd_kernel("optimizers.sgd", sgd<float>, sgd<double>);
Kernel<SgdMomentumStep> sgd_momentum_kernel("optimizers.sgd_momentum", sgd_momentum<float>,
                                            sgd_momentum<double>);

}  // namespace tinytorch::optimizers

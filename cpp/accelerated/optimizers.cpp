// SGD, Adam, AdamW and RMSprop.
#include "accelerated/optimizers.h"

#include <cmath>

#include "accelerated/lanes.h"

namespace tinytorch::fast {
namespace {

Batch constant(double value) { return Batch(static_cast<float>(value)); }

// AdamW shrinks w by `keep`; Adam adds `decay` times w to the gradient.
void adam_step(View<float, 1> w, View<const float, 1> grad, View<float, 1> m, View<float, 1> v,
               int64_t step, const optimizers::Adam& options, double keep, double decay) {
  const double correction1 = 1 - std::pow(options.beta1, step);
  const double correction2 = 1 - std::pow(options.beta2, step);
  const Batch step_size = constant(options.lr / correction1);
  const Batch root = constant(std::sqrt(correction2));
  const Batch rate1 = constant(1 - options.beta1), rate2 = constant(1 - options.beta2);
  const Batch beta2 = constant(options.beta2), eps = constant(options.eps);
  const Batch shrink = constant(keep), pull = constant(decay);
  for_each_batch(w.size(0), [&](int64_t i, auto lanes) {
    const Batch weight = lanes.get(w.data + i) * shrink;
    const Batch g = fma(pull, weight, lanes.get(grad.data + i));
    const Batch old_mean = lanes.get(m.data + i);
    const Batch mean = fma(rate1, g - old_mean, old_mean);
    const Batch square = fma(rate2 * g, g, beta2 * lanes.get(v.data + i));
    lanes.put(m.data + i, mean);
    lanes.put(v.data + i, square);
    lanes.put(w.data + i, weight - step_size * mean / (sqrt(square) / root + eps));
  });
}

}  // namespace

void sgd(View<float, 1> w, View<const float, 1> grad, const optimizers::Sgd& options) {
  const Batch lr = constant(options.lr), decay = constant(options.weight_decay);
  for_each_batch(w.size(0), [&](int64_t i, auto lanes) {
    const Batch weight = lanes.get(w.data + i);
    lanes.put(w.data + i, fma(-lr, fma(decay, weight, lanes.get(grad.data + i)), weight));
  });
}

void sgd_momentum(View<float, 1> w, View<const float, 1> grad, View<float, 1> buffer,
                  const optimizers::Sgd& options) {
  const Batch lr = constant(options.lr), decay = constant(options.weight_decay);
  const Batch momentum = constant(options.momentum), force = constant(1 - options.dampening);
  for_each_batch(w.size(0), [&](int64_t i, auto lanes) {
    const Batch weight = lanes.get(w.data + i);
    const Batch g = fma(decay, weight, lanes.get(grad.data + i));
    const Batch velocity = fma(force, g, momentum * lanes.get(buffer.data + i));
    lanes.put(buffer.data + i, velocity);
    lanes.put(w.data + i,
              fma(-lr, options.nesterov ? fma(momentum, velocity, g) : velocity, weight));
  });
}

void adam(View<float, 1> w, View<const float, 1> grad, View<float, 1> m, View<float, 1> v,
          int64_t step, const optimizers::Adam& options) {
  adam_step(w, grad, m, v, step, options, 1, options.weight_decay);
}

void adamw(View<float, 1> w, View<const float, 1> grad, View<float, 1> m, View<float, 1> v,
           int64_t step, const optimizers::Adam& options) {
  adam_step(w, grad, m, v, step, options, 1 - options.lr * options.weight_decay, 0);
}

void rmsprop(View<float, 1> w, View<const float, 1> grad, View<float, 1> v, View<float, 1> buffer,
             const optimizers::RmsProp& options) {
  const Batch lr = constant(options.lr), alpha = constant(options.alpha);
  const Batch rate = constant(1 - options.alpha), eps = constant(options.eps);
  const Batch decay = constant(options.weight_decay), momentum = constant(options.momentum);
  const bool remembers = buffer.size(0) > 0;
  for_each_batch(w.size(0), [&](int64_t i, auto lanes) {
    const Batch weight = lanes.get(w.data + i);
    const Batch g = fma(decay, weight, lanes.get(grad.data + i));
    const Batch square = fma(rate * g, g, alpha * lanes.get(v.data + i));
    const Batch root = sqrt(square) + eps;
    lanes.put(v.data + i, square);
    if (remembers) {
      const Batch gathered = momentum * lanes.get(buffer.data + i) + g / root;
      lanes.put(buffer.data + i, gathered);
      lanes.put(w.data + i, fma(-lr, gathered, weight));
    } else {
      lanes.put(w.data + i, weight - lr * g / root);
    }
  });
}

}  // namespace tinytorch::fast

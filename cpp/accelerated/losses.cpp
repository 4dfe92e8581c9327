// Binary cross-entropy of probabilities and of logits.
#include "accelerated/losses.h"

#include "accelerated/lanes.h"

namespace tinytorch::fast {

void bce(View<const float, 1> x, View<const float, 1> target, View<float, 1> loss) {
  const auto at_least = [](Batch v) { return select(v < Batch(-100.F), Batch(-100.F), v); };
  for_each_batch(x.size(0), [&](int64_t i, auto lanes) {
    const Batch v = lanes.get(x.data + i), t = lanes.get(target.data + i);
    const Batch log_true = at_least(log(v)), log_false = at_least(log1p(-v));
    lanes.put(loss.data + i, -(t * log_true + (Batch(1.F) - t) * log_false));
  });
}

void bce_with_logits(View<const float, 1> x, View<const float, 1> target, View<float, 1> loss) {
  for_each_batch(x.size(0), [&](int64_t i, auto lanes) {
    const Batch v = lanes.get(x.data + i), t = lanes.get(target.data + i);
    lanes.put(loss.data + i, fma(-v, t, positive_part(v)) + log1p(exp(-abs(v))));
  });
}

void bce_with_logits_backward(Strided<const float, 1> grad, View<const float, 1> x,
                              View<const float, 1> target, View<float, 1> grad_x) {
  for_each_batch(x.size(0), [&](int64_t i, auto lanes) {
    const Batch probability = simd::sigmoid(lanes.get(x.data + i));
    lanes.put(grad_x.data + i, get(grad, i, lanes) * (probability - lanes.get(target.data + i)));
  });
}

}  // namespace tinytorch::fast

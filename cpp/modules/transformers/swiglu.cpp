// SwiGLU: one half of an MLP opens and closes the other.
#include <cmath>

#include "modules/transformers/transformers.h"

namespace tinytorch::transformers {

template <class T>
void swiglu(View<const T, 1> gate, View<const T, 1> up, View<T, 1> y) {
  // TASK transformers.swiglu (2 points): silu of the gate, times what it lets through.
  for (int64_t n = 0; n < y.size(0); ++n) y(n) = gate(n) / (1 + std::exp(-gate(n))) * up(n);
  // END TASK
}

template <class T>
void swiglu_backward(View<const T, 1> grad, View<const T, 1> gate, View<const T, 1> up,
                     View<T, 1> grad_gate, View<T, 1> grad_up) {
  for (int64_t n = 0; n < grad.size(0); ++n) {
    const T open = 1 / (1 + std::exp(-gate(n)));
    grad_up(n) = grad(n) * gate(n) * open;
    grad_gate(n) = grad(n) * up(n) * open * (1 + gate(n) * (1 - open));
  }
}

Kernel<Swiglu> swiglu_kernel("transformers.swiglu", swiglu<float>, swiglu<double>);
Kernel<SwigluBackward> swiglu_backward_kernel("transformers.swiglu_backward",
                                              swiglu_backward<float>, swiglu_backward<double>);

}  // namespace tinytorch::transformers

// Optimizers: how a gradient becomes a better weight.
//
// All of them step against the gradient; they differ in what they remember. SGD remembers nothing,
// momentum a running sum of gradients (4 bytes a float32 weight), RMSprop a running mean of their
// squares, Adam both (8 bytes). A step is a few operations an element on three to seven streams of
// memory, so its speed is that of memory: everything happens in one pass over flat buffers, and one
// call updates all parameters.
//
// Nothing here knows of gradients' origin: they may be derived by hand, or by autograd later. The
// order of the operations is PyTorch's, so that runs can be compared digit by digit.
//
// Read in this order: sgd, adaptive, step.
#pragma once
#include <vector>

#include "modules/tensor/tensor.h"

namespace tinytorch {

namespace optimizers {

struct Sgd {
  double lr, momentum = 0, dampening = 0, weight_decay = 0;
  bool nesterov = false;
};
struct Adam {
  double lr, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0;
};
struct RmsProp {
  double lr, alpha = 0.99, eps = 1e-8, weight_decay = 0, momentum = 0;
};

// One parameter, or a part of it: w, grad and what is remembered, all (N,), updated in place.
// Weight decay first adds weight_decay * w to grad: the gradient of an L2 penalty.

/// w -= lr grad.                                                            torch: optim.SGD
template <class T>
void sgd(View<T, 1> w, View<const T, 1> grad, const Sgd& options);

/// buffer = momentum buffer + (1 - dampening) grad;  w -= lr buffer.  With nesterov the step looks
/// ahead: w -= lr (grad + momentum buffer).  Polyak, 1964; Sutskever et al., 2013.
template <class T>
void sgd_momentum(View<T, 1> w, View<const T, 1> grad, View<T, 1> buffer, const Sgd& options);

/// m = beta1 m + (1 - beta1) grad  and  v = beta2 v + (1 - beta2) grad^2  are running means. Both
/// start at 0 and are too small at first: after `step` steps (1 for the first) only 1 - beta^step
/// of the weights of the mean are in.  With m and v divided by that, w -= lr m / (sqrt(v) + eps).
/// Kingma and Ba, 2015.                                                     torch: optim.Adam
template <class T>
void adam(View<T, 1> w, View<const T, 1> grad, View<T, 1> m, View<T, 1> v, int64_t step,
          const Adam& options);

/// The decay acts on w alone, w *= 1 - lr weight_decay, and Adam does not see it; in Adam itself
/// the division by sqrt(v) would undo it.  Loshchilov and Hutter, 2019.         torch: optim.AdamW
template <class T>
void adamw(View<T, 1> w, View<const T, 1> grad, View<T, 1> m, View<T, 1> v, int64_t step,
           const Adam& options);

/// v = alpha v + (1 - alpha) grad^2;  w -= lr grad / (sqrt(v) + eps).  With momentum the quotients
/// gather in a buffer (of size 0 otherwise): buffer = momentum buffer + quotient;  w -= lr buffer.
/// Hinton, 2012.                                                            torch: optim.RMSprop
template <class T>
void rmsprop(View<T, 1> w, View<const T, 1> grad, View<T, 1> v, View<T, 1> buffer,
             const RmsProp& options);

// The kernel table's entries.  A twin is called with parts of a parameter, from several threads.
template <class T>
using SgdStep = void(View<T, 1> w, View<const T, 1> grad, const Sgd& options);
template <class T>
using SgdMomentumStep = void(View<T, 1> w, View<const T, 1> grad, View<T, 1> buffer,
                             const Sgd& options);
template <class T>
using AdamStep = void(View<T, 1> w, View<const T, 1> grad, View<T, 1> m, View<T, 1> v, int64_t step,
                      const Adam& options);
template <class T>
using RmsPropStep = void(View<T, 1> w, View<const T, 1> grad, View<T, 1> v, View<T, 1> buffer,
                         const RmsProp& options);
extern Kernel<SgdStep> sgd_kernel;
extern Kernel<SgdMomentumStep> sgd_momentum_kernel;
extern Kernel<AdamStep> adam_kernel, adamw_kernel;
extern Kernel<RmsPropStep> rmsprop_kernel;

}  // namespace optimizers

// All parameters in one call.  Lists are of one length; their i-th tensors have one shape and one
// dtype, float32 or float64, and any strides.  `maximize` climbs instead.

using Tensors = std::vector<Tensor>;

/// momentum_buffers: empty without momentum; an undefined one is created, holding the gradient.
void sgd_step(const Tensors& params, const Tensors& grads, Tensors& momentum_buffers, double lr,
              double momentum = 0, double dampening = 0, double weight_decay = 0,
              bool nesterov = false, bool maximize = false);
/// step counts from 1.  decoupled: AdamW.
void adam_step(const Tensors& params, const Tensors& grads, const Tensors& exp_avgs,
               const Tensors& exp_avg_sqs, int64_t step, double lr, double beta1 = 0.9,
               double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0,
               bool decoupled = false, bool maximize = false);
/// momentum_buffers: empty without momentum.
void rmsprop_step(const Tensors& params, const Tensors& grads, const Tensors& square_avgs,
                  const Tensors& momentum_buffers, double lr, double alpha = 0.99,
                  double eps = 1e-8, double weight_decay = 0, double momentum = 0,
                  bool maximize = false);

}  // namespace tinytorch

// Losses: one number that says how wrong a prediction is, and the gradient that training starts
// from.
//
// Each is a pair, loss(x, target) and its backward by x. A loss is computed for every element or
// row first; `reduction` then leaves it so, or takes its mean or sum. The backward sees only the
// first step: `grad` holds the gradient by every single loss, with a stride of 0 when they had been
// reduced to one.
//
// The two cross-entropies take logits and not probabilities: log(sigmoid(x)) and log(softmax(x))
// are -inf where the inner function underflows, although the result is an ordinary number. Written
// as one function they are finite for every finite x, and the gradient becomes the simplest there
// is: probability minus target.
//
// Read in this order: pointwise and rows, the loops; apply and classes, which put them on tensors.
#pragma once
#include "modules/activations/activations.h"

namespace tinytorch {

namespace losses {

/// loss = (x - target)^2.  All (N,).                                        torch: F.mse_loss
template <class T>
void mse(View<const T, 1> x, View<const T, 1> target, View<T, 1> loss);
/// grad_x = grad * 2 (x - target).
template <class T>
void mse_backward(Strided<const T, 1> grad, View<const T, 1> x, View<const T, 1> target,
                  View<T, 1> grad_x);

/// loss = -(target log x + (1 - target) log(1 - x)), for a probability x.  No logarithm counts as
/// less than -100.                                              torch: F.binary_cross_entropy
template <class T>
void bce(View<const T, 1> x, View<const T, 1> target, View<T, 1> loss);
/// grad_x = grad * (x - target) / (x (1 - x)), the denominator at least 1e-12.
template <class T>
void bce_backward(Strided<const T, 1> grad, View<const T, 1> x, View<const T, 1> target,
                  View<T, 1> grad_x);

/// bce(sigmoid(x), target), finite for every finite logit x:
/// loss = max(x, 0) - x target + log(1 + exp(-|x|)).     torch: F.binary_cross_entropy_with_logits
template <class T>
void bce_with_logits(View<const T, 1> x, View<const T, 1> target, View<T, 1> loss);
/// grad_x = grad * (sigmoid(x) - target).
template <class T>
void bce_with_logits_backward(Strided<const T, 1> grad, View<const T, 1> x, View<const T, 1> target,
                              View<T, 1> grad_x);

// Classes.  x: (N, C), target: (N,) classes in [0, C), weight: (N,) of the rows, loss: (N,). A row
// of weight 0 does not count: its loss and gradient are 0, whatever it holds.

/// loss[n] = -weight[n] x[n, target[n]], x being logarithms of probabilities. torch: F.nll_loss
template <class T>
void nll(View<const T, 2> x, View<const int64_t, 1> target, View<const T, 1> weight,
         View<T, 1> loss);
/// grad_x[n, c] = -grad[n] weight[n] where c == target[n], else 0.
template <class T>
void nll_backward(Strided<const T, 1> grad, View<const int64_t, 1> target, View<const T, 1> weight,
                  View<T, 2> grad_x);

/// nll(log_softmax(x)) in one pass over each row of logits; y becomes softmax(x), the backward's
/// input.  y: (N, C).                                                       torch: F.cross_entropy
template <class T>
void cross_entropy(View<const T, 2> x, View<const int64_t, 1> target, View<const T, 1> weight,
                   View<T, 2> y, View<T, 1> loss);
/// grad_x[n, c] = grad[n] weight[n] (y[n, c] - [c == target[n]]), y = softmax(x).
template <class T>
void cross_entropy_backward(Strided<const T, 1> grad, View<const T, 2> y,
                            View<const int64_t, 1> target, View<const T, 1> weight,
                            View<T, 2> grad_x);

// The kernel table's entries.
template <class T>
using PairMap = void(View<const T, 1> x, View<const T, 1> target, View<T, 1> loss);
template <class T>
using PairMapBackward = void(Strided<const T, 1> grad, View<const T, 1> x, View<const T, 1> target,
                             View<T, 1> grad_x);
template <class T>
using Nll = void(View<const T, 2> x, View<const int64_t, 1> target, View<const T, 1> weight,
                 View<T, 1> loss);
template <class T>
using NllBackward = void(Strided<const T, 1> grad, View<const int64_t, 1> target,
                         View<const T, 1> weight, View<T, 2> grad_x);
template <class T>
using CrossEntropy = void(View<const T, 2> x, View<const int64_t, 1> target,
                          View<const T, 1> weight, View<T, 2> y, View<T, 1> loss);
template <class T>
using CrossEntropyBackward = void(Strided<const T, 1> grad, View<const T, 2> y,
                                  View<const int64_t, 1> target, View<const T, 1> weight,
                                  View<T, 2> grad_x);
extern Kernel<PairMap> mse_kernel, bce_kernel, bce_with_logits_kernel;
extern Kernel<PairMapBackward> mse_backward_kernel, bce_backward_kernel,
    bce_with_logits_backward_kernel;
extern Kernel<Nll> nll_kernel;
extern Kernel<NllBackward> nll_backward_kernel;
extern Kernel<CrossEntropy> cross_entropy_kernel;
extern Kernel<CrossEntropyBackward> cross_entropy_backward_kernel;

}  // namespace losses

// On tensors of any strides, float32 or float64.  A backward takes the operands and options of its
// forward; `grad` has the shape of the forward's result.

enum class Reduction : uint8_t { kNone, kMean, kSum };

/// x and target broadcast.  The gradient by the target is mse_backward(grad, target, x).
Tensor mse(const Tensor& x, const Tensor& target, Reduction reduction = Reduction::kMean);
Tensor mse_backward(const Tensor& grad, const Tensor& x, const Tensor& target,
                    Reduction reduction = Reduction::kMean);

/// x, target: of one shape, in [0, 1].  weight, or undefined, scales each loss; it broadcasts.
Tensor bce(const Tensor& x, const Tensor& target, const Tensor& weight = {},
           Reduction reduction = Reduction::kMean);
Tensor bce_backward(const Tensor& grad, const Tensor& x, const Tensor& target,
                    const Tensor& weight = {}, Reduction reduction = Reduction::kMean);
Tensor bce_backward_target(const Tensor& grad, const Tensor& x, const Tensor& weight = {},
                           Reduction reduction = Reduction::kMean);

/// x: logits.  pos_weight, or undefined, multiplies the first term of the loss: above 1 it makes a
/// missed positive dearer than a false one.
struct BceOptions {
  Tensor weight, pos_weight;
  Reduction reduction = Reduction::kMean;
};
Tensor bce_with_logits(const Tensor& x, const Tensor& target, const BceOptions& options = {});
Tensor bce_with_logits_backward(const Tensor& grad, const Tensor& x, const Tensor& target,
                                const BceOptions& options = {});
Tensor bce_with_logits_backward_target(const Tensor& grad, const Tensor& x,
                                       const BceOptions& options = {});

/// weight: (C,) of the classes, or undefined.  The mean divides by the weights of the rows that
/// count, so that it does not depend on how often a class or ignore_index occurs.
struct ClassOptions {
  Tensor weight;
  int64_t ignore_index = -100;
  Reduction reduction = Reduction::kMean;
  double label_smoothing = 0;  // cross_entropy only: this share of the target goes to all classes
};
/// x: (N, C, ...) or (C,), target: int64 (N, ...) or ().  Raises IndexError for a target outside
/// [0, C) that is not ignore_index.
Tensor nll(const Tensor& x, const Tensor& target, const ClassOptions& options = {});
Tensor nll_backward(const Tensor& grad, const Tensor& x, const Tensor& target,
                    const ClassOptions& options = {});

/// The same for logits; target may also hold probabilities, of x's shape and dtype.
/// `softmax` is softmax(x) along the classes: what the backward needs.
struct CrossEntropyResult {
  Tensor loss, softmax;
};
CrossEntropyResult cross_entropy(const Tensor& x, const Tensor& target,
                                 const ClassOptions& options = {});
Tensor cross_entropy_backward(const Tensor& grad, const Tensor& softmax, const Tensor& target,
                              const ClassOptions& options = {});

}  // namespace tinytorch

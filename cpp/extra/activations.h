// Activations beyond those that the course teaches, each a curve: y = f(x), element by element.
//
// A curve is its value, its slope, PyTorch's name for it and up to three numbers. Where it has a
// kink, the slope there is PyTorch's, which the source says in one line each:
//
//   leaky_relu(slope)                     x where x > 0, else slope x
//   elu(alpha, scale, input_scale)        scale x where x > 0, else scale alpha (e^(input_scale x)
//   - 1);
//                                         selu and celu are two choices of these numbers
//   silu, mish                            x sigmoid(x), x tanh(softplus(x))
//   softplus(beta, threshold)             log(1 + e^(beta x)) / beta; x itself where beta x >
//   threshold hardtanh(low, high)                   x kept in [low, high]; relu6 keeps it in [0, 6]
//   hardsigmoid, hardswish                x / 6 + 1/2 kept in [0, 1]; x times that
//   logsigmoid, softsign, tanhshrink      log(sigmoid(x)), x / (1 + |x|), x - tanh(x)
//   softshrink(lambda), hardshrink(lambda)  0 for |x| <= lambda; else moved towards 0 by it, or
//   kept threshold(threshold, value)           x where x > threshold, else value
#pragma once
#include <vector>

#include "core/random.h"
#include "modules/autograd/functions.h"

namespace tinytorch {

/// A row of the table of curves; `apply` reads as many of its numbers as the curve has.
struct Activation {
  const char* name;
  int numbers;
  Variable (*apply)(const Variable& x, double a, double b, double c);
};
const std::vector<Activation>& activation_curves();

/// The same in x's memory.
void activate_(const Activation& curve, const Variable& x, double a, double b, double c);

/// x where x > 0, else weight x; weight has x's shape and dtype.             torch.prelu
Variable prelu(const Variable& x, const Variable& weight);
/// x where x > 0, else r x with r drawn uniformly from [low, high), one for each such x in order of
/// memory.                                                                  F.rrelu in training
Variable rrelu(const Variable& x, double low, double high, Generator& generator);

}  // namespace tinytorch

// Draws whose parameters are tensors: from weighted categories, and counts of rare or repeated
// events. The numbers are PyTorch's for the same state of the generator.
#pragma once
#include "core/random.h"

namespace tinytorch {

/// Positions drawn by their weights, which need not add up to 1.                 torch.multinomial
/// weights: (C,) or (N, C), floating -> (samples,) or (N, samples), int64. Without replacement no
/// position comes twice in a row.
Tensor multinomial(const Tensor& weights, int64_t samples, bool replacement, Generator& generator);

/// Counts of events that happen `rate` times on average, shaped and typed as rate. torch.poisson
Tensor poisson(const Tensor& rate, Generator& generator);

/// How many of `count` trials succeed, each with probability p.                 torch.binomial
/// count and p: of one shape and floating dtype, which are also the result's.
Tensor binomial(const Tensor& count, const Tensor& p, Generator& generator);

/// Gamma-distributed numbers of rate 1, shaped and typed as their shape parameters.
///                                                                            torch._standard_gamma
Tensor standard_gamma(const Tensor& shape, Generator& generator);

/// Points of simplices along the last dim: Dirichlet-distributed. torch._sample_dirichlet
Tensor sample_dirichlet(const Tensor& concentration, Generator& generator);

}  // namespace tinytorch

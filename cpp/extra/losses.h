// Losses beyond those that the course teaches: of pairs of numbers, and of rows of scores.
//
// A loss of pairs is l(x, t) for every element of x and t, which share one shape, then reduced:
//
//   l1                      |x - t|
//   smooth_l1(beta)         (x - t)^2 / 2 beta up to |x - t| = beta, then |x - t| - beta / 2
//   huber(delta)            (x - t)^2 / 2 up to |x - t| = delta, then delta (|x - t| - delta / 2)
//   kl_div, kl_div_log      t (log t - x); the same for t given as its logarithm
//   soft_margin             log(1 + e^(-t x)), for t = 1 or -1
//
// The margin losses sum, along each row of scores, by how much wrong classes come too near.
#pragma once
#include <vector>

#include "modules/autograd/functions.h"

namespace tinytorch {

/// A row of the table of losses of pairs; `number` is beta or delta where the loss has one.
struct PairLoss {
  const char* name;
  Variable (*apply)(const Variable& x, const Variable& target, double number, Reduction reduction);
};
const std::vector<PairLoss>& pair_losses();

/// sum_{j != y} w[y] max(0, margin - x[y] + x[j])^p / C for each row of x: (N, C), y: (N) int64,
/// and weight: (C) or undefined.  p is 1 or 2.                               F.multi_margin_loss
Variable multi_margin_loss(const Variable& x, const Tensor& target, int64_t p, double margin,
                           const Tensor& weight, Reduction reduction);
/// sum_{k, j} max(0, 1 - x[k] + x[j]) / C over the row's classes k, listed in target before the
/// first -1, and all others j.  x, target: (N, C).                       F.multilabel_margin_loss
Variable multilabel_margin_loss(const Variable& x, const Tensor& target, Reduction reduction);

}  // namespace tinytorch

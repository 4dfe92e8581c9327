// Connectionist temporal classification: the loss of a sequence of labels under frames of scores.
//
// Every frame says one label or "blank"; a path through the frames means the sequence that is left
// when repeats are merged and blanks dropped. The loss is -log of the summed probability of all
// paths that mean the target (Graves and others, 2006).
#pragma once
#include <vector>

#include "modules/autograd/functions.h"

namespace tinytorch {

/// log_probs: (T, N, C), a log_softmax.  targets: (N, S), or all sequences one after another,
/// int64.  Lengths: one an element of the batch.  -> (N): infinite where no path fits, or zero with
/// zero_infinity.  The gradient is that by the scores below the log_softmax, as PyTorch's.
///                                                                                F.ctc_loss
Variable ctc_loss(const Variable& log_probs, const Tensor& targets,
                  const std::vector<int64_t>& input_lengths,
                  const std::vector<int64_t>& target_lengths, int64_t blank, bool zero_infinity);

}  // namespace tinytorch

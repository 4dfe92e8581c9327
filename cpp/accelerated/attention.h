// Attention in float32, blockwise: the matrix of scores is never stored.
//
// A block of queries walks along the blocks of keys. Of each row it keeps the largest score so far,
// the sum of exponentials and the weighted sum of values; where a larger score turns up, both sums
// are scaled down to it (Milakov and Gimelshein, 2018; Dao et al., 2022). Backward the weights are
// computed again, from the scores and the logarithm of each row's total. A block's scores fit in
// the second level of cache, so memory grows with the length and not with its square; blocks that a
// causal mask hides altogether are passed over.
#pragma once
#include "modules/attention/attention.h"

namespace tinytorch::fast {

void attend(const attention::Head<float>& head, Strided<float, 2> y, View<float, 1> log_total);
void attend_backward(const attention::Head<float>& head, Strided<const float, 2> grad,
                     Strided<const float, 2> y, View<const float, 1> log_total,
                     Strided<float, 2> grad_q, Strided<float, 2> grad_k, Strided<float, 2> grad_v);

}  // namespace tinytorch::fast

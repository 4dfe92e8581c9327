// Row functions in float32: softmax and its relatives, three passes over a row that stays in cache.
//
// The first finds the maximum, the second takes exponentials and their sum, the third scales. A row
// of no more elements than a batch has lanes stays in one register throughout. NaN, and a row whose
// maximum is infinite, give NaN.
#pragma once
#include "core/view.h"

namespace tinytorch::fast {

void softmax(View<const float, 2> x, View<float, 2> y);
void softmax_backward(View<const float, 2> grad, View<const float, 2> y, View<float, 2> grad_x);
void log_softmax(View<const float, 2> x, View<float, 2> y);
void log_softmax_backward(View<const float, 2> grad, View<const float, 2> y, View<float, 2> grad_x);

/// softmax(x) and the loss of each row from one walk over it.
void cross_entropy(View<const float, 2> x, View<const int64_t, 1> target,
                   View<const float, 1> weight, View<float, 2> y, View<float, 1> loss);
void cross_entropy_backward(Strided<const float, 1> grad, View<const float, 2> y,
                            View<const int64_t, 1> target, View<const float, 1> weight,
                            View<float, 2> grad_x);

}  // namespace tinytorch::fast

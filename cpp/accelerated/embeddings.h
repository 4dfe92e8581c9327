// Embeddings in float32: whole rows at a time. A row is copied, added or turned with vectors; which
// rows, only the ids know, so memory is the limit.
#pragma once
#include "core/view.h"

namespace tinytorch::fast {

void lookup(View<const float, 2> weight, View<const int64_t, 1> ids, View<float, 2> y);
void lookup_backward(Strided<const float, 2> grad, View<const int64_t, 1> ids, int64_t padding,
                     Strided<float, 2> grad_weight);
void bag(View<const float, 2> weight, View<const int64_t, 1> ids, View<const float, 1> factors,
         View<const int64_t, 1> starts, View<float, 2> y);

}  // namespace tinytorch::fast

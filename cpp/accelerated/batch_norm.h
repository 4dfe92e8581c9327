// Batch normalisation in float32: the runs of L floats that a channel has in each picture.
//
// A run is summed in vectors of floats and the sums of runs in double. Its squares are taken about
// its own mean, while it is still in the nearest cache, and then put together (Chan et al., 1979):
// memory is read once, and no digits are lost where the mean is large. The backward goes channel by
// channel, so that what its sums have read is still in a cache when its gradient is written.
//
// Where L is 1, neighbours in memory are channels, and loops run along them.
#pragma once
#include "core/view.h"

namespace tinytorch::fast {

void channel_statistics(View<const float, 3> x, View<float, 1> mean, View<float, 1> variance);
void batch_norm(View<const float, 3> x, View<const float, 1> scale, View<const float, 1> shift,
                View<float, 3> y);
void batch_norm_backward(View<const float, 3> grad, View<const float, 3> x,
                         View<const float, 1> mean, View<const float, 1> inverse_std,
                         View<const float, 1> weight, View<float, 3> grad_x,
                         View<float, 1> grad_weight, View<float, 1> grad_bias);

}  // namespace tinytorch::fast

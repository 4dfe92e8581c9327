// Pooling in float32, a vector of neighbouring results at a time.
//
// Neighbours look `stride` columns apart. So the columns of a row are first sorted by their
// remainder modulo the stride, with the padding around them: in that copy, which stays in the
// nearest cache, what a whole vector of windows has at its column s is a vector, too. A row is
// reduced once for all windows that meet it; then windows choose among their rows. Where the
// largest was is chosen along with it, in floats, which hold whole numbers exactly to 2^24.
// Windows of 2 x 2 side by side, as in most networks, need no copy: a block of them compares the
// two rows that it covers.
//
// Sums need no sorting: first the rows of the windows are added up, then columns of that one row.
#pragma once
#include "modules/spatial/spatial.h"

namespace tinytorch::fast {

void max_pool2d(View<const float, 4> x, const spatial::Pool& pool, View<float, 4> y,
                View<int32_t, 4> positions);
void max_pool2d_backward(View<const float, 4> grad, View<const int32_t, 4> positions,
                         const spatial::Pool& pool, View<float, 4> grad_x);
void avg_pool2d(View<const float, 4> x, const spatial::Pool& pool,
                const spatial::Averaging& averaging, View<float, 4> y);
void avg_pool2d_backward(View<const float, 4> grad, const spatial::Pool& pool,
                         const spatial::Averaging& averaging, View<float, 4> grad_x);

}  // namespace tinytorch::fast

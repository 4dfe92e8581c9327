// Convolution in float32: matrix products of the weight with patches of the pictures.
//
// With the patches as a matrix (patches.h) and one column a place, the three passes are
//
//   y = weight patches      grad_patches = weight^T grad      grad_weight = grad patches^T
//
// and y, grad and x stay in PyTorch's order (N, C, H, W): a picture's result is a matrix of K rows
// and P Q columns as it is. No pass makes the whole matrix of patches; each thread takes bands of
// the batch and in them a panel of places at a time, whose piece of the matrix stays in cache.
//
// Two other ways are taken where they are faster: windows of 3 x 3 on many channels through
// Winograd's transforms (winograd.h), and few windows, as with a group for each channel, directly
// on the copied pictures.
#pragma once
#include "modules/spatial/spatial.h"

namespace tinytorch::fast {

void conv2d(View<const float, 4> x, View<const float, 4> weight, View<const float, 1> bias,
            const spatial::Window& window, View<float, 4> y);
void conv2d_backward_x(View<const float, 4> grad, View<const float, 4> weight,
                       const spatial::Window& window, View<float, 4> grad_x);
void conv2d_backward_weight(View<const float, 4> grad, View<const float, 4> x,
                            const spatial::Window& window, View<float, 4> grad_weight);
void conv2d_backward_bias(View<const float, 4> grad, View<float, 1> grad_bias);

}  // namespace tinytorch::fast

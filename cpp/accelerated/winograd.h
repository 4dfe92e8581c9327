// Winograd's convolution: windows of 3 x 3 with a quarter of the multiplications.
//
// A tile of 4 x 4 results needs 6 x 6 places of the picture, and 144 products for each channel.
// But a convolution is a product of polynomials, and a polynomial of degree 5 is known by its
// values at 6 points: take the values of both factors, multiply them, 36 in two dimensions, and
// return to coefficients (Lavin and Gray, 2015: F(4 x 4, 3 x 3)):
//
//   y = A^T ((G w G^T) * (B^T x B)) A
//
// For many channels the products of one point are a matrix product, tiles by channels times
// channels by windows, and 36 of those are nearly all the work. Transforms run along channels, so
// strips of the pictures are transposed first to have these as neighbours, and results back.
//
// The backward needs nothing new. By x it is the convolution of grad with turned windows. By the
// weight it is the transpose of the formula: values A grad A^T times values of x, summed over all
// tiles, and then G^T once.
//
// The points are 0, 3/4, -3/4, 3/2, -3/2 and infinity. With the usual 1, -1, 2, -2 the powers are
// rounder and the error twice as large: now it is 1e-6 of a typical y, and 1e-5 at worst, where
// plain sums have 2e-7 and 2e-6.
#pragma once
#include <cstdint>

namespace tinytorch::fast {

/// Of one group: x (n, C, H, W) and y (n, K, P, Q), pictures `*_stride` apart; stride and dilation
/// are 1.
struct WinogradShape {
  int64_t n, channels, height, width, windows, places[2], padding[2], x_stride, y_stride;

  /// x and y have changed places.
  WinogradShape reversed() const {
    return {n,
            windows,
            places[0],
            places[1],
            channels,
            {height, width},
            {2 - padding[0], 2 - padding[1]},
            y_stride,
            x_stride};
  }
};

/// Windows of 3 x 3 in memory, a step from an input channel to the next, and from an output's.
struct Windows {
  const float* data;
  int64_t in_stride, out_stride;
  bool turned;  // by half a turn
};

/// Whether it takes less time than patches do.
bool winograd_wins(const WinogradShape& shape);

/// bias: (K,), or nullptr.
void winograd(const WinogradShape& shape, const float* x, const Windows& weight, const float* bias,
              float* y, int64_t threads);
/// grad_weight: (K, C, 3, 3).
void winograd_backward_weight(const WinogradShape& shape, const float* grad, const float* x,
                              float* grad_weight, int64_t threads);

}  // namespace tinytorch::fast

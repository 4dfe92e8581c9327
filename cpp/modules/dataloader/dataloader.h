// The data loader: from a dataset to batches, fast enough that the model never waits.
//
// An epoch visits every sample once, in an order that chance decides and a seed repeats. A batch is
// then a copy: rows that lie scattered in the dataset come to lie side by side. That copy is all
// memory and no arithmetic, so one call a batch is worth a hundred calls a sample.
//
// Images are shown a little differently each time: cut out somewhere near, and mirrored half of the
// time. Nobody needs to store the variants, for each is an index computed on the way.
//
// Read in this order: permutation, gather, augment (crop, normalize); then the Python half of the
// unit, where indices become batches and workers deliver them.
#pragma once
#include "core/random.h"
#include "modules/tensor/tensor.h"

namespace tinytorch {

namespace dataloader {

/// order: a permutation of 0 .. n-1, each of the n! equally likely.  order: (n,), overwritten.
/// Starts from 0, 1, ..., n-1; then for i = 0 .. n-2 swaps order[i] with order[i + r % (n - i)],
/// r = generator.next32(). Fisher and Yates, 1938; Durstenfeld, 1964.          torch: randperm
void permutation(Generator& generator, View<int64_t, 1> order);

/// y[b, j] = x[rows[b], j].  x: (N, D), rows: (B,) in [0, N), y: (B, D), overwritten.
///                                                                     torch: x[rows]
/// T is an unsigned integer as wide as an element: what the bits mean does not matter here.
template <class T>
void gather(View<const T, 2> x, View<const int64_t, 1> rows, View<T, 2> y);

/// Cuts a window of y's size out of each image of a batch, and mirrors some of them.
/// y[n, c, i, j] = x[n, c, corners[n, 0] + i, corners[n, 1] + j], and `fill` outside of x;
/// where mirrored[n], y's rows run from right to left.
/// x: (N, C, H, W), corners: (N, 2), top and left, also negative; mirrored: (N,),
/// y: (N, C, P, Q), overwritten.        torchvision: RandomCrop, RandomHorizontalFlip
template <class T>
void crop(View<const T, 4> x, View<const int64_t, 2> corners, View<const bool, 1> mirrored, T fill,
          View<T, 4> y);

/// y[n, c, l] = (x[n, c, l] - mean[c]) / deviation[c].  x, y: (N, C, L); mean, deviation: (C,).
///                                                                torchvision: Normalize
template <class T>
void normalize(View<const T, 3> x, View<const T, 1> mean, View<const T, 1> deviation, View<T, 3> y);

}  // namespace dataloader

// On tensors.

/// (n,) int64.  From 2^32 / 20 elements on a draw is generator.next64(), as in PyTorch, and is made
/// by core.  Raises ValueError for a negative n.
Tensor permutation(int64_t n, Generator& generator = *default_generator());

/// x: (N, ...) of any dtype and strides, rows: (B,) int64 in [-N, N) -> (B, ...), contiguous.
/// Raises IndexError for a row outside of x.
Tensor gather_rows(const Tensor& x, const Tensor& rows);

/// x: (N, C, H, W) uint8, float32 or float64 -> (N, C, height, width); see dataloader::crop.
Tensor crop_images(const Tensor& x, const Tensor& corners, const Tensor& mirrored, int64_t height,
                   int64_t width, double fill = 0);

/// x: (N, C, ...) float32 or float64; see dataloader::normalize.  Raises ValueError for a deviation
/// of zero, or unless there is one mean and one deviation for each channel.
Tensor normalize_channels(const Tensor& x, const Tensor& mean, const Tensor& deviation);

/// Images as bytes -> float32 in [0, 1]: x / 255, (N, C, H, W) of any strides.
/// With mean and deviation, (C,) float32 each, normalised besides: a byte has 256 values, so each
/// channel's are computed once, by dataloader::normalize, and then looked up.
Tensor images_to_float(const Tensor& x, const Tensor& mean = {}, const Tensor& deviation = {});

/// One draw of an augmentation for each of `count` samples, in the order in which PyTorch's
/// transforms would draw them sample by sample.
struct Draw {
  enum Kind { kInteger, kChance } kind;
  int64_t range = 0;  // kInteger: next32() % range
  double chance = 0;  // kChance: uniform32() < chance
};
/// (count, draws.size()) int64: the integers, or 1 for a chance that came true and 0.
Tensor draw_augmentations(int64_t count, const std::vector<Draw>& draws, Generator& generator);

}  // namespace tinytorch

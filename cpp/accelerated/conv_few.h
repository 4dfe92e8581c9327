// Convolution with few windows, as a group for each channel or a first layer of few has.
//
// What is read of the pictures is then used so little that a copy of it, and a transpose even more,
// would take longer than the products. The forward runs along the rows of the copied pictures
// themselves (patches.h), over the columns between one row of results and the next too, and leaves
// those out of the result. The gradient by the weight is a sum for each window and element along
// places, of which every lane of a vector keeps its own until the end.
#pragma once
#include "accelerated/conv_sizes.h"

namespace tinytorch::fast {

/// Whether a group has so few windows.
constexpr bool is_few(int64_t windows) { return windows < std::max<int64_t>(2, simd::kLanes / 2); }

class FewForward {
 public:
  FewForward(const Sizes& sizes, const Band& largest);
  void run(const float* x, const float* weight, const float* bias, float* y, const Band& band);

 private:
  const Sizes& sizes_;
  Patches patches_;
  int64_t width_;
  Scratch results_;
};

class FewBackwardWeight {
 public:
  FewBackwardWeight(const Sizes& sizes, const Band& largest);
  void run(const float* grad, const float* x, const Band& band);
  void merge(const FewBackwardWeight& more);
  void write(float* grad_weight) const;

 private:
  const Sizes& sizes_;
  Patches patches_;
  int64_t rows_;
  Scratch packed_, grads_, sums_;
};

}  // namespace tinytorch::fast

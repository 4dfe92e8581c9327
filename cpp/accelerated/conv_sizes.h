// What the passes of a convolution share: its sizes, and where places of a band lie in the result.
#pragma once
#include <algorithm>

#include "accelerated/patches.h"
#include "accelerated/winograd.h"

namespace tinytorch::fast {

/// Everything that has a size: x (N, C, H, W), y (N, K, P, Q), in G groups.
struct Sizes {
  int64_t n, groups;
  int64_t windows, elements;  // in one group: windows, and elements of each
  int64_t places, result;     // P Q, and floats of a picture of y
  PatchShape patches;         // of one group

  Sizes(const int64_t (&x)[4], const int64_t (&weight)[4], const int64_t (&y)[4],
        const spatial::Window& window)
      : n(x[0]),
        groups(window.groups),
        windows(weight[0] / window.groups),
        elements(weight[1] * weight[2] * weight[3]),
        places(y[2] * y[3]),
        result(y[1] * y[2] * y[3]),
        patches{weight[1],         x[2], x[3], {weight[2], weight[3]}, {y[2], y[3]}, window,
                x[1] * x[2] * x[3]} {}

  int64_t products() const { return n * groups * windows * elements * places; }
  int64_t threads() const {
    const int64_t worth_one = 100'000;  // products
    return std::clamp<int64_t>(products() / worth_one, 1, num_threads());
  }
  // Of one group.  Only where stride and dilation are 1.
  WinogradShape winograd() const {
    const spatial::Window& window = patches.window;
    return {n,
            patches.channels,
            patches.height,
            patches.width,
            windows,
            {patches.places[0], patches.places[1]},
            {window.padding[0], window.padding[1]},
            patches.image_stride,
            result};
  }
  bool by_winograd() const {
    const auto ones = [](const int64_t(&values)[2]) { return values[0] == 1 && values[1] == 1; };
    const spatial::Window& window = patches.window;
    return patches.size[0] == 3 && patches.size[1] == 3 && ones(window.stride) &&
           ones(window.dilation) && winograd_wins(winograd());
  }
  // Where the channels of a group begin in a picture of x.
  int64_t channel(int64_t group) const {
    return group * patches.channels * patches.height * patches.width;
  }
};

/// Places [place, place + count) of a band, cut where a picture ends: f(at, done, piece) for
/// `piece` places after the first `done`, which begin at `at` in the first row of the result.
template <class F>
void for_each_piece(const Sizes& sizes, const Band& band, int64_t place, int64_t count, F f) {
  const int64_t columns = sizes.patches.places[1], of_image = band.rows * columns;
  for (int64_t done = 0; done < count;) {
    const int64_t image = (place + done) / of_image, at = (place + done) % of_image;
    const int64_t piece = std::min(of_image - at, count - done);
    f((band.image + image) * sizes.result + band.row * columns + at, done, piece);
    done += piece;
  }
}

inline void copy_rows(const float* from, int64_t from_stride, float* to, int64_t to_stride,
                      int64_t rows, int64_t columns) {
  for (int64_t i = 0; i < rows; ++i, from += from_stride, to += to_stride) {
    for_each_batch(columns, [&](int64_t j, auto lanes) { lanes.put(to + j, lanes.get(from + j)); });
  }
}

}  // namespace tinytorch::fast

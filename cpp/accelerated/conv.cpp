// The three passes of a convolution as products with patches.
#include "accelerated/conv.h"

#include <algorithm>
#include <vector>

#include "accelerated/conv_few.h"

namespace tinytorch::fast {
namespace {

using spatial::Window;

constexpr int64_t kDepth = 416;             // of a sum, between two visits to the result
constexpr int64_t kElements = 512;          // of windows, whose gradients are added at a time
constexpr int64_t kPlaces = 256;            // summed at a time into the weight's gradient
constexpr int64_t kRows = 24 * kTileRows;   // of patches that meet them there
constexpr int64_t kThreadFloats = 100'000;  // summed up, worth a thread

// The passes on the bands of one group.  Each thread has one, with its own memory.

class Forward {
 public:
  Forward(const Sizes& sizes, const Band& largest)
      : sizes_(sizes),
        patches_(sizes.patches, largest),
        depth_(ceil_div(sizes.elements, ceil_div(sizes.elements, kDepth))),
        packed_(depth_ * kPanel),
        beside_(sizes.windows * kPanel) {}

  void run(const float* x, const float* weight, const float* bias, float* y, const Band& band) {
    patches_.load(x, band);
    for (int64_t place = 0; place < patches_.places(); place += kPanel) {
      const int64_t count = std::min(kPanel, patches_.places() - place);
      for_each_piece(sizes_, band, place, count, [&](int64_t at, int64_t done, int64_t piece) {
        if (piece == count) return multiply(weight, bias, place, count, y + at, sizes_.places);
        if (done == 0) multiply(weight, bias, place, count, beside_.data(), kPanel);
        copy_rows(beside_.data() + done, kPanel, y + at, sizes_.places, sizes_.windows, piece);
      });
    }
  }

 private:
  void multiply(const float* weight, const float* bias, int64_t place, int64_t count, float* c,
                int64_t c_stride) {
    Epilogue epilogue;
    epilogue.row_bias = bias;
    for (int64_t t = 0; t < sizes_.elements; t += depth_) {
      const int64_t end = std::min(t + depth_, sizes_.elements);
      patches_.pack(t, end, place, count, packed_.data(), kPanel);
      multiply_panel({weight + t, sizes_.elements, 1}, sizes_.windows, end - t,
                     EvenRows{packed_.data(), kPanel}, c, c_stride, count,
                     epilogue.in_pass(t == 0, end == sizes_.elements));
    }
  }

  const Sizes& sizes_;
  Patches patches_;
  int64_t depth_;
  Scratch packed_, beside_;
};

// Where a row of results is whole vectors: each reads the copy of the pictures where it lies.
class InPlaceForward {
 public:
  static bool serves(const Sizes& sizes) { return sizes.patches.places[1] % kLanes == 0; }

  InPlaceForward(const Sizes& sizes, const Band& largest)
      : sizes_(sizes), patches_(sizes.patches, largest) {}

  void run(const float* x, const float* weight, const float* bias, float* y, const Band& band) {
    patches_.load(x, band);
    Epilogue epilogue;
    epilogue.row_bias = bias;
    const int64_t columns = sizes_.patches.places[1], of_image = band.rows * columns;
    for (int64_t image = 0; image < band.images; ++image) {
      SpreadRows rows{patches_.copy() + image * patches_.image_pitch(), patches_.shifts(), {}};
      float* const to = y + (band.image + image) * sizes_.result + band.row * columns;
      for (int64_t place = 0; place < of_image; place += kPanel) {
        const int64_t count = std::min(kPanel, of_image - place);
        for (int64_t i = 0; i < count; i += kLanes) {
          rows.starts[i / kLanes] =
              (place + i) / columns * patches_.pitch() + (place + i) % columns;
        }
        multiply_panel({weight, sizes_.elements, 1}, sizes_.windows, sizes_.elements, rows,
                       to + place, sizes_.places, count, epilogue);
      }
    }
  }

 private:
  const Sizes& sizes_;
  Patches patches_;
};

// Of as many channels as `shape` has.
class BackwardX {
 public:
  BackwardX(const Sizes& sizes, const PatchShape& shape, const Band& largest)
      : sizes_(sizes),
        elements_(shape.elements()),
        patches_(shape, largest),
        depth_(ceil_div(sizes.windows, ceil_div(sizes.windows, kDepth))),
        packed_(depth_ * kPanel),
        products_(elements_ * kPanel) {}

  void run(const float* grad, const float* weight, float* grad_x, const Band& band) {
    patches_.clear(band);
    for (int64_t place = 0; place < patches_.places(); place += kPanel) {
      const int64_t count = std::min(kPanel, patches_.places() - place);
      for (int64_t k = 0; k < sizes_.windows; k += depth_) {
        const int64_t depth = std::min(depth_, sizes_.windows - k);
        for_each_piece(sizes_, band, place, count, [&](int64_t at, int64_t done, int64_t piece) {
          copy_rows(grad + at + k * sizes_.places, sizes_.places, packed_.data() + done, kPanel,
                    depth, piece);
        });
        Epilogue epilogue;
        epilogue.accumulate = k > 0;
        multiply_panel({weight + k * sizes_.elements, 1, sizes_.elements}, elements_, depth,
                       EvenRows{packed_.data(), kPanel}, products_.data(), kPanel, count, epilogue);
      }
      patches_.add(products_.data(), kPanel, place, count);
    }
    patches_.store(grad_x);
  }

 private:
  const Sizes& sizes_;
  int64_t elements_;
  Patches patches_;
  int64_t depth_;
  Scratch packed_, products_;
};

// The sum has its elements in rows and its windows in columns.  It is taken over kPlaces places at
// a time, which are then added up: long sums of floats are exact only so.
class BackwardWeight {
 public:
  BackwardWeight(const Sizes& sizes, const Band& largest)
      : sizes_(sizes),
        patches_(sizes.patches, largest),
        columns_(round_up(sizes.windows, kLanes)),
        total_(sizes.elements * columns_),
        rows_(std::min(sizes.elements, kRows)),
        packed_(rows_ * kWidth),
        grads_(kPlaces * columns_),
        sums_(rows_ * kPanel) {
    std::fill_n(total_.data(), sizes.elements * columns_, 0.F);
  }

  void run(const float* grad, const float* x, const Band& band) {
    patches_.load(x, band);
    for (int64_t place = 0; place < patches_.places(); place += kPlaces) {
      const int64_t count = std::min(kPlaces, patches_.places() - place);
      transpose(grad, band, place, count);
      for (int64_t t = 0; t < sizes_.elements; t += rows_) {
        const int64_t rows = std::min(rows_, sizes_.elements - t);
        patches_.pack(t, t + rows, place, count, packed_.data(), kWidth);
        for (int64_t k = 0; k < columns_; k += kPanel) {
          const int64_t width = std::min(kPanel, columns_ - k);
          multiply_panel({packed_.data(), kWidth, 1}, rows, count,
                         EvenRows{grads_.data() + k * kPlaces, width}, sums_.data(), kPanel, width,
                         {});
          for (int64_t r = 0; r < rows; ++r) {
            add_floats(sums_.data() + r * kPanel, width, total_.data() + (t + r) * columns_ + k);
          }
        }
      }
    }
  }

  void merge(const BackwardWeight& more) {
    add_floats(more.total_.data(), sizes_.elements * columns_, total_.data());
  }
  void write(float* grad_weight) const {
    transpose_copy(total_.data(), columns_, grad_weight, sizes_.elements, sizes_.windows,
                   sizes_.elements);
  }

 private:
  static constexpr int64_t kWidth = kPlaces + kLanes;  // rows do not meet in the same cache lines

  // Panels of windows in columns, each of `count` places in rows.
  void transpose(const float* grad, const Band& band, int64_t place, int64_t count) {
    for_each_piece(sizes_, band, place, count, [&](int64_t at, int64_t done, int64_t piece) {
      for (int64_t k = 0; k < sizes_.windows; k += kLanes) {
        const int64_t panel = k / kPanel * kPanel, width = std::min(kPanel, columns_ - panel);
        pack_vector({grad + at + k * sizes_.places, 1, sizes_.places}, piece,
                    std::min(kLanes, sizes_.windows - k),
                    grads_.data() + panel * kPlaces + done * width + k - panel, width);
      }
    });
  }

  const Sizes& sizes_;
  Patches patches_;
  int64_t columns_;
  Scratch total_;
  int64_t rows_;
  Scratch packed_, grads_, sums_;
};

template <class Pass>
void forward(const Sizes& sizes, const float* x, const float* weight, const float* bias, float* y) {
  const int64_t threads = sizes.threads();
  // With many groups small bands, and all groups of one before the next: neighbours in memory.
  const int64_t least = std::max(ceil_div(threads, sizes.groups), std::min(sizes.n, sizes.groups));
  const std::vector<Band> bands = bands_of(sizes.patches, sizes.n, least);
  const int64_t count = static_cast<int64_t>(bands.size()) * sizes.groups;
  for_each_part(count, threads, [&](int64_t, int64_t first, int64_t last) {
    Pass pass(sizes, bands[0]);
    for (int64_t i = first; i < last; ++i) {
      const int64_t g = i % sizes.groups, k = g * sizes.windows;
      pass.run(x + sizes.channel(g), weight + k * sizes.elements, bias ? bias + k : nullptr,
               y + k * sizes.places, bands[static_cast<size_t>(i / sizes.groups)]);
    }
  });
}

// Threads share out the groups or, where these are few, the bands of one after another.
template <class Pass>
void backward_weight(const Sizes& sizes, const float* grad, const float* x, float* grad_weight) {
  const int64_t threads = sizes.threads();
  const auto group = [&](int64_t g, int64_t helpers) {
    const std::vector<Band> bands = bands_of(sizes.patches, sizes.n, helpers);
    const auto count = static_cast<int64_t>(bands.size());
    std::vector<Pass> passes;
    for (int64_t i = 0; i < std::min(helpers, count); ++i) passes.emplace_back(sizes, bands[0]);
    for_each_part(count, helpers, [&](int64_t part, int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) {
        passes[static_cast<size_t>(part)].run(grad + g * sizes.windows * sizes.places,
                                              x + sizes.channel(g), bands[static_cast<size_t>(i)]);
      }
    });
    for (size_t i = 1; i < passes.size(); ++i) passes[0].merge(passes[i]);
    passes[0].write(grad_weight + g * sizes.windows * sizes.elements);
  };
  if (sizes.groups >= threads) {
    for_each_part(sizes.groups, threads, [&](int64_t, int64_t first, int64_t last) {
      for (int64_t g = first; g < last; ++g) group(g, 1);
    });
  } else {
    for (int64_t g = 0; g < sizes.groups; ++g) group(g, threads);
  }
}

// As the convolution of grad with windows turned by half a turn: where the stride is 1.
void backward_x_by_forward(const Sizes& sizes, View<const float, 4> grad,
                           View<const float, 4> weight, View<float, 4> grad_x) {
  const auto [windows, channels, rows, columns] = weight.sizes;
  const Scratch memory(windows * channels * rows * columns);
  const View<float, 4> turned{memory.data(), {grad_x.size(1), sizes.windows, rows, columns}};
  for (int64_t k = 0; k < windows; ++k) {
    for (int64_t c = 0; c < channels; ++c) {
      const int64_t group = k / sizes.windows;
      float* const to = &turned(group * channels + c, k % sizes.windows, 0, 0);
      std::reverse_copy(&weight(k, c, 0, 0), &weight(k, c, 0, 0) + rows * columns, to);
    }
  }
  Window window = sizes.patches.window;
  for (int d = 0; d < 2; ++d) {
    window.padding[d] = window.dilation[d] * (weight.size(2 + d) - 1) - window.padding[d];
  }
  conv2d(grad, turned, {nullptr, {0}}, window, grad_x);
}
bool few_and_close(const Sizes& sizes) {
  const Window& window = sizes.patches.window;
  for (int d = 0; d < 2; ++d) {
    const int64_t reach = window.dilation[d] * (sizes.patches.size[d] - 1);
    if (window.stride[d] != 1 || window.padding[d] > reach) return false;
  }
  return sizes.windows <= 2;
}

}  // namespace

void conv2d(View<const float, 4> x, View<const float, 4> weight, View<const float, 1> bias,
            const Window& window, View<float, 4> y) {
  const Sizes sizes(x.sizes, weight.sizes, y.sizes, window);
  if (sizes.products() == 0) {
    for (int64_t row = 0; row < y.size(0) * y.size(1); ++row) {
      std::fill_n(y.data + row * sizes.places, sizes.places,
                  bias.size(0) > 0 ? bias(row % y.size(1)) : 0);
    }
    return;
  }
  const int64_t threads = sizes.threads();
  if (sizes.by_winograd()) {
    for (int64_t g = 0; g < sizes.groups; ++g) {
      const int64_t k = g * sizes.windows;
      winograd(sizes.winograd(), x.data + sizes.channel(g),
               {weight.data + k * sizes.elements, 9, sizes.elements, false},
               bias.size(0) > 0 ? bias.data + k : nullptr, y.data + k * sizes.places, threads);
    }
    return;
  }
  const auto pass = InPlaceForward::serves(sizes) ? forward<InPlaceForward>
                    : is_few(sizes.windows)       ? forward<FewForward>
                                                  : forward<Forward>;
  pass(sizes, x.data, weight.data, bias.size(0) > 0 ? bias.data : nullptr, y.data);
}

void conv2d_backward_x(View<const float, 4> grad, View<const float, 4> weight, const Window& window,
                       View<float, 4> grad_x) {
  const Sizes sizes(grad_x.sizes, weight.sizes, grad.sizes, window);
  if (sizes.products() == 0) {
    std::fill_n(grad_x.data, sizes.n * sizes.patches.image_stride, 0.F);
    return;
  }
  const int64_t threads = sizes.threads();
  if (sizes.by_winograd()) {
    for (int64_t g = 0; g < sizes.groups; ++g) {
      const int64_t k = g * sizes.windows;
      winograd(sizes.winograd().reversed(), grad.data + k * sizes.places,
               {weight.data + k * sizes.elements, sizes.elements, 9, true}, nullptr,
               grad_x.data + sizes.channel(g), threads);
    }
    return;
  }
  if (few_and_close(sizes)) return backward_x_by_forward(sizes, grad, weight, grad_x);
  const int64_t channels = sizes.patches.channels, in_channel = sizes.elements / channels;
  // Channels are cut where there are too few pictures and groups, or they are too many for a cache.
  const int64_t cuts = std::clamp(
      std::max(ceil_div(sizes.elements, kElements), ceil_div(threads, sizes.n * sizes.groups)),
      int64_t{1}, channels);
  PatchShape part = sizes.patches;
  part.channels = ceil_div(channels, cuts);
  const std::vector<Band> bands =
      bands_of(part, sizes.n, ceil_div(threads, sizes.groups * cuts), true);
  const auto count = static_cast<int64_t>(bands.size());
  for_each_part(count * sizes.groups * cuts, threads, [&](int64_t, int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const int64_t g = i / (count * cuts), cut = i / count % cuts;
      const int64_t c = channels * cut / cuts;
      PatchShape shape = part;
      shape.channels = channels * (cut + 1) / cuts - c;
      BackwardX(sizes, shape, bands[0])
          .run(grad.data + g * sizes.windows * sizes.places,
               weight.data + g * sizes.windows * sizes.elements + c * in_channel,
               grad_x.data + sizes.channel(g) + c * shape.height * shape.width,
               bands[static_cast<size_t>(i % count)]);
    }
  });
}

void conv2d_backward_weight(View<const float, 4> grad, View<const float, 4> x, const Window& window,
                            View<float, 4> grad_weight) {
  const Sizes sizes(x.sizes, grad_weight.sizes, grad.sizes, window);
  const int64_t of_group = sizes.windows * sizes.elements;
  if (sizes.products() == 0) {
    std::fill_n(grad_weight.data, sizes.groups * of_group, 0.F);
    return;
  }
  const int64_t threads = sizes.threads();
  if (sizes.by_winograd()) {
    for (int64_t g = 0; g < sizes.groups; ++g) {
      winograd_backward_weight(sizes.winograd(), grad.data + g * sizes.windows * sizes.places,
                               x.data + sizes.channel(g), grad_weight.data + g * of_group, threads);
    }
    return;
  }
  const auto pass =
      is_few(sizes.windows) ? backward_weight<FewBackwardWeight> : backward_weight<BackwardWeight>;
  pass(sizes, grad.data, x.data, grad_weight.data);
}

void conv2d_backward_bias(View<const float, 4> grad, View<float, 1> grad_bias) {
  const int64_t channels = grad_bias.size(0), places = grad.size(2) * grad.size(3);
  parallel_for(0, channels, ceil_div(kThreadFloats, grad.size(0) * places + 1),
               [&](int64_t first, int64_t last) {
                 for (int64_t k = first; k < last; ++k) {
                   double total = 0;
                   for (int64_t n = 0; n < grad.size(0); ++n) {
                     const float* const from = grad.data + (n * channels + k) * places;
                     Batch sum(0.F);
                     for_each_batch(places,
                                    [&](int64_t i, auto lanes) { sum += lanes.get(from + i); });
                     total += static_cast<double>(reduce_add(sum));
                   }
                   grad_bias(k) = static_cast<float>(total);
                 }
               });
}

}  // namespace tinytorch::fast

// Transforms of pictures, windows and results, and the products at 36 points between them.
#include "accelerated/winograd.h"

#include <algorithm>
#include <vector>

#include "accelerated/lanes.h"
#include "accelerated/scratch.h"
#include "accelerated/tile.h"

namespace tinytorch::fast {
namespace {

constexpr int kTile = 4;   // results of a tile, in one dim
constexpr int kReach = 6;  // places that they need, and points
constexpr int kPoints = kReach * kReach;
constexpr int64_t kDepth = 384;               // of a sum, between two visits to the result
constexpr int64_t kBlockFloats = 256 * 1024;  // of values that stay in cache
constexpr int64_t kSumFloats = 1024 * 1024;   // of the weight's gradient at all points

// The points are 0, a, -a, b, -b and infinity.  What a value of the picture is left out of by the
// others, (p - q) for all points q, divides the window's.
constexpr float kA = 0.75F, kB = 1.5F, kA2 = kA * kA, kB2 = kB * kB;
constexpr float kPartOfA = 1 / (2 * kA2 * (kA2 - kB2)), kPartOfB = 1 / (2 * kB2 * (kB2 - kA2));
constexpr float kPartOf0 = 1 / (kA2 * kB2);

// One dim of each transform: G, of the three elements of a window,
void window_values(const Batch* w, Batch* v) {
  const Batch a = fma(w[2], Batch(kA2), w[0]) * Batch(kPartOfA),
              odd_a = w[1] * Batch(kA * kPartOfA);
  const Batch b = fma(w[2], Batch(kB2), w[0]) * Batch(kPartOfB),
              odd_b = w[1] * Batch(kB * kPartOfB);
  v[0] = w[0] * Batch(kPartOf0);
  v[1] = a + odd_a;
  v[2] = a - odd_a;
  v[3] = b + odd_b;
  v[4] = b - odd_b;
  v[5] = w[2];
}
// G^T,
void window_sums(const Batch* v, Batch* w) {
  const Batch a = (v[1] + v[2]) * Batch(kPartOfA), odd_a = (v[1] - v[2]) * Batch(kA * kPartOfA);
  const Batch b = (v[3] + v[4]) * Batch(kPartOfB), odd_b = (v[3] - v[4]) * Batch(kB * kPartOfB);
  w[0] = fma(v[0], Batch(kPartOf0), a + b);
  w[1] = odd_a + odd_b;
  w[2] = fma(a, Batch(kA2), fma(b, Batch(kB2), v[5]));
}
// A, of the four elements of a tile of grad,
void tile_values(const Batch* g, Batch* v) {
  const Batch a = fma(g[2], Batch(kA2), g[0]), odd_a = fma(g[3], Batch(kA2), g[1]) * Batch(kA);
  const Batch b = fma(g[2], Batch(kB2), g[0]), odd_b = fma(g[3], Batch(kB2), g[1]) * Batch(kB);
  v[0] = g[0];
  v[1] = a + odd_a;
  v[2] = a - odd_a;
  v[3] = b + odd_b;
  v[4] = b - odd_b;
  v[5] = g[3];
}
// A^T, from values to results,
void tile_sums(const Batch* v, Batch* y) {
  const Batch a = v[1] + v[2], odd_a = (v[1] - v[2]) * Batch(kA);
  const Batch b = v[3] + v[4], odd_b = (v[3] - v[4]) * Batch(kB);
  y[0] = v[0] + a + b;
  y[1] = odd_a + odd_b;
  y[2] = fma(a, Batch(kA2), b * Batch(kB2));
  y[3] = fma(odd_a, Batch(kA2), fma(odd_b, Batch(kB2), v[5]));
}
// and B^T, of six places of the picture.
void place_values(const Batch* x, Batch* v) {
  const Batch a = fma(x[2], Batch(-kB2), x[4]), odd_a = fma(x[1], Batch(-kB2), x[3]) * Batch(kA);
  const Batch b = fma(x[2], Batch(-kA2), x[4]), odd_b = fma(x[1], Batch(-kA2), x[3]) * Batch(kB);
  const Batch ends(kA2 * kB2), middle(-(kA2 + kB2));
  v[0] = fma(x[0], ends, fma(x[2], middle, x[4]));
  v[1] = a + odd_a;
  v[2] = a - odd_a;
  v[3] = b + odd_b;
  v[4] = b - odd_b;
  v[5] = fma(x[1], ends, fma(x[3], middle, x[5]));
}

// f on the columns and then on the rows of a square.
template <auto F, int In, int Out>
void in_both_dims(const Batch (&x)[In][In], Batch (&y)[Out][Out]) {
  Batch half[Out][In];
#pragma GCC unroll 6
  for (int j = 0; j < In; ++j) {
    Batch column[In], out[Out];
#pragma GCC unroll 6
    for (int i = 0; i < In; ++i) column[i] = x[i][j];
    F(column, out);
#pragma GCC unroll 6
    for (int i = 0; i < Out; ++i) half[i][j] = out[i];
  }
#pragma GCC unroll 6
  for (int i = 0; i < Out; ++i) F(half[i], y[i]);
}

// Tiles that cover the results: rows of tiles are numbered through the batch.
struct Tiles {
  int64_t down, across;

  explicit Tiles(const WinogradShape& shape)
      : down(ceil_div(shape.places[0], kTile)), across(ceil_div(shape.places[1], kTile)) {}
  int64_t rows(const WinogradShape& shape) const { return shape.n * down; }
};

// Values of all tiles of a block at all points: (point, tile, channel).
class Values {
 public:
  Values(int64_t tiles, int64_t channels)
      : channels_(round_up(channels, kLanes)),
        // A line of cache more, or the points of a tile would all fall on the same few lines.
        point_stride_(tiles * channels_ + 64 / static_cast<int64_t>(sizeof(float))),
        memory_(kPoints * point_stride_) {}

  int64_t channels() const { return channels_; }
  int64_t point_stride() const { return point_stride_; }
  float* at(int64_t point, int64_t tile) const {
    return memory_.data() + point * point_stride_ + tile * channels_;
  }

 private:
  int64_t channels_, point_stride_;
  Scratch memory_;
};

// Squares of pictures become values.  Size is 6 for x, whose squares overlap, and 4 for grad.
template <int Size, auto F>
class Reader {
 public:
  Reader(int64_t channels, int64_t height, int64_t width, int64_t image_stride,
         const int64_t (&padding)[2], const Tiles& tiles)
      : channels_(channels),
        height_(height),
        width_(width),
        image_stride_(image_stride),
        padding_{padding[0], padding[1]},
        tiles_(tiles),
        padded_(round_up(channels, kLanes)),
        pitch_((tiles.across * kTile + Size - kTile) * padded_),
        strip_(Size * pitch_) {
    std::fill_n(strip_.data(), Size * pitch_, 0.F);  // the columns around the picture stay so
  }

  // A row of tiles; the first of them is `tile` of the values.
  void read(const float* x, int64_t row, const Values& values, int64_t tile) {
    const float* const picture = x + row / tiles_.down * image_stride_;
    const int64_t first = row % tiles_.down * kTile - padding_[0];
    const int64_t columns = std::min(width_, tiles_.across * kTile + Size - kTile - padding_[1]);
    for (int64_t i = 0; i < Size; ++i) {
      float* const to = strip_.data() + i * pitch_ + padding_[1] * padded_;
      const int64_t h = first + i;
      if (h < 0 || h >= height_) {
        std::fill_n(to, columns * padded_, 0.F);
        continue;
      }
      for (int64_t c = 0; c < channels_; c += kLanes) {
        pack_vector({picture + c * height_ * width_ + h * width_, 1, height_ * width_}, columns,
                    std::min(kLanes, channels_ - c), to + c, padded_);
      }
    }
    for (int64_t t = 0; t < tiles_.across; ++t) {
      for (int64_t c = 0; c < padded_; c += kLanes) {
        const float* const from = strip_.data() + t * kTile * padded_ + c;
        Batch square[Size][Size], result[kReach][kReach];
#pragma GCC unroll 6
        for (int i = 0; i < Size; ++i) {
#pragma GCC unroll 6
          for (int j = 0; j < Size; ++j) square[i][j] = load(from + i * pitch_ + j * padded_);
        }
        in_both_dims<F>(square, result);
        float* const to = values.at(0, tile + t) + c;
#pragma GCC unroll 6
        for (int i = 0; i < kReach; ++i) {
#pragma GCC unroll 6
          for (int j = 0; j < kReach; ++j) {
            store(to + (i * kReach + j) * values.point_stride(), result[i][j]);
          }
        }
      }
    }
  }

 private:
  int64_t channels_, height_, width_, image_stride_, padding_[2];
  Tiles tiles_;
  int64_t padded_, pitch_;
  Scratch strip_;
};
using PictureReader = Reader<kReach, place_values>;
using GradReader = Reader<kTile, tile_values>;

// Values become results.
class Writer {
 public:
  Writer(const WinogradShape& shape, const Tiles& tiles)
      : shape_(shape),
        tiles_(tiles),
        padded_(round_up(shape.windows, kLanes)),
        pitch_(tiles.across * kTile * padded_),
        strip_(kTile * pitch_) {}

  void write(const Values& values, int64_t tile, const float* bias, float* y, int64_t row) {
    for (int64_t t = 0; t < tiles_.across; ++t) {
      for (int64_t k = 0; k < padded_; k += kLanes) {
        const float* const from = values.at(0, tile + t) + k;
        Batch square[kReach][kReach], result[kTile][kTile];
#pragma GCC unroll 6
        for (int i = 0; i < kReach; ++i) {
#pragma GCC unroll 6
          for (int j = 0; j < kReach; ++j) {
            square[i][j] = load(from + (i * kReach + j) * values.point_stride());
          }
        }
        in_both_dims<tile_sums>(square, result);
        const Batch shift =
            bias ? load_partial(bias + k, std::min(kLanes, shape_.windows - k)) : Batch(0.F);
        float* const to = strip_.data() + t * kTile * padded_ + k;
#pragma GCC unroll 4
        for (int i = 0; i < kTile; ++i) {
#pragma GCC unroll 4
          for (int j = 0; j < kTile; ++j)
            store(to + i * pitch_ + j * padded_, result[i][j] + shift);
        }
      }
    }
    const int64_t first = row % tiles_.down * kTile, columns = shape_.places[1];
    float* const picture = y + row / tiles_.down * shape_.y_stride;
    for (int64_t i = 0; i < std::min<int64_t>(kTile, shape_.places[0] - first); ++i) {
      transpose_copy(strip_.data() + i * pitch_, padded_, picture + (first + i) * columns,
                     shape_.places[0] * columns, shape_.windows, columns);
    }
  }

 private:
  const WinogradShape& shape_;
  Tiles tiles_;
  int64_t padded_, pitch_;
  Scratch strip_;
};

// The windows' values: for each point a matrix of C rows and K columns, in panels.
class WindowValues {
 public:
  WindowValues(const WinogradShape& shape, const Windows& weight, int64_t threads)
      : rows_(shape.channels),
        columns_(round_up(shape.windows, kLanes)),
        memory_(kPoints * rows_ * columns_) {
    for_each_part(rows_, threads, [&](int64_t, int64_t first, int64_t last) {
      for (int64_t c = first; c < last; ++c) {
        for (int64_t k = 0; k < columns_; k += kLanes) {
          const int64_t count = std::min(kLanes, shape.windows - k);
          read(weight.data + c * weight.in_stride + k * weight.out_stride, weight, count, c, k);
        }
      }
    });
  }

  int64_t columns() const { return columns_; }
  int64_t width(int64_t column) const { return std::min(kPanel, columns_ - column); }
  EvenRows panel(int64_t point, int64_t column, int64_t row) const {
    return {at(point, column) + row * width(column), width(column)};
  }

 private:
  float* at(int64_t point, int64_t column) const {
    return memory_.data() + point * rows_ * columns_ + column * rows_;
  }

  void read(const float* from, const Windows& weight, int64_t count, int64_t c, int64_t k) {
    float square[9 * kLanes];
    pack_vector({from, 1, weight.out_stride}, 9, count, square, kLanes);
    Batch window[3][3], values[kReach][kReach];
    for (int i = 0; i < 9; ++i) {
      window[i / 3][i % 3] = load(square + (weight.turned ? 8 - i : i) * kLanes);
    }
    in_both_dims<window_values>(window, values);
    const int64_t panel = k / kPanel * kPanel;
    for (int64_t point = 0; point < kPoints; ++point) {
      store(at(point, panel) + c * width(panel) + k - panel,
            values[point / kReach][point % kReach]);
    }
  }

  int64_t rows_, columns_;
  Scratch memory_;
};

// Rows of tiles that are worked on at a time.
int64_t block_rows(const Tiles& tiles, int64_t channels, int64_t windows) {
  const int64_t floats = kPoints * (round_up(channels, kLanes) + round_up(windows, kLanes));
  const int64_t wanted = std::max<int64_t>(4 * kTileRows, kBlockFloats / floats);
  return std::max<int64_t>(1, wanted / tiles.across);
}

}  // namespace

bool winograd_wins(const WinogradShape& shape) {
  if (shape.padding[0] > 2 || shape.padding[1] > 2) return false;
  const Tiles tiles(shape);
  // In units of a multiply-add of vectors: what patches take, and what the products at 36 points
  // do, with transforms of x, y and windows.  Measured, with some room for the error.
  const int64_t c = shape.channels, k = shape.windows, count = tiles.rows(shape) * tiles.across;
  const int64_t patches = shape.n * shape.places[0] * shape.places[1] * 9 * c * k;
  const int64_t points = count * (36 * c * k + 250 * (c + k)) + 150 * c * k;
  return 10 * patches > 13 * points;
}

void winograd(const WinogradShape& shape, const float* x, const Windows& weight, const float* bias,
              float* y, int64_t threads) {
  const Tiles tiles(shape);
  const WindowValues windows(shape, weight, threads);
  const int64_t rows = tiles.rows(shape), all = block_rows(tiles, shape.channels, shape.windows);
  const int64_t block = std::min(all, ceil_div(rows, threads));
  for_each_part(rows, threads, [&](int64_t, int64_t begin, int64_t end) {
    const Values in(block * tiles.across, shape.channels);
    const Values out(block * tiles.across, shape.windows);
    PictureReader reader(shape.channels, shape.height, shape.width, shape.x_stride, shape.padding,
                         tiles);
    Writer writer(shape, tiles);
    for (int64_t first = begin; first < end; first += block) {
      const int64_t last = std::min(first + block, end), count = (last - first) * tiles.across;
      for (int64_t row = first; row < last; ++row) {
        reader.read(x, row, in, (row - first) * tiles.across);
      }
      for (int64_t point = 0; point < kPoints; ++point) {
        for (int64_t c = 0; c < shape.channels; c += kDepth) {
          Epilogue epilogue;
          epilogue.accumulate = c > 0;
          for (int64_t k = 0; k < windows.columns(); k += kPanel) {
            multiply_panel({in.at(point, 0) + c, in.channels(), 1}, count,
                           std::min(kDepth, shape.channels - c), windows.panel(point, k, c),
                           out.at(point, 0) + k, out.channels(), windows.width(k), epilogue);
          }
        }
      }
      for (int64_t row = first; row < last; ++row) {
        writer.write(out, (row - first) * tiles.across, bias, y, row);
      }
    }
  });
}

namespace {

// Sums over tiles for each point: a matrix of C rows and K columns.
class Sums {
 public:
  Sums(const WinogradShape& shape, const Tiles& tiles, int64_t block)
      : shape_(shape),
        tiles_(tiles),
        in_(block * tiles.across, shape.channels),
        out_(block * tiles.across, shape.windows),
        pictures_(shape.channels, shape.height, shape.width, shape.x_stride, shape.padding, tiles),
        grads_(shape.windows, shape.places[0], shape.places[1], shape.y_stride, {0, 0}, tiles),
        memory_(floats()) {
    std::fill_n(data(), floats(), 0.F);
  }

  float* data() const { return memory_.data(); }
  int64_t floats() const { return kPoints * shape_.channels * columns(); }
  int64_t columns() const { return out_.channels(); }

  void add(const float* x, const float* grad, int64_t first, int64_t last) {
    for (int64_t row = first; row < last; ++row) {
      pictures_.read(x, row, in_, (row - first) * tiles_.across);
      grads_.read(grad, row, out_, (row - first) * tiles_.across);
    }
    Epilogue epilogue;
    epilogue.accumulate = true;
    for (int64_t point = 0; point < kPoints; ++point) {
      for (int64_t k = 0; k < columns(); k += kPanel) {
        multiply_panel({in_.at(point, 0), 1, in_.channels()}, shape_.channels,
                       (last - first) * tiles_.across,
                       EvenRows{out_.at(point, 0) + k, out_.channels()},
                       data() + point * shape_.channels * columns() + k, columns(),
                       std::min(kPanel, columns() - k), epilogue);
      }
    }
  }

  // Windows from their values.
  void write(float* grad_weight, int64_t window_stride) const {
    for (int64_t c = 0; c < shape_.channels; ++c) {
      for (int64_t k = 0; k < columns(); k += kLanes) {
        Batch values[kReach][kReach], window[3][3];
        for (int64_t point = 0; point < kPoints; ++point) {
          values[point / kReach][point % kReach] =
              load(data() + (point * shape_.channels + c) * columns() + k);
        }
        in_both_dims<window_sums>(values, window);
        float square[9 * kLanes];
        for (int i = 0; i < 9; ++i) store(square + i * kLanes, window[i / 3][i % 3]);
        transpose_copy(square, kLanes, grad_weight + k * window_stride + c * 9, window_stride,
                       std::min(kLanes, shape_.windows - k), 9);
      }
    }
  }

 private:
  const WinogradShape& shape_;
  Tiles tiles_;
  Values in_, out_;
  PictureReader pictures_;
  GradReader grads_;
  Scratch memory_;
};

}  // namespace

void winograd_backward_weight(const WinogradShape& shape, const float* grad, const float* x,
                              float* grad_weight, int64_t threads) {
  const Tiles tiles(shape);
  const int64_t rows = tiles.rows(shape), columns = round_up(shape.windows, kLanes);
  const int64_t channels = std::max(kLanes, kSumFloats / (kPoints * columns));
  for (int64_t c = 0; c < shape.channels; c += channels) {
    WinogradShape part = shape;
    part.channels = std::min(channels, shape.channels - c);
    const float* const from = x + c * shape.height * shape.width;
    const int64_t block =
        std::min(ceil_div(rows, threads), 2 * block_rows(tiles, part.channels, shape.windows));
    std::vector<Sums> sums;
    for (int64_t i = 0; i < std::min(threads, rows); ++i) sums.emplace_back(part, tiles, block);
    for_each_part(rows, threads, [&](int64_t i, int64_t begin, int64_t end) {
      for (int64_t first = begin; first < end; first += block) {
        sums[static_cast<size_t>(i)].add(from, grad, first, std::min(first + block, end));
      }
    });
    for (size_t i = 1; i < sums.size(); ++i)
      add_floats(sums[i].data(), sums[0].floats(), sums[0].data());
    sums[0].write(grad_weight + c * 9, shape.channels * 9);
  }
}

}  // namespace tinytorch::fast

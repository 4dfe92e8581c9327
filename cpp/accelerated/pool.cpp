// Max-pooling and mean-pooling, plane by plane.
#include "accelerated/pool.h"

#include <algorithm>
#include <limits>
#include <type_traits>
#include <vector>

#include "accelerated/lanes.h"
#include "accelerated/tile.h"
#include "core/parallel.h"

namespace tinytorch::fast {
namespace {

using spatial::Averaging;
using spatial::Pool;

constexpr float kLowest = -std::numeric_limits<float>::infinity();
constexpr int64_t kLargestPlane = 1 << 24;   // whose places a float counts
constexpr int64_t kFarApart = 4;             // columns from a window to the next
constexpr int64_t kThreadElements = 20'000;  // worth a thread

// f(first, last) for ranges of the N C planes, of `elements` each.
template <class F>
void for_each_plane(int64_t planes, int64_t elements, F f) {
  parallel_for(0, planes, kThreadElements / std::max<int64_t>(1, elements) + 1, f);
}

// Which of a window's `size` places, from `begin` on and `dilation` apart, lie in [0, length).
struct Inside {
  int64_t first, last;
};
Inside inside(int64_t begin, int64_t size, int64_t dilation, int64_t length) {
  const int64_t first = begin < 0 ? ceil_div(-begin, dilation) : 0;
  return {first, std::clamp(ceil_div(length - begin, dilation), first, size)};
}

// A row of the picture: its padded column j * stride + b is the j-th of part b.
class SortedRow {
 public:
  SortedRow(int64_t width, const Pool& pool, int64_t results)
      : width_(width),
        stride_(pool.stride[1]),
        padding_(pool.padding[1]),
        length_(results + (pool.size[1] - 1) * pool.dilation[1] / stride_),
        memory_(static_cast<size_t>(stride_ * length_ + kLanes), kLowest) {}

  void fill(const float* row) {
    for (int64_t b = 0; b < stride_; ++b) {
      const int64_t before = padding_ - b, begin = before > 0 ? ceil_div(before, stride_) : 0;
      const int64_t end = std::max(begin, std::min(length_, ceil_div(before + width_, stride_)));
      float* const part = memory_.data() + b * length_;
      const float* const from = row - before;
      if (stride_ == 1) {
        std::copy(from + begin, from + end, part + begin);
      } else if (stride_ == 2) {  // a compiler makes vectors of this
        for (int64_t j = begin; j < end; ++j) part[j] = from[2 * j];
      } else {
        for (int64_t j = begin; j < end; ++j) part[j] = from[j * stride_];
      }
    }
  }
  /// What the window of the first result has in its padded column; those of the next results
  /// follow.
  const float* at(int64_t column) const {
    return memory_.data() + column % stride_ * length_ + column / stride_;
  }

 private:
  int64_t width_, stride_, padding_, length_;
  std::vector<float> memory_;
};

// The largest of every window of a plane, or its last NaN.  First every row is reduced to the best
// in the window's columns, then windows choose among their rows; as earlier columns and earlier
// rows win when equal, the first of equals does.
class PlaneMaximum {
 public:
  PlaneMaximum(const View<const float, 4>& x, const Pool& pool, const View<float, 4>& y)
      : height_(x.size(2)),
        width_(x.size(3)),
        results_{y.size(2), y.size(3)},
        pool_(pool),
        row_(width_, pool, results_[1]),
        first_(padded(results_[1])),
        begin_(padded(results_[1])),
        best_(padded(height_ * results_[1])),
        column_(padded(height_ * results_[1])),
        top_(padded(results_[0] * results_[1])),
        place_(padded(results_[0] * results_[1])) {
    for (int64_t q = 0; q < results_[1]; ++q) {
      const int64_t begin = q * pool.stride[1] - pool.padding[1];
      const int64_t first = inside(begin, pool.size[1], pool.dilation[1], width_).first;
      begin_[static_cast<size_t>(q)] = static_cast<float>(begin);
      first_[static_cast<size_t>(q)] = static_cast<float>(first * pool.dilation[1]);
    }
  }

  void run(const float* plane, float* y, int32_t* positions) {
    for (int64_t row = 0; row < height_; ++row) reduce_row(plane + row * width_, row);
    for (int64_t p = 0; p < results_[0]; ++p) choose(p);
    const int64_t results = results_[0] * results_[1];
    std::copy_n(top_.data(), results, y);
    for (int64_t i = 0; i < results; ++i) {
      positions[i] = static_cast<int32_t>(place_[static_cast<size_t>(i)]);
    }
  }

 private:
  // Vectors are read and written whole: what is too much is overwritten by the next row.
  static size_t padded(int64_t n) { return static_cast<size_t>(n + kLanes); }

  static void take(Batch value, Batch at, Batch& top, Batch& place) {
    const auto better = (value > top) | (value != value);
    top = select(better, value, top);
    place = select(better, at, place);
  }

  void reduce_row(const float* row, int64_t index) {
    row_.fill(row);
    for (int64_t q = 0; q < results_[1]; q += kLanes) {
      Batch top(kLowest), column = load(first_.data() + q);
      for (int64_t s = 0; s < pool_.size[1]; ++s) {
        const int64_t distance = s * pool_.dilation[1];
        take(load(row_.at(distance) + q), Batch(static_cast<float>(distance)), top, column);
      }
      store(best_.data() + index * results_[1] + q, top);
      store(column_.data() + index * results_[1] + q, column);
    }
  }

  void choose(int64_t p) {
    const int64_t begin = p * pool_.stride[0] - pool_.padding[0], dilation = pool_.dilation[0];
    const Inside rows = inside(begin, pool_.size[0], dilation, height_);
    for (int64_t q = 0; q < results_[1]; q += kLanes) {
      Batch top(0.F), place(0.F);
      for (int64_t r = rows.first; r < rows.last; ++r) {
        const int64_t row = begin + r * dilation, from = row * results_[1] + q;
        const Batch at = load(column_.data() + from) + Batch(static_cast<float>(row * width_));
        if (r == rows.first) top = load(best_.data() + from), place = at;
        else take(load(best_.data() + from), at, top, place);
      }
      store(top_.data() + p * results_[1] + q, top);
      store(place_.data() + p * results_[1] + q, place + load(begin_.data() + q));
    }
  }

  int64_t height_, width_, results_[2];
  const Pool& pool_;
  SortedRow row_;
  std::vector<float> first_, begin_;  // of a window's columns: inside, and in all
  std::vector<float> best_, column_;  // of each row, for each window
  std::vector<float> top_, place_;    // of each window
};

// The same for windows so far apart that neighbours have little in common.
void maximum_one_by_one(const float* plane, int64_t height, int64_t width, const Pool& pool,
                        const int64_t (&results)[2], float* y, int32_t* positions) {
  for (int64_t p = 0; p < results[0]; ++p) {
    const int64_t row = p * pool.stride[0] - pool.padding[0];
    const Inside rows = inside(row, pool.size[0], pool.dilation[0], height);
    for (int64_t q = 0; q < results[1]; ++q) {
      const int64_t column = q * pool.stride[1] - pool.padding[1];
      const Inside columns = inside(column, pool.size[1], pool.dilation[1], width);
      float top = kLowest;
      int64_t place = -1;
      for (int64_t r = rows.first; r < rows.last; ++r) {
        const int64_t at = (row + r * pool.dilation[0]) * width + column;
        for (int64_t s = columns.first; s < columns.last; ++s) {
          const float value = plane[at + s * pool.dilation[1]];
          if (place >= 0 && !(value > top) && value == value) continue;
          top = value;
          place = at + s * pool.dilation[1];
        }
      }
      *y++ = top;
      *positions++ = static_cast<int32_t>(place);
    }
  }
}

// Whether windows of 2 x 2 tile the plane, but for a last row and column that may be left over.
bool in_pairs(const Pool& pool, int64_t height, int64_t width, int64_t rows, int64_t columns) {
  const auto all = [](const int64_t(&values)[2], int64_t value) {
    return values[0] == value && values[1] == value;
  };
  return all(pool.size, 2) && all(pool.stride, 2) && all(pool.padding, 0) &&
         all(pool.dilation, 1) && 2 * rows <= height && 2 * columns <= width;
}

// f(p, q) for blocks of results [q, q + kBlock) of every row p.  The last one of a row begins
// earlier rather than being shorter.
template <int64_t kBlock, class F>
void for_each_block(int64_t rows, int64_t columns, F f) {
  for (int64_t p = 0; p < rows; ++p) {
    for (int64_t q = 0; q < columns; q += kBlock) f(p, std::min(q, columns - kBlock));
  }
}

// f(the longest block that a row has room for): a compiler makes vectors of them, if it does not
// unroll them first.
template <class F>
void with_block(int64_t columns, F f) {
  if (columns >= 16) return f(std::integral_constant<int32_t, 16>{});
  if (columns >= 8) return f(std::integral_constant<int32_t, 8>{});
  if (columns >= 4) return f(std::integral_constant<int32_t, 4>{});
  f(std::integral_constant<int32_t, 1>{});
}

// In pairs: `place` is that of the first window of a block.
template <int32_t kBlock>
void maximum_of_pairs(const float* upper, const float* lower, int32_t place, int32_t below,
                      float* y, int32_t* positions) {
#pragma GCC unroll 1
  for (int32_t q = 0; q < kBlock; ++q) {
    float top = upper[2 * q];
    int32_t at = 0;
    const auto take = [&](float value, int32_t where) {
      const bool better = (value > top) | (value != value);
      top = better ? value : top;
      at = better ? where : at;
    };
    take(upper[2 * q + 1], 1);
    take(lower[2 * q], below);
    take(lower[2 * q + 1], below + 1);
    y[q] = top;
    positions[q] = place + 2 * q + at;
  }
}

// Each place of grad_x asks whether it was the largest.
template <int32_t kBlock>
void spread_pairs(const float* grad, const int32_t* positions, int32_t place, int32_t below,
                  float* upper, float* lower) {
#pragma GCC unroll 1
  for (int32_t q = 0; q < kBlock; ++q) {
    const float g = grad[q];
    const int32_t at = positions[q] - place - 2 * q;
    upper[2 * q] = at == 0 ? g : 0;
    upper[2 * q + 1] = at == 1 ? g : 0;
    lower[2 * q] = at == below ? g : 0;
    lower[2 * q + 1] = at == below + 1 ? g : 0;
  }
}

// The part of a mean-pooling window along one dim that lies in [0, length), and its size with the
// padding.
struct Extent {
  int64_t begin, end, padded;
};
Extent extent(int64_t p, const Pool& pool, int dim, int64_t length) {
  const int64_t begin = p * pool.stride[dim] - pool.padding[dim];
  const int64_t end = std::min(begin + pool.size[dim], length + pool.padding[dim]);
  return {std::max<int64_t>(begin, 0), std::min(end, length), end - begin};
}
std::vector<Extent> extents(const Pool& pool, int dim, int64_t length, int64_t results) {
  std::vector<Extent> all;
  for (int64_t p = 0; p < results; ++p) all.push_back(extent(p, pool, dim, length));
  return all;
}

// Whether every window spans the width, so that its rows are one run.
bool spans_rows(const std::vector<Extent>& columns, int64_t width) {
  return columns.size() == 1 && columns[0].begin == 0 && columns[0].end == width;
}

float divisor(const Extent& rows, const Extent& columns, const Averaging& averaging) {
  if (averaging.divisor) return static_cast<float>(averaging.divisor);
  if (averaging.count_padding) return static_cast<float>(rows.padded * columns.padded);
  return static_cast<float>((rows.end - rows.begin) * (columns.end - columns.begin));
}

void add_row(const float* from, int64_t n, float* to) {
  for_each_batch(n, [&](int64_t i, auto lanes) {
    lanes.put(to + i, lanes.get(to + i) + lanes.get(from + i));
  });
}

float sum(const float* from, int64_t n) {
  if (n < kLanes) {
    float total = 0;
    for (int64_t i = 0; i < n; ++i) total += from[i];
    return total;
  }
  Batch total(0.F);
  for_each_batch(n, [&](int64_t i, auto lanes) { total += lanes.get(from + i); });
  return reduce_add(total);
}

}  // namespace

void max_pool2d(View<const float, 4> x, const Pool& pool, View<float, 4> y,
                View<int32_t, 4> positions) {
  const int64_t width = x.size(3), plane = x.size(2) * width;
  const int64_t columns = y.size(3), results = y.size(2) * columns;
  const bool one_by_one = pool.stride[1] >= kFarApart || plane >= kLargestPlane;
  const auto pairs = [&](auto block, const float* from, float* to, int32_t* at) {
    for_each_block<block>(y.size(2), columns, [&](int64_t p, int64_t q) {
      const int64_t place = 2 * p * width + 2 * q;
      maximum_of_pairs<block>(from + place, from + place + width, static_cast<int32_t>(place),
                              static_cast<int32_t>(width), to + p * columns + q,
                              at + p * columns + q);
    });
  };
  const auto each = [&](int64_t first, int64_t last, auto&& f) {
    for (int64_t i = first; i < last; ++i) {
      f(x.data + i * plane, y.data + i * results, positions.data + i * results);
    }
  };
  for_each_plane(y.size(0) * y.size(1), plane, [&](int64_t first, int64_t last) {
    if (in_pairs(pool, x.size(2), width, y.size(2), columns)) {
      with_block(columns, [&](auto block) {
        each(first, last,
             [&](const float* from, float* to, int32_t* at) { pairs(block, from, to, at); });
      });
    } else if (one_by_one) {
      each(first, last, [&](const float* from, float* to, int32_t* at) {
        maximum_one_by_one(from, x.size(2), width, pool, {y.size(2), columns}, to, at);
      });
    } else {
      PlaneMaximum maximum(x, pool, y);
      each(first, last,
           [&](const float* from, float* to, int32_t* at) { maximum.run(from, to, at); });
    }
  });
}

void max_pool2d_backward(View<const float, 4> grad, View<const int32_t, 4> positions,
                         const Pool& pool, View<float, 4> grad_x) {
  const int64_t width = grad_x.size(3), plane = grad_x.size(2) * width;
  const int64_t columns = grad.size(3), results = grad.size(2) * columns;
  const bool pairs = in_pairs(pool, grad_x.size(2), width, grad.size(2), columns);
  const bool exact = 2 * grad.size(2) == grad_x.size(2) && 2 * columns == width;
  const auto spread = [&](auto block, const float* from, const int32_t* at, float* to) {
    for_each_block<block>(grad.size(2), columns, [&](int64_t p, int64_t q) {
      const int64_t place = 2 * p * width + 2 * q;
      spread_pairs<block>(from + p * columns + q, at + p * columns + q, static_cast<int32_t>(place),
                          static_cast<int32_t>(width), to + place, to + place + width);
    });
  };
  for_each_plane(grad.size(0) * grad.size(1), plane, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const float* const from = grad.data + i * results;
      const int32_t* const at = positions.data + i * results;
      float* const to = grad_x.data + i * plane;
      if (!pairs || !exact) std::fill_n(to, plane, 0.F);
      if (pairs) {
        with_block(columns, [&](auto block) { spread(block, from, at, to); });
      } else {
        for (int64_t j = 0; j < results; ++j) to[at[j]] += from[j];
      }
    }
  });
}

void avg_pool2d(View<const float, 4> x, const Pool& pool, const Averaging& averaging,
                View<float, 4> y) {
  const int64_t height = x.size(2), width = x.size(3);
  const auto all_rows = extents(pool, 0, height, y.size(2));
  const auto all_columns = extents(pool, 1, width, y.size(3));
  const bool whole_rows = spans_rows(all_columns, width);
  for_each_plane(y.size(0) * y.size(1), height * width, [&](int64_t first, int64_t last) {
    std::vector<float> total(static_cast<size_t>(width));
    for (int64_t i = first; i < last; ++i) {
      const float* const plane = x.data + i * height * width;
      float* to = y.data + i * y.size(2) * y.size(3);
      for (const Extent& rows : all_rows) {
        if (whole_rows) {
          const int64_t places = std::max<int64_t>(0, rows.end - rows.begin) * width;
          *to++ = places == 0 ? 0
                              : sum(plane + rows.begin * width, places) /
                                    divisor(rows, all_columns[0], averaging);
          continue;
        }
        std::fill(total.begin(), total.end(), 0.F);
        for (int64_t row = rows.begin; row < rows.end; ++row) {
          add_row(plane + row * width, width, total.data());
        }
        for (const Extent& columns : all_columns) {
          const bool empty = rows.begin >= rows.end || columns.begin >= columns.end;
          *to++ = empty ? 0
                        : sum(total.data() + columns.begin, columns.end - columns.begin) /
                              divisor(rows, columns, averaging);
        }
      }
    }
  });
}

void avg_pool2d_backward(View<const float, 4> grad, const Pool& pool, const Averaging& averaging,
                         View<float, 4> grad_x) {
  const int64_t height = grad_x.size(2), width = grad_x.size(3);
  const auto all_rows = extents(pool, 0, height, grad.size(2));
  const auto all_columns = extents(pool, 1, width, grad.size(3));
  const bool whole_rows = spans_rows(all_columns, width);
  for_each_plane(grad.size(0) * grad.size(1), height * width, [&](int64_t first, int64_t last) {
    std::vector<float> shares(static_cast<size_t>(width));
    for (int64_t i = first; i < last; ++i) {
      float* const plane = grad_x.data + i * height * width;
      const float* from = grad.data + i * grad.size(2) * grad.size(3);
      std::fill_n(plane, height * width, 0.F);
      for (const Extent& rows : all_rows) {
        if (whole_rows) {
          const Batch share(*from++ / divisor(rows, all_columns[0], averaging));
          float* const to = plane + rows.begin * width;
          for_each_batch((rows.end - rows.begin) * width, [&](int64_t j, auto lanes) {
            lanes.put(to + j, lanes.get(to + j) + share);
          });
          continue;
        }
        std::fill(shares.begin(), shares.end(), 0.F);
        for (const Extent& columns : all_columns) {
          const float g = *from++;
          if (rows.begin >= rows.end || columns.begin >= columns.end) continue;
          const float share = g / divisor(rows, columns, averaging);
          float* const to = shares.data() + columns.begin;
          for (int64_t j = 0; j < columns.end - columns.begin; ++j) to[j] += share;
        }
        for (int64_t row = rows.begin; row < rows.end; ++row) {
          add_row(shares.data(), width, plane + row * width);
        }
      }
    }
  });
}

}  // namespace tinytorch::fast

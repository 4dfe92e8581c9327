// The copy of the pictures, and the runs of it that make up a piece of the matrix.
#include "accelerated/patches.h"

#include <algorithm>

namespace tinytorch::fast {
namespace {

constexpr int64_t kCopyFloats = 64 * 1024;  // of a band, so that it stays in cache

int64_t most_shift(const PatchShape& shape, int dim) {
  return (shape.size[dim] - 1) * shape.window.dilation[dim] / shape.window.stride[dim];
}

// At most: not every remainder need occur.
int64_t copy_floats(const PatchShape& shape, int64_t rows) {
  const auto phases = [&](int dim) { return std::min(shape.window.stride[dim], shape.size[dim]); };
  return shape.channels * phases(0) * phases(1) * (rows + most_shift(shape, 0)) *
         (shape.places[1] + most_shift(shape, 1));
}

// At stride 2 the phases of a row are its even and its odd columns.
void split(const float* row, int64_t pairs, float* even, float* odd) {
  for_each_batch(pairs, [&](int64_t j, auto lanes) {
    const int64_t floats = 2 * lanes.count, low = std::min(floats, kLanes);
    const auto [evens, odds] =
        split_pairs(load_partial(row + 2 * j, low), load_partial(row + 2 * j + low, floats - low));
    lanes.put(even + j, evens);
    lanes.put(odd + j, odds);
  });
}
void join(const float* even, const float* odd, int64_t pairs, float* row) {
  for_each_batch(pairs, [&](int64_t j, auto lanes) {
    const int64_t floats = 2 * lanes.count, low = std::min(floats, kLanes);
    const auto [first, second] = join_pairs(lanes.get(even + j), lanes.get(odd + j));
    store_partial(row + 2 * j, first, low);
    store_partial(row + 2 * j + low, second, floats - low);
  });
}

}  // namespace

std::vector<Band> bands_of(const PatchShape& shape, int64_t n, int64_t least, bool whole) {
  const int64_t rows = shape.places[0], floats = copy_floats(shape, rows);
  const int64_t images = std::clamp<int64_t>(kCopyFloats / floats, 1, ceil_div(n, least));
  int64_t parts = 1;  // of a picture's rows
  if (images == 1 && !whole) {
    const int64_t shared = copy_floats(shape, 0);  // what neighbouring bands both copy
    parts = std::max(ceil_div(floats, std::max(kCopyFloats, 4 * shared)), ceil_div(least, n));
    parts = std::clamp<int64_t>(parts, 1, rows);
  }
  std::vector<Band> bands;
  for (int64_t image = 0; image < n; image += images) {
    for (int64_t part = 0; part < parts; ++part) {
      const int64_t row = ceil_div(rows * part, parts), end = ceil_div(rows * (part + 1), parts);
      bands.push_back({image, std::min(images, n - image), row, end - row});
    }
  }
  return bands;
}

Patches::Phases::Phases(const PatchShape& shape, int dim)
    : most_shift(fast::most_shift(shape, dim)) {
  for (int64_t i = 0; i < shape.size[dim]; ++i) {
    const int64_t remainder = i * shape.window.dilation[dim] % shape.window.stride[dim];
    if (find(remainder) < 0) remainders.push_back(remainder);
  }
}

int64_t Patches::Phases::find(int64_t remainder) const {
  const auto at = std::find(remainders.begin(), remainders.end(), remainder);
  return at == remainders.end() ? -1 : at - remainders.begin();
}

Patches::Patches(const PatchShape& shape, const Band& largest)
    : shape_(shape),
      row_phases_(shape, 0),
      column_phases_(shape, 1),
      columns_(shape.places[1] + column_phases_.most_shift),
      shifts_(static_cast<size_t>(shape.elements())) {
  for (const int64_t remainder : column_phases_.remainders) {
    const int64_t stride = shape.window.stride[1], before = shape.window.padding[1] - remainder;
    const int64_t begin = std::min(before > 0 ? ceil_div(before, stride) : 0, columns_);
    const int64_t end = before + shape.width > 0 ? ceil_div(before + shape.width, stride) : 0;
    inside_.push_back({begin, std::clamp(end, begin, columns_), begin * stride - before});
  }
  if (shape.window.stride[1] == 2 && inside_.size() == 2 &&
      inside_[0].first + inside_[1].first == 1) {
    even_ = inside_[0].first == 0 ? 0 : 1;
    pairs_ = std::min(inside_[0].end - inside_[0].begin, inside_[1].end - inside_[1].begin);
  }
  resize(largest);
}

// Where one phase of a picture begins.
int64_t Patches::part(int64_t channel, int64_t row_phase, int64_t column_phase,
                      int64_t image) const {
  const int64_t phase =
      (channel * row_phases_.count() + row_phase) * column_phases_.count() + column_phase;
  return (phase * band_.images + image) * rows_ * columns_;
}

void Patches::resize(const Band& band) {
  const bool same = band.images == band_.images && band.rows == band_.rows;
  band_ = band;
  if (same) return;
  rows_ = band.rows + row_phases_.most_shift;
  const int64_t *stride = shape_.window.stride, *dilation = shape_.window.dilation;
  const int64_t floats = part(shape_.channels, 0, 0, 0) + kPanel;  // vectors reach beyond the end
  if (!memory_) {
    memory_ = Storage::allocate(floats * static_cast<int64_t>(sizeof(float)));
    data_ = static_cast<float*>(memory_->data());
  }
  std::fill_n(data_, floats, 0.F);  // what lies beside the pictures stays so
  size_t t = 0;
  for (int64_t c = 0; c < shape_.channels; ++c) {
    for (int64_t r = 0; r < shape_.size[0]; ++r) {
      for (int64_t s = 0; s < shape_.size[1]; ++s) {
        const int64_t row = r * dilation[0], column = s * dilation[1];
        shifts_[t++] =
            part(c, row_phases_.find(row % stride[0]), column_phases_.find(column % stride[1]), 0) +
            row / stride[0] * columns_ + column / stride[1];
      }
    }
  }
}

void Patches::load(const float* x, const Band& band) {
  resize(band);
  const int64_t phases = column_phases_.count(), next_phase = band.images * rows_ * columns_;
  const int64_t stride = shape_.window.stride[1];
  for (int64_t c = 0; c < shape_.channels; ++c) {
    for (int64_t a = 0; a < row_phases_.count(); ++a) {
      const int64_t above =
          shape_.window.padding[0] - row_phases_.remainders[static_cast<size_t>(a)];
      for (int64_t image = 0; image < band.images; ++image) {
        const float* const picture =
            x + (band.image + image) * shape_.image_stride + c * shape_.height * shape_.width;
        float* to = data_ + part(c, a, 0, image);
        for (int64_t i = 0; i < rows_; ++i, to += columns_) {
          const int64_t row = (band.row + i) * shape_.window.stride[0] - above;
          const bool outside = row < 0 || row >= shape_.height;
          const float* const from = picture + row * shape_.width;
          if (pairs_ > 0 && !outside) {
            split(from, pairs_, to + even_ * next_phase + inside_[static_cast<size_t>(even_)].begin,
                  to + (1 - even_) * next_phase + inside_[static_cast<size_t>(1 - even_)].begin);
          }
          for (int64_t b = 0; b < phases; ++b) {
            const auto [begin, end, first] = inside_[static_cast<size_t>(b)];
            float* const part = to + b * next_phase + begin;
            if (outside) {
              std::fill_n(part, end - begin, 0.F);
            } else if (stride == 1) {  // what is too much is 0, and overwritten by the next row
              for_each_batch(end - begin, [&](int64_t j, auto lanes) {
                simd::store(part + j, lanes.get(from + first + j));
              });
            } else {
              for (int64_t j = pairs_; j < end - begin; ++j) part[j] = from[first + j * stride];
            }
          }
        }
      }
    }
  }
}

// The runs of places [place, place + count): they end where a row does, unless the next follows.
void Patches::find_runs(int64_t place, int64_t count) {
  runs_.clear();
  const int64_t columns = shape_.places[1];
  while (count > 0) {
    const int64_t row = place / columns, column = place % columns;
    const int64_t image = row / band_.rows;
    const int64_t start = (image * rows_ + row % band_.rows) * columns_ + column;
    const int64_t run = std::min(columns - column, count);
    if (!runs_.empty() && runs_.back().start + runs_.back().count == start) {
      runs_.back().count += run;
    } else {
      runs_.push_back({start, run});
    }
    place += run;
    count -= run;
  }
}

void Patches::pack(int64_t first, int64_t last, int64_t place, int64_t count, float* to,
                   int64_t width) {
  find_runs(place, count);
  for (int64_t t = first; t < last; ++t, to += width) {
    const float* const from = data_ + shifts_[static_cast<size_t>(t)];
    float* next = to;
    for (const Run& run : runs_) {  // whole vectors: what is too much is overwritten by the next
      for (int64_t i = 0; i < run.count; i += kLanes) {
        simd::store(next + i, simd::load(from + run.start + i));
      }
      next += run.count;
    }
  }
}

void Patches::clear(const Band& band) {
  resize(band);
  std::fill_n(data_, part(shape_.channels, 0, 0, 0), 0.F);
}

// Neighbouring runs and elements of a window add to the same lines of memory, and a processor waits
// for a sum to be written before it reads beside it: channels in between give it time.
void Patches::add(const float* from, int64_t width, int64_t place, int64_t count) {
  find_runs(place, count);
  const int64_t window = shape_.size[0] * shape_.size[1];
  for (int64_t element = 0; element < window; ++element) {
    const float* next = from;
    for (const Run& run : runs_) {
      for (int64_t t = element; t < shape_.elements(); t += window) {
        add_floats(next + t * width, run.count,
                   data_ + shifts_[static_cast<size_t>(t)] + run.start);
      }
      next += run.count;
    }
  }
}

void Patches::store(float* x) const {
  const int64_t stride_down = shape_.window.stride[0], stride = shape_.window.stride[1];
  const int64_t next_phase = band_.images * rows_ * columns_;
  for (int64_t image = 0; image < band_.images; ++image) {
    float* row = x + (band_.image + image) * shape_.image_stride;
    for (int64_t c = 0; c < shape_.channels; ++c) {
      for (int64_t h = 0; h < shape_.height; ++h, row += shape_.width) {
        std::fill_n(row, shape_.width, 0.F);
        const int64_t padded = h + shape_.window.padding[0];
        const int64_t a = row_phases_.find(padded % stride_down), i = padded / stride_down;
        if (a < 0 || i >= rows_) continue;
        const float* const from = data_ + part(c, a, 0, image) + i * columns_;
        if (pairs_ > 0) {
          join(from + even_ * next_phase + inside_[static_cast<size_t>(even_)].begin,
               from + (1 - even_) * next_phase + inside_[static_cast<size_t>(1 - even_)].begin,
               pairs_, row);
        }
        for (int64_t b = 0; b < column_phases_.count(); ++b) {
          const auto [begin, end, first] = inside_[static_cast<size_t>(b)];
          const float* const part = from + b * next_phase + begin;
          if (stride == 1) {
            std::copy(part, part + (end - begin), row + first);
          } else {
            for (int64_t j = pairs_; j < end - begin; ++j) row[first + j * stride] = part[j];
          }
        }
      }
    }
  }
}

}  // namespace tinytorch::fast

// Few windows: products in place, and sums in lanes.
#include "accelerated/conv_few.h"

#include <array>

namespace tinytorch::fast {
namespace {

constexpr int64_t kPlaces = 512;              // summed at a time
constexpr int64_t kWidth = kPlaces + kLanes;  // rows do not meet in the same cache lines
constexpr int64_t kRows = 32;                 // of patches that meet them
constexpr int kSumRows = 3, kSumColumns = 4;

// For Rows windows and Columns elements: sums + = grads * patches, lane by lane, along n places.
template <int Rows, int Columns>
void add_products(const float* grads, const float* patches, int64_t n, float* sums,
                  int64_t sums_stride) {
  Batch sum[Rows][Columns];
#pragma GCC unroll 4
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
    for (int c = 0; c < Columns; ++c) sum[r][c] = load(sums + r * sums_stride + c * kLanes);
  }
  for (int64_t i = 0; i < n; i += kLanes) {
    Batch grad[Rows];
#pragma GCC unroll 4
    for (int r = 0; r < Rows; ++r) grad[r] = load(grads + r * kWidth + i);
#pragma GCC unroll 4
    for (int c = 0; c < Columns; ++c) {
      const Batch patch = load(patches + c * kWidth + i);
#pragma GCC unroll 4
      for (int r = 0; r < Rows; ++r) sum[r][c] = fma(grad[r], patch, sum[r][c]);
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
    for (int c = 0; c < Columns; ++c) store(sums + r * sums_stride + c * kLanes, sum[r][c]);
  }
}

using AddProducts = void(const float* grads, const float* patches, int64_t n, float* sums,
                         int64_t sums_stride);
template <int... I>
constexpr std::array<AddProducts*, sizeof...(I)> all_sizes(std::integer_sequence<int, I...>) {
  return {&add_products<I / kSumColumns + 1, I % kSumColumns + 1>...};
}
constexpr auto kAddProducts = all_sizes(std::make_integer_sequence<int, kSumRows * kSumColumns>{});

// Zeros where a last vector goes beyond `count`.
void clear_ends(float* rows, int64_t n, int64_t count) {
  for (int64_t i = 0; i < n; ++i) {
    std::fill(rows + i * kWidth + count, rows + i * kWidth + round_up(count, kLanes), 0.F);
  }
}

}  // namespace

FewForward::FewForward(const Sizes& sizes, const Band& largest)
    : sizes_(sizes),
      patches_(sizes.patches, largest),
      width_(round_up(largest.rows * patches_.pitch(), kPanel)),
      results_(sizes.windows * width_) {}

void FewForward::run(const float* x, const float* weight, const float* bias, float* y,
                     const Band& band) {
  patches_.load(x, band);
  Epilogue epilogue;
  epilogue.row_bias = bias;
  const int64_t pitch = patches_.pitch(), columns = sizes_.patches.places[1];
  const int64_t all = (band.rows - 1) * pitch + columns;
  for (int64_t image = 0; image < band.images; ++image) {
    const float* const from = patches_.copy() + image * patches_.image_pitch();
    for (int64_t place = 0; place < all; place += kPanel) {
      multiply_panel({weight, sizes_.elements, 1}, sizes_.windows, sizes_.elements,
                     TableRows{from + place, patches_.shifts()}, results_.data() + place, width_,
                     std::min(kPanel, all - place), epilogue);
    }
    float* const to = y + (band.image + image) * sizes_.result + band.row * columns;
    for (int64_t k = 0; k < sizes_.windows; ++k) {
      copy_rows(results_.data() + k * width_, pitch, to + k * sizes_.places, columns, band.rows,
                columns);
    }
  }
}

FewBackwardWeight::FewBackwardWeight(const Sizes& sizes, const Band& largest)
    : sizes_(sizes),
      patches_(sizes.patches, largest),
      rows_(std::min(sizes.elements, kRows)),
      packed_(rows_ * kWidth),
      grads_(sizes.windows * kWidth),
      sums_(sizes.windows * sizes.elements * kLanes) {
  std::fill_n(sums_.data(), sizes.windows * sizes.elements * kLanes, 0.F);
}

void FewBackwardWeight::run(const float* grad, const float* x, const Band& band) {
  patches_.load(x, band);
  for (int64_t place = 0; place < patches_.places(); place += kPlaces) {
    const int64_t count = std::min(kPlaces, patches_.places() - place);
    for_each_piece(sizes_, band, place, count, [&](int64_t at, int64_t done, int64_t piece) {
      copy_rows(grad + at, sizes_.places, grads_.data() + done, kWidth, sizes_.windows, piece);
    });
    clear_ends(grads_.data(), sizes_.windows, count);
    for (int64_t t = 0; t < sizes_.elements; t += rows_) {
      const int64_t rows = std::min(rows_, sizes_.elements - t);
      patches_.pack(t, t + rows, place, count, packed_.data(), kWidth);
      clear_ends(packed_.data(), rows, count);
      for (int64_t k = 0; k < sizes_.windows; k += kSumRows) {
        const int64_t across = std::min<int64_t>(kSumRows, sizes_.windows - k);
        for (int64_t c = 0; c < rows; c += kSumColumns) {
          const int64_t down = std::min<int64_t>(kSumColumns, rows - c);
          kAddProducts[static_cast<size_t>((across - 1) * kSumColumns + down - 1)](
              grads_.data() + k * kWidth, packed_.data() + c * kWidth, count,
              sums_.data() + (k * sizes_.elements + t + c) * kLanes, sizes_.elements * kLanes);
        }
      }
    }
  }
}

void FewBackwardWeight::merge(const FewBackwardWeight& more) {
  add_floats(more.sums_.data(), sizes_.windows * sizes_.elements * kLanes, sums_.data());
}

void FewBackwardWeight::write(float* grad_weight) const {
  for (int64_t i = 0; i < sizes_.windows * sizes_.elements; ++i) {
    grad_weight[i] = reduce_add(load(sums_.data() + i * kLanes));
  }
}

}  // namespace tinytorch::fast

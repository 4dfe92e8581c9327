// The register tile in all its sizes, and the copy that prepares columns of B for it.
#include "accelerated/tile.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace tinytorch::fast {
namespace {

using namespace simd;

// Count x (Vectors * kLanes) elements of C, of which the last vector may be partial.
template <class Rows, int Count, int Vectors, bool Partial>
void tile(int64_t depth, const MatrixRef& a, Rows b, float* c, int64_t c_stride, int64_t columns,
          const Epilogue& epilogue) {
  const int64_t last = columns - (Vectors - 1) * kLanes;
  const auto get = [&](const float* from, int v) {
    return Partial && v == Vectors - 1 ? load_partial(from + v * kLanes, last)
                                       : load(from + v * kLanes);
  };
  Batch sum[Count][Vectors];
#pragma GCC unroll 8
  for (int r = 0; r < Count; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) {
      sum[r][v] = epilogue.accumulate ? get(c + r * c_stride, v) : Batch(0.F);
    }
  }
  const float* column = a.data;
  for (int64_t p = 0; p < depth; ++p, column += a.column_stride) {
    Batch row[Vectors];
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) row[v] = load(b.at(p, v));
#pragma GCC unroll 8
    for (int r = 0; r < Count; ++r) {
      const Batch scale(column[r * a.row_stride]);
#pragma GCC unroll 8
      for (int v = 0; v < Vectors; ++v) sum[r][v] = fma(scale, row[v], sum[r][v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < Count; ++r) {
    const Batch row_bias(epilogue.row_bias ? epilogue.row_bias[r] : 0.F);
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) {
      Batch y = sum[r][v];
      if (epilogue.row_bias) y += row_bias;
      if (epilogue.bias) y += get(epilogue.bias, v);
      if (epilogue.relu) y = select(y < Batch(0.F), Batch(0.F), y);
      float* const to = c + r * c_stride + v * kLanes;
      if (Partial && v == Vectors - 1) store_partial(to, y, last);
      else store(to, y);
    }
  }
}

template <class Rows, bool Partial, int... I>
constexpr std::array<Tile<Rows>*, sizeof...(I)> all_tiles(std::integer_sequence<int, I...>) {
  return {&tile<Rows, I / kTileVectors + 1, I % kTileVectors + 1, Partial>...};
}
constexpr auto kSizes = std::make_integer_sequence<int, kTileRows * kTileVectors>{};

}  // namespace

template <class Rows>
Tile<Rows>* tile_for(int64_t rows, int64_t columns) {
  static constexpr auto kWhole = all_tiles<Rows, false>(kSizes),
                        kPartial = all_tiles<Rows, true>(kSizes);
  const auto& tiles = columns % kLanes ? kPartial : kWhole;
  return tiles[static_cast<size_t>((rows - 1) * kTileVectors + ceil_div(columns, kLanes) - 1)];
}
template Tile<EvenRows>* tile_for<EvenRows>(int64_t, int64_t);
template Tile<TableRows>* tile_for<TableRows>(int64_t, int64_t);
template Tile<SpreadRows>* tile_for<SpreadRows>(int64_t, int64_t);

void pack_vector(const MatrixRef& b, int64_t depth, int64_t columns, float* packed, int64_t width) {
  if (b.column_stride == 1) {
    for (int64_t p = 0; p < depth; ++p)
      store(packed + p * width, load_partial(b.data + p * b.row_stride, columns));
  } else if (b.row_stride == 1) {
    for (int64_t p = 0; p < depth; p += kLanes) {
      const int64_t rows = std::min(kLanes, depth - p);
      Batch square[kLanes];
      for (int64_t j = 0; j < kLanes; ++j) {
        square[j] = j < columns ? load_partial(b.data + p + j * b.column_stride, rows) : Batch(0.F);
      }
      transpose(square);
      for (int64_t j = 0; j < rows; ++j) store(packed + (p + j) * width, square[j]);
    }
  } else {
    for (int64_t p = 0; p < depth; ++p) {
      for (int64_t j = 0; j < kLanes; ++j) {
        packed[p * width + j] = j < columns ? *b.from(p, j).data : 0;
      }
    }
  }
}

void transpose_copy(const float* from, int64_t from_stride, float* to, int64_t to_stride,
                    int64_t rows, int64_t columns) {
  for (int64_t j = 0; j < columns; j += kLanes) {
    const int64_t across = std::min(kLanes, columns - j);
    for (int64_t i = 0; i < rows; i += kLanes) {
      const int64_t down = std::min(kLanes, rows - i);
      Batch square[kLanes];
      for (int64_t l = 0; l < kLanes; ++l) {
        square[l] = l < across ? load_partial(from + (j + l) * from_stride + i, down) : Batch(0.F);
      }
      transpose(square);
      for (int64_t l = 0; l < down; ++l) {
        store_partial(to + (i + l) * to_stride + j, square[l], across);
      }
    }
  }
}

}  // namespace tinytorch::fast

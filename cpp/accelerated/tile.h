// The register tile that every matrix product here is made of.
//
// A tile of 7 x 64 elements of C (AVX-512; smaller where there are fewer registers) stays in
// registers while k runs: each step loads 64 elements of a row of B, broadcasts 7 elements of a
// column of A, and does 448 multiply-adds, enough for arithmetic to be the limit and not memory. A
// is read one element at a time, so any strides serve. Edges use a smaller tile of the same
// template, and rows are spread evenly: 64 = 4 * 7 + 6 * 6. Bias and ReLU are added while C is
// still in registers.
//
// The rows of B lie evenly spaced, or each where a table says: a convolution can read its pictures
// in place, shifted by a table's entry for every element of the window, and then the vectors of a
// row may belong to different rows of the picture.
#pragma once
#include <cstdint>

#include "core/simd.h"

namespace tinytorch::fast {

/// A matrix in memory: element (i, j) is data[i * row_stride + j * column_stride].
struct MatrixRef {
  const float* data;
  int64_t row_stride, column_stride;

  MatrixRef from(int64_t row, int64_t column) const {
    return {data + row * row_stride + column * column_stride, row_stride, column_stride};
  }
  MatrixRef transposed() const { return {data, column_stride, row_stride}; }
};

/// What happens to an element of C besides the product, in this order.
struct Epilogue {
  bool accumulate = false;          // c += a b instead of c = a b
  const float* bias = nullptr;      // (N), added to every row
  bool relu = false;                // max(c, 0); NaN stays NaN
  const float* row_bias = nullptr;  // (M), added to every column

  Epilogue from(int64_t row, int64_t column) const {
    return {accumulate, bias ? bias + column : nullptr, relu, row_bias ? row_bias + row : nullptr};
  }
  /// Of a sum that is cut into passes over k, what one of them does.
  Epilogue in_pass(bool first, bool last) const {
    if (last) return {accumulate || !first, bias, relu, row_bias};
    return {accumulate || !first, nullptr, false, nullptr};
  }
};

// The largest tile: its sums, a row of B and an element of A fill the registers.
#ifdef __aarch64__
inline constexpr int kTileRows = 7, kTileVectors = 3;
#else
inline constexpr int kTileRows = simd::kLanes == 16 ? 7 : simd::kLanes == 8 ? 6 : 4;
inline constexpr int kTileVectors = simd::kLanes == 16 ? 4 : simd::kLanes == 8 ? 2 : 3;
#endif
/// The columns of B that a tile covers.
inline constexpr int64_t kPanel = kTileVectors * simd::kLanes;

inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
inline int64_t round_up(int64_t a, int64_t unit) { return ceil_div(a, unit) * unit; }

/// Where the vectors of B's rows begin.
struct EvenRows {
  const float* first;
  int64_t stride;
  const float* at(int64_t row, int vector) const {
    return first + row * stride + vector * simd::kLanes;
  }
};
struct TableRows {
  const float* base;
  const int64_t* offsets;
  const float* at(int64_t row, int vector) const {
    return base + offsets[row] + vector * simd::kLanes;
  }
};
struct SpreadRows {
  const float* base;
  const int64_t* offsets;
  int64_t starts[kTileVectors];
  const float* at(int64_t row, int vector) const { return base + offsets[row] + starts[vector]; }
};

/// c = a b for rows <= kTileRows and columns <= kPanel, after `depth` steps of k.  Rows of B are
/// read to a multiple of kLanes columns; c and bias to `columns` and no further.
template <class Rows>
using Tile = void(int64_t depth, const MatrixRef& a, Rows b, float* c, int64_t c_stride,
                  int64_t columns, const Epilogue& epilogue);
template <class Rows>
Tile<Rows>* tile_for(int64_t rows, int64_t columns);

/// The same for any number of rows.
template <class Rows>
void multiply_panel(const MatrixRef& a, int64_t rows, int64_t depth, const Rows& b, float* c,
                    int64_t c_stride, int64_t columns, const Epilogue& epilogue) {
  const int64_t tiles = ceil_div(rows, kTileRows);
  for (int64_t t = 0; t < tiles; ++t) {
    const int64_t row = rows * t / tiles, end = rows * (t + 1) / tiles;
    tile_for<Rows>(end - row, columns)(depth, a.from(row, 0), b, c + row * c_stride, c_stride,
                                       columns, epilogue.from(row, 0));
  }
}

/// Copies `depth` rows of at most kLanes columns of b to rows `width` apart; the columns that are
/// missing become 0.
void pack_vector(const MatrixRef& b, int64_t depth, int64_t columns, float* packed, int64_t width);

/// to[i * to_stride + j] = from[j * from_stride + i] for i < rows and j < columns.
void transpose_copy(const float* from, int64_t from_stride, float* to, int64_t to_stride,
                    int64_t rows, int64_t columns);

}  // namespace tinytorch::fast

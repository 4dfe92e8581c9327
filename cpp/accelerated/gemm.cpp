// The loops around the register tile, and the packing of B.
#include "accelerated/gemm.h"

#include <algorithm>

#include "accelerated/gemv.h"
#include "core/parallel.h"
#include "core/simd.h"
#include "core/storage.h"

namespace tinytorch::fast {
namespace {

using namespace simd;

constexpr int64_t kMaxDepth = 384;                       // of k between two visits to C
constexpr int64_t kMaxColumns = 1024 / kPanel * kPanel;  // packed at a time
constexpr int64_t kTilesPerPass = 24;                    // rows of A that stay in cache
constexpr bool kWide = kLanes == 16;               // a row of a panel is then several cache lines
constexpr int64_t kDirectRows = kWide ? 256 : 64;  // up to here B is used too little to pack
constexpr int64_t kDirectSize = kWide ? 512 * 512 : 32768;  // up to here B stays in cache anyway
constexpr int64_t kFarColumns = kWide ? INT64_MAX : 256;    // of A: strides that caches do not like
constexpr int64_t kPackingRows = 8;                         // that take as long as packing B does
constexpr int64_t kThreadFlops = 200'000;                   // worth a thread

// Where panels of b and rows of a are copied to; a is nullptr where they are read as they lie.
struct Scratch {
  float *b, *a;
};

// A product, or one thread's part of it: the rows of a and the columns of b that it covers.
struct Product {
  MatrixRef a, b;
  float* c;
  int64_t c_stride, m, n, k;
  Epilogue epilogue;
  bool direct;  // b is read where it lies, but for a ragged last panel

  int64_t row_tiles() const { return ceil_div(m, kTileRows); }
  int64_t first_row(int64_t tile) const { return m * tile / row_tiles(); }
  int64_t panels() const { return ceil_div(n, kPanel); }

  Product part(int64_t row, int64_t row_end, int64_t column, int64_t column_end) const {
    Product part = *this;
    part.a = a.from(row, 0);
    part.b = b.from(0, column);
    part.c += row * c_stride + column;
    part.m = row_end - row;
    part.n = column_end - column;
    part.epilogue = epilogue.from(row, column);
    return part;
  }

  // c += a b for `depth` of k, from the rows of panel `from`; its columns may be fewer than kPanel.
  void multiply_panel(int64_t first_tile, int64_t last_tile, int64_t depth, const float* from,
                      int64_t from_stride) const {
    for (int64_t t = first_tile; t < last_tile; ++t) {
      const int64_t row = first_row(t);
      tile_for<EvenRows>(first_row(t + 1) - row, n)(depth, a.from(row, 0), {from, from_stride},
                                                    c + row * c_stride, c_stride, n,
                                                    epilogue.from(row, 0));
    }
  }

  // At most kMaxColumns of n and kMaxDepth of k.
  void multiply_block(const Scratch& scratch) const {
    const auto for_each_panel = [&](const auto& f) {
      for (int64_t column = 0; column < n; column += kPanel) {
        const int64_t end = std::min(column + kPanel, n);
        const int64_t width = ceil_div(end - column, kLanes) * kLanes;
        f(part(0, m, column, end), scratch.b + (direct ? 0 : column * k), width);
      }
    };
    const auto in_place = [&](const Product& panel) { return direct && panel.n % kLanes == 0; };
    for_each_panel([&](const Product& panel, float* to, int64_t width) {
      if (in_place(panel)) return;
      for (int64_t j = 0; j < width; j += kLanes) {
        pack_vector(panel.b.from(0, j), k, std::min(kLanes, panel.n - j), to + j, width);
      }
    });
    for (int64_t t = 0; t < row_tiles(); t += kTilesPerPass) {
      const int64_t last = std::min(t + kTilesPerPass, row_tiles());
      const int64_t row = first_row(t), rows = first_row(last) - row;
      MatrixRef a_pass = a;
      if (scratch.a) {
        for (int64_t p = 0; p < k; ++p)
          std::copy_n(a.from(row, p).data, rows, scratch.a + p * rows);
        a_pass = MatrixRef{scratch.a, 1, rows}.from(-row, 0);
      }
      for_each_panel([&](Product panel, const float* from, int64_t width) {
        const bool unpacked = in_place(panel);
        panel.a = a_pass;
        panel.multiply_panel(t, last, k, unpacked ? panel.b.data : from,
                             unpacked ? b.row_stride : width);
      });
    }
  }

  void multiply() const {
    const int64_t passes = std::max<int64_t>(1, ceil_div(k, kMaxDepth)),
                  depth = ceil_div(k, passes);
    const int64_t packed_columns = !direct ? std::min(ceil_div(n, kLanes) * kLanes, kMaxColumns)
                                   : n % kLanes ? kPanel
                                                : 0;
    const bool copies_a = a.row_stride == 1 && a.column_stride >= kFarColumns && n >= 4 * kPanel;
    const int64_t a_size = copies_a ? kTilesPerPass * kTileRows * depth : 0;
    const auto memory =
        Storage::allocate((packed_columns * depth + a_size) * static_cast<int64_t>(sizeof(float)));
    float* const packed = static_cast<float*>(memory->data());
    const Scratch scratch{packed, copies_a ? packed + packed_columns * depth : nullptr};
    for (int64_t column = 0; column < n; column += kMaxColumns) {
      for (int64_t pass = 0; pass < passes; ++pass) {
        const int64_t p = pass * depth;
        Product block = part(0, m, column, std::min(column + kMaxColumns, n));
        block.a = a.from(0, p);
        block.b = block.b.from(p, 0);
        block.k = std::min(depth, k - p);
        block.epilogue = block.epilogue.in_pass(pass == 0, pass == passes - 1);
        block.multiply_block(scratch);
      }
    }
  }
};

// A grid of rows x columns parts, one a thread.
struct Grid {
  int64_t rows, columns;
};

// The grid whose largest part takes the least time; every row of it packs B for itself.
Grid grid_for(const Product& product, int64_t threads) {
  const int64_t packing = product.direct ? 0 : kPackingRows;
  Grid best{1, threads};
  int64_t least = INT64_MAX;
  for (int64_t rows = 1; rows <= threads; ++rows) {
    if (threads % rows != 0) continue;
    const int64_t columns = threads / rows;
    const int64_t time = (ceil_div(product.row_tiles(), rows) * kTileRows + packing) *
                         std::min(product.n, ceil_div(product.panels(), columns) * kPanel);
    if (time < least) least = time, best = {rows, columns};
  }
  return best;
}

}  // namespace

void gemm(const MatrixRef& a, const MatrixRef& b, float* c, int64_t c_stride, int64_t m, int64_t n,
          int64_t k, const Epilogue& epilogue) {
  if (m == 0 || n == 0) return;
  if (gemv(a, b, c, c_stride, m, n, k, epilogue)) return;
  const bool direct = b.column_stride == 1 && (m <= kDirectRows || n * k <= kDirectSize);
  const Product product{a, b, c, c_stride, m, n, k, epilogue, direct};
  const int64_t threads = std::clamp<int64_t>(2 * m * n * k / kThreadFlops, 1, num_threads());
  if (threads == 1) return product.multiply();
  const Grid grid = grid_for(product, threads);
  parallel_for(0, threads, 1, [&](int64_t first, int64_t last) {
    if (last - first == threads) return product.multiply();
    for (int64_t i = first; i < last; ++i) {
      const int64_t r = i / grid.columns, j = i % grid.columns;
      const int64_t tiles = product.row_tiles(), panels = product.panels();
      product
          .part(product.first_row(tiles * r / grid.rows),
                product.first_row(tiles * (r + 1) / grid.rows), panels * j / grid.columns * kPanel,
                std::min(product.n, panels * (j + 1) / grid.columns * kPanel))
          .multiply();
    }
  });
}

}  // namespace tinytorch::fast

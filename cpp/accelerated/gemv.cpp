// Few rows times a matrix, by rows of B or by its columns.
#include "accelerated/gemv.h"

#include <algorithm>

#include "core/parallel.h"
#include "core/simd.h"

namespace tinytorch::fast {
namespace {

using namespace simd;

constexpr int64_t kFewRows = 4;              // multiplied by rows of b
constexpr int64_t kSomeRows = 16;            // multiplied by columns of b, where those are long
constexpr int64_t kThreadElements = 24'000;  // of B, worth a thread

// Rows x Columns elements of c, each the dot product of a row of a and a column of b.
template <int Rows, int Columns>
void dots(const MatrixRef& a, const MatrixRef& b, float* c, int64_t c_stride, int64_t k,
          const Epilogue& epilogue) {
  Batch sum[Rows][Columns];
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 8
    for (int j = 0; j < Columns; ++j) sum[r][j] = Batch(0.F);
  }
  const auto step = [&](const auto& get) {
    Batch row[Rows];
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) row[r] = get(a.data + r * a.row_stride);
#pragma GCC unroll 8
    for (int j = 0; j < Columns; ++j) {
      const Batch column = get(b.data + j * b.column_stride);
#pragma GCC unroll 8
      for (int r = 0; r < Rows; ++r) sum[r][j] = fma(row[r], column, sum[r][j]);
    }
  };
  int64_t p = 0;
  for (; p + kLanes <= k; p += kLanes) step([p](const float* from) { return load(from + p); });
  if (p < k) step([p, k](const float* from) { return load_partial(from + p, k - p); });
  for (int r = 0; r < Rows; ++r) {
    for (int j = 0; j < Columns; ++j) {
      float& y = c[r * c_stride + j];
      float total = reduce_add(sum[r][j]);
      if (epilogue.accumulate) total += y;
      if (epilogue.bias) total += epilogue.bias[j];
      y = epilogue.relu && total < 0 ? 0 : total;
    }
  }
}

// All rows of columns [first, last) of c: a few columns of b meet a few rows of a at a time.
template <int Rows>
void by_columns(const MatrixRef& a, const MatrixRef& b, float* c, int64_t c_stride, int64_t m,
                int64_t first, int64_t last, int64_t k, const Epilogue& epilogue) {
  constexpr int kTogether = Rows == 1 ? 8 : kLanes == 16 || Rows == 2 ? 4 : 2;
  const auto run = [&]<int Columns>(int64_t j) {
    Epilogue here = epilogue;
    if (here.bias) here.bias += j;
    const auto rows = [&]<int Count>(int64_t i) {
      dots<Count, Columns>(a.from(i, 0), b.from(0, j), c + i * c_stride + j, c_stride, k, here);
    };
    int64_t i = 0;
    for (; i + Rows <= m; i += Rows) rows.template operator()<Rows>(i);
    for (; i < m; ++i) rows.template operator()<1>(i);
  };
  int64_t j = first;
  for (; j + kTogether <= last; j += kTogether) run.template operator()<kTogether>(j);
  for (; j < last; ++j) run.template operator()<1>(j);
}

// Columns [first, last) of c, with Depth rows of b added at a time.
template <int Rows, int Depth>
void add_rows(const MatrixRef& a, const MatrixRef& b, float* c, int64_t c_stride, int64_t first,
              int64_t last, const Epilogue& epilogue) {
  float scale[Rows][Depth];
  for (int r = 0; r < Rows; ++r) {
    for (int p = 0; p < Depth; ++p) scale[r][p] = *a.from(r, p).data;
  }
  const auto step = [&](int64_t j, const auto& get, const auto& put) {
    Batch sum[Rows];
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) {
      sum[r] = epilogue.accumulate ? get(c + r * c_stride + j) : Batch(0.F);
    }
#pragma GCC unroll 8
    for (int p = 0; p < Depth; ++p) {
      const Batch row = get(b.data + p * b.row_stride + j);
#pragma GCC unroll 8
      for (int r = 0; r < Rows; ++r) sum[r] = fma(Batch(scale[r][p]), row, sum[r]);
    }
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) {
      Batch y = sum[r];
      if (epilogue.bias) y += get(epilogue.bias + j);
      if (epilogue.relu) y = select(y < Batch(0.F), Batch(0.F), y);
      put(c + r * c_stride + j, y);
    }
  };
  int64_t j = first;
  for (; j + kLanes <= last; j += kLanes) step(j, load, store);
  if (j < last) {
    const int64_t rest = last - j;
    step(
        j, [rest](const float* from) { return load_partial(from, rest); },
        [rest](float* to, Batch y) { store_partial(to, y, rest); });
  }
}

template <int Rows>
void by_rows(const MatrixRef& a, const MatrixRef& b, float* c, int64_t c_stride, int64_t first,
             int64_t last, int64_t k, const Epilogue& epilogue) {
  constexpr int64_t kTogether = 8;
  int64_t p = 0;
  const auto run = [&]<int Depth>() {
    const bool ends = p + Depth >= k;
    const Epilogue here{epilogue.accumulate || p > 0, ends ? epilogue.bias : nullptr,
                        ends && epilogue.relu};
    add_rows<Rows, Depth>(a.from(0, p), b.from(p, 0), c, c_stride, first, last, here);
    p += Depth;
  };
  while (p + kTogether <= k) run.template operator()<kTogether>();
  while (p < k) run.template operator()<1>();
  if (k == 0) run.template operator()<0>();
}

}  // namespace

bool gemv(const MatrixRef& a, const MatrixRef& b, float* c, int64_t c_stride, int64_t m, int64_t n,
          int64_t k, const Epilogue& epilogue) {
  const bool rows = b.column_stride == 1;
  const bool columns = b.row_stride == 1 && a.column_stride == 1;
  if (k == 0 || epilogue.row_bias ||
      m > (rows      ? kFewRows
           : columns ? std::clamp(k / 32, kFewRows, kSomeRows)
                     : 0)) {
    return false;
  }
  const int64_t parts = (n + kLanes - 1) / kLanes;
  const int64_t grain = kThreadElements / (kLanes * std::max<int64_t>(1, k)) + 1;
  parallel_for(0, parts, grain, [&](int64_t first, int64_t last) {
    first *= kLanes;
    last = std::min(last * kLanes, n);
    const auto run = [&]<int Rows>() {
      if (rows) by_rows<Rows>(a, b, c, c_stride, first, last, k, epilogue);
      else by_columns<Rows>(a, b, c, c_stride, m, first, last, k, epilogue);
    };
    switch (m) {
      case 1: return run.template operator()<1>();
      case 2: return run.template operator()<2>();
      case 3: return run.template operator()<3>();
      default: return run.template operator()<4>();
    }
  });
  return true;
}

}  // namespace tinytorch::fast

// The matrix product against three loops in double: every shape, stride and epilogue.
#include "accelerated/gemm.h"
#include "core/parallel.h"
#include "twins.h"

namespace {

using namespace tinytorch;
using fast::Epilogue;
using fast::MatrixRef;
using twins::Floats;

enum class Layout { kRows, kColumns, kSpaced, kRepeated };
const std::vector<Layout> kLayouts{Layout::kRows, Layout::kColumns, Layout::kSpaced,
                                   Layout::kRepeated};

struct Matrix {
  Floats memory;
  MatrixRef ref;
  float at(int64_t i, int64_t j) const { return *ref.from(i, j).data; }
};

Matrix matrix(int64_t rows, int64_t columns, Layout layout, unsigned seed) {
  Matrix x{twins::uniform(3 * rows * columns + 1, -1, 1, seed), {}};
  switch (layout) {
    case Layout::kRows: x.ref = {nullptr, columns, 1}; break;
    case Layout::kColumns: x.ref = {nullptr, 1, rows}; break;
    case Layout::kSpaced: x.ref = {nullptr, 3 * columns, 3}; break;
    case Layout::kRepeated: x.ref = {nullptr, 0, 1}; break;
  }
  x.ref.data = x.memory.data();
  return x;
}

// c, of rows c_stride apart, against the definition; what lies between its rows stays.
void check_product(const Matrix& a, const Matrix& b, int64_t m, int64_t n, int64_t k,
                   Epilogue epilogue = {}, bool with_bias = false) {
  CAPTURE(m, n, k, a.ref.row_stride, a.ref.column_stride, b.ref.row_stride, b.ref.column_stride,
          epilogue.accumulate, epilogue.relu, with_bias);
  const int64_t c_stride = n + 3;
  const Floats bias = twins::uniform(n, -1, 1, 7);
  if (with_bias) epilogue.bias = bias.data();
  const Floats before = twins::uniform(m * c_stride, -1, 1, 8);
  Floats c = before;
  fast::gemm(a.ref, b.ref, c.data(), c_stride, m, n, k, epilogue);
  double worst = 0;
  bool untouched = true;
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < c_stride; ++j) {
      const auto at = static_cast<size_t>(i * c_stride + j);
      if (j >= n) {
        untouched = untouched && c[at] == before[at];
        continue;
      }
      double expected = epilogue.accumulate ? static_cast<double>(before[at]) : 0;
      for (int64_t p = 0; p < k; ++p) {
        expected += static_cast<double>(a.at(i, p)) * static_cast<double>(b.at(p, j));
      }
      if (with_bias) expected += static_cast<double>(bias[static_cast<size_t>(j)]);
      if (epilogue.relu) expected = std::max(expected, 0.0);
      worst = std::max(worst, std::abs(static_cast<double>(c[at]) - expected));
    }
  }
  CHECK(untouched);
  CHECK(worst <= 1e-6 * std::sqrt(static_cast<double>(k) + 1) + 1e-6 * static_cast<double>(k) / 30);
}

}  // namespace

TEST_CASE("gemm: every edge of the tile, for all layouts of a and b") {
  for (const int64_t m : {1, 2, 3, 4, 5, 6, 7, 8, 13, 15}) {
    for (const int64_t n : {1, 3, 4, 8, 11, 16, 17, 32, 47, 64, 65, 80}) {
      for (const Layout first : kLayouts) {
        for (const Layout second : kLayouts) {
          check_product(matrix(m, 9, first, 1), matrix(9, n, second, 2), m, n, 9);
        }
      }
    }
  }
}

TEST_CASE("gemm: sizes that pass the blocks of k, columns and rows") {
  for (const Layout first : {Layout::kRows, Layout::kColumns}) {
    for (const Layout second : {Layout::kRows, Layout::kColumns}) {
      check_product(matrix(300, 1000, first, 1), matrix(1000, 70, second, 2), 300, 70, 1000);
      check_product(matrix(10, 40, first, 1), matrix(40, 2500, second, 2), 10, 2500, 40);
      check_product(matrix(270, 390, first, 1), matrix(390, 1030, second, 2), 270, 1030, 390);
    }
  }
}

TEST_CASE(
    "gemm: accumulates, adds a bias and cuts off, also where k is cut or few rows are given") {
  for (const int64_t m : {1, 3, 4, 12, 50}) {
    for (const int64_t k : {0, 1, 20, 800}) {
      for (int bits = 0; bits < 8; ++bits) {
        for (const Layout layout : {Layout::kRows, Layout::kColumns, Layout::kSpaced}) {
          check_product(matrix(m, k, Layout::kRows, 1), matrix(k, 37, layout, 2), m, 37, k,
                        {.accumulate = (bits & 1) != 0, .bias = nullptr, .relu = (bits & 2) != 0},
                        (bits & 4) != 0);
        }
      }
    }
  }
}

TEST_CASE("gemm: random shapes and strides") {
  std::mt19937 engine(3);
  const auto draw = [&](int64_t most) {
    return static_cast<int64_t>(engine() % static_cast<unsigned>(most));
  };
  for (unsigned trial = 0; trial < 200; ++trial) {
    const int64_t m = draw(70), n = draw(90), k = draw(120);
    check_product(matrix(m, k, kLayouts[engine() % 4], trial),
                  matrix(k, n, kLayouts[engine() % 4], trial + 1), m, n, k);
  }
}

TEST_CASE("gemm: NaN and infinity reach their row or column and no other element") {
  for (const int64_t m : {2, 20}) {
    for (const Layout layout : {Layout::kRows, Layout::kColumns}) {
      const int64_t n = 21, k = 5;
      Matrix a = matrix(m, k, Layout::kRows, 1), b = matrix(k, n, layout, 2);
      a.memory[static_cast<size_t>(1 * k + 2)] = twins::kNan;
      b.memory[static_cast<size_t>(3 * b.ref.row_stride + 20 * b.ref.column_stride)] =
          twins::kInfinity;
      Floats c(static_cast<size_t>(m * n));
      fast::gemm(a.ref, b.ref, c.data(), n, m, n, k, {.relu = true});
      for (int64_t i = 0; i < m; ++i) {
        for (int64_t j = 0; j < n; ++j) {
          const float value = c[static_cast<size_t>(i * n + j)];
          CAPTURE(m, i, j, value);
          if (i == 1) CHECK(std::isnan(value));
          else if (j == 20) CHECK(value == (a.at(i, 3) > 0 ? twins::kInfinity : 0));
          else CHECK(std::isfinite(value));
        }
      }
    }
  }
}

TEST_CASE("gemm: the result does not depend on the number of threads") {
  const int before = num_threads();
  for (const auto& [m, n, k] :
       {std::array<int64_t, 3>{129, 517, 67}, {3, 1000, 500}, {40, 8, 3000}}) {
    for (const Layout layout : {Layout::kRows, Layout::kColumns}) {
      const Matrix a = matrix(m, k, Layout::kRows, 1), b = matrix(k, n, layout, 2);
      std::vector<Floats> results;
      for (const int threads : {1, 2, 3, 5}) {
        set_num_threads(threads);
        results.emplace_back(static_cast<size_t>(m * n));
        fast::gemm(a.ref, b.ref, results.back().data(), n, m, n, k);
      }
      for (const Floats& result : results) CHECK(result == results[0]);
    }
  }
  set_num_threads(before);
}

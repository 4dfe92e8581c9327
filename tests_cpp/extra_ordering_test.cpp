// Sorting, selection, search, scans and histograms: what walks memory by its own arithmetic.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "catch.h"
#include "extra/histogram.h"
#include "extra/ordering.h"
#include "extra/random.h"
#include "extra/scan.h"

namespace {

using namespace tinytorch;

Tensor drawn(const Shape& shape, DType dtype) {
  Generator generator(1);
  const Tensor x = empty(shape, dtype);
  if (dtype == DType::kBool) fill_integers(x, 0, 2, generator);
  else fill_integers(x, is_floating(dtype) ? -50 : 0, 100, generator);
  return x;
}

std::vector<int64_t> positions(const Tensor& x) {
  const Tensor y = contiguous(x);
  return {y.data<int64_t>(), y.data<int64_t>() + y.numel()};
}

}  // namespace

TEST_CASE("ordering: every dtype, short and long lines, along any dim") {
  for (int dtype = 0; dtype < kDTypes; ++dtype) {
    const auto kind = static_cast<DType>(dtype);
    for (const Shape& shape : {Shape{}, Shape{0, 3}, Shape{3, 0}, Shape{7}, Shape{2, 300, 2}}) {
      const Tensor x = to(drawn(shape, is_half(kind) ? DType::kFloat32 : kind), kind);
      for (int64_t dim = 0; dim < std::max<int64_t>(1, shape.size()); ++dim) {
        for (const bool descending : {false, true}) {
          CAPTURE(name(kind), to_string(shape), dim, descending);
          const Tensor y = to(gather(x, dim, argsort(x, dim, descending)), DType::kFloat64);
          if (shape.empty() || y.numel() == 0) continue;
          const int64_t n = shape[dim];
          const Tensor before = slice(y, dim, 0, n - 1), after = slice(y, dim, 1, n);
          const auto fits = descending ? BinaryOp::kGe : BinaryOp::kLe;
          REQUIRE(item(all(binary(fits, before, after))).to<bool>());
        }
      }
    }
  }
}

TEST_CASE("ordering: selection at the ends of its ranges") {
  const Tensor x = drawn({4, 70}, DType::kFloat32);
  for (const int64_t k : {int64_t{0}, int64_t{1}, int64_t{2}, int64_t{69}, int64_t{70}})
    REQUIRE(positions_of_top(x, k, 1, k % 2 == 0, true).shape() == Shape{4, k});
  REQUIRE(positions_of_top(x, 4, 0, true, false).shape() == Shape{4, 70});
  REQUIRE_THROWS_AS(positions_of_top(x, 71, 1, true, true), Error);
  REQUIRE_THROWS_AS(positions_of_top(x, -1, 1, true, true), Error);
  const Tensor sorted = gather(x, 1, argsort(x, 1));
  for (int64_t k = 1; k <= 70; ++k) {
    const Tensor kth = gather(x, 1, position_of_kth(x, k, 1));
    REQUIRE(item(all(binary(BinaryOp::kEq, kth, slice(sorted, 1, k - 1, k)))).to<bool>());
  }
  const Tensor nans = full({3, 5}, std::numeric_limits<double>::quiet_NaN(), DType::kFloat64);
  REQUIRE(positions(position_of_median(nans, 1, true)) == std::vector<int64_t>{0, 0, 0});
  REQUIRE(position_of_mode(nans, 0).shape() == Shape{1, 5});
  REQUIRE(position_of_kth(nans, 3, 1).shape() == Shape{3, 1});
  REQUIRE_THROWS_AS(position_of_mode(empty({2, 0}), 1), IndexError);
}

TEST_CASE("ordering: distinct values and slices") {
  const Tensor x = drawn({300}, DType::kInt64);
  const Unique found = unique(x, std::nullopt, false);
  REQUIRE(item(sum(found.counts)).to<int64_t>() == 300);
  REQUIRE(item(all(binary(BinaryOp::kEq, index(found.values, {found.inverse}), x))).to<bool>());
  const Tensor rows = to(drawn({50, 3}, DType::kBool), DType::kInt64);
  REQUIRE(unique(rows, 0, false).values.size(0) <= 8);
  REQUIRE(unique(rows, 1, true).inverse.shape() == Shape{3});
  REQUIRE(unique(empty({0}), std::nullopt, true).values.numel() == 0);
}

TEST_CASE("ordering: search from before the first to after the last") {
  const Tensor edges = arange(0, 5, 1, DType::kInt64);
  const Tensor wanted = arange(-1, 7, 1, DType::kInt64);
  REQUIRE(positions(searchsorted(edges, wanted, false)) ==
          std::vector<int64_t>{0, 0, 1, 2, 3, 4, 5, 5});
  REQUIRE(positions(searchsorted(edges, wanted, true)) ==
          std::vector<int64_t>{0, 1, 2, 3, 4, 5, 5, 5});
  REQUIRE(positions(searchsorted(empty({0}), ones({2}), true)) == std::vector<int64_t>{0, 0});
  REQUIRE_THROWS_AS(searchsorted(edges, wanted, true, full({5}, 5, DType::kInt64)), Error);
}

TEST_CASE("scans: lines of any stride, and back") {
  for (const Shape& shape : {Shape{}, Shape{0, 2}, Shape{5}, Shape{3, 40, 2}}) {
    for (int64_t dim = 0; dim < std::max<int64_t>(1, shape.size()); ++dim) {
      const Variable x(to(drawn(shape, DType::kFloat64), DType::kFloat64), true);
      const Variable y = cumsum(x, dim) + cumprod(x * Scalar(0.01), dim) + logcumsumexp(x, dim) +
                         cumulative_extremum(x, dim, true).first;
      backward(sum(y));
      REQUIRE(x.grad().shape() == shape);
    }
  }
}

TEST_CASE("histograms: edges belong to one bin, what lies outside to none") {
  const Tensor x = arange(-1.0, 6.0, 0.5, DType::kFloat64);
  const Tensor edges = linspace(0, 4, 5, DType::kFloat64);
  for (const Bins bins : {Bins::kEven, Bins::kLinear, Bins::kAnyEdges})
    REQUIRE(positions(to(histogram(x, edges, {}, bins), DType::kInt64)) ==
            std::vector<int64_t>{2, 2, 2, 3});
  const Tensor hard = cat({full({3}, std::nan(""), DType::kFloat64),
                           full({2}, std::numeric_limits<double>::infinity(), DType::kFloat64)});
  REQUIRE(item(sum(histogram(hard, edges, {}, Bins::kEven))).to<double>() == 0);
  const Tensor flat = zeros({3}, DType::kFloat64);
  REQUIRE(item(sum(histogram(flat, flat, {}, Bins::kEven))).to<double>() == 3);
  REQUIRE(bincount(arange(0, 4, 1, DType::kUInt8), {}, 9).shape() == Shape{9});
  REQUIRE_THROWS_AS(bincount(full({1}, -1, DType::kInt64), {}, 0), Error);
}

TEST_CASE("random: weighted choice stays within its row") {
  Generator generator(1);
  const Tensor weights = to(drawn({3, 9}, DType::kInt64), DType::kFloat32) + Scalar(1);
  for (const bool replacement : {false, true}) {
    for (const int64_t samples : {int64_t{1}, int64_t{9}}) {
      const auto found = positions(multinomial(weights, samples, replacement, generator));
      REQUIRE(*std::min_element(found.begin(), found.end()) >= 0);
      REQUIRE(*std::max_element(found.begin(), found.end()) < 9);
    }
  }
  REQUIRE_THROWS_AS(multinomial(weights, 10, false, generator), Error);
  REQUIRE_THROWS_AS(multinomial(zeros({2}), 1, true, generator), Error);
  REQUIRE(poisson(full({5}, 1e6, DType::kFloat64), generator).shape() == Shape{5});
}

// One loop for functions of any number of operands: shapes, strides, dtypes; special functions.
#include <cmath>

#include "catch.h"
#include "extra/pointwise_binary.h"
#include "extra/pointwise_map.h"
#include "extra/pointwise_unary.h"
#include "extra/special_functions.h"

namespace tinytorch {
namespace {

double at(const Tensor& x, int64_t i) {
  return item(select(reshape(x, {x.numel()}), 0, i)).to<double>();
}

TEST_CASE("operands broadcast, whatever their strides") {
  const Tensor rows = arange(0, 100, 1, DType::kFloat64), column = reshape(rows, {100, 1});
  const Tensor stepped = slice(arange(0, 200, 1, DType::kFloat64), 0, 0, 200, 2);
  const auto sum = [](auto a, auto b, auto c) { return a + 100 * b + c; };
  const Tensor y = map_floating("sum", sum, rows, column, stepped);
  REQUIRE(y.shape() == Shape{100, 100});
  for (int64_t i = 0; i < 100; i += 7)
    for (int64_t j = 0; j < 100; j += 7)
      CHECK(at(y, i * 100 + j) == static_cast<double>(j + 100 * i + 2 * j));
  CHECK(map_floating("sum", sum, empty({0, 3}), empty({3}), empty({})).numel() == 0);
  CHECK_THROWS(map_floating("sum", sum, empty({2}), empty({3}), empty({})));
}

TEST_CASE("every row of the tables runs on every dtype it takes") {
  for (const DType dtype : {DType::kInt8, DType::kInt64, DType::kFloat16, DType::kFloat64}) {
    const Tensor x = to(reshape(arange(-12, 12, 1, DType::kFloat32), {4, 6}), dtype);
    const Variable a(transpose(x, 0, 1)), b(slice(x, 0, 0, 1));
    for (const Curve& curve : curves()) {
      try {
        const Variable y = curve.apply(a);
        CHECK(y.shape() == a.shape());
      } catch (const NotImplemented&) {}
    }
    for (const PairFunction& f : pair_functions()) {
      try {
        const Variable y = f.apply(Variable(x), b);
        CHECK(y.shape() == x.shape());
      } catch (const Error&) {  // a dtype it does not take, or a division by zero
      }
    }
  }
}

TEST_CASE("special functions hold their identities") {
  for (const double x : {0.1, 0.7, 1.5, 4.0, 11.9, 12.1, 33.0, 400.0}) {
    CHECK(std::abs(special::digamma(x + 1) - special::digamma(x) - 1 / x) < 1e-13 / x + 1e-13);
    CHECK(std::abs(special::gammainc(x, x) + special::gammaincc(x, x) - 1) < 1e-13);
    CHECK(std::abs(special::i0e(x) - special::i0(x) * std::exp(-x)) < 1e-14);
    CHECK(std::abs(special::zeta(2, x) - special::zeta(2, x + 1) - 1 / (x * x)) < 1e-12 / (x * x));
  }
  for (const double y : {-0.999999, -0.3, 1e-9, 0.5, 0.9})
    CHECK(std::abs(std::erf(special::erfinv(y)) - y) < 1e-15 + 1e-15 * std::abs(y));
  for (const double p : {1e-300, 1e-8, 0.3, 0.5, 0.9})
    CHECK(std::abs(special::ndtr(special::ndtri(p)) / p - 1) < 1e-11);
}

}  // namespace
}  // namespace tinytorch

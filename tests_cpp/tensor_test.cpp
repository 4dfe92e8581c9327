// The tensor operations from C++: views against copies, loops against definitions, refusals.
#include "modules/tensor/tensor.h"

#include <limits>
#include <vector>

#include "core/parallel.h"
#include "tensors.h"

namespace {

using namespace tinytorch;
using tensors::difference, tensors::error_of, tensors::number, tensors::uniform, tensors::values;

// Element i of x in row-major order of its indices, found by the definition of strides.
double element(const Tensor& x, int64_t i) {
  int64_t at = x.offset();
  for (int64_t d = x.dim() - 1; d >= 0; --d) {
    at += i % x.shape()[d] * x.strides()[d];
    i /= x.shape()[d];
  }
  return static_cast<const double*>(x.storage()->data())[at];
}

// (4, 6) arrays, no two of which lie in memory alike.
std::vector<Tensor> layouts() {
  const Tensor x = uniform({4, 6}, 1);
  return {x,
          transpose(uniform({6, 4}, 2), 0, 1),
          slice(uniform({4, 18}, 3), 1, 2, 18, 3),
          transpose(slice(uniform({6, 9}, 4), 1, 1, 9, 2), 0, 1),
          expand(uniform({1, 6}, 5), {4, 6}),
          expand(uniform({4, 1}, 6), {4, 6}),
          select(uniform({4, 2, 6}, 7), 1, 1)};
}

}  // namespace

TEST_CASE("clone reads every layout in row-major order") {
  for (const Tensor& x : layouts()) {
    CAPTURE(to_string(x.shape()), to_string(x.strides()));
    const Tensor y = clone(x);
    CHECK(y.is_contiguous());
    for (int64_t i = 0; i < x.numel(); ++i) CHECK(y.data<double>()[i] == element(x, i));
  }
}

TEST_CASE("elementwise loops do not depend on the layout of operands or result") {
  const auto all = layouts();
  for (const Tensor& a : all) {
    for (const Tensor& b : all) {
      if (a.shape() != b.shape()) continue;
      CAPTURE(to_string(a.strides()), to_string(b.strides()));
      const Tensor expected = binary(BinaryOp::kMul, clone(a), clone(b));
      CHECK(difference(a * b, expected) == 0);
      const Tensor out = transpose(uniform({6, 4}, 9), 0, 1);
      if (out.shape() == a.shape()) {
        binary(BinaryOp::kMul, a, b, &out);
        CHECK(difference(out, expected) == 0);
      }
    }
    CHECK(difference(unary(UnaryOp::kExp, a), unary(UnaryOp::kExp, clone(a))) == 0);
    CHECK(difference(sum(a, Dims{0}), sum(clone(a), Dims{0})) < 1e-14);
    CHECK(difference(matmul(transpose(a, 0, 1), a), matmul(clone(transpose(a, 0, 1)), clone(a))) <
          1e-14);
  }
}

TEST_CASE("view never moves an element, and is refused where it would have to") {
  const Tensor x = uniform({2, 3, 4}, 1);
  for (const Shape& shape : {Shape{24}, Shape{6, 4}, Shape{2, 12}, Shape{1, 2, 3, 4, 1}}) {
    const Tensor y = view(x, shape);
    CHECK(y.storage() == x.storage());
    for (int64_t i = 0; i < 24; ++i) CHECK(element(y, i) == element(x, i));
  }
  const Tensor turned = transpose(x, 0, 1);  // (3, 2, 4)
  CHECK(view(turned, {3, 2, 2, 2}).storage() == x.storage());
  CHECK_THROWS_AS(view(turned, {6, 4}), Error);
  const Tensor copied = reshape(turned, {6, 4});
  CHECK(copied.storage() != x.storage());
  for (int64_t i = 0; i < 24; ++i) CHECK(element(copied, i) == element(turned, i));
}

TEST_CASE("index picks what the definition says, and index_put_ with accumulate is its adjoint") {
  const Tensor x = uniform({4, 5, 3}, 1);
  const Tensor rows = tensors::classes({2, -1, 2}), columns = tensors::classes({0, 4, 1});
  const Tensor mask = binary(BinaryOp::kGt, x, scalar_tensor(0.5, DType::kFloat64));
  const std::vector<Picks> cases = {
      {rows},          {std::nullopt, rows},
      {rows, columns}, {rows, std::nullopt, tensors::classes({0, 2, 1})},
      {mask},          {reshape(rows, {3, 1}), columns}};
  for (const Picks& picks : cases) {
    const Tensor y = index(x, picks), grad = uniform(y.shape(), 2);
    const Tensor spread = index_backward(grad, picks, x.shape());
    CHECK(std::abs(number(sum(grad * y)) - number(sum(spread * x))) < 1e-12);
  }
  const Tensor y = index(x, {rows, columns});  // (3, 3)
  CHECK(number(select(select(y, 0, 1), 0, 2)) == element(x, 3 * 15 + 4 * 3 + 2));
  CHECK(index(x, {mask}).numel() == number(sum(mask)));
  CHECK_THROWS_AS(index(x, {tensors::classes({4})}), IndexError);
  CHECK_THROWS_AS(index(x, {tensors::classes({-5})}), IndexError);
  CHECK_THROWS_AS(index(x, {ones({5}, DType::kBool)}), IndexError);
}

TEST_CASE("gather and scatter_add_ are adjoint along every dim") {
  const Tensor x = uniform({3, 4}, 1);
  const Tensor at = reshape(tensors::classes({0, 2, 1, 0, 2, 2}), {2, 3});
  for (const int64_t dim : {0, 1}) {
    const Tensor y = gather(x, dim, at), grad = uniform({2, 3}, 2);
    const Tensor spread = zeros_like(x);
    scatter_add_(spread, dim, at, grad);
    CHECK(std::abs(number(sum(grad * y)) - number(sum(spread * x))) < 1e-12);
  }
  CHECK_THROWS_AS(gather(x, 0, reshape(tensors::classes({3}), {1, 1})), Error);
}

TEST_CASE("integers wrap and divide as Python's floors") {
  const auto number_of = [](int64_t value, DType dtype) { return scalar_tensor(value, dtype); };
  for (const int64_t a : {-7, -6, 0, 5, 6, 7}) {
    for (const int64_t b : {-3, -2, -1, 1, 2, 3}) {
      const Tensor x = number_of(a, DType::kInt32), y = number_of(b, DType::kInt32);
      const auto quotient = item(binary(BinaryOp::kFloorDivide, x, y)).to<int64_t>();
      const auto rest = item(binary(BinaryOp::kRemainder, x, y)).to<int64_t>();
      CAPTURE(a, b, quotient, rest);
      CHECK(quotient * b + rest == a);
      CHECK((rest == 0 || (rest < 0) == (b < 0)));
    }
  }
  const int64_t lowest = std::numeric_limits<int64_t>::min();
  const Tensor least = number_of(lowest, DType::kInt64), minus = number_of(-1, DType::kInt64);
  CHECK(item(binary(BinaryOp::kFloorDivide, least, minus)).to<int64_t>() == lowest);
  CHECK(item(binary(BinaryOp::kRemainder, least, minus)).to<int64_t>() == 0);
  CHECK(item(unary(UnaryOp::kNeg, least)).to<int64_t>() == lowest);
  CHECK_THROWS_AS(binary(BinaryOp::kRemainder, minus, number_of(0, DType::kInt64)), Error);
}

TEST_CASE("writing to memory that is shared in part is refused") {
  const Tensor x = uniform({6}, 1);
  const Tensor head = slice(x, 0, 0, 5), tail = slice(x, 0, 1, 6);
  CHECK_THROWS_AS(binary_(BinaryOp::kAdd, tail, head), Error);
  CHECK_THROWS_AS(copy_(tail, head), Error);
  CHECK_THROWS_AS(fill_(as_strided(x, {9}, {1}, 0), 1), Error);
  CHECK_THROWS_AS(binary_(BinaryOp::kAdd, expand(slice(x, 0, 0, 1), {3}), slice(x, 0, 3, 6)),
                  Error);
  binary_(BinaryOp::kAdd, x, x);
  CHECK(number(select(x, 0, 0)) == 2 * number(select(uniform({6}, 1), 0, 0)));
}

TEST_CASE("sizes that overflow are refused before memory is touched") {
  const int64_t huge = int64_t{1} << 62;
  CHECK_THROWS_AS(empty({huge, 4}), Error);
  CHECK_THROWS_AS(empty({huge}), Error);
  CHECK_THROWS_AS(empty({-1}), Error);
  CHECK(empty({0, huge}).numel() == 0);
  CHECK_THROWS_AS(as_strided(ones({4}), {2}, {huge}, huge), Error);
  CHECK_THROWS_AS(arange(Scalar(0.0), Scalar(1e30), Scalar(1.0), DType::kFloat32), Error);
}

TEST_CASE("a sum of many small float32 terms loses none of them") {
  const Tensor x = full({1 << 22}, 0.1, DType::kFloat32);
  const double expected = static_cast<double>(0.1F) * (1 << 22);
  CHECK(std::abs(number(sum(x)) / expected - 1) < 1e-6);
  CHECK(std::abs(number(mean(x)) / static_cast<double>(0.1F) - 1) < 1e-6);
}

TEST_CASE("reductions of long rows are the definition's, on any number of threads") {
  const int before = num_threads();
  for (const int64_t n : {int64_t{63}, int64_t{64}, int64_t{100}, int64_t{70'001}}) {
    for (const bool broken : {false, true}) {
      Tensor x = uniform({n}, 7, -0.9, 0.9);
      double* const data = x.data<double>();
      data[n / 3] = data[n / 2] = 1;  // equals: the first counts
      data[n / 4] = data[n - 1] = -1;
      if (broken) data[n / 5] = data[n / 2 + 1] = std::nan("");
      double total = 0, squares = 0;
      for (int64_t i = 0; i < n; ++i) total += data[i];
      const double mean = total / static_cast<double>(n);
      for (int64_t i = 0; i < n; ++i) squares += (data[i] - mean) * (data[i] - mean);
      const double variance = squares / static_cast<double>(n);
      const auto alike = [](double a, double b) {
        return std::isnan(b) ? std::isnan(a) : std::abs(a - b) <= 1e-12 * std::abs(b);
      };
      double first = 0;
      for (const int threads : {1, 2, 3}) {
        CAPTURE(n, broken, threads);
        set_num_threads(threads);
        CHECK(alike(number(amax(x)), broken ? std::nan("") : 1));
        CHECK(alike(number(amin(x)), broken ? std::nan("") : -1));
        CHECK(number(argmax(x)) == static_cast<double>(broken ? n / 5 : n / 3));
        CHECK(number(argmin(x)) == static_cast<double>(broken ? n / 5 : n / 4));
        const double spread = number(var(x, {}, 0));
        CHECK(alike(spread, variance));
        if (threads == 1) first = spread;
        CHECK((broken || spread == first));
      }
    }
    const Tensor twos = full({n}, 2.0, DType::kFloat64);
    CHECK(number(prod(twos)) == std::pow(2.0, static_cast<double>(n)));
    Tensor truths = full({n}, true, DType::kBool);
    CHECK(number(all(truths)) == 1);
    truths.data<bool>()[n - 1] = false;
    CHECK(number(all(truths)) == 0);
    CHECK(number(amin(truths)) == 0);
    CHECK(number(any(truths)) == 1);
  }
  set_num_threads(before);
}

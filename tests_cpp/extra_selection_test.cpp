// Selection, scatter, diagonals and windows: what walks memory by its own arithmetic.
#include "catch.h"
#include "extra/diagonal.h"
#include "extra/scatter.h"
#include "extra/selection.h"

namespace tinytorch {
namespace {

Tensor ramp(const Shape& shape, DType dtype = DType::kFloat32) {
  return to(reshape(arange(0, numel(shape), 1, DType::kFloat32), shape), dtype);
}

Tensor positions(const Shape& shape, int64_t size) {
  const Tensor at = empty(shape, DType::kInt64);
  for (int64_t i = 0; i < at.numel(); ++i) at.data<int64_t>()[i] = i * 7 % size;
  return at;
}

double total(const Tensor& x) { return item(sum(to(x, DType::kFloat64))).to<double>(); }

TEST_CASE("gather then scatter_add keeps the total, along every dim and stride") {
  for (const Shape& shape : {Shape{5}, Shape{3, 5}, Shape{2, 3, 5}, Shape{400, 300}}) {
    for (int64_t dim = 0; dim < shape.size(); ++dim) {
      const Tensor x = transpose(ramp(shape), 0, -1);
      Shape part = x.shape();
      part[dim] = 4;
      const Tensor at = positions(part, x.shape()[dim]);
      const Tensor taken = gather(x, dim, at), whole = zeros(x.shape());
      scatter_(whole, dim, at, taken, Combine::kAdd);
      CHECK(total(whole) == total(taken));
    }
  }
  const Tensor x = ramp({2, 3});
  CHECK_THROWS(scatter_(x, 1, full({2, 1}, 3, DType::kInt64), ramp({2, 1}), Combine::kWrite));
  CHECK_THROWS(scatter_(x, 1, full({3, 1}, 0, DType::kInt64), ramp({3, 1}), Combine::kWrite));
  scatter_(x, 1, empty({0, 1}, DType::kInt64), ramp({0, 1}), Combine::kWrite);
}

TEST_CASE("slices are picked and added on every dtype and stride") {
  for (const DType dtype : {DType::kBool, DType::kInt8, DType::kBFloat16, DType::kFloat64}) {
    const Variable x(transpose(ramp({4, 5, 3}, dtype), 0, 2));
    for (int64_t dim = 0; dim < 3; ++dim) {
      const Tensor at = positions({6}, x.shape()[dim]);
      const Variable part = index_select(x, dim, at);
      CHECK(part.shape()[dim] == 6);
      CHECK(index_add(x, dim, at, part, Scalar(1)).shape() == x.shape());
      CHECK(index_copy(x, dim, at, part).shape() == x.shape());
      const Variable zero(scalar_tensor(0, dtype));
      CHECK(index_fill(x, dim, at, zero).shape() == x.shape());
    }
    CHECK(take(x, full({2}, -1, DType::kInt64)).numel() == 2);
  }
  CHECK(index_select(Variable(ramp({0, 3})), 1, positions({2}, 3)).shape() == Shape{0, 2});
  CHECK_THROWS(index_select(Variable(ramp({2})), 0, full({1}, 2, DType::kInt64)));
}

TEST_CASE("masks select what they name") {
  const Variable x(ramp({200, 300}));
  const Tensor mask = binary(BinaryOp::kLt, x.data(), scalar_tensor(10, DType::kFloat32));
  CHECK(masked_select(x, mask).numel() == 10);
  CHECK(nonzero(mask).shape() == Shape{10, 2});
  const Variable zero(scalar_tensor(0, DType::kFloat32));
  CHECK(total(masked_fill(x, mask, zero).data()) == total(x.data()) - 45);
  CHECK(masked_scatter(x, mask, Variable(ramp({10}))).shape() == x.shape());
  CHECK_THROWS(masked_scatter(x, mask, Variable(ramp({9}))));
}

TEST_CASE("triangles, diagonals and windows stay inside") {
  const Variable x(ramp({3, 5}));
  for (int64_t k = -7; k < 8; ++k) {
    CHECK(total(tril(x, k).data()) + total(triu(x, k + 1).data()) == total(x.data()));
    const Variable line = diagonal(x, k, 0, 1);
    CHECK(line.numel() == std::max<int64_t>(0, std::min(k < 0 ? 3 + k : 3, k > 0 ? 5 - k : 5)));
    CHECK(total(contiguous(line.data())) >= 0);
    CHECK(diag_embed(line, k, 0, 1).dim() == 2);
    CHECK(tril_indices(3, 5, k, false).shape()[1] + tril_indices(3, 5, k + 1, true).shape()[1] ==
          15);
  }
  CHECK(unfold(x, 1, 2, 3).shape() == Shape{3, 2, 2});
  CHECK(unfold(x, 0, 0, 1).shape() == Shape{4, 5, 0});
  const Variable tall(zeros({7, 2}));
  fill_diagonal_(tall, Scalar(1), true);
  CHECK(total(tall.data()) == 5);
}

}  // namespace
}  // namespace tinytorch

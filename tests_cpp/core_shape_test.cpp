// Dims, element counts, dimension numbers, and what a Tensor derives from its numbers.
#include <limits>
#include <utility>

#include "catch.h"
#include "core/shape.h"
#include "core/tensor.h"

using namespace tinytorch;

TEST_CASE("shape: values survive growth past the inline six, copies and moves") {
  Dims dims;
  for (int64_t i = 0; i < 20; ++i) {
    dims.push_back(i * i);
    CHECK(dims.size() == i + 1);
    CHECK(dims.back() == i * i);
  }
  Dims copy = dims;
  copy[3] = -1;
  CHECK(dims[3] == 9);
  const Dims moved = std::move(copy);
  CHECK(moved[3] == -1);
  CHECK(moved.size() == 20);
  dims.resize(3);
  CHECK(dims == Dims{0, 1, 4});
  Dims small{7, 8};
  small = dims;
  CHECK(small == dims);
  small = Dims(2, 5);
  CHECK(small == Dims{5, 5});
  CHECK(small != dims);
}

TEST_CASE("shape: a Dims may be assigned to itself") {
  Dims dims(8, 3);
  const Dims& same = dims;
  dims = same;
  CHECK(dims == Dims(8, 3));
}

TEST_CASE("shape: insert and erase keep the order") {
  Dims dims{1, 2, 3};
  dims.insert(0, 9);
  dims.insert(4, 8);
  dims.insert(2, 7);
  CHECK(dims == Dims{9, 1, 7, 2, 3, 8});
  dims.insert(6, 6);  // leaves the inline room
  CHECK(dims == Dims{9, 1, 7, 2, 3, 8, 6});
  dims.erase(6);
  dims.erase(0);
  CHECK(dims == Dims{1, 7, 2, 3, 8});
}

TEST_CASE("shape: more than 64 dimensions are refused") {
  CHECK(Dims(64, 1).size() == 64);
  CHECK_THROWS_AS(Dims(65, 1), ValueError);
  Dims dims(64, 1);
  CHECK_THROWS_AS(dims.push_back(1), ValueError);
  CHECK(dims.size() == 64);
}

TEST_CASE("shape: text as in Python") {
  CHECK(to_string({}) == "()");
  CHECK(to_string({3}) == "(3,)");
  CHECK(to_string({2, 3}) == "(2, 3)");
}

TEST_CASE("shape: numel") {
  constexpr int64_t kLarge = int64_t{1} << 40;
  CHECK(numel({}) == 1);
  CHECK(numel({2, 3, 4}) == 24);
  CHECK(numel({2, 0, 4}) == 0);
  CHECK_THROWS_AS(numel({2, -1}), Error);
  CHECK_THROWS_AS(numel({kLarge, kLarge}), Error);
  CHECK_THROWS_AS(numel({kLarge, kLarge, 0}), Error);
  CHECK(numel({std::numeric_limits<int64_t>::max(), 1}) == std::numeric_limits<int64_t>::max());
}

TEST_CASE("shape: dimension numbers wrap once") {
  CHECK(wrap_dim("sum", -1, 3) == 2);
  CHECK(wrap_dim("sum", 2, 3) == 2);
  CHECK(wrap_dim("sum", 0, 0) == 0);
  CHECK(wrap_dim("sum", -1, 0) == 0);
  CHECK_THROWS_AS(wrap_dim("sum", 3, 3), IndexError);
  CHECK_THROWS_AS(wrap_dim("sum", -4, 3), IndexError);
  CHECK_THROWS_WITH(wrap_dim("sum", 3, 2), "sum: expected dim in [-2, 1], got 3");
}

TEST_CASE("tensor: contiguity follows from shape and strides") {
  const auto contiguous = [](const Shape& shape, const Strides& strides) {
    return Tensor(Storage::allocate(4096), DType::kFloat32, shape, strides).is_contiguous();
  };
  CHECK(contiguous({}, {}));
  CHECK(contiguous({2, 3}, {3, 1}));
  CHECK(contiguous({2, 1, 3}, {3, 77, 1}));
  CHECK(contiguous({0, 3}, {1, 50}));
  CHECK_FALSE(contiguous({2, 3}, {1, 2}));
  CHECK_FALSE(contiguous({2, 3}, {4, 1}));
  CHECK_FALSE(contiguous({2, 3}, {0, 1}));
}

TEST_CASE("tensor: typed access starts at the offset and refuses other types and layouts") {
  const Tensor x(Storage::allocate(64), DType::kFloat64, {2, 3}, {3, 1}, 2);
  CHECK(x.data<double>() == static_cast<double*>(x.storage()->data()) + 2);
  CHECK(x.bytes() == static_cast<std::byte*>(x.storage()->data()) + 16);
  CHECK_THROWS_AS(x.data<float>(), TypeError);
  CHECK_THROWS_AS((x.view<double, 1>()), Error);
  CHECK_THROWS_AS((x.view<float, 2>()), TypeError);
  CHECK(x.view<double, 2>().size(1) == 3);
  CHECK(x.rows<double>().size(0) == 2);
  CHECK(x.flat<double>().size(0) == 6);
  CHECK(x.size(-1) == 3);
  CHECK_THROWS_AS(x.size(2), IndexError);
  const Tensor transposed(x.storage(), DType::kFloat64, {3, 2}, {1, 3});
  CHECK_THROWS_AS(transposed.flat<double>(), Error);
  const Tensor scalar(Storage::allocate(4), DType::kFloat32, {}, {});
  CHECK(scalar.rows<float>().size(0) == 1);
  CHECK(scalar.rows<float>().size(1) == 1);
}

TEST_CASE("tensor: an undefined one has no elements") {
  const Tensor none;
  CHECK_FALSE(none.defined());
  CHECK(none.numel() == 0);
  CHECK(none.data<float>() == nullptr);
}

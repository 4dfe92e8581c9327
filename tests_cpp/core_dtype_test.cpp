// Dtypes: names, sizes, PyTorch's promotion table, dispatch; and the text of errors.
#include <array>
#include <string>

#include "catch.h"
#include "core/dtype.h"
#include "core/scalar.h"

using namespace tinytorch;

namespace {

constexpr std::array kAll = {DType::kBool,  DType::kUInt8, DType::kInt8,    DType::kInt16,
                             DType::kInt32, DType::kInt64, DType::kFloat32, DType::kFloat64};

}  // namespace

TEST_CASE("dtype: promotion is torch.promote_types") {
  // One letter a dtype, rows and columns in the order of kAll.
  constexpr std::array<const char*, kDTypes> kTable = {"bcahilfd", "cchhilfd", "ahahilfd",
                                                       "hhhhilfd", "iiiiilfd", "llllllfd",
                                                       "fffffffd", "dddddddd"};
  const std::string letters = "bcahilfd";
  for (size_t a = 0; a < kAll.size(); ++a)
    for (size_t b = 0; b < kAll.size(); ++b) {
      CAPTURE(name(kAll[a]), name(kAll[b]));
      CHECK(promote(kAll[a], kAll[b]) == kAll[letters.find(kTable[a][b])]);
    }
}

TEST_CASE("dtype: names, sizes and kinds agree with the C++ types") {
  for (const DType dtype : kAll) {
    CAPTURE(name(dtype));
    dispatch(dtype, [&]<class T>() {
      CHECK(dtype_of<T> == dtype);
      CHECK(item_size(dtype) == sizeof(T));
      CHECK(is_floating(dtype) == std::is_floating_point_v<T>);
      CHECK(is_integral(dtype) == (std::is_integral_v<T> && !std::is_same_v<T, bool>));
    });
  }
  CHECK(std::string(name(DType::kBool)) == "bool");
  CHECK(std::string(name(DType::kUInt8)) == "uint8");
  CHECK(std::string(name(DType::kFloat64)) == "float64");
}

TEST_CASE("dtype: floating dispatch refuses the others by name") {
  for (const DType dtype : kAll) {
    bool ran = false;
    const auto run = [&] {
      dispatch_floating("exp", dtype, [&]<class T>() { ran = dtype_of<T> == dtype; });
    };
    if (is_floating(dtype)) run();
    else CHECK_THROWS_AS(run(), NotImplemented);
    CHECK(ran == is_floating(dtype));
  }
}

TEST_CASE("check: the parts of a message are joined in order") {
  CHECK_NOTHROW(check(true, "never"));
  CHECK_THROWS_WITH(check<ValueError>(false, "f: ", 3, " of ", int64_t{-4}, " in ", 0.5, " for ",
                                      DType::kInt8, ", ", size_t{7}),
                    "f: 3 of -4 in 0.5 for int8, 7");
  CHECK_THROWS_AS(fail<IndexError>("out"), Error);  // every error is an Error
}

TEST_CASE("scalar: keeps its kind and converts") {
  CHECK(Scalar(true).kind() == DType::kBool);
  CHECK(Scalar(3).kind() == DType::kInt64);
  CHECK(Scalar(2.5).kind() == DType::kFloat64);
  CHECK(Scalar(int64_t{1} << 60).to<int64_t>() == int64_t{1} << 60);
  CHECK(Scalar(2.5).to<float>() == 2.5F);
  CHECK(Scalar(2.5).to<int32_t>() == 2);
}

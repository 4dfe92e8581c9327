// Dtypes: names, sizes, PyTorch's promotion table, dispatch; and the text of errors.
#include <array>
#include <cmath>
#include <string>

#include "catch.h"
#include "core/dtype.h"
#include "core/half.h"
#include "core/scalar.h"

using namespace tinytorch;

namespace {

constexpr std::array kAll = {DType::kBool,  DType::kUInt8, DType::kInt8,    DType::kInt16,
                             DType::kInt32, DType::kInt64, DType::kFloat32, DType::kFloat64};

}  // namespace

TEST_CASE("dtype: promotion is torch.promote_types") {
  // One letter a dtype, rows and columns in the order of kAll.
  constexpr std::array<const char*, kAll.size()> kTable = {"bcahilfd", "cchhilfd", "ahahilfd",
                                                           "hhhhilfd", "iiiiilfd", "llllllfd",
                                                           "fffffffd", "dddddddd"};
  const std::string letters = "bcahilfd";
  for (size_t a = 0; a < kAll.size(); ++a)
    for (size_t b = 0; b < kAll.size(); ++b) {
      CAPTURE(name(kAll[a]), name(kAll[b]));
      CHECK(promote(kAll[a], kAll[b]) == kAll[letters.find(kTable[a][b])]);
    }
}

TEST_CASE("dtype: halves meet in float32, lose to floats and win over integers") {
  CHECK(promote(DType::kFloat16, DType::kBFloat16) == DType::kFloat32);
  for (const DType half : {DType::kFloat16, DType::kBFloat16}) {
    for (const DType other : kAll) {
      CHECK(promote(half, other) == (is_floating(other) ? other : half));
      CHECK(promote(other, half) == promote(half, other));
    }
    CHECK(item_size(half) == 2);
    CHECK(is_floating(half));
    CHECK_THROWS_AS(dispatch(half, []<class T>() {}), NotImplemented);
    CHECK_THROWS_AS(dispatch_floating("exp", half, []<class T>() {}), NotImplemented);
  }
}

TEST_CASE("half: every float16 survives a round trip, and rounding is to nearest even") {
  uint32_t wrong = 0;  // counted, as a CHECK of each takes seconds
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    const float exact = widen(Float16{half}), upper = widen(BFloat16{half});
    wrong += exact == exact && round_to<Float16>(exact).bits != half;
    wrong += upper == upper && round_to<BFloat16>(upper).bits != half;
    if ((half & 0x7FFF) >= 0x7BFF) continue;  // a neighbour above, halfway to it, just past that
    const float next = widen(Float16{static_cast<uint16_t>(half + 1)}), middle = (exact + next) / 2;
    wrong += round_to<Float16>(middle).bits != half + (half & 1);
    wrong += round_to<Float16>(std::nextafterf(middle, next)).bits != half + 1;
    wrong += round_to<Float16>(std::nextafterf(middle, exact)).bits != half;
  }
  CHECK(wrong == 0);
  CHECK(round_to<Float16>(65519.F).bits == 0x7BFF);
  CHECK(round_to<Float16>(65520.F).bits == 0x7C00);
  CHECK(round_to<Float16>(-INFINITY).bits == 0xFC00);
  CHECK(round_to<Float16>(0x1p-25F).bits == 0);
  CHECK(widen(round_to<Float16>(NAN)) != widen(round_to<Float16>(NAN)));
  CHECK(widen(round_to<BFloat16>(NAN)) != widen(round_to<BFloat16>(NAN)));
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

// Names, sizes and promotion of dtypes, and the text of errors.
#include "core/dtype.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace tinytorch {

// Defined here so that each type has one home, and is caught across shared libraries.
Error::~Error() = default;
IndexError::~IndexError() = default;
TypeError::~TypeError() = default;
ValueError::~ValueError() = default;
OutOfMemory::~OutOfMemory() = default;
NotImplemented::~NotImplemented() = default;

void append(std::string& text, int64_t value) { text += std::to_string(value); }

void append(std::string& text, double value) {
  std::array<char, 32> digits;
  std::snprintf(digits.data(), digits.size(), "%g", value);
  text += digits.data();
}

int64_t item_size(DType dtype) {
  static constexpr std::array<int8_t, kDTypes> kSizes = {1, 1, 1, 2, 4, 8, 2, 2, 4, 8};
  return kSizes[static_cast<size_t>(dtype)];
}

const char* name(DType dtype) {
  static constexpr std::array kNames = {"bool",  "uint8",   "int8",     "int16",   "int32",
                                        "int64", "float16", "bfloat16", "float32", "float64"};
  return kNames[static_cast<size_t>(dtype)];
}

DType promote(DType a, DType b) {
  const auto [low, high] = std::minmax(a, b);
  // The pairs where neither holds the other's values meet above both.
  if (low == DType::kUInt8 && high == DType::kInt8) return DType::kInt16;
  if (low == DType::kFloat16 && high == DType::kBFloat16) return DType::kFloat32;
  return high;
}

void fail_half(const char* operation, DType dtype) {
  fail<NotImplemented>(operation ? operation : "this operation", ": not implemented for ", dtype,
                       "; convert to float32 first");
}

}  // namespace tinytorch

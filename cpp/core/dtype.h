// Dtypes: the element types, how they promote, and dispatch from a dtype to a C++ type.
//
// Eight are computed with. float16 and bfloat16 are stored, moved and converted only; what computes
// with them goes by way of float32 (core/half.h).
#pragma once
#include <cstdint>
#include <string>
#include <type_traits>

#include "core/check.h"

namespace tinytorch {

// clang-format off
enum class DType : uint8_t {
  kBool, kUInt8, kInt8, kInt16, kInt32, kInt64, kFloat16, kBFloat16, kFloat32, kFloat64
};
// clang-format on

inline constexpr int kDTypes = 10;

/// Bytes per element.
int64_t item_size(DType dtype);
/// "float32", as `torch.float32` without its prefix.
const char* name(DType dtype);
constexpr bool is_floating(DType dtype) { return dtype >= DType::kFloat16; }
constexpr bool is_half(DType dtype) {
  return dtype == DType::kFloat16 || dtype == DType::kBFloat16;
}
/// bool does not count as an integer.
constexpr bool is_integral(DType dtype) { return dtype != DType::kBool && !is_floating(dtype); }
inline void append(std::string& text, DType dtype) { text += name(dtype); }

/// The dtype in which two operands meet.                                    torch.promote_types
DType promote(DType a, DType b);

template <class T>
inline constexpr DType dtype_of = [] {
  if constexpr (std::is_same_v<T, bool>) return DType::kBool;
  else if constexpr (std::is_same_v<T, uint8_t>) return DType::kUInt8;
  else if constexpr (std::is_same_v<T, int8_t>) return DType::kInt8;
  else if constexpr (std::is_same_v<T, int16_t>) return DType::kInt16;
  else if constexpr (std::is_same_v<T, int32_t>) return DType::kInt32;
  else if constexpr (std::is_same_v<T, int64_t>) return DType::kInt64;
  else if constexpr (std::is_same_v<T, float>) return DType::kFloat32;
  else {
    static_assert(std::is_same_v<T, double>, "no dtype");
    return DType::kFloat64;
  }
}();

/// Raises NotImplemented: what runs into this is not written for float16 and bfloat16.
[[noreturn]] void fail_half(const char* operation, DType dtype);

/// Calls `f.template operator()<T>()` with the element type of `dtype`, one of the eight:
///   dispatch(x.dtype(), [&]<class T>() { ... });
template <class F>
decltype(auto) dispatch(DType dtype, F&& f) {
  switch (dtype) {
    case DType::kBool: return f.template operator()<bool>();
    case DType::kUInt8: return f.template operator()<uint8_t>();
    case DType::kInt8: return f.template operator()<int8_t>();
    case DType::kInt16: return f.template operator()<int16_t>();
    case DType::kInt32: return f.template operator()<int32_t>();
    case DType::kInt64: return f.template operator()<int64_t>();
    case DType::kFloat16:
    case DType::kBFloat16: fail_half(nullptr, dtype);
    case DType::kFloat32: return f.template operator()<float>();
    case DType::kFloat64: break;
  }
  return f.template operator()<double>();
}

/// The same for operations of float32 and float64 only; others are refused in `operation`'s name.
template <class F>
decltype(auto) dispatch_floating(const char* operation, DType dtype, F&& f) {
  check<NotImplemented>(is_floating(dtype), operation, ": expected a floating dtype, got ", dtype);
  if (is_half(dtype)) fail_half(operation, dtype);
  if (dtype == DType::kFloat32) return f.template operator()<float>();
  return f.template operator()<double>();
}

}  // namespace tinytorch

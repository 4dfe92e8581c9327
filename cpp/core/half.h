// Half precision: float16 and bfloat16 as 16 bits, and their conversion from and to float32.
//
// Tensors only store these two: an operation widens to float32, computes, and rounds once at the
// end. float16 has 5 bits of exponent and 10 of fraction (IEEE 754); bfloat16 is the upper half of
// a float32. Rounding is to nearest, ties to even; NaN stays NaN and overflow becomes infinity.
#pragma once
#include <bit>
#include <cstdint>

namespace tinytorch {

struct Float16 {
  uint16_t bits;
};
struct BFloat16 {
  uint16_t bits;
};

inline float widen(BFloat16 x) { return std::bit_cast<float>(uint32_t{x.bits} << 16); }

inline float widen(Float16 x) {
  const uint32_t sign = uint32_t{x.bits & 0x8000U} << 16, rest = x.bits & 0x7FFFU;
  if (rest >= 0x7C00) return std::bit_cast<float>(sign | 0x7F800000U | rest << 13);  // inf, NaN
  if (rest >= 0x0400) return std::bit_cast<float>(sign | ((rest << 13) + 0x38000000U));
  return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(static_cast<float>(rest) * 0x1p-24F));
}

template <class Half>
Half round_to(float x);

template <>
inline BFloat16 round_to<BFloat16>(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  if (x != x) return {0x7FC0};
  return {static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16)};
}

template <>
inline Float16 round_to<Float16>(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  const uint32_t sign = bits >> 16 & 0x8000, rest = bits & 0x7FFFFFFFU;
  const auto with_sign = [sign](uint32_t half) {
    return Float16{static_cast<uint16_t>(sign | half)};
  };
  if (rest > 0x7F800000U) return with_sign(0x7E00);   // NaN
  if (rest >= 0x477FF000U) return with_sign(0x7C00);  // from 65520 on: infinity
  if (rest < 0x38800000U) {                           // below 2^-14: a multiple of 2^-24
    // Adding 2^-1, whose last bit is worth 2^-24, lets the addition do the rounding.
    const float shifted = std::bit_cast<float>(rest) + 0.5F;
    return with_sign(std::bit_cast<uint32_t>(shifted) - 0x3F000000U);
  }
  return with_sign((rest - 0x38000000U + 0xFFF + (rest >> 13 & 1)) >> 13);
}

}  // namespace tinytorch

// SIMD: Batch, a vector of floats as wide as the CPU's registers, and the functions that kernels
// need on it. The only file that includes xsimd.
//
//   for (; i + kLanes <= n; i += kLanes) exp(load(x + i)).store_unaligned(y + i);
//   store_partial(y + i, exp(load_partial(x + i, n - i)), n - i);
//
// The width is that of the instruction set the file is compiled for: 16 lanes with AVX-512, 8 with
// AVX2, 4 with SSE2 and NEON. Without xsimd, or with TINYTORCH_NO_SIMD, Batch is a single float and
// every loop written on it still means the same.
//
// exp, tanh, sigmoid and erf are our own: within 2 ulp (sigmoid 4), NaN in NaN out, exact at
// +-infinity, and several times faster than a call of libm for each lane. The polynomials are
// minimax fits, the coefficients rounded to float one after another from the lowest.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#if !defined(TINYTORCH_NO_SIMD) && __has_include(<xsimd/xsimd.hpp>)
// gcc 12 sees its own AVX-512 intrinsics read what they leave unset on purpose.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <xsimd/xsimd.hpp>
#pragma GCC diagnostic pop
#if !defined(XSIMD_NO_SUPPORTED_ARCHITECTURE)
#define TINYTORCH_SIMD 1
static_assert(XSIMD_VERSION_MAJOR >= 13, "tinytorch needs xsimd 13 or newer");
#endif
#endif

namespace tinytorch::simd {

#ifdef TINYTORCH_SIMD

using Batch = xsimd::batch<float>;
/// What comparing batches gives: one truth value a lane.
using Mask = Batch::batch_bool_type;

using xsimd::abs;
using xsimd::all;
using xsimd::any;
using xsimd::copysign;
using xsimd::fma;  // x * y + z; one instruction where the CPU has it
using xsimd::log;
using xsimd::max;  // of x and NaN: either, as the CPU likes
using xsimd::min;
using xsimd::reduce_add;
using xsimd::reduce_max;
using xsimd::reduce_min;
using xsimd::select;  // select(mask, a, b): a where the mask holds, else b
using xsimd::sincos;  // a pair
using xsimd::sqrt;

#else

/// One truth value.
struct Mask {
  bool value;
  friend Mask operator&(Mask a, Mask b) { return {a.value && b.value}; }
  friend Mask operator|(Mask a, Mask b) { return {a.value || b.value}; }
  friend Mask operator!(Mask a) { return {!a.value}; }
};

/// A vector of one float, with the part of xsimd::batch's interface that kernels use.
struct Batch {
  static constexpr std::size_t size = 1;
  float value;

  Batch() = default;
  Batch(float lane) : value(lane) {}
  static Batch load_unaligned(const float* from) { return *from; }
  static Batch load_aligned(const float* from) { return *from; }
  static Batch broadcast(float lane) { return lane; }
  void store_unaligned(float* to) const { *to = value; }
  void store_aligned(float* to) const { *to = value; }
  float get(std::size_t) const { return value; }

  Batch& operator+=(Batch b) { return value += b.value, *this; }
  Batch& operator-=(Batch b) { return value -= b.value, *this; }
  Batch& operator*=(Batch b) { return value *= b.value, *this; }
  Batch& operator/=(Batch b) { return value /= b.value, *this; }
  friend Batch operator+(Batch a, Batch b) { return a.value + b.value; }
  friend Batch operator-(Batch a, Batch b) { return a.value - b.value; }
  friend Batch operator*(Batch a, Batch b) { return a.value * b.value; }
  friend Batch operator/(Batch a, Batch b) { return a.value / b.value; }
  friend Batch operator-(Batch a) { return -a.value; }
  friend Mask operator<(Batch a, Batch b) { return {a.value < b.value}; }
  friend Mask operator<=(Batch a, Batch b) { return {a.value <= b.value}; }
  friend Mask operator>(Batch a, Batch b) { return {a.value > b.value}; }
  friend Mask operator>=(Batch a, Batch b) { return {a.value >= b.value}; }
  friend Mask operator==(Batch a, Batch b) { return {a.value == b.value}; }
  friend Mask operator!=(Batch a, Batch b) { return {a.value != b.value}; }
};

inline bool all(Mask mask) { return mask.value; }
inline bool any(Mask mask) { return mask.value; }
inline Batch abs(Batch x) { return std::abs(x.value); }
inline Batch copysign(Batch x, Batch sign) { return std::copysign(x.value, sign.value); }
inline Batch fma(Batch x, Batch y, Batch z) { return x.value * y.value + z.value; }
inline Batch log(Batch x) { return std::log(x.value); }
inline Batch max(Batch a, Batch b) { return std::max(a.value, b.value); }
inline Batch min(Batch a, Batch b) { return std::min(a.value, b.value); }
inline Batch select(Mask mask, Batch a, Batch b) { return mask.value ? a : b; }
inline std::pair<Batch, Batch> sincos(Batch x) { return {std::sin(x.value), std::cos(x.value)}; }
inline Batch sqrt(Batch x) { return std::sqrt(x.value); }
inline float reduce_add(Batch x) { return x.value; }
inline float reduce_max(Batch x) { return x.value; }
inline float reduce_min(Batch x) { return x.value; }

#endif

/// Floats in a Batch.
inline constexpr int64_t kLanes = static_cast<int64_t>(Batch::size);

inline Batch load(const float* from) { return Batch::load_unaligned(from); }
inline void store(float* to, Batch x) { x.store_unaligned(to); }

/// The first `count` lanes, 0 <= count <= kLanes, from memory and `fill` in the rest; touches
/// nothing beyond.
inline Batch load_partial(const float* from, int64_t count, float fill = 0) {
  if (count >= kLanes) return load(from);
#if defined(TINYTORCH_SIMD) && XSIMD_WITH_AVX512F
  const auto lanes = static_cast<__mmask16>((1U << count) - 1);
  return _mm512_mask_loadu_ps(_mm512_set1_ps(fill), lanes, from);
#else
  alignas(64) float lanes[Batch::size];
  for (int64_t i = 0; i < kLanes; ++i) lanes[i] = i < count ? from[i] : fill;
  return Batch::load_aligned(lanes);
#endif
}

/// Writes the first `count` lanes and touches nothing beyond.
inline void store_partial(float* to, Batch x, int64_t count) {
  if (count >= kLanes) return store(to, x);
#if defined(TINYTORCH_SIMD) && XSIMD_WITH_AVX512F
  _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1U << count) - 1), x);
#else
  alignas(64) float lanes[Batch::size];
  x.store_aligned(lanes);
  for (int64_t i = 0; i < count; ++i) to[i] = lanes[i];
#endif
}

/// Of the 2 kLanes floats of a and b those at even places, and those at odd ones.
inline std::pair<Batch, Batch> split_pairs(Batch a, Batch b) {
#if defined(TINYTORCH_SIMD) && XSIMD_WITH_AVX512F
  const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
  return {_mm512_permutex2var_ps(a, even, b), _mm512_permutex2var_ps(a, odd, b)};
#else
  alignas(64) float run[2 * Batch::size], even[Batch::size], odd[Batch::size];
  a.store_aligned(run);
  b.store_unaligned(run + kLanes);
  for (int64_t i = 0; i < kLanes; ++i) even[i] = run[2 * i], odd[i] = run[2 * i + 1];
  return {Batch::load_aligned(even), Batch::load_aligned(odd)};
#endif
}

/// What split_pairs made two of.
inline std::pair<Batch, Batch> join_pairs(Batch even, Batch odd) {
#if defined(TINYTORCH_SIMD) && XSIMD_WITH_AVX512F
  const __m512i low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const __m512i high = _mm512_add_epi32(low, _mm512_set1_epi32(8));
  return {_mm512_permutex2var_ps(even, low, odd), _mm512_permutex2var_ps(even, high, odd)};
#else
  alignas(64) float run[2 * Batch::size], evens[Batch::size], odds[Batch::size];
  even.store_aligned(evens);
  odd.store_aligned(odds);
  for (int64_t i = 0; i < kLanes; ++i) run[2 * i] = evens[i], run[2 * i + 1] = odds[i];
  return {Batch::load_aligned(run), Batch::load_unaligned(run + kLanes)};
#endif
}

/// rows is a square, kLanes batches: lane j of row i changes places with lane i of row j.
inline void transpose([[maybe_unused]] Batch* rows) {
#if defined(TINYTORCH_SIMD) && XSIMD_WITH_AVX512F
  // Each round exchanges one bit of the row's number with one of the lane's.
  const auto round = [rows](int bit, auto low, auto high) {
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) {
      if ((i & bit) != 0) continue;
      const __m512 a = rows[i], b = rows[i + bit];
      rows[i] = low(a, b);
      rows[i + bit] = high(a, b);
    }
  };
  const auto low = [](__m512 a, __m512 b) { return _mm512_unpacklo_ps(a, b); };
  const auto high = [](__m512 a, __m512 b) { return _mm512_unpackhi_ps(a, b); };
  const auto even = [](__m512 a, __m512 b) { return _mm512_shuffle_f32x4(a, b, 0x88); };
  const auto odd = [](__m512 a, __m512 b) { return _mm512_shuffle_f32x4(a, b, 0xdd); };
  round(2, low, high);
  round(1, low, high);
  round(4, even, odd);
  round(8, even, odd);
#elif defined(TINYTORCH_SIMD) && XSIMD_VERSION_MAJOR >= 14
  xsimd::transpose(rows, rows + kLanes);
#elif defined(TINYTORCH_SIMD)  // older ones have none
  alignas(64) float square[Batch::size][Batch::size];
  for (int64_t i = 0; i < kLanes; ++i) {
    alignas(64) float row[Batch::size];
    rows[i].store_aligned(row);
    for (int64_t j = 0; j < kLanes; ++j) square[j][i] = row[j];
  }
  for (int64_t i = 0; i < kLanes; ++i) rows[i] = Batch::load_aligned(square[i]);
#endif
}

/// c0 + x * (c1 + x * (c2 + ...)).
inline Batch polynomial(Batch, float c0) { return Batch(c0); }
template <class... Rest>
Batch polynomial(Batch x, float c0, Rest... rest) {
  return fma(x, polynomial(x, rest...), Batch(c0));
}

/// e^x.  x = n ln 2 + r with n whole and |r| <= ln 2 / 2, so e^x = 2^n e^r, and a polynomial gives
/// e^r.  Infinite from 88.73 on; subnormal results are kept.
inline Batch exp(Batch x) {
#ifdef TINYTORCH_SIMD
  x = select(x < Batch(-104.F), Batch(-104.F), select(x > Batch(89.F), Batch(89.F), x));
  // Adding 1.5 * 2^23 rounds to a whole number and leaves it in the mantissa's low bits.
  const Batch rounder(12582912.F);
  const Batch shifted = fma(x, Batch(1.44269504F), rounder);
  const Batch n = shifted - rounder;
  Batch r = fma(n, Batch(-0.693359375F), x);  // ln 2 in two parts: n times the first is exact
  r = fma(n, Batch(2.12194440e-4F), r);
  const Batch tail =
      polynomial(r, 0.49999994F, 0.166665167F, 0.041668281F, 0.00836925022F, 0.00138207979F);
  const Batch power = fma(tail, r * r, r + Batch(1.F));
#if XSIMD_WITH_AVX512F
  return _mm512_scalef_ps(power, n);
#else
  // 2^n as the product of two floats, since n = 128 and n < -126 are beyond a single one.
  using Words = xsimd::batch<int32_t>;
  const Words whole = xsimd::bitwise_cast<int32_t>(shifted) - xsimd::bitwise_cast<int32_t>(rounder);
  const Words half = whole >> 1;
  const auto power_of_two = [](Words k) {
    return xsimd::bitwise_cast<float>((k + Words(127)) << 23);
  };
  return power * power_of_two(half) * power_of_two(whole - half);
#endif
#else
  return std::exp(x.value);
#endif
}

/// 1 / (1 + e^-x).
inline Batch sigmoid(Batch x) { return Batch(1.F) / (Batch(1.F) + exp(-x)); }

/// Near 0 an odd polynomial; elsewhere 1 - 2 / (e^2|x| + 1), which cancels near 0.
inline Batch tanh(Batch x) {
  const Batch size = abs(x), square = x * x;
  const Batch tail = polynomial(square, -0.333332539F, 0.133306473F, -0.0536720157F, 0.0204165969F,
                                -0.0054567284F);
  const Batch near = fma(size * square, tail, size);
  const Batch far = Batch(1.F) - Batch(2.F) / (exp(size + size) + Batch(1.F));
  return copysign(select(size < Batch(0.65F), near, far), x);
}

/// 2 / sqrt(pi) times the integral of e^-t^2 from 0 to x.  Near 0 an odd polynomial; elsewhere
/// 1 - e^p(|x|), where p is fitted to log(1 - erf).
inline Batch erf(Batch x) {
  const Batch size = abs(x), square = x * x;
  const Batch tail = polynomial(square, 0.128379166F, -0.376126289F, 0.112836182F, -0.026855126F,
                                0.00519073382F, -0.000803076138F, 7.92036808e-05F);
  const Batch near = fma(size, tail, size);
  const Batch clamped = select(size > Batch(3.95F), Batch(3.95F), size);  // 1 in float from there
  const Batch log_rest = polynomial(clamped, -0.000312413787F, -1.12720251F, -0.637964606F,
                                    -0.103256539F, 0.0219066292F, -0.00296404096F, 0.000187974787F);
  const Batch far = Batch(1.F) - exp(log_rest);
  return copysign(select(size < Batch(1.F), near, far), x);
}

}  // namespace tinytorch::simd

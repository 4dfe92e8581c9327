// Loops over runs of floats, a batch at a time and the rest in a partial batch.
//
//   for_each_batch(n, [&](int64_t i, auto lanes) { lanes.put(y + i, exp(lanes.get(x + i))); });
//
// The function is written once and compiled twice, for whole batches and for the last, partial one.
#pragma once
#include <array>

#include "core/simd.h"
#include "core/view.h"

namespace tinytorch::fast {

using namespace simd;

/// Every lane of a batch meets memory.
struct Whole {
  static constexpr int64_t count = kLanes;
  Batch get(const float* from, float = 0) const { return load(from); }
  void put(float* to, Batch x) const { store(to, x); }
};

/// Only the first lanes do; the others read `fill` and are not written.
struct Part {
  int64_t count;
  Batch get(const float* from, float fill = 0) const { return load_partial(from, count, fill); }
  void put(float* to, Batch x) const { store_partial(to, x, count); }
};

/// f(i, lanes) for every batch of [0, n); i is the index of its first element.
template <class F>
void for_each_batch(int64_t n, F f) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) f(i, Whole{});
  if (i < n) f(i, Part{n - i});
}

/// The batch at index i of a run of any stride; 0 repeats one element.
template <class Lanes>
Batch get(const Strided<const float, 1>& x, int64_t i, Lanes lanes) {
  const int64_t stride = x.strides[0];
  if (stride == 1) return lanes.get(x.data + i);
  if (stride == 0) return Batch(*x.data);
  std::array<float, Batch::size> values;
  for (int64_t j = 0; j < lanes.count; ++j) {
    values[static_cast<size_t>(j)] = x.data[(i + j) * stride];
  }
  return load_partial(values.data(), lanes.count);
}

template <class Lanes>
void put(const Strided<float, 1>& y, int64_t i, Lanes lanes, Batch value) {
  const int64_t stride = y.strides[0];
  if (stride == 1) return lanes.put(y.data + i, value);
  std::array<float, Batch::size> values;
  store(values.data(), value);
  for (int64_t j = 0; j < lanes.count; ++j) {
    y.data[(i + j) * stride] = values[static_cast<size_t>(j)];
  }
}

/// max(x, 0); NaN stays NaN.
inline Batch positive_part(Batch x) { return select(x < Batch(0.F), Batch(0.F), x); }

/// log(1 + x) for x > -1: what rounding 1 + x took from x is put back as a factor.
inline Batch log1p(Batch x) {
  const Batch sum = Batch(1.F) + x;
  return select(sum == Batch(1.F), x, log(sum) * (x / (sum - Batch(1.F))));
}

}  // namespace tinytorch::fast

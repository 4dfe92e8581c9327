// Unary, binary and summing loops over batches.
#include "accelerated/elementwise.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "accelerated/lanes.h"
#include "core/parallel.h"

namespace tinytorch::fast {
namespace {

// y = f(x...), on batches.
template <class F, class... X>
bool map(F f, Strided<float, 1> y, X... x) {
  const int64_t n = y.size(0);
  if (y.strides[0] == 1 && (... && (x.strides[0] == 1))) {
    for_each_batch(
        n, [&](int64_t i, auto lanes) { lanes.put(y.data + i, f(lanes.get(x.data + i)...)); });
  } else {
    for_each_batch(n, [&](int64_t i, auto lanes) { put(y, i, lanes, f(get(x, i, lanes)...)); });
  }
  return true;
}

// The compiler's own vectors, for functions that are one instruction.
template <class F>
bool map_floats(F f, Strided<float, 1> y, Strided<const float, 1> x) {
  const int64_t n = y.size(0), from = x.strides[0], to = y.strides[0];
  if (from == 1 && to == 1) {
    for (int64_t i = 0; i < n; ++i) y.data[i] = f(x.data[i]);
  } else {
    for (int64_t i = 0; i < n; ++i) y.data[i * to] = f(x.data[i * from]);
  }
  return true;
}

constexpr int64_t kBlock = 64 * kLanes;  // added up in float
// Of a long row, worth a thread: chunks end where they do on any number of threads, and so their
// sum is the same.
constexpr int64_t kChunk = 1 << 15;
static_assert(kChunk % kBlock == 0);

double add_up(const float* x, int64_t n) {
  double total = 0;
  for (int64_t first = 0; first < n; first += kBlock) {
    Batch even(0.F), odd(0.F);
    int64_t j = first;
    const int64_t last = std::min(first + kBlock, n);
    for (; j + 2 * kLanes <= last; j += 2 * kLanes) {
      even += load(x + j);
      odd += load(x + j + kLanes);
    }
    for_each_batch(last - j, [&](int64_t k, auto lanes) { even += lanes.get(x + j + k); });
    total += static_cast<double>(reduce_add(even + odd));
  }
  return total;
}

}  // namespace

bool unary(UnaryOp op, Strided<const float, 1> x, Strided<float, 1> y) {
  const Batch zero(0.F), one(1.F);
  switch (op) {
    // Not -v, which some vector units compute as 0 - v: that loses the sign of -0.
    case UnaryOp::kNeg: return map([](Batch v) { return v * Batch(-1.F); }, y, x);
    case UnaryOp::kAbs: return map([](Batch v) { return abs(v); }, y, x);
    case UnaryOp::kSign:
      return map([=](Batch v) { return select(v > zero, one, select(v < zero, -one, zero)); }, y,
                 x);
    case UnaryOp::kExp: return map([](Batch v) { return exp(v); }, y, x);
    case UnaryOp::kLog: return map([](Batch v) { return log(v); }, y, x);
    case UnaryOp::kSqrt: return map([](Batch v) { return sqrt(v); }, y, x);
    case UnaryOp::kReciprocal: return map([=](Batch v) { return one / v; }, y, x);
    case UnaryOp::kSquare: return map([](Batch v) { return v * v; }, y, x);
    case UnaryOp::kFloor: return map_floats([](float v) { return std::floor(v); }, y, x);
    case UnaryOp::kCeil: return map_floats([](float v) { return std::ceil(v); }, y, x);
    case UnaryOp::kRound: return map_floats([](float v) { return std::nearbyint(v); }, y, x);
    case UnaryOp::kTrunc: return map_floats([](float v) { return std::trunc(v); }, y, x);
    default: return false;
  }
}

bool binary(BinaryOp op, Strided<const float, 1> a, Strided<const float, 1> b,
            Strided<float, 1> y) {
  switch (op) {
    case BinaryOp::kAdd: return map([](Batch u, Batch v) { return u + v; }, y, a, b);
    case BinaryOp::kSub: return map([](Batch u, Batch v) { return u - v; }, y, a, b);
    case BinaryOp::kMul: return map([](Batch u, Batch v) { return u * v; }, y, a, b);
    case BinaryOp::kDiv: return map([](Batch u, Batch v) { return u / v; }, y, a, b);
    case BinaryOp::kMaximum:  // a NaN on either side wins
      return map([](Batch u, Batch v) { return select((u != u) | (u > v), u, v); }, y, a, b);
    case BinaryOp::kMinimum:
      return map([](Batch u, Batch v) { return select((u != u) | (u < v), u, v); }, y, a, b);
    case BinaryOp::kPow:
      if (y.size(0) == 0 || b.strides[0] != 0 || *b.data != 2) return false;
      return map([](Batch v) { return v * v; }, y, a);
    default: return false;
  }
}

void sum(View<const float, 2> x, View<float, 1> y) {
  const int64_t columns = x.size(1), chunks = (columns + kChunk - 1) / kChunk;
  for (int64_t i = 0; i < x.size(0); ++i) {
    const float* const row = x.data + i * columns;
    if (chunks <= 1) {
      y.data[i] = static_cast<float>(add_up(row, columns));
      continue;
    }
    std::vector<double> parts(static_cast<size_t>(chunks));
    parallel_for(0, chunks, 1, [&](int64_t first, int64_t last) {
      for (int64_t c = first; c < last; ++c) {
        parts[static_cast<size_t>(c)] =
            add_up(row + c * kChunk, std::min(kChunk, columns - c * kChunk));
      }
    });
    y.data[i] = static_cast<float>(std::accumulate(parts.begin(), parts.end(), 0.0));
  }
}

}  // namespace tinytorch::fast

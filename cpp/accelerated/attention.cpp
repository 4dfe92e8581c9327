// Attention by blocks, forward and backward.
#include "accelerated/attention.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "accelerated/gemm.h"
#include "accelerated/lanes.h"

namespace tinytorch::fast {
namespace {

using Head = attention::Head<float>;

constexpr int64_t kQueries = 64, kKeys = 256;  // of a block
constexpr float kNever = -std::numeric_limits<float>::infinity();

MatrixRef matrix(const Strided<const float, 2>& x) { return {x.data, x.strides[0], x.strides[1]}; }

// Memory that each thread keeps from call to call.
float* scratch(std::vector<float>& memory, int64_t count) {
  if (static_cast<int64_t>(memory.size()) < count) memory.resize(static_cast<size_t>(count));
  return memory.data();
}

// A block of scores: rows first .. first + rows of the queries, keys from `key` on.
struct Block {
  int64_t first, rows, key, keys;
};

// What a causal mask leaves of a block's row: its first keys.
int64_t seen(const Head& head, const Block& at, int64_t row) {
  return head.causal ? std::clamp<int64_t>(at.first + row + 1 - at.key, 0, at.keys) : at.keys;
}

// s[i, j] = the block's products of queries and keys; `bias` and the scale come later, row by row.
void products(const Head& head, const Block& at, float* s) {
  gemm(matrix(head.q).from(at.first, 0), matrix(head.k).from(at.key, 0).transposed(), s, kKeys,
       at.rows, at.keys, head.q.size(1));
}

// A row of products becomes scores.
void score_row(const Head& head, const Block& at, int64_t row, int64_t count, float* s) {
  const Batch scale(static_cast<float>(head.scale));
  if (head.bias.size(0) == 0) {
    for_each_batch(count,
                   [&](int64_t j, auto lanes) { lanes.put(s + j, lanes.get(s + j) * scale); });
    return;
  }
  const int64_t step = head.bias.strides[1];
  const Strided<const float, 1> bias{
      head.bias.data + (at.first + row) * head.bias.strides[0] + at.key * step, {count}, {step}};
  for_each_batch(count, [&](int64_t j, auto lanes) {
    lanes.put(s + j, fma(lanes.get(s + j), scale, get(bias, j, lanes)));
  });
}

// What dropout multiplies the first keys of a block's row by: 0 or the boost.
void factors_of(const Head& head, const Block& at, int64_t row, int64_t count, float* factors) {
  const int64_t step = head.kept.strides[1];
  const bool* const kept = head.kept.data + (at.first + row) * head.kept.strides[0] + at.key * step;
  const auto boost = static_cast<float>(head.boost);
  for (int64_t j = 0; j < count; ++j) factors[j] = boost * static_cast<float>(kept[j * step]);
}

// The largest of a row; NaN where one is NaN.
float largest(const float* s, int64_t count) {
  Batch top(kNever), sum(0.F);
  for_each_batch(count, [&](int64_t j, auto lanes) {
    const Batch x = lanes.get(s + j, kNever);
    top = max(top, x);
    sum += select(x == x, Batch(0.F), x);
  });
  const float odd = reduce_add(sum);
  return odd == 0 ? reduce_max(top) : odd;
}

// s = e^(s - shift); its sum.
float exponentials(float* s, int64_t count, float shift) {
  const Batch by(shift);
  Batch sum(0.F);
  for_each_batch(count, [&](int64_t j, auto lanes) {
    const Batch power = exp(lanes.get(s + j, kNever) - by);
    lanes.put(s + j, power);
    sum += power;
  });
  return reduce_add(sum);
}

void scale_row(float* x, int64_t n, float factor) {
  const Batch by(factor);
  for_each_batch(n, [&](int64_t j, auto lanes) { lanes.put(x + j, lanes.get(x + j) * by); });
}

float dot(const float* a, const float* b, int64_t n) {
  Batch sum(0.F);
  for_each_batch(
      n, [&](int64_t j, auto lanes) { sum = fma(lanes.get(a + j), lanes.get(b + j), sum); });
  return reduce_add(sum);
}

// body(block) for the blocks of keys that the rows from `first` on may see.
template <class F>
void each_key_block(const Head& head, int64_t first, int64_t rows, F body) {
  const int64_t keys = head.k.size(0);
  const int64_t end = head.causal ? std::min(keys, first + rows) : keys;
  for (int64_t key = 0; key < end; key += kKeys) {
    body(Block{first, rows, key, std::min(kKeys, end - key)});
  }
}

void forward_block(const Head& head, int64_t first, int64_t rows, Strided<float, 2> y, float* s,
                   float* log_total) {
  std::array<float, kQueries> top, total;
  std::array<float, kKeys> factors;
  top.fill(kNever);
  total.fill(0);
  const int64_t width = y.size(1), step = y.strides[0];
  float* const out = y.data + first * step;
  bool begun = false;
  each_key_block(head, first, rows, [&](const Block& at) {
    products(head, at, s);
    for (int64_t i = 0; i < rows; ++i) {
      float* const row = s + i * kKeys;
      const int64_t count = seen(head, at, i);
      score_row(head, at, i, count, row);
      const auto r = static_cast<size_t>(i);
      const float high = largest(row, count), before = top[r];
      if (!(high <= before)) top[r] = high;
      const float shift = top[r] == kNever ? 0 : top[r];
      const float sum = exponentials(row, count, shift);
      std::fill(row + count, row + at.keys, 0.F);
      if (begun && top[r] != before) {
        const float factor = before == kNever ? 0 : std::exp(before - shift);
        total[r] *= factor;
        scale_row(out + i * step, width, factor);
      }
      total[r] += sum;
      if (head.kept.size(0) > 0) {
        factors_of(head, at, i, count, factors.data());
        for_each_batch(count, [&](int64_t j, auto lanes) {
          lanes.put(row + j, lanes.get(row + j) * lanes.get(factors.data() + j));
        });
      }
    }
    Epilogue adding;
    adding.accumulate = begun;
    gemm({s, kKeys, 1}, matrix(head.v).from(at.key, 0), out, step, rows, width, at.keys, adding);
    begun = true;
  });
  for (int64_t i = 0; i < rows; ++i) {
    const float sum = total[static_cast<size_t>(i)];
    if (!begun) std::fill_n(out + i * step, width, 0.F);
    if (sum != 0) scale_row(out + i * step, width, 1 / sum);
    else std::fill_n(out + i * step, width, 0.F);
    log_total[i] = sum == 0 ? kNever : top[static_cast<size_t>(i)] + std::log(sum);
  }
}

void zero(Strided<float, 2> x) {
  for (int64_t i = 0; i < x.size(0); ++i) std::fill_n(x.data + i * x.strides[0], x.size(1), 0.F);
}

}  // namespace

void attend(const Head& head, Strided<float, 2> y, View<float, 1> log_total) {
  thread_local std::vector<float> memory;
  float* const s = scratch(memory, kQueries * kKeys);
  for (int64_t first = 0; first < head.q.size(0); first += kQueries) {
    const int64_t rows = std::min(kQueries, head.q.size(0) - first);
    forward_block(head, first, rows, y, s, log_total.data + first);
  }
}

void attend_backward(const Head& head, Strided<const float, 2> grad, Strided<const float, 2> y,
                     View<const float, 1> log_total, Strided<float, 2> grad_q,
                     Strided<float, 2> grad_k, Strided<float, 2> grad_v) {
  thread_local std::vector<float> memory;
  const int64_t width = y.size(1);
  float* const p = scratch(memory, 2 * kQueries * kKeys + 2 * kQueries * width);
  float* const grad_p = p + kQueries * kKeys;
  float* const g = grad_p + kQueries * kKeys;
  float* const out = g + kQueries * width;
  zero(grad_q);
  zero(grad_k);
  zero(grad_v);
  Epilogue adding;
  adding.accumulate = true;
  for (int64_t first = 0; first < head.q.size(0); first += kQueries) {
    const int64_t rows = std::min(kQueries, head.q.size(0) - first);
    std::array<float, kQueries> along;  // of each row, the sum of y times its gradient
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t e = 0; e < width; ++e) {
        g[i * width + e] = grad(first + i, e);
        out[i * width + e] = y(first + i, e);
      }
      along[static_cast<size_t>(i)] = dot(g + i * width, out + i * width, width);
    }
    std::array<float, kKeys> factors;
    const MatrixRef gradient{g, width, 1};
    each_key_block(head, first, rows, [&](const Block& at) {
      products(head, at, p);
      gemm(gradient, matrix(head.v).from(at.key, 0).transposed(), grad_p, kKeys, rows, at.keys,
           width);
      for (int64_t i = 0; i < rows; ++i) {
        float *const row = p + i * kKeys, *const by = grad_p + i * kKeys;
        const float total = log_total.data[first + i];
        const int64_t count = total == kNever ? 0 : seen(head, at, i);
        score_row(head, at, i, count, row);
        exponentials(row, count, total);
        const Batch mean(along[static_cast<size_t>(i)]), scale(static_cast<float>(head.scale));
        if (head.kept.size(0) > 0) {
          factors_of(head, at, i, count, factors.data());
          for_each_batch(count, [&](int64_t j, auto lanes) {
            const Batch f = lanes.get(factors.data() + j), weight = lanes.get(row + j);
            lanes.put(by + j, weight * (f * lanes.get(by + j) - mean) * scale);
            lanes.put(row + j, weight * f);
          });
        } else {
          for_each_batch(count, [&](int64_t j, auto lanes) {
            lanes.put(by + j, lanes.get(row + j) * (lanes.get(by + j) - mean) * scale);
          });
        }
        std::fill(row + count, row + at.keys, 0.F);
        std::fill(by + count, by + at.keys, 0.F);
      }
      const MatrixRef weights{p, kKeys, 1}, scores{grad_p, kKeys, 1};
      gemm(weights.transposed(), gradient, grad_v.data + at.key * grad_v.strides[0],
           grad_v.strides[0], at.keys, width, rows, adding);
      gemm(scores, matrix(head.k).from(at.key, 0), grad_q.data + first * grad_q.strides[0],
           grad_q.strides[0], rows, head.q.size(1), at.keys, adding);
      gemm(scores.transposed(), matrix(head.q).from(first, 0),
           grad_k.data + at.key * grad_k.strides[0], grad_k.strides[0], at.keys, head.q.size(1),
           rows, adding);
    });
  }
}

}  // namespace tinytorch::fast

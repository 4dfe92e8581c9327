// Dropout: words become a mask as integers, and the mask is applied on all threads.
#include "accelerated/dropout.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "core/parallel.h"

namespace tinytorch::fast {
namespace {

constexpr int64_t kGrain = 32768;  // elements per thread from which sharing pays

// mask[i] = uniform64() < bound. A uniform is 53 bits of two words, the high one first, times
// 2^-53: the comparison is one of these bits with bound * 2^53, which is exact.
void draw(bool* mask, int64_t n, double bound, Generator& generator) {
  constexpr uint64_t kBits = (uint64_t{1} << 53) - 1;
  const auto limit = static_cast<uint64_t>(std::ceil(bound * 0x1p53));
  while (n > 0) {
    const auto words = generator.next_words(2 * n);
    const auto pairs = static_cast<int64_t>(words.size() / 2);
    for (int64_t i = 0; i < pairs; ++i) {
      uint64_t pair = 0;
      std::memcpy(&pair, words.data() + 2 * i, sizeof pair);
      if constexpr (std::endian::native == std::endian::little) pair = std::rotl(pair, 32);
      mask[i] = (pair & kBits) < limit;
    }
    mask += pairs;
    n -= pairs;
    if (words.size() % 2 == 0) continue;
    const uint64_t high = words.back();  // its pair is made of the next words
    *mask++ = ((high << 32 | generator.next32()) & kBits) < limit;
    --n;
  }
}

}  // namespace

void dropout(View<const float, 1> x, double p, Generator& generator, View<bool, 1> mask,
             View<float, 1> y) {
  draw(mask.data, x.size(0), 1 - p, generator);
  const float scale = 1 / static_cast<float>(1 - p);
  parallel_for(0, x.size(0), kGrain, [&](int64_t first, int64_t last) {
    const float *const from = x.data, factor = scale;
    const bool* const kept = mask.data;
    float* const to = y.data;  // a product and not a branch, which would be mispredicted
    for (int64_t i = first; i < last; ++i) to[i] = from[i] * (factor * static_cast<float>(kept[i]));
  });
}

}  // namespace tinytorch::fast

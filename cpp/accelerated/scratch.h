// What kernels with large scratch memory share: where they get it, and how they share out the work.
#pragma once
#include <algorithm>

#include "accelerated/lanes.h"
#include "core/parallel.h"
#include "core/storage.h"

namespace tinytorch::fast {

/// Uninitialised floats from the caching allocator, and room for a vector to reach beyond.
class Scratch {
 public:
  explicit Scratch(int64_t floats)
      : memory_(Storage::allocate((floats + kLanes) * static_cast<int64_t>(sizeof(float)))) {}
  float* data() const { return static_cast<float*>(memory_->data()); }

 private:
  Ref<Storage> memory_;
};

/// f(part, first, last) for ranges that cover [0, count): as many as threads, or fewer.
template <class F>
void for_each_part(int64_t count, int64_t threads, F f) {
  const int64_t parts = std::min(count, threads);
  parallel_for(0, parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) f(p, count * p / parts, count * (p + 1) / parts);
  });
}

/// to += from.
inline void add_floats(const float* from, int64_t n, float* to) {
  for_each_batch(n, [&](int64_t i, auto lanes) {
    lanes.put(to + i, lanes.get(to + i) + lanes.get(from + i));
  });
}

}  // namespace tinytorch::fast

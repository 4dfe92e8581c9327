// What this machine can do at most: multiply-adds and memory traffic a second, all threads
// together.
#include <chrono>
#include <memory>

#include "bindings/pytensor.h"
#include "bindings/units.h"
#include "core/parallel.h"
#include "core/simd.h"

namespace tinytorch {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

// Calls work(thread) on every thread at once until `seconds` have passed; how often a second.
template <class Work>
double rate(double seconds, Work work) {
  check<ValueError>(seconds > 0 && seconds <= 10, "expected up to 10 seconds, got ", seconds);
  const int threads = num_threads();
  const auto began = Clock::now();
  int64_t rounds = 0;
  while (seconds_since(began) < seconds) {
    parallel_for(0, threads, 1, [&](int64_t first, int64_t last) {
      for (int64_t thread = first; thread < last; ++thread) work(thread);
    });
    ++rounds;
  }
  return static_cast<double>(rounds) * threads / seconds_since(began);
}

// Floating-point operations a second: sums that do not wait for each other.
double multiply_adds(double seconds) {
  constexpr int kSums = 12, kSteps = 20000;
  const py::gil_scoped_release release;
  std::vector<float> kept(static_cast<size_t>(num_threads()));
  const double calls = rate(seconds, [&](int64_t thread) {
    simd::Batch sums[kSums];
    for (int i = 0; i < kSums; ++i) sums[i] = simd::Batch(static_cast<float>(i));
    const simd::Batch factor(0.999f), step(0.001f);
    for (int k = 0; k < kSteps; ++k) {
      for (simd::Batch& sum : sums) sum = simd::fma(sum, factor, step);
    }
    for (const simd::Batch& sum : sums) kept[static_cast<size_t>(thread)] += simd::reduce_add(sum);
  });
  return calls * 2.0 * kSums * kSteps * simd::kLanes;
}

// Bytes a second of c = a + s * b, over three arrays of together `bytes` a thread.
double triad(int64_t bytes, double seconds) {
  check<ValueError>(bytes >= 1024 && bytes <= (int64_t{1} << 32),
                    "triad: expected 1 kB to 4 GB, got ", bytes);
  const py::gil_scoped_release release;
  const int64_t length = bytes / 12 / simd::kLanes * simd::kLanes, threads = num_threads();
  const int64_t repeats = std::max<int64_t>(1, (int64_t{1} << 22) / bytes);
  std::vector<std::vector<float>> memory(static_cast<size_t>(threads));
  parallel_for(0, threads, 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i)
      memory[static_cast<size_t>(i)].assign(static_cast<size_t>(3 * length), 1.0f);
  });
  const double calls = rate(seconds, [&](int64_t thread) {
    float* a = memory[static_cast<size_t>(thread)].data();
    const float *b = a + length, *c = b + length;
    const simd::Batch scale(1e-9f);
    for (int64_t r = 0; r < repeats; ++r) {
      for (int64_t i = 0; i < length; i += simd::kLanes)
        simd::fma(simd::load(c + i), scale, simd::load(b + i)).store_unaligned(a + i);
    }
  });
  return calls * static_cast<double>(repeats * length * 12);
}

}  // namespace

void bind_roof(py::module_& m) {
  m.def("_multiply_adds", &multiply_adds, py::arg("seconds"));
  m.def("_triad", &triad, py::arg("bytes"), py::arg("seconds"));
}

}  // namespace tinytorch

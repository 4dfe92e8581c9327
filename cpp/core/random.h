// Random numbers: the Mersenne Twister, drawn from exactly as PyTorch's CPU generator does.
//
// A seeded program therefore sees the same numbers on both. Matsumoto and Nishimura, 1998.
#pragma once
#include <array>
#include <cstdint>
#include <mutex>
#include <optional>

#include "core/ref.h"
#include "core/tensor.h"

namespace tinytorch {

class Generator final : public RefCounted {
 public:
  explicit Generator(uint64_t seed = 5489);

  /// Restarts the stream; clears the cached normal.                           torch.manual_seed
  void seed(uint64_t seed);
  uint64_t initial_seed() const { return initial_seed_; }

  uint32_t next32();
  /// Two words, the high one first.
  uint64_t next64();
  /// [0, 1) with 24 or 53 random bits.
  float uniform32() { return static_cast<float>(next32() & 0xFFFFFF) * 0x1p-24F; }
  double uniform64() { return static_cast<double>(next64() & ((uint64_t{1} << 53) - 1)) * 0x1p-53; }
  /// Box-Muller in double; the second value of each pair is kept for the next call.
  double normal();

  /// The whole state, to be put back by set_state: words of 32 bits.
  struct State {
    std::array<uint32_t, 624> words;
    uint32_t next = 624;
    uint64_t initial_seed = 0;
    std::optional<double> cached_normal;
  };
  State state() const;
  void set_state(const State& state);

 private:
  void refill();

  State state_;
  uint64_t initial_seed_ = 0;
};

/// The generator that calls without one use. torch.default_generator
const Ref<Generator>& default_generator();

// Fills: `out` is any strided tensor of a fitting dtype, filled in row-major order of its indices.
/// Uniform on [low, high).                                                    Tensor.uniform_
void fill_uniform(const Tensor& out, double low, double high, Generator& generator);
/// Normal; 16 elements and more, contiguous, are drawn in blocks.              Tensor.normal_
void fill_normal(const Tensor& out, double mean, double std, Generator& generator);
/// Integers in [low, high).                                                    torch.randint
void fill_integers(const Tensor& out, int64_t low, int64_t high, Generator& generator);
/// 1 with probability p, else 0.                                               Tensor.bernoulli_
void fill_bernoulli(const Tensor& out, double p, Generator& generator);
/// Exponential of rate lambda.                                                 Tensor.exponential_
void fill_exponential(const Tensor& out, double lambda, Generator& generator);
/// A permutation of 0 .. n-1 into `out`: (n,) contiguous int64.                 torch.randperm
void fill_permutation(const Tensor& out, Generator& generator);

}  // namespace tinytorch

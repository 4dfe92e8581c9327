// Random numbers: the Mersenne Twister, drawn from exactly as PyTorch's CPU generator does.
//
// A seeded program therefore sees the same numbers on both. Matsumoto and Nishimura, 1998.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>

#include "core/ref.h"
#include "core/tensor.h"

namespace tinytorch {

class Generator final : public RefCounted {
 public:
  static constexpr uint64_t kDefaultSeed = 67280421310721;
  static constexpr uint32_t kWords = 624;

  explicit Generator(uint64_t seed = kDefaultSeed);

  /// Restarts the stream from the low 32 bits; clears the cached normal.        torch.manual_seed
  void seed(uint64_t seed);
  uint64_t initial_seed() const { return state_.initial_seed; }
  /// A seed from the system.                                                    torch.seed
  static uint64_t entropy();

  uint32_t next32() {
    if (state_.next == kWords) refill();
    return tempered_[state_.next++];
  }
  /// Two words, the high one first.
  uint64_t next64() {
    const uint64_t high = next32();
    return high << 32 | next32();
  }
  /// At least one and at most `at_most` of the next words, valid until the next call.
  std::span<const uint32_t> next_words(int64_t at_most);
  /// [0, 1) with 24 or 53 random bits.
  float uniform32() { return static_cast<float>(next32() & 0xFFFFFF) * 0x1p-24F; }
  double uniform64() { return static_cast<double>(next64() & ((uint64_t{1} << 53) - 1)) * 0x1p-53; }
  /// Box-Muller in double; the second value of each pair is kept for the next call.
  double normal();

  /// The whole state, to be put back by set_state.  `next` is the number of words already used.
  struct State {
    std::array<uint32_t, kWords> words;
    uint32_t next = kWords;
    uint64_t initial_seed = 0;
    std::optional<double> cached_normal;
  };
  State state() const { return state_; }
  /// Raises for a state whose `next` is past its words.
  void set_state(const State& state);

  /// Fills hold it, so that threads may share a generator; calls of the methods above must, too.
  std::mutex& mutex() { return mutex_; }

 private:
  void refill();
  void temper();

  State state_;
  std::array<uint32_t, kWords> tempered_;  // what the words give, computed many at a time
  std::mutex mutex_;
};

/// The generator of calls that name none, seeded by the system until manual_seed.
///                                                                         torch.default_generator
const Ref<Generator>& default_generator();

// Fills: `out` is any strided tensor, filled in the order of its elements in memory as PyTorch does
// (a transposed tensor sees its numbers transposed). A dtype that the distribution does not have is
// refused with PyTorch's exception.

/// Uniform on [low, high), float32 or float64.                                Tensor.uniform_
void fill_uniform(const Tensor& out, double low, double high, Generator& generator);
/// Normal, float32 or float64; 16 elements and more, contiguous, are drawn in blocks.
///                                                                            Tensor.normal_
void fill_normal(const Tensor& out, double mean, double std, Generator& generator);
/// Integers in [low, high), as any dtype that holds them.              torch.randint,
/// Tensor.random_
void fill_integers(const Tensor& out, int64_t low, int64_t high, Generator& generator);
/// Integers from low to the largest the dtype counts exactly.                 Tensor.random_(low,
/// None)
void fill_integers_from(const Tensor& out, int64_t low, Generator& generator);
/// Integers from 0 to the largest the dtype counts exactly.                   Tensor.random_()
void fill_integers(const Tensor& out, Generator& generator);
/// 1 with probability p, else 0, as any dtype.                                Tensor.bernoulli_(p)
void fill_bernoulli(const Tensor& out, double p, Generator& generator);
/// The same with one probability an element; `p`: as out's shape, float32 or float64.
///                                                                            torch.bernoulli(p)
void fill_bernoulli(const Tensor& out, const Tensor& p, Generator& generator);
/// Exponential of rate lambda, float32 or float64.                            Tensor.exponential_
void fill_exponential(const Tensor& out, double lambda, Generator& generator);
/// What draw(generator) gives, converted to the dtype; for distributions that are their own
/// formula.
void fill_drawn(const Tensor& out, Generator& generator,
                const std::function<double(Generator&)>& draw);
/// A permutation of 0 .. n-1.  out: (n,), contiguous, of any dtype that counts to n. torch.randperm
void fill_permutation(const Tensor& out, Generator& generator);

}  // namespace tinytorch

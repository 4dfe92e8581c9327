// The Mersenne Twister and the distributions that PyTorch draws from it.
#include "core/random.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>

#include "core/half.h"
#include "core/parallel.h"
#include "core/simd.h"

namespace tinytorch {
namespace {

constexpr uint32_t kMiddle = 397;

uint32_t twist(uint32_t high, uint32_t low) {
  const uint32_t joined = (high & 0x80000000U) | (low & 0x7FFFFFFFU);
  return joined >> 1 ^ (-(low & 1U) & 0x9908B0DFU);
}

}  // namespace

Generator::Generator(uint64_t seed) { this->seed(seed); }

void Generator::seed(uint64_t seed) {
  uint32_t word = static_cast<uint32_t>(seed);
  state_.words[0] = word;
  for (uint32_t i = 1; i < kWords; ++i)
    state_.words[i] = word = 1812433253U * (word ^ word >> 30) + i;
  state_.next = kWords;
  state_.initial_seed = seed;
  state_.cached_normal.reset();
}

uint64_t Generator::entropy() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

void Generator::refill() {
  auto& words = state_.words;
  for (uint32_t i = 0; i < kWords - kMiddle; ++i)
    words[i] = words[i + kMiddle] ^ twist(words[i], words[i + 1]);
  for (uint32_t i = kWords - kMiddle; i < kWords - 1; ++i)
    words[i] = words[i + kMiddle - kWords] ^ twist(words[i], words[i + 1]);
  words[kWords - 1] = words[kMiddle - 1] ^ twist(words[kWords - 1], words[0]);
  temper();
  state_.next = 0;
}

void Generator::temper() {
  for (uint32_t i = 0; i < kWords; ++i) {
    uint32_t word = state_.words[i];
    word ^= word >> 11;
    word ^= word << 7 & 0x9D2C5680U;
    word ^= word << 15 & 0xEFC60000U;
    tempered_[i] = word ^ word >> 18;
  }
}

void Generator::set_state(const State& state) {
  check(state.next <= kWords, "set_state: expected at most 624 used words, got ",
        static_cast<int64_t>(state.next));
  state_ = state;
  temper();
}

std::span<const uint32_t> Generator::next_words(int64_t at_most) {
  if (state_.next == kWords) refill();
  const auto count = static_cast<uint32_t>(std::min<int64_t>(at_most, kWords - state_.next));
  state_.next += count;
  return {tempered_.data() + state_.next - count, count};
}

double Generator::normal() {
  if (state_.cached_normal) {
    const double value = *state_.cached_normal;
    state_.cached_normal.reset();
    return value;
  }
  const double u1 = uniform64(), u2 = uniform64();
  const double radius = std::sqrt(-2 * std::log1p(-u2)), angle = 2 * std::numbers::pi * u1;
  state_.cached_normal = radius * std::sin(angle);
  return radius * std::cos(angle);
}

const Ref<Generator>& default_generator() {
  static const auto& generator = *new Ref<Generator>(new Generator(Generator::entropy()));
  return generator;
}

namespace {

/// Dims in the order of memory, the closest elements last.
struct Order {
  Shape shape;
  Strides out, other;

  Order(const Tensor& tensor, const Strides& beside) {
    Dims dims;
    for (int64_t d = 0; d < tensor.dim(); ++d)
      if (tensor.size(d) != 1) dims.push_back(d);
    std::stable_sort(dims.begin(), dims.end(), [&](int64_t a, int64_t b) {
      return tensor.strides()[a] > tensor.strides()[b];
    });
    for (const int64_t d : dims) {
      check(tensor.strides()[d] != 0,
            "random: expected distinct elements to fill, got an expanded tensor of shape ",
            tensor.shape(), " and strides ", tensor.strides());
      shape.push_back(tensor.size(d));
      out.push_back(tensor.strides()[d]);
      other.push_back(beside[d]);
    }
  }

  template <class F>
  void each(F&& f, int64_t dim = 0, int64_t at = 0, int64_t beside = 0) const {
    if (dim == shape.size()) return f(at, beside);
    const int64_t size = shape[dim], step = out[dim], other_step = other[dim];
    if (dim + 1 < shape.size())
      for (int64_t i = 0; i < size; ++i) each(f, dim + 1, at + i * step, beside + i * other_step);
    else
      for (int64_t i = 0; i < size; ++i) f(at + i * step, beside + i * other_step);
  }
};

template <class T, class Draw>
void fill(const Tensor& out, Generator& generator, Draw&& draw) {
  const std::lock_guard lock(generator.mutex());
  T* const data = out.data<T>();
  if (out.is_contiguous()) {
    for (int64_t i = 0; i < out.numel(); ++i) data[i] = static_cast<T>(draw());
  } else if (out.numel() > 0) {
    Order(out, out.strides()).each([&](int64_t at, int64_t) { data[at] = static_cast<T>(draw()); });
  }
}

/// Uniforms into (n,), as many words at a time as are ready.
void draw_uniforms(float* out, int64_t n, Generator& generator) {
  while (n > 0) {
    const auto words = generator.next_words(n);
    for (size_t i = 0; i < words.size(); ++i)
      out[i] = static_cast<float>(static_cast<int32_t>(words[i] & 0xFFFFFF)) * 0x1p-24F;
    out += words.size();
    n -= static_cast<int64_t>(words.size());
  }
}

void draw_uniforms(double* out, int64_t n, Generator& generator) {
  for (int64_t i = 0; i < n; ++i) out[i] = generator.uniform64();
}

// Box-Muller on blocks of 16 uniforms: the first eight give radii, the others angles.
void normals_from_uniforms(double* x, int64_t blocks, double mean, double std) {
  for (int64_t block = 0; block < blocks; ++block, x += 16) {
    for (int j = 0; j < 8; ++j) {
      const double radius = std::sqrt(-2 * std::log(1 - x[j]));
      const double angle = 2 * std::numbers::pi * x[j + 8];
      x[j] = std::fma(radius * std::cos(angle), std, mean);
      x[j + 8] = std::fma(radius * std::sin(angle), std, mean);
    }
  }
}

void normals_from_uniforms(float* x, int64_t blocks, double mean, double std) {
  using simd::Batch;
  constexpr int64_t kBlocks = 16;
  const Batch one(1.F), scale(static_cast<float>(std)), shift(static_cast<float>(mean));
  const Batch turn(2 * std::numbers::pi_v<float>);
  alignas(64) float first[8 * kBlocks] = {}, second[8 * kBlocks] = {};
  for (; blocks > 0; blocks -= kBlocks, x += 16 * kBlocks) {
    const int64_t count = std::min(blocks, kBlocks);
    for (int64_t block = 0; block < count; ++block) {
      std::copy_n(x + 16 * block, 8, first + 8 * block);
      std::copy_n(x + 16 * block + 8, 8, second + 8 * block);
    }
    for (int64_t i = 0; i < 8 * count; i += simd::kLanes) {
      const Batch radius = simd::sqrt(Batch(-2.F) * simd::log(one - simd::load(first + i)));
      const auto [sine, cosine] = simd::sincos(turn * simd::load(second + i));
      simd::store(first + i, simd::fma(radius * cosine, scale, shift));
      simd::store(second + i, simd::fma(radius * sine, scale, shift));
    }
    for (int64_t block = 0; block < count; ++block) {
      std::copy_n(first + 8 * block, 8, x + 16 * block);
      std::copy_n(second + 8 * block, 8, x + 16 * block + 8);
    }
  }
}

// A float steps over integers past 2^24: the ends move inward to what it can hold, as in PyTorch.
template <class T>
void narrow_to_floats(int64_t& low, int64_t& high) {
  const auto spacing = [](int64_t value) {
    int bits = 0;
    for (auto rest = static_cast<uint64_t>(value < 0 ? -value : value); rest >>= 1;) ++bits;
    return int64_t{1} << (bits - std::numeric_limits<T>::digits + 1);
  };
  const auto rounded = [](int64_t value) {
    const T nearest = static_cast<T>(value);
    return nearest < T{0x1p63} ? static_cast<int64_t>(nearest) : value;
  };
  if (const int64_t after = rounded(low + 1); after < low) low = after + spacing(low + 1);
  if (const int64_t before = rounded(high - 1); before >= high) high = before - spacing(high - 1);
}

/// Integers from low to low + span - 1, of all 64 bits when span is 0.
template <class T>
void fill_span(const Tensor& out, int64_t low, uint64_t span, Generator& generator) {
  const auto base = static_cast<uint64_t>(low);
  const auto draw = [&](auto next) {
    fill<T>(out, generator, [&] { return static_cast<int64_t>(base + next()); });
  };
  if (span == 0) return draw([&] { return generator.next64() - base; });
  if (span >= uint64_t{1} << 28) return draw([&] { return generator.next64() % span; });
  draw([&, narrow = static_cast<uint32_t>(span)] { return generator.next32() % narrow; });
}

// fill(wide), where wide is as `out`, a half, but of float32; then each number is rounded into out.
template <class Fill>
void fill_half(const Tensor& out, Fill fill) {
  if (out.numel() == 0) return;
  int64_t reach = 1;
  for (int64_t d = 0; d < out.dim(); ++d) reach += (out.shape()[d] - 1) * out.strides()[d];
  const Tensor wide(Storage::allocate(reach * item_size(DType::kFloat32)), DType::kFloat32,
                    out.shape(), out.strides());
  fill(wide);
  const auto* from = wide.data<float>();
  const auto round = [&]<class Half>(Half* to) {
    Order(out, out.strides()).each([&](int64_t at, int64_t) { to[at] = round_to<Half>(from[at]); });
  };
  if (out.dtype() == DType::kFloat16) round(reinterpret_cast<Float16*>(out.bytes()));
  else round(reinterpret_cast<BFloat16*>(out.bytes()));
}

}  // namespace

// Scaling is one fused multiply-add, on every machine: PyTorch's last bits are those.
void fill_uniform(const Tensor& out, double low, double high, Generator& generator) {
  if (is_half(out.dtype()))
    return fill_half(out, [&](const Tensor& x) { fill_uniform(x, low, high, generator); });
  dispatch_floating("uniform_", out.dtype(), [&]<class T>() {
    constexpr double kMost = std::numeric_limits<T>::max();
    check(std::abs(low) <= kMost && std::abs(high) <= kMost, "uniform_: expected bounds of ",
          out.dtype(), ", got ", low, " and ", high);
    check(low <= high, "uniform_: expected low <= high, got ", low, " and ", high);
    check(high - low <= kMost, "uniform_: expected high - low of ", out.dtype(), ", got ", low,
          " and ", high);
    const T from = static_cast<T>(low), span = static_cast<T>(high) - from;
    if (out.is_contiguous()) {
      const std::lock_guard lock(generator.mutex());
      T* const data = out.data<T>();
      draw_uniforms(data, out.numel(), generator);
      for (int64_t i = 0; i < out.numel(); ++i) data[i] = std::fma(data[i], span, from);
    } else {
      fill<T>(out, generator, [&] {
        if constexpr (std::is_same_v<T, float>) return std::fma(generator.uniform32(), span, from);
        else return std::fma(generator.uniform64(), span, from);
      });
    }
  });
}

void fill_normal(const Tensor& out, double mean, double std, Generator& generator) {
  check(std >= 0, "normal_: expected std >= 0, got ", std);
  if (out.numel() == 0) return;
  if (is_half(out.dtype())) {
    return fill_half(out, [&](const Tensor& x) {
      const int64_t n = x.numel();
      if (n < 16 || !x.is_contiguous()) return fill_normal(x, mean, std, generator);
      // Whole blocks; then the last 16 afresh, for which float32 has drawn the rest of n first.
      const auto part = [&](int64_t first, int64_t count) {
        fill_normal(Tensor(x.storage(), x.dtype(), {count}, {1}, first), mean, std, generator);
      };
      part(0, n / 16 * 16);
      if (n % 16) part(n - 16, 16);
    });
  }
  dispatch_floating("normal_", out.dtype(), [&]<class T>() {
    const int64_t n = out.numel();
    if (n < 16 || !out.is_contiguous())
      return fill<T>(out, generator, [&] { return std::fma(generator.normal(), std, mean); });
    const std::lock_guard lock(generator.mutex());
    T* const data = out.data<T>();
    draw_uniforms(data, n, generator);
    parallel_for(0, n / 16, 1024, [&](int64_t first, int64_t last) {
      normals_from_uniforms(data + 16 * first, last - first, mean, std);
    });
    if (n % 16 == 0) return;
    draw_uniforms(data + n - 16, 16, generator);
    normals_from_uniforms(data + n - 16, 1, mean, std);
  });
}

void fill_integers(const Tensor& out, int64_t low, int64_t high, Generator& generator) {
  check(low < high, "random_: expected low < high, got ", low, " and ", high);
  if (is_half(out.dtype()))
    return fill_half(out, [&](const Tensor& x) { fill_integers(x, low, high, generator); });
  dispatch(out.dtype(), [&]<class T>() {
    if constexpr (std::is_floating_point_v<T>) {
      narrow_to_floats<T>(low, high);
      check(low < high, "random_: expected low < high in ", out.dtype(), ", got ", low, " and ",
            high);
    } else {
      constexpr auto kLeast = static_cast<int64_t>(std::numeric_limits<T>::min());
      constexpr auto kMost = static_cast<int64_t>(std::numeric_limits<T>::max());
      check(kLeast <= low && high - 1 <= kMost, "random_: expected a range within ", out.dtype(),
            ", got ", low, " to ", high - 1);
    }
    fill_span<T>(out, low, static_cast<uint64_t>(high) - static_cast<uint64_t>(low), generator);
  });
}

void fill_integers_from(const Tensor& out, int64_t low, Generator& generator) {
  if (is_half(out.dtype()))
    return fill_half(out, [&](const Tensor& x) {
      fill_integers(x, low, (out.dtype() == DType::kFloat16 ? 2048 : 256) + 1, generator);
    });
  dispatch(out.dtype(), [&]<class T>() {
    int64_t last = 0;
    if constexpr (std::is_floating_point_v<T>) last = int64_t{1} << std::numeric_limits<T>::digits;
    else last = static_cast<int64_t>(std::numeric_limits<T>::max());
    if (last < std::numeric_limits<int64_t>::max())
      return fill_integers(out, low, last + 1, generator);
    fill_span<T>(out, low, (uint64_t{1} << 63) - static_cast<uint64_t>(low), generator);
  });
}

void fill_integers(const Tensor& out, Generator& generator) {
  if (is_half(out.dtype()))
    return fill_drawn(out, generator,
                      [most = out.dtype() == DType::kFloat16 ? 2048U : 256U](Generator& from) {
                        return from.next32() % (most + 1);
                      });
  dispatch(out.dtype(), [&]<class T>() {
    constexpr uint64_t kSpan = std::is_floating_point_v<T>
                                   ? (uint64_t{1} << std::numeric_limits<T>::digits) + 1
                                   : static_cast<uint64_t>(std::numeric_limits<T>::max()) + 1;
    fill<T>(out, generator, [&] {
      return static_cast<int64_t>((sizeof(T) == 8 ? generator.next64() : generator.next32()) %
                                  kSpan);
    });
  });
}

void fill_bernoulli(const Tensor& out, double p, Generator& generator) {
  check(0 <= p && p <= 1, "bernoulli_: expected p in [0, 1], got ", p);
  if (is_half(out.dtype()))
    return fill_half(out, [&](const Tensor& x) { fill_bernoulli(x, p, generator); });
  dispatch(out.dtype(),
           [&]<class T>() { fill<T>(out, generator, [&] { return generator.uniform64() < p; }); });
}

void fill_bernoulli(const Tensor& out, const Tensor& p, Generator& generator) {
  check(out.shape() == p.shape(), "bernoulli: expected p of shape ", out.shape(), ", got ",
        p.shape());
  dispatch_floating("bernoulli", p.dtype(), [&]<class P>() {
    dispatch(out.dtype(), [&]<class T>() {
      const std::lock_guard lock(generator.mutex());
      T* const data = out.data<T>();
      const P* const chances = p.data<P>();
      if (out.numel() == 0) return;
      Order(out, p.strides()).each([&](int64_t at, int64_t beside) {
        const P chance = chances[beside];
        check(0 <= chance && chance <= 1, "bernoulli: expected p in [0, 1], got ",
              static_cast<double>(chance));
        if constexpr (std::is_same_v<P, float>)
          data[at] = static_cast<T>(generator.uniform32() < chance);
        else data[at] = static_cast<T>(generator.uniform64() < chance);
      });
    });
  });
}

void fill_exponential(const Tensor& out, double lambda, Generator& generator) {
  check(lambda > 0, "exponential_: expected lambda > 0, got ", lambda);
  if (out.numel() == 0) return;
  check(is_floating(out.dtype()), "exponential_: expected a floating dtype, got ", out.dtype());
  if (is_half(out.dtype()))
    return fill_half(out, [&](const Tensor& x) { fill_exponential(x, lambda, generator); });
  dispatch_floating("exponential_", out.dtype(), [&]<class T>() {
    fill<T>(out, generator, [&] { return -1 / lambda * std::log1p(-generator.uniform64()); });
  });
}

void fill_drawn(const Tensor& out, Generator& generator,
                const std::function<double(Generator&)>& draw) {
  if (is_half(out.dtype()))
    return fill_half(out, [&](const Tensor& x) { fill_drawn(x, generator, draw); });
  dispatch(out.dtype(), [&]<class T>() {
    fill<T>(out, generator, [&] {
      const double value = draw(generator);
      if constexpr (std::is_floating_point_v<T>) return value;
      else return static_cast<int64_t>(std::clamp(value, -0x1p62, 0x1p62));
    });
  });
}

void fill_permutation(const Tensor& out, Generator& generator) {
  check(out.dim() == 1 && out.is_contiguous(), "randperm: expected a contiguous (n,), got shape ",
        out.shape());
  const int64_t n = out.numel();
  dispatch(out.dtype(), [&]<class T>() {
    constexpr double kMost =
        std::is_floating_point_v<T>
            ? static_cast<double>(uint64_t{1} << std::numeric_limits<T>::digits)
            : static_cast<double>(std::numeric_limits<T>::max());
    check(static_cast<double>(n) <= kMost, "randperm: expected n that ", out.dtype(),
          " counts to, got ", n);
    const std::lock_guard lock(generator.mutex());
    T* const data = out.data<T>();
    for (int64_t i = 0; i < n; ++i) data[i] = static_cast<T>(i);
    const bool wide = n >= std::numeric_limits<uint32_t>::max() / 20;
    for (int64_t i = 0; i < n - 1; ++i) {
      const uint64_t word = wide ? generator.next64() : generator.next32();
      std::swap(data[i], data[i + static_cast<int64_t>(word % static_cast<uint64_t>(n - i))]);
    }
  });
}

}  // namespace tinytorch

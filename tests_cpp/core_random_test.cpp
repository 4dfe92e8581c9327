// Random streams against values that PyTorch 2.13 gave on a CPU, with the layouts and the errors.
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "catch.h"
#include "core/random.h"

namespace {

using namespace tinytorch;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Tensor zeros(const Shape& shape, DType dtype) {
  Strides strides(shape.size(), 1);
  for (int64_t d = shape.size() - 2; d >= 0; --d) strides[d] = strides[d + 1] * shape[d + 1];
  const int64_t bytes = numel(shape) * item_size(dtype);
  auto storage = Storage::allocate(bytes);
  std::fill_n(static_cast<char*>(storage->data()), bytes, '\0');
  return Tensor(storage, dtype, shape, strides);
}

/// The elements in memory, whatever the strides.
template <class T>
std::vector<double> memory(const Tensor& x) {
  const auto* data = static_cast<const T*>(x.storage()->data());
  return {data, data + x.storage()->bytes() / static_cast<int64_t>(sizeof(T))};
}

std::vector<double> memory(const Tensor& x) {
  return dispatch(x.dtype(), [&]<class T>() { return memory<T>(x); });
}

template <class Fill>
std::vector<double> draw(int64_t n, DType dtype, Fill&& fill, uint64_t seed = 0) {
  Generator generator(seed);
  const Tensor out = zeros({n}, dtype);
  fill(out, generator);
  return memory(out);
}

/// The first values of the stream, each within `tolerance`.
void check_starts(const std::vector<double>& actual, const std::vector<double>& expected,
                  double tolerance = 0) {
  REQUIRE(actual.size() >= expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i, actual[i], expected[i]);
    CHECK(std::abs(actual[i] - expected[i]) <= tolerance);
  }
}

const auto unit = [](const Tensor& out, Generator& g) { fill_uniform(out, 0, 1, g); };
const auto standard = [](const Tensor& out, Generator& g) { fill_normal(out, 0, 1, g); };
auto integers(int64_t low, int64_t high) {
  return [=](const Tensor& out, Generator& g) { fill_integers(out, low, high, g); };
}

constexpr auto kF32 = DType::kFloat32, kF64 = DType::kFloat64, kI64 = DType::kInt64;

}  // namespace

TEST_CASE("random: the words of mt19937 are those of the standard library") {
  Generator ours(5489);
  std::mt19937 theirs(5489);
  for (int i = 0; i < 2000; ++i) REQUIRE(ours.next32() == theirs());
  std::vector<uint32_t> words;
  while (words.size() < 3000)
    for (const uint32_t word : ours.next_words(3000 - static_cast<int64_t>(words.size())))
      words.push_back(word);
  for (const uint32_t word : words) REQUIRE(word == theirs());
}

TEST_CASE("random: uniform") {
  check_starts(draw(4, kF32, unit),
               {0.49625658988952637, 0.7682217955589294, 0.08847743272781372, 0.13203048706054688});
  check_starts(draw(4, kF64, unit),
               {0.9700530018065531, 0.707819864399788, 0.45938294312745087, 0.9207476841219603});
  const auto scaled = [](const Tensor& out, Generator& g) { fill_uniform(out, -2, 3, g); };
  check_starts(draw(4, kF32, scaled),
               {0.48128294944763184, 1.841109037399292, -1.5576128959655762, -1.3398475646972656});
  check_starts(draw(4, kF64, scaled),
               {2.8502650090327655, 1.5390993219989397, 0.29691471563725436, 2.6037384206098015});
}

TEST_CASE("random: seeds count modulo 2^32") {
  check_starts(draw(2, kF32, unit, ~uint64_t{0}), {0.9937993884086609, 0.5713063478469849});
  check_starts(draw(2, kF32, unit, (uint64_t{1} << 32) + 5),
               {0.8302518725395203, 0.12611091136932373});
  check_starts(draw(1, kF32, unit, Generator().initial_seed()), {0.267295241355896});
  CHECK(Generator(~uint64_t{0}).initial_seed() == ~uint64_t{0});
}

TEST_CASE("random: normals, fewer than 16") {
  check_starts(draw(5, kF32, standard),
               {1.5409960746765137, -0.293428897857666, -2.1787893772125244, 0.5684312582015991,
                -1.0845223665237427});
  check_starts(draw(5, kF64, standard),
               {1.5409961082440433, -0.2934289057609464, -2.1787893820745574, 0.5684312772806678,
                -1.084522342424021},
               1e-15);
  const auto scaled = [](const Tensor& out, Generator& g) { fill_normal(out, 2, 3, g); };
  check_starts(draw(3, kF32, scaled), {6.622988224029541, 1.119713306427002, -4.536368370056152});
}

TEST_CASE("random: normals in blocks of 16, the last one redrawn") {
  check_starts(draw(17, kF32, standard),
               {-1.1258398294448853, -1.6959311962127686, 0.5666506290435791, 0.7935083508491516,
                0.5988394618034363, -1.5550950765609741, -0.3413603901863098, 1.85300612449646,
                0.46809640526771545, -0.5854975581169128, -0.1733967512845993, 0.18347793817520142,
                1.3893661499023438, 1.586334228515625, 0.946298360824585, -0.843676745891571,
                0.9318265914916992},
               5e-7);
  check_starts(draw(17, kF64, standard),
               {-2.310411800234176, -0.6332746088675096, -1.2609246557194385, -0.726951062065411,
                -0.019964750907762653, 0.2102998901016947, 0.17718935139366584, -0.830510051008449,
                0.23871805816817063, -0.2426793824588577, -0.7730112772958181, -1.5951814880783068,
                -0.6870036940435463, 1.4880743158106724, -0.4484158047114511, -0.8910030351707375,
                0.6748575435940039},
               1e-15);
  const auto scaled = [](const Tensor& out, Generator& g) { fill_normal(out, 2, 3, g); };
  check_starts(draw(17, kF32, scaled), {-1.3775194883346558, -3.0877935886383057}, 2e-6);
}

TEST_CASE("random: the second normal is kept across other draws and dtypes, until the seed") {
  Generator generator(0);
  standard(zeros({3}, kF64), generator);
  unit(zeros({2}, kF32), generator);
  const Tensor next = zeros({2}, kF32);
  standard(next, generator);
  check_starts(memory(next), {0.5684312582015991, 0.1603812575340271});
  generator.seed(0);
  standard(next, generator);
  check_starts(memory(next), {1.5409960746765137, -0.293428897857666});
}

TEST_CASE("random: integers, of 32 bits below a range of 2^28 and of 64 from there") {
  check_starts(draw(8, kI64, integers(0, 10)), {4, 9, 3, 0, 3, 9, 7, 3});
  check_starts(draw(5, DType::kInt8, integers(-5, 5)), {-1, 4, -2, -5, -2});
  check_starts(draw(3, DType::kBool, integers(0, 2)), {0, 1, 1});
  check_starts(draw(3, kI64, integers(0, (1 << 28) - 1)), {209652404, 130329144, 118924928});
  check_starts(draw(3, kI64, integers(0, 1 << 28)), {130329135, 136432832, 195187451});
  check_starts(draw(3, kI64, integers(-(int64_t{1} << 40), int64_t{1} << 40)),
               {-358231004625, -593374360384, 291447657211});
  check_starts(draw(3, kF64, integers(0, 1 << 28)), {130329135, 136432832, 195187451});
  // A float32 cannot end at 2^28 - 1, so its range is shorter, and of 32 bits.
  check_starts(draw(3, kF32, integers(0, 1 << 28)), {209652528, 130329280, 118925096});
}

TEST_CASE("random: integers over the whole of a dtype") {
  const auto all = [](const Tensor& out, Generator& g) { fill_integers(out, g); };
  check_starts(draw(3, DType::kUInt8, all), {172, 47, 117});
  check_starts(draw(3, DType::kInt8, all), {44, 47, 117});
  check_starts(draw(3, DType::kInt32, all), {209652396, 398764591, 924231285});
  check_starts(draw(3, kF32, all), {8325664, 12888472, 1484222});
  check_starts(draw(3, kF64, all), {8737460674930124, 6375474555111176, 4137753702977065});
  Generator generator(0);
  const Tensor words = zeros({2}, kI64);
  fill_integers(words, generator);
  CHECK(words.data<int64_t>()[0] == 900450186894289455);
  CHECK(words.data<int64_t>()[1] == 3969543146641149120);
}

TEST_CASE("random: bernoulli, exponential and permutation") {
  const auto half = [](const Tensor& out, Generator& g) { fill_bernoulli(out, 0.5, g); };
  check_starts(draw(12, kF32, half), {0, 0, 1, 0, 0, 0, 1, 1, 0, 1, 1, 1});
  check_starts(draw(12, DType::kBool, half), {0, 0, 1, 0, 0, 0, 1, 1, 0, 1, 1, 1});
  const auto decay = [](const Tensor& out, Generator& g) { fill_exponential(out, 1.5, g); };
  check_starts(draw(3, kF32, decay), {2.338884115219116, 0.8202565312385559, 0.4100293815135956});
  check_starts(draw(3, kF64, decay), {2.338884124471761, 0.8202565094531178, 0.41002939592934096},
               1e-15);
  check_starts(draw(8, kI64, fill_permutation), {4, 0, 7, 3, 2, 5, 1, 6});
  check_starts(draw(5, DType::kInt8, fill_permutation), {4, 0, 1, 3, 2});

  Generator generator(0);
  fill_permutation(zeros({5}, kI64), generator);
  CHECK(generator.uniform32() == 0.30742281675338745F);  // four words were drawn
}

TEST_CASE("random: bernoulli by element draws in the probabilities' dtype") {
  for (const auto& [dtype, expected] :
       {std::pair{kF32, std::vector<double>{1, 0, 1, 1, 1}}, {kF64, {0, 0, 1, 0, 0}}}) {
    const Tensor p = zeros({5}, dtype), out = zeros({5}, DType::kUInt8);
    dispatch_floating("test", dtype, [&]<class T>() { std::fill_n(p.data<T>(), 5, T{0.5}); });
    Generator generator(0);
    fill_bernoulli(out, p, generator);
    check_starts(memory(out), expected);
  }
  Generator generator(0);
  const Tensor p = zeros({1}, kF32);
  *p.data<float>() = 1.5F;
  CHECK_THROWS_AS(fill_bernoulli(zeros({1}, kF32), p, generator), Error);
  CHECK_THROWS_AS(fill_bernoulli(zeros({2}, kF32), p, generator), Error);
  CHECK_THROWS_AS(fill_bernoulli(p, zeros({1}, kI64), generator), NotImplemented);
}

TEST_CASE("random: strided tensors are filled in the order of memory") {
  const auto contiguous = draw(24, kF32, unit);
  const Tensor base = zeros({2, 3, 4}, kF32);
  const Tensor permuted(base.storage(), kF32, {4, 2, 3}, {1, 12, 4});
  Generator generator(0);
  unit(permuted, generator);
  CHECK(memory(base) == contiguous);

  // Every other column of (4, 12): 24 elements, yet not contiguous, so not drawn in blocks.
  const Tensor wide = zeros({4, 12}, kF32);
  const Tensor columns(wide.storage(), kF32, {4, 6}, {12, 2});
  generator.seed(0);
  standard(columns, generator);
  const auto all = memory(wide);
  check_starts({all[0], all[2], all[4], all[6], all[8], all[10], all[12]},
               {1.5409960746765137, -0.293428897857666, -2.1787893772125244, 0.5684312582015991,
                -1.0845223665237427, -1.3985954523086548, 0.40334683656692505});
  for (size_t i = 1; i < all.size(); i += 2) CHECK(all[i] == 0);

  const Tensor expanded(zeros({3}, kF32).storage(), kF32, {2, 3}, {0, 1});
  CHECK_THROWS_AS(unit(expanded, generator), Error);
}

TEST_CASE("random: empty and 0-d tensors") {
  Generator generator(0);
  for (const DType dtype : {kF32, kF64}) {
    unit(zeros({0, 3}, dtype), generator);
    standard(zeros({0}, dtype), generator);
  }
  fill_permutation(zeros({0}, kI64), generator);
  fill_permutation(zeros({1}, kI64), generator);
  const Tensor scalar = zeros({}, kF32);
  unit(scalar, generator);
  check_starts(memory(scalar), {0.49625658988952637});  // nothing was drawn before
}

TEST_CASE("random: what a distribution cannot do is refused") {
  Generator g(0);
  const Tensor f = zeros({3}, kF32), i = zeros({3}, kI64), b = zeros({3}, DType::kUInt8);
  CHECK_THROWS_AS(fill_uniform(i, 0, 1, g), NotImplemented);
  CHECK_THROWS_AS(fill_normal(i, 0, 1, g), NotImplemented);
  CHECK_THROWS_AS(fill_exponential(i, 1, g), Error);
  CHECK_THROWS_AS(fill_uniform(f, 1, 0, g), Error);
  CHECK_THROWS_AS(fill_uniform(f, -kInfinity, 0, g), Error);
  CHECK_THROWS_AS(fill_uniform(f, 0, kNan, g), Error);
  CHECK_THROWS_AS(fill_uniform(f, -3e38, 3e38, g), Error);
  CHECK_THROWS_AS(fill_normal(f, 0, -1, g), Error);
  CHECK_THROWS_AS(fill_normal(f, 0, kNan, g), Error);
  for (const double p : {-0.1, 1.1, kNan}) CHECK_THROWS_AS(fill_bernoulli(f, p, g), Error);
  for (const double rate : {0.0, -1.0, kNan}) CHECK_THROWS_AS(fill_exponential(f, rate, g), Error);
  CHECK_THROWS_AS(fill_integers(i, 5, 5, g), Error);
  CHECK_THROWS_AS(fill_integers(b, -1, 3, g), Error);
  CHECK_THROWS_AS(fill_integers(b, 0, 257, g), Error);
  CHECK_THROWS_AS(fill_permutation(zeros({300}, DType::kUInt8), g), Error);
  CHECK_THROWS_AS(fill_permutation(zeros({2, 2}, kI64), g), Error);
  CHECK(g.next32() == Generator(0).next32());  // a refusal draws nothing
}

TEST_CASE("random: a state put back repeats the stream, and a broken one is refused") {
  Generator generator(7);
  standard(zeros({3}, kF32), generator);
  Generator::State state = generator.state();
  const Tensor first = zeros({20}, kF32), again = zeros({20}, kF32);
  const auto both = [&](const Tensor& out, Generator& g) {
    unit(out, g);
    return g.normal();
  };
  const double normal = both(first, generator);
  Generator other;
  other.set_state(state);
  CHECK(other.initial_seed() == 7);
  CHECK(both(again, other) == normal);
  CHECK(memory(first) == memory(again));
  state.next = 625;
  CHECK_THROWS_AS(other.set_state(state), Error);
}

TEST_CASE("random: threads may share a generator") {
  Generator shared(1), alone(1);
  std::vector<Tensor> parts;
  for (int i = 0; i < 4; ++i) parts.push_back(zeros({1000}, kI64));
  std::vector<std::thread> threads;
  for (const Tensor& part : parts)
    threads.emplace_back([&] { fill_integers(part, 0, 1 << 20, shared); });
  for (std::thread& thread : threads) thread.join();
  std::vector<double> together, expected;
  for (const Tensor& part : parts) {
    const auto values = memory(part);
    together.insert(together.end(), values.begin(), values.end());
  }
  const Tensor all = zeros({4000}, kI64);
  fill_integers(all, 0, 1 << 20, alone);
  expected = memory(all);
  std::sort(together.begin(), together.end());
  std::sort(expected.begin(), expected.end());
  CHECK(together == expected);
}

// Weighted choice, and the rejection samplers of Hormann (1993) for Poisson and binomial counts.
#include "extra/random.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "extra/ordering.h"

namespace tinytorch {
namespace {

// Each draw searches the row's cumulative sums, which are of the weights' own precision.
template <class T>
void draw_with_replacement(View<const T, 2> weights, View<int64_t, 2> out, Generator& generator) {
  std::vector<T> sums(static_cast<size_t>(weights.size(1)));
  for (int64_t i = 0; i < weights.size(0); ++i) {
    T total = 0;
    for (int64_t j = 0; j < weights.size(1); ++j)
      sums[static_cast<size_t>(j)] = total += weights(i, j);
    for (T& sum : sums) sum /= total;
    sums.back() = 1;
    for (int64_t k = 0; k < out.size(1); ++k) {
      const double at = generator.uniform64();
      const auto found =
          std::lower_bound(sums.begin(), sums.end(), at, [](T sum, double u) { return sum < u; });
      out(i, k) = std::min<int64_t>(found - sums.begin(), weights.size(1) - 1);
    }
  }
}

template <class T>
void check_weights(View<const T, 2> weights) {
  for (int64_t i = 0; i < weights.size(0); ++i) {
    double total = 0;
    for (int64_t j = 0; j < weights.size(1); ++j) {
      const T weight = weights(i, j);
      check(weight >= 0 && std::isfinite(weight), "multinomial: expected finite weights >= 0, got ",
            static_cast<double>(weight));
      total += weight;
    }
    check(total > 0, "multinomial: expected a weight > 0 in row ", i, ", got none");
  }
}

double uniform(Generator& generator) { return generator.uniform64(); }

int64_t draw_poisson(double rate, Generator& generator) {
  check(rate >= 0, "poisson: expected rates >= 0, got ", rate);
  if (rate == 0) return 0;
  if (rate < 10) {  // as many factors as keep the product above exp(-rate)
    const double floor = std::exp(-rate);
    int64_t count = 0;
    for (double product = uniform(generator); product > floor; product *= uniform(generator))
      ++count;
    return count;
  }
  const double root = std::sqrt(rate), log_rate = std::log(rate);
  const double b = 0.931 + 2.53 * root, a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), ratio = 0.9277 - 3.6224 / (b - 2);
  while (true) {
    const double u = uniform(generator) - 0.5, v = uniform(generator), us = 0.5 - std::abs(u);
    const double count = std::floor((2 * a / us + b) * u + rate + 0.43);
    if (us >= 0.07 && v <= ratio) return static_cast<int64_t>(count);
    if (count < 0 || (us < 0.013 && v > us)) continue;
    if (std::log(v) + std::log(inverse_alpha) - std::log(a / (us * us) + b) <=
        -rate + count * log_rate - std::lgamma(count + 1))
      return static_cast<int64_t>(count);
  }
}

// The rest of Stirling's series for log(k!).
double stirling_tail(double k) {
  static constexpr double kTails[] = {0.0810614667953272,  0.0413406959554092, 0.0276779256849983,
                                      0.02079067210376509, 0.0166446911898211, 0.0138761288230707,
                                      0.0118967099458917,  0.0104112652619720, 0.00925546218271273,
                                      0.00833056343336287};
  if (k <= 9) return kTails[static_cast<int>(k)];
  const double square = (k + 1) * (k + 1);
  return (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / (k + 1);
}

double draw_by_gaps(double count, double p, Generator& generator) {
  const double log_miss = std::log1p(-p);
  double trials = 0, hits = 0;
  while (true) {
    trials += std::ceil(std::log(uniform(generator)) / log_miss);
    if (!(trials <= count)) return hits;
    ++hits;
  }
}

double draw_by_rejection(double count, double p, Generator& generator) {
  const double deviation = std::sqrt(count * p * (1 - p));
  const double b = 1.15 + 2.53 * deviation, a = -0.0873 + 0.0248 * b + 0.01 * p;
  const double center = count * p + 0.5, ratio = 0.92 - 4.2 / b, odds = p / (1 - p);
  const double alpha = (2.83 + 5.1 / b) * deviation, mode = std::floor((count + 1) * p);
  while (true) {
    const double u = uniform(generator) - 0.5;
    double v = uniform(generator);
    const double us = 0.5 - std::abs(u), k = std::floor((2 * a / us + b) * u + center);
    if (k < 0 || k > count) continue;
    if (us >= 0.07 && v <= ratio) return k;
    v = std::log(v * alpha / (a / (us * us) + b));
    const double bound = (mode + 0.5) * std::log((mode + 1) / (odds * (count - mode + 1))) +
                         (count + 1) * std::log((count - mode + 1) / (count - k + 1)) +
                         (k + 0.5) * std::log(odds * (count - k + 1) / (k + 1)) +
                         stirling_tail(mode) + stirling_tail(count - mode) - stirling_tail(k) -
                         stirling_tail(count - k);
    if (v <= bound) return k;
  }
}

// What lies outside [0, 1] counts as the nearer end, as in PyTorch.
template <class T>
double draw_binomial(T count, T p, Generator& generator) {
  check(std::isfinite(count) && p == p, "binomial: expected finite counts and probabilities, got ",
        static_cast<double>(count), " and ", static_cast<double>(p));
  if (count <= 0 || p <= 0) return 0;
  if (p >= 1) return count;
  const T rarer = p <= T(0.5) ? p : 1 - p, expected = count * rarer;
  const double drawn = expected >= 10 ? draw_by_rejection(count, rarer, generator)
                                      : draw_by_gaps(count, rarer, generator);
  return p <= 0.5 ? drawn : count - drawn;
}

// Marsaglia and Tsang (2000); a shape below 1 is raised by 1 and the draw lowered by a power.
template <class T>
double draw_gamma(T shape, Generator& generator) {
  double scale = 1;
  if (shape < 1) {
    if (shape == 0) return 0;
    scale = std::pow(1 - uniform(generator), static_cast<double>(1 / shape));
    shape += 1;
  }
  const double d = static_cast<double>(shape - T(1.0F / 3.0F)), c = 1 / std::sqrt(9 * d);
  while (true) {
    double x = 0, y = 0;
    do {
      x = generator.normal();
      y = 1 + c * x;
    } while (y <= 0);
    const double v = y * y * y, u = 1 - uniform(generator), square = x * x;
    if (u < 1 - static_cast<double>(0.0331F) * square * square) return scale * d * v;
    if (std::log(u) < 0.5 * square + d * (1 - v + std::log(v))) return scale * d * v;
  }
}

}  // namespace

Tensor multinomial(const Tensor& given, int64_t samples, bool replacement, Generator& generator) {
  check(is_floating(given.dtype()), "multinomial: expected floating weights, got ", given.dtype());
  check(given.dim() == 1 || given.dim() == 2, "multinomial: expected one or two dims, got shape ",
        given.shape());
  check(samples > 0, "multinomial: expected at least one sample, got ", samples);
  const Tensor weights = widened(given);
  const int64_t categories = weights.shape().back();
  check(replacement || samples <= categories, "multinomial: cannot draw ", samples,
        " samples without replacement from ", categories);
  Shape shape = weights.shape();
  shape[shape.size() - 1] = samples;
  if (numel(shape) == 0) return empty(shape, DType::kInt64);
  check(categories > 0, "multinomial: expected at least one category, got shape ", given.shape());
  return dispatch_floating("multinomial", weights.dtype(), [&]<class T>() {
    const Tensor rows = contiguous(weights);
    check_weights(rows.rows<const T>());
    if (replacement && samples > 1) {
      const Tensor y = empty(shape, DType::kInt64);
      const std::lock_guard lock(generator.mutex());
      draw_with_replacement(rows.rows<const T>(), y.rows<int64_t>(), generator);
      return y;
    }
    // The race of Efraimidis and Spirakis: who has the largest weight over an exponential wins.
    const Tensor race = empty_as(weights, weights.dtype());
    fill_exponential(race, 1, generator);
    const Tensor scores = weights / race;
    return samples == 1 ? argmax(scores, -1, true)
                        : positions_of_top(scores, samples, -1, true, true);
  });
}

Tensor poisson(const Tensor& rate, Generator& generator) {
  return dispatch_floating("poisson", rate.dtype(), [&]<class T>() {
    const Tensor rates = contiguous(rate), y = empty_like(rates);
    const std::lock_guard lock(generator.mutex());
    std::transform(rates.data<T>(), rates.data<T>() + rates.numel(), y.data<T>(), [&](T lambda) {
      return static_cast<T>(draw_poisson(static_cast<double>(lambda), generator));
    });
    return y;
  });
}

Tensor binomial(const Tensor& count, const Tensor& p, Generator& generator) {
  check(count.dtype() == p.dtype() && count.shape() == p.shape(),
        "binomial: expected counts and probabilities of one dtype and shape, got ", count.dtype(),
        count.shape(), " and ", p.dtype(), p.shape());
  return dispatch_floating("binomial", count.dtype(), [&]<class T>() {
    const Tensor counts = contiguous(count), chances = contiguous(p), y = empty_like(counts);
    const std::lock_guard lock(generator.mutex());
    std::transform(
        counts.data<T>(), counts.data<T>() + counts.numel(), chances.data<T>(), y.data<T>(),
        [&](T n, T chance) { return static_cast<T>(draw_binomial(n, chance, generator)); });
    return y;
  });
}

Tensor standard_gamma(const Tensor& given, Generator& generator) {
  return dispatch_floating("_standard_gamma", given.dtype(), [&]<class T>() {
    const Tensor shapes = contiguous(given), y = empty_like(shapes);
    const std::lock_guard lock(generator.mutex());
    std::transform(shapes.data<T>(), shapes.data<T>() + shapes.numel(), y.data<T>(), [&](T shape) {
      check(shape >= 0, "_standard_gamma: expected shapes >= 0, got ", static_cast<double>(shape));
      return std::max(std::numeric_limits<T>::min(), static_cast<T>(draw_gamma(shape, generator)));
    });
    return y;
  });
}

Tensor sample_dirichlet(const Tensor& given, Generator& generator) {
  check(given.dim() > 0, "_sample_dirichlet: expected at least one dim");
  return dispatch_floating("_sample_dirichlet", given.dtype(), [&]<class T>() {
    const Tensor rows = contiguous(given), y = empty_like(rows);
    const int64_t columns = rows.shape().back(), count = rows.numel();
    std::vector<double> drawn(static_cast<size_t>(columns));
    const T top = std::nextafter(T(1), T(0));
    const std::lock_guard lock(generator.mutex());
    for (int64_t first = 0; first < count; first += columns) {
      double total = 0;
      for (int64_t j = 0; j < columns; ++j) {
        const double shape = rows.data<T>()[first + j];
        check(shape >= 0, "_sample_dirichlet: expected concentrations >= 0, got ", shape);
        total += drawn[static_cast<size_t>(j)] = draw_gamma(shape, generator);
      }
      for (int64_t j = 0; j < columns; ++j)
        y.data<T>()[first + j] = std::clamp(static_cast<T>(drawn[static_cast<size_t>(j)] / total),
                                            std::numeric_limits<T>::min(), top);
    }
    return y;
  });
}

}  // namespace tinytorch

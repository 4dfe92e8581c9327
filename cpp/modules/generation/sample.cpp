// Sampling: one token out of a distribution.
#include <cmath>

#include "modules/generation/generation.h"

namespace tinytorch {
namespace generation {

template <class T>
int64_t race(View<const T, 1> probs, View<const T, 1> waits) {
  // TASK generation.race (2 points): who is likely, or waits briefly, is ahead.
  int64_t winner = 0;
  for (int64_t i = 1; i < probs.size(0); ++i) {
    if (probs(i) / waits(i) > probs(winner) / waits(winner)) winner = i;
  }
  return winner;
  // END TASK
}

Kernel<Race> race_kernel("generation.race", race<float>, race<double>);

}  // namespace generation

Tensor sample(const Tensor& probs, Generator& generator) {
  check(probs.dim() > 0 && probs.shape().back() > 0,
        "sample: expected probabilities of shape (..., V) with V > 0, got ", probs.shape());
  const Tensor x = contiguous(probs);
  Tensor ids = empty(Shape(x.shape().begin(), x.shape().end() - 1), DType::kInt64);
  dispatch_floating("sample", x.dtype(), [&]<class T>() {
    const View<const T, 2> rows = x.rows<const T>();
    const int64_t size = rows.size(1);
    for (int64_t i = 0; i < rows.size(0); ++i) {
      double total = 0;
      for (int64_t j = 0; j < size; ++j) {
        const T prob = rows(i, j);
        check<ValueError>(prob >= 0 && std::isfinite(prob), "sample: the probability of id ", j,
                          " in row ", i, " is ", static_cast<double>(prob));
        total += static_cast<double>(prob);
      }
      check<ValueError>(total > 0, "sample: row ", i, " of the probabilities is all zeros");
    }
    const Tensor waits = empty(x.shape(), x.dtype());
    fill_exponential(waits, 1, generator);
    for (int64_t i = 0; i < rows.size(0); ++i) {
      ids.data<int64_t>()[i] =
          generation::race_kernel.get<T>()(View<const T, 1>{rows.data + i * size, {size}},
                                           View<const T, 1>{waits.data<T>() + i * size, {size}});
    }
  });
  return ids;
}

}  // namespace tinytorch

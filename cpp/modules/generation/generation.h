// Generation: one token after another.
//
// A language model gives a number, a logit, to every token that could come next. To write with it
// is to choose one, append it, and ask again. Always taking the largest is greedy, and repeats
// itself soon; drawing from the whole distribution sooner or later draws nonsense, since thousands
// of unlikely tokens are likely together. So the logits are first changed: flattened or sharpened
// by a temperature, cut to the k most likely (Fan et al., 2018) or to the fewest that hold a share
// p of the probability (Holtzman et al., 2020), lowered for what was said before (Keskar et al.,
// 2019).
//
// What was chosen is shown while it comes, though a token may end inside a character, and a text
// may begin to be the one at which to stop.
//
// Read in this order: filters, sample, stream. The loop itself is Python: generation/loop.py.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/kernels.h"
#include "core/random.h"
#include "modules/tensor/tensor.h"

namespace tinytorch {

namespace generation {

// --- filters: logits of one position, (V,), into y, (V,) -----------------------------------------

/// y = logits / temperature.  Below 1 likely tokens become likelier, above 1 less so.
template <class T>
void apply_temperature(View<const T, 1> logits, double temperature, View<T, 1> y);
/// y = logits for the k largest and what equals the k-th, else -inf.  1 <= k <= V.
template <class T>
void keep_top_k(View<const T, 1> logits, int64_t k, View<T, 1> y);
/// y = logits for the fewest tokens, the likeliest first, whose probabilities add up to p or more,
/// else -inf.  A token stays while the sum of those before it is below p; of equals the one with
/// the lower id is before the other.  0 < p < 1, and some logit is finite.
template <class T>
void keep_top_p(View<const T, 1> logits, double p, View<T, 1> y);
/// For every token that occurs in ids, however often: a positive logit is divided by the penalty, a
/// negative one multiplied; y = logits for the others.  ids: (N,), each in [0, V).
template <class T>
void penalize(View<const T, 1> logits, View<const int64_t, 1> ids, double penalty, View<T, 1> y);

// --- sample --------------------------------------------------------------------------------------

/// The race of exponentials: the token with the largest probs / waits, the first of equals. Where
/// waits are exponentially distributed, token i wins with probability probs(i). One division each,
/// no sum, no search: this is how PyTorch draws a single one.
/// probs, waits: (V,), V > 0, waits > 0.                               torch: multinomial(probs, 1)
template <class T>
int64_t race(View<const T, 1> probs, View<const T, 1> waits);

// The kernel table's entries.
template <class T>
using ApplyTemperature = void(View<const T, 1> logits, double temperature, View<T, 1> y);
template <class T>
using KeepTopK = void(View<const T, 1> logits, int64_t k, View<T, 1> y);
template <class T>
using KeepTopP = void(View<const T, 1> logits, double p, View<T, 1> y);
template <class T>
using Penalize = void(View<const T, 1> logits, View<const int64_t, 1> ids, double penalty,
                      View<T, 1> y);
template <class T>
using Race = int64_t(View<const T, 1> probs, View<const T, 1> waits);
extern Kernel<ApplyTemperature> apply_temperature_kernel;
extern Kernel<KeepTopK> keep_top_k_kernel;
extern Kernel<KeepTopP> keep_top_p_kernel;
extern Kernel<Penalize> penalize_kernel;
extern Kernel<Race> race_kernel;

// --- stream --------------------------------------------------------------------------------------

/// Bytes at the end that begin a character of UTF-8 whose other bytes are still missing: 0 to 3.
/// What can begin no character counts as complete.
int64_t incomplete(std::string_view bytes);
/// The length of the longest end of the text that is the beginning, but not all, of one of the
/// stops. It cannot be shown yet: the next token may complete the stop.
int64_t held_back(std::string_view text, const std::vector<std::string>& stops);

}  // namespace generation

// On tensors (..., V) of any strides, float32 or float64.

Tensor apply_temperature(const Tensor& logits, double temperature);
/// Raises ValueError unless k >= 1, and for NaN; a k beyond V keeps all.
Tensor keep_top_k(const Tensor& logits, int64_t k);
/// Raises ValueError unless 0 < p <= 1, and as check_logits.
Tensor keep_top_p(const Tensor& logits, double p);
/// ids: (..., N) int64, with the leading dims of logits.  Raises ValueError unless penalty > 0.
Tensor penalize(const Tensor& logits, const Tensor& ids, double penalty);
/// One id a row: (...,) int64.  probs: (..., V), which need not add up to 1.
Tensor sample(const Tensor& probs, Generator& generator = *default_generator());
/// Raises ValueError for a row with NaN or +inf, or with nothing but -inf.
void check_logits(const Tensor& logits);

}  // namespace tinytorch

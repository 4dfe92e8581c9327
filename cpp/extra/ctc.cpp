// The sums over all paths, forward and backward along the frames, in logarithms.
#include "extra/ctc.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tinytorch {
namespace {

template <class T>
constexpr T kNone = -std::numeric_limits<T>::infinity();

template <class T>
T log_sum(std::initializer_list<T> logs) {
  const T top = std::max(logs);
  if (top == kNone<T>) return top;
  T total = 0;
  for (const T x : logs) total += std::exp(x - top);
  return std::log(total) + top;
}

// One element of the batch: its frames, and its target with blanks before, between and after.
template <class T>
struct Alignment {
  View<const T, 3> log_probs;
  int64_t n, frames, blank;
  std::vector<int64_t> labels;  // without blanks

  int64_t places() const { return 2 * static_cast<int64_t>(labels.size()) + 1; }
  int64_t label(int64_t place) const {
    return place % 2 ? labels[static_cast<size_t>(place / 2)] : blank;
  }
  /// Whether a path may go from `place` to `place + 2`: over a blank between different labels.
  bool skips(int64_t place) const { return place % 2 && label(place) != label(place + 2); }
  T at(int64_t t, int64_t place) const { return log_probs(t, n, label(place)); }
};

// alpha(t, s): the paths of frames 0 .. t that end at place s.
template <class T>
std::vector<T> forward_sums(const Alignment<T>& a) {
  const int64_t places = a.places();
  std::vector<T> alpha(static_cast<size_t>(a.frames * places), kNone<T>);
  for (int64_t s = 0; s < std::min<int64_t>(2, places); ++s)
    alpha[static_cast<size_t>(s)] = a.at(0, s);
  for (int64_t t = 1; t < a.frames; ++t) {
    const T* before = alpha.data() + (t - 1) * places;
    T* now = alpha.data() + t * places;
    for (int64_t s = 0; s < places; ++s)
      now[s] = log_sum<T>({before[s], s > 0 ? before[s - 1] : kNone<T>,
                           s > 1 && a.skips(s - 2) ? before[s - 2] : kNone<T>}) +
               a.at(t, s);
  }
  return alpha;
}

// Adds to slope(t, n, c) the derivative of the loss by the score of label c in frame t.
template <class T>
void add_slopes(const Alignment<T>& a, const std::vector<T>& alpha, T loss, View<T, 3> slope) {
  const int64_t places = a.places(), classes = slope.size(2);
  std::vector<T> beta(static_cast<size_t>(places), kNone<T>), through(static_cast<size_t>(classes));
  for (int64_t t = a.frames - 1; t >= 0; --t) {
    std::fill(through.begin(), through.end(), kNone<T>);
    for (int64_t s = 0; s < places; ++s) {  // upwards, so that what is read is of frame t + 1
      const auto at = [&](int64_t place) {
        return place < places ? beta[static_cast<size_t>(place)] : kNone<T>;
      };
      const bool ends = t == a.frames - 1;
      const T after =
          ends
              ? (s >= places - 2 ? T(0) : kNone<T>)
              : log_sum<T>({at(s), at(s + 1), s + 2 < places && a.skips(s) ? at(s + 2) : kNone<T>});
      beta[static_cast<size_t>(s)] = after + a.at(t, s);
      T& sum = through[static_cast<size_t>(a.label(s))];
      sum = log_sum<T>(
          {sum, alpha[static_cast<size_t>(t * places + s)] + beta[static_cast<size_t>(s)]});
    }
    for (int64_t c = 0; c < classes; ++c) {
      const T log_prob = a.log_probs(t, a.n, c);
      slope(t, a.n, c) =
          std::exp(log_prob) - std::exp(through[static_cast<size_t>(c)] + loss - log_prob);
    }
  }
}

std::vector<int64_t> labels_of(const Tensor& targets, int64_t n, int64_t start, int64_t count,
                               int64_t classes) {
  const int64_t* first =
      targets.data<int64_t>() + (targets.dim() == 2 ? n * targets.size(1) : start);
  std::vector<int64_t> labels(first, first + count);
  for (const int64_t label : labels)
    check(0 <= label && label < classes, "ctc_loss: target ", label, " is outside the ", classes,
          " classes");
  return labels;
}

void check_lengths(const char* name, const std::vector<int64_t>& lengths, int64_t batch) {
  check(static_cast<int64_t>(lengths.size()) == batch, name, " must be of size batch_size");
  for (const int64_t length : lengths)
    check(length >= 0, "Expected ", name, " to have value at least 0, but got value ", length,
          " (while checking arguments for ctc_loss)");
}

}  // namespace

Variable ctc_loss(const Variable& log_probs, const Tensor& given,
                  const std::vector<int64_t>& input_lengths,
                  const std::vector<int64_t>& target_lengths, int64_t blank, bool zero_infinity) {
  check(log_probs.dim() == 3, "ctc_loss: expected log_probs (T, N, C), got ", log_probs.shape());
  check(given.dtype() == DType::kInt64 && (given.dim() == 1 || given.dim() == 2),
        "ctc_loss: expected int64 targets (N, S) or (sum of lengths), got ", given.dtype(),
        given.shape());
  const int64_t frames = log_probs.shape()[0], batch = log_probs.shape()[1],
                classes = log_probs.shape()[2];
  check(0 <= blank && blank < classes, "blank must be in label range");
  check_lengths("input_lengths", input_lengths, batch);
  check_lengths("target_lengths", target_lengths, batch);
  for (const int64_t length : input_lengths)
    check(length <= frames, "Expected input_lengths to have value at most ", frames,
          ", but got value ", length, " (while checking arguments for ctc_loss)");
  int64_t longest = 0, together = 0;
  for (const int64_t length : target_lengths) {
    longest = std::max(longest, length);
    check(length <= given.numel(), "ctc_loss: expected at least ", length, " targets, got ",
          given.numel());
    together += length;
  }
  if (given.dim() == 2) {
    check(given.size(0) == batch, "Expected tensor to have size ", batch,
          " at dimension 0, but got size ", given.size(0), " for argument #2 'targets'");
    check(given.size(1) >= longest, "Expected tensor to have size at least ", longest,
          " at dimension 1, but got size ", given.size(1), " for argument #2 'targets'");
  } else {
    check(given.size(0) == together, "Expected tensor to have size ", together,
          " at dimension 0, but got size ", given.size(0), " for argument #2 'targets'");
  }
  const Tensor scores = contiguous(log_probs.data()), targets = contiguous(given);
  Tensor losses = empty({batch}, scores.dtype()), slopes = zeros(scores.shape(), scores.dtype());
  dispatch_floating("ctc_loss", scores.dtype(), [&]<class T>() {
    const View<const T, 3> frame = scores.view<const T, 3>();
    const View<T, 1> loss = losses.view<T, 1>();
    int64_t start = 0;
    for (int64_t n = 0; n < batch; ++n) {
      const auto at = static_cast<size_t>(n);
      const Alignment<T> a{frame, n, input_lengths[at], blank,
                           labels_of(targets, n, start, target_lengths[at], classes)};
      start += target_lengths[at];
      if (a.frames == 0) {
        loss(n) = a.labels.empty() || zero_infinity ? T(0) : -kNone<T>;
        continue;
      }
      const std::vector<T> alpha = forward_sums(a);
      const T* last = alpha.data() + alpha.size();
      loss(n) = -log_sum<T>({last[-1], a.places() > 1 ? last[-2] : kNone<T>});
      const bool impossible = std::isinf(loss(n)) && loss(n) > 0;
      if (impossible && zero_infinity) loss(n) = 0;
      else if (log_probs.requires_grad()) add_slopes(a, alpha, loss(n), slopes.view<T, 3>());
    }
  });
  return record(
      "CtcLossBackward0", losses, saving(slopes),
      by(log_probs, [](auto& grad, auto& slopes) { return slopes.get() * unsqueeze(grad, 1); }));
}

}  // namespace tinytorch

// One run of elements: moved from one stride to another, converted, filled.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>

namespace tinytorch::tensor {

/// to[i * step_to] = from[i * step_from] for i = 0 .. length - 1.
/// Steps that the compiler knows become loads of whole vectors: those of rows, of rows that are
/// read from their end (flip), and of one colour in pixels of three.
template <class T>
[[gnu::noinline]] void move_run(T* to, int64_t step_to, const T* from, int64_t step_from,
                                int64_t length) {
  if (step_to != 1) {
    for (int64_t i = 0; i < length; ++i) to[i * step_to] = from[i * step_from];
  } else if (step_from == 1) {
    std::memmove(to, from, static_cast<size_t>(length) * sizeof(T));
  } else if (step_from == -1) {
    for (int64_t i = 0; i < length; ++i) to[i] = from[-i];
  } else if (step_from == 3) {
    for (int64_t i = 0; i < length; ++i) to[i] = from[3 * i];
  } else {
    for (int64_t i = 0; i < length; ++i) to[i] = from[i * step_from];
  }
}

/// The same with to[...] = convert(from[...]).
/// What does not lie side by side is brought together first, in pieces that stay in the cache: so
/// each pair of dtypes is one loop.
template <class To, class From, class Convert>
void convert_run(To* to, int64_t step_to, const From* from, int64_t step_from, int64_t length,
                 Convert convert) {
  constexpr int64_t kPiece = 256;
  To written[kPiece];
  From read[kPiece];
  for (int64_t start = 0; start < length; start += kPiece) {
    const int64_t count = std::min(kPiece, length - start);
    const From* x = from + start;
    To* y = step_to == 1 ? to + start : written;
    if (step_from != 1) move_run(read, 1, from + start * step_from, step_from, count), x = read;
    for (int64_t i = 0; i < count; ++i) y[i] = convert(x[i]);
    if (step_to != 1) move_run(to + start * step_to, step_to, written, 1, count);
  }
}

/// to[i * step] = value.  The value is a copy: one in memory might be what is written.
template <class T>
void fill_run(T* to, int64_t step, T value, int64_t length) {
  if (step == 1) {
    for (int64_t i = 0; i < length; ++i) to[i] = value;
  } else {
    for (int64_t i = 0; i < length; ++i) to[i * step] = value;
  }
}

}  // namespace tinytorch::tensor

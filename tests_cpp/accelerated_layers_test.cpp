// The twins of the linear layer against their references in double.
#include <memory>

#include "modules/layers/layers.h"
#include "twins.h"

namespace {

using namespace tinytorch;
using twins::Floats;

// (rows, columns) in row-major order, or as the transpose of (columns, rows).
template <class T>
Strided<const T, 2> matrix(const std::vector<T>& values, int64_t rows, int64_t columns,
                           bool transposed) {
  return {values.data(), {rows, columns}, {transposed ? 1 : columns, transposed ? rows : 1}};
}

}  // namespace

TEST_CASE("linear: batches, units and strides, with and without bias") {
  for (const int64_t n : {1, 4, 5, 64}) {
    for (const int64_t out : {1, 10, 33}) {
      for (const int64_t in : {1, 2, 100, 500}) {
        for (int bits = 0; bits < 8; ++bits) {
          CAPTURE(n, out, in, bits);
          const Floats x = twins::uniform(n * in, -1, 1, 1), w = twins::uniform(out * in, -1, 1, 2);
          const Floats bias = twins::uniform((bits & 4) != 0 ? out : 0, -1, 1, 3);
          const auto wide = twins::doubles(x), wide_w = twins::doubles(w);
          const auto wide_bias = twins::doubles(bias);
          Floats y(static_cast<size_t>(n * out));
          std::vector<double> expected(y.size());
          layers::linear_kernel.get<float>()(matrix(x, n, in, (bits & 1) != 0),
                                             matrix(w, out, in, (bits & 2) != 0), twins::view(bias),
                                             twins::rows(y, out));
          layers::linear_kernel.reference<double>()(
              matrix(wide, n, in, (bits & 1) != 0), matrix(wide_w, out, in, (bits & 2) != 0),
              twins::view(wide_bias), twins::rows(expected, out));
          twins::check_close(y, expected, 1e-6, 1e-6 * std::sqrt(static_cast<double>(in)));
        }
      }
    }
  }
}

TEST_CASE("linear_backward_bias: the sum over the batch, whatever the strides") {
  for (const int64_t n : {0, 1, 7, 64, 1000}) {
    for (const int64_t out : {1, 10, 33}) {
      for (const bool transposed : {false, true}) {
        CAPTURE(n, out, transposed);
        const Floats grad = twins::uniform(n * out, -1, 1, 1);
        const auto wide = twins::doubles(grad);
        Floats total(static_cast<size_t>(out), 9.F);
        std::vector<double> expected(total.size(), 9);
        layers::linear_backward_bias_kernel.get<float>()(matrix(grad, n, out, transposed),
                                                         twins::view(total));
        layers::linear_backward_bias_kernel.reference<double>()(matrix(wide, n, out, transposed),
                                                                twins::view(expected));
        twins::check_close(total, expected, 1e-6, 1e-4);
      }
    }
  }
}

TEST_CASE("dropout: the same draws as the reference's, from any place in the generator's words") {
  for (const int64_t n : {0, 1, 2, 311, 312, 313, 1000, 70'000}) {
    for (const int used : {0, 1, 5, 623}) {
      for (const double p : {0.05, 0.5, 1 - 1e-16, 1e-17}) {
        CAPTURE(n, used, p);
        const auto left = make_ref<Generator>(3), right = make_ref<Generator>(3);
        for (int i = 0; i < used; ++i) left->next32(), right->next32();
        const Floats x = twins::uniform(n, -1, 1, 1);
        const auto count = static_cast<size_t>(n);
        const auto kept = std::make_unique<bool[]>(count),
                   expected = std::make_unique<bool[]>(count);
        Floats y(count), expected_y(count);
        layers::dropout_kernel.get<float>()(twins::view(x), p, *left, {kept.get(), {n}},
                                            twins::view(y));
        layers::dropout_kernel.reference<float>()(twins::view(x), p, *right, {expected.get(), {n}},
                                                  twins::view(expected_y));
        CHECK(std::equal(kept.get(), kept.get() + n, expected.get()));
        CHECK(y == expected_y);
        CHECK(left->next32() == right->next32());
      }
    }
  }
}

// Runs of elements: moved, converted and filled by what the compiler knows of their strides.
#include <cstdint>
#include <vector>

#include "catch.h"
#include "modules/tensor/runs.h"

namespace {

using tinytorch::tensor::convert_run, tinytorch::tensor::fill_run, tinytorch::tensor::move_run;

constexpr int64_t kLongest = 700, kWidest = 3;

template <class T>
struct Line {  // addressed from its middle, so that strides may be negative
  std::vector<T> values = std::vector<T>(2 * kWidest * kLongest + 1, T(1));
  T& operator[](int64_t i) { return values[static_cast<size_t>(kWidest * kLongest + i)]; }
};

float half(uint8_t value) { return static_cast<float>(value) / 2; }

TEST_CASE("a run is moved, converted and filled whatever its strides") {
  Line<uint8_t> x;
  for (size_t i = 0; i < x.values.size(); ++i) x.values[i] = static_cast<uint8_t>(i * 7 % 251);
  for (const int64_t length : {0, 1, 31, 33, 256, 257, 700}) {
    for (const int64_t from : {1, -1, 3, 0, 2, -3}) {
      for (const int64_t to : {1, 2, -1}) {
        CAPTURE(length, from, to);
        Line<uint8_t> moved, filled, expected, nines;
        Line<float> halved, halves;
        move_run(&moved[0], to, &x[0], from, length);
        convert_run(&halved[0], to, &x[0], from, length, half);
        fill_run(&filled[0], to, uint8_t{9}, length);
        for (int64_t i = 0; i < length; ++i) {
          expected[i * to] = x[i * from];
          halves[i * to] = half(x[i * from]);
          nines[i * to] = 9;
        }
        CHECK(moved.values == expected.values);
        CHECK(halved.values == halves.values);
        CHECK(filled.values == nines.values);
      }
    }
  }
}

}  // namespace

// Views with their bounds checked: the right element, or a sentence that names the task.
#ifndef TINYTORCH_CHECK_BOUNDS
#define TINYTORCH_CHECK_BOUNDS
#endif
#include <numeric>
#include <vector>

#include "catch.h"
#include "core/view.h"

using namespace tinytorch;

TEST_CASE("view: row-major elements") {
  std::vector<float> data(24);
  std::iota(data.begin(), data.end(), 0.F);
  const View<float, 3> x{data.data(), {2, 3, 4}};
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 4; ++k) CHECK(x(i, j, k) == static_cast<float>(12 * i + 4 * j + k));
  x(1, 2, 3) = -1;
  CHECK(data.back() == -1);
  const View<const float, 3> readable = x;
  CHECK(readable(1, 2, 3) == -1);
  CHECK(readable.size(2) == 4);
}

TEST_CASE("view: strided elements, and a dim of stride 0 is the same element again") {
  std::vector<int> data = {0, 1, 2, 3, 4, 5};
  const Strided<int, 2> transposed{data.data(), {3, 2}, {1, 3}};
  CHECK(transposed(2, 1) == 5);
  CHECK(transposed(1, 0) == 1);
  const Strided<int, 2> broadcast{data.data(), {4, 3}, {0, 1}};
  for (int i = 0; i < 4; ++i) CHECK(broadcast(i, 2) == 2);
}

TEST_CASE("view: an index outside any dim is refused, whichever side") {
  std::vector<float> data(6);
  const View<float, 2> x{data.data(), {2, 3}};
  const Strided<float, 2> y{data.data(), {2, 3}, {3, 1}};
  for (const auto& [i, j] : std::vector<std::pair<int64_t, int64_t>>{
           {2, 0}, {0, 3}, {-1, 0}, {0, -1}, {1, 3}, {INT64_MAX, 0}, {0, INT64_MIN}}) {
    CAPTURE(i, j);
    CHECK_THROWS_AS(x(i, j), IndexError);
    CHECK_THROWS_AS(y(i, j), IndexError);
  }
  CHECK_NOTHROW(x(1, 2));
  const View<float, 1> empty{data.data(), {0}};
  CHECK_THROWS_AS(empty(0), IndexError);
}

TEST_CASE("view: the error names the running task, the index and the shape") {
  std::vector<float> data(6);
  const View<float, 2> x{data.data(), {2, 3}};
  CHECK_THROWS_WITH(x(2, 3), "view: index (2, 3) is outside shape (2, 3)");
  const TaskScope scope("activations.softmax");
  CHECK_THROWS_WITH(x(2, 0), "activations.softmax: index (2, 0) is outside shape (2, 3)");
}

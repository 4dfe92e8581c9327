// Recurrent nets from C++: every gradient against finite differences, packed and reversed.
#include "extra/recurrent.h"
#include "tensors.h"

namespace {

using namespace tinytorch;
using tensors::difference, tensors::error_of, tensors::uniform;

Variable leaf(const Shape& shape, unsigned seed) { return Variable(uniform(shape, seed), true); }

}  // namespace

TEST_CASE("recur: gradients by everything, of sequences of different lengths") {
  const int64_t width = 3;
  for (const Cell cell : {Cell::kTanh, Cell::kRelu, Cell::kLstm, Cell::kGru}) {
    for (const bool reverse : {false, true}) {
      const bool lstm = cell == Cell::kLstm;
      const int64_t gates = gates_of(cell) * width, shown = lstm ? 2 : width;
      const Recurrence how{cell, {3, 2, 2, 1}, reverse};
      const std::vector<Variable> given{leaf({8, gates}, 1),
                                        leaf({3, shown}, 2),
                                        lstm ? leaf({3, width}, 3) : Variable(),
                                        leaf({gates, shown}, 4),
                                        leaf({gates}, 5),
                                        lstm ? leaf({shown, width}, 6) : Variable()};
      const Tensor grad = uniform({8, shown}, 7), grad_h = uniform({3, shown}, 8);
      const auto total = [&](const std::vector<Variable>& x) {
        const Remembered y = recur(how, x[0], x[1], x[2], x[3], x[4], x[5]);
        const Variable sums = sum(y.output * Variable(grad)) + sum(y.h * Variable(grad_h));
        return lstm ? sums + sum(y.c) : sums;
      };
      backward(total(given));
      for (size_t i = 0; i < given.size(); ++i) {
        if (!given[i].defined()) continue;
        const auto f = [&](const Tensor& at) {
          std::vector<Variable> moved = given;
          moved[i] = Variable(at);
          return total(moved).data();
        };
        const Tensor expected = tensors::slope(f, given[i].data(), ones({}, DType::kFloat64));
        CAPTURE(static_cast<int>(cell), reverse, i);
        CHECK(difference(given[i].grad().data(), expected) < 1e-5);
      }
    }
  }
}

TEST_CASE("recur: what it refuses") {
  const Variable x = leaf({4, 3}, 1), h = leaf({2, 3}, 2), w = leaf({3, 3}, 3);
  const auto run = [&](const std::vector<int64_t>& sizes) {
    recur({Cell::kTanh, sizes, false}, x, h, {}, w, {});
  };
  CHECK(error_of<Error>([&] { run({2, 2}); }) == "no such error");
  CHECK(error_of<Error>([&] { run({1, 2, 1}); }) != "no such error");
  CHECK(error_of<Error>([&] { run({2, 1}); }) != "no such error");
  CHECK(error_of<Error>([&] { recur({Cell::kTanh, {2, 2}, false}, x, h, h, w, {}); }) ==
        "recur: a cell state goes with an LSTM");
}

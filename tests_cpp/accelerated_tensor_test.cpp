// The twins of elementwise arithmetic and sums against their references.
#include "accelerated/elementwise.h"
#include "core/parallel.h"
#include "twins.h"

namespace {

using namespace tinytorch;
using twins::Floats;

const std::vector<UnaryOp> kUnary{
    UnaryOp::kNeg,   UnaryOp::kAbs,        UnaryOp::kSign,   UnaryOp::kExp,   UnaryOp::kLog,
    UnaryOp::kSqrt,  UnaryOp::kReciprocal, UnaryOp::kSquare, UnaryOp::kFloor, UnaryOp::kCeil,
    UnaryOp::kRound, UnaryOp::kTrunc,      UnaryOp::kSin,    UnaryOp::kCos};
const std::vector<BinaryOp> kBinary{
    BinaryOp::kAdd,         BinaryOp::kSub,       BinaryOp::kMul,
    BinaryOp::kDiv,         BinaryOp::kMaximum,   BinaryOp::kMinimum,
    BinaryOp::kFloorDivide, BinaryOp::kRemainder, BinaryOp::kPow};

template <class T>
Strided<T, 1> run(T* data, int64_t n, int64_t stride) {
  return {data, {n}, {stride}};
}

void check_unary(UnaryOp op, const Floats& x, int64_t n, int64_t from, int64_t to) {
  CAPTURE(name(op), n, from, to);
  Floats y(static_cast<size_t>(n * to + 1), 5.F), expected = y;
  tensor::unary_kernel.get<float>()(op, run(x.data(), n, from), run(y.data(), n, to));
  tensor::unary_kernel.reference<float>()(op, run(x.data(), n, from), run(expected.data(), n, to));
  twins::check_close(y, expected, 3e-7, 0);
}

void check_binary(BinaryOp op, const Floats& a, const Floats& b, int64_t n, int64_t stride_a,
                  int64_t stride_b, int64_t to) {
  CAPTURE(name(op), n, stride_a, stride_b, to);
  Floats y(static_cast<size_t>(n * to + 1), 5.F), expected = y;
  tensor::binary_kernel.get<float>()(op, run(a.data(), n, stride_a), run(b.data(), n, stride_b),
                                     run(y.data(), n, to));
  tensor::binary_kernel.reference<float>()(op, run(a.data(), n, stride_a),
                                           run(b.data(), n, stride_b), run(expected.data(), n, to));
  twins::check_close(y, expected, 2e-7, 0);
}

}  // namespace

TEST_CASE("the table holds twins of all of the tensor unit's kernels") {
  for (const KernelEntry& entry : kernel_table()) {
    if (entry.name.rfind("tensor.", 0) == 0) CHECK(entry.has_accelerated);
  }
  CHECK(tensor::unary_kernel.get<float>() != tensor::unary_kernel.reference<float>());
  CHECK(tensor::unary_kernel.get<double>() == tensor::unary_kernel.reference<double>());
}

TEST_CASE("unary: every operation, length and stride") {
  for (const UnaryOp op : kUnary) {
    for (const int64_t n : twins::kLengths) {
      const Floats x = twins::uniform(3 * n + 1, op == UnaryOp::kLog ? 0.F : -9.F, 9.F, 1);
      for (const int64_t from : {0, 1, 3}) {
        for (const int64_t to : {1, 2}) check_unary(op, x, n, from, to);
      }
    }
    check_unary(op, twins::awkward(32), 32, 1, 1);
  }
}

TEST_CASE("binary: every operation, length and pair of strides") {
  for (const BinaryOp op : kBinary) {
    for (const int64_t n : twins::kLengths) {
      const Floats a = twins::uniform(3 * n + 1, -9, 9, 1), b = twins::uniform(3 * n + 1, -9, 9, 2);
      for (const int64_t stride_a : {0, 1, 3}) {
        for (const int64_t stride_b : {0, 1, 2}) {
          for (const int64_t to : {1, 2}) check_binary(op, a, b, n, stride_a, stride_b, to);
        }
      }
    }
    for (const float other : twins::awkward(16)) {
      check_binary(op, twins::awkward(32), {other}, 32, 1, 0, 1);
      check_binary(op, {other}, twins::awkward(32), 32, 0, 1, 1);
    }
  }
}

TEST_CASE("pow: the square of a run") {
  check_binary(BinaryOp::kPow, twins::awkward(32), {2.F}, 32, 1, 0, 1);
}

TEST_CASE("sum: rows of every length; many small terms are not lost") {
  for (const int64_t columns : twins::kLengths) {
    if (columns == 0) continue;
    const Floats x = twins::uniform(3 * columns, -1, 1, 1);
    Floats y(3), expected(3);
    tensor::sum_kernel.get<float>()(twins::rows(x, columns), twins::view(y));
    tensor::sum_kernel.reference<float>()(twins::rows(x, columns), twins::view(expected));
    CAPTURE(columns);
    twins::check_close(y, expected, 1e-6, 1e-6);
  }
  const Floats ones(20'000'000, 0.1F);
  Floats total(1);
  fast::sum(twins::rows(ones, 20'000'000), twins::view(total));
  twins::check_close(total, Floats{2'000'000.03F}, 1e-6, 0);
  fast::sum({nullptr, {1, 0}}, twins::view(total));
  CHECK(total[0] == 0);
}

TEST_CASE("sum: a long row is the same on any number of threads") {
  const int before = num_threads();
  for (const int64_t n : {32'768, 32'769, 100'001}) {
    const Floats x = twins::uniform(2 * n, -1, 1, 1);
    Floats first(2), y(2), expected(2);
    tensor::sum_kernel.reference<float>()(twins::rows(x, n), twins::view(expected));
    for (const int threads : {1, 2, 3}) {
      CAPTURE(n, threads);
      set_num_threads(threads);
      tensor::sum_kernel.get<float>()(twins::rows(x, n), twins::view(y));
      if (threads == 1) first = y;
      CHECK(y == first);
      twins::check_close(y, expected, 1e-6, 1e-4);
    }
  }
  set_num_threads(before);
}

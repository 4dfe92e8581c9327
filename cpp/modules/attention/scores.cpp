// Scores, their softmax and the weighted sum of values, forward and backward: one head, each
// matrix written out.
#include <cmath>
#include <limits>
#include <vector>

#include "modules/attention/attention.h"

namespace tinytorch::attention {
namespace {

template <class T>
Strided<const T, 2> strided(View<const T, 2> x) {
  return {x.data, {x.sizes[0], x.sizes[1]}, {x.sizes[1], 1}};
}
template <class T>
Strided<const T, 2> transposed(Strided<const T, 2> x) {
  return {x.data, {x.sizes[1], x.sizes[0]}, {x.strides[1], x.strides[0]}};
}

// The transpose of x, copied so that its rows lie together: the kernel walks along those.
template <class T>
class Turned {
 public:
  explicit Turned(Strided<const T, 2> x)
      : memory_(static_cast<size_t>(x.size(0) * x.size(1))), rows_(x.size(1)), columns_(x.size(0)) {
    for (int64_t i = 0; i < columns_; ++i) {
      for (int64_t j = 0; j < rows_; ++j) memory_[static_cast<size_t>(j * columns_ + i)] = x(i, j);
    }
  }
  Strided<const T, 2> view() const { return {memory_.data(), {rows_, columns_}, {columns_, 1}}; }

 private:
  std::vector<T> memory_;
  int64_t rows_, columns_;
};

}  // namespace

template <class T>
void scores(Strided<const T, 2> q, Strided<const T, 2> k, double scale, View<T, 2> scores) {
  // TASK attention.scores (3 points): how well does each query fit each key? The product of q with
  // the transpose of k, for which tensor has a kernel; and the scale.
  tensor::matmul_kernel.get<T>()(q, Turned<T>(k).view(), scores);
  for (int64_t i = 0; i < scores.size(0); ++i) {
    for (int64_t j = 0; j < scores.size(1); ++j) scores(i, j) *= static_cast<T>(scale);
  }
  // END TASK
}

template <class T>
void mask(Strided<const T, 2> bias, bool causal, View<T, 2> scores) {
  // TASK attention.mask (2 points): what must not be seen gets a score of minus infinity.
  const T never = -std::numeric_limits<T>::infinity();
  for (int64_t i = 0; i < scores.size(0); ++i) {
    for (int64_t j = 0; j < scores.size(1); ++j) {
      if (bias.size(0) > 0) scores(i, j) += bias(i, j);
      if (causal && j > i) scores(i, j) = never;
    }
  }
  // END TASK
}

template <class T>
void softmax(View<T, 2> scores, View<T, 1> log_total) {
  // TASK attention.softmax (4 points): as ever with the maximum taken off first; but a row may be
  // masked from end to end.
  const T never = -std::numeric_limits<T>::infinity();
  for (int64_t i = 0; i < scores.size(0); ++i) {
    T top = never, total = 0;
    for (int64_t j = 0; j < scores.size(1); ++j) {
      if (!(scores(i, j) <= top)) top = scores(i, j);
    }
    const T shift = top == never ? 0 : top;
    for (int64_t j = 0; j < scores.size(1); ++j) {
      total += scores(i, j) = std::exp(scores(i, j) - shift);
    }
    for (int64_t j = 0; j < scores.size(1) && total != 0; ++j) scores(i, j) /= total;
    log_total(i) = total == 0 ? never : shift + std::log(total);
  }
  // END TASK
}

template <class T>
void weighted_sum(View<const T, 2> p, Strided<const T, 2> v, View<T, 2> y) {
  // TASK attention.weighted_sum (2 points): another matrix product.
  tensor::matmul_kernel.get<T>()(strided<T>(p), v, y);
  // END TASK
}

template <class T>
void weighted_sum_backward(Strided<const T, 2> grad, View<const T, 2> p, Strided<const T, 2> v,
                           View<T, 2> grad_p, View<T, 2> grad_v) {
  // TASK attention.weighted_sum_backward (3 points): the two gradients of a product; transposed
  // swaps sizes and strides, Turned copies.
  tensor::matmul_kernel.get<T>()(grad, Turned<T>(v).view(), grad_p);
  tensor::matmul_kernel.get<T>()(transposed<T>(strided<T>(p)), grad, grad_v);
  // END TASK
}

template <class T>
void softmax_backward(View<const T, 2> p, View<T, 2> grad) {
  // TASK attention.softmax_backward (3 points): row by row; a weight can only grow at the expense
  // of the others.
  for (int64_t i = 0; i < p.size(0); ++i) {
    T dot = 0;
    for (int64_t j = 0; j < p.size(1); ++j) dot += p(i, j) * grad(i, j);
    for (int64_t j = 0; j < p.size(1); ++j) grad(i, j) = p(i, j) * (grad(i, j) - dot);
  }
  // END TASK
}

template <class T>
void scores_backward(View<const T, 2> grad, Strided<const T, 2> q, Strided<const T, 2> k,
                     double scale, View<T, 2> grad_q, View<T, 2> grad_k) {
  // TASK attention.scores_backward (3 points): products again, and the scale on both.
  tensor::matmul_kernel.get<T>()(strided<T>(grad), k, grad_q);
  tensor::matmul_kernel.get<T>()(transposed<T>(strided<T>(grad)), q, grad_k);
  for (int64_t e = 0; e < grad_q.size(1); ++e) {
    for (int64_t i = 0; i < grad_q.size(0); ++i) grad_q(i, e) *= static_cast<T>(scale);
    for (int64_t j = 0; j < grad_k.size(0); ++j) grad_k(j, e) *= static_cast<T>(scale);
  }
  // END TASK
}

#define TINYTORCH_SCORES(T)                                                                    \
  template void scores<T>(Strided<const T, 2>, Strided<const T, 2>, double, View<T, 2>);       \
  template void mask<T>(Strided<const T, 2>, bool, View<T, 2>);                                \
  template void softmax<T>(View<T, 2>, View<T, 1>);                                            \
  template void weighted_sum<T>(View<const T, 2>, Strided<const T, 2>, View<T, 2>);            \
  template void weighted_sum_backward<T>(Strided<const T, 2>, View<const T, 2>,                \
                                         Strided<const T, 2>, View<T, 2>, View<T, 2>);         \
  template void softmax_backward<T>(View<const T, 2>, View<T, 2>);                             \
  template void scores_backward<T>(View<const T, 2>, Strided<const T, 2>, Strided<const T, 2>, \
                                   double, View<T, 2>, View<T, 2>);
TINYTORCH_SCORES(float)
TINYTORCH_SCORES(double)
#undef TINYTORCH_SCORES

}  // namespace tinytorch::attention

// Attention on tensors: one head after another, or several at once on threads.
#include <array>
#include <cmath>
#include <vector>

#include "core/parallel.h"
#include "modules/attention/attention.h"

namespace tinytorch {
namespace attention {
namespace {

// A matrix of its own memory.
template <class T>
class Matrix {
 public:
  Matrix(int64_t rows, int64_t columns)
      : memory_(static_cast<size_t>(rows * columns)), rows_(rows), columns_(columns) {}
  View<T, 2> view() { return {memory_.data(), {rows_, columns_}}; }
  void copy_to(Strided<T, 2> to) {
    const View<T, 2> from = view();
    for (int64_t i = 0; i < rows_; ++i) {
      for (int64_t j = 0; j < columns_; ++j) to(i, j) = from(i, j);
    }
  }

 private:
  std::vector<T> memory_;
  int64_t rows_, columns_;
};

template <class T>
void probabilities(const Head<T>& head, View<T, 2> p, View<T, 1> log_total) {
  scores<T>(head.q, head.k, head.scale, p);
  if (head.causal || head.bias.size(0) > 0) mask<T>(head.bias, head.causal, p);
  softmax<T>(p, log_total);
}

// What dropout makes of weights, or of their gradient.
template <class T>
void thin(const Head<T>& head, View<T, 2> p) {
  const T boost = static_cast<T>(head.boost);
  for (int64_t i = 0; i < head.kept.size(0); ++i) {
    for (int64_t j = 0; j < head.kept.size(1); ++j) p(i, j) *= head.kept(i, j) ? boost : 0;
  }
}

template <class T>
void attend(const Head<T>& head, Strided<T, 2> y, View<T, 1> log_total) {
  Matrix<T> p(head.q.size(0), head.k.size(0)), whole(y.size(0), y.size(1));
  probabilities<T>(head, p.view(), log_total);
  thin<T>(head, p.view());
  weighted_sum<T>(p.view(), head.v, whole.view());
  whole.copy_to(y);
}

// The matrix of weights is computed again rather than kept.
template <class T>
void attend_backward(const Head<T>& head, Strided<const T, 2> grad, Strided<const T, 2>,
                     View<const T, 1>, Strided<T, 2> grad_q, Strided<T, 2> grad_k,
                     Strided<T, 2> grad_v) {
  const int64_t length = head.q.size(0), others = head.k.size(0);
  Matrix<T> p(length, others), grad_p(length, others), total(length, 1);
  Matrix<T> by_q(length, head.q.size(1)), by_k(others, head.k.size(1)),
      by_v(others, head.v.size(1));
  probabilities<T>(head, p.view(), {total.view().data, {length}});
  Matrix<T> thinned = p;
  thin<T>(head, thinned.view());
  weighted_sum_backward<T>(grad, thinned.view(), head.v, grad_p.view(), by_v.view());
  thin<T>(head, grad_p.view());
  softmax_backward<T>(p.view(), grad_p.view());
  scores_backward<T>(grad_p.view(), head.q, head.k, head.scale, by_q.view(), by_k.view());
  by_q.copy_to(grad_q);
  by_k.copy_to(grad_k);
  by_v.copy_to(grad_v);
}

Shape leading(const Tensor& x) { return Shape(x.shape().begin(), x.shape().end() - 2); }

Shape with_last(const Shape& lead, int64_t rows, int64_t columns) {
  Shape shape = lead;
  shape.push_back(rows);
  shape.push_back(columns);
  return shape;
}

// Where matrix number n of a tensor (lead..., rows, columns) begins.
int64_t start_of(const Tensor& x, int64_t n) {
  int64_t offset = 0;
  for (int64_t d = x.dim() - 3; d >= 0; --d) {
    offset += n % x.shape()[d] * x.strides()[d];
    n /= x.shape()[d];
  }
  return offset;
}

template <class T>
Strided<T, 2> matrix(const Tensor& x, int64_t n) {
  if (!x.defined()) return {nullptr, {0, 0}, {0, 0}};
  const int64_t row = x.dim() - 2;
  return {x.data<std::remove_const_t<T>>() + start_of(x, n),
          {x.shape()[row], x.shape()[row + 1]},
          {x.strides()[row], x.strides()[row + 1]}};
}

// Memory for what is written: in x's own order where that keeps rows together, else row-major.
Tensor empty_beside(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) {
    const Tensor y = empty_as(x, x.dtype());
    if (y.strides().back() == 1 || y.shape().back() == 1) return y;
  }
  return empty(shape, x.dtype());
}

// The operands stretched to their common leading dims.
struct Problem {
  Problem(const char* operation, const Tensor& query, const Tensor& key, const Tensor& value,
          const Tensor& added, const Thinning& thinning)
      : kept(thinning.kept), boost(thinning.boost) {
    check(query.dim() >= 2 && key.dim() >= 2 && value.dim() >= 2, operation,
          ": expected query, key and value of at least 2 dims, got shapes ", query.shape(), ", ",
          key.shape(), " and ", value.shape());
    check(query.dtype() == key.dtype() && key.dtype() == value.dtype(), operation,
          ": expected query, key and value of one dtype, got ", query.dtype(), ", ", key.dtype(),
          " and ", value.dtype());
    check(query.size(-1) == key.size(-1), operation,
          ": expected query and key of one width, got shapes ", query.shape(), " and ",
          key.shape());
    check(key.size(-2) == value.size(-2), operation,
          ": expected as many values as keys, got shapes ", key.shape(), " and ", value.shape());
    length = query.size(-2);
    others = key.size(-2);
    lead = tensor::broadcast_shapes(
        operation, tensor::broadcast_shapes(operation, leading(query), leading(key)),
        leading(value));
    q = expand(query, with_last(lead, length, query.size(-1)));
    k = expand(key, with_last(lead, others, key.size(-1)));
    v = expand(value, with_last(lead, others, value.size(-1)));
    count = numel(lead);
    if (!added.defined() && !kept.defined()) return;
    const Shape whole = with_last(lead, length, others);
    if (added.defined()) {
      check(added.dtype() == query.dtype(), operation, ": expected a bias of query's dtype ",
            query.dtype(), ", got ", added.dtype());
      check(tensor::broadcast_shapes(operation, added.shape(), whole) == whole, operation,
            ": expected a mask that broadcasts to ", whole, ", got ", added.shape());
      if (numel(whole) > 0) bias = expand(added, whole);
    }
    check(!kept.defined() || (kept.dtype() == DType::kBool && kept.shape() == whole), operation,
          ": expected what is kept as bool of shape ", whole, ", got ", kept.shape(), " of ",
          kept.dtype());
    if (numel(whole) == 0) kept = Tensor();
  }

  template <class T>
  Head<T> head(int64_t n, bool causal, double scale) const {
    return {matrix<const T>(q, n),
            matrix<const T>(k, n),
            matrix<const T>(v, n),
            matrix<const T>(bias, n),
            causal,
            scale,
            matrix<const bool>(kept, n),
            boost};
  }
  /// body(n) for every head; threads share them when there is enough to do.
  template <class F>
  void each_head(F body) const {
    const int64_t work = std::max<int64_t>(1, length * others * (q.size(-1) + v.size(-1)));
    parallel_for(0, count, std::max<int64_t>(1, 65536 / work), [&](int64_t first, int64_t last) {
      for (int64_t n = first; n < last; ++n) body(n);
    });
  }

  Tensor q, k, v, bias, kept;
  double boost;
  Shape lead;
  int64_t length = 0, others = 0, count = 0;
};

}  // namespace

Kernel<Attend> attend_kernel("attention.attend", attend<float>, attend<double>);
Kernel<AttendBackward> attend_backward_kernel("attention.attend_backward", attend_backward<float>,
                                              attend_backward<double>);

}  // namespace attention

Attended attend(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& bias, bool causal,
                double scale, const Thinning& thinning) {
  const attention::Problem all("attend", q, k, v, bias, thinning);
  const Shape shape = attention::with_last(all.lead, all.length, v.size(-1));
  const Tensor y =
      q.size(-1) == v.size(-1) ? attention::empty_beside(q, shape) : empty(shape, q.dtype());
  Shape rows = all.lead;
  rows.push_back(all.length);
  const Tensor log_total = empty(rows, q.dtype());
  dispatch_floating("attend", q.dtype(), [&]<class T>() {
    const auto run = attention::attend_kernel.get<T>();
    all.each_head([&](int64_t n) {
      run(all.head<T>(n, causal, scale), attention::matrix<T>(y, n),
          {log_total.data<T>() + n * all.length, {all.length}});
    });
  });
  return {y, log_total};
}

AttentionGradients attend_backward(const Tensor& grad, const Tensor& q, const Tensor& k,
                                   const Tensor& v, const Tensor& bias, bool causal, double scale,
                                   const Attended& attended, const Thinning& thinning) {
  const attention::Problem all("attend_backward", q, k, v, bias, thinning);
  const Tensor& y = attended.y;
  check(grad.shape() == y.shape() && grad.dtype() == q.dtype(),
        "attend_backward: expected grad like y ", y.shape(), " of ", q.dtype(), ", got ",
        grad.shape(), " of ", grad.dtype());
  const Tensor total = contiguous(attended.log_total);
  const Tensor by_q = attention::empty_beside(q, all.q.shape());
  const Tensor by_k = attention::empty_beside(k, all.k.shape());
  const Tensor by_v = attention::empty_beside(v, all.v.shape());
  dispatch_floating("attend_backward", q.dtype(), [&]<class T>() {
    const auto run = attention::attend_backward_kernel.get<T>();
    all.each_head([&](int64_t n) {
      run(all.head<T>(n, causal, scale), attention::matrix<const T>(grad, n),
          attention::matrix<const T>(y, n), {total.data<T>() + n * all.length, {all.length}},
          attention::matrix<T>(by_q, n), attention::matrix<T>(by_k, n),
          attention::matrix<T>(by_v, n));
    });
  });
  return {sum_to(by_q, q.shape()), sum_to(by_k, k.shape()), sum_to(by_v, v.shape())};
}

}  // namespace tinytorch

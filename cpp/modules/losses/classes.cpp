// Losses of class scores on tensors: find the classes' dim, check the targets, weigh, reduce.
#include "modules/losses/reduce.h"

namespace tinytorch {
namespace losses {
namespace {

// (N, C, ...) with the classes last, as (rows, C); (C,) as one row.
Tensor rows_of(const Tensor& x) {
  if (x.dim() <= 2) return contiguous(x.dim() == 1 ? unsqueeze(x, 0) : x);
  Dims order{0};
  for (int64_t d = 2; d < x.dim(); ++d) order.push_back(d);
  order.push_back(1);
  const Tensor last = contiguous(permute(x, order));
  return view(last, {last.numel() / x.shape()[1], x.shape()[1]});
}

// The inverse, for rows of an x of this shape.
Tensor rows_back(const Tensor& rows, const Shape& shape) {
  if (shape.size() <= 2) return view(rows, shape);
  Dims order{0, shape.size() - 1};
  for (int64_t d = 1; d < shape.size() - 1; ++d) order.push_back(d);
  Shape last = shape;
  last.erase(1);
  last.push_back(shape[1]);
  return permute(view(rows, last), order);
}

int64_t classes_of(const Shape& shape) { return shape[shape.size() == 1 ? 0 : 1]; }

// The shape of the single losses.
Shape without_classes(const Shape& shape) {
  Shape rest = shape;
  rest.erase(shape.size() == 1 ? 0 : 1);
  return rest;
}

void check_operands(const char* operation, const Tensor& x, const ClassOptions& options) {
  check(x.dim() > 0, operation, ": expected x of shape (N, C, ...) or (C,), got ", x.shape());
  check<NotImplemented>(is_floating(x.dtype()), operation, ": expected a floating dtype, got ",
                        x.dtype());
  const int64_t classes = classes_of(x.shape());
  check(classes > 0, operation, ": expected at least one class, got x of shape ", x.shape());
  check(options.label_smoothing >= 0 && options.label_smoothing <= 1, operation,
        ": expected label_smoothing in [0, 1], got ", options.label_smoothing);
  if (!options.weight.defined()) return;
  check(options.weight.shape() == Shape{classes} && options.weight.dtype() == x.dtype(), operation,
        ": expected weight of shape (C,) = (", classes, ",) and ", x.dtype(), ", got ",
        options.weight.shape(), " of ", options.weight.dtype());
}

// Class targets as the kernels want them: (N,) in [0, C), and a weight for each, 0 where ignored.
struct Targets {
  Tensor classes, weight;
};

template <class T>
Targets check_targets(const char* operation, const Tensor& x, const Tensor& target,
                      const ClassOptions& options) {
  check(target.dtype() == DType::kInt64 || target.dtype() == DType::kUInt8, operation,
        ": expected target of int64 or uint8, got ", target.dtype());
  const Shape shape = without_classes(x.shape());
  check<ValueError>(shape.empty() || (target.dim() > 0 && target.shape()[0] == shape[0]), operation,
                    ": expected as many targets as x has rows, got x ", x.shape(), " and target ",
                    target.shape());
  check(target.shape() == shape, operation, ": expected target of shape ", shape, " for x ",
        x.shape(), ", got ", target.shape());
  const int64_t count = target.numel(), classes = classes_of(x.shape());
  Targets rows{empty({count}, DType::kInt64), empty({count}, x.dtype())};
  const Tensor given = contiguous(to(target, DType::kInt64)), factors = contiguous(options.weight);
  const View<const int64_t, 1> from = given.flat<const int64_t>();
  const View<int64_t, 1> to_class = rows.classes.flat<int64_t>();
  const View<T, 1> weight = rows.weight.flat<T>();
  for (int64_t n = 0; n < count; ++n) {
    const bool ignored = from(n) == options.ignore_index;
    check<IndexError>(ignored || (from(n) >= 0 && from(n) < classes), operation,
                      ": expected targets in [0, ", classes, ") or ", options.ignore_index,
                      " to ignore, got ", from(n), " at position ", n);
    to_class(n) = ignored ? 0 : from(n);
    weight(n) = ignored ? 0 : factors.defined() ? factors.data<T>()[to_class(n)] : 1;
  }
  return rows;
}

Tensor reduce(const Tensor& loss, const Shape& shape, const Tensor& weight, Reduction reduction) {
  if (reduction == Reduction::kNone) return view(loss, shape);
  const Tensor total = sum(loss);
  if (reduction == Reduction::kSum) return total;
  return weight.defined() ? total / sum(weight) : total / Scalar(static_cast<double>(loss.numel()));
}

// The gradient by the single losses: one element, or one a row.
Tensor before_reduction(const char* operation, const Tensor& grad, const Tensor& x,
                        const Tensor& weight, Reduction reduction) {
  const Shape shape = without_classes(x.shape());
  check_grad(operation, grad, shape, x.dtype(), reduction);
  if (reduction == Reduction::kSum) return grad;
  if (reduction == Reduction::kNone) return contiguous(grad);
  return weight.defined() ? grad / sum(weight) : grad / Scalar(static_cast<double>(numel(shape)));
}

template <class Run>
void for_row_blocks(const Tensor& rows, Run run) {
  parallel_for(0, rows.shape()[0], std::max<int64_t>(1, kGrain / rows.shape()[1]), run);
}

// Targets that are a distribution over the classes, given so or smoothed. The share q[n, c] of each
// class holds the class's weight; the loss is -sum_c q[n, c] log softmax(x)[n, c].
bool is_distribution(const Tensor& x, const Tensor& target, const ClassOptions& options) {
  return target.shape() == x.shape() || options.label_smoothing > 0;
}

struct Shares {
  Tensor q;       // (N, C)
  Tensor weight;  // (N,), or undefined: every row counts 1
};

template <class T>
Shares shares_of(const char* operation, const Tensor& x, const Tensor& target,
                 const ClassOptions& options) {
  const int64_t classes = classes_of(x.shape());
  const T rest = static_cast<T>(options.label_smoothing / static_cast<double>(classes));
  const T main = static_cast<T>(1 - options.label_smoothing);
  const Tensor factors =
      options.weight.defined() ? contiguous(options.weight) : ones({classes}, x.dtype());
  const View<const T, 1> factor = factors.flat<const T>();
  Tensor shares = empty({x.numel() / classes, classes}, x.dtype());
  const View<T, 2> q = shares.view<T, 2>();
  if (target.shape() == x.shape()) {
    check(target.dtype() == x.dtype(), operation, ": expected probabilities of x's dtype ",
          x.dtype(), ", got target of ", target.dtype());
    const Tensor given = rows_of(target);
    const View<const T, 2> p = given.view<const T, 2>();
    for (int64_t n = 0; n < q.size(0); ++n) {
      for (int64_t c = 0; c < classes; ++c) q(n, c) = factor(c) * (main * p(n, c) + rest);
    }
    return {shares, {}};
  }
  const Targets rows = check_targets<T>(operation, x, target, options);
  const Tensor given = contiguous(to(target, DType::kInt64));
  const View<const int64_t, 1> to_class = rows.classes.flat<const int64_t>();
  for (int64_t n = 0; n < q.size(0); ++n) {
    const bool ignored = given.flat<const int64_t>()(n) == options.ignore_index;
    for (int64_t c = 0; c < classes; ++c) q(n, c) = ignored ? 0 : factor(c) * rest;
    if (!ignored) q(n, to_class(n)) += factor(to_class(n)) * main;
  }
  return {shares, rows.weight};
}

// A class of share 0 adds nothing, whatever its logarithm.
template <class T>
void distribution_loss(View<const T, 2> log_softmax, View<const T, 2> q, View<T, 1> loss) {
  for (int64_t n = 0; n < q.size(0); ++n) {
    loss(n) = 0;
    for (int64_t c = 0; c < q.size(1); ++c) {
      if (q(n, c) != 0) loss(n) -= q(n, c) * log_softmax(n, c);
    }
  }
}

template <class T>
void distribution_backward(Strided<const T, 1> grad, View<const T, 2> y, View<const T, 2> q,
                           View<T, 2> grad_x) {
  for (int64_t n = 0; n < q.size(0); ++n) {
    T total = 0;
    for (int64_t c = 0; c < q.size(1); ++c) total += q(n, c);
    for (int64_t c = 0; c < q.size(1); ++c) {
      grad_x(n, c) = total == 0 ? 0 : grad(n) * (total * y(n, c) - q(n, c));
    }
  }
}

}  // namespace
}  // namespace losses

Tensor nll(const Tensor& x, const Tensor& target, const ClassOptions& options) {
  losses::check_operands("nll", x, options);
  const Tensor in = losses::rows_of(x);
  return dispatch_floating("nll", x.dtype(), [&]<class T>() {
    const losses::Targets rows = losses::check_targets<T>("nll", x, target, options);
    Tensor loss = empty({in.shape()[0]}, x.dtype());
    losses::nll_kernel.get<T>()(in.view<const T, 2>(), rows.classes.flat<const int64_t>(),
                                rows.weight.flat<const T>(), loss.flat<T>());
    return losses::reduce(loss, losses::without_classes(x.shape()), rows.weight, options.reduction);
  });
}

Tensor nll_backward(const Tensor& grad, const Tensor& x, const Tensor& target,
                    const ClassOptions& options) {
  losses::check_operands("nll_backward", x, options);
  return dispatch_floating("nll_backward", x.dtype(), [&]<class T>() {
    const losses::Targets rows = losses::check_targets<T>("nll_backward", x, target, options);
    const Tensor scale =
        losses::before_reduction("nll_backward", grad, x, rows.weight, options.reduction);
    const int64_t count = rows.classes.numel();
    Tensor grad_x = empty({count, losses::classes_of(x.shape())}, x.dtype());
    losses::nll_backward_kernel.get<T>()(losses::each<T>(scale, count),
                                         rows.classes.flat<const int64_t>(),
                                         rows.weight.flat<const T>(), grad_x.view<T, 2>());
    return losses::rows_back(grad_x, x.shape());
  });
}

CrossEntropyResult cross_entropy(const Tensor& x, const Tensor& target,
                                 const ClassOptions& options) {
  const char* operation = "cross_entropy";
  losses::check_operands(operation, x, options);
  const Tensor in = losses::rows_of(x);
  const Shape shape = losses::without_classes(x.shape());
  Tensor loss = empty({in.shape()[0]}, x.dtype());
  return dispatch_floating(operation, x.dtype(), [&]<class T>() -> CrossEntropyResult {
    const View<T, 1> to = loss.flat<T>();
    if (losses::is_distribution(x, target, options)) {
      const losses::Shares shares = losses::shares_of<T>(operation, x, target, options);
      const Tensor logs = log_softmax(in, 1);
      losses::distribution_loss(logs.view<const T, 2>(), shares.q.view<const T, 2>(), to);
      return {losses::reduce(loss, shape, shares.weight, options.reduction),
              losses::rows_back(exp(logs), x.shape())};
    }
    const losses::Targets rows = losses::check_targets<T>(operation, x, target, options);
    Tensor softmax = empty_like(in);
    const auto run = losses::cross_entropy_kernel.get<T>();
    const View<const T, 2> from = in.view<const T, 2>();
    const View<const int64_t, 1> classes = rows.classes.flat<const int64_t>();
    const View<const T, 1> weight = rows.weight.flat<const T>();
    const View<T, 2> y = softmax.view<T, 2>();
    losses::for_row_blocks(in, [&](int64_t first, int64_t last) {
      run(losses::part(from, first, last), losses::part(classes, first, last),
          losses::part(weight, first, last), losses::part(y, first, last),
          losses::part(to, first, last));
    });
    return {losses::reduce(loss, shape, rows.weight, options.reduction),
            losses::rows_back(softmax, x.shape())};
  });
}

Tensor cross_entropy_backward(const Tensor& grad, const Tensor& softmax, const Tensor& target,
                              const ClassOptions& options) {
  const char* operation = "cross_entropy_backward";
  losses::check_operands(operation, softmax, options);
  const Tensor saved = losses::rows_of(softmax);
  Tensor grad_x = empty_like(saved);
  dispatch_floating(operation, softmax.dtype(), [&]<class T>() {
    const View<const T, 2> y = saved.view<const T, 2>();
    const View<T, 2> to = grad_x.view<T, 2>();
    if (losses::is_distribution(softmax, target, options)) {
      const losses::Shares shares = losses::shares_of<T>(operation, softmax, target, options);
      const Tensor scale =
          losses::before_reduction(operation, grad, softmax, shares.weight, options.reduction);
      losses::distribution_backward(losses::each<T>(scale, y.size(0)), y,
                                    shares.q.view<const T, 2>(), to);
      return;
    }
    const losses::Targets rows = losses::check_targets<T>(operation, softmax, target, options);
    const Tensor scale_by_row =
        losses::before_reduction(operation, grad, softmax, rows.weight, options.reduction);
    const auto run = losses::cross_entropy_backward_kernel.get<T>();
    const Strided<const T, 1> scale = losses::each<T>(scale_by_row, y.size(0));
    const View<const int64_t, 1> classes = rows.classes.flat<const int64_t>();
    const View<const T, 1> weight = rows.weight.flat<const T>();
    losses::for_row_blocks(saved, [&](int64_t first, int64_t last) {
      run(losses::part(scale, first, last), losses::part(y, first, last),
          losses::part(classes, first, last), losses::part(weight, first, last),
          losses::part(to, first, last));
    });
  });
  return losses::rows_back(grad_x, softmax.shape());
}

}  // namespace tinytorch

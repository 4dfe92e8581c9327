// Scans along lines, each beside its gradient.
#include "extra/scan.h"

#include <cmath>

#include "extra/lines.h"
#include "extra/ordering.h"

namespace tinytorch {
namespace {

// scan(x, y) for every line of x and of a fresh y of dtype Y, both row-major.
template <class X, class Y, class Scan>
Tensor scan_lines(const char* operation, const Tensor& x, int64_t dim, Scan scan) {
  const Lines lines(operation, x.shape(), dim);
  Tensor y = empty(x.shape(), dtype_of<Y>);
  lines.each_range([&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i)
      scan(lines.of(static_cast<const X*>(x.data<X>()), i), lines.of(y.data<Y>(), i));
  });
  return y;
}

// Integers wrap; numbers are accumulated in double.
template <class T>
using Total = std::conditional_t<std::is_floating_point_v<T>, double, uint64_t>;

// f(a[j], b[j], total) from the line's first element to its last, or `backward` from the last to
// the first; y[j] is what it leaves.
template <class F>
Tensor fold_lines(const char* operation, const Tensor& x, int64_t dim, double initial,
                  bool backward, F f) {
  return dispatch(x.dtype(), [&]<class T>() {
    return scan_lines<T, T>(operation, x, dim, [=](auto in, auto out) {
      auto total = static_cast<Total<T>>(initial);
      for (int64_t k = 0; k < in.size(0); ++k) {
        const int64_t j = backward ? in.size(0) - 1 - k : k;
        f(total, static_cast<Total<T>>(in(j)));
        out(j) = static_cast<T>(total);
      }
    });
  });
}

Tensor running_sum(const Tensor& x, int64_t dim, bool backward) {
  const Tensor y = fold_lines("cumsum", contiguous(widened(x)), dim, 0, backward,
                              [](auto& total, auto value) { total += value; });
  return to(y, x.dtype());
}

Tensor running_product(const Tensor& x, int64_t dim) {
  const Tensor y = fold_lines("cumprod", contiguous(widened(x)), dim, 1, false,
                              [](auto& total, auto value) { total *= value; });
  return to(y, x.dtype());
}

// grad_x[i] = (x[0] ... x[i-1]) * (grad[i] + x[i+1] * (grad[i+1] + x[i+2] * (...))).
Tensor cumprod_backward(const Tensor& grad, const Tensor& input, int64_t dim) {
  const Tensor x = contiguous(widened(input)), from = contiguous(to(grad, x.dtype()));
  const Lines lines("cumprod", x.shape(), dim);
  const Tensor y = empty_like(x);
  dispatch_floating("cumprod", x.dtype(), [&]<class T>() {
    lines.each_range([&](int64_t first, int64_t last) {
      std::vector<double> before(lines.size);
      for (int64_t i = first; i < last; ++i) {
        const auto in = lines.of(x.data<T>(), i), g = lines.of(from.data<T>(), i);
        const auto out = lines.of(y.data<T>(), i);
        double product = 1, after = 0;
        for (int64_t j = 0; j < lines.size; product *= in(j++)) before[j] = product;
        for (int64_t j = lines.size - 1; j >= 0; --j) {
          after = g(j) + (j + 1 < lines.size && after != 0 ? in(j + 1) * after : 0);
          out(j) = static_cast<T>(before[j] * after);
        }
      }
    });
  });
  return to(y, input.dtype());
}

// log(exp(a) + exp(b)), NaN from NaN.
double log_add_exp(double a, double b) {
  if (a != a || b != b) return a + b;
  const double low = std::min(a, b), high = std::max(a, b);
  if (low == high && std::isinf(low)) return low;
  return high + std::log1p(std::exp(low - high));
}

Tensor log_running_sum(const Tensor& input, int64_t dim) {
  const Tensor x = contiguous(widened(input));
  check<NotImplemented>(is_floating(x.dtype()), "logcumsumexp: expected a floating dtype, got ",
                        x.dtype());
  const Tensor y = dispatch_floating("logcumsumexp", x.dtype(), [&]<class T>() {
    return scan_lines<T, T>("logcumsumexp", x, dim, [](auto in, auto out) {
      double total = -std::numeric_limits<double>::infinity();
      for (int64_t j = 0; j < in.size(0); ++j)
        out(j) = static_cast<T>(total = log_add_exp(total, static_cast<double>(in(j))));
    });
  });
  return to(y, input.dtype());
}

// grad_x[i] = exp(x[i] - y[i]) * (grad[i] + exp(y[i] - y[i+1]) * (grad[i+1] + ...)): no exponent is
// above 0, because y never falls.
Tensor logcumsumexp_backward(const Tensor& grad, const Tensor& input, const Tensor& output,
                             int64_t dim) {
  const Tensor x = contiguous(widened(input)), y = contiguous(to(output, x.dtype()));
  const Tensor from = contiguous(to(grad, x.dtype())), result = empty_like(x);
  const Lines lines("logcumsumexp", x.shape(), dim);
  dispatch_floating("logcumsumexp", x.dtype(), [&]<class T>() {
    lines.each_range([&](int64_t first, int64_t last) {
      const auto share = [](double part, double whole) {
        return part == whole ? 1.0 : std::exp(part - whole);
      };
      for (int64_t i = first; i < last; ++i) {
        const auto in = lines.of(x.data<T>(), i), all = lines.of(y.data<T>(), i);
        const auto g = lines.of(from.data<T>(), i), out = lines.of(result.data<T>(), i);
        double after = 0;
        for (int64_t j = lines.size - 1; j >= 0; --j) {
          after = g(j) + (j + 1 < lines.size ? share(all(j), all(j + 1)) * after : 0);
          out(j) =
              static_cast<T>(std::isinf(in(j)) && in(j) < 0 ? 0.0 : share(in(j), all(j)) * after);
        }
      }
    });
  });
  return to(result, input.dtype());
}

DType summed(const Variable& x, std::optional<DType> dtype) {
  return dtype.value_or(is_floating(x.dtype()) ? x.dtype() : DType::kInt64);
}

}  // namespace

Variable cumsum(const Variable& input, int64_t dim, std::optional<DType> dtype) {
  const Variable x = to(input, summed(input, dtype));
  return record("CumsumBackward0", running_sum(x.data(), dim, false), saving(dim),
                by(x, [](auto& grad, auto& dim) { return running_sum(grad, dim, true); }));
}

Variable cumprod(const Variable& input, int64_t dim, std::optional<DType> dtype) {
  const Variable x = to(input, summed(input, dtype));
  return record(
      "CumprodBackward0", running_product(x.data(), dim), saving(x, dim),
      by(x, [](auto& grad, auto& x, auto& dim) { return cumprod_backward(grad, x, dim); }));
}

Variable logcumsumexp(const Variable& x, int64_t dim) {
  return record("LogcumsumexpBackward0", log_running_sum(x.data(), dim), saving(x, kOutput, dim),
                by(x, [](auto& grad, auto& x, auto& y, auto& dim) {
                  return logcumsumexp_backward(grad, x, y, dim);
                }));
}

std::pair<Variable, Tensor> cumulative_extremum(const Variable& x, int64_t dim, bool largest) {
  const Tensor in = contiguous(widened(x.data()));
  const char* operation = largest ? "cummax" : "cummin";
  Tensor positions = dispatch(in.dtype(), [&]<class T>() {
    return scan_lines<T, int64_t>(operation, in, dim, [largest](auto line, auto out) {
      int64_t best = 0;
      for (int64_t j = 0; j < line.size(0); ++j) {
        const T value = line(j), so_far = line(best);
        const bool better = largest ? value >= so_far : value <= so_far;
        if (value != value || (so_far == so_far && better)) best = j;
        out(j) = best;
      }
    });
  });
  return {taken(largest ? "CummaxBackward0" : "CumminBackward0", x, dim, positions), positions};
}

Variable logsumexp(const Variable& input, const Dims& dims, bool keepdim) {
  const Variable x = is_floating(input.dtype()) ? input : to(input, default_dtype());
  const auto over = [&](const Tensor& whole, bool keep) {
    if (whole.numel() == 0) return log(sum(whole, dims, keep));
    const Tensor top = amax(whole, dims, true);
    const Tensor finite = where(unary(UnaryOp::kIsInf, top), scalar_tensor(0, top.dtype()), top);
    const Tensor y = log(sum(exp(whole - finite), dims, true)) + finite;
    return keep ? y : reshape(y, sum(whole, dims, false).shape());
  };
  return record("LogsumexpBackward0", over(x.data(), keepdim), saving(x, kOutput, dims),
                by(x, [](auto& grad, auto& x, auto& y, auto& dims) {
                  Shape kept = x.shape();
                  for (const int64_t dim : dims)
                    if (!kept.empty()) kept[wrap_dim("logsumexp", dim, kept.size())] = 1;
                  if (dims.empty()) kept = Shape(kept.size(), 1);
                  const Tensor total = reshape(y, kept);
                  // Where all are -inf, no share is theirs.
                  const Tensor none = unary(UnaryOp::kIsInf, total);
                  const Tensor shift = where(none, scalar_tensor(0, total.dtype()), total);
                  return reshape(grad, kept) * exp(x - shift);
                }));
}

}  // namespace tinytorch

// Each loss of pairs beside its two slopes; the margin losses with the slopes of a whole row.
#include "extra/losses.h"

#include <cmath>

#include "extra/pointwise.h"

namespace tinytorch {
namespace {

Tensor reduced(const Tensor& losses, Reduction reduction) {
  if (reduction == Reduction::kNone) return losses;
  return reduction == Reduction::kMean ? mean(losses) : sum(losses);
}

// The gradient by the single losses: grad is that by their mean, their sum, or themselves.
Tensor by_each(const Tensor& grad, const Shape& shape, Reduction reduction) {
  if (reduction == Reduction::kNone) return grad;
  if (reduction == Reduction::kSum) return expand(grad, shape);
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return expand(grad / Scalar(static_cast<double>(count)), shape);
}

template <class T>
T sign_of(T x) {
  return static_cast<T>((x > 0) - (x < 0));
}

// --- of pairs: value, and the slopes by x and by t

struct L1 {
  static constexpr const char *kName = "l1_loss", *kNode = "MeanBackward0";
  double unused = 0;
  template <class T>
  T value(T x, T t) const {
    return std::abs(x - t);
  }
  template <class T>
  T slope(T x, T t) const {
    return sign_of(x - t);
  }
  template <class T>
  T target_slope(T x, T t) const {
    return -slope(x, t);
  }
};

struct SmoothL1 {
  static constexpr const char *kName = "smooth_l1_loss", *kNode = "SmoothL1LossBackward0";
  double beta;
  template <class T>
  T value(T x, T t) const {
    const T far = std::abs(x - t), limit = static_cast<T>(beta);
    return far < limit ? T(0.5) * far * far / limit : far - T(0.5) * limit;
  }
  template <class T>
  T slope(T x, T t) const {
    const T d = x - t, limit = static_cast<T>(beta);
    return d <= -limit ? -1 : d >= limit ? 1 : d / limit;
  }
  template <class T>
  T target_slope(T x, T t) const {
    return -slope(x, t);
  }
};

struct Huber {
  static constexpr const char *kName = "huber_loss", *kNode = "HuberLossBackward0";
  double delta;
  template <class T>
  T value(T x, T t) const {
    const T far = std::abs(x - t), limit = static_cast<T>(delta);
    return far < limit ? T(0.5) * far * far : limit * (far - T(0.5) * limit);
  }
  template <class T>
  T slope(T x, T t) const {
    const T d = x - t, limit = static_cast<T>(delta);
    return d <= -limit ? -limit : d >= limit ? limit : d;
  }
  template <class T>
  T target_slope(T x, T t) const {
    return -slope(x, t);
  }
};

struct KlDiv {
  static constexpr const char *kName = "kl_div", *kNode = "SubBackward0";
  double unused = 0;
  template <class T>
  T value(T x, T t) const {
    return (t == 0 ? 0 : t * std::log(t)) - t * x;
  }
  template <class T>
  T slope(T, T t) const {
    return -t;
  }
  template <class T>
  T target_slope(T x, T t) const {
    return t > 0 || std::isnan(t) ? std::log(t) + 1 - x : t < 0 ? std::log(t) : -x;
  }
};

struct KlDivLog {
  static constexpr const char *kName = "kl_div_log", *kNode = "MulBackward0";
  double unused = 0;
  template <class T>
  T value(T x, T t) const {
    return std::exp(t) * (t - x);
  }
  template <class T>
  T slope(T, T t) const {
    return -std::exp(t);
  }
  template <class T>
  T target_slope(T x, T t) const {
    return std::exp(t) * (t - x + 1);
  }
};

struct SoftMargin {
  static constexpr const char *kName = "soft_margin_loss", *kNode = "SoftMarginLossBackward0";
  double unused = 0;
  template <class T>
  T value(T x, T t) const {
    return std::log1p(std::exp(-t * x));
  }
  template <class T>
  T slope(T x, T t) const {
    const T z = std::exp(-t * x);
    return -t * z / (z + 1);
  }
  template <class T>
  T target_slope(T x, T t) const {
    return slope(t, x);
  }
};

template <class Loss>
Variable loss_of_pairs(const Variable& x, const Variable& target, double number,
                       Reduction reduction) {
  const Loss loss{number};
  const auto value = [loss](auto x, auto t) { return loss.value(x, t); };
  return record(
      Loss::kNode, reduced(pointwise(Loss::kName, value, x.data(), target.data()), reduction),
      saving(x, target, loss, reduction),
      by(x,
         [](auto& grad, auto& x, auto& target, auto& loss, auto& reduction) {
           return pointwise(
               Loss::kName, [&](auto grad, auto x, auto t) { return grad * loss.slope(x, t); },
               by_each(grad, x.shape(), reduction), x.get(), target.get());
         }),
      by(target, [](auto& grad, auto& x, auto& target, auto& loss, auto& reduction) {
        return pointwise(
            Loss::kName, [&](auto grad, auto x, auto t) { return grad * loss.target_slope(x, t); },
            by_each(grad, x.shape(), reduction), x.get(), target.get());
      }));
}

template <class Loss>
PairLoss row() {
  return {Loss::kName, loss_of_pairs<Loss>};
}

// --- of rows

void check_class(const char* operation, int64_t label, int64_t classes) {
  check(0 <= label && label < classes, operation, ": target ", label, " is outside the ", classes,
        " classes");
}

// losses: (N).  slopes: (N, C), those of each row's loss by its scores.
Variable record_rows(const char* node, const Variable& x, const Tensor& losses,
                     const Tensor& slopes, Reduction reduction) {
  return record(node, reduced(losses, reduction), saving(slopes, losses, reduction),
                by(x, [](auto& grad, auto& slopes, auto& losses, auto& reduction) {
                  return slopes.get() * unsqueeze(by_each(grad, losses.shape(), reduction), 1);
                }));
}

}  // namespace

const std::vector<PairLoss>& pair_losses() {
  static const std::vector<PairLoss> rows = {row<L1>(),    row<SmoothL1>(), row<Huber>(),
                                             row<KlDiv>(), row<KlDivLog>(), row<SoftMargin>()};
  return rows;
}

Variable multi_margin_loss(const Variable& x, const Tensor& target, int64_t p, double margin,
                           const Tensor& weight, Reduction reduction) {
  const char* operation = "multi_margin_loss";
  check(p == 1 || p == 2, operation, ": expected p of 1 or 2, got ", p);
  check(x.dim() == 2 && target.dim() == 1 && target.size(0) == x.shape()[0], operation,
        ": expected scores (N, C) and classes (N), got ", x.shape(), " and ", target.shape());
  check(target.dtype() == DType::kInt64, operation, ": expected int64 classes, got ",
        target.dtype());
  const int64_t rows = x.shape()[0], classes = x.shape()[1];
  check(!weight.defined() || (weight.shape() == Shape{classes} && weight.dtype() == x.dtype()),
        operation, ": expected a weight for each of the ", classes, " classes, of scores' dtype ",
        x.dtype());
  const Tensor scores = contiguous(x.data()), labels = contiguous(target);
  const Tensor factors = weight.defined() ? contiguous(weight) : weight;
  Tensor losses = empty({rows}, x.dtype()), slopes = zeros({rows, classes}, x.dtype());
  dispatch_floating(operation, x.dtype(), [&]<class T>() {
    const View<const T, 2> score = scores.view<const T, 2>();
    const View<const int64_t, 1> label = labels.view<const int64_t, 1>();
    const View<T, 1> loss = losses.view<T, 1>();
    const View<T, 2> slope = slopes.view<T, 2>();
    for (int64_t i = 0; i < rows; ++i) {
      const int64_t y = label(i);
      check_class(operation, y, classes);
      const T factor = factors.defined() ? factors.view<const T, 1>()(y) : T(1);
      T total = 0;
      for (int64_t j = 0; j < classes; ++j) {
        const T near = static_cast<T>(margin) - score(i, y) + score(i, j);
        if (j == y || !(near > 0)) continue;
        total += factor * (p == 1 ? near : near * near);
        slope(i, j) = factor * (p == 1 ? 1 : 2 * near) / static_cast<T>(classes);
        slope(i, y) -= slope(i, j);
      }
      loss(i) = total / static_cast<T>(classes);
    }
  });
  return record_rows("MultiMarginLossBackward0", x, losses, slopes, reduction);
}

Variable multilabel_margin_loss(const Variable& x, const Tensor& target, Reduction reduction) {
  const char* operation = "multilabel_margin_loss";
  check(x.dim() == 2 && target.shape() == x.shape(), operation,
        ": expected scores and targets of one shape (N, C), got ", x.shape(), " and ",
        target.shape());
  check(target.dtype() == DType::kInt64, operation, ": expected int64 classes, got ",
        target.dtype());
  const int64_t rows = x.shape()[0], classes = x.shape()[1];
  const Tensor scores = contiguous(x.data()), labels = contiguous(target);
  Tensor losses = empty({rows}, x.dtype()), slopes = zeros({rows, classes}, x.dtype());
  dispatch_floating(operation, x.dtype(), [&]<class T>() {
    const View<const T, 2> score = scores.view<const T, 2>();
    const View<const int64_t, 2> label = labels.view<const int64_t, 2>();
    const View<T, 1> loss = losses.view<T, 1>();
    const View<T, 2> slope = slopes.view<T, 2>();
    std::vector<bool> listed(static_cast<size_t>(classes));
    for (int64_t i = 0; i < rows; ++i) {
      int64_t count = 0;
      listed.assign(listed.size(), false);
      while (count < classes && label(i, count) != -1) {
        check_class(operation, label(i, count), classes);
        listed[static_cast<size_t>(label(i, count++))] = true;
      }
      T total = 0;
      for (int64_t k = 0; k < count; ++k) {
        const int64_t y = label(i, k);
        for (int64_t j = 0; j < classes; ++j) {
          const T near = 1 - score(i, y) + score(i, j);
          if (listed[static_cast<size_t>(j)] || !(near > 0)) continue;
          total += near;
          slope(i, j) += 1 / static_cast<T>(classes);
          slope(i, y) -= 1 / static_cast<T>(classes);
        }
      }
      loss(i) = total / static_cast<T>(classes);
    }
  });
  return record_rows("MultilabelMarginLossBackward0", x, losses, slopes, reduction);
}

}  // namespace tinytorch

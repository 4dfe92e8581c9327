// Each curve beside its slope: value(x), and back(grad, x), the gradient by x.
#include "extra/activations.h"

#include <cmath>

#include "extra/pointwise.h"

namespace tinytorch {
namespace {

template <class T>
T sigmoid_of(T x) {
  return 1 / (1 + std::exp(-x));
}

struct LeakyRelu {
  static constexpr const char *kName = "leaky_relu", *kNode = "LeakyReluBackward0";
  double slope;
  template <class T>
  T value(T x) const {
    return x > 0 ? x : x * static_cast<T>(slope);
  }
  template <class T>
  T back(T grad, T x) const {
    return x > 0 ? grad : grad * static_cast<T>(slope);
  }
};

struct Elu {
  static constexpr const char *kName = "elu", *kNode = "EluBackward0";
  double alpha, scale, input_scale;
  template <class T>
  T value(T x) const {
    if (x < 0) return std::expm1(x * static_cast<T>(input_scale)) * static_cast<T>(alpha * scale);
    return x * static_cast<T>(scale);
  }
  template <class T>
  T back(T grad, T x) const {
    if (!(x <= 0)) return grad * static_cast<T>(scale);
    const T inner = static_cast<T>(input_scale);
    return grad * inner * static_cast<T>(alpha * scale) * std::exp(x * inner);
  }
};

struct Silu {
  static constexpr const char *kName = "silu", *kNode = "SiluBackward0";
  template <class T>
  T value(T x) const {
    return x / (1 + std::exp(-x));
  }
  template <class T>
  T back(T grad, T x) const {
    const T s = sigmoid_of(x);
    return grad * s * (1 + x * (1 - s));
  }
};

struct Mish {
  static constexpr const char *kName = "mish", *kNode = "MishBackward0";
  template <class T>
  T value(T x) const {
    return x * std::tanh(std::log1p(std::exp(x)));
  }
  template <class T>
  T back(T grad, T x) const {
    const T t = std::tanh(std::log1p(std::exp(x)));
    return grad * (t + x * sigmoid_of(x) * (1 - t * t));
  }
};

struct Softplus {
  static constexpr const char *kName = "softplus", *kNode = "SoftplusBackward0";
  double beta, threshold;
  template <class T>
  T value(T x) const {
    const T scaled = x * static_cast<T>(beta);
    return scaled > static_cast<T>(threshold) ? x
                                              : std::log1p(std::exp(scaled)) / static_cast<T>(beta);
  }
  template <class T>
  T back(T grad, T x) const {
    const T scaled = x * static_cast<T>(beta), z = std::exp(scaled);
    return scaled > static_cast<T>(threshold) ? grad : grad * z / (z + 1);
  }
};

struct Hardtanh {
  static constexpr const char *kName = "hardtanh", *kNode = "HardtanhBackward0";
  double low, high;
  template <class T>
  T value(T x) const {
    const T raised = x < static_cast<T>(low) ? static_cast<T>(low) : x;
    return raised > static_cast<T>(high) ? static_cast<T>(high) : raised;
  }
  template <class T>
  T back(T grad, T x) const {
    return x <= static_cast<T>(low) || x >= static_cast<T>(high) ? 0 : grad;
  }
};

struct Hardsigmoid {
  static constexpr const char *kName = "hardsigmoid", *kNode = "HardsigmoidBackward0";
  template <class T>
  T value(T x) const {
    return Hardtanh{0, 6}.value(x + 3) / 6;
  }
  template <class T>
  T back(T grad, T x) const {
    return x > -3 && x < 3 ? grad / 6 : 0;
  }
};

struct Hardswish {
  static constexpr const char *kName = "hardswish", *kNode = "HardswishBackward0";
  template <class T>
  T value(T x) const {
    return x * Hardtanh{0, 6}.value(x + 3) / 6;
  }
  template <class T>
  T back(T grad, T x) const {
    if (x <= -3) return 0;
    return x < 3 ? grad * (x / 3 + T(0.5)) : grad;
  }
};

struct Logsigmoid {
  static constexpr const char *kName = "logsigmoid", *kNode = "LogSigmoidBackward0";
  template <class T>
  T value(T x) const {
    return (x > 0 ? 0 : x) - std::log1p(std::exp(-std::abs(x)));
  }
  template <class T>
  T back(T grad, T x) const {
    const T z = std::exp(-std::abs(x));
    return grad * (x < 0 ? 1 - z / (1 + z) : z / (1 + z));
  }
};

struct Softsign {
  static constexpr const char *kName = "softsign", *kNode = "DivBackward0";
  template <class T>
  T value(T x) const {
    return x / (std::abs(x) + 1);
  }
  template <class T>
  T back(T grad, T x) const {
    const T below = std::abs(x) + 1;
    return grad / below * (1 - std::abs(x) / below);
  }
};

struct Tanhshrink {
  static constexpr const char *kName = "tanhshrink", *kNode = "SubBackward0";
  template <class T>
  T value(T x) const {
    return x - std::tanh(x);
  }
  template <class T>
  T back(T grad, T x) const {
    const T t = std::tanh(x);
    return grad - grad * (1 - t * t);
  }
};

struct Softshrink {
  static constexpr const char *kName = "softshrink", *kNode = "SoftshrinkBackward0";
  double lambda;
  template <class T>
  T value(T x) const {
    const T edge = static_cast<T>(lambda);
    return x > edge ? x - edge : x < -edge ? x + edge : x * 0;
  }
  template <class T>
  T back(T grad, T x) const {
    return x >= static_cast<T>(-lambda) && x <= static_cast<T>(lambda) ? 0 : grad;
  }
};

struct Hardshrink {
  static constexpr const char *kName = "hardshrink", *kNode = "HardshrinkBackward0";
  double lambda;
  template <class T>
  T value(T x) const {
    return x >= static_cast<T>(-lambda) && x <= static_cast<T>(lambda) ? 0 : x;
  }
  template <class T>
  T back(T grad, T x) const {
    return value(x) == 0 ? 0 : grad;
  }
};

struct Threshold {
  static constexpr const char *kName = "threshold", *kNode = "ThresholdBackward0";
  double threshold, other;
  template <class T>
  T value(T x) const {
    return x <= static_cast<T>(threshold) ? static_cast<T>(other) : x;
  }
  template <class T>
  T back(T grad, T x) const {
    return x <= static_cast<T>(threshold) ? 0 : grad;
  }
};

template <class Curve>
Variable activate(const Variable& x, const Curve& curve) {
  return record(Curve::kNode,
                pointwise(
                    Curve::kName, [&](auto x) { return curve.value(x); }, x.data()),
                saving(x, curve), by(x, [](auto& grad, auto& x, auto& curve) {
                  return pointwise(
                      Curve::kName, [&](auto grad, auto x) { return curve.back(grad, x); }, grad,
                      x.get());
                }));
}

template <class Curve, int kNumbers>
Activation row() {
  return {Curve::kName, kNumbers, [](const Variable& x, double a, double b, double c) {
            if constexpr (kNumbers == 0) return activate(x, Curve{});
            if constexpr (kNumbers == 1) return activate(x, Curve{a});
            if constexpr (kNumbers == 2) return activate(x, Curve{a, b});
            if constexpr (kNumbers == 3) return activate(x, Curve{a, b, c});
          }};
}

}  // namespace

const std::vector<Activation>& activation_curves() {
  static const std::vector<Activation> rows = {
      row<LeakyRelu, 1>(),  row<Elu, 3>(),       row<Silu, 0>(),        row<Mish, 0>(),
      row<Softplus, 2>(),   row<Hardtanh, 2>(),  row<Hardsigmoid, 0>(), row<Hardswish, 0>(),
      row<Logsigmoid, 0>(), row<Softsign, 0>(),  row<Tanhshrink, 0>(),  row<Softshrink, 1>(),
      row<Hardshrink, 1>(), row<Threshold, 2>(),
  };
  return rows;
}

void activate_(const Activation& curve, const Variable& x, double a, double b, double c) {
  in_place(curve.name, x, [&](const Variable& before) { return curve.apply(before, a, b, c); });
}

Variable prelu(const Variable& x, const Variable& weight) {
  const auto value = [](auto x, auto w) { return x > 0 ? x : w * x; };
  return record("PreluKernelBackward0", pointwise("prelu", value, x.data(), weight.data()),
                saving(x, weight),
                by(x,
                   [](auto& grad, auto& x, auto& weight) {
                     return pointwise(
                         "prelu", [](auto grad, auto x, auto w) { return x > 0 ? grad : w * grad; },
                         grad, x.get(), weight.get());
                   }),
                by(weight, [](auto& grad, auto& x, auto&) {
                  return pointwise(
                      "prelu", [](auto grad, auto x) { return x > 0 ? decltype(x)(0) : x * grad; },
                      grad, x.get());
                }));
}

Variable rrelu(const Variable& x, double low, double high, Generator& generator) {
  const Tensor in = contiguous(x.data());
  Tensor slopes = empty_like(in);
  dispatch_floating("rrelu", in.dtype(), [&]<class T>() {
    const View<const T, 1> from = in.flat<const T>();
    const View<T, 1> slope = slopes.flat<T>();
    for (int64_t i = 0; i < from.size(0); ++i) {
      slope(i) = from(i) <= 0 ? static_cast<T>(low + generator.uniform64() * (high - low)) : 1;
    }
  });
  return record("RreluWithNoiseBackward0", in * slopes, saving(slopes),
                by(x, [](auto& grad, auto& slopes) { return grad * slopes.get(); }));
}

}  // namespace tinytorch

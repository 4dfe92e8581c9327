// ReLU, sigmoid, tanh and GELU, a batch at a time.
#include "accelerated/activations.h"

#include <numbers>

#include "accelerated/lanes.h"

namespace tinytorch::fast {
namespace {

template <class F>
void map(View<const float, 1> x, View<float, 1> y, F f) {
  for_each_batch(y.size(0),
                 [&](int64_t i, auto lanes) { lanes.put(y.data + i, f(lanes.get(x.data + i))); });
}

template <class F>
void zip(View<const float, 1> a, View<const float, 1> b, View<float, 1> y, F f) {
  for_each_batch(y.size(0), [&](int64_t i, auto lanes) {
    lanes.put(y.data + i, f(lanes.get(a.data + i), lanes.get(b.data + i)));
  });
}

// The standard normal distribution.  Phi(-size), the part of it beyond, is computed to its last
// bits however small it is, and the rest from that. Nearly every size is usual, and then two
// polynomials do: the eighth root of that part, and the density divided by it.
constexpr float kUsual = 4;

Batch usual_beyond(Batch size) {
  const Batch root = polynomial(size - Batch(kUsual / 2), 0.623193622F, -0.184871569F,
                                -0.00707721245F, 0.00675172964F, -5.470818e-06F, -0.000193005049F,
                                1.14208424e-05F, 2.73949058e-06F, -3.08461722e-07F);
  const Batch square = root * root, fourth = square * square;
  return fourth * fourth;
}

Batch usual_hazard(Batch size) {
  return polynomial(size - Batch(kUsual / 2), 2.37321496F, 0.885718763F, 0.0296834968F,
                    -0.00656205462F, 0.00120452722F, -0.000179695126F, 1.62201686e-05F,
                    5.23110202e-06F, -2.00864042e-06F);
}

// For any x: e^(-x^2/2), which is the density but for a factor, times a function that varies slowly
// is the part beyond |x|.
struct Normal {
  Batch power, cumulative;
};

Normal normal(Batch x) {
  const Batch power = exp(Batch(-0.5F) * x * x);
  const Batch t = Batch(1.F) / fma(Batch(0.26F), abs(x), Batch(1.F));
  const Batch beyond = power * t *
                       polynomial(t, 0.103541955F, 0.10689652F, 0.0745182484F, 0.163916007F,
                                  -0.103732787F, 0.227525368F, -0.0726653636F);
  return {power, select(x < Batch(0.F), beyond, Batch(1.F) - beyond)};
}

// usual(x, |x|) or any(x), lane by lane: a value does not depend on its neighbours, only the time.
template <class Usual, class Any>
Batch by_size(Batch x, Usual usual, Any any) {
  const Batch size = abs(x), y = usual(x, size);
  const Mask is_usual = size <= Batch(kUsual);
  return all(is_usual) ? y : select(is_usual, y, any(x));
}

constexpr float kSlope = 0.797884561F, kCubic = 0.044715F;  // sqrt(2 / pi) and Hendrycks' constant

// sigmoid(2 u).
Batch gate(Batch x) { return simd::sigmoid(Batch(2 * kSlope) * fma(Batch(kCubic) * x * x, x, x)); }

}  // namespace

void relu(View<const float, 1> x, View<float, 1> y) {
  map(x, y, [](Batch v) { return positive_part(v); });
}

void relu_backward(View<const float, 1> grad, View<const float, 1> x, View<float, 1> grad_x) {
  zip(grad, x, grad_x, [](Batch g, Batch v) { return select(v <= Batch(0.F), Batch(0.F), g); });
}

void sigmoid(View<const float, 1> x, View<float, 1> y) {
  map(x, y, [](Batch v) { return simd::sigmoid(v); });
}

void sigmoid_backward(View<const float, 1> grad, View<const float, 1> y, View<float, 1> grad_x) {
  zip(grad, y, grad_x, [](Batch g, Batch v) { return g * v * (Batch(1.F) - v); });
}

void tanh(View<const float, 1> x, View<float, 1> y) {
  map(x, y, [](Batch v) { return simd::tanh(v); });
}

void tanh_backward(View<const float, 1> grad, View<const float, 1> y, View<float, 1> grad_x) {
  zip(grad, y, grad_x, [](Batch g, Batch v) { return g * (Batch(1.F) - v * v); });
}

void gelu(View<const float, 1> x, View<float, 1> y) {
  const auto usual = [](Batch v, Batch size) {
    return fma(-size, usual_beyond(size), positive_part(v));
  };
  const auto any = [](Batch v) { return v * normal(v).cumulative; };
  map(x, y, [=](Batch v) { return by_size(v, usual, any); });
}

void gelu_backward(View<const float, 1> grad, View<const float, 1> x, View<float, 1> grad_x) {
  const auto usual = [](Batch v, Batch size) {
    const Batch slope = usual_beyond(size) * fma(-size, usual_hazard(size), Batch(1.F));
    return select(v < Batch(0.F), slope, Batch(1.F) - slope);
  };
  const auto any = [](Batch v) {
    constexpr float kFactor = std::numbers::inv_sqrtpi_v<float> / std::numbers::sqrt2_v<float>;
    const auto [power, cumulative] = normal(v);
    return fma(Batch(kFactor) * v, power, cumulative);
  };
  zip(grad, x, grad_x, [=](Batch g, Batch v) { return g * by_size(v, usual, any); });
}

void gelu_tanh(View<const float, 1> x, View<float, 1> y) {
  map(x, y, [](Batch v) { return v * gate(v); });
}

void gelu_tanh_backward(View<const float, 1> grad, View<const float, 1> x, View<float, 1> grad_x) {
  zip(grad, x, grad_x, [](Batch g, Batch v) {
    const Batch open = gate(v);
    const Batch slope = Batch(2 * kSlope) * fma(Batch(3 * kCubic) * v, v, Batch(1.F));
    return g * fma(v * open * (Batch(1.F) - open), slope, open);
  });
}

}  // namespace tinytorch::fast

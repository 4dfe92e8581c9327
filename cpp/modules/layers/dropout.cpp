// Dropout: units switched off at random while training.
#include "core/parallel.h"
#include "modules/layers/layers.h"

namespace tinytorch {
namespace layers {

template <class T>
void dropout(View<const T, 1> x, double p, Generator& generator, View<bool, 1> mask, View<T, 1> y) {
  // TASK layers.dropout (4 points): draw, compare, scale; the scale makes up for what is dropped.
  const T scale = 1 / static_cast<T>(1 - p);
  for (int64_t i = 0; i < x.size(0); ++i) {
    mask(i) = generator.uniform64() < 1 - p;
    y(i) = x(i) * (mask(i) ? scale : 0);
  }
  // END TASK
}

template <class T>
void dropout_backward(View<const T, 1> grad, View<const bool, 1> mask, double p,
                      View<T, 1> grad_x) {
  const T scale = 1 / static_cast<T>(1 - p);
  for (int64_t i = 0; i < grad.size(0); ++i)
    grad_x(i) = grad(i) * (scale * static_cast<T>(mask(i)));
}

Kernel<Dropout> dropout_kernel("layers.dropout", dropout<float>, dropout<double>);
Kernel<DropoutBackward> dropout_backward_kernel("layers.dropout_backward", dropout_backward<float>,
                                                dropout_backward<double>);

namespace {

constexpr int64_t kGrain = 32768;  // elements per thread from which sharing pays

// The dims from the one that steps furthest in memory to the one that steps least.
Dims memory_order(const Tensor& x) {
  Dims order(x.dim(), 0);
  for (int64_t d = 0; d < x.dim(); ++d) order[d] = d;
  const Strides& strides = x.strides();
  if (std::find(strides.begin(), strides.end(), 0) == strides.end()) {
    std::stable_sort(order.begin(), order.end(),
                     [&](int64_t a, int64_t b) { return strides[a] > strides[b]; });
  }
  return order;
}

Dims inverse(const Dims& order) {
  Dims places(order.size(), 0);
  for (int64_t d = 0; d < order.size(); ++d) places[order[d]] = d;
  return places;
}

}  // namespace
}  // namespace layers

Dropped dropout(const Tensor& x, double p, bool training, Generator& generator) {
  check<ValueError>(0 <= p && p <= 1, "dropout: expected a probability p in [0, 1], got ", p);
  if (!training || p == 0 || x.numel() == 0) return {x, {}};
  check(is_floating(x.dtype()), "dropout: expected a floating dtype, got ", x.dtype());
  if (p == 1) return {x * Scalar(0.0), {}};
  const Dims order = layers::memory_order(x);
  const Tensor in = contiguous(permute(x, order));
  Tensor y = empty_like(in), mask = empty(in.shape(), DType::kBool);
  dispatch_floating("dropout", x.dtype(), [&]<class T>() {
    layers::dropout_kernel.get<T>()(in.flat<const T>(), p, generator, mask.flat<bool>(),
                                    y.flat<T>());
  });
  const Dims places = layers::inverse(order);
  return {permute(y, places), permute(mask, places)};
}

Tensor dropout_backward(const Tensor& grad, const Tensor& mask, double p, bool training) {
  if (!mask.defined()) return training && p == 1 ? grad * Scalar(0.0) : grad;
  check(mask.dtype() == DType::kBool && mask.shape() == grad.shape(),
        "dropout_backward: expected a bool mask of grad's shape ", grad.shape(), ", got ",
        mask.shape(), " of ", mask.dtype());
  check<ValueError>(0 <= p && p < 1, "dropout_backward: expected p in [0, 1) beside a mask, got ",
                    p);
  const Tensor grad_y = contiguous(grad), kept = contiguous(mask);
  Tensor grad_x = empty_like(grad);
  dispatch_floating("dropout_backward", grad.dtype(), [&]<class T>() {
    const auto run = layers::dropout_backward_kernel.get<T>();
    parallel_for(0, grad.numel(), layers::kGrain, [&](int64_t first, int64_t last) {
      const int64_t count = last - first;
      run({grad_y.data<T>() + first, {count}}, {kept.data<bool>() + first, {count}}, p,
          {grad_x.data<T>() + first, {count}});
    });
  });
  return grad_x;
}

}  // namespace tinytorch

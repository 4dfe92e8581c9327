// One loop for functions of any number of operands that broadcast: y[i] = f(a[i], b[i], ...).
//
// An operation is its mathematics alone, a function of numbers; shapes, strides, threads and half
// precision are settled here.
#pragma once
#include <utility>

#include "modules/tensor/loops.h"

namespace tinytorch {

namespace detail {

template <class T, class Y, class F, size_t... I>
void map_runs(const tensor::Walk<static_cast<int>(sizeof...(I)) + 1>& walk, Y* to, F f,
              std::index_sequence<I...>, const std::array<const T*, sizeof...(I)>& from) {
  constexpr size_t kTo = sizeof...(I);
  const bool dense = ((walk.strides[I].back() == 1) && ...);
  tensor::for_each_run(walk, [&](const auto& at, int64_t n) {
    Y* y = to + at[kTo];
    const std::array<const T*, kTo> x{(from[I] + at[I])...};
    if (dense) {
      for (int64_t i = 0; i < n; ++i) y[i] = f(x[I][i]...);
    } else {
      const std::array<int64_t, kTo> step{walk.strides[I].back()...};
      for (int64_t i = 0; i < n; ++i) y[i] = f(x[I][i * step[I]]...);
    }
  });
}

}  // namespace detail

/// f over operands that hold elements of T, into fresh row-major memory of elements of Y.
template <class T, class Y, class F, class... Operands>
Tensor map_elements(const char* operation, F f, const Tensor& first, const Operands&... others) {
  constexpr int kOperands = 1 + static_cast<int>(sizeof...(others));
  Shape shape = first.shape();
  [[maybe_unused]] const auto stretch = [&](const Tensor& x) {
    if (!(x.shape() == shape)) shape = tensor::broadcast_shapes(operation, shape, x.shape());
  };
  (stretch(others), ...);
  const Tensor y = empty(shape, dtype_of<Y>);
  const auto plain = [&](const Tensor& x) { return x.is_contiguous() && x.shape() == shape; };
  const auto strides = [&](const Tensor& x) {
    return tensor::broadcast_strides(x.shape(), x.strides(), shape);
  };
  tensor::Walk<kOperands + 1> walk;
  if (plain(first) && (plain(others) && ...)) {
    walk.shape = {y.numel()};
    walk.strides.fill(Strides{1});
  } else {
    walk =
        tensor::merge_dims<kOperands + 1>(shape, {strides(first), strides(others)..., y.strides()});
  }
  detail::map_runs<T, Y>(walk, y.data<Y>(), f, std::make_index_sequence<kOperands>(),
                         {first.data<T>(), others.template data<T>()...});
  return y;
}

/// f over floating operands of one dtype, in that dtype; halves by way of float32.
template <class F, class... Operands>
Tensor map_floating(const char* operation, F f, const Tensor& first, const Operands&... others) {
  if (is_half(first.dtype()))
    return to(map_floating(operation, f, widened(first), widened(others)...), first.dtype());
  return dispatch_floating(operation, first.dtype(), [&]<class T>() {
    const auto typed = [&f](auto... x) -> T { return f(x...); };
    return map_elements<T, T>(operation, typed, first, others...);
  });
}

}  // namespace tinytorch

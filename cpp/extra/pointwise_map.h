// One loop for functions of any number of operands that broadcast: y[i] = f(a[i], b[i], ...).
//
// An operation is its mathematics alone, a function of numbers; shapes, strides, threads and half
// precision are settled here.
#pragma once
#include <functional>
#include <utility>

#include "modules/tensor/loops.h"

namespace tinytorch {

namespace detail {

/// n elements of y from operands whose elements are `step` apart.
template <class T, class Y, size_t N>
using Run = std::function<void(const std::array<const T*, N>& x, const std::array<int64_t, N>& step,
                               Y* y, int64_t n)>;

template <class T, class Y, class F, size_t... I>
Run<T, Y, sizeof...(I)> run_of(F f, std::index_sequence<I...>) {
  return [f](const auto& x, const auto& step, Y* y, int64_t n) {
    if (((step[I] == 1) && ...)) {
      for (int64_t i = 0; i < n; ++i) y[i] = f(x[I][i]...);
    } else {
      for (int64_t i = 0; i < n; ++i) y[i] = f(x[I][i * step[I]]...);
    }
  };
}

/// All that is the same whatever f is, so that it is compiled once for a hundred functions.
template <class T, class Y, size_t N>
Tensor map_runs(const char* operation, const std::array<const Tensor*, N>& operands,
                const Run<T, Y, N>& run) {
  Shape shape = operands[0]->shape();
  for (const Tensor* x : operands) {
    if (!(x->shape() == shape)) shape = tensor::broadcast_shapes(operation, shape, x->shape());
  }
  const Tensor y = empty(shape, dtype_of<Y>);
  std::array<Strides, N + 1> strides;
  std::array<const T*, N> from;
  bool plain = true;
  for (size_t k = 0; k < N; ++k) {
    const Tensor& x = *operands[k];
    plain = plain && x.is_contiguous() && x.shape() == shape;
    strides[k] = tensor::broadcast_strides(x.shape(), x.strides(), shape);
    from[k] = x.template data<T>();
  }
  strides[N] = y.strides();
  tensor::Walk<static_cast<int>(N) + 1> walk;
  if (plain) {
    walk.shape = {y.numel()};
    walk.strides.fill(Strides{1});
  } else {
    walk = tensor::merge_dims<static_cast<int>(N) + 1>(shape, strides);
  }
  std::array<int64_t, N> step;
  for (size_t k = 0; k < N; ++k) step[k] = walk.strides[k].back();
  Y* const to = y.data<Y>();
  tensor::for_each_run(walk, [&](const auto& at, int64_t n) {
    std::array<const T*, N> x;
    for (size_t k = 0; k < N; ++k) x[k] = from[k] + at[k];
    run(x, step, to + at[N], n);
  });
  return y;
}

}  // namespace detail

/// f over operands that hold elements of T, into fresh row-major memory of elements of Y.
template <class T, class Y, class F, class... Operands>
Tensor map_elements(const char* operation, F f, const Tensor& first, const Operands&... others) {
  constexpr size_t kOperands = 1 + sizeof...(others);
  return detail::map_runs<T, Y, kOperands>(
      operation, {&first, &others...},
      detail::run_of<T, Y>(f, std::make_index_sequence<kOperands>()));
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

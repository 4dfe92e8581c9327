// Places as vectors: a table of sines, and the rotation of queries and keys.
#include <cmath>

#include "core/parallel.h"
#include "modules/embeddings/embeddings.h"

namespace tinytorch {
namespace embeddings {

template <class T>
void sinusoidal(double base, View<T, 2> y) {
  // TASK embeddings.sinusoidal (3 points): even columns are sines, odd ones cosines, and a pair
  // shares its frequency.
  const double width = static_cast<double>(y.size(1));
  for (int64_t t = 0; t < y.size(0); ++t) {
    for (int64_t d = 0; d < y.size(1); ++d) {
      const double pair = static_cast<double>(d / 2);
      const double angle = static_cast<double>(t) * std::pow(base, -2 * pair / width);
      y(t, d) = static_cast<T>(d % 2 == 0 ? std::sin(angle) : std::cos(angle));
    }
  }
  // END TASK
}

template <class T>
void rotate(View<const T, 3> x, View<const T, 2> table, View<T, 3> y) {
  // TASK embeddings.rotate (4 points): (a, b) turned by an angle is (a cos - b sin, a sin + b cos).
  for (int64_t n = 0; n < x.size(0); ++n) {
    for (int64_t t = 0; t < x.size(1); ++t) {
      for (int64_t d = 0; d < x.size(2); d += 2) {
        const T sine = table(t, d), cosine = table(t, d + 1);
        y(n, t, d) = x(n, t, d) * cosine - x(n, t, d + 1) * sine;
        y(n, t, d + 1) = x(n, t, d) * sine + x(n, t, d + 1) * cosine;
      }
    }
  }
  // END TASK
}

template <class T>
void rotate_backward(View<const T, 3> grad, View<const T, 2> table, View<T, 3> grad_x) {
  // TASK embeddings.rotate_backward (3 points): the transpose of a rotation turns the other way.
  for (int64_t n = 0; n < grad.size(0); ++n) {
    for (int64_t t = 0; t < grad.size(1); ++t) {
      for (int64_t d = 0; d < grad.size(2); d += 2) {
        const T sine = table(t, d), cosine = table(t, d + 1);
        grad_x(n, t, d) = grad(n, t, d) * cosine + grad(n, t, d + 1) * sine;
        grad_x(n, t, d + 1) = grad(n, t, d + 1) * cosine - grad(n, t, d) * sine;
      }
    }
  }
  // END TASK
}

Kernel<Rotate> rotate_kernel("embeddings.rotate", rotate<float>, rotate<double>);
Kernel<Rotate> rotate_backward_kernel("embeddings.rotate_backward", rotate_backward<float>,
                                      rotate_backward<double>);

namespace {

Tensor turned(const char* operation, const Kernel<Rotate>& kernel, const Tensor& x,
              const Tensor& table) {
  check(x.dim() >= 2 && table.dim() == 2 && table.shape()[0] == x.size(-2) &&
            table.shape()[1] == x.size(-1) && table.shape()[1] % 2 == 0,
        operation, ": expected x (..., T, D) and a table (T, D) with an even D, got ", x.shape(),
        " and ", table.shape());
  check(x.dtype() == table.dtype(), operation, ": expected equal dtypes, got ", x.dtype(), " and ",
        table.dtype());
  const int64_t length = x.size(-2), width = x.size(-1);
  const int64_t count = length * width == 0 ? 0 : x.numel() / (length * width);
  const Tensor from = contiguous(x), angles = contiguous(table);
  Tensor y = empty_like(x);
  dispatch_floating(operation, x.dtype(), [&]<class T>() {
    const auto run = kernel.get<T>();
    const int64_t grain = std::max<int64_t>(1, 16384 / std::max<int64_t>(1, length * width));
    parallel_for(0, count, grain, [&](int64_t first, int64_t last) {
      const int64_t start = first * length * width;
      run({from.data<T>() + start, {last - first, length, width}}, angles.view<const T, 2>(),
          {y.data<T>() + start, {last - first, length, width}});
    });
  });
  return y;
}

}  // namespace
}  // namespace embeddings

Tensor sinusoidal(int64_t length, int64_t width, double base, DType dtype) {
  check<ValueError>(length >= 0 && width >= 0, "sinusoidal: expected sizes of at least 0, got ",
                    length, " and ", width);
  check<ValueError>(base > 0, "sinusoidal: expected a base above 0, got ", base);
  Tensor y = empty({length, width}, dtype);
  dispatch_floating("sinusoidal", dtype,
                    [&]<class T>() { embeddings::sinusoidal<T>(base, y.view<T, 2>()); });
  return y;
}

Tensor rotate(const Tensor& x, const Tensor& table) {
  return embeddings::turned("rotate", embeddings::rotate_kernel, x, table);
}

Tensor rotate_backward(const Tensor& grad, const Tensor& table) {
  return embeddings::turned("rotate_backward", embeddings::rotate_backward_kernel, grad, table);
}

}  // namespace tinytorch

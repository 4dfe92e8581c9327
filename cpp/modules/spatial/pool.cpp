// Pooling on tensors: sizes, what fits, and windows that adapt to the size of the result.
#include <algorithm>
#include <atomic>
#include <cmath>

#include "core/parallel.h"
#include "modules/spatial/spatial.h"

namespace tinytorch {
namespace spatial {
namespace {

constexpr int64_t kLargest = int64_t{1} << 31;

void check_pool(const char* operation, const Shape& x, const Pool& pool) {
  check(x.size() == 4, operation, ": expected x of shape (N, C, H, W), got ", x);
  for (int d = 0; d < 2; ++d) {
    check(pool.stride[d] != 0, "stride should not be zero");
    check(pool.size[d] > 0, "kernel size should be greater than zero, but got kH: ", pool.size[0],
          " kW: ", pool.size[1]);
    check(pool.stride[d] > 0, "stride should be greater than zero, but got dH: ", pool.stride[0],
          " dW: ", pool.stride[1]);
    check(pool.dilation[d] > 0,
          "dilation should be greater than zero, but got dilationH: ", pool.dilation[0],
          " dilationW: ", pool.dilation[1]);
    check(pool.padding[d] >= 0, "pad must be non-negative, but got pad: ", pool.padding[d]);
    check(pool.size[d] < kLargest && pool.stride[d] < kLargest && pool.dilation[d] < kLargest,
          operation, ": expected kernel size, stride and dilation below 2^31");
    check(pool.padding[d] <= pool.size[d] / 2,
          "pad should be at most half of effective kernel size, but got pad=", pool.padding[d],
          ", kernel_size=", pool.size[d], " and dilation=", pool.dilation[d]);
  }
}

int64_t pooled(int64_t length, const Pool& pool, int d, bool ceil_mode) {
  const int64_t free = length + 2 * pool.padding[d] - pool.dilation[d] * (pool.size[d] - 1) - 1;
  const int64_t rounded = free + (ceil_mode ? pool.stride[d] - 1 : 0);
  if (rounded < 0) return 0;
  const int64_t count = rounded / pool.stride[d] + 1;
  const bool begins_outside = (count - 1) * pool.stride[d] >= length + pool.padding[d];
  return ceil_mode && begins_outside ? count - 1 : count;
}

Shape pooled_shape(const char* operation, const Shape& x, const Pool& pool, bool ceil_mode) {
  check_pool(operation, x, pool);
  const int64_t rows = pooled(x[2], pool, 0, ceil_mode), columns = pooled(x[3], pool, 1, ceil_mode);
  check(rows > 0 && columns > 0, "Given input size: (", x[1], "x", x[2], "x", x[3],
        "). Calculated output size: (", x[1], "x", rows, "x", columns,
        "). Output size is too small");
  return {x[0], x[1], rows, columns};
}

// A window whose steps are wide may miss a small picture altogether: there is no maximum then.
void check_windows_meet(const Shape& x, const Shape& y, const Pool& pool) {
  for (int d = 0; d < 2; ++d) {
    if (pool.dilation[d] == 1) continue;
    for (int64_t p = 0; p < y[d + 2]; ++p) {
      const int64_t begin = p * pool.stride[d] - pool.padding[d];
      const int64_t skipped = begin < 0 ? (-begin + pool.dilation[d] - 1) / pool.dilation[d] : 0;
      const bool meets = skipped < pool.size[d] && begin + skipped * pool.dilation[d] < x[d + 2];
      check(meets, "max_pool2d: window ", p, " of dim ", d + 2,
            " lies outside the input altogether: input ", x, ", kernel size ", pool.size[d],
            ", stride ", pool.stride[d], ", padding ", pool.padding[d], ", dilation ",
            pool.dilation[d]);
    }
  }
}

template <class T>
View<T, 4> part(View<T, 4> x, int64_t first, int64_t last) {
  return {x.data + first * x.size(1) * x.size(2) * x.size(3),
          {last - first, x.size(1), x.size(2), x.size(3)}};
}

// Runs on all of the batch where the table has a twin, which shares work out itself; else in parts.
template <class T, template <class> class Signature, class F>
void over_batch(const Kernel<Signature>& kernel, const Shape& x, F&& run) {
  constexpr int64_t kWorthAThread = 1 << 14;  // elements
  const int64_t picture = std::max<int64_t>(1, x[1] * x[2] * x[3]);
  if (kernel.template get<T>() != kernel.template reference<T>()) run(0, x[0]);
  else parallel_for(0, x[0], std::max<int64_t>(1, kWorthAThread / picture), run);
}

int64_t first_of(int64_t p, int64_t length, int64_t count) { return p * length / count; }
int64_t last_of(int64_t p, int64_t length, int64_t count) {
  return ((p + 1) * length + count - 1) / count;
}

void check_adaptive(const char* operation, const Shape& x, int64_t rows, int64_t columns) {
  check(x.size() == 4, operation, ": expected x of shape (N, C, H, W), got ", x);
  check(rows >= 0 && columns >= 0, operation,
        ": elements of output_size must be greater than or equal to 0 but received {", rows, ", ",
        columns, "}");
  check(rows < kLargest && columns < kLargest, operation, ": expected output_size below 2^31");
  for (int d = 1; d < 4; ++d) {
    check(x[d] > 0, operation,
          "(): Expected input to have non-zero size for non-batch dimensions, but input has sizes ",
          x, " with dimension ", d, " being empty");
  }
}

// As unsigned numbers negative ones are the largest, and a maximum can be found in vectors.
bool any_outside(View<const int32_t, 1> positions, int64_t plane) {
  std::atomic<bool> found = false;
  parallel_for(0, positions.size(0), 1 << 16, [&](int64_t first, int64_t last) {
    uint32_t largest = 0;
    for (int64_t i = first; i < last; ++i) {
      largest = std::max(largest, static_cast<uint32_t>(positions.data[i]));
    }
    if (largest >= plane && first < last) found = true;
  });
  return found;
}

// f(plane of x, plane of y, p, q, rows and columns of the window) for every window of a plane.
template <class F>
void over_windows(const Shape& x, const Shape& y, F&& f) {
  for (int64_t p = 0; p < y[2]; ++p) {
    for (int64_t q = 0; q < y[3]; ++q) {
      f(p * y[3] + q, first_of(p, x[2], y[2]), last_of(p, x[2], y[2]), first_of(q, x[3], y[3]),
        last_of(q, x[3], y[3]));
    }
  }
}

}  // namespace
}  // namespace spatial

using spatial::Averaging, spatial::Pool;

MaxPooled max_pool2d(const Tensor& x, const Pool& pool, bool ceil_mode) {
  const Shape shape = spatial::pooled_shape("max_pool2d", x.shape(), pool, ceil_mode);
  const Shape& in = x.shape();
  check(in[1] > 0 && in[2] > 0 && in[3] > 0,
        "Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but got:",
        in);
  check(in[2] < spatial::kLargest / in[3],
        "max_pool2d: expected planes of fewer than 2^31 elements, got ", in);
  spatial::check_windows_meet(in, shape, pool);
  const Tensor pictures = contiguous(x);
  Tensor y = empty(shape, x.dtype()), positions = empty(shape, DType::kInt32);
  dispatch_floating("max_pool2d", x.dtype(), [&]<class T>() {
    const auto& kernel = spatial::max_pool2d_kernel;
    spatial::over_batch<T>(kernel, in, [&](int64_t first, int64_t last) {
      kernel.get<T>()(spatial::part(pictures.view<const T, 4>(), first, last), pool,
                      spatial::part(y.view<T, 4>(), first, last),
                      spatial::part(positions.view<int32_t, 4>(), first, last));
    });
  });
  return {y, positions};
}

Tensor max_pool2d_backward(const Tensor& grad, const Tensor& positions, const Shape& x,
                           const Pool& pool) {
  check(grad.dim() == 4 && x.size() == 4 && grad.shape() == positions.shape() &&
            positions.dtype() == DType::kInt32 && grad.shape()[0] == x[0] &&
            grad.shape()[1] == x[1],
        "max_pool2d_backward: expected grad (N, C, P, Q), int32 positions shaped as grad and x (N, "
        "C, H, W), got shapes ",
        grad.shape(), ", ", positions.shape(), " and ", x);
  const Tensor gradient = contiguous(grad), where = contiguous(positions);
  const View<const int32_t, 1> all = where.flat<const int32_t>();
  const int64_t plane = x[2] * x[3];
  check<IndexError>(!spatial::any_outside(all, plane),
                    "max_pool2d_backward: a position is outside planes of ", x);
  Tensor grad_x = empty(x, grad.dtype());
  dispatch_floating("max_pool2d_backward", grad.dtype(), [&]<class T>() {
    const auto& kernel = spatial::max_pool2d_backward_kernel;
    spatial::over_batch<T>(kernel, x, [&](int64_t first, int64_t last) {
      kernel.get<T>()(spatial::part(gradient.view<const T, 4>(), first, last),
                      spatial::part(where.view<const int32_t, 4>(), first, last), pool,
                      spatial::part(grad_x.view<T, 4>(), first, last));
    });
  });
  return grad_x;
}

Tensor avg_pool2d(const Tensor& x, const Pool& pool, bool ceil_mode, const Averaging& averaging) {
  const Shape shape = spatial::pooled_shape("avg_pool2d", x.shape(), pool, ceil_mode);
  const Tensor pictures = contiguous(x);
  Tensor y = empty(shape, x.dtype());
  dispatch_floating("avg_pool2d", x.dtype(), [&]<class T>() {
    const auto& kernel = spatial::avg_pool2d_kernel;
    spatial::over_batch<T>(kernel, x.shape(), [&](int64_t first, int64_t last) {
      kernel.get<T>()(spatial::part(pictures.view<const T, 4>(), first, last), pool, averaging,
                      spatial::part(y.view<T, 4>(), first, last));
    });
  });
  return y;
}

Tensor avg_pool2d_backward(const Tensor& grad, const Shape& x, const Pool& pool,
                           const Averaging& averaging) {
  spatial::check_pool("avg_pool2d_backward", x, pool);
  check(grad.dim() == 4 && grad.shape()[0] == x[0] && grad.shape()[1] == x[1] &&
            grad.shape()[2] <= spatial::pooled(x[2], pool, 0, true) &&
            grad.shape()[3] <= spatial::pooled(x[3], pool, 1, true),
        "avg_pool2d_backward: no pooling of x ", x, " has a result of shape ", grad.shape());
  const Tensor gradient = contiguous(grad);
  Tensor grad_x = empty(x, grad.dtype());
  dispatch_floating("avg_pool2d_backward", grad.dtype(), [&]<class T>() {
    const auto& kernel = spatial::avg_pool2d_backward_kernel;
    spatial::over_batch<T>(kernel, x, [&](int64_t first, int64_t last) {
      kernel.get<T>()(spatial::part(gradient.view<const T, 4>(), first, last), pool, averaging,
                      spatial::part(grad_x.view<T, 4>(), first, last));
    });
  });
  return grad_x;
}

Tensor adaptive_avg_pool2d(const Tensor& x, int64_t rows, int64_t columns) {
  const Shape& in = x.shape();
  spatial::check_adaptive("adaptive_avg_pool2d", in, rows, columns);
  if (rows > 0 && columns > 0 && in[2] % rows == 0 && in[3] % columns == 0) {
    const int64_t down = in[2] / rows, along = in[3] / columns;
    return avg_pool2d(x, {{down, along}, {down, along}});
  }
  const Tensor pictures = contiguous(x);
  Tensor y = empty({in[0], in[1], rows, columns}, x.dtype());
  dispatch_floating("adaptive_avg_pool2d", x.dtype(), [&]<class T>() {
    const T* from = pictures.flat<const T>().data;
    T* to = y.flat<T>().data;
    for (int64_t i = 0; i < in[0] * in[1]; ++i, from += in[2] * in[3], to += rows * columns) {
      spatial::over_windows(
          in, y.shape(), [&](int64_t at, int64_t top, int64_t bottom, int64_t left, int64_t right) {
            T total = 0;
            for (int64_t row = top; row < bottom; ++row) {
              for (int64_t column = left; column < right; ++column)
                total += from[row * in[3] + column];
            }
            to[at] = total / static_cast<T>((bottom - top) * (right - left));
          });
    }
  });
  return y;
}

Tensor adaptive_avg_pool2d_backward(const Tensor& grad, const Shape& x) {
  check(grad.dim() == 4 && x.size() == 4 && grad.shape()[0] == x[0] && grad.shape()[1] == x[1],
        "adaptive_avg_pool2d_backward: expected grad (N, C, P, Q) and x (N, C, H, W), got ",
        grad.shape(), " and ", x);
  const int64_t rows = grad.shape()[2], columns = grad.shape()[3];
  if (rows > 0 && columns > 0 && x[2] % rows == 0 && x[3] % columns == 0) {
    const int64_t down = x[2] / rows, along = x[3] / columns;
    return avg_pool2d_backward(grad, x, {{down, along}, {down, along}});
  }
  const Tensor gradient = contiguous(grad), grad_x = zeros(x, grad.dtype());
  dispatch_floating("adaptive_avg_pool2d_backward", grad.dtype(), [&]<class T>() {
    const T* from = gradient.flat<const T>().data;
    T* to = grad_x.flat<T>().data;
    for (int64_t i = 0; i < x[0] * x[1]; ++i, from += rows * columns, to += x[2] * x[3]) {
      spatial::over_windows(
          x, grad.shape(),
          [&](int64_t at, int64_t top, int64_t bottom, int64_t left, int64_t right) {
            const T share = from[at] / static_cast<T>((bottom - top) * (right - left));
            for (int64_t row = top; row < bottom; ++row) {
              for (int64_t column = left; column < right; ++column)
                to[row * x[3] + column] += share;
            }
          });
    }
  });
  return grad_x;
}

MaxPooled adaptive_max_pool2d(const Tensor& x, int64_t rows, int64_t columns) {
  const Shape& in = x.shape();
  spatial::check_adaptive("adaptive_max_pool2d", in, rows, columns);
  if (rows > 0 && columns > 0 && in[2] % rows == 0 && in[3] % columns == 0) {
    const int64_t down = in[2] / rows, along = in[3] / columns;
    return max_pool2d(x, {{down, along}, {down, along}});
  }
  check(in[2] < spatial::kLargest / in[3],
        "adaptive_max_pool2d: expected planes of fewer than 2^31 elements, got ", in);
  const Tensor pictures = contiguous(x);
  const Shape shape{in[0], in[1], rows, columns};
  Tensor y = empty(shape, x.dtype()), positions = empty(shape, DType::kInt32);
  dispatch_floating("adaptive_max_pool2d", x.dtype(), [&]<class T>() {
    const T* from = pictures.flat<const T>().data;
    T* to = y.flat<T>().data;
    int32_t* where = positions.flat<int32_t>().data;
    for (int64_t i = 0; i < in[0] * in[1]; ++i) {
      spatial::over_windows(
          in, shape, [&](int64_t at, int64_t top, int64_t bottom, int64_t left, int64_t right) {
            int64_t best = top * in[3] + left;
            for (int64_t row = top; row < bottom; ++row) {
              for (int64_t column = left; column < right; ++column) {
                const int64_t here = row * in[3] + column;
                if (from[here] > from[best] || std::isnan(from[here])) best = here;
              }
            }
            to[at] = from[best];
            where[at] = static_cast<int32_t>(best);
          });
      from += in[2] * in[3], to += rows * columns, where += rows * columns;
    }
  });
  return {y, positions};
}

}  // namespace tinytorch

// Lowering: what a window reads as columns of a matrix, so that a convolution is a matrix product.
//
// The product does the same arithmetic as the seven loops, in the order that matmul is good at; the
// price is memory, R S times the picture (Chellapilla et al., 2006).
#include <algorithm>

#include "modules/spatial/spatial.h"

namespace tinytorch::spatial {

template <class T>
void im2col(View<const T, 3> x, const int64_t size[2], const int64_t places[2],
            const Window& window, View<T, 2> columns) {
  // TASK spatial.im2col (4 points): one row for each weight of a window, one column for each place.
  for (int64_t c = 0; c < x.size(0); ++c) {
    for (int64_t r = 0; r < size[0]; ++r) {
      for (int64_t s = 0; s < size[1]; ++s) {
        const int64_t weight = (c * size[0] + r) * size[1] + s;
        for (int64_t p = 0; p < places[0]; ++p) {
          const int64_t row = p * window.stride[0] - window.padding[0] + r * window.dilation[0];
          for (int64_t q = 0; q < places[1]; ++q) {
            const int64_t column =
                q * window.stride[1] - window.padding[1] + s * window.dilation[1];
            const bool inside = 0 <= row && row < x.size(1) && 0 <= column && column < x.size(2);
            columns(weight, p * places[1] + q) = inside ? x(c, row, column) : 0;
          }
        }
      }
    }
  }
  // END TASK
}

template <class T>
void col2im(View<const T, 2> columns, const int64_t size[2], const int64_t places[2],
            const Window& window, View<T, 3> x) {
  // TASK spatial.col2im (3 points): add where im2col reads.
  std::fill_n(x.data, x.size(0) * x.size(1) * x.size(2), T(0));
  for (int64_t c = 0; c < x.size(0); ++c) {
    for (int64_t r = 0; r < size[0]; ++r) {
      for (int64_t s = 0; s < size[1]; ++s) {
        const int64_t weight = (c * size[0] + r) * size[1] + s;
        for (int64_t p = 0; p < places[0]; ++p) {
          const int64_t row = p * window.stride[0] - window.padding[0] + r * window.dilation[0];
          if (row < 0 || row >= x.size(1)) continue;
          for (int64_t q = 0; q < places[1]; ++q) {
            const int64_t column =
                q * window.stride[1] - window.padding[1] + s * window.dilation[1];
            if (column < 0 || column >= x.size(2)) continue;
            x(c, row, column) += columns(weight, p * places[1] + q);
          }
        }
      }
    }
  }
  // END TASK
}

namespace {

// A block of floats of the calling thread, for the columns of one picture.
template <class T>
T* scratch(int64_t count, std::vector<T>& memory) {
  memory.resize(static_cast<size_t>(count));
  return memory.data();
}

// The sizes of one group's product: (windows, depth) times (depth, places).
struct Sizes {
  int64_t windows, channels, depth, places;
};
Sizes sizes(const int64_t weight[4], const int64_t y[4], const Window& window) {
  return {weight[0] / window.groups, weight[1], weight[1] * weight[2] * weight[3], y[2] * y[3]};
}

// The channels of group g of picture n.
template <class T>
View<T, 3> channels_of(View<T, 4> x, int64_t n, int64_t g, int64_t channels) {
  const int64_t plane = x.size(2) * x.size(3);
  return {x.data + (n * x.size(1) + g * channels) * plane, {channels, x.size(2), x.size(3)}};
}

template <class T>
Strided<const T, 2> matrix(const T* data, int64_t rows, int64_t columns) {
  return {data, {rows, columns}, {columns, 1}};
}
// The transpose of a matrix of that many rows and columns.
template <class T>
Strided<const T, 2> transposed(const T* data, int64_t rows, int64_t columns) {
  return {data, {columns, rows}, {1, columns}};
}

}  // namespace

template <class T>
void conv2d_lowered(View<const T, 4> x, View<const T, 4> weight, View<const T, 1> bias,
                    const Window& window, View<T, 4> y) {
  const Sizes s = sizes(weight.sizes, y.sizes, window);
  std::vector<T> memory;
  const View<T, 2> columns{scratch(s.depth * s.places, memory), {s.depth, s.places}};
  for (int64_t n = 0; n < y.size(0); ++n) {
    for (int64_t g = 0; g < window.groups; ++g) {
      im2col<T>(channels_of(x, n, g, s.channels), weight.sizes + 2, y.sizes + 2, window, columns);
      T* const out = y.data + (n * y.size(1) + g * s.windows) * s.places;
      tensor::matmul_kernel.get<T>()(
          matrix(weight.data + g * s.windows * s.depth, s.windows, s.depth),
          matrix<T>(columns.data, s.depth, s.places), {out, {s.windows, s.places}});
      for (int64_t k = 0; bias.size(0) && k < s.windows; ++k) {
        for (int64_t i = 0; i < s.places; ++i) out[k * s.places + i] += bias(g * s.windows + k);
      }
    }
  }
}

template <class T>
void conv2d_lowered_backward_x(View<const T, 4> grad, View<const T, 4> weight, const Window& window,
                               View<T, 4> grad_x) {
  const Sizes s = sizes(weight.sizes, grad.sizes, window);
  std::vector<T> memory;
  const View<T, 2> columns{scratch(s.depth * s.places, memory), {s.depth, s.places}};
  for (int64_t n = 0; n < grad.size(0); ++n) {
    for (int64_t g = 0; g < window.groups; ++g) {
      tensor::matmul_kernel.get<T>()(
          transposed(weight.data + g * s.windows * s.depth, s.windows, s.depth),
          matrix(grad.data + (n * grad.size(1) + g * s.windows) * s.places, s.windows, s.places),
          columns);
      col2im<T>(columns, weight.sizes + 2, grad.sizes + 2, window,
                channels_of(grad_x, n, g, s.channels));
    }
  }
}

// The gradient is grad columns^T. As matmul walks along rows of its second matrix, what is computed
// is its transpose, columns grad^T, with grad^T copied into rows.
template <class T>
void conv2d_lowered_backward_weight(View<const T, 4> grad, View<const T, 4> x, const Window& window,
                                    View<T, 4> grad_weight) {
  const Sizes s = sizes(grad_weight.sizes, grad.sizes, window);
  std::vector<T> memory, grad_memory, product_memory;
  const View<T, 2> columns{scratch(s.depth * s.places, memory), {s.depth, s.places}};
  const View<T, 2> turned{scratch(s.places * s.windows, grad_memory), {s.places, s.windows}};
  const View<T, 2> product{scratch(s.depth * s.windows, product_memory), {s.depth, s.windows}};
  std::fill_n(grad_weight.data, grad_weight.size(0) * s.depth, T(0));
  for (int64_t n = 0; n < grad.size(0); ++n) {
    for (int64_t g = 0; g < window.groups; ++g) {
      im2col<T>(channels_of(x, n, g, s.channels), grad_weight.sizes + 2, grad.sizes + 2, window,
                columns);
      const T* const from = grad.data + (n * grad.size(1) + g * s.windows) * s.places;
      for (int64_t i = 0; i < s.places; ++i) {
        for (int64_t k = 0; k < s.windows; ++k) turned(i, k) = from[k * s.places + i];
      }
      tensor::matmul_kernel.get<T>()(matrix<T>(columns.data, s.depth, s.places),
                                     matrix<T>(turned.data, s.places, s.windows), product);
      T* const sum = grad_weight.data + g * s.windows * s.depth;
      for (int64_t k = 0; k < s.windows; ++k) {
        for (int64_t d = 0; d < s.depth; ++d) sum[k * s.depth + d] += product(d, k);
      }
    }
  }
}

#define TINYTORCH_INSTANTIATE(T)                                                                \
  template void im2col<T>(View<const T, 3>, const int64_t*, const int64_t*, const Window&,      \
                          View<T, 2>);                                                          \
  template void col2im<T>(View<const T, 2>, const int64_t*, const int64_t*, const Window&,      \
                          View<T, 3>);                                                          \
  template void conv2d_lowered<T>(View<const T, 4>, View<const T, 4>, View<const T, 1>,         \
                                  const Window&, View<T, 4>);                                   \
  template void conv2d_lowered_backward_x<T>(View<const T, 4>, View<const T, 4>, const Window&, \
                                             View<T, 4>);                                       \
  template void conv2d_lowered_backward_weight<T>(View<const T, 4>, View<const T, 4>,           \
                                                  const Window&, View<T, 4>);
TINYTORCH_INSTANTIATE(float)
TINYTORCH_INSTANTIATE(double)
#undef TINYTORCH_INSTANTIATE

}  // namespace tinytorch::spatial

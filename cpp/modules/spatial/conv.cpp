// Convolution on tensors: what fits, which loops run, and threads over the batch.
#include <algorithm>

#include "core/parallel.h"
#include "modules/spatial/spatial.h"

namespace tinytorch {
namespace spatial {
namespace {

constexpr int64_t kLargest = int64_t{1} << 31;  // of a stride, padding or dilation
constexpr int64_t kLoweredFrom = 1 << 15;       // products a picture
constexpr int64_t kWorthAThread = 1 << 17;      // products

std::string list(const Dims& dims) {
  std::string text = to_string(dims);
  text.front() = '[';
  text.back() = ']';
  if (dims.size() == 1) text.erase(text.size() - 2, 1);  // (3,)
  return text;
}

template <class Parts>
std::string by(const Parts& parts) {
  std::string text;
  for (int64_t d = 0; d < parts.size(); ++d) {
    if (d) text += " x ";
    append(text, parts[d]);
  }
  return text;
}

void check_numbers(const Convolution& how) {
  const auto all = [](const Dims& dims, auto test) {
    return std::all_of(dims.begin(), dims.end(), test);
  };
  const auto negative = [&](const Dims& dims) {
    return !all(dims, [](int64_t v) { return v >= 0; });
  };
  check(!negative(how.padding), "negative padding is not supported");
  check(!negative(how.output_padding), "negative output_padding is not supported");
  check(all(how.stride, [](int64_t v) { return v > 0; }), "non-positive stride is not supported");
  if (!all(how.dilation, [](int64_t v) { return v > 0; }))
    fail("dilation should be greater than zero, but got ", list(how.dilation));
  check(how.groups > 0, "non-positive groups is not supported");
  for (const Dims* dims : {&how.padding, &how.stride, &how.dilation, &how.output_padding}) {
    if (!all(*dims, [](int64_t v) { return v < kLargest; }))
      fail("convolution: expected stride, padding and dilation below 2^31, got ", list(*dims));
  }
}

void check_transposed_sizes(const Shape& x, const Shape& weight, const Convolution& how) {
  Dims lengths, sizes;
  bool fits = true;
  for (int64_t d = 0; d + 2 < x.size(); ++d) {
    const int64_t extra = how.output_padding[d];
    if (extra >= how.stride[d] && extra >= how.dilation[d])
      fail("output padding must be smaller than either stride or dilation, but got output_padding ",
           list(how.output_padding), ", stride ", list(how.stride), " and dilation ",
           list(how.dilation));
    lengths.push_back(x[d + 2]);
    sizes.push_back((x[d + 2] - 1) * how.stride[d] - 2 * how.padding[d] +
                    how.dilation[d] * (weight[d + 2] - 1) + extra + 1);
    fits = fits && sizes[d] > 0;
  }
  if (!fits)
    fail("Given input size per channel: (", by(lengths), "). Calculated output size per channel: (",
         by(sizes), "). Output size is too small");
}

void check_sizes(const Shape& x, const Shape& weight, const Convolution& how) {
  Dims lengths, sizes;
  bool fits = true;
  for (int64_t d = 0; d + 2 < x.size(); ++d) {
    lengths.push_back(x[d + 2] + 2 * how.padding[d]);
    sizes.push_back(how.dilation[d] * (weight[d + 2] - 1) + 1);
    fits = fits && lengths[d] >= sizes[d];
  }
  if (!fits)
    fail("Calculated padded input size per channel: (", by(lengths), "). Kernel size: (", by(sizes),
         "). Kernel size can't be greater than actual input size");
}

}  // namespace

int64_t places(int64_t length, int64_t size, int64_t stride, int64_t padding, int64_t dilation) {
  return (length + 2 * padding - dilation * (size - 1) - 1) / stride + 1;
}

void check_convolution(const Tensor& x, const Tensor& weight, const Tensor& bias,
                       const Convolution& how) {
  const Shape &in = x.shape(), &window = weight.shape();
  check_numbers(how);
  if (window.size() != in.size())
    fail("Expected ", window.size(), "-dimensional input for ", window.size(),
         "-dimensional weight ", list(window), ", but got ", in.size(),
         "-dimensional input of size ", list(in), " instead");
  if (window[0] < how.groups)
    fail("Given groups=", how.groups, ", expected weight to be at least ", how.groups,
         " at dimension 0, but got weight of size ", list(window), " instead");
  if (window[0] % how.groups != 0)
    fail("Given groups=", how.groups, ", expected weight to be divisible by ", how.groups,
         " at dimension 0, but got weight of size ", list(window), " instead");
  if (std::any_of(window.begin() + 2, window.end(), [](int64_t v) { return v <= 0; }))
    fail("kernel size should be greater than zero, but got weight of size ", list(window));
  const int64_t channels = how.transposed ? window[0] : window[1] * how.groups;
  const int64_t windows = how.transposed ? window[1] * how.groups : window[0];
  const char* given = how.transposed ? "Given transposed=1" : "Given groups=";
  std::string start = given;
  if (!how.transposed) append(start, how.groups);
  if (in[1] != channels)
    fail(start, ", weight of size ", list(window), ", expected input", list(in), " to have ",
         channels, " channels, but got ", in[1], " channels instead");
  if (bias.defined() && bias.shape() != Shape{windows})
    fail(how.transposed ? "Given transposed=1, weight of size " : "Given weight of size ",
         list(window), ", expected bias to be 1-dimensional with ", windows,
         " elements, but got bias of size ", list(bias.shape()), " instead");
  if (std::any_of(in.begin() + 2, in.end(), [](int64_t v) { return v == 0; }))
    fail("Only zero batch or zero channel inputs are supported, but got input shape: ", list(in));
  if (how.transposed) check_transposed_sizes(in, window, how);
  else check_sizes(in, window, how);
  check(x.dtype() == weight.dtype(), "expected scalar type ", x.dtype(), " but found ",
        weight.dtype(), ": input and weight should have the same dtype");
  if (bias.defined())
    check(x.dtype() == bias.dtype(), "Input type (", x.dtype(), ") and bias type (", bias.dtype(),
          ") should be the same");
}

namespace {

Convolution general(const Window& w) {
  return {{w.stride[0], w.stride[1]},
          {w.padding[0], w.padding[1]},
          {w.dilation[0], w.dilation[1]},
          {0, 0},
          w.groups,
          false};
}

// Whether im2col and a product serve better than the table's loop, which has no fast twin.
template <class T, template <class> class Signature>
bool lowers(const Kernel<Signature>& kernel, Loops loops, const Shape& weight, int64_t places) {
  if (loops != Loops::kFastest) return loops == Loops::kLowered;
  return kernel.template get<T>() == kernel.template reference<T>() &&
         numel(weight) * places >= kLoweredFrom;
}

template <class T, template <class> class Signature>
bool has_twin(const Kernel<Signature>& kernel) {
  return kernel.template get<T>() != kernel.template reference<T>();
}

// Pictures that are worth a thread of their own: below, waking it takes longer.
int64_t grain(const Shape& weight, int64_t places) {
  return std::max<int64_t>(1, kWorthAThread / std::max<int64_t>(1, numel(weight) * places));
}

// Pictures first ... last - 1.
template <class T>
View<T, 4> part(View<T, 4> x, int64_t first, int64_t last) {
  return {x.data + first * x.size(1) * x.size(2) * x.size(3),
          {last - first, x.size(1), x.size(2), x.size(3)}};
}

void check_gradient(const char* operation, const Tensor& grad, const Shape& x, const Shape& weight,
                    const Window& window) {
  check(grad.dim() == 4 && x.size() == 4 && weight.size() == 4, operation,
        ": expected grad, x and weight of 4 dims, got shapes ", grad.shape(), ", ", x, " and ",
        weight);
  check_numbers(general(window));
  bool fits = grad.shape()[0] == x[0] && grad.shape()[1] == weight[0] &&
              weight[0] % window.groups == 0 && x[1] == weight[1] * window.groups;
  for (int d = 0; d < 2 && fits; ++d) {
    fits = weight[d + 2] > 0 && x[d + 2] > 0;
    // A transposed convolution may leave places at the end that no window of it reads.
    fits = fits && grad.shape()[d + 2] <= places(x[d + 2], weight[d + 2], window.stride[d],
                                                 window.padding[d], window.dilation[d]);
  }
  check(fits, operation, ": no convolution of x ", x, " with weight ", weight, " in ",
        window.groups, " groups has a result of shape ", grad.shape());
}

}  // namespace
}  // namespace spatial

using spatial::Loops, spatial::Window;

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Window& window,
              Loops loops) {
  check(x.dim() == 4, "conv2d: expected x of shape (N, C, H, W), got ", x.shape());
  spatial::check_convolution(x, weight, bias, spatial::general(window));
  const Shape &in = x.shape(), &size = weight.shape();
  Shape shape{in[0], size[0]};
  for (int d = 0; d < 2; ++d)
    shape.push_back(spatial::places(in[d + 2], size[d + 2], window.stride[d], window.padding[d],
                                    window.dilation[d]));
  const Tensor pictures = contiguous(x), windows = contiguous(weight), offsets = contiguous(bias);
  Tensor y = empty(shape, x.dtype());
  dispatch_floating("conv2d", x.dtype(), [&]<class T>() {
    const auto in = pictures.view<const T, 4>(), w = windows.view<const T, 4>();
    const auto out = y.view<T, 4>();
    const View<const T, 1> b = bias.defined() ? offsets.flat<const T>() : View<const T, 1>{};
    const auto& kernel = spatial::conv2d_kernel;
    if (spatial::has_twin<T>(kernel) && loops != Loops::kLowered)
      return kernel.get<T>()(in, w, b, window, out);
    const bool lowered = spatial::lowers<T>(kernel, loops, size, shape[2] * shape[3]);
    parallel_for(
        0, shape[0], spatial::grain(size, shape[2] * shape[3]), [&](int64_t first, int64_t last) {
          (lowered ? spatial::conv2d_lowered<T> : kernel.get<T>())(
              spatial::part(in, first, last), w, b, window, spatial::part(out, first, last));
        });
  });
  return y;
}

Tensor conv2d_backward_x(const Tensor& grad, const Tensor& weight, const Shape& x,
                         const Window& window, Loops loops) {
  spatial::check_gradient("conv2d_backward_x", grad, x, weight.shape(), window);
  check(grad.dtype() == weight.dtype(), "conv2d_backward_x: expected equal dtypes, got ",
        grad.dtype(), " and ", weight.dtype());
  const Tensor gradient = contiguous(grad), windows = contiguous(weight);
  Tensor grad_x = empty(x, grad.dtype());
  dispatch_floating("conv2d_backward_x", grad.dtype(), [&]<class T>() {
    const auto g = gradient.view<const T, 4>(), w = windows.view<const T, 4>();
    const auto out = grad_x.view<T, 4>();
    const auto& kernel = spatial::conv2d_backward_x_kernel;
    if (spatial::has_twin<T>(kernel) && loops != Loops::kLowered)
      return kernel.get<T>()(g, w, window, out);
    const bool lowered =
        spatial::lowers<T>(kernel, loops, weight.shape(), grad.shape()[2] * grad.shape()[3]);
    const int64_t grain = spatial::grain(weight.shape(), grad.shape()[2] * grad.shape()[3]);
    parallel_for(0, x[0], grain, [&](int64_t first, int64_t last) {
      (lowered ? spatial::conv2d_lowered_backward_x<T> : kernel.get<T>())(
          spatial::part(g, first, last), w, window, spatial::part(out, first, last));
    });
  });
  return grad_x;
}

Tensor conv2d_backward_weight(const Tensor& grad, const Tensor& x, const Shape& weight,
                              const Window& window, Loops loops) {
  spatial::check_gradient("conv2d_backward_weight", grad, x.shape(), weight, window);
  check(grad.dtype() == x.dtype(), "conv2d_backward_weight: expected equal dtypes, got ",
        grad.dtype(), " and ", x.dtype());
  const Tensor gradient = contiguous(grad), pictures = contiguous(x);
  Tensor grad_weight = empty(weight, x.dtype());
  dispatch_floating("conv2d_backward_weight", x.dtype(), [&]<class T>() {
    const auto g = gradient.view<const T, 4>(), in = pictures.view<const T, 4>();
    const auto out = grad_weight.view<T, 4>();
    const auto& kernel = spatial::conv2d_backward_weight_kernel;
    if (spatial::has_twin<T>(kernel) && loops != Loops::kLowered)
      return kernel.get<T>()(g, in, window, out);
    const bool lowered =
        spatial::lowers<T>(kernel, loops, weight, grad.shape()[2] * grad.shape()[3]);
    // Each part of the batch has a sum of its own; added in order, so that results repeat.
    const int64_t batch = x.shape()[0], count = numel(weight);
    const int64_t alone = spatial::grain(weight, grad.shape()[2] * grad.shape()[3]);
    const int64_t parts = std::clamp<int64_t>(batch / alone, 1, num_threads());
    Tensor sums = parts == 1 ? grad_weight : empty({parts, count}, x.dtype());
    parallel_for(0, parts, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        View<T, 4> sum = out;
        sum.data = sums.flat<T>().data + i * count;
        const int64_t first = i * batch / parts, last = (i + 1) * batch / parts;
        (lowered ? spatial::conv2d_lowered_backward_weight<T> : kernel.get<T>())(
            spatial::part(g, first, last), spatial::part(in, first, last), window, sum);
      }
    });
    if (parts == 1) return;
    const T* const part = sums.flat<T>().data;
    std::copy_n(part, count, out.data);
    for (int64_t p = 1; p < parts; ++p) {
      for (int64_t i = 0; i < count; ++i) out.data[i] += part[p * count + i];
    }
  });
  return grad_weight;
}

Tensor conv2d_backward_bias(const Tensor& grad) {
  check(grad.dim() == 4, "conv2d_backward_bias: expected grad of shape (N, K, P, Q), got ",
        grad.shape());
  const Tensor gradient = contiguous(grad);
  Tensor grad_bias = empty({grad.shape()[1]}, grad.dtype());
  dispatch_floating("conv2d_backward_bias", grad.dtype(), [&]<class T>() {
    spatial::conv2d_backward_bias_kernel.get<T>()(gradient.view<const T, 4>(), grad_bias.flat<T>());
  });
  return grad_bias;
}

namespace {

// {P, Q} of a picture, checked.
Dims places_of(const char* operation, const Shape& x, const int64_t size[2], const Window& window) {
  check(x.size() == 3, operation, ": expected x of shape (C, H, W), got ", x);
  spatial::check_numbers(spatial::general(window));
  Dims places;
  for (int d = 0; d < 2; ++d) {
    check(0 < size[d] && size[d] < spatial::kLargest, operation,
          ": expected a window of at least 1 x 1, got ", size[0], " x ", size[1]);
    check(x[d + 1] + 2 * window.padding[d] >= window.dilation[d] * (size[d] - 1) + 1, operation,
          ": a window of ", size[0], " x ", size[1], " does not fit into x ", x);
    places.push_back(spatial::places(x[d + 1], size[d], window.stride[d], window.padding[d],
                                     window.dilation[d]));
  }
  return places;
}

}  // namespace

Tensor im2col(const Tensor& x, const int64_t size[2], const Window& window) {
  const Dims places = places_of("im2col", x.shape(), size, window);
  const Tensor picture = contiguous(x);
  Tensor columns = empty({x.shape()[0] * size[0] * size[1], places[0] * places[1]}, x.dtype());
  dispatch_floating("im2col", x.dtype(), [&]<class T>() {
    spatial::im2col<T>(picture.view<const T, 3>(), size, places.begin(), window,
                       columns.view<T, 2>());
  });
  return columns;
}

Tensor col2im(const Tensor& columns, const Shape& x, const int64_t size[2], const Window& window) {
  const Dims places = places_of("col2im", x, size, window);
  const Shape expected{x[0] * size[0] * size[1], places[0] * places[1]};
  check(columns.shape() == expected, "col2im: expected columns of shape ", expected, ", got ",
        columns.shape());
  const Tensor rows = contiguous(columns);
  Tensor picture = empty(x, columns.dtype());
  dispatch_floating("col2im", columns.dtype(), [&]<class T>() {
    spatial::col2im<T>(rows.view<const T, 2>(), size, places.begin(), window, picture.view<T, 3>());
  });
  return picture;
}

Tensor unfold(const Tensor& x, const int64_t size[2], const Window& window) {
  check(x.dim() == 4, "unfold: expected x of shape (N, C, H, W), got ", x.shape());
  const Dims places =
      places_of("unfold", Shape(x.shape().begin() + 1, x.shape().end()), size, window);
  const Tensor pictures = contiguous(x);
  const int64_t rows = x.shape()[1] * size[0] * size[1], count = places[0] * places[1];
  Tensor columns = empty({x.shape()[0], rows, count}, x.dtype());
  dispatch_floating("unfold", x.dtype(), [&]<class T>() {
    const View<const T, 4> in = pictures.view<const T, 4>();
    parallel_for(0, x.shape()[0], std::max<int64_t>(1, (1 << 16) / (rows * count + 1)),
                 [&](int64_t first, int64_t last) {
                   for (int64_t n = first; n < last; ++n) {
                     const View<const T, 3> picture{
                         &in.data[n * in.size(1) * in.size(2) * in.size(3)],
                         {in.size(1), in.size(2), in.size(3)}};
                     spatial::im2col<T>(picture, size, places.begin(), window,
                                        {columns.data<T>() + n * rows * count, {rows, count}});
                   }
                 });
  });
  return columns;
}

Tensor fold(const Tensor& columns, const Shape& x, const int64_t size[2], const Window& window) {
  check(x.size() == 4, "fold: expected a result of shape (N, C, H, W), got ", x);
  const Dims places = places_of("fold", Shape(x.begin() + 1, x.end()), size, window);
  const int64_t rows = x[1] * size[0] * size[1], count = places[0] * places[1];
  check(columns.shape() == Shape{x[0], rows, count}, "fold: expected columns of shape ",
        Shape{x[0], rows, count}, ", got ", columns.shape());
  const Tensor all = contiguous(columns);
  Tensor pictures = empty(x, columns.dtype());
  dispatch_floating("fold", columns.dtype(), [&]<class T>() {
    parallel_for(0, x[0], std::max<int64_t>(1, (1 << 16) / (rows * count + 1)),
                 [&](int64_t first, int64_t last) {
                   for (int64_t n = first; n < last; ++n) {
                     const View<T, 3> picture{pictures.data<T>() + n * x[1] * x[2] * x[3],
                                              {x[1], x[2], x[3]}};
                     const View<const T, 2> own{all.data<T>() + n * rows * count, {rows, count}};
                     spatial::col2im<T>(own, size, places.begin(), window, picture);
                   }
                 });
  });
  return pictures;
}

}  // namespace tinytorch

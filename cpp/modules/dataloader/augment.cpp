// Images on their way into a batch: cut out, mirrored, and brought to one scale.
#include "core/parallel.h"
#include "modules/dataloader/dataloader.h"

namespace tinytorch {
namespace dataloader {

template <class T>
void crop(View<const T, 4> x, View<const int64_t, 2> corners, View<const bool, 1> mirrored, T fill,
          View<T, 4> y) {
  // TASK dataloader.crop (5 points): for each pixel of y, where does it come from, and is that
  // still inside of x? A mirrored window is the same window, read from its right end.
  const int64_t height = x.size(2), width = x.size(3), last = y.size(3) - 1;
  for (int64_t n = 0; n < y.size(0); ++n) {
    for (int64_t c = 0; c < y.size(1); ++c) {
      for (int64_t i = 0; i < y.size(2); ++i) {
        const int64_t row = corners(n, 0) + i;
        for (int64_t j = 0; j <= last; ++j) {
          const int64_t column = corners(n, 1) + (mirrored(n) ? last - j : j);
          const bool inside = 0 <= row && row < height && 0 <= column && column < width;
          y(n, c, i, j) = inside ? x(n, c, row, column) : fill;
        }
      }
    }
  }
  // END TASK
}

template <class T>
void normalize(View<const T, 3> x, View<const T, 1> mean, View<const T, 1> deviation,
               View<T, 3> y) {
  // TASK dataloader.normalize (2 points): each channel has its own mean and deviation.
  for (int64_t n = 0; n < x.size(0); ++n) {
    for (int64_t c = 0; c < x.size(1); ++c) {
      for (int64_t l = 0; l < x.size(2); ++l) y(n, c, l) = (x(n, c, l) - mean(c)) / deviation(c);
    }
  }
  // END TASK
}

namespace {

constexpr int64_t kGrain = 1 << 16;  // elements that are worth a thread

int64_t grain(int64_t elements, int64_t images) {
  return std::max<int64_t>(1, kGrain * images / std::max<int64_t>(1, elements));
}

template <class T>
void crop_all(const Tensor& x, View<const int64_t, 2> corners, View<const bool, 1> mirrored,
              double fill, Tensor& y) {
  const View<const T, 4> from = x.view<const T, 4>();
  const View<T, 4> to = y.view<T, 4>();
  const int64_t step_x = from.size(1) * from.size(2) * from.size(3);
  const int64_t step_y = to.size(1) * to.size(2) * to.size(3);
  parallel_for(0, to.size(0), grain(y.numel(), to.size(0)), [&](int64_t first, int64_t last) {
    const int64_t count = last - first;
    crop<T>({from.data + first * step_x, {count, from.size(1), from.size(2), from.size(3)}},
            {corners.data + 2 * first, {count, 2}}, {mirrored.data + first, {count}},
            static_cast<T>(fill),
            {to.data + first * step_y, {count, to.size(1), to.size(2), to.size(3)}});
  });
}

/// (C, 256): what each byte becomes in each channel.
Tensor table_of(int64_t channels, const Tensor& mean, const Tensor& deviation) {
  Tensor table = empty({1, channels, 256}, DType::kFloat32);
  float* value = table.data<float>();
  for (int64_t i = 0; i < table.numel(); ++i) value[i] = static_cast<float>(i % 256) / 255.0F;
  return mean.defined() ? normalize_channels(table, mean, deviation) : table;
}

}  // namespace
}  // namespace dataloader

Tensor crop_images(const Tensor& x, const Tensor& corners, const Tensor& mirrored, int64_t height,
                   int64_t width, double fill) {
  check<ValueError>(x.dim() == 4, "crop_images: expected images (N, C, H, W), got shape ",
                    x.shape());
  check<ValueError>(height >= 0 && width >= 0, "crop_images: expected a size >= 0, got (", height,
                    ", ", width, ")");
  const int64_t n = x.shape()[0];
  check<ValueError>(corners.dtype() == DType::kInt64 && corners.shape() == Shape{n, 2},
                    "crop_images: expected int64 corners of shape (N, 2) for images ", x.shape(),
                    ", got ", corners.shape(), " of ", corners.dtype());
  check<ValueError>(mirrored.dtype() == DType::kBool && mirrored.shape() == Shape{n},
                    "crop_images: expected bool mirrored of shape (N,) for images ", x.shape(),
                    ", got ", mirrored.shape(), " of ", mirrored.dtype());
  const Tensor images = contiguous(x), at = contiguous(corners), flip = contiguous(mirrored);
  // So far outside that nothing is left, yet not so far that adding to it overflows.
  Tensor near = clone(at);
  for (int64_t* corner = near.data<int64_t>(); corner != near.data<int64_t>() + 2 * n; ++corner) {
    *corner = std::clamp<int64_t>(*corner, -(int64_t{1} << 40), int64_t{1} << 40);
  }
  Tensor y = empty({n, x.shape()[1], height, width}, x.dtype());
  if (y.numel() == 0) return y;
  const View<const int64_t, 2> places = near.view<const int64_t, 2>();
  const View<const bool, 1> mirrors = flip.flat<const bool>();
  if (x.dtype() == DType::kUInt8) dataloader::crop_all<uint8_t>(images, places, mirrors, fill, y);
  else {
    dispatch_floating("crop_images", x.dtype(), [&]<class T>() {
      dataloader::crop_all<T>(images, places, mirrors, fill, y);
    });
  }
  return y;
}

Tensor normalize_channels(const Tensor& x, const Tensor& mean, const Tensor& deviation) {
  check<ValueError>(x.dim() >= 2, "normalize_channels: expected (N, C, ...), got shape ",
                    x.shape());
  const int64_t images = x.shape()[0], channels = x.shape()[1];
  check<ValueError>(mean.shape() == Shape{channels} && deviation.shape() == Shape{channels},
                    "normalize_channels: expected a mean and a deviation for each of ", channels,
                    " channels, got ", mean.shape(), " and ", deviation.shape());
  check<TypeError>(mean.dtype() == x.dtype() && deviation.dtype() == x.dtype(),
                   "normalize_channels: expected equal dtypes, got ", x.dtype(), ", ", mean.dtype(),
                   " and ", deviation.dtype());
  const Tensor from = contiguous(x), means = contiguous(mean), deviations = contiguous(deviation);
  Tensor y = empty(x.shape(), x.dtype());
  dispatch_floating("normalize_channels", x.dtype(), [&]<class T>() {
    for (int64_t c = 0; c < channels; ++c) {
      check<ValueError>(deviations.data<T>()[c] != 0,
                        "normalize_channels: the deviation of channel ", c, " is zero");
    }
    if (y.numel() == 0) return;
    const int64_t step = y.numel() / images, length = step / channels;
    const View<const T, 1> m = means.flat<const T>(), d = deviations.flat<const T>();
    const T* data = from.data<T>();
    T* to = y.data<T>();
    parallel_for(0, images, dataloader::grain(y.numel(), images), [&](int64_t first, int64_t last) {
      dataloader::normalize<T>({data + first * step, {last - first, channels, length}}, m, d,
                               {to + first * step, {last - first, channels, length}});
    });
  });
  return y;
}

Tensor images_to_float(const Tensor& x, const Tensor& mean, const Tensor& deviation) {
  check<TypeError>(x.dtype() == DType::kUInt8, "images_to_float: expected uint8, got ", x.dtype());
  check<ValueError>(x.dim() == 4, "images_to_float: expected images (N, C, H, W), got shape ",
                    x.shape());
  check<ValueError>(mean.defined() == deviation.defined(),
                    "images_to_float: expected both mean and deviation, or neither");
  const int64_t channels = x.shape()[1], height = x.shape()[2], width = x.shape()[3];
  Tensor y = empty(x.shape(), DType::kFloat32);
  if (y.numel() == 0) return y;
  const Tensor table = dataloader::table_of(channels, mean, deviation);
  const float* values = table.data<float>();
  const uint8_t* from = x.data<uint8_t>();
  float* to = y.data<float>();
  const Strides& step = x.strides();
  parallel_for(0, x.shape()[0], dataloader::grain(y.numel(), x.shape()[0]),
               [&](int64_t first, int64_t last) {
                 for (int64_t n = first; n < last; ++n) {
                   for (int64_t c = 0; c < channels; ++c) {
                     const float* value = values + 256 * c;
                     float* plane = to + (n * channels + c) * height * width;
                     for (int64_t i = 0; i < height; ++i) {
                       const uint8_t* row = from + n * step[0] + c * step[1] + i * step[2];
                       for (int64_t j = 0; j < width; ++j)
                         plane[i * width + j] = value[row[j * step[3]]];
                     }
                   }
                 }
               });
  return y;
}

}  // namespace tinytorch

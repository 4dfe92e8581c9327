// Counting into bins.
#include "extra/histogram.h"

#include <algorithm>
#include <limits>

namespace tinytorch {

Tensor bincount(const Tensor& x, const Tensor& weights, int64_t minlength) {
  check(minlength >= 0, "bincount: expected minlength >= 0, got ", minlength);
  check(x.dim() == 1 || x.numel() == 0, "bincount: expected one dim, got shape ", x.shape());
  check<NotImplemented>(is_integral(x.dtype()), "bincount: expected integers, got ", x.dtype());
  if (x.numel() == 0) return zeros({minlength}, DType::kInt64);
  check(!weights.defined() || weights.shape() == x.shape(), "bincount: expected weights of shape ",
        x.shape(), ", got ", weights.shape());
  const Tensor at = contiguous(to(x, DType::kInt64));
  const auto in = at.flat<const int64_t>();
  const auto [low, high] = std::minmax_element(in.data, in.data + in.size(0));
  check(*low >= 0, "bincount: expected integers >= 0, got ", *low);
  check(*high < std::numeric_limits<int64_t>::max() / 8, "bincount: ", *high,
        " is too large to count to");
  const Shape shape{std::max(minlength, *high + 1)};
  const auto add_up = [&]<class T>(auto value) {
    Tensor y = zeros(shape, dtype_of<T>);
    const auto out = y.flat<T>();
    for (int64_t i = 0; i < in.size(0); ++i) out(in(i)) += value(i);
    return y;
  };
  if (!weights.defined()) return add_up.operator()<int64_t>([](int64_t) { return int64_t{1}; });
  const bool single = weights.dtype() == DType::kFloat32;
  const Tensor by = contiguous(to(weights, single ? DType::kFloat32 : DType::kFloat64));
  return dispatch_floating("bincount", by.dtype(), [&]<class T>() {
    const T* weight = by.data<T>();
    return add_up.operator()<T>([=](int64_t i) { return weight[i]; });
  });
}

Tensor histogram(const Tensor& x, const Tensor& edges, const Tensor& weights, Bins bins) {
  check<NotImplemented>(is_floating(x.dtype()), "histogram: expected a floating dtype, got ",
                        x.dtype());
  check(edges.dtype() == x.dtype() && (!weights.defined() || weights.dtype() == x.dtype()),
        "histogram: expected values, edges and weights of one dtype, got ", x.dtype(), " and ",
        edges.dtype(), weights.defined() ? " and " : "",
        weights.defined() ? name(weights.dtype()) : "");
  check(!weights.defined() || weights.shape() == x.shape(), "histogram: expected weights of shape ",
        x.shape(), ", got ", weights.shape());
  check(edges.dim() == 1 && edges.numel() >= 2,
        "histogram: expected at least one bin, got edges of shape ", edges.shape());
  const Tensor values = contiguous(x), bounds = contiguous(edges);
  const Tensor by = weights.defined() ? contiguous(weights) : weights;
  const int64_t count = edges.numel() - 1;
  const Tensor y = zeros({count}, x.dtype());
  dispatch_floating("histogram", x.dtype(), [&]<class T>() {
    const T* edge = bounds.data<T>();
    const T* weight = by.defined() ? by.data<T>() : nullptr;
    const T low = edge[0], high = edge[count];
    const auto in = values.flat<const T>();
    const auto upper = [&](int64_t first, int64_t last, T value) {
      return std::upper_bound(edge + first, edge + last, value) - edge - 1;
    };
    std::vector<double> total(static_cast<size_t>(count));
    for (int64_t i = 0; i < in.size(0); ++i) {
      const T value = in(i);
      if (!(low <= value && value <= high)) continue;
      int64_t bin = 0;
      if (bins == Bins::kAnyEdges) {
        bin = upper(0, count + 1, value);
      } else {
        const T place = (value - low) * static_cast<T>(count) / (high - low);
        bin = place == place ? static_cast<int64_t>(std::min(place, static_cast<T>(count))) : 0;
        if (bins == Bins::kLinear)
          bin = upper(std::max<int64_t>(0, bin - 1), std::min(bin + 2, count + 1), value);
      }
      total[static_cast<size_t>(std::clamp<int64_t>(bin, 0, count - 1))] +=
          weight ? static_cast<double>(weight[i]) : 1.0;
    }
    std::transform(total.begin(), total.end(), y.data<T>(),
                   [](double t) { return static_cast<T>(t); });
  });
  return y;
}

}  // namespace tinytorch

// Creation: fresh arrays, uninitialised, filled or counted.
#include <algorithm>
#include <cmath>
#include <limits>

#include "modules/tensor/tensor.h"

namespace tinytorch {
namespace {

DType float_default = DType::kFloat32;

}  // namespace

DType default_dtype() { return float_default; }

void set_default_dtype(DType dtype) {
  check<TypeError>(is_floating(dtype), "set_default_dtype: expected a floating dtype, got ", dtype);
  float_default = dtype;
}

Tensor empty(const Shape& shape, DType dtype) {
  const int64_t count = numel(shape);
  int64_t bytes = 0;
  check(!__builtin_mul_overflow(count, item_size(dtype), &bytes), "empty: shape ", shape, " of ",
        dtype, " has more bytes than an int64 counts");
  return Tensor(Storage::allocate(bytes), dtype, shape, tensor::contiguous_strides(shape));
}

namespace {

// Whether x's elements fill a block of memory, each place once.
bool is_dense(const Tensor& x) {
  Dims dims;
  for (int64_t d = 0; d < x.dim(); ++d)
    if (x.shape()[d] != 1) dims.push_back(d);
  std::sort(dims.begin(), dims.end(),
            [&](int64_t a, int64_t b) { return x.strides()[a] < x.strides()[b]; });
  int64_t step = 1;
  for (const int64_t d : dims) {
    if (x.strides()[d] != step) return false;
    step *= x.shape()[d];
  }
  return true;
}

}  // namespace

Tensor empty_as(const Tensor& x, DType dtype) {
  if (x.is_contiguous()) return empty(x.shape(), dtype);
  Strides strides = x.strides();
  if (!is_dense(x)) {
    // Dims from the closest elements to the furthest; one of stride 0 stays beside its neighbours.
    Dims order;
    for (int64_t d = x.dim() - 1; d >= 0; --d) order.push_back(d);
    const auto compare = [&](int64_t a, int64_t b) {
      const int64_t first = x.strides()[a], second = x.strides()[b];
      if (first == 0 || second == 0) return 0;
      return first != second ? (first < second ? -1 : 1) : x.shape()[a] > x.shape()[b] ? 1 : 0;
    };
    for (int64_t i = 1; i < order.size(); ++i) {
      for (int64_t at = i, j = i - 1; j >= 0; --j) {
        const int way = compare(order[j], order[at]);
        if (way < 0) break;
        if (way > 0) std::swap(order[j], order[at]), at = j;
      }
    }
    int64_t step = 1;
    for (const int64_t d : order) strides[d] = step, step *= x.shape()[d];
  }
  return Tensor(Storage::allocate(x.numel() * item_size(dtype)), dtype, x.shape(), strides);
}

Tensor full(const Shape& shape, const Scalar& value, DType dtype) {
  Tensor x = empty(shape, dtype);
  fill_(x, value);
  return x;
}

Tensor zeros(const Shape& shape, DType dtype) { return full(shape, 0, dtype); }
Tensor ones(const Shape& shape, DType dtype) { return full(shape, 1, dtype); }
Tensor scalar_tensor(const Scalar& value, DType dtype) {
  if (dtype != DType::kFloat32 && dtype != DType::kFloat64) return full({}, value, dtype);
  Tensor x = empty({}, dtype);
  dispatch_floating("scalar_tensor", dtype, [&]<class T>() { *x.data<T>() = value.to<T>(); });
  return x;
}

namespace {

// A bound of a range of T.  A negative one of an unsigned type wraps around, as an integer does.
template <class T>
T bound(double value) {
  if constexpr (std::is_integral_v<T>) {
    using Limits = std::numeric_limits<T>;
    const auto most = static_cast<double>(Limits::max());
    const bool whole = value == std::trunc(value);
    const double least = std::is_unsigned_v<T> && whole ? -most : double(Limits::lowest());
    check(least <= value && (value < most || (sizeof(T) < 8 && value == most)), "linspace: bound ",
          value, " does not fit into ", dtype_of<T>);
    return static_cast<T>(static_cast<int64_t>(value));
  } else {
    return static_cast<T>(value);
  }
}

// x[i] = start + i * step.  PyTorch counts blocks of 32 bytes from their rounded first point, two
// blocks at a time, and the rest one by one; so do we, to the last bit.
template <class T>
void count_up(View<T, 1> x, double start, double step) {
  constexpr int64_t lanes = 32 / sizeof(T);
  const int64_t blocked = x.size(0) / (2 * lanes) * (2 * lanes);
  for (int64_t i = 0; i < blocked; i += lanes) {
    const auto first = static_cast<double>(static_cast<T>(std::fma(step, double(i), start)));
    for (int64_t k = 0; k < lanes; ++k) x(i + k) = static_cast<T>(std::fma(step, double(k), first));
  }
  for (int64_t i = blocked; i < x.size(0); ++i)
    x(i) = static_cast<T>(std::fma(step, double(i), start));
}

}  // namespace

Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step, DType dtype) {
  const auto first = start.to<double>(), last = end.to<double>(), by = step.to<double>();
  check<NotImplemented>(dtype != DType::kBool, "arange: not implemented for bool");
  check(by != 0, "arange: step must not be 0");
  check(std::isfinite(first) && std::isfinite(last) && std::isfinite(by),
        "arange: expected finite bounds, got ", first, ", ", last, ", ", by);
  check(by > 0 ? last >= first : last <= first, "arange: step ", by, " never reaches ", last,
        " from ", first);
  for (const Scalar& bound : {start, end, step}) {
    check(is_floating(dtype) || !is_floating(bound.kind()) || std::abs(bound.to<double>()) < 0x1p63,
          "arange: ", bound, " does not fit into int64");
  }
  double count = std::ceil((last - first) / by);
  check(count < 0x1p62, "arange: from ", first, " to ", last, " by ", by, " is too many elements");
  if (dtype == DType::kInt64) {  // exact, in integers
    check<ValueError>(std::abs(by) >= 1, "arange: step ", by, " is 0 as an integer");
    using Wide = __int128;
    const Wide from = start.to<int64_t>(), to = end.to<int64_t>(), each = step.to<int64_t>();
    count = static_cast<double>(std::max<Wide>(0, (to - from + each - (each > 0 ? 1 : -1)) / each));
  }
  if (is_half(dtype)) {  // the points themselves are counted in float32
    const Tensor wide = empty({static_cast<int64_t>(count)}, DType::kFloat32);
    for (int64_t i = 0; i < wide.numel(); ++i)
      wide.data<float>()[i] =
          static_cast<float>(first) + static_cast<float>(i) * static_cast<float>(by);
    return to(wide, dtype);
  }
  Tensor x = empty({static_cast<int64_t>(count)}, dtype);
  dispatch(dtype, [&]<class T>() {
    View<T, 1> y = x.flat<T>();
    if constexpr (std::is_floating_point_v<T>) {
      count_up(y, first, by);
    } else {
      // Unsigned, in which what passes the end wraps around.
      const auto from = static_cast<uint64_t>(start.to<int64_t>());
      const auto each = static_cast<uint64_t>(step.to<int64_t>());
      for (int64_t i = 0; i < y.size(0); ++i)
        y(i) = static_cast<T>(from + static_cast<uint64_t>(i) * each);
    }
  });
  return x;
}

Tensor linspace(double start, double end, int64_t steps, DType dtype) {
  check(steps >= 0, "linspace: expected steps >= 0, got ", steps);
  check<NotImplemented>(dtype != DType::kBool, "linspace: not implemented for bool");
  if (is_half(dtype)) {  // every point is rounded, and the step first
    const auto rounded = [&](double value) {
      return item(to(scalar_tensor(value, DType::kFloat32), dtype)).to<double>();
    };
    const double first = rounded(start), last = rounded(end);
    const double step =
        steps > 1 ? rounded(rounded(last - first) / static_cast<double>(steps - 1)) : 0;
    const Tensor points = empty({steps}, DType::kFloat64);
    for (int64_t i = 0; i < steps; ++i) {
      points.data<double>()[i] = i < steps / 2 || steps == 1
                                     ? first + rounded(step * static_cast<double>(i))
                                     : last - rounded(step * static_cast<double>(steps - 1 - i));
    }
    return to(points, dtype);
  }
  Tensor x = empty({steps}, dtype);
  if (steps <= 1) end = start;
  if (steps == 0) return x;
  dispatch(dtype, [&]<class T>() {
    View<T, 1> y = x.flat<T>();
    // From both ends, so that the last point is `end` exactly; integers are the points' whole part.
    using Real = std::conditional_t<std::is_floating_point_v<T>, T, double>;
    const Real first = Real(bound<T>(start)), last = Real(bound<T>(end));
    const Real step = steps > 1 ? (last - first) / static_cast<Real>(steps - 1) : 0;
    for (int64_t i = 0; i < steps; ++i) {
      const Real point = i < steps / 2 || steps == 1
                             ? std::fma(step, static_cast<Real>(i), first)
                             : std::fma(-step, static_cast<Real>(steps - 1 - i), last);
      y(i) = static_cast<T>(point);
    }
  });
  return x;
}

Tensor eye(int64_t rows, int64_t columns, DType dtype) {
  check(rows >= 0 && columns >= 0, "eye: expected sizes >= 0, got ", rows, " and ", columns);
  Tensor x = zeros({rows, columns}, dtype);
  const int64_t diagonal = std::min(rows, columns);
  if (diagonal > 0) fill_(as_strided(x, {diagonal}, {columns + 1}, 0), 1);
  return x;
}

}  // namespace tinytorch

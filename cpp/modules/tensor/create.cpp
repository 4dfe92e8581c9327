// Creation: fresh arrays, uninitialised, filled or counted.
#include <cmath>

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

Tensor full(const Shape& shape, const Scalar& value, DType dtype) {
  Tensor x = empty(shape, dtype);
  fill_(x, value);
  return x;
}

Tensor zeros(const Shape& shape, DType dtype) { return full(shape, 0, dtype); }
Tensor ones(const Shape& shape, DType dtype) { return full(shape, 1, dtype); }
Tensor scalar_tensor(const Scalar& value, DType dtype) { return full({}, value, dtype); }

Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step, DType dtype) {
  const auto first = start.to<double>(), last = end.to<double>(), by = step.to<double>();
  check(by != 0, "arange: step must not be 0");
  check(std::isfinite(first) && std::isfinite(last) && std::isfinite(by),
        "arange: expected finite bounds, got ", first, ", ", last, ", ", by);
  check(by > 0 ? last >= first : last <= first, "arange: step ", by, " never reaches ", last,
        " from ", first);
  const double count = std::ceil((last - first) / by);
  check(count < 0x1p62, "arange: from ", first, " to ", last, " by ", by, " is too many elements");
  Tensor x = empty({static_cast<int64_t>(count)}, dtype);
  if (is_half(dtype)) {  // the points themselves are counted in float32
    const Tensor wide = empty(x.shape(), DType::kFloat32);
    for (int64_t i = 0; i < x.numel(); ++i)
      wide.data<float>()[i] =
          static_cast<float>(first) + static_cast<float>(i) * static_cast<float>(by);
    return to(wide, dtype);
  }
  dispatch(dtype, [&]<class T>() {
    View<T, 1> y = x.flat<T>();
    for (int64_t i = 0; i < y.size(0); ++i) {
      if constexpr (std::is_integral_v<T>)
        y(i) = static_cast<T>(start.to<int64_t>() + i * step.to<int64_t>());
      else y(i) = static_cast<T>(first + static_cast<double>(i) * by);
    }
  });
  return x;
}

Tensor linspace(double start, double end, int64_t steps, DType dtype) {
  check(steps >= 0, "linspace: expected steps >= 0, got ", steps);
  if (is_half(dtype)) return to(linspace(start, end, steps, DType::kFloat32), dtype);
  Tensor x = empty({steps}, dtype);
  dispatch(dtype, [&]<class T>() {
    View<T, 1> y = x.flat<T>();
    // From both ends, so that the last point is `end` exactly.
    using Real = std::conditional_t<std::is_floating_point_v<T>, T, double>;
    const Real step = steps > 1 ? static_cast<Real>(end - start) / static_cast<Real>(steps - 1) : 0;
    for (int64_t i = 0; i < steps; ++i) {
      y(i) = static_cast<T>(i < steps / 2 || steps == 1
                                ? static_cast<Real>(start) + step * static_cast<Real>(i)
                                : static_cast<Real>(end) - step * static_cast<Real>(steps - 1 - i));
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

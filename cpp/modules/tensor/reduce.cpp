// Sums and means: the reduced dims are moved last and gathered, so that the kernel sees rows.
#include "core/parallel.h"
#include "modules/tensor/rows.h"
#include "modules/tensor/tensor.h"

namespace tinytorch {
namespace tensor {

template <class T>
void sum(View<const T, 2> x, View<T, 1> y) {
  // TASK tensor.sum (3 points): float32 is added up in double: a million small terms must not be
  // lost.
  for (int64_t i = 0; i < x.size(0); ++i) {
    using Total = std::conditional_t<std::is_floating_point_v<T>, double, T>;
    Total total = 0;
    for (int64_t j = 0; j < x.size(1); ++j) total += static_cast<Total>(x(i, j));
    y(i) = static_cast<T>(total);
  }
  // END TASK
}

template void sum(View<const float, 2>, View<float, 1>);
template void sum(View<const double, 2>, View<double, 1>);
template void sum(View<const int64_t, 2>, View<int64_t, 1>);

Kernel<RowReduction> sum_kernel("tensor.sum", sum<float>, sum<double>);

}  // namespace tensor

Tensor sum(const Tensor& x, const OptionalDims& dims, bool keepdim, std::optional<DType> dtype) {
  const DType result = dtype.value_or(is_floating(x.dtype()) ? x.dtype() : DType::kInt64);
  if (is_half(result)) return to(sum(x, dims, keepdim, DType::kFloat32), result);
  const bool integral = !is_floating(result);
  const Tensor terms = result == DType::kBool ? to(x, result) : x;  // 0.5 is true, and 0 a whole
  const tensor::Rows rows =
      tensor::gather_rows("sum", to(terms, integral ? DType::kInt64 : result), dims, keepdim);
  Tensor y = empty(rows.shape, rows.x.dtype());
  const auto add_up = [&]<class T>(tensor::RowReduction<T>* kernel) {
    const auto in = rows.x.view<const T, 2>();
    const auto out = y.flat<T>();
    parallel_for(0, in.size(0), std::max<int64_t>(1, 32768 / std::max<int64_t>(1, in.size(1))),
                 [&](int64_t first, int64_t last) {
                   kernel({in.data + first * in.size(1), {last - first, in.size(1)}},
                          {out.data + first, {last - first}});
                 });
  };
  if (integral) add_up.operator()<int64_t>(tensor::sum<int64_t>);
  else if (result == DType::kFloat32) add_up.operator()<float>(tensor::sum_kernel.get<float>());
  else add_up.operator()<double>(tensor::sum_kernel.get<double>());
  return to(y, result);
}

Tensor mean(const Tensor& x, const OptionalDims& dims, bool keepdim, std::optional<DType> dtype) {
  const DType result = dtype.value_or(x.dtype());
  check(is_floating(result), "mean: expected a floating dtype, got ", result);
  if (is_half(result)) return to(mean(x, dims, keepdim, DType::kFloat32), result);
  const Tensor total = sum(x, dims, keepdim, result);
  if (total.numel() == 0) return total;
  const double count = static_cast<double>(x.numel()) / static_cast<double>(total.numel());
  dispatch_floating("mean", result, [&]<class T>() {
    const auto y = total.flat<T>();
    for (int64_t i = 0; i < y.size(0); ++i) y(i) /= static_cast<T>(count);
  });
  return total;
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  const int64_t added = x.dim() - shape.size();
  Dims stretched;
  for (int64_t d = 0; d < x.dim(); ++d) {
    if (d < added || (shape[d - added] == 1 && x.shape()[d] != 1)) stretched.push_back(d);
  }
  if (stretched.empty()) return x;
  return view(sum(x, stretched, true, x.dtype()), shape);
}

}  // namespace tinytorch

// Reductions: the reduced dims are moved last and gathered, so that every kernel sees rows.
#include <cmath>
#include <limits>

#include "core/parallel.h"
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

namespace {

// A reduction in terms of rows: x as (kept, reduced), and the shape of the result.
struct Rows {
  Tensor x;
  Shape shape;
};

Rows gather_rows(const char* operation, const Tensor& x, const OptionalDims& dims, bool keepdim) {
  if ((!dims || dims->empty()) && x.is_contiguous())
    return {view(x, {1, x.numel()}), keepdim ? Shape(x.dim(), 1) : Shape()};
  Dims reduced(x.dim(), 0);
  if (!dims || dims->empty()) {
    std::fill(reduced.begin(), reduced.end(), 1);
  } else {
    for (const int64_t dim : *dims) {
      const int64_t d = wrap_dim(operation, dim, x.dim());
      if (x.dim() == 0) continue;
      check(!reduced[d]++, operation, ": dim ", d, " appears twice in ", *dims);
    }
  }
  Dims order;
  Shape shape;
  int64_t kept = 1, columns = 1;
  for (int64_t d = 0; d < x.dim(); ++d) {
    if (reduced[d]) {
      columns *= x.shape()[d];
      if (keepdim) shape.push_back(1);
    } else {
      order.push_back(d);
      kept *= x.shape()[d];
      shape.push_back(x.shape()[d]);
    }
  }
  for (int64_t d = 0; d < x.dim(); ++d) {
    if (reduced[d]) order.push_back(d);
  }
  return {view(contiguous(permute(x, order)), {kept, columns}), shape};
}

// y = reduce(row) for every row, the rows shared among threads; Y is the result's type.
template <class X, class Y, class Reduce>
Tensor reduce_rows(const Rows& rows, Reduce reduce) {
  Tensor y = empty(rows.shape, dtype_of<Y>);
  const auto x = rows.x.view<const X, 2>();
  const auto out = y.flat<Y>();
  parallel_for(0, x.size(0), std::max<int64_t>(1, 32768 / std::max<int64_t>(1, x.size(1))),
               [&](int64_t first, int64_t last) {
                 for (int64_t i = first; i < last; ++i)
                   out(i) = reduce(View<const X, 1>{x.data + i * x.size(1), {x.size(1)}});
               });
  return y;
}

// The position of the best element; NaN is better than everything.
template <class T, class Better>
int64_t best(View<const T, 1> row, Better better) {
  int64_t at = 0;
  for (int64_t j = 1; j < row.size(0); ++j) {
    if (row(at) != row(at)) break;
    if (row(j) != row(j) || better(row(j), row(at))) at = j;
  }
  return at;
}

Tensor extremum(const char* operation, const Tensor& x, const OptionalDims& dims, bool keepdim,
                bool largest, bool index) {
  if (is_half(x.dtype())) {
    const Tensor y = extremum(operation, widened(x), dims, keepdim, largest, index);
    return index ? y : to(y, x.dtype());
  }
  check(x.numel() > 0 || dims || index, operation, ": an empty tensor has none; name a dim");
  const Rows rows = gather_rows(operation, x, dims, keepdim);
  check<IndexError>(rows.x.size(1) > 0 || (rows.x.size(0) == 0 && dims), operation,
                    ": the reduced dims of shape ", x.shape(), " hold no element");
  return dispatch(x.dtype(), [&]<class T>() {
    const auto position = [&](View<const T, 1> row) {
      return largest ? best(row, [](T a, T b) { return a > b; })
                     : best(row, [](T a, T b) { return a < b; });
    };
    if (index) return reduce_rows<T, int64_t>(rows, position);
    return reduce_rows<T, T>(rows, [&](View<const T, 1> row) { return row(position(row)); });
  });
}

OptionalDims one(std::optional<int64_t> dim) {
  return dim ? OptionalDims(Dims{*dim}) : std::nullopt;
}

Tensor truth(const char* operation, const Tensor& x, const OptionalDims& dims, bool keepdim,
             bool wanted) {
  const Rows rows = gather_rows(operation, to(x, DType::kBool), dims, keepdim);
  const Tensor y = reduce_rows<bool, bool>(rows, [=](View<const bool, 1> row) {
    for (int64_t j = 0; j < row.size(0); ++j) {
      if (row(j) == wanted) return wanted;
    }
    return !wanted;
  });
  return x.dtype() == DType::kUInt8 ? to(y, DType::kUInt8) : y;  // PyTorch's older masks
}

}  // namespace
}  // namespace tensor

Tensor sum(const Tensor& x, const OptionalDims& dims, bool keepdim, std::optional<DType> dtype) {
  const DType result = dtype.value_or(is_floating(x.dtype()) ? x.dtype() : DType::kInt64);
  if (is_half(result)) return to(sum(x, dims, keepdim, DType::kFloat32), result);
  const bool integral = !is_floating(result);
  const tensor::Rows rows =
      tensor::gather_rows("sum", to(x, integral ? DType::kInt64 : result), dims, keepdim);
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

Tensor var(const Tensor& x, const OptionalDims& dims, double correction, bool keepdim) {
  check(is_floating(x.dtype()), "var: expected a floating dtype, got ", x.dtype());
  if (is_half(x.dtype())) return to(var(widened(x), dims, correction, keepdim), x.dtype());
  const tensor::Rows rows = tensor::gather_rows("var", x, dims, keepdim);
  return dispatch_floating("var", x.dtype(), [&]<class T>() {
    return tensor::reduce_rows<T, T>(rows, [=](View<const T, 1> row) {
      const auto n = static_cast<double>(row.size(0));
      double mean = 0, total = 0;
      for (int64_t j = 0; j < row.size(0); ++j) mean += row(j);
      mean /= n;
      for (int64_t j = 0; j < row.size(0); ++j) total += (row(j) - mean) * (row(j) - mean);
      return static_cast<T>(total / std::max(n - correction, 0.0));
    });
  });
}

Tensor prod(const Tensor& x, std::optional<int64_t> dim, bool keepdim) {
  if (is_half(x.dtype())) return to(prod(widened(x), dim, keepdim), x.dtype());
  const Tensor operand = is_floating(x.dtype()) ? x : to(x, DType::kInt64);
  const tensor::Rows rows = tensor::gather_rows("prod", operand, tensor::one(dim), keepdim);
  const auto multiply = [&]<class T, class Product>() {
    return tensor::reduce_rows<T, T>(rows, [](View<const T, 1> row) {
      Product product = 1;
      for (int64_t j = 0; j < row.size(0); ++j) product *= static_cast<Product>(row(j));
      return static_cast<T>(product);
    });
  };
  if (operand.dtype() == DType::kInt64) return multiply.operator()<int64_t, uint64_t>();
  if (operand.dtype() == DType::kFloat32) return multiply.operator()<float, float>();
  return multiply.operator()<double, double>();
}

Tensor all(const Tensor& x, const OptionalDims& dims, bool keepdim) {
  return tensor::truth("all", x, dims, keepdim, false);
}
Tensor any(const Tensor& x, const OptionalDims& dims, bool keepdim) {
  return tensor::truth("any", x, dims, keepdim, true);
}

Tensor amax(const Tensor& x, const OptionalDims& dims, bool keepdim) {
  return tensor::extremum("max", x, dims, keepdim, true, false);
}
Tensor amin(const Tensor& x, const OptionalDims& dims, bool keepdim) {
  return tensor::extremum("min", x, dims, keepdim, false, false);
}
Tensor argmax(const Tensor& x, std::optional<int64_t> dim, bool keepdim) {
  return tensor::extremum("argmax", x, tensor::one(dim), keepdim, true, true);
}
Tensor argmin(const Tensor& x, std::optional<int64_t> dim, bool keepdim) {
  return tensor::extremum("argmin", x, tensor::one(dim), keepdim, false, true);
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

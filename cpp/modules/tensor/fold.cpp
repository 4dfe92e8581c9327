// Reductions that fold a row's elements one by one: extremes, products, truth and variance.
#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <numeric>

#include "core/parallel.h"
#include "modules/tensor/rows.h"
#include "modules/tensor/tensor.h"

namespace tinytorch {
namespace tensor {
namespace {

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

constexpr int64_t kChunk = 1 << 15;  // elements of a long row that are worth a thread
constexpr int64_t kLanes = 32;

// merge(reduce(chunk), ...) over the chunks of a row in order. Where these end does not depend on
// the number of threads, and so neither does the result.
template <class Part, class T, class Reduce, class Merge>
Part in_chunks(View<const T, 1> row, Reduce reduce, Merge merge) {
  const int64_t n = row.size(0), chunks = (n + kChunk - 1) / kChunk;
  if (chunks <= 1) return reduce(row);
  const auto parts = std::make_unique<Part[]>(static_cast<size_t>(chunks));
  parallel_for(0, chunks, 1, [&](int64_t first, int64_t last) {
    for (int64_t c = first; c < last; ++c) {
      parts[static_cast<size_t>(c)] =
          reduce(View<const T, 1>{row.data + c * kChunk, {std::min(kChunk, n - c * kChunk)}});
    }
  });
  return std::accumulate(parts.get() + 1, parts.get() + chunks, parts[0], merge);
}

// start, and then step(so far, element) in lanes, of which a compiler makes vectors.
template <class Part, class T, class Step, class Merge>
Part fold(View<const T, 1> row, Part start, Step step, Merge merge) {
  return in_chunks<Part>(
      row,
      [=](View<const T, 1> chunk) {
        const int64_t n = chunk.size(0), whole = n / kLanes * kLanes;
        Part total = start;
        if (whole > kLanes) {
          Part lanes[kLanes];
          for (int64_t l = 0; l < kLanes; ++l) lanes[l] = step(start, chunk(l));
          for (int64_t j = kLanes; j < whole; j += kLanes) {
            for (int64_t l = 0; l < kLanes; ++l) lanes[l] = step(lanes[l], chunk(j + l));
          }
          for (const Part lane : lanes) total = merge(total, lane);
        }
        for (int64_t j = whole > kLanes ? whole : 0; j < n; ++j) total = step(total, chunk(j));
        return total;
      },
      merge);
}

template <class T, class F>
double add_up(View<const T, 1> row, F f) {
  return fold<double>(row, 0.0, [=](double total, T x) { return total + f(x); }, std::plus<>());
}

// Whether x takes the place of `top`: NaN is better than everything, and the first of equals wins.
template <class T, class Better>
bool beats(T x, T top, Better better) {
  return better(x, top) | (x != x && top == top);
}

template <class T, class Better>
int64_t best_position(View<const T, 1> row, Better better) {
  const auto in_chunk = [=](View<const T, 1> chunk) {
    int64_t at = 0;
    for (int64_t j = 1; j < chunk.size(0); ++j) {
      if (chunk(at) != chunk(at)) break;
      if (chunk(j) != chunk(j) || better(chunk(j), chunk(at))) at = j;
    }
    return chunk.data - row.data + at;
  };
  return in_chunks<int64_t>(row, in_chunk, [=](int64_t at, int64_t next) {
    return beats(row(next), row(at), better) ? next : at;
  });
}

template <class T, class Better>
T best(View<const T, 1> row, Better better) {
  const auto choose = [=](T top, T x) { return beats(x, top, better) ? x : top; };
  return fold<T>(row, row(0), choose, choose);
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
    using Row = View<const T, 1>;
    const auto reduce = [&](auto better) {
      if (index)
        return reduce_rows<T, int64_t>(rows, [=](Row row) { return best_position(row, better); });
      return reduce_rows<T, T>(rows, [=](Row row) { return best(row, better); });
    };
    return largest ? reduce([](T a, T b) { return a > b; })
                   : reduce([](T a, T b) { return a < b; });
  });
}

OptionalDims one(std::optional<int64_t> dim) {
  return dim ? OptionalDims(Dims{*dim}) : std::nullopt;
}

Tensor truth(const char* operation, const Tensor& x, const OptionalDims& dims, bool keepdim,
             bool wanted) {
  const Rows rows = gather_rows(operation, to(x, DType::kBool), dims, keepdim);
  const Tensor y = reduce_rows<bool, bool>(rows, [=](View<const bool, 1> row) {
    const bool found =
        row.size(0) > 0 && std::memchr(row.data, wanted, static_cast<size_t>(row.size(0)));
    return found == wanted;
  });
  return x.dtype() == DType::kUInt8 ? to(y, DType::kUInt8) : y;  // PyTorch's older masks
}

}  // namespace
}  // namespace tensor

Tensor var(const Tensor& x, const OptionalDims& dims, double correction, bool keepdim) {
  check(is_floating(x.dtype()), "var: expected a floating dtype, got ", x.dtype());
  if (is_half(x.dtype())) return to(var(widened(x), dims, correction, keepdim), x.dtype());
  const tensor::Rows rows = tensor::gather_rows("var", x, dims, keepdim);
  return dispatch_floating("var", x.dtype(), [&]<class T>() {
    return tensor::reduce_rows<T, T>(rows, [=](View<const T, 1> row) {
      const auto n = static_cast<double>(row.size(0));
      const double mean = tensor::add_up(row, [](T x) { return static_cast<double>(x); }) / n;
      const double total = tensor::add_up(row, [=](T x) { return (x - mean) * (x - mean); });
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
      return static_cast<T>(tensor::fold<Product>(
          row, Product(1), [](Product product, T x) { return product * static_cast<Product>(x); },
          std::multiplies<>()));
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

}  // namespace tinytorch

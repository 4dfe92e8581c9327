// Selection by a mask, by value and by place in a matrix, each beside its gradient.
#include "extra/selection.h"

#include "extra/writing.h"
#include "modules/tensor/loops.h"

namespace tinytorch {
namespace {

void check_mask(const char* operation, const Tensor& mask) {
  check(mask.dtype() == DType::kBool, operation, ": only supports boolean masks, got ",
        mask.dtype());
}

Tensor zero(const Tensor& like) { return scalar_tensor(0, like.dtype()); }

// x = value where the mask, broadcast to x, holds.
void fill_under(const Tensor& x, const Tensor& mask, const Tensor& value) {
  check_write("masked_fill_", x, x);
  const Shape shape = tensor::broadcast_shapes("masked_fill", x.shape(), mask.shape());
  check(shape == x.shape(), "masked_fill_: output with shape ", x.shape(),
        " doesn't match the broadcast shape ", shape);
  const Tensor bits = bits_of(x), with = bits_of(to(value, x.dtype()));
  const auto walk = tensor::merge_dims<2>(
      shape, {bits.strides(), tensor::broadcast_strides(mask.shape(), mask.strides(), shape)});
  const int64_t step = walk.strides[0].back(), step_mask = walk.strides[1].back();
  dispatch(bits.dtype(), [&]<class T>() {
    T* to = bits.data<T>();
    const bool* flags = mask.data<bool>();
    const T v = *with.data<T>();
    tensor::for_each_run(walk, [&](const auto& at, int64_t n) {
      T* y = to + at[0];
      const bool* flag = flags + at[1];
      if (step == 1 && step_mask == 1) {
        for (int64_t i = 0; i < n; ++i) y[i] = flag[i] ? v : y[i];
      } else {
        for (int64_t i = 0; i < n; ++i) {
          if (flag[i * step_mask]) y[i * step] = v;
        }
      }
    });
  });
}

// x and its mask in their common shape.
std::pair<Tensor, Tensor> met(const char* operation, const Tensor& x, const Tensor& mask) {
  check_mask(operation, mask);
  const Shape shape = tensor::broadcast_shapes(operation, x.shape(), mask.shape());
  return {contiguous(expand(x, shape)), contiguous(expand(mask, shape))};
}

Tensor select_under(const Tensor& given, const Tensor& given_mask) {
  const auto [x, mask] = met("masked_select", bits_of(given), given_mask);
  const bool* flag = mask.data<bool>();
  const Tensor y = empty({std::count(flag, flag + mask.numel(), true)}, x.dtype());
  dispatch(x.dtype(), [&, x = x, mask = mask]<class T>() {
    const T* from = x.data<T>();
    T* to = y.data<T>();
    for (int64_t i = 0; i < x.numel(); ++i)
      if (flag[i]) *to++ = from[i];
  });
  return half_of(y, given.dtype());
}

Tensor scatter_under(const Tensor& given, const Tensor& given_mask, const Tensor& source) {
  check(given.dtype() == source.dtype(),
        "masked_scatter: expected self and source to have same dtypes but got ", given.dtype(),
        " and ", source.dtype());
  const auto [x, mask] = met("masked_scatter", bits_of(given), given_mask);
  const Tensor y = x.storage() == given.storage() ? clone(x) : x;
  const Tensor from = contiguous(bits_of(source));
  const bool* flag = mask.data<bool>();
  check(std::count(flag, flag + mask.numel(), true) <= from.numel(),
        "masked_scatter: Number of elements of source < number of ones in mask");
  dispatch(y.dtype(), [&]<class T>() {
    const T* values = from.data<T>();
    T* to = y.data<T>();
    for (int64_t i = 0; i < y.numel(); ++i)
      if (flag[i]) to[i] = *values++;
  });
  return half_of(y, given.dtype());
}

}  // namespace

Variable masked_fill(const Variable& x, const Tensor& mask, const Variable& value) {
  check_mask("masked_fill", mask);
  const Shape shape = tensor::broadcast_shapes("masked_fill", x.shape(), mask.shape());
  const Tensor y = clone(expand(x.data(), shape));
  fill_under(y, mask, value.data());
  return record(
      value.requires_grad() ? "MaskedFillBackward1" : "MaskedFillBackward0", y,
      saving(x.shape(), mask),
      by(x, [](auto& grad, auto& shape,
               auto& mask) { return sum_to(where(mask, zero(grad), grad), shape); }),
      by(value, [](auto& grad, auto&, auto& mask) { return sum(where(mask, grad, zero(grad))); }));
}

void masked_fill_(const Variable& x, const Tensor& mask, const Variable& value) {
  check_mask("masked_fill_", mask);
  write_in_place(
      "masked_fill_", x, [&](const Tensor& y) { fill_under(y, mask, value.data()); },
      [&](const Variable& old) { return masked_fill(old, mask, value); }, {&value});
}

Variable masked_select(const Variable& x, const Tensor& mask) {
  return record("MaskedSelectBackward0", select_under(x.data(), mask), saving(x.shape(), mask),
                by(x, [](auto& grad, auto& shape, auto& mask) {
                  const Tensor whole = zeros(
                      tensor::broadcast_shapes("masked_select", shape, mask.shape()), grad.dtype());
                  return sum_to(scatter_under(whole, mask, grad), shape);
                }));
}

Variable masked_scatter(const Variable& x, const Tensor& mask, const Variable& source) {
  return record("MaskedScatterBackward0", scatter_under(x.data(), mask, source.data()),
                saving(x.shape(), source.shape(), mask),
                by(x, [](auto& grad, auto& shape, auto&,
                         auto& mask) { return sum_to(where(mask, zero(grad), grad), shape); }),
                by(source, [](auto& grad, auto&, auto& shape, auto& mask) {
                  const Tensor used = select_under(grad, mask);
                  const Tensor whole = zeros({numel(shape)}, grad.dtype());
                  copy_(slice(whole, 0, 0, used.numel()), used);
                  return reshape(whole, shape);
                }));
}

Tensor nonzero(const Tensor& x) {
  const Tensor flags = contiguous(
      x.dtype() == DType::kBool ? x : binary(BinaryOp::kNe, x, scalar_tensor(0, x.dtype())));
  const bool* flag = flags.data<bool>();
  const int64_t count = std::count(flag, flag + flags.numel(), true), rank = x.dim();
  const Tensor positions = empty({count, rank}, DType::kInt64);
  int64_t* to = positions.data<int64_t>();
  const int64_t row = rank ? x.shape().back() : 1;
  for (int64_t start = 0, found = 0; found < count; start += row) {
    for (int64_t i = start; i < start + row; ++i) {
      if (!flag[i]) continue;
      int64_t* place = to + found++ * rank;
      for (int64_t d = rank - 1, rest = i; d >= 0; --d) {
        place[d] = rest % x.shape()[d];
        rest /= x.shape()[d];
      }
    }
  }
  return positions;
}

Tensor isin(const Tensor& x, const Tensor& tested, bool invert) {
  const DType meet = result_type(x, tested);
  const Tensor from = contiguous(widened(to(x, meet))),
               among = contiguous(widened(to(tested, meet)));
  const Tensor y = empty(x.shape(), DType::kBool);
  bool* answer = y.data<bool>();
  dispatch(from.dtype(), [&]<class T>() {
    const T* begin = among.data<T>();
    std::vector<T> sorted;
    for (int64_t i = 0; i < among.numel(); ++i)
      if (begin[i] == begin[i]) sorted.push_back(begin[i]);  // NaN equals nothing
    std::sort(sorted.begin(), sorted.end());
    const T* value = from.data<T>();
    parallel_for(0, from.numel(), 4096, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) {
        const T v = value[i];
        answer[i] = (v == v && std::binary_search(sorted.begin(), sorted.end(), v)) != invert;
      }
    });
  });
  return y;
}

namespace {

// Zeroes what is above the diagonal (or below it, with `upper`).
void keep_triangle(const char* operation, const Tensor& x, int64_t diagonal, bool upper) {
  check(x.dim() >= 2, operation, ": input tensor must have at least 2 dimensions, got shape ",
        x.shape());
  check_write(operation, x, x);
  if (!x.is_contiguous()) {
    const Tensor dense = clone(x);
    keep_triangle(operation, dense, diagonal, upper);
    return copy_(x, dense);
  }
  const int64_t rows = x.shape()[x.dim() - 2], columns = x.shape().back();
  if (x.numel() == 0) return;
  const int64_t size = item_size(x.dtype());
  const int64_t shift = std::clamp<int64_t>(diagonal, -rows - 1, columns + 1);
  parallel_for(0, x.numel() / columns, std::max<int64_t>(1, tensor::kGrain / columns),
               [&](int64_t first, int64_t last) {
                 for (int64_t r = first; r < last; ++r) {
                   const int64_t i = r % rows;
                   const int64_t cut = std::clamp<int64_t>(i + shift + (upper ? 0 : 1), 0, columns);
                   std::byte* row = x.bytes() + r * columns * size;
                   if (upper) std::fill_n(row, cut * size, std::byte{0});
                   else std::fill(row + cut * size, row + columns * size, std::byte{0});
                 }
               });
}

Tensor triangle(const char* operation, const Tensor& x, int64_t diagonal, bool upper) {
  Tensor y = clone(x);
  keep_triangle(operation, y, diagonal, upper);
  return y;
}

}  // namespace

Variable tril(const Variable& x, int64_t diagonal) {
  return record(
      "TrilBackward0", triangle("tril", x.data(), diagonal, false), saving(diagonal),
      by(x, [](auto& grad, auto& diagonal) { return triangle("tril", grad, diagonal, false); }));
}

Variable triu(const Variable& x, int64_t diagonal) {
  return record(
      "TriuBackward0", triangle("triu", x.data(), diagonal, true), saving(diagonal),
      by(x, [](auto& grad, auto& diagonal) { return triangle("triu", grad, diagonal, true); }));
}

void tril_(const Variable& x, int64_t diagonal) {
  write_in_place(
      "tril_", x, [&](const Tensor& y) { keep_triangle("tril_", y, diagonal, false); },
      [&](const Variable& old) { return tril(old, diagonal); });
}

void triu_(const Variable& x, int64_t diagonal) {
  write_in_place(
      "triu_", x, [&](const Tensor& y) { keep_triangle("triu_", y, diagonal, true); },
      [&](const Variable& old) { return triu(old, diagonal); });
}

}  // namespace tinytorch

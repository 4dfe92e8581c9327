// Diagonals and windows, each beside its gradient.
#include "extra/diagonal.h"

#include "extra/writing.h"
#include "modules/tensor/loops.h"

namespace tinytorch {
namespace {

Tensor diagonal(const Tensor& x, int64_t offset, int64_t dim1, int64_t dim2) {
  const int64_t first = wrap_dim("diagonal", dim1, x.dim());
  const int64_t second = wrap_dim("diagonal", dim2, x.dim());
  check(first != second, "diagonal: diagonal dimensions cannot be identical ", dim1, ", ", dim2);
  const int64_t rows = x.shape()[first], columns = x.shape()[second];
  const int64_t from_row = offset < 0 ? (offset > -rows ? -offset : rows) : 0;
  const int64_t from_column = offset > 0 ? std::min(offset, columns) : 0;
  const int64_t length = std::max<int64_t>(0, std::min(rows - from_row, columns - from_column));
  Shape shape;
  Strides strides;
  for (int64_t d = 0; d < x.dim(); ++d) {
    if (d == first || d == second) continue;
    shape.push_back(x.shape()[d]);
    strides.push_back(x.strides()[d]);
  }
  shape.push_back(length);
  strides.push_back(x.strides()[first] + x.strides()[second]);
  const int64_t start =
      length ? from_row * x.strides()[first] + from_column * x.strides()[second] : 0;
  return Tensor(x.storage(), x.dtype(), shape, strides, x.offset() + start);
}

Tensor unfold(const Tensor& x, int64_t dim, int64_t size, int64_t step) {
  const int64_t d = wrap_dim("unfold", dim, x.dim());
  const int64_t length = x.dim() ? x.shape()[d] : 1, stride = x.dim() ? x.strides()[d] : 1;
  check(size >= 0, "unfold: expected size >= 0, got ", size);
  check(size <= length, "unfold: maximum size for tensor at dimension ", d, " is ", length,
        " but size is ", size);
  check(step > 0, "unfold: step is ", step, " but must be > 0");
  Shape shape = x.shape();
  Strides strides = x.strides();
  if (x.dim()) {
    shape[d] = (length - size) / step + 1;
    strides[d] = shape[d] > 1 ? stride * step : stride;
  }
  shape.push_back(size);
  strides.push_back(stride);
  return Tensor(x.storage(), x.dtype(), shape, strides, x.offset());
}

// Overlapping windows add up: place j of all windows at once.
Tensor unfold_backward(const Tensor& grad, const Shape& shape, int64_t dim, int64_t step) {
  const Tensor whole = zeros(shape, grad.dtype());
  if (shape.empty()) return grad.numel() ? reshape(grad, shape) : whole;
  const int64_t windows = grad.shape()[dim];
  for (int64_t j = 0; j < grad.shape().back(); ++j) {
    const Tensor part = slice(whole, dim, j, j + (windows - 1) * step + 1, step);
    binary_(BinaryOp::kAdd, part, select(grad, -1, j));
  }
  return whole;
}

Tensor diag_embed(const Tensor& x, int64_t offset, int64_t dim1, int64_t dim2) {
  const int64_t rank = x.dim() + 1;
  const int64_t first = wrap_dim("diag_embed", dim1, rank),
                second = wrap_dim("diag_embed", dim2, rank);
  check(first != second, "diag_embed: diagonal dimensions cannot be identical ", dim1, ", ", dim2);
  check<IndexError>(x.dim() > 0, "diag_embed: expected at least one dim, got a 0-d tensor");
  const int64_t length = x.shape().back();
  check(std::abs(offset) < int64_t{1} << 31, "diag_embed: offset ", offset, " is too large");
  const int64_t size = length + std::abs(offset);
  Shape shape;
  for (int64_t d = 0, from = 0; d < rank; ++d)
    shape.push_back(d == first || d == second ? size : x.shape()[from++]);
  const Tensor y = zeros(shape, x.dtype());
  copy_(diagonal(y, offset, first, second), x);
  return y;
}

}  // namespace

Variable diagonal(const Variable& x, int64_t offset, int64_t dim1, int64_t dim2) {
  return record_view("DiagonalBackward0", diagonal(x.data(), offset, dim1, dim2),
                     saving(x.shape(), offset, dim1, dim2),
                     by(x, [](auto& grad, auto& shape, auto& offset, auto& dim1, auto& dim2) {
                       const Tensor whole = zeros(shape, grad.dtype());
                       copy_(diagonal(whole, offset, dim1, dim2), grad);
                       return whole;
                     }));
}

Variable unfold(const Variable& x, int64_t dim, int64_t size, int64_t step) {
  const Tensor y = unfold(x.data(), dim, size, step);
  dim = wrap_dim("unfold", dim, x.dim());
  return record_view("UnfoldBackward0", y, saving(x.shape(), dim, step),
                     by(x, [](auto& grad, auto& shape, auto& dim, auto& step) {
                       return unfold_backward(grad, shape, dim, step);
                     }));
}

Variable diag_embed(const Variable& x, int64_t offset, int64_t dim1, int64_t dim2) {
  return record("DiagEmbedBackward0", diag_embed(x.data(), offset, dim1, dim2),
                saving(offset, dim1, dim2),
                by(x, [](auto& grad, auto& offset, auto& dim1, auto& dim2) {
                  return clone(diagonal(grad, offset, dim1, dim2));
                }));
}

Variable trace(const Variable& x) {
  check(x.dim() == 2, "trace: expected a matrix, but got tensor with dim ", x.dim());
  check<NotImplemented>(x.dtype() != DType::kBool, "trace: not defined for bool");
  return record("TraceBackward0", sum(diagonal(x.data(), 0, 0, 1)), saving(x.shape()),
                by(x, [](auto& grad, auto& shape) {
                  const Tensor whole = zeros(shape, grad.dtype());
                  copy_(diagonal(whole, 0, 0, 1), grad);
                  return whole;
                }));
}

namespace {

void fill_diagonal(const Tensor& x, const Tensor& value, bool wrap) {
  check_write("fill_diagonal_", x, x);
  const int64_t rows = x.shape()[0], columns = x.shape()[1];
  int64_t step = 0, length = rows;
  for (int64_t d = 0; d < x.dim(); ++d) {
    step += x.strides()[d];
    length = std::min(length, x.shape()[d]);
  }
  copy_(Tensor(x.storage(), x.dtype(), {length}, {step}, x.offset()), value);
  if (!wrap || x.dim() != 2) return;
  for (int64_t from = columns + 1; from < rows; from += columns + 1)
    copy_(diagonal(slice(x, 0, from, rows), 0, 0, 1), value);
}

}  // namespace

void fill_diagonal_(const Variable& x, const Scalar& number, bool wrap) {
  check(x.dim() >= 2, "fill_diagonal_: dimensions must larger than 1, got shape ", x.shape());
  for (int64_t d = 1; d < x.dim() && x.dim() > 2; ++d) {
    check(x.shape()[d] == x.shape()[0],
          "fill_diagonal_: all dimensions of input must be of equal length, got shape ", x.shape());
  }
  const Tensor value = scalar_tensor(number, x.dtype());
  write_in_place(
      "fill_diagonal_", x, [&](const Tensor& y) { fill_diagonal(y, value, wrap); },
      [&](const Variable& old) {
        const Tensor y = clone(old.data());
        fill_diagonal(y, value, wrap);
        return record("FillDiagonalBackward0", y, saving(wrap), by(old, [](auto& grad, auto& wrap) {
                        const Tensor kept = clone(grad);
                        fill_diagonal(kept, scalar_tensor(0, grad.dtype()), wrap);
                        return kept;
                      }));
      });
}

Tensor tril_indices(int64_t rows, int64_t columns, int64_t offset, bool upper) {
  const char* operation = upper ? "triu_indices" : "tril_indices";
  check(rows >= 0, operation, ": row must be non-negative, got ", rows);
  check(columns >= 0, operation, ": col must be non-negative, got ", columns);
  check(rows < int64_t{1} << 31 && columns < int64_t{1} << 31, operation, ": ", rows, " by ",
        columns, " is too large");
  const int64_t shift = std::clamp(offset, -rows - 1, columns + 1);
  // Of row i, the columns before `cut` belong to the lower triangle.
  const auto cut = [&](int64_t i) {
    return std::clamp<int64_t>(i + shift + (upper ? 0 : 1), 0, columns);
  };
  int64_t count = 0;
  for (int64_t i = 0; i < rows; ++i) count += upper ? columns - cut(i) : cut(i);
  const Tensor indices = empty({2, count}, DType::kInt64);
  int64_t *row = indices.data<int64_t>(), *column = row + count;
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = upper ? cut(i) : 0; j < (upper ? columns : cut(i)); ++j) {
      *row++ = i;
      *column++ = j;
    }
  }
  return indices;
}

}  // namespace tinytorch

// Selection by positions along a dim and in all of x, each beside its gradient.
#include <cstring>

#include "extra/selection.h"
#include "extra/writing.h"
#include "modules/tensor/loops.h"

namespace tinytorch {
namespace {

// A row-major tensor as outer blocks of `size` slices of `inner` elements.
struct Slices {
  int64_t outer = 1, size = 1, inner = 1;
  Slices(const Tensor& x, int64_t dim) {
    for (int64_t d = 0; d < x.dim(); ++d) {
      if (d < dim) outer *= x.shape()[d];
      if (d == dim) size = x.shape()[d];
      if (d > dim) inner *= x.shape()[d];
    }
  }
};

// Positions as int64, 1-d, each in [0, size).
template <class E>
Tensor checked(const char* operation, const Tensor& positions, int64_t dim, int64_t size,
               bool may_be_negative = false) {
  check<IndexError>(positions.dim() <= 1, operation,
                    "(): Index is supposed to be a vector, got shape ", positions.shape());
  const Tensor all = contiguous(reshape(to(positions, DType::kInt64), {positions.numel()}));
  const int64_t* position = all.data<int64_t>();
  for (int64_t i = 0; i < all.numel(); ++i) {
    check<E>((may_be_negative ? -size : 0) <= position[i] && position[i] < size, operation,
             "(): index ", position[i], " is out of bounds for dimension ", dim, " with size ",
             size);
  }
  return all;
}

void check_positions_dtype(const char* operation, const Tensor& positions) {
  check(positions.dtype() == DType::kInt64 || positions.dtype() == DType::kInt32, operation,
        "(): Expected dtype int32 or int64 for index, got ", positions.dtype());
}

Tensor pick_slices(const Tensor& given, int64_t dim, const Tensor& positions) {
  const Tensor x = contiguous(given);
  Shape shape = x.shape();
  if (!shape.empty()) shape[dim] = positions.numel();
  const Tensor y = empty(shape, x.dtype());
  const Slices slices(x, dim);
  const int64_t count = positions.numel(), bytes = slices.inner * item_size(x.dtype());
  const int64_t* position = positions.data<int64_t>();
  if (y.numel() == 0) return y;
  parallel_for(0, slices.outer * count, std::max<int64_t>(1, tensor::kGrain / slices.inner),
               [&](int64_t first, int64_t last) {
                 for (int64_t r = first; r < last; ++r) {
                   const int64_t from = r / count * slices.size + position[r % count];
                   if (bytes == 4) std::memcpy(y.bytes() + r * 4, x.bytes() + from * 4, 4);
                   else
                     std::memcpy(y.bytes() + r * bytes, x.bytes() + from * bytes,
                                 static_cast<size_t>(bytes));
                 }
               });
  return y;
}

// A source must fit x but along dim, where it has a slice for each position.
void check_slices(const char* operation, const Tensor& x, int64_t dim, const Tensor& positions,
                  const Tensor& source) {
  check(x.dtype() == source.dtype(), operation,
        "(): self and source expected to have the same dtype, but got (self) ", x.dtype(),
        " and (source) ", source.dtype());
  const int64_t slices = source.dim() ? source.shape()[std::min(dim, source.dim() - 1)] : 1;
  check(slices == positions.numel(), operation, "(): Number of indices (", positions.numel(),
        ") should be equal to source.size(dim): (", slices, "), for dim: ", dim);
  const auto sizes = [&](const Tensor& t) {
    Shape shape = t.dim() ? t.shape() : Shape{1};
    if (dim < shape.size()) shape[dim] = 1;
    return shape;
  };
  check(sizes(x) == sizes(source), operation, "(): source of shape ", source.shape(),
        " does not fit self of shape ", x.shape(), " but along dim ", dim);
}

// f(y's slice, source's slice, length) for every position; y is row-major.
template <class T, class F>
void for_each_slice(const Tensor& y, int64_t dim, const Tensor& positions, const Tensor& source,
                    F f) {
  const Slices slices(y, dim);
  const Tensor from = contiguous(source);
  const int64_t count = positions.numel();
  const int64_t* position = positions.data<int64_t>();
  T* to = y.data<T>();
  const T* values = from.data<T>();
  const auto run = [&](int64_t outer, int64_t begin, int64_t end) {
    for (int64_t k = 0; k < count; ++k) {
      f(to + (outer * slices.size + position[k]) * slices.inner + begin,
        values + (outer * count + k) * slices.inner + begin, end - begin);
    }
  };
  if (count == 0) return;
  if (slices.outer == 1) {
    parallel_for(0, slices.inner, std::max<int64_t>(16, tensor::kGrain / count),
                 [&](int64_t begin, int64_t end) { run(0, begin, end); });
  } else {
    parallel_for(0, slices.outer,
                 std::max<int64_t>(1, tensor::kGrain / std::max<int64_t>(1, count * slices.inner)),
                 [&](int64_t first, int64_t last) {
                   for (int64_t o = first; o < last; ++o) run(o, 0, slices.inner);
                 });
  }
}

// Runs change(row-major y) on x itself or on a copy that goes back.
template <class F>
void on_dense(const char* operation, const Tensor& x, F change) {
  check_write(operation, x, x);
  if (x.is_contiguous()) return change(x);
  const Tensor y = clone(x);
  change(y);
  copy_(x, y);
}

void add_slices(const Tensor& x, int64_t dim, const Tensor& positions, const Tensor& source,
                const Scalar& alpha) {
  if (is_half(x.dtype())) {
    const Tensor wide = widened(x);
    add_slices(wide, dim, positions, widened(source), alpha);
    return copy_(x, wide);
  }
  on_dense("index_add_", x, [&](const Tensor& y) {
    dispatch(x.dtype(), [&]<class T>() {
      const T factor = alpha.to<T>();
      for_each_slice<T>(y, dim, positions, source, [factor](T* to, const T* from, int64_t n) {
        for (int64_t i = 0; i < n; ++i) {
          if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>)
            to[i] = static_cast<T>(static_cast<uint64_t>(to[i]) +
                                   static_cast<uint64_t>(factor) * static_cast<uint64_t>(from[i]));
          else to[i] = static_cast<T>(to[i] + factor * from[i]);
        }
      });
    });
  });
}

void write_slices(const char* operation, const Tensor& x, int64_t dim, const Tensor& positions,
                  const Tensor& source) {
  on_dense(operation, bits_of(x), [&](const Tensor& y) {
    dispatch(y.dtype(), [&]<class T>() {
      for_each_slice<T>(y, dim, positions, bits_of(source),
                        [](T* to, const T* from, int64_t n) { std::copy_n(from, n, to); });
    });
  });
}

Shape slices_shape(const Tensor& x, int64_t dim, int64_t count) {
  Shape shape = x.shape();
  if (!shape.empty()) shape[dim] = count;
  return shape;
}

void fill_slices(const Tensor& x, int64_t dim, const Tensor& positions, const Tensor& value) {
  const Tensor source =
      expand(to(value, x.dtype()), slices_shape(x, dim, x.dim() ? positions.numel() : 1));
  if (x.dim() == 0 && positions.numel() != 1) {
    if (positions.numel() > 1) copy_(x, source);
    return;
  }
  write_slices("index_fill_", x, dim, positions, source);
}

Tensor zero(const Tensor& like) { return scalar_tensor(0, like.dtype()); }

Tensor without_slices(const Tensor& grad, int64_t dim, const Tensor& positions) {
  const Tensor kept = clone(grad);
  fill_slices(kept, dim, positions, zero(grad));
  return kept;
}

int64_t size_along(const Variable& x, int64_t dim) { return x.dim() ? x.shape()[dim] : 1; }

Tensor fill_positions(const Variable& x, int64_t dim, const Tensor& given) {
  check<IndexError>(given.dtype() == DType::kInt64,
                    "index_fill_(): Expected dtype int64 for index, got ", given.dtype());
  const int64_t size = size_along(x, dim);
  const Tensor all = clone(checked<IndexError>("index_fill_", given, dim, size, true));
  int64_t* position = all.data<int64_t>();
  for (int64_t i = 0; i < all.numel(); ++i)
    if (position[i] < 0) position[i] += size;
  return all;
}

}  // namespace

Variable index_select(const Variable& x, int64_t dim, const Tensor& given) {
  dim = wrap_dim("index_select", dim, x.dim());
  check_positions_dtype("index_select", given);
  // Which of PyTorch's kernels looks decides what it raises.
  const auto check_positions = dim == 0 ? &checked<IndexError> : &checked<Error>;
  const Tensor positions = check_positions("index_select", given, dim, size_along(x, dim), false);
  check(x.dim() > 0 || positions.numel() == 1,
        "index_select(): Index to scalar can have only 1 value, got ", positions.numel(),
        " value(s)");
  return record("IndexSelectBackward0", pick_slices(x.data(), dim, positions),
                saving(x.shape(), dim, positions),
                by(x, [](auto& grad, auto& shape, auto& dim, auto& positions) {
                  const Tensor whole = zeros(shape, grad.dtype());
                  add_slices(whole, dim, positions, grad, Scalar(1));
                  return whole;
                }));
}

Variable index_add(const Variable& x, int64_t dim, const Tensor& given, const Variable& source,
                   const Scalar& alpha) {
  Variable y(clone(x.data()));
  {
    const NoGrad quiet;
    index_add_(y, dim, given, detach(source), alpha);
  }
  dim = wrap_dim("index_add", dim, x.dim());
  const Tensor positions = checked<Error>("index_add_", given, dim, size_along(x, dim));
  return record("IndexAddBackward0", y.data(), saving(source.shape(), dim, positions, alpha),
                by(x, [](auto& grad, auto&, auto&, auto&, auto&) { return grad; }),
                by(source, [](auto& grad, auto& shape, auto& dim, auto& positions, auto& alpha) {
                  return reshape(pick_slices(grad, dim, positions), shape) * alpha;
                }));
}

void index_add_(const Variable& x, int64_t dim, const Tensor& given, const Variable& source,
                const Scalar& alpha) {
  dim = wrap_dim("index_add_", dim, x.dim());
  check_positions_dtype("index_add_", given);
  const Tensor positions = checked<Error>("index_add_", given, dim, size_along(x, dim));
  check_slices("index_add_", x.data(), dim, positions, source.data());
  check(is_floating(x.dtype()) || !is_floating(alpha.kind()),
        "index_add_(): For integral input tensors, argument alpha must not be a floating point "
        "number.");
  write_in_place(
      "index_add_", x,
      [&](const Tensor& y) { add_slices(y, dim, positions, source.data(), alpha); },
      [&](const Variable& old) { return index_add(old, dim, positions, source, alpha); },
      {&source});
}

Variable index_copy(const Variable& x, int64_t dim, const Tensor& given, const Variable& source) {
  Variable y(clone(x.data()));
  {
    const NoGrad quiet;
    index_copy_(y, dim, given, detach(source));
  }
  dim = wrap_dim("index_copy", dim, x.dim());
  const Tensor positions = checked<IndexError>("index_copy_", given, dim, size_along(x, dim));
  return record("IndexCopyBackward0", y.data(), saving(source.shape(), dim, positions),
                by(x, [](auto& grad, auto&, auto& dim,
                         auto& positions) { return without_slices(grad, dim, positions); }),
                by(source, [](auto& grad, auto& shape, auto& dim, auto& positions) {
                  return reshape(pick_slices(grad, dim, positions), shape);
                }));
}

void index_copy_(const Variable& x, int64_t dim, const Tensor& given, const Variable& source) {
  dim = wrap_dim("index_copy_", dim, x.dim());
  check(given.dtype() == DType::kInt64, "index_copy_(): Expected a long tensor for index, but got ",
        given.dtype());
  const Tensor positions = checked<IndexError>("index_copy_", given, dim, size_along(x, dim));
  check_slices("index_copy_", x.data(), dim, positions, source.data());
  write_in_place(
      "index_copy_", x,
      [&](const Tensor& y) { write_slices("index_copy_", y, dim, positions, source.data()); },
      [&](const Variable& old) { return index_copy(old, dim, positions, source); }, {&source});
}

Variable index_fill(const Variable& x, int64_t dim, const Tensor& given, const Variable& value) {
  dim = wrap_dim("index_fill", dim, x.dim());
  const Tensor positions = fill_positions(x, dim, given);
  const Tensor y = clone(x.data());
  fill_slices(y, dim, positions, value.data());
  return record(value.requires_grad() ? "IndexFillBackward1" : "IndexFillBackward0", y,
                saving(dim, positions),
                by(x, [](auto& grad, auto& dim,
                         auto& positions) { return without_slices(grad, dim, positions); }),
                by(value, [](auto& grad, auto& dim, auto& positions) {
                  return sum(grad) - sum(without_slices(grad, dim, positions));
                }));
}

void index_fill_(const Variable& x, int64_t dim, const Tensor& given, const Variable& value) {
  dim = wrap_dim("index_fill_", dim, x.dim());
  const Tensor positions = fill_positions(x, dim, given);
  write_in_place(
      "index_fill_", x, [&](const Tensor& y) { fill_slices(y, dim, positions, value.data()); },
      [&](const Variable& old) { return index_fill(old, dim, positions, value); }, {&value});
}

namespace {

// Positions in all of x, shaped as they were, each in [0, numel).
Tensor flat_positions(const char* operation, const Tensor& x, const Tensor& given) {
  check(given.dtype() == DType::kInt64, operation, "(): Expected a long tensor for index, but got ",
        given.dtype());
  const int64_t count = x.numel();
  check<IndexError>(count > 0 || given.numel() == 0, operation,
                    "(): tried to take from an empty tensor");
  const Tensor all = clone(given);
  int64_t* position = all.data<int64_t>();
  for (int64_t i = 0; i < all.numel(); ++i) {
    check<IndexError>(-count <= position[i] && position[i] < count,
                      "out of range: tried to access index ", position[i], " on a tensor of ",
                      count, " elements.");
    if (position[i] < 0) position[i] += count;
  }
  return all;
}

Tensor flat(const Tensor& x) { return reshape(x, {x.numel()}); }

void put(const Tensor& x, const Tensor& positions, const Tensor& source, bool accumulate) {
  check_write("put_", x, x);
  const Tensor dense = x.is_contiguous() ? x : clone(x);
  const Tensor line = view(dense, {x.numel()});
  if (accumulate) add_slices(line, 0, flat(positions), flat(source), Scalar(1));
  else write_slices("put_", line, 0, flat(positions), flat(source));
  if (!x.is_contiguous()) copy_(x, dense);
}

}  // namespace

Variable take(const Variable& x, const Tensor& given) {
  const Tensor positions = flat_positions("take", x.data(), given);
  return record("TakeBackward0",
                reshape(pick_slices(flat(x.data()), 0, flat(positions)), positions.shape()),
                saving(x.shape(), positions), by(x, [](auto& grad, auto& shape, auto& positions) {
                  const Tensor whole = zeros(shape, grad.dtype());
                  put(whole, positions, grad, true);
                  return whole;
                }));
}

void put_(const Variable& x, const Tensor& given, const Variable& source, bool accumulate) {
  const Tensor positions = flat_positions("put_", x.data(), given);
  check(x.dtype() == source.dtype(),
        "put_(): self and source expected to have the same dtype, got ", x.dtype(), " and ",
        source.dtype());
  check<IndexError>(positions.numel() == source.numel(),
                    "put_(): Expected source and index to have the same number of elements, but "
                    "got source.numel() = ",
                    source.numel(), ", index.numel() = ", positions.numel());
  write_in_place(
      "put_", x, [&](const Tensor& y) { put(y, positions, source.data(), accumulate); },
      [&](const Variable& old) {
        const Tensor y = clone(old.data());
        put(y, positions, source.data(), accumulate);
        return record("PutBackward0", y, saving(source.shape(), positions, accumulate),
                      by(old,
                         [](auto& grad, auto&, auto& positions, auto& accumulate) {
                           if (accumulate) return grad;
                           const Tensor kept = clone(grad);
                           put(kept, positions, zeros(positions.shape(), grad.dtype()), false);
                           return kept;
                         }),
                      by(source, [](auto& grad, auto& shape, auto& positions, auto&) {
                        return reshape(pick_slices(flat(grad), 0, flat(positions)), shape);
                      }));
      },
      {&source});
}

}  // namespace tinytorch

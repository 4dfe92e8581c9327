// Views: the same storage under another shape, other strides or another offset.
#include "modules/tensor/tensor.h"

namespace tinytorch {
namespace {

Tensor restride(const Tensor& x, Shape shape, Strides strides, int64_t offset) {
  return Tensor(x.storage(), x.dtype(), std::move(shape), std::move(strides), offset);
}

// `shape` with its -1 replaced by the size that keeps the element count.
Shape infer_shape(const char* operation, const Tensor& x, const Shape& shape) {
  int64_t known = 1, inferred = -1;
  for (int64_t d = 0; d < shape.size(); ++d) {
    if (shape[d] == -1) {
      check(inferred < 0, operation, ": only one size may be -1, got ", shape);
      inferred = d;
      continue;
    }
    check(shape[d] >= 0, operation, ": a size must not be negative, got ", shape);
    check(!__builtin_mul_overflow(known, shape[d], &known), operation, ": shape ", shape,
          " has more elements than an int64 counts");
  }
  Shape full = shape;
  if (inferred >= 0) {
    check(known > 0, operation, ": cannot infer the -1 in ", shape, " for ", x.numel(),
          " elements");
    full[inferred] = x.numel() / known;
    known *= full[inferred];
  }
  check(known == x.numel(), operation, ": shape ", shape, " does not hold the ", x.numel(),
        " elements of shape ", x.shape());
  return full;
}

// The strides that read x as `shape` without a copy, if there are any. Dimensions of x that lie
// without gaps behind one another form a chunk; each chunk must be split by itself.
std::optional<Strides> view_strides(const Tensor& x, const Shape& shape) {
  if (x.numel() == 0) return tensor::contiguous_strides(shape);
  Strides strides(shape.size(), 1);
  int64_t next = shape.size() - 1;
  int64_t chunk = 1;       // elements of x in the chunk so far
  int64_t unassigned = 1;  // elements of `shape` that the chunk's new dimensions hold
  int64_t step = x.dim() ? x.strides().back() : 1;
  for (int64_t d = x.dim() - 1; d >= 0; --d) {
    chunk *= x.shape()[d];
    const bool ends = d == 0 || (x.shape()[d - 1] != 1 && x.strides()[d - 1] != chunk * step);
    if (!ends) continue;
    while (next >= 0 && (unassigned < chunk || shape[next] == 1)) {
      strides[next] = unassigned * step;
      unassigned *= shape[next--];
    }
    if (unassigned != chunk) return std::nullopt;
    if (d > 0) step = x.strides()[d - 1];
    chunk = unassigned = 1;
  }
  return strides;
}

}  // namespace

Tensor view(const Tensor& x, const Shape& shape) {
  Shape full = infer_shape("view", x, shape);
  std::optional<Strides> strides = view_strides(x, full);
  check(strides.has_value(), "view: shape ", shape, " cannot be read without a copy from shape ",
        x.shape(), " with strides ", x.strides(), "; use reshape");
  return restride(x, std::move(full), std::move(*strides), x.offset());
}

Tensor reshape(const Tensor& x, const Shape& shape) {
  Shape full = infer_shape("reshape", x, shape);
  if (std::optional<Strides> strides = view_strides(x, full)) {
    return restride(x, std::move(full), std::move(*strides), x.offset());
  }
  return view(clone(x), full);
}

Tensor permute(const Tensor& x, const Dims& dims) {
  check(dims.size() == x.dim(), "permute: expected ", x.dim(), " dims, got ", dims);
  // TASK tensor.permute (3 points): no element moves; only the order of sizes and strides does.
  Shape shape(x.dim(), -1);
  Strides strides(x.dim(), 0);
  Dims seen(x.dim(), 0);
  for (int64_t i = 0; i < x.dim(); ++i) {
    const int64_t d = wrap_dim("permute", dims[i], x.dim());
    check(!seen[d]++, "permute: dim ", d, " appears twice in ", dims);
    shape[i] = x.shape()[d];
    strides[i] = x.strides()[d];
  }
  return Tensor(x.storage(), x.dtype(), shape, strides, x.offset());
  // END TASK
}

Tensor transpose(const Tensor& x, int64_t dim0, int64_t dim1) {
  dim0 = wrap_dim("transpose", dim0, x.dim());
  dim1 = wrap_dim("transpose", dim1, x.dim());
  if (x.dim() == 0) return x;
  Dims dims(x.dim(), 0);
  for (int64_t d = 0; d < x.dim(); ++d) dims[d] = d;
  std::swap(dims[dim0], dims[dim1]);
  return permute(x, dims);
}

Tensor slice(const Tensor& x, int64_t dim, int64_t start, int64_t stop, int64_t step) {
  check<IndexError>(x.dim() > 0, "slice: expected at least one dim, got a 0-d tensor");
  check<ValueError>(step > 0, "slice: expected step > 0, got ", step);
  dim = wrap_dim("slice", dim, x.dim());
  // TASK tensor.slice (4 points): bounds count from the end when negative, and are cut to the size.
  const int64_t size = x.shape()[dim];
  if (start < 0) start += size;
  if (stop < 0) stop += size;
  start = std::clamp<int64_t>(start, 0, size);
  stop = std::clamp<int64_t>(stop, start, size);
  Shape shape = x.shape();
  Strides strides = x.strides();
  shape[dim] = (stop - start) / step + ((stop - start) % step != 0);
  strides[dim] *= step;
  return Tensor(x.storage(), x.dtype(), shape, strides, x.offset() + start * x.strides()[dim]);
  // END TASK
}

Tensor select(const Tensor& x, int64_t dim, int64_t index) {
  check<IndexError>(x.dim() > 0, "select: expected at least one dim, got a 0-d tensor");
  dim = wrap_dim("select", dim, x.dim());
  const int64_t size = x.shape()[dim];
  check<IndexError>(-size <= index && index < size, "select: index ", index, " is outside dim ",
                    dim, " of size ", size);
  if (index < 0) index += size;
  Shape shape = x.shape();
  Strides strides = x.strides();
  const int64_t offset = x.offset() + index * strides[dim];
  shape.erase(dim);
  strides.erase(dim);
  return restride(x, std::move(shape), std::move(strides), offset);
}

Tensor unsqueeze(const Tensor& x, int64_t dim) {
  dim = wrap_dim("unsqueeze", dim, x.dim() + 1);
  Shape shape = x.shape();
  Strides strides = x.strides();
  strides.insert(dim, dim < x.dim() ? shape[dim] * strides[dim] : 1);
  shape.insert(dim, 1);
  return restride(x, std::move(shape), std::move(strides), x.offset());
}

Tensor squeeze(const Tensor& x, std::optional<int64_t> dim) {
  if (dim) dim = wrap_dim("squeeze", *dim, x.dim());
  Shape shape;
  Strides strides;
  for (int64_t d = 0; d < x.dim(); ++d) {
    if (x.shape()[d] == 1 && (!dim || *dim == d)) continue;
    shape.push_back(x.shape()[d]);
    strides.push_back(x.strides()[d]);
  }
  return restride(x, std::move(shape), std::move(strides), x.offset());
}

Tensor expand(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  const int64_t added = shape.size() - x.dim();
  check(added >= 0, "expand: shape ", shape, " has fewer dims than ", x.shape());
  Shape target = shape;
  for (int64_t d = 0; d < shape.size(); ++d) {
    if (shape[d] == -1 && d >= added) target[d] = x.shape()[d - added];
    check(target[d] >= 0, "expand: a size must not be negative, got ", shape);
    check(d < added || x.shape()[d - added] == target[d] || x.shape()[d - added] == 1,
          "expand: shape ", x.shape(), " does not stretch to ", shape, " at dim ", d);
  }
  Strides strides = tensor::broadcast_strides(x.shape(), x.strides(), target);
  return restride(x, std::move(target), std::move(strides), x.offset());
}

Tensor flatten(const Tensor& x, int64_t start_dim, int64_t end_dim) {
  if (x.dim() == 0) return reshape(x, {1});
  start_dim = wrap_dim("flatten", start_dim, x.dim());
  end_dim = wrap_dim("flatten", end_dim, x.dim());
  check(start_dim <= end_dim, "flatten: expected start_dim <= end_dim, got ", start_dim, " and ",
        end_dim);
  Shape shape(x.shape().begin(), x.shape().begin() + start_dim + 1);
  for (int64_t d = start_dim + 1; d <= end_dim; ++d) shape[start_dim] *= x.shape()[d];
  for (int64_t d = end_dim + 1; d < x.dim(); ++d) shape.push_back(x.shape()[d]);
  return reshape(x, shape);
}

Tensor as_strided(const Tensor& x, const Shape& shape, const Strides& strides, int64_t offset) {
  check(shape.size() == strides.size(), "as_strided: expected as many strides as sizes, got shape ",
        shape, " and strides ", strides);
  int64_t last = offset;
  bool overflow = false;
  for (int64_t d = 0; d < shape.size(); ++d) {
    check(strides[d] >= 0, "as_strided: a stride must not be negative, got ", strides);
    int64_t reach = 0;
    overflow |= __builtin_mul_overflow(std::max<int64_t>(shape[d] - 1, 0), strides[d], &reach);
    overflow |= __builtin_add_overflow(last, reach, &last);
  }
  const int64_t capacity = x.storage() ? x.storage()->bytes() / item_size(x.dtype()) : 0;
  check(!overflow && offset >= 0 && (numel(shape) == 0 || last < capacity), "as_strided: shape ",
        shape, ", strides ", strides, " and offset ", offset, " reach outside a storage of ",
        capacity, " elements");
  return restride(x, shape, strides, offset);
}

std::vector<Tensor> split(const Tensor& x, const Lengths& lengths, int64_t dim) {
  check(x.dim() > 0, "split: expected at least one dim, got a 0-d tensor");
  const int64_t size = x.size(dim);
  std::vector<Tensor> parts;
  int64_t start = 0;
  for (const int64_t length : lengths) {
    check(length >= 0 && length <= size - start, "split: length ", length, " at ", start,
          " is negative or exceeds dim ", dim, " of size ", size);
    parts.push_back(slice(x, dim, start, start + length));
    start += length;
  }
  check(start == size, "split: the lengths add up to ", start, ", but dim ", dim, " has size ",
        size);
  return parts;
}

std::vector<Tensor> unbind(const Tensor& x, int64_t dim) {
  check<IndexError>(x.dim() > 0, "unbind: expected at least one dim, got a 0-d tensor");
  std::vector<Tensor> parts;
  for (int64_t i = 0; i < x.size(dim); ++i) parts.push_back(select(x, dim, i));
  return parts;
}

Tensor view_dtype(const Tensor& x, DType dtype) {
  const int64_t from = item_size(x.dtype()), to = item_size(dtype);
  Shape shape = x.shape();
  Strides strides = x.strides();
  int64_t offset = x.offset();
  if (from != to) {
    check(x.dim() > 0, "view: a 0-d tensor of ", x.dtype(), " cannot be read as ", dtype,
          ", which has another size");
    const int64_t last = x.dim() - 1;
    check(strides[last] == 1, "view: expected a last stride of 1 to read ", x.dtype(), " as ",
          dtype, ", got strides ", strides);
    const int64_t ratio = from > to ? from / to : to / from;
    const auto scaled = [&](int64_t value, const char* what) {
      check(from > to || value % ratio == 0, "view: ", what, " ", value, " is not divisible by ",
            ratio, ", which reading ", x.dtype(), " as ", dtype, " needs");
      return from > to ? value * ratio : value / ratio;
    };
    shape[last] = scaled(shape[last], "the last size");
    for (int64_t d = 0; d < last; ++d) strides[d] = scaled(strides[d], "the stride");
    offset = scaled(offset, "the offset");
  }
  const auto address =
      reinterpret_cast<std::uintptr_t>(x.storage() ? x.storage()->data() : nullptr);
  check(address % static_cast<std::uintptr_t>(to) == 0, "view: the memory is not aligned for ",
        dtype);
  return Tensor(x.storage(), dtype, std::move(shape), std::move(strides), offset);
}

}  // namespace tinytorch

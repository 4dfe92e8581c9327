// Reordering, each beside its reverse, which is its gradient.
#include "extra/reorder.h"

namespace tinytorch {
namespace {

// A view that walks the given dims backwards, copied.
Tensor flip(const Tensor& x, const Dims& dims) {
  Strides strides = x.strides();
  int64_t offset = x.offset();
  uint64_t seen = 0;
  for (const int64_t dim : dims) {
    const int64_t d = wrap_dim("flip", dim, x.dim());
    check(!(seen >> d & 1), "flip: dim ", d, " appears more than once in dims ", dims);
    seen |= uint64_t{1} << d;
    if (x.dim() == 0 || x.numel() == 0) continue;
    offset += (x.shape()[d] - 1) * strides[d];
    strides[d] = -strides[d];
  }
  return clone(Tensor(x.storage(), x.dtype(), x.shape(), strides, offset));
}

Tensor roll(const Tensor& x, int64_t shift, int64_t dim) {
  check<IndexError>(x.dim() > 0, "roll: a 0-d tensor has no dim ", dim);
  const int64_t n = x.size(dim);
  if (n == 0) return clone(x);
  const int64_t cut = ((-shift % n) + n) % n;
  return cat({slice(x, dim, cut, n), slice(x, dim, 0, cut)}, dim);
}

Tensor roll(const Tensor& x, const Dims& shifts, const Dims& dims, int64_t sign) {
  if (dims.empty()) return reshape(roll(flatten(x), sign * shifts[0], 0), x.shape());
  Tensor y = x;
  for (int64_t i = 0; i < dims.size(); ++i) y = roll(y, sign * shifts[i], dims[i]);
  return y;
}

}  // namespace

Variable flip(const Variable& x, const Dims& dims) {
  return record("FlipBackward0", flip(x.data(), dims), saving(dims),
                by(x, [](auto& grad, auto& dims) { return flip(grad, dims); }));
}

Variable roll(const Variable& x, const Dims& shifts, const Dims& dims) {
  check(shifts.size() == dims.size() || (dims.empty() && shifts.size() == 1),
        "roll: expected a shift for each dim, got shifts ", shifts, " and dims ", dims);
  return record(
      "RollBackward0", roll(x.data(), shifts, dims, 1), saving(shifts, dims),
      by(x, [](auto& grad, auto& shifts, auto& dims) { return roll(grad, shifts, dims, -1); }));
}

}  // namespace tinytorch

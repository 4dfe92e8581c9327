// Tiling with its gradient, and variables that change what they show.
#include "extra/shapes.h"

#include <cstring>

namespace tinytorch {
namespace {

// (t0 * s0, t1 * s1) as (t0, s0, t1, s1), and the dims that count repetitions.
struct Tiles {
  Tiles(const Shape& shape, const Dims& times) {
    for (int64_t d = 0; d < times.size(); ++d) {
      const int64_t at = d - (times.size() - shape.size());
      const int64_t size = at < 0 ? 1 : shape[at];
      one.push_back(1), one.push_back(size);
      all.push_back(times[d]), all.push_back(size);
      repeated.push_back(2 * d);
      check(!__builtin_mul_overflow(times[d], size, &joined.emplace_back()), "repeat: times ",
            times, " of shape ", shape, " exceed int64");
    }
  }
  Shape one, all;
  Dims repeated;
  std::vector<int64_t> joined;
};

Tensor repeat(const Tensor& x, const Dims& times) {
  const Tiles tiles(x.shape(), times);
  const Tensor all = clone(expand(reshape(x, tiles.one), tiles.all));
  return reshape(all, Shape(tiles.joined.begin(), tiles.joined.end()));
}

}  // namespace

Variable repeat(const Variable& x, const Dims& times) {
  check(times.size() >= x.dim(), "repeat: expected an entry for each dim of shape ", x.shape(),
        ", got ", times);
  check(times.size() <= Dims::kMax / 2, "repeat: expected at most 32 entries, got ", times.size());
  for (const int64_t n : times) check(n >= 0, "repeat: expected no negative entry, got ", times);
  if (times.empty()) return clone(x);
  return record("RepeatBackward0", repeat(x.data(), times), saving(x.shape(), times),
                by(x, [](auto& grad, auto& shape, auto& times) {
                  const Tiles tiles(shape, times);
                  return reshape(sum(reshape(grad, tiles.all), tiles.repeated), shape);
                }));
}

Variable tile(const Variable& x, const Dims& times) {
  Dims all = times;
  while (all.size() < x.dim()) all.insert(0, 1);
  return repeat(x, all);
}

void become(const char* operation, const Variable& x, const Variable& y) {
  check_writable(operation, x);
  if (y.grad_fn()) set_history(x, y.grad_fn(), y.impl()->output);
  x.impl()->data = y.data();
}

void resize_(const Variable& x, const Shape& shape) {
  check(!x.requires_grad(), "cannot resize variables that require grad");
  const Tensor& old = x.data();
  const int64_t count = numel(shape), size = item_size(old.dtype());
  const int64_t capacity = old.storage() ? old.storage()->bytes() / size : 0;
  int64_t end = 0;
  check(!__builtin_add_overflow(old.offset(), count, &end), "resize_: shape ", shape,
        " is too large");
  Strides strides = tensor::contiguous_strides(shape);
  if (end <= capacity) {
    x.impl()->data = Tensor(old.storage(), old.dtype(), shape, std::move(strides), old.offset());
    return;
  }
  const Tensor fresh = empty({end}, old.dtype());
  if (capacity > 0)
    std::memcpy(fresh.bytes(), old.storage()->data(), static_cast<size_t>(capacity * size));
  x.impl()->data = Tensor(fresh.storage(), old.dtype(), shape, std::move(strides), old.offset());
}

void set_(const Variable& x, const Variable& source) {
  check_writable("set_", x);
  check(source.dtype() == x.dtype(), "set_: expected a source of ", x.dtype(), ", got ",
        source.dtype());
  x.impl()->data = source.data();
}

Tensor whole_storage(const Tensor& x) {
  const int64_t count = x.storage() ? x.storage()->bytes() / item_size(x.dtype()) : 0;
  return Tensor(x.storage(), x.dtype(), {count}, {1});
}

}  // namespace tinytorch

// Picking elements by position: a loop over positions around a loop over what lies at each.
#include <cstring>

#include "modules/tensor/positions.h"

namespace tinytorch {
namespace {

// The positions at which a mask is true, one (count,) tensor for each of its dims.
std::vector<Tensor> positions_of(const Tensor& mask) {
  const Tensor flags = contiguous(to(mask, DType::kBool));
  const bool* flag = flags.data<bool>();
  const int64_t count = std::count(flag, flag + mask.numel(), true);
  std::vector<Tensor> positions;
  for (int64_t d = 0; d < mask.dim(); ++d) positions.push_back(empty({count}, DType::kInt64));
  for (int64_t i = 0, found = 0; found < count; ++i) {
    if (!flag[i]) continue;
    for (int64_t d = mask.dim() - 1, rest = i; d >= 0; --d) {
      positions[static_cast<size_t>(d)].data<int64_t>()[found] = rest % mask.shape()[d];
      rest /= mask.shape()[d];
    }
    ++found;
  }
  return positions;
}

// Where the elements to pick lie in x: at[b] + within[r], for b over the positions and r over the
// rest.
struct Gather {
  Shape shape;              // of the result
  std::vector<int64_t> at;  // element offsets, row-major over the broadcast positions
  std::vector<int64_t> within;
  bool dense;  // within is 0, 1, 2, ...
  Dims order;  // the result's dims, as dims of (positions..., rest...)
};

Gather plan(const Tensor& x, const Picks& picks) {
  // Masks become positions; each entry is a dim of x and its positions.
  std::vector<std::pair<int64_t, Tensor>> chosen;
  for (size_t d = 0; d < picks.size(); ++d) {
    if (!picks[d]) continue;
    const Tensor& pick = *picks[d];
    if (pick.dtype() == DType::kBool || pick.dtype() == DType::kUInt8) {
      for (int64_t k = 0; k < pick.dim(); ++k) {
        const int64_t dim = static_cast<int64_t>(d) + k;
        check<IndexError>(dim < x.dim() && pick.shape()[k] == x.shape()[dim],
                          "index: a mask of shape ", pick.shape(), " does not fit shape ",
                          x.shape(), " at dim ", dim);
      }
      std::vector<Tensor> positions = positions_of(pick);
      for (size_t k = 0; k < positions.size(); ++k)
        chosen.emplace_back(static_cast<int64_t>(d + k), std::move(positions[k]));
    } else {
      check<IndexError>(is_integral(pick.dtype()),
                        "index: expected positions of an integer dtype or a mask, got ",
                        pick.dtype());
      check<IndexError>(static_cast<int64_t>(d) < x.dim(), "index: too many indices for shape ",
                        x.shape());
      chosen.emplace_back(static_cast<int64_t>(d), to(pick, DType::kInt64));
    }
  }
  Shape positions_shape;
  try {
    for (const auto& [dim, positions] : chosen)
      positions_shape = tensor::broadcast_shapes("index", positions_shape, positions.shape());
  } catch (const Error& error) {
    throw IndexError(error.what());
  }

  Gather gather;
  gather.at.assign(static_cast<size_t>(numel(positions_shape)), 0);
  Dims picked(x.dim(), 0);
  for (const auto& [dim, positions] : chosen) {
    picked[dim] = 1;
    const Tensor all = contiguous(expand(positions, positions_shape));
    const int64_t* position = all.data<int64_t>();
    const int64_t size = x.shape()[dim], stride = x.strides()[dim];
    for (size_t b = 0; b < gather.at.size(); ++b) {
      check<IndexError>(-size <= position[b] && position[b] < size, "index: index ", position[b],
                        " is outside dim ", dim, " of size ", size);
      gather.at[b] += (position[b] < 0 ? position[b] + size : position[b]) * stride;
    }
  }
  Shape rest_shape;
  gather.within = {0};
  for (int64_t d = 0; d < x.dim(); ++d) {
    if (picked[d]) continue;
    rest_shape.push_back(x.shape()[d]);
    std::vector<int64_t> longer;
    longer.reserve(gather.within.size() * static_cast<size_t>(x.shape()[d]));
    for (const int64_t offset : gather.within) {
      for (int64_t i = 0; i < x.shape()[d]; ++i) longer.push_back(offset + i * x.strides()[d]);
    }
    gather.within = std::move(longer);
  }
  gather.dense = true;
  for (size_t r = 0; r < gather.within.size() && gather.dense; ++r)
    gather.dense = gather.within[r] == static_cast<int64_t>(r);

  // Neighbouring picks leave their dims where they stood; picks apart put theirs first.
  const int64_t first = chosen.front().first;
  const bool together = chosen.back().first - first + 1 == static_cast<int64_t>(chosen.size());
  const int64_t before = together ? first : 0;
  for (int64_t d = 0; d < before; ++d) gather.order.push_back(positions_shape.size() + d);
  for (int64_t d = 0; d < positions_shape.size(); ++d) gather.order.push_back(d);
  for (int64_t d = before; d < rest_shape.size(); ++d)
    gather.order.push_back(positions_shape.size() + d);
  gather.shape = positions_shape;
  for (const int64_t size : rest_shape) gather.shape.push_back(size);
  return gather;
}

}  // namespace

Tensor index(const Tensor& x, const Picks& picks) {
  if (is_half(x.dtype())) return half_of(index(bits_of(x), picks), x.dtype());
  const Gather gather = plan(x, picks);
  const Tensor y = empty(gather.shape, x.dtype());
  const int64_t rest = static_cast<int64_t>(gather.within.size());
  dispatch(x.dtype(), [&]<class T>() {
    const T* from = x.data<T>();
    T* to = y.data<T>();
    for (const int64_t at : gather.at) {
      if (gather.dense) std::memcpy(to, from + at, static_cast<size_t>(rest) * sizeof(T));
      else
        for (int64_t r = 0; r < rest; ++r) to[r] = from[at + gather.within[static_cast<size_t>(r)]];
      to += rest;
    }
  });
  return permute(y, gather.order);
}

void index_put_(const Tensor& x, const Picks& picks, const Tensor& values, bool accumulate) {
  check(!x.storage() || x.storage()->writable(), "index_put_: the memory is read-only");
  if (is_half(x.dtype())) {
    if (!accumulate) return index_put_(bits_of(x), picks, bits_of(to(values, x.dtype())), false);
    const Tensor wide = widened(x);
    index_put_(wide, picks, values, true);
    return copy_(x, wide);
  }
  const Gather gather = plan(x, picks);
  const Tensor buffer = empty(gather.shape, x.dtype());
  copy_(permute(buffer, gather.order), values);
  const int64_t rest = static_cast<int64_t>(gather.within.size());
  dispatch(x.dtype(), [&]<class T>() {
    T* to = x.data<T>();
    const T* from = buffer.data<T>();
    for (const int64_t at : gather.at) {
      for (int64_t r = 0; r < rest; ++r) {
        T& element = to[at + gather.within[static_cast<size_t>(r)]];
        element = accumulate ? static_cast<T>(element + from[r]) : from[r];
      }
      from += rest;
    }
  });
}

Tensor gather(const Tensor& x, int64_t dim, const Tensor& positions) {
  if (is_half(x.dtype())) return half_of(gather(bits_of(x), dim, positions), x.dtype());
  const Tensor y = empty(positions.shape(), x.dtype());
  dispatch(x.dtype(), [&]<class T>() {
    const T* from = x.data<T>();
    T* to = y.data<T>();
    tensor::for_each_position("gather", x, dim, positions, y,
                              [&](int64_t at_x, int64_t at_y) { to[at_y] = from[at_x]; });
  });
  return y;
}

void scatter_add_(const Tensor& x, int64_t dim, const Tensor& positions, const Tensor& source) {
  check(!x.storage() || x.storage()->writable(), "scatter_add_: the memory is read-only");
  check(source.dtype() == x.dtype(), "scatter_add_: expected a source of ", x.dtype(), ", got ",
        source.dtype());
  check(source.dim() == positions.dim(), "scatter_add_: expected a source shaped as the positions ",
        positions.shape(), ", got ", source.shape());
  for (int64_t d = 0; d < source.dim(); ++d) {
    check(positions.shape()[d] <= source.shape()[d], "scatter_add_: positions of shape ",
          positions.shape(), " exceed the source ", source.shape(), " at dim ", d);
  }
  if (is_half(x.dtype())) {
    const Tensor wide = widened(x);
    scatter_add_(wide, dim, positions, widened(source));
    return copy_(x, wide);
  }
  dispatch(x.dtype(), [&]<class T>() {
    T* to = x.data<T>();
    const T* from = source.data<T>();
    tensor::for_each_position(
        "scatter_add_", x, dim, positions, source,
        [&](int64_t at_x, int64_t at_y) { to[at_x] = static_cast<T>(to[at_x] + from[at_y]); });
  });
}

Tensor index_backward(const Tensor& grad, const Picks& picks, const Shape& shape) {
  Tensor grad_x = zeros(shape, grad.dtype());
  index_put_(grad_x, picks, grad, true);
  return grad_x;
}

}  // namespace tinytorch

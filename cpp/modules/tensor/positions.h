// The walk of gather and scatter: an element of x for each of a tensor of positions along dim.
#pragma once
#include "modules/tensor/loops.h"

namespace tinytorch::tensor {

/// Calls visit(offset in x, offset in y) for every element of positions, which has as many dims as
/// x and is no larger but along dim; y is shaped as positions or larger.  What lies along dim is
/// visited in order, by one thread, so that writes to x neither race nor depend on the threads.
template <class Visit>
void for_each_position(const char* operation, const Tensor& x, int64_t dim, const Tensor& positions,
                       const Tensor& y, Visit visit) {
  dim = wrap_dim(operation, dim, x.dim());
  check(positions.dtype() == DType::kInt64 || positions.dtype() == DType::kInt32, operation,
        ": expected positions of int64 or int32, got ", positions.dtype());
  if (positions.numel() == 0) return;
  const auto as_line = [](const Tensor& t) { return t.dim() ? t : unsqueeze(t, 0); };
  const Tensor from = as_line(x), to = as_line(y);
  const Tensor at = as_line(tinytorch::to(positions, DType::kInt64));
  check(from.dim() == at.dim(), operation, ": expected as many dims as shape ", x.shape(),
        ", got positions of shape ", positions.shape());
  for (int64_t d = 0; d < from.dim(); ++d) {
    check(d == dim || at.shape()[d] <= from.shape()[d], operation, ": positions of shape ",
          positions.shape(), " exceed shape ", x.shape(), " at dim ", d);
  }
  // Along dim, along one more dim, and the rest.
  const int64_t length = at.shape()[dim], size = from.shape()[dim];
  int64_t inner = from.dim() - 1;
  if (inner == dim) --inner;
  const auto step = [](const Tensor& t, int64_t d) { return d < 0 ? 0 : t.strides()[d]; };
  const int64_t width = inner < 0 ? 1 : at.shape()[inner];
  Dims rest;
  for (int64_t d = 0; d < at.dim(); ++d)
    if (d != dim && d != inner) rest.push_back(d);
  const int64_t groups = at.numel() / (length * width);
  const auto run = [&](int64_t group, int64_t first, int64_t last) {
    int64_t at_x = 0, at_y = 0, at_position = 0;
    for (int64_t i = rest.size() - 1; i >= 0; --i) {
      const int64_t d = rest[i], k = group % at.shape()[d];
      group /= at.shape()[d];
      at_x += k * from.strides()[d], at_y += k * to.strides()[d],
          at_position += k * at.strides()[d];
    }
    const int64_t* position = at.data<int64_t>() + at_position;
    for (int64_t k = 0; k < length; ++k) {
      for (int64_t j = first; j < last; ++j) {
        const int64_t p = position[k * at.strides()[dim] + j * step(at, inner)];
        if (p < 0 || p >= size) [[unlikely]]
          fail(operation, ": index ", p, " is out of bounds for dimension ", dim, " with size ",
               size);
        visit(at_x + p * from.strides()[dim] + j * step(from, inner),
              at_y + k * to.strides()[dim] + j * step(to, inner));
      }
    }
  };
  if (groups == 1) {
    parallel_for(0, width, std::max<int64_t>(1, kGrain / length),
                 [&](int64_t first, int64_t last) { run(0, first, last); });
  } else {
    parallel_for(0, groups, std::max<int64_t>(1, kGrain / (length * width)),
                 [&](int64_t first, int64_t last) {
                   for (int64_t group = first; group < last; ++group) run(group, 0, width);
                 });
  }
}

}  // namespace tinytorch::tensor

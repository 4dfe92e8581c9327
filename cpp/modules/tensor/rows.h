// A reduction in terms of rows: the reduced dims are moved last and gathered.
#pragma once

#include "modules/tensor/tensor.h"

namespace tinytorch::tensor {

// x as (kept, reduced), and the shape of the result.
struct Rows {
  Tensor x;
  Shape shape;
};

// Of `operation`, which errors name: an IndexError for a dim out of range, an Error for one given
// twice. Without dims all are reduced.
inline Rows gather_rows(const char* operation, const Tensor& x, const OptionalDims& dims,
                        bool keepdim) {
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

}  // namespace tinytorch::tensor

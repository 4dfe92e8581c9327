// Looking rows up, and adding their gradients back.
#include <cmath>
#include <vector>

#include "core/parallel.h"
#include "modules/embeddings/embeddings.h"

namespace tinytorch {
namespace embeddings {

template <class T>
void lookup(View<const T, 2> weight, View<const int64_t, 1> ids, View<T, 2> y) {
  // TASK embeddings.lookup (2 points): row n of the result is the row of the table that ids[n]
  // names.
  for (int64_t n = 0; n < ids.size(0); ++n) {
    for (int64_t d = 0; d < y.size(1); ++d) y(n, d) = weight(ids(n), d);
  }
  // END TASK
}

template <class T>
void lookup_backward(Strided<const T, 2> grad, View<const int64_t, 1> ids, int64_t padding,
                     Strided<T, 2> grad_weight) {
  // TASK embeddings.lookup_backward (4 points): start from zero and add: an id may stand in many
  // places. What stands where padding is looked up learns nothing.
  for (int64_t v = 0; v < grad_weight.size(0); ++v) {
    for (int64_t d = 0; d < grad_weight.size(1); ++d) grad_weight(v, d) = 0;
  }
  for (int64_t n = 0; n < ids.size(0); ++n) {
    if (ids(n) == padding) continue;
    for (int64_t d = 0; d < grad.size(1); ++d) grad_weight(ids(n), d) += grad(n, d);
  }
  // END TASK
}

Kernel<Lookup> lookup_kernel("embeddings.lookup", lookup<float>, lookup<double>);
Kernel<LookupBackward> lookup_backward_kernel("embeddings.lookup_backward", lookup_backward<float>,
                                              lookup_backward<double>);

Tensor checked_ids(const char* operation, const Tensor& ids, int64_t rows) {
  check(ids.dtype() == DType::kInt64 || ids.dtype() == DType::kInt32, operation,
        ": expected ids of dtype int64 or int32, got ", ids.dtype());
  const Tensor flat = contiguous(to(ids, DType::kInt64));
  const int64_t* id = flat.data<int64_t>();
  for (int64_t n = 0; n < flat.numel(); ++n) {
    if (static_cast<uint64_t>(id[n]) < static_cast<uint64_t>(rows)) continue;
    Dims place(ids.dim(), 0);
    for (int64_t d = ids.dim() - 1, rest = n; d >= 0; rest /= ids.shape()[d], --d) {
      place[d] = rest % ids.shape()[d];
    }
    fail<IndexError>(operation, ": index out of range: id ", id[n], " at position ", place,
                     " is outside a vocabulary of ", rows);
  }
  return reshape(flat, {flat.numel()});
}

namespace {

// Elements per thread from which sharing a loop pays, and columns that a thread takes at least.
constexpr int64_t kGrain = 16384, kColumns = 32;

void check_weight(const char* operation, const Tensor& weight) {
  check(weight.dim() == 2, operation, ": expected weight of shape (V, D), got ", weight.shape());
}

template <class T>
Strided<T, 2> columns(const Tensor& x, int64_t first, int64_t last) {
  const int64_t width = x.shape()[1];
  return {x.data<std::remove_const_t<T>>() + first, {x.shape()[0], last - first}, {width, 1}};
}

std::vector<int64_t> counts_of(const Tensor& ids, int64_t rows) {
  std::vector<int64_t> counts(static_cast<size_t>(rows), 0);
  const int64_t* id = ids.data<int64_t>();
  for (int64_t n = 0; n < ids.numel(); ++n) ++counts[static_cast<size_t>(id[n])];
  return counts;
}

// Each row divided by how often its id occurs.
Tensor by_frequency_of(const Tensor& grad, const Tensor& ids, int64_t rows) {
  const std::vector<int64_t> counts = counts_of(ids, rows);
  Tensor scaled = clone(grad);
  dispatch_floating("embedding_backward", grad.dtype(), [&]<class T>() {
    const View<T, 2> row = scaled.view<T, 2>();
    const int64_t* id = ids.data<int64_t>();
    for (int64_t n = 0; n < row.size(0); ++n) {
      const T count = static_cast<T>(counts[static_cast<size_t>(id[n])]);
      for (int64_t d = 0; d < row.size(1); ++d) row(n, d) /= count;
    }
  });
  return scaled;
}

}  // namespace
}  // namespace embeddings

Tensor embedding(const Tensor& weight, const Tensor& ids) {
  embeddings::check_weight("embedding", weight);
  const Tensor rows = embeddings::checked_ids("embedding", ids, weight.shape()[0]);
  const int64_t width = weight.shape()[1];
  Shape shape = ids.shape();
  shape.push_back(width);
  if (!is_floating(weight.dtype()) || is_half(weight.dtype())) {
    const Tensor y = index(bits_of(weight), {reshape(rows, ids.shape())});
    return half_of(y, weight.dtype());
  }
  const Tensor table = contiguous(weight);
  Tensor y = empty(shape, weight.dtype());
  dispatch_floating("embedding", weight.dtype(), [&]<class T>() {
    const auto run = embeddings::lookup_kernel.get<T>();
    const int64_t grain = std::max<int64_t>(1, embeddings::kGrain / std::max<int64_t>(1, width));
    parallel_for(0, rows.numel(), grain, [&](int64_t first, int64_t last) {
      run(table.view<const T, 2>(), {rows.data<int64_t>() + first, {last - first}},
          {y.data<T>() + first * width, {last - first, width}});
    });
  });
  return y;
}

Tensor embedding_backward(const Tensor& grad, const Tensor& ids, int64_t rows, int64_t padding,
                          bool by_frequency) {
  const char* operation = "embedding_backward";
  const Tensor at = embeddings::checked_ids(operation, ids, rows);
  check(grad.dim() == ids.dim() + 1 &&
            std::equal(ids.shape().begin(), ids.shape().end(), grad.shape().begin()),
        operation, ": expected grad of shape (*ids.shape, D), got grad ", grad.shape(), " and ids ",
        ids.shape());
  const int64_t width = grad.shape().back();
  Tensor from = contiguous(reshape(grad, {at.numel(), width}));
  if (by_frequency) from = embeddings::by_frequency_of(from, at, rows);
  Tensor grad_weight = empty({rows, width}, grad.dtype());
  dispatch_floating(operation, grad.dtype(), [&]<class T>() {
    const auto run = embeddings::lookup_backward_kernel.get<T>();
    const bool large = (at.numel() + rows) * width > embeddings::kGrain;
    const int64_t grain = large ? embeddings::kColumns : std::max<int64_t>(1, width);
    parallel_for(0, width, grain, [&](int64_t first, int64_t last) {
      run(embeddings::columns<const T>(from, first, last), at.view<const int64_t, 1>(), padding,
          embeddings::columns<T>(grad_weight, first, last));
    });
  });
  return grad_weight;
}

void embedding_renorm_(const Tensor& weight, const Tensor& ids, double max_norm, double norm_type) {
  const char* operation = "embedding_renorm_";
  embeddings::check_weight(operation, weight);
  const Tensor at = embeddings::checked_ids(operation, ids, weight.shape()[0]);
  check_write(operation, weight, weight);
  const auto counts = embeddings::counts_of(at, weight.shape()[0]);
  dispatch_floating(operation, weight.dtype(), [&]<class T>() {
    T* const table = weight.data<T>();
    const int64_t width = weight.shape()[1], across = weight.strides()[1];
    for (int64_t v = 0; v < weight.shape()[0]; ++v) {
      if (counts[static_cast<size_t>(v)] == 0) continue;
      T* const row = table + v * weight.strides()[0];
      double norm = 0;
      for (int64_t d = 0; d < width; ++d) {
        const double size = std::abs(static_cast<double>(row[d * across]));
        if (std::isinf(norm_type)) norm = std::max(norm, size);
        else if (norm_type == 2) norm += size * size;
        else if (norm_type == 1) norm += size;
        else if (norm_type == 0) norm += size != 0;
        else norm += std::pow(size, norm_type);
      }
      if (std::isfinite(norm_type) && norm_type != 0) norm = std::pow(norm, 1 / norm_type);
      if (!(norm > max_norm)) continue;
      const T scale = static_cast<T>(max_norm / (norm + 1e-7));
      for (int64_t d = 0; d < width; ++d) row[d * across] *= scale;
    }
  });
}

}  // namespace tinytorch

// Bags: the sum, mean or maximum of several rows, without storing the rows.
#include <limits>
#include <vector>

#include "core/parallel.h"
#include "modules/embeddings/embeddings.h"

namespace tinytorch {
namespace embeddings {

template <class T>
void bag(View<const T, 2> weight, View<const int64_t, 1> ids, View<const T, 1> factors,
         View<const int64_t, 1> starts, View<T, 2> y) {
  // TASK embeddings.bag (3 points): bag b holds the ids from starts[b] up to starts[b + 1], which
  // may be none; each row counts with its factor.
  for (int64_t b = 0; b < y.size(0); ++b) {
    for (int64_t d = 0; d < y.size(1); ++d) y(b, d) = 0;
    for (int64_t n = starts(b); n < starts(b + 1); ++n) {
      for (int64_t d = 0; d < y.size(1); ++d) y(b, d) += factors(n) * weight(ids(n), d);
    }
  }
  // END TASK
}

Kernel<Bag> bag_kernel("embeddings.bag", bag<float>, bag<double>);

namespace {

// Where each bag starts, and after the last one the end, which offsets include or not.
std::vector<int64_t> starts_of(const Tensor& offsets, int64_t count, bool include_last) {
  check<ValueError>(offsets.dim() == 1, "embedding_bag: expected offsets of 1 dim, got shape ",
                    offsets.shape());
  check(offsets.dtype() == DType::kInt64 || offsets.dtype() == DType::kInt32,
        "embedding_bag: expected offsets of dtype int64 or int32, got ", offsets.dtype());
  const Tensor flat = contiguous(to(offsets, DType::kInt64));
  const int64_t* offset = flat.data<int64_t>();
  std::vector<int64_t> starts(offset, offset + flat.numel());
  check(!include_last || !starts.empty(),
        "embedding_bag: expected at least one offset with include_last_offset");
  check(starts.empty() || starts.front() == 0,
        "embedding_bag: offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to "
        "start from position 0, got ",
        starts.empty() ? 0 : starts.front());
  if (!include_last) starts.push_back(count);
  for (const int64_t start : starts) {
    check<IndexError>(start >= 0, "embedding_bag: expected offsets of at least 0, got ", start);
    check(start <= count, "embedding_bag: offsets can not be greater than the number of ids ",
          count, ", got ", start);
  }
  for (size_t b = 0; b + 1 < starts.size(); ++b) {
    check(starts[b] <= starts[b + 1], "embedding_bag: expected offsets that do not fall, got ",
          starts[b], " before ", starts[b + 1]);
  }
  return starts;
}

Tensor tensor_of(const std::vector<int64_t>& values) {
  Tensor x = empty({static_cast<int64_t>(values.size())}, DType::kInt64);
  std::copy(values.begin(), values.end(), x.data<int64_t>());
  return x;
}

// The given bags without what is padding.
Bags without_padding(const Tensor& ids, const std::vector<int64_t>& starts, int64_t padding) {
  const int64_t* id = ids.data<int64_t>();
  std::vector<int64_t> kept_ids, bag_of, kept, begins{0};
  for (size_t b = 0; b + 1 < starts.size(); ++b) {
    for (int64_t n = starts[b]; n < starts[b + 1]; ++n) {
      if (id[n] == padding) continue;
      kept_ids.push_back(id[n]);
      bag_of.push_back(static_cast<int64_t>(b));
      kept.push_back(n);
    }
    begins.push_back(static_cast<int64_t>(kept_ids.size()));
  }
  return {tensor_of(kept_ids), tensor_of(bag_of), tensor_of(begins), {}, {}, tensor_of(kept)};
}

// What each id counts with: 1, one over the size of its bag, or its own weight.
Tensor factors_of(const Bags& bags, BagMode mode, const Tensor& sample_weights, DType dtype) {
  if (sample_weights.defined()) return contiguous(index(sample_weights, {bags.kept}));
  Tensor factors = ones(bags.ids.shape(), dtype);
  if (mode != BagMode::kMean) return factors;
  dispatch_floating("embedding_bag", dtype, [&]<class T>() {
    const View<T, 1> factor = factors.flat<T>();
    const View<const int64_t, 1> bag = bags.bag_of.flat<const int64_t>();
    const View<const int64_t, 1> start = bags.starts.flat<const int64_t>();
    for (int64_t n = 0; n < factor.size(0); ++n) {
      factor(n) = 1 / static_cast<T>(start(bag(n) + 1) - start(bag(n)));
    }
  });
  return factors;
}

// The largest of each bag's rows, element by element, and which row it was.
template <class T>
void largest(View<const T, 2> weight, View<const int64_t, 1> ids, View<const int64_t, 1> starts,
             View<T, 2> y, View<int64_t, 2> rows) {
  for (int64_t b = 0; b < y.size(0); ++b) {
    for (int64_t d = 0; d < y.size(1); ++d) {
      y(b, d) = 0;
      rows(b, d) = -1;
      for (int64_t n = starts(b); n < starts(b + 1); ++n) {
        const T value = weight(ids(n), d);
        if (rows(b, d) >= 0 && !(value > y(b, d)) && value == value) continue;
        y(b, d) = value;
        rows(b, d) = ids(n);
        if (value != value) break;
      }
    }
  }
}

// (N, D) of (B, D): each id's gradient is its bag's, times its factor.
Tensor spread(const Tensor& grad, const Bags& bags) {
  const Tensor rows = embedding(grad, bags.bag_of);
  return bags.factors.defined() ? rows * unsqueeze(bags.factors, 1) : rows;
}

}  // namespace
}  // namespace embeddings

Bagged embedding_bag(const Tensor& weight, const Tensor& ids, const Tensor& offsets, BagMode mode,
                     const Tensor& sample_weights, bool include_last, int64_t padding) {
  const char* operation = "embedding_bag";
  check(weight.dim() == 2, operation, ": expected weight of shape (V, D), got ", weight.shape());
  check<ValueError>(ids.dim() == 1, operation, ": expected ids of 1 dim, got shape ", ids.shape());
  check(!sample_weights.defined() || mode == BagMode::kSum, operation,
        ": per_sample_weights go with mode \"sum\" only");
  check(!sample_weights.defined() ||
            (sample_weights.shape() == ids.shape() && sample_weights.dtype() == weight.dtype()),
        operation, ": expected per_sample_weights like the ids ", ids.shape(), " of ",
        weight.dtype(), ", got ", sample_weights.shape(), " of ", sample_weights.dtype());
  const Tensor at = embeddings::checked_ids(operation, ids, weight.shape()[0]);
  const auto starts = embeddings::starts_of(offsets, at.numel(), include_last);
  Bags bags = embeddings::without_padding(at, starts, padding);
  const int64_t count = bags.starts.numel() - 1, width = weight.shape()[1];
  const Tensor table = contiguous(weight);
  Tensor y = empty({count, width}, weight.dtype());
  dispatch_floating(operation, weight.dtype(), [&]<class T>() {
    const View<const int64_t, 1> id = bags.ids.flat<const int64_t>();
    const View<const int64_t, 1> start = bags.starts.flat<const int64_t>();
    if (mode == BagMode::kMax) {
      bags.rows = empty({count, width}, DType::kInt64);
      embeddings::largest<T>(table.view<const T, 2>(), id, start, y.view<T, 2>(),
                             bags.rows.view<int64_t, 2>());
      return;
    }
    bags.factors = embeddings::factors_of(bags, mode, sample_weights, weight.dtype());
    const View<const T, 1> factor = bags.factors.flat<const T>();
    const auto run = embeddings::bag_kernel.get<T>();
    const int64_t each = std::max<int64_t>(1, at.numel() / std::max<int64_t>(1, count)) * width;
    parallel_for(0, count, std::max<int64_t>(1, 16384 / std::max<int64_t>(1, each)),
                 [&](int64_t first, int64_t last) {
                   run(table.view<const T, 2>(), id, factor,
                       {start.data + first, {last - first + 1}},
                       {y.data<T>() + first * width, {last - first, width}});
                 });
  });
  return {y, bags};
}

Tensor embedding_bag_backward(const Tensor& grad, const Bags& bags, int64_t rows,
                              bool by_frequency) {
  if (!bags.rows.defined()) {
    return embedding_backward(embeddings::spread(grad, bags), bags.ids, rows, -1, by_frequency);
  }
  const Tensor from = contiguous(grad);
  Tensor grad_weight = zeros({rows, grad.shape()[1]}, grad.dtype());
  dispatch_floating("embedding_bag_backward", grad.dtype(), [&]<class T>() {
    const View<const T, 2> g = from.view<const T, 2>();
    const View<const int64_t, 2> row = bags.rows.view<const int64_t, 2>();
    const View<T, 2> to = grad_weight.view<T, 2>();
    for (int64_t b = 0; b < g.size(0); ++b) {
      for (int64_t d = 0; d < g.size(1); ++d) {
        if (row(b, d) >= 0) to(row(b, d), d) += g(b, d);
      }
    }
  });
  return grad_weight;
}

}  // namespace tinytorch

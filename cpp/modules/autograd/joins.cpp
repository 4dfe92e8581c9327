// Joining and picking: each part of a result sends its gradient back to where it came from.
#include "modules/autograd/functions.h"

namespace tinytorch {
namespace {

std::vector<Tensor> arrays(const std::vector<Variable>& variables) {
  std::vector<Tensor> data;
  data.reserve(variables.size());
  for (const Variable& x : variables) data.push_back(x.data());
  return data;
}

// Picks whose positions must not change until the backward pass.
struct SavedPicks {
  explicit SavedPicks(const Picks& picks) {
    for (const auto& pick : picks) {
      if (pick) kept.emplace_back(Saved(*pick));
      else kept.emplace_back();
    }
  }
  Picks get() const {
    Picks picks;
    for (const auto& pick : kept) {
      if (pick) picks.emplace_back(pick->get());
      else picks.emplace_back();
    }
    return picks;
  }
  std::vector<std::optional<Saved>> kept;
};

}  // namespace

Variable cat(const std::vector<Variable>& tensors, int64_t dim) {
  Tensor y = cat(arrays(tensors), dim);
  dim = wrap_dim("cat", dim, y.dim());
  std::vector<Shape> shapes;
  std::vector<int64_t> starts{0};
  for (const Variable& x : tensors) {
    shapes.push_back(x.shape());
    starts.push_back(starts.back() + (x.dim() == y.dim() ? x.shape()[dim] : 0));
  }
  return record_many("CatBackward0", std::move(y), tensors, saving(shapes, starts, dim),
                     [](auto& grad, size_t i, auto& shapes, auto& starts, auto& dim) {
                       if (shapes[i].size() != grad.dim()) return zeros(shapes[i], grad.dtype());
                       return slice(grad, dim, starts[i], starts[i + 1]);
                     });
}

Variable stack(const std::vector<Variable>& tensors, int64_t dim) {
  return record_many(
      "StackBackward0", stack(arrays(tensors), dim), tensors, saving(dim),
      [](auto& grad, size_t i, auto& dim) { return select(grad, dim, static_cast<int64_t>(i)); });
}

namespace {

Variable copied(const Variable& x, const Tensor& y) {
  return record("CloneBackward0", y, saving(), by(x, [](auto& grad) { return grad; }));
}

}  // namespace

// In x's own order in memory, as in PyTorch; `contiguous` is what brings it into rows.
Variable clone(const Variable& x) {
  const Tensor y = empty_as(x.data(), x.dtype());
  copy_(y, x.data());
  return copied(x, y);
}

Variable contiguous(const Variable& x) {
  return x.data().is_contiguous() ? x : copied(x, clone(x.data()));
}

Variable to(const Variable& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  return record("ToCopyBackward0", to(x.data(), dtype), saving(),
                by(x, [](auto& grad) { return grad; }));
}

Variable index(const Variable& x, const Picks& picks) {
  return record("IndexBackward0", index(x.data(), picks), saving(SavedPicks(picks), x.shape()),
                by(x, [](auto& grad, auto& picks, auto& shape) {
                  return index_backward(grad, picks.get(), shape);
                }));
}

void index_put_(const Variable& x, const Picks& picks, const Variable& values, bool accumulate) {
  check_writable("index_put_", x);
  if (!records_write(x, {&values})) {
    index_put_(x.data(), picks, values.data(), accumulate);
    return bump_version(x);
  }
  Tensor y = clone(x.data());
  index_put_(y, picks, values.data(), accumulate);
  write(x, record("IndexPutBackward0", std::move(y),
                  saving(SavedPicks(picks), values.shape(), accumulate),
                  by(x,
                     [](auto& grad, auto& picks, auto&, auto& accumulate) {
                       if (accumulate) return grad;
                       Tensor kept = clone(grad);
                       index_put_(kept, picks.get(), scalar_tensor(0, grad.dtype()), false);
                       return kept;
                     }),
                  by(values, [](auto& grad, auto& picks, auto& shape, auto&) {
                    return sum_to(index(grad, picks.get()), shape);
                  })));
}

Variable gather(const Variable& x, int64_t dim, const Tensor& positions) {
  return record("GatherBackward0", gather(x.data(), dim, positions),
                saving(x.shape(), dim, positions),
                by(x, [](auto& grad, auto& shape, auto& dim, auto& positions) {
                  Tensor whole = zeros(shape, grad.dtype());
                  scatter_add_(whole, dim, positions, grad);
                  return whole;
                }));
}

void scatter_add_(const Variable& x, int64_t dim, const Tensor& positions, const Variable& source) {
  check_writable("scatter_add_", x);
  if (!records_write(x, {&source})) {
    scatter_add_(x.data(), dim, positions, source.data());
    return bump_version(x);
  }
  Tensor y = clone(x.data());
  scatter_add_(y, dim, positions, source.data());
  write(x, record("ScatterAddBackward0", std::move(y), saving(dim, positions),
                  by(x, [](auto& grad, auto&, auto&) { return grad; }),
                  by(source, [](auto& grad, auto& dim, auto& positions) {
                    return gather(grad, dim, positions);
                  })));
}

}  // namespace tinytorch

// Scatter, each way to combine beside its gradient, which is a gather.
#include "extra/scatter.h"

#include "extra/writing.h"
#include "modules/tensor/positions.h"

namespace tinytorch {
namespace {

Tensor constant(const Tensor& like, double value) { return scalar_tensor(value, like.dtype()); }

// A number for every position.
Tensor at_every(const Tensor& positions, const Tensor& value) {
  return expand(value, positions.shape());
}

void check_source(const Tensor& x, const Tensor& positions, const Tensor& source) {
  check(source.dtype() == x.dtype(), "scatter: expected self and src of one dtype, got ", x.dtype(),
        " and ", source.dtype());
  if (positions.numel() == 0) return;
  check(std::max<int64_t>(1, source.dim()) == std::max<int64_t>(1, positions.dim()),
        "scatter: expected a source of as many dims as the positions ", positions.shape(),
        ", got shape ", source.shape());
  for (int64_t d = 0; d < source.dim() && d < positions.dim(); ++d) {
    check(positions.shape()[d] <= source.shape()[d], "scatter: positions of shape ",
          positions.shape(), " exceed the source ", source.shape(), " at dim ", d);
  }
}

// What of a source is used.
Tensor used(const Tensor& source, const Tensor& positions) {
  Tensor part = source;
  for (int64_t d = 0; d < positions.dim() && d < source.dim(); ++d)
    part = slice(part, d, 0, positions.shape()[d]);
  return part;
}

// A gradient for the used part of a source, zero for the rest.
Tensor unused_as_zero(const Tensor& grad, const Shape& source) {
  if (grad.shape() == source) return grad;
  const Tensor whole = zeros(source, grad.dtype());
  copy_(used(whole, grad), grad);
  return whole;
}

}  // namespace

void scatter_(const Tensor& x, int64_t dim, const Tensor& positions, const Tensor& source,
              Combine how) {
  check_source(x, positions, source);
  check_write("scatter", x, x);
  if (is_half(x.dtype())) {
    if (how == Combine::kWrite) return scatter_(bits_of(x), dim, positions, bits_of(source), how);
    const Tensor wide = widened(x);
    scatter_(wide, dim, positions, widened(source), how);
    return copy_(x, wide);
  }
  dispatch(x.dtype(), [&]<class T>() {
    T* to = x.data<T>();
    const T* from = source.data<T>();
    const auto run = [&](auto combine) {
      tensor::for_each_position("scatter", x, dim, positions, source,
                                [&](int64_t at_x, int64_t at_source) {
                                  to[at_x] = static_cast<T>(combine(to[at_x], from[at_source]));
                                });
    };
    switch (how) {
      case Combine::kWrite: return run([](T, T v) { return v; });
      case Combine::kAdd:
        return run([](T u, T v) {
          if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>)
            return static_cast<uint64_t>(u) + static_cast<uint64_t>(v);
          else return u + v;
        });
      case Combine::kMultiply:
        return run([](T u, T v) {
          if constexpr (std::is_same_v<T, bool>) return u && v;
          else if constexpr (std::is_integral_v<T>)
            return static_cast<uint64_t>(u) * static_cast<uint64_t>(v);
          else return u * v;
        });
      case Combine::kMaximum: return run([](T u, T v) { return u != u || u > v ? u : v; });
      case Combine::kMinimum: return run([](T u, T v) { return u != u || u < v ? u : v; });
    }
  });
}

Variable scatter(const Variable& x, int64_t dim, const Tensor& positions, const Variable& source,
                 Combine how) {
  if (how != Combine::kWrite && how != Combine::kAdd)
    return scatter_reduce(x, dim, positions, source,
                          how == Combine::kMultiply  ? "prod"
                          : how == Combine::kMaximum ? "amax"
                                                     : "amin",
                          true);
  Tensor y = clone(x.data());
  scatter_(y, dim, positions, source.data(), how);
  const bool adds = how == Combine::kAdd;
  return record(adds ? "ScatterAddBackward0" : "ScatterBackward0", std::move(y),
                saving(dim, positions, source.shape(), adds),
                by(x,
                   [](auto& grad, auto& dim, auto& positions, auto&, auto& adds) {
                     if (adds) return grad;
                     const Tensor kept = clone(grad);
                     scatter_(kept, dim, positions, at_every(positions, constant(grad, 0)),
                              Combine::kWrite);
                     return kept;
                   }),
                by(source, [](auto& grad, auto& dim, auto& positions, auto& shape, auto&) {
                  return unused_as_zero(gather(grad, dim, to(positions, DType::kInt64)), shape);
                }));
}

void scatter_(const Variable& x, int64_t dim, const Tensor& positions, const Variable& source,
              Combine how) {
  write_in_place(
      "scatter_", x, [&](const Tensor& y) { scatter_(y, dim, positions, source.data(), how); },
      [&](const Variable& old) { return scatter(old, dim, positions, source, how); }, {&source});
}

namespace {

// How many values meet at each element of x, as numbers of x's dtype; at least 1.
Tensor counts(const Tensor& x, int64_t dim, const Tensor& positions, bool include_self) {
  const Tensor count = include_self ? ones_like(x) : zeros_like(x);
  scatter_(count, dim, positions, at_every(positions, constant(x, 1)), Combine::kAdd);
  return binary(BinaryOp::kMaximum, count, constant(x, 1));
}

// x with `value` where a position leads.
Tensor replaced(const Tensor& x, int64_t dim, const Tensor& positions, double value) {
  const Tensor y = clone(x);
  scatter_(y, dim, positions, at_every(positions, constant(x, value)), Combine::kWrite);
  return y;
}

// What leaves the other operand as it is.
Tensor neutral(const Tensor& x, Combine how) {
  if (how == Combine::kAdd) return constant(x, 0);
  if (how == Combine::kMultiply) return constant(x, 1);
  const bool largest = how == Combine::kMaximum;
  return dispatch(widened(x).dtype(), [&]<class T>() {
    using Limits = std::numeric_limits<T>;
    const T low = Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
    const T high = Limits::has_infinity ? Limits::infinity() : Limits::max();
    const Tensor y = empty({}, dtype_of<T>);
    *y.data<T>() = largest ? low : high;
    return to(y, x.dtype());
  });
}

}  // namespace

Variable scatter_reduce(const Variable& x, int64_t dim, const Tensor& given, const Variable& source,
                        const std::string& reduce, bool include_self) {
  const bool mean = reduce == "mean", extremum = reduce == "amax" || reduce == "amin";
  check(mean || extremum || reduce == "sum" || reduce == "prod",
        "scatter_reduce: reduce argument must be either sum, prod, mean, amax or amin, got ",
        reduce);
  const Tensor positions = to(given, DType::kInt64);
  const Combine how = reduce == "amax"   ? Combine::kMaximum
                      : reduce == "amin" ? Combine::kMinimum
                      : reduce == "prod" ? Combine::kMultiply
                                         : Combine::kAdd;
  Tensor y = clone(x.data());
  if (!include_self)
    scatter_(y, dim, positions, at_every(positions, neutral(y, how)), Combine::kWrite);
  scatter_(y, dim, positions, source.data(), how);
  if (mean) {
    y = binary(is_floating(y.dtype()) ? BinaryOp::kDiv : BinaryOp::kFloorDivide, y,
               counts(y, dim, positions, include_self));
  }
  const int kind = extremum ? 2 : reduce == "prod" ? 1 : mean ? 3 : 0;
  return record(
      "ScatterReduceBackward0", std::move(y),
      saving(x, source, kOutput, dim, positions, include_self, kind),
      by(x,
         [](auto& grad, auto& x, auto& source, auto& y, auto& dim, auto& positions, auto& with_self,
            auto& kind) {
           if (!with_self) return replaced(grad, dim, positions, 0);
           if (kind == 3) return grad / counts(x, dim, positions, true);
           if (kind == 0) return grad.shape() == x.shape() ? grad : Tensor();
           if (kind == 1) {  // the product of the values that met x
             const Tensor others = ones_like(x.get());
             scatter_(others, dim, positions, source, Combine::kMultiply);
             return grad * others;
           }
           const Tensor mine = to(binary(BinaryOp::kEq, x, y), grad.dtype());
           const Tensor met =
               to(binary(BinaryOp::kEq, used(source, positions), gather(y, dim, positions)),
                  grad.dtype());
           const Tensor ties = clone(mine);
           scatter_(ties, dim, positions, met, Combine::kAdd);
           return mine * (grad / ties);
         }),
      by(source, [](auto& grad, auto& x, auto& source, auto& y, auto& dim, auto& positions,
                    auto& with_self, auto& kind) {
        const Tensor met_grad = gather(grad, dim, positions);
        const Tensor part = used(source, positions);
        const auto whole = [&](const Tensor& t) { return unused_as_zero(t, source.shape()); };
        if (kind == 0) return whole(met_grad);
        if (kind == 3) {
          return whole(met_grad / gather(counts(x, dim, positions, with_self), dim, positions));
        }
        if (kind == 1) {
          // The product of all others: of the nonzero ones, if a single zero is at hand, by it
          // alone.
          const Tensor is_zero = binary(BinaryOp::kEq, part, constant(part, 0));
          const Tensor zeros_met = zeros_like(x.get());
          scatter_(zeros_met, dim, positions, to(is_zero, x.dtype()), Combine::kAdd);
          Tensor start = x.get();
          if (!with_self) start = replaced(start, dim, positions, 1);
          const Tensor others = clone(start);
          scatter_(others, dim, positions, where(is_zero, constant(part, 1), part),
                   Combine::kMultiply);
          const Tensor count = gather(zeros_met, dim, positions);
          const Tensor product = gather(others, dim, positions);
          const Tensor single = binary(BinaryOp::kEq, count, constant(count, 1));
          const Tensor none = binary(BinaryOp::kEq, count, constant(count, 0));
          const Tensor by_zero =
              where(binary(BinaryOp::kLogicalAnd, is_zero, single), product, constant(part, 0));
          return whole(met_grad * where(none, product / part, by_zero));
        }
        const Tensor met = to(binary(BinaryOp::kEq, part, gather(y, dim, positions)), grad.dtype());
        // x counts among the equals even where it was left out, as in PyTorch.
        const Tensor ties = to(binary(BinaryOp::kEq, x, y), grad.dtype());
        scatter_(ties, dim, positions, met, Combine::kAdd);
        return whole(met * (met_grad / gather(ties, dim, positions)));
      }));
}

}  // namespace tinytorch

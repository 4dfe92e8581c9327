// Attention, recorded: one node for all of it, or the steps one by one where a step needs more.
#include <cmath>
#include <limits>
#include <vector>

#include "modules/attention/attention.h"

namespace tinytorch {
namespace {

struct AttentionNode final : Node {
  AttentionNode(const Variable& q, const Variable& k, const Variable& v, const Tensor& bias,
                bool is_causal, double by, const Variable& y, const Tensor& log_total,
                const Thinning& thinning)
      : Node(thinning.kept.defined() ? "UnsafeViewBackward0"
                                     : "ScaledDotProductFlashAttentionForCpuBackward0",
             3),
        query(q),
        key(k),
        value(v),
        result(y, name),
        total(log_total),
        added(bias),
        kept(thinning.kept),
        masked(bias.defined()),
        drops(thinning.kept.defined()),
        causal(is_causal),
        scale(by),
        boost(thinning.boost) {
    edges[0] = edge_to(q);
    edges[1] = edge_to(k);
    edges[2] = edge_to(v);
  }

  void backward(const Tensor* grads, Tensor* results, const bool*) override {
    const auto [by_q, by_k, by_v] =
        attend_backward(grads[0], query, key, value, masked ? added.get() : Tensor(), causal, scale,
                        {result.get(), total.get()}, {drops ? kept.get() : Tensor(), boost});
    results[0] = by_q;
    results[1] = by_k;
    results[2] = by_v;
  }
  void free_saved() override {
    for (Saved* saved : {&query, &key, &value, &result, &total, &added, &kept}) saved->release();
  }

  Saved query, key, value, result, total, added, kept;
  bool masked, drops, causal;
  double scale, boost;
};

Scalar never() { return Scalar(-std::numeric_limits<double>::infinity()); }

// A mask as what is added to the scores: minus infinity where false.
Tensor bias_of(const Tensor& mask, DType dtype) {
  if (!mask.defined() || mask.dtype() == dtype) return mask;
  if (mask.dtype() != DType::kBool) return to(mask, dtype);
  return where(mask, scalar_tensor(0, dtype), scalar_tensor(never(), dtype));
}

// True where j <= i.
Tensor lower(int64_t rows, int64_t columns) {
  Tensor seen = empty({rows, columns}, DType::kBool);
  const View<bool, 2> at = seen.view<bool, 2>();
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) at(i, j) = j <= i;
  }
  return seen;
}

// With the matrix of weights as a value of its own: what a mask's gradient needs.
Variable step_by_step(const Variable& q, const Variable& k, const Variable& v, const Variable& mask,
                      double dropped, bool causal, double scale) {
  const DType dtype = q.dtype();
  Variable a = matmul(q, transpose(k, -2, -1)) * Scalar(scale);
  const Variable out(scalar_tensor(never(), dtype));
  if (causal) a = where(Variable(lower(q.data().size(-2), k.data().size(-2))), a, out);
  if (mask.defined()) {
    a = mask.dtype() == DType::kBool ? where(mask, a, out) : a + to(mask, dtype);
  }
  Variable p = softmax(a, -1);
  if (causal || mask.defined()) {
    const Tensor top = amax(a.data(), Dims{-1}, true);
    const Tensor empty_row = binary(BinaryOp::kEq, top, out.data());
    if (item(any(empty_row)).to<bool>()) {
      p = where(Variable(empty_row), Variable(scalar_tensor(0, dtype)), p);
    }
  }
  return matmul(dropout(p, dropped), v);
}

// What dropout makes of the weights, drawn for all of them in their order, of which the mask stays.
Thinning drawn(const Tensor& q, const Tensor& k, double dropped) {
  const auto leading = [](const Tensor& x) {
    return Shape(x.shape().begin(), x.shape().end() - 2);
  };
  Shape shape = tensor::broadcast_shapes("scaled_dot_product_attention", leading(q), leading(k));
  shape.push_back(q.size(-2));
  shape.push_back(k.size(-2));
  constexpr int64_t kTogether = 4096;
  const Tensor kept = empty(shape, DType::kBool);
  const std::vector<float> ones(kTogether, 1.F);
  std::vector<float> scaled(kTogether);
  for (int64_t i = 0; i < kept.numel(); i += kTogether) {
    const int64_t count = std::min(kTogether, kept.numel() - i);
    layers::dropout_kernel.get<float>()({ones.data(), {count}}, dropped, *default_generator(),
                                        {kept.data<bool>() + i, {count}}, {scaled.data(), {count}});
  }
  return {kept, 1 / (1 - dropped)};
}

// Whether each value is weighted by the weights of one query alone.
bool values_follow_keys(const Tensor& q, const Tensor& k, const Tensor& v) {
  for (int64_t d = 3; d <= v.dim(); ++d) {
    const int64_t size = std::max(d <= q.dim() ? q.size(-d) : 1, d <= k.dim() ? k.size(-d) : 1);
    if (v.size(-d) != 1 && v.size(-d) != size) return false;
  }
  return v.dim() <= std::max(q.dim(), k.dim());
}

// Heads of q as (groups, heads in a group), beside which those of k and v stand alone.
Variable by_group(const Variable& q, int64_t groups) {
  Shape shape = q.shape();
  const int64_t at = shape.size() - 3;
  shape[at] /= groups;
  shape.insert(at, groups);
  return reshape(q, shape);
}

void check_operands(const Variable& q, const Variable& k, const Variable& v,
                    const AttentionOptions& options) {
  const char* operation = "scaled_dot_product_attention";
  check(q.dim() >= 2 && k.dim() >= 2 && v.dim() >= 2, operation,
        ": Expected query, key, and value to all be at least 2 dimensional, but got query.dim: ",
        q.dim(), " key.dim: ", k.dim(), " and value.dim: ", v.dim(), " instead.");
  check(q.dtype() == k.dtype() && k.dtype() == v.dtype(), operation,
        ": Expected query, key, and value to have the same dtype, but got query.dtype: ", q.dtype(),
        " key.dtype: ", k.dtype(), " and value.dtype: ", v.dtype(), " instead.");
  check(is_floating(q.dtype()), operation, ": expected a floating dtype, got ", q.dtype());
  check(0 <= options.dropout && options.dropout <= 1, operation,
        ": dropout probability has to be between 0 and 1, but got ", options.dropout);
  const Variable& mask = options.mask;
  if (!mask.defined()) return;
  check(
      mask.dtype() == DType::kBool || mask.dtype() == DType::kFloat32 || mask.dtype() == q.dtype(),
      operation, ": Expected attn_mask dtype to be bool or float or to match query dtype, but ",
      "got attn_mask.dtype: ", mask.dtype(), " and query.dtype: ", q.dtype(), " instead.");
  check<IndexError>(mask.dim() >= 2, operation,
                    ": expected an attn_mask of at least 2 dims, got shape ", mask.shape());
}

}  // namespace

Variable scaled_dot_product_attention(const Variable& q, const Variable& k, const Variable& v,
                                      const AttentionOptions& options) {
  check_operands(q, k, v, options);
  if (options.grouped && q.dim() >= 3 && k.dim() >= 3 && v.dim() >= 3) {
    const int64_t heads = q.data().size(-3), groups = k.data().size(-3);
    check(groups == v.data().size(-3) && groups > 0 && heads % groups == 0,
          "scaled_dot_product_attention: Number of heads in key and value must divide the number "
          "of heads in query, got ",
          groups, ", ", v.data().size(-3), " and ", heads);
    AttentionOptions inner = options;
    inner.grouped = false;
    if (!inner.scale && q.data().size(-1) > 0) {
      inner.scale = 1 / std::sqrt(static_cast<double>(q.data().size(-1)));
    }
    if (inner.mask.defined() && inner.mask.dim() >= 3) {
      const int64_t masked = inner.mask.data().size(-3);
      check(masked == 1 || masked == heads,
            "scaled_dot_product_attention: expected an attn_mask for 1 or ", heads,
            " heads, got shape ", inner.mask.shape());
      inner.mask = masked == 1 ? unsqueeze(inner.mask, -3) : by_group(inner.mask, groups);
    }
    const Variable y = scaled_dot_product_attention(by_group(q, groups), unsqueeze(k, -3),
                                                    unsqueeze(v, -3), inner);
    Shape shape = q.shape();
    shape[shape.size() - 1] = v.data().size(-1);
    return reshape(y, shape);
  }
  const double width = static_cast<double>(q.data().size(-1));
  const double scale = options.scale.value_or(width > 0 ? 1 / std::sqrt(width) : 0);
  const bool drops = options.dropout > 0;
  if (options.mask.requires_grad() || options.dropout == 1 ||
      (drops && !values_follow_keys(q.data(), k.data(), v.data()))) {
    return step_by_step(q, k, v, options.mask, options.dropout, options.causal, scale);
  }
  const Tensor mask = options.mask.defined() ? options.mask.data() : Tensor();
  const Tensor bias = bias_of(mask, q.dtype());
  const Thinning thinning = drops ? drawn(q.data(), k.data(), options.dropout) : Thinning();
  Attended attended = attend(q.data(), k.data(), v.data(), bias, options.causal, scale, thinning);
  const Variable y(attended.y);
  if (grad_enabled() && detail::any_requires_grad({&q, &k, &v})) {
    set_history(y, Ref<Node>(new AttentionNode(q, k, v, bias, options.causal, scale, y,
                                               attended.log_total, thinning)));
  }
  return y;
}

}  // namespace tinytorch

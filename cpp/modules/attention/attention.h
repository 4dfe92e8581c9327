// Attention: every position looks at every other, and takes what it needs.
//
// Each position asks with a query, offers itself with a key, and gives a value. The products of
// queries with keys, scaled, are scores; the softmax of a row of scores says how much of each value
// the position takes (Vaswani et al., 2017). The scale 1 / sqrt(E) keeps the scores' variance at 1
// whatever the width E; without it softmax saturates and learns nothing. A mask takes positions out
// before the softmax: minus infinity becomes weight zero.
//
// The matrix of scores has L x S elements, so memory grows with the square of the length. The loops
// here store it, one head at a time; the accelerated ones never do (Dao et al., 2022).
//
// Backward, by hand, with P = softmax(A), A = scale Q K^T + mask, Y = P V and G the gradient by Y:
//
//   G_V = P^T G     G_P = G V^T     G_A[i, j] = P[i, j] (G_P[i, j] - sum_j P[i, j] G_P[i, j])
//   G_Q = scale G_A K     G_K = scale G_A^T Q
//
// Read in this order: scores, heads, attend, apply.
#pragma once
#include <optional>

#include "modules/autograd/functions.h"

namespace tinytorch {

namespace attention {

/// scores[i, j] = scale * sum_e q[i, e] k[j, e].  q: (L, E), k: (S, E), scores: (L, S).
template <class T>
void scores(Strided<const T, 2> q, Strided<const T, 2> k, double scale, View<T, 2> scores);
/// Adds bias[i, j], and takes out what a position may not see: with `causal` every j > i becomes
/// minus infinity.  bias: (L, S), or of size 0 for none.
template <class T>
void mask(Strided<const T, 2> bias, bool causal, View<T, 2> scores);
/// Each row becomes its softmax, and log_total[i] the logarithm of what it was divided by:
/// log sum_j exp(scores[i, j]).  A row of nothing but minus infinity becomes zeros, and its
/// log_total minus infinity.  scores: (L, S), log_total: (L,).
template <class T>
void softmax(View<T, 2> scores, View<T, 1> log_total);
/// y[i] = sum_j p[i, j] v[j].  p: (L, S), v: (S, E), y: (L, E), overwritten.
template <class T>
void weighted_sum(View<const T, 2> p, Strided<const T, 2> v, View<T, 2> y);

/// grad_p = grad v^T and grad_v = p^T grad.  grad: (L, E).
template <class T>
void weighted_sum_backward(Strided<const T, 2> grad, View<const T, 2> p, Strided<const T, 2> v,
                           View<T, 2> grad_p, View<T, 2> grad_v);
/// In place: grad[i, j] = p[i, j] (grad[i, j] - sum_j p[i, j] grad[i, j]).  p, grad: (L, S).
template <class T>
void softmax_backward(View<const T, 2> p, View<T, 2> grad);
/// grad_q = scale grad k and grad_k = scale grad^T q.  grad: (L, S).
template <class T>
void scores_backward(View<const T, 2> grad, Strided<const T, 2> q, Strided<const T, 2> k,
                     double scale, View<T, 2> grad_q, View<T, 2> grad_k);

/// How a tensor is seen: shape and strides.
struct Layout {
  Shape shape;
  Strides strides;
};
/// (B, T, C) as (B, heads, T, C / heads), over the same memory: head h of a position is the h-th
/// run of C / heads of its numbers.  heads divides C.
Layout split_heads(const Layout& x, int64_t heads);

/// One head's operands.  q: (L, E), k: (S, E), v: (S, Ev), bias: (L, S) or of size 0 for none.
/// kept: (L, S), which weights dropout leaves after the softmax, `boost` times as large; or of size
/// 0.
template <class T>
struct Head {
  Strided<const T, 2> q, k, v, bias;
  bool causal;
  double scale;
  Strided<const bool, 2> kept = {nullptr, {0, 0}, {0, 0}};
  double boost = 1;
};

// The kernel table's entries, one head a call; the last dim of what is written has stride 1.
template <class T>
using Attend = void(const Head<T>& head, Strided<T, 2> y, View<T, 1> log_total);
template <class T>
using AttendBackward = void(const Head<T>& head, Strided<const T, 2> grad, Strided<const T, 2> y,
                            View<const T, 1> log_total, Strided<T, 2> grad_q, Strided<T, 2> grad_k,
                            Strided<T, 2> grad_v);
extern Kernel<Attend> attend_kernel;
extern Kernel<AttendBackward> attend_backward_kernel;

}  // namespace attention

/// What dropout makes of the weights: those not kept are 0, the others `boost` times as large.
/// kept: (..., L, S) of bool, or undefined where all are kept.
struct Thinning {
  Tensor kept;
  double boost = 1;
};
/// y, shaped (..., L, Ev), and the logarithm of each row's total (..., L), which the backward
/// needs.
struct Attended {
  Tensor y, log_total;
};
/// q: (..., L, E), k: (..., S, E), v: (..., S, Ev), leading dims broadcast; bias: undefined, or
/// added to the scores, broadcast to (..., L, S).
Attended attend(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& bias, bool causal,
                double scale, const Thinning& thinning = {});
struct AttentionGradients {
  Tensor q, k, v;
};
/// grad: (..., L, Ev), `attended` as attend returned it.
AttentionGradients attend_backward(const Tensor& grad, const Tensor& q, const Tensor& k,
                                   const Tensor& v, const Tensor& bias, bool causal, double scale,
                                   const Attended& attended, const Thinning& thinning = {});
/// x: (B, T, C) -> a view (B, heads, T, C / heads).
Tensor split_heads(const Tensor& x, int64_t heads);
/// x: (B, heads, T, width) -> (B, T, heads * width), a copy unless memory is in that order already.
Tensor merge_heads(const Tensor& x);

/// What attention may do besides.  mask: bool (true takes part) or like q (added), broadcast to
/// (..., L, S).
struct AttentionOptions {
  Variable mask;
  double dropout = 0;
  bool causal = false;
  std::optional<double> scale;  // 1 / sqrt(E) unless given
  bool grouped = false;         // heads of q share those of k and v evenly
};
/// Differentiable, by the mask too.                        torch: F.scaled_dot_product_attention
Variable scaled_dot_product_attention(const Variable& q, const Variable& k, const Variable& v,
                                      const AttentionOptions& options = {});
Variable split_heads(const Variable& x, int64_t heads);
Variable merge_heads(const Variable& x);

}  // namespace tinytorch

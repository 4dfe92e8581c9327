// Attention: differentiable on the top level, pure functions in the unit's own submodule.
#include "modules/attention/attention.h"

#include "bindings/pytensor.h"
#include "bindings/tensor_shortcuts.h"
#include "bindings/units.h"

namespace tinytorch {
namespace {

Tensor or_none(const std::optional<Tensor>& x) { return x.value_or(Tensor()); }

template <class T>
Strided<const T, 2> matrix(const char* operation, const Tensor& x) {
  check(x.dim() == 2, operation, ": expected a matrix, got shape ", x.shape());
  return {x.data<T>(), {x.shape()[0], x.shape()[1]}, {x.strides()[0], x.strides()[1]}};
}

void check_sizes(const char* operation, bool ok, const Tensor& a, const Tensor& b) {
  check(a.dim() == 2 && b.dim() == 2 && a.dtype() == b.dtype() && ok, operation,
        ": expected matrices of one dtype that fit, got ", a.shape(), " of ", a.dtype(), " and ",
        b.shape(), " of ", b.dtype());
}

Tensor scores_of(const Tensor& q, const Tensor& k, double scale) {
  check_sizes("scores", q.size(-1) == k.size(-1), q, k);
  Tensor y = empty({q.shape()[0], k.shape()[0]}, q.dtype());
  dispatch_floating("scores", q.dtype(), [&]<class T>() {
    attention::scores<T>(matrix<T>("scores", q), matrix<T>("scores", k), scale, y.view<T, 2>());
  });
  return y;
}

Tensor masked(const Tensor& scores, const Tensor& bias, bool causal) {
  Tensor y = clone(contiguous(scores));
  if (bias.defined()) check_sizes("mask", scores.shape() == bias.shape(), scores, bias);
  dispatch_floating("mask", y.dtype(), [&]<class T>() {
    const Strided<const T, 2> none{nullptr, {0, 0}, {0, 0}};
    attention::mask<T>(bias.defined() ? matrix<T>("mask", bias) : none, causal, y.view<T, 2>());
  });
  return y;
}

py::tuple softmax_of(const Tensor& scores) {
  Tensor y = clone(contiguous(scores)), total = empty({scores.size(0)}, scores.dtype());
  dispatch_floating("softmax", y.dtype(),
                    [&]<class T>() { attention::softmax<T>(y.view<T, 2>(), total.view<T, 1>()); });
  return py::make_tuple(y, total);
}

Tensor weighted_sum_of(const Tensor& p, const Tensor& v) {
  check_sizes("weighted_sum", p.size(-1) == v.size(0), p, v);
  const Tensor weights = contiguous(p);
  Tensor y = empty({p.shape()[0], v.shape()[1]}, v.dtype());
  dispatch_floating("weighted_sum", p.dtype(), [&]<class T>() {
    attention::weighted_sum<T>(weights.view<const T, 2>(), matrix<T>("weighted_sum", v),
                               y.view<T, 2>());
  });
  return y;
}

py::tuple weighted_sum_backward_of(const Tensor& grad, const Tensor& p, const Tensor& v) {
  const char* operation = "weighted_sum_backward";
  check_sizes(operation, p.size(-1) == v.size(0), p, v);
  check_sizes(operation, grad.shape() == Shape{p.size(0), v.size(1)}, grad, v);
  const Tensor weights = contiguous(p);
  Tensor grad_p = empty(p.shape(), p.dtype()), grad_v = empty(v.shape(), v.dtype());
  dispatch_floating(operation, p.dtype(), [&]<class T>() {
    attention::weighted_sum_backward<T>(matrix<T>(operation, grad), weights.view<const T, 2>(),
                                        matrix<T>(operation, v), grad_p.view<T, 2>(),
                                        grad_v.view<T, 2>());
  });
  return py::make_tuple(grad_p, grad_v);
}

Tensor softmax_backward_of(const Tensor& grad, const Tensor& p) {
  check_sizes("softmax_backward", grad.shape() == p.shape(), grad, p);
  const Tensor weights = contiguous(p);
  Tensor result = clone(contiguous(grad));
  dispatch_floating("softmax_backward", p.dtype(), [&]<class T>() {
    attention::softmax_backward<T>(weights.view<const T, 2>(), result.view<T, 2>());
  });
  return result;
}

py::tuple scores_backward_of(const Tensor& grad, const Tensor& q, const Tensor& k, double scale) {
  const char* operation = "scores_backward";
  check_sizes(operation, q.size(-1) == k.size(-1), q, k);
  check_sizes(operation, grad.shape() == Shape{q.size(0), k.size(0)}, grad, q);
  const Tensor from = contiguous(grad);
  Tensor grad_q = empty(q.shape(), q.dtype()), grad_k = empty(k.shape(), k.dtype());
  dispatch_floating(operation, q.dtype(), [&]<class T>() {
    attention::scores_backward<T>(from.view<const T, 2>(), matrix<T>(operation, q),
                                  matrix<T>(operation, k), scale, grad_q.view<T, 2>(),
                                  grad_k.view<T, 2>());
  });
  return py::make_tuple(grad_q, grad_k);
}

}  // namespace

void bind_attention(py::module_& m) {
  m.def(
      "_scaled_dot_product_attention",
      [](const Variable& q, const Variable& k, const Variable& v,
         const std::optional<Variable>& mask, double dropout, bool causal,
         std::optional<double> scale, bool grouped) {
        return scaled_dot_product_attention(
            q, k, v, {mask.value_or(Variable()), dropout, causal, scale, grouped});
      },
      py::arg("query"), py::arg("key"), py::arg("value"), py::arg("attn_mask") = py::none(),
      py::arg("dropout_p") = 0.0, py::arg("is_causal").noconvert() = false,
      py::arg("scale") = py::none(), py::arg("enable_gqa").noconvert() = false);
  shortcut(
      m.attr("_scaled_dot_product_attention"),
      [](const Variable& q, const Variable& k, const Variable& v, const OrNone& mask,
         double dropout, bool causal, std::optional<double> scale, bool grouped) {
        return scaled_dot_product_attention(q, k, v, {mask.x, dropout, causal, scale, grouped});
      },
      required<Variable>("query"), required<Variable>("key"), required<Variable>("value"),
      defaults("attn_mask", OrNone{}), defaults("dropout_p", 0.0), defaults("is_causal", false),
      defaults("scale", std::optional<double>()), defaults("enable_gqa", false));

  py::module_ unit = m.def_submodule("attention", "The pure functions of the unit attention.");
  unit.def("scores", &scores_of, py::arg("q"), py::arg("k"), py::arg("scale"));
  unit.def(
      "mask",
      [](const Tensor& scores, const std::optional<Tensor>& bias, bool causal) {
        return masked(scores, or_none(bias), causal);
      },
      py::arg("scores"), py::arg("bias") = py::none(), py::arg("causal") = false);
  unit.def("softmax", &softmax_of, py::arg("scores"));
  unit.def("weighted_sum", &weighted_sum_of, py::arg("p"), py::arg("v"));
  unit.def("weighted_sum_backward", &weighted_sum_backward_of, py::arg("grad"), py::arg("p"),
           py::arg("v"));
  unit.def("softmax_backward", &softmax_backward_of, py::arg("grad"), py::arg("p"));
  unit.def("scores_backward", &scores_backward_of, py::arg("grad"), py::arg("q"), py::arg("k"),
           py::arg("scale"));
  unit.def(
      "split_heads", [](const Tensor& x, int64_t heads) { return split_heads(x, heads); },
      py::arg("x"), py::arg("heads"));
  unit.def(
      "attend",
      [](const Tensor& q, const Tensor& k, const Tensor& v, const std::optional<Tensor>& bias,
         bool causal, double scale) {
        const Attended result = attend(q, k, v, or_none(bias), causal, scale);
        return py::make_tuple(result.y, result.log_total);
      },
      py::arg("q"), py::arg("k"), py::arg("v"), py::arg("bias") = py::none(),
      py::arg("causal") = false, py::arg("scale") = 1.0);
  unit.def(
      "attend_backward",
      [](const Tensor& grad, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& y,
         const Tensor& log_total, const std::optional<Tensor>& bias, bool causal, double scale) {
        const AttentionGradients result =
            attend_backward(grad, q, k, v, or_none(bias), causal, scale, {y, log_total});
        return py::make_tuple(result.q, result.k, result.v);
      },
      py::arg("grad"), py::arg("q"), py::arg("k"), py::arg("v"), py::arg("y"), py::arg("log_total"),
      py::arg("bias") = py::none(), py::arg("causal") = false, py::arg("scale") = 1.0);
}

}  // namespace tinytorch

// Norms and SwiGLU on tensors, shared among threads, and recorded.
#include <limits>
#include <vector>

#include "core/parallel.h"
#include "modules/transformers/transformers.h"

namespace tinytorch {
namespace {

constexpr int64_t kGrain = 16384;  // elements per thread from which sharing pays

void check_over(const char* operation, const Tensor& x, const Shape& over) {
  check(!over.empty(), operation,
        ": expected normalized_shape to be at least 1-dimensional, i.e., containing at least one "
        "element, but got normalized_shape = ",
        over);
  const bool fits =
      over.size() <= x.dim() && std::equal(over.begin(), over.end(), x.shape().end() - over.size());
  check(fits, operation, ": given normalized_shape=", over,
        ", expected input whose shape ends with it, but got input of size ", x.shape());
}

void check_factor(const char* operation, const char* factor, const Tensor& value, const Tensor& x,
                  const Shape& over) {
  if (!value.defined()) return;
  check(value.shape() == over, operation, ": expected ", factor,
        " to be of same shape as normalized_shape, but got ", factor, " of shape ", value.shape(),
        " and normalized_shape = ", over);
  check(value.dtype() == x.dtype(), operation, ": expected ", factor, " of x's dtype ", x.dtype(),
        ", got ", value.dtype());
}

template <class T>
View<const T, 1> factor_of(const Tensor& x) {
  return x.defined() ? x.flat<const T>() : View<const T, 1>{nullptr, {0}};
}

// x as N rows of C.
struct Rows {
  Rows(const Tensor& x, const Shape& over) : width(numel(over)), all(contiguous(x)) {
    lead = Shape(x.shape().begin(), x.shape().end() - over.size());
    count = numel(lead);
  }
  template <class T>
  View<const T, 2> part(int64_t first, int64_t last) const {
    return {all.data<T>() + first * width, {last - first, width}};
  }
  int64_t grain() const { return std::max<int64_t>(1, kGrain / std::max<int64_t>(1, width)); }
  // As statistics are shaped: size 1 in the place of each dim normalised over.
  Tensor statistics(const Shape& over) const {
    Shape shape = lead;
    for (int64_t d = 0; d < over.size(); ++d) shape.push_back(1);
    return empty(shape, all.dtype());
  }

  int64_t width, count;
  Shape lead;
  Tensor all;
};

template <class T>
View<T, 2> part(const Tensor& x, int64_t width, int64_t first, int64_t last) {
  return {x.data<T>() + first * width, {last - first, width}};
}
template <class T>
View<T, 1> part(const Tensor& x, int64_t first, int64_t last) {
  return {x.data<std::remove_const_t<T>>() + first, {last - first}};
}

// run(first, last, sums) on blocks of rows; `sums` rows of `width`, one a block, are added up. The
// blocks do not depend on the number of threads.
template <class T, class Run>
std::vector<Tensor> in_blocks(const Rows& rows, int64_t sums, const Shape& over, Run run) {
  const DType dtype = rows.all.dtype();
  const int64_t blocks = std::clamp<int64_t>(rows.count / rows.grain(), 1, 8);
  const Tensor partial = sums > 0 ? zeros({sums, blocks, rows.width}, dtype) : Tensor();
  parallel_for(0, blocks, 1, [&](int64_t first_block, int64_t last_block) {
    for (int64_t b = first_block; b < last_block; ++b) {
      const int64_t first = rows.count * b / blocks, last = rows.count * (b + 1) / blocks;
      T* at = sums > 0 ? partial.data<T>() + b * rows.width : nullptr;
      if (first < last) run(first, last, at, blocks * rows.width);
    }
  });
  std::vector<Tensor> results;
  for (int64_t k = 0; k < sums; ++k) {
    const Tensor one = select(partial, 0, k);
    results.push_back(reshape(blocks == 1 ? select(one, 0, 0) : sum(one, Dims{0}), over));
  }
  return results;
}

}  // namespace

Normed layer_norm(const Tensor& x, const Shape& over, const Tensor& weight, const Tensor& bias,
                  double eps) {
  check_over("layer_norm", x, over);
  check_factor("layer_norm", "weight", weight, x, over);
  check_factor("layer_norm", "bias", bias, x, over);
  const Rows rows(x, over);
  const Tensor scale = contiguous(weight), offset = contiguous(bias);
  Normed result{empty_like(x), rows.statistics(over), rows.statistics(over)};
  dispatch_floating("layer_norm", x.dtype(), [&]<class T>() {
    const auto run = transformers::layer_norm_kernel.get<T>();
    parallel_for(0, rows.count, rows.grain(), [&](int64_t first, int64_t last) {
      run(rows.part<T>(first, last), factor_of<T>(weight.defined() ? scale : weight),
          factor_of<T>(bias.defined() ? offset : bias), eps,
          part<T>(result.y, rows.width, first, last), part<T>(result.mean, first, last),
          part<T>(result.rstd, first, last));
    });
  });
  return result;
}

NormGradients layer_norm_backward(const Tensor& grad, const Tensor& x, const Shape& over,
                                  const Tensor& weight, const Normed& normed,
                                  const Wanted& wanted) {
  check(grad.shape() == x.shape() && grad.dtype() == x.dtype(),
        "layer_norm_backward: expected grad like x ", x.shape(), ", got ", grad.shape());
  const Rows rows(x, over), grads(grad, over);
  const Tensor scale = weight.defined() ? contiguous(weight) : weight;
  const bool sums = wanted.weight || wanted.bias;
  NormGradients result;
  if (wanted.x) result.x = empty_like(rows.all);
  dispatch_floating("layer_norm_backward", x.dtype(), [&]<class T>() {
    const auto run = transformers::layer_norm_backward_kernel.get<T>();
    const auto totals = in_blocks<T>(
        rows, sums ? 2 : 0, over, [&](int64_t first, int64_t last, T* sum, int64_t apart) {
          const View<T, 2> to =
              wanted.x ? part<T>(result.x, rows.width, first, last) : View<T, 2>{nullptr, {0, 0}};
          const int64_t width = sums ? rows.width : 0;
          run(grads.part<T>(first, last), rows.part<T>(first, last), factor_of<T>(scale),
              part<const T>(normed.mean, first, last), part<const T>(normed.rstd, first, last), to,
              {sum, {width}}, {sums ? sum + apart : nullptr, {width}});
        });
    if (wanted.weight) result.weight = totals[0];
    if (wanted.bias) result.bias = totals[1];
  });
  return result;
}

Normed rms_norm(const Tensor& x, const Shape& over, const Tensor& weight, double eps) {
  check_over("rms_norm", x, over);
  check_factor("rms_norm", "weight", weight, x, over);
  const Rows rows(x, over);
  const Tensor scale = weight.defined() ? contiguous(weight) : weight;
  Normed result{empty_like(x), {}, rows.statistics(over)};
  dispatch_floating("rms_norm", x.dtype(), [&]<class T>() {
    const auto run = transformers::rms_norm_kernel.get<T>();
    parallel_for(0, rows.count, rows.grain(), [&](int64_t first, int64_t last) {
      run(rows.part<T>(first, last), factor_of<T>(scale), eps,
          part<T>(result.y, rows.width, first, last), part<T>(result.rstd, first, last));
    });
  });
  return result;
}

NormGradients rms_norm_backward(const Tensor& grad, const Tensor& x, const Shape& over,
                                const Tensor& weight, const Normed& normed, const Wanted& wanted) {
  check(grad.shape() == x.shape() && grad.dtype() == x.dtype(),
        "rms_norm_backward: expected grad like x ", x.shape(), ", got ", grad.shape());
  const Rows rows(x, over), grads(grad, over);
  const Tensor scale = weight.defined() ? contiguous(weight) : weight;
  NormGradients result;
  if (wanted.x) result.x = empty_like(rows.all);
  dispatch_floating("rms_norm_backward", x.dtype(), [&]<class T>() {
    const auto run = transformers::rms_norm_backward_kernel.get<T>();
    const auto totals = in_blocks<T>(
        rows, wanted.weight ? 1 : 0, over, [&](int64_t first, int64_t last, T* sum, int64_t) {
          const View<T, 2> to =
              wanted.x ? part<T>(result.x, rows.width, first, last) : View<T, 2>{nullptr, {0, 0}};
          run(grads.part<T>(first, last), rows.part<T>(first, last), factor_of<T>(scale),
              part<const T>(normed.rstd, first, last), to, {sum, {wanted.weight ? rows.width : 0}});
        });
    if (wanted.weight) result.weight = totals[0];
  });
  return result;
}

namespace {

void check_gates(const char* operation, const Tensor& a, const Tensor& b) {
  check(a.shape() == b.shape() && a.dtype() == b.dtype(), operation,
        ": expected operands of one shape and dtype, got ", a.shape(), " of ", a.dtype(), " and ",
        b.shape(), " of ", b.dtype());
}

}  // namespace

Tensor swiglu(const Tensor& gate, const Tensor& up) {
  check_gates("swiglu", gate, up);
  const Tensor opens = contiguous(gate), through = contiguous(up);
  Tensor y = empty_like(gate);
  dispatch_floating("swiglu", gate.dtype(), [&]<class T>() {
    const auto run = transformers::swiglu_kernel.get<T>();
    parallel_for(0, y.numel(), kGrain, [&](int64_t first, int64_t last) {
      run(part<const T>(opens, first, last), part<const T>(through, first, last),
          part<T>(y, first, last));
    });
  });
  return y;
}

SwigluGradients swiglu_backward(const Tensor& grad, const Tensor& gate, const Tensor& up) {
  check_gates("swiglu_backward", gate, up);
  check_gates("swiglu_backward", grad, up);
  const Tensor from = contiguous(grad), opens = contiguous(gate), through = contiguous(up);
  SwigluGradients result{empty_like(gate), empty_like(up)};
  dispatch_floating("swiglu_backward", gate.dtype(), [&]<class T>() {
    const auto run = transformers::swiglu_backward_kernel.get<T>();
    parallel_for(0, from.numel(), kGrain, [&](int64_t first, int64_t last) {
      run(part<const T>(from, first, last), part<const T>(opens, first, last),
          part<const T>(through, first, last), part<T>(result.gate, first, last),
          part<T>(result.up, first, last));
    });
  });
  return result;
}

// --- recorded: one node whose gradients come out of one walk over the rows ---

namespace {

struct NormNode final : Node {
  NormNode(const char* name, const Variable& x, const Shape& sizes, const Variable& weight,
           const Variable& bias, const Normed& normed, bool centred)
      : Node(name, 3),
        input(x),
        scale(weight.defined() ? Saved(weight) : Saved(Tensor())),
        mean(normed.mean),
        rstd(normed.rstd),
        over(sizes),
        scaled(weight.defined()),
        is_centred(centred) {
    edges[0] = edge_to(x);
    if (weight.defined()) edges[1] = edge_to(weight);
    if (bias.defined()) edges[2] = edge_to(bias);
  }

  void backward(const Tensor* grads, Tensor* results, const bool* wanted) override {
    const Tensor weight = scaled ? scale.get() : Tensor();
    const Wanted needs{wanted[0], wanted[1], wanted[2]};
    const auto [by_x, by_weight, by_bias] =
        is_centred ? layer_norm_backward(grads[0], input, over, weight,
                                         {{}, mean.get(), rstd.get()}, needs)
                   : rms_norm_backward(grads[0], input, over, weight, {{}, {}, rstd.get()}, needs);
    results[0] = by_x;
    results[1] = by_weight;
    results[2] = by_bias;
  }
  void free_saved() override {
    for (Saved* saved : {&input, &scale, &mean, &rstd}) saved->release();
  }

  Saved input, scale, mean, rstd;
  Shape over;
  bool scaled, is_centred;
};

Tensor data_or_none(const Variable& x) { return x.defined() ? x.data() : Tensor(); }

Variable recorded(const char* name, const Variable& x, const Shape& over, const Variable& weight,
                  const Variable& bias, const Normed& normed, bool centred) {
  const Variable y(normed.y);
  if (grad_enabled() && detail::any_requires_grad({&x, &weight, &bias})) {
    set_history(y, Ref<Node>(new NormNode(name, x, over, weight, bias, normed, centred)));
  }
  return y;
}

struct SwigluNode final : Node {
  SwigluNode(const Variable& a, const Variable& b) : Node("SwigluBackward0", 2), gate(a), up(b) {
    edges[0] = edge_to(a);
    edges[1] = edge_to(b);
  }
  void backward(const Tensor* grads, Tensor* results, const bool*) override {
    const auto [by_gate, by_up] = swiglu_backward(grads[0], gate, up);
    results[0] = by_gate;
    results[1] = by_up;
  }
  void free_saved() override {
    gate.release();
    up.release();
  }
  Saved gate, up;
};

}  // namespace

Variable layer_norm(const Variable& x, const Shape& over, const Variable& weight,
                    const Variable& bias, double eps) {
  return recorded("NativeLayerNormBackward0", x, over, weight, bias,
                  layer_norm(x.data(), over, data_or_none(weight), data_or_none(bias), eps), true);
}

Variable rms_norm(const Variable& x, const Shape& over, const Variable& weight,
                  std::optional<double> eps) {
  check<NotImplemented>(is_floating(x.dtype()), "rms_norm: expected a floating dtype, got ",
                        x.dtype());
  if (weight.defined() && weight.dtype() != x.dtype()) {
    const DType common = promote(x.dtype(), weight.dtype());
    return to(rms_norm(to(x, common), over, to(weight, common), eps), x.dtype());
  }
  const double smallest = x.dtype() == DType::kFloat64 ? std::numeric_limits<double>::epsilon()
                                                       : std::numeric_limits<float>::epsilon();
  return recorded("FusedRmsNormBackward0", x, over, weight, {},
                  rms_norm(x.data(), over, data_or_none(weight), eps.value_or(smallest)), false);
}

Variable swiglu(const Variable& gate, const Variable& up) {
  const Variable y(swiglu(gate.data(), up.data()));
  if (grad_enabled() && detail::any_requires_grad({&gate, &up})) {
    set_history(y, Ref<Node>(new SwigluNode(gate, up)));
  }
  return y;
}

}  // namespace tinytorch

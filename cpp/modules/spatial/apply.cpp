// The operations, recorded: each gradient is one of the functions beside its forward pass.
#include "modules/autograd/functions.h"
#include "modules/spatial/spatial.h"

namespace tinytorch {
namespace {

using spatial::Convolution, spatial::Pool, spatial::Window;

Window window_of(const Convolution& how) {
  Window window;
  window.groups = how.groups;
  for (int d = 0; d < 2; ++d) {
    window.stride[d] = how.stride[d];
    window.padding[d] = how.padding[d];
    window.dilation[d] = how.dilation[d];
  }
  return window;
}

Variable conv2d(const Variable& x, const Variable& weight, const Variable& bias,
                const Window& window) {
  return record(
      "ConvolutionBackward0",
      conv2d(x.data(), weight.data(), bias.defined() ? bias.data() : Tensor(), window),
      saving(x, weight, window),
      by(x, [](auto& grad, auto& x, auto& weight,
               auto& window) { return conv2d_backward_x(grad, weight, x.shape(), window); }),
      by(weight,
         [](auto& grad, auto& x, auto& weight, auto& window) {
           return conv2d_backward_weight(grad, x, weight.shape(), window);
         }),
      by(bias, [](auto& grad, auto&, auto&, auto&) { return conv2d_backward_bias(grad); }));
}

// A convolution's gradient by its x as a function of its own: forward and backward change places.
Variable conv_transpose2d(const Variable& x, const Variable& weight, const Variable& bias,
                          const Convolution& how) {
  const Window window = window_of(how);
  Shape shape{x.shape()[0], weight.shape()[1] * how.groups};
  for (int64_t d = 0; d < 2; ++d)
    shape.push_back((x.shape()[d + 2] - 1) * how.stride[d] - 2 * how.padding[d] +
                    how.dilation[d] * (weight.shape()[d + 2] - 1) + how.output_padding[d] + 1);
  Tensor y = conv2d_backward_x(x.data(), weight.data(), shape, window);
  if (bias.defined()) y = y + view(contiguous(bias.data()), {1, shape[1], 1, 1});
  return record(
      "ConvolutionBackward0", y, saving(x, weight, window),
      by(x,
         [](auto& grad, auto& x, auto& weight, auto& window) {
           // Output padding can leave room for more places than x has.
           Tensor grad_x = conv2d(grad, weight, {}, window);
           for (int64_t d = 2; d < 4; ++d) grad_x = slice(grad_x, d, 0, x.shape()[d]);
           return contiguous(grad_x);
         }),
      by(weight,
         [](auto& grad, auto& x, auto& weight, auto& window) {
           return conv2d_backward_weight(x, grad, weight.shape(), window);
         }),
      by(bias, [](auto& grad, auto&, auto&, auto&) { return conv2d_backward_bias(grad); }));
}

// By way of doubles, as far as these hold every sum exactly.
Variable of_integers(const char* name, int64_t dims, const Variable& x, const Variable& weight,
                     const Variable& bias, const Convolution& how) {
  const auto largest = [](const Tensor& t) {
    const Tensor value = to(t, DType::kFloat64);
    return t.numel() == 0 ? 0.0 : item(amax(unary(UnaryOp::kAbs, value))).to<double>();
  };
  const double terms = static_cast<double>(weight.numel());
  double bound = largest(x.data()) * largest(weight.data()) * terms;
  if (bias.defined()) bound += largest(bias.data());
  check<NotImplemented>(x.dtype() != DType::kBool && bound < 0x1p53, name,
                        ": expected a floating dtype, or integers whose sums stay below 2^53, got ",
                        x.dtype());
  const auto wide = [](const Variable& v) {
    return v.defined() ? Variable(to(v.data(), DType::kFloat64)) : v;
  };
  const Variable y = convolution(name, dims, wide(x), wide(weight), wide(bias), how);
  return Variable(to(to(y.data(), DType::kInt64), x.dtype()));
}

// A number for both dims: a line is a picture of one row.
Dims as_picture(const Dims& dims, int64_t of_rows) {
  return dims.size() == 1 ? Dims{of_rows, dims[0]} : dims;
}

}  // namespace

Variable convolution(const char* name, int64_t dims, const Variable& x, const Variable& weight,
                     const Variable& bias, const Convolution& how) {
  check(dims == 1 || dims == 2, name, ": expected 1 or 2 dims of space, got ", dims);
  check(x.dim() == dims + 1 || x.dim() == dims + 2, "Expected ", dims + 1, "D (unbatched) or ",
        dims + 2, "D (batched) input to ", name, ", but got input of size: ", x.shape());
  check(weight.dim() == dims + 2, name, ": expected a weight of ", dims + 2,
        " dims, got weight of size ", weight.shape());
  if (x.dim() == dims + 1)
    return squeeze(convolution(name, dims, unsqueeze(x, 0), weight, bias, how), 0);
  spatial::check_convolution(x.data(), weight.data(), bias.defined() ? bias.data() : Tensor(), how);
  if (!is_floating(x.dtype())) return of_integers(name, dims, x, weight, bias, how);
  if (dims == 1) {
    const Convolution flat{as_picture(how.stride, 1),
                           as_picture(how.padding, 0),
                           as_picture(how.dilation, 1),
                           as_picture(how.output_padding, 0),
                           how.groups,
                           how.transposed};
    return squeeze(convolution(name, 2, unsqueeze(x, 2), unsqueeze(weight, 2), bias, flat), 2);
  }
  return how.transposed ? conv_transpose2d(x, weight, bias, how)
                        : conv2d(x, weight, bias, window_of(how));
}

Variable unfold(const Variable& x, const Dims& size, const Window& window) {
  return record("Im2ColBackward0", unfold(x.data(), size.begin(), window),
                saving(x.shape(), size, window),
                by(x, [](auto& grad, auto& shape, auto& size, auto& window) {
                  return fold(grad, shape, size.begin(), window);
                }));
}

Variable fold(const Variable& columns, const Shape& x, const Dims& size, const Window& window) {
  return record("Col2ImBackward0", fold(columns.data(), x, size.begin(), window),
                saving(size, window), by(columns, [](auto& grad, auto& size, auto& window) {
                  return unfold(grad, size.begin(), window);
                }));
}

MaxPooledVariable max_pool2d(const Variable& x, const Pool& pool, bool ceil_mode) {
  const auto [y, positions] = max_pool2d(x.data(), pool, ceil_mode);
  return {
      record("MaxPool2DWithIndicesBackward0", y, saving(positions, x.shape(), pool),
             by(x, [](auto& grad, auto& positions, auto& shape,
                      auto& pool) { return max_pool2d_backward(grad, positions, shape, pool); })),
      positions};
}

Variable avg_pool2d(const Variable& x, const Pool& pool, bool ceil_mode,
                    const spatial::Averaging& averaging) {
  return record("AvgPool2DBackward0", avg_pool2d(x.data(), pool, ceil_mode, averaging),
                saving(x.shape(), pool, averaging),
                by(x, [](auto& grad, auto& shape, auto& pool, auto& averaging) {
                  return avg_pool2d_backward(grad, shape, pool, averaging);
                }));
}

Variable adaptive_avg_pool2d(const Variable& x, int64_t rows, int64_t columns) {
  return record(
      "AdaptiveAvgPool2DBackward0", adaptive_avg_pool2d(x.data(), rows, columns), saving(x.shape()),
      by(x, [](auto& grad, auto& shape) { return adaptive_avg_pool2d_backward(grad, shape); }));
}

MaxPooledVariable adaptive_max_pool2d(const Variable& x, int64_t rows, int64_t columns) {
  const auto [y, positions] = adaptive_max_pool2d(x.data(), rows, columns);
  return {record("AdaptiveMaxPool2DBackward0", y, saving(positions, x.shape()),
                 by(x, [](auto& grad, auto& positions,
                          auto& shape) { return max_pool2d_backward(grad, positions, shape); })),
          positions};
}

namespace {

// One pass over the batch gives all three gradients.
struct BatchNormNode final : Node {
  BatchNormNode(const Variable& x, const Variable& weight, ChannelStats of, bool own, double small)
      : Node("NativeBatchNormBackward0", 3),
        x(x),
        weight(weight.defined() ? Saved(weight) : Saved(Tensor())),
        stats(std::move(of)),
        training(own),
        eps(small) {}

  void backward(const Tensor* grads, Tensor* results, const bool* wanted) override {
    auto [grad_x, grad_weight, grad_bias] =
        batch_norm_backward(grads[0], x.get(), stats, weight.get(), eps, training);
    if (wanted[0]) results[0] = grad_x;
    if (wanted[1]) results[1] = grad_weight;
    if (wanted[2]) results[2] = grad_bias;
  }
  void free_saved() override {
    x.release();
    weight.release();
  }

  Saved x, weight;
  ChannelStats stats;
  bool training;
  double eps;
};

// running += momentum (value - running), in its own dtype.
void move_towards(const Variable& running, const Tensor& value, double momentum) {
  if (!running.defined()) return;
  copy_(running.data(), running.data() * Scalar(1 - momentum) + value * Scalar(momentum));
  bump_version(running);
}

}  // namespace

Variable batch_norm(const Variable& x, const Variable& weight, const Variable& bias,
                    const Variable& running_mean, const Variable& running_var, bool training,
                    double momentum, double eps) {
  const auto data = [](const Variable& v) { return v.defined() ? v.data() : Tensor(); };
  check<NotImplemented>(is_floating(x.dtype()), "batch_norm: expected a floating dtype, got ",
                        x.dtype());
  check(training || running_mean.defined(), "running_mean must be defined in evaluation mode");
  check(training || running_var.defined(), "running_var must be defined in evaluation mode");
  check(x.dim() >= 2, "batch_norm: expected input of shape (N, C, ...), got ", x.shape());
  for (const auto& [name, v] : {std::pair{"running_mean", &running_mean},
                                {"running_var", &running_var},
                                {"weight", &weight},
                                {"bias", &bias}}) {
    if (!v->defined()) continue;
    check(v->dim() == 1 && v->numel() == x.shape()[1], name, " should contain ", x.shape()[1],
          " elements not ", v->numel());
    check(v->dtype() == x.dtype(), "mixed dtype (CPU): expected ", name, " of ", x.dtype(),
          ", got ", v->dtype());
  }
  ChannelStats stats{data(running_mean), data(running_var)};
  const bool empty_batch = x.numel() == 0;
  if (training && empty_batch) {
    stats = {zeros({x.shape()[1]}, x.dtype()), ones({x.shape()[1]}, x.dtype())};
  } else if (training) {
    stats = channel_statistics(x.data());
    const double count = static_cast<double>(x.numel() / x.shape()[1]);
    move_towards(running_mean, stats.mean, momentum);
    move_towards(running_var, stats.variance * Scalar(count / (count - 1)), momentum);
  } else if (!empty_batch) {
    stats = {clone(stats.mean), clone(stats.variance)};  // they move on before backward
  }
  Variable y(batch_norm(x.data(), stats, data(weight), data(bias), eps));
  const bool required = x.requires_grad() || weight.requires_grad() || bias.requires_grad();
  if (required && grad_enabled()) {
    auto node = make_ref<BatchNormNode>(x, weight, stats, training, eps);
    node->edges[0] = edge_to(x);
    node->edges[1] = edge_to(weight);
    node->edges[2] = edge_to(bias);
    set_history(y, Ref<Node>(node.get()));
  }
  return y;
}

Variable constant_pad(const Variable& x, const Dims& before, const Dims& after,
                      const Scalar& value) {
  return record("ConstantPadNdBackward0", constant_pad(x.data(), before, after, value),
                saving(before, after), by(x, [](auto& grad, auto& before, auto& after) {
                  Dims cut_before = before, cut_after = after;
                  for (int64_t& length : cut_before) length = -length;
                  for (int64_t& length : cut_after) length = -length;
                  return constant_pad(grad, cut_before, cut_after, Scalar(0.0));
                }));
}

}  // namespace tinytorch

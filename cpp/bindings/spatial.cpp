// The spatial layers: differentiable on the top level, pure functions in the unit's own submodule.
#include "modules/spatial/spatial.h"

#include <variant>

#include "bindings/pytensor.h"
#include "bindings/tensor_shortcuts.h"
#include "bindings/units.h"

namespace tinytorch {
namespace {

using spatial::Convolution, spatial::Pool, spatial::Window;
using OptionalVariable = std::optional<Variable>;
using Padding = std::variant<std::string, Dims>;

Variable or_none(const OptionalVariable& x) { return x.value_or(Variable()); }

// One number for every dim, or one each.
Dims each(const char* name, const Dims& given, int64_t dims) {
  if (given.size() == 1) return Dims(dims, given[0]);
  check(given.size() == dims, "expected ", name, " to be a single integer value or a list of ",
        dims, " values to match the convolution dimensions, but got ", name, "=", given);
  return given;
}

// x with lengths[0] elements before and lengths[1] behind its last dim, lengths[2] and [3] ...
Variable pad_last(const Variable& x, const Dims& lengths, const Scalar& value) {
  Dims before(x.dim(), 0), after(x.dim(), 0);
  for (int64_t i = 0; i < std::min(lengths.size() / 2, x.dim()); ++i) {
    before[x.dim() - 1 - i] = lengths[2 * i];
    after[x.dim() - 1 - i] = lengths[2 * i + 1];
  }
  return constant_pad(x, before, after, value);
}

template <int64_t dims>
Variable conv(const Variable& x, const Variable& weight, const OptionalVariable& bias,
              const Dims& stride, const Padding& padding, const Dims& dilation, int64_t groups) {
  const char* name = dims == 1 ? "conv1d" : "conv2d";
  Convolution how{each("stride", stride, dims),
                  Dims(dims, 0),
                  each("dilation", dilation, dims),
                  Dims(dims, 0),
                  groups,
                  false};
  if (const Dims* numbers = std::get_if<Dims>(&padding)) {
    how.padding = each("padding", *numbers, dims);
    return convolution(name, dims, x, weight, or_none(bias), how);
  }
  const std::string& word = std::get<std::string>(padding);
  check(word == "same" || word == "valid", "Invalid padding string: '", word, "'");
  if (word == "valid") return convolution(name, dims, x, weight, or_none(bias), how);
  check(how.stride == Dims(dims, 1), "padding='same' is not supported for strided convolutions");
  if (weight.dim() != dims + 2 || x.dim() < dims)  // is refused
    return convolution(name, dims, x, weight, or_none(bias), how);
  // An odd number of padded elements puts the one more behind.
  Dims before(x.dim(), 0), after(x.dim(), 0);
  bool uneven = false;
  for (int64_t d = 0; d < dims; ++d) {
    const int64_t size = weight.shape()[d + 2], dilated = how.dilation[d];
    check(size > 0 && 0 < dilated && dilated < (int64_t{1} << 31), name,
          ": expected a kernel and dilation of at least 1, got weight ", weight.shape(),
          " and dilation ", how.dilation);
    const int64_t total = dilated * (size - 1);
    how.padding[d] = total / 2;
    after[x.dim() - dims + d] = total % 2;
    uneven |= total % 2 != 0;
  }
  constexpr const char* kCopies =
      "Using padding='same' with even kernel lengths and odd dilation may require a zero-padded "
      "copy of the input be created";
  if (uneven && PyErr_WarnEx(PyExc_UserWarning, kCopies, 1) < 0) throw py::error_already_set();
  const Variable padded = uneven ? constant_pad(x, before, after, Scalar(0.0)) : x;
  return convolution(name, dims, padded, weight, or_none(bias), how);
}

template <int64_t dims>
Variable conv_transpose(const Variable& x, const Variable& weight, const OptionalVariable& bias,
                        const Dims& stride, const Dims& padding, const Dims& output_padding,
                        int64_t groups, const Dims& dilation) {
  const Convolution how{each("stride", stride, dims),
                        each("padding", padding, dims),
                        each("dilation", dilation, dims),
                        each("output_padding", output_padding, dims),
                        groups,
                        true};
  return convolution(dims == 1 ? "conv_transpose1d" : "conv_transpose2d", dims, x, weight,
                     or_none(bias), how);
}

Window window_of(const Dims& stride, const Dims& padding, const Dims& dilation, int64_t groups) {
  const Dims s = each("stride", stride, 2), p = each("padding", padding, 2);
  const Dims d = each("dilation", dilation, 2);
  return {{s[0], s[1]}, {p[0], p[1]}, {d[0], d[1]}, groups};
}

Pool pool_of(const Dims& size, const std::optional<Dims>& stride, const Dims& padding,
             const Dims& dilation) {
  const Dims k = each("kernel_size", size, 2), p = each("padding", padding, 2);
  const Dims s = stride && !stride->empty() ? each("stride", *stride, 2) : k;
  const Dims d = each("dilation", dilation, 2);
  return {{k[0], k[1]}, {s[0], s[1]}, {p[0], p[1]}, {d[0], d[1]}};
}

py::tuple with_positions(const Variable& y, const Tensor& positions, bool wanted) {
  return py::make_tuple(y, wanted ? py::cast(to(positions, DType::kInt64)) : py::none());
}

void bind_differentiable(py::module_& m) {
  const py::arg x("input"), weight("weight");
  const auto bias = py::arg("bias") = py::none();
  const auto stride = py::arg("stride") = Dims{1};
  const auto padding = py::arg("padding") = Dims{0};
  const auto dilation = py::arg("dilation") = Dims{1};
  const auto groups = py::arg("groups") = 1;
  const auto output_padding = py::arg("output_padding") = Dims{0};
  m.def("conv1d", &conv<1>, x, weight, bias, stride, padding, dilation, groups);
  m.def("conv2d", &conv<2>, x, weight, bias, stride, padding, dilation, groups);
  m.def("conv_transpose1d", &conv_transpose<1>, x, weight, bias, stride, padding, output_padding,
        groups, dilation);
  m.def("conv_transpose2d", &conv_transpose<2>, x, weight, bias, stride, padding, output_padding,
        groups, dilation);
  m.def(
      "_max_pool2d",
      [](const Variable& x, const Dims& size, const std::optional<Dims>& stride,
         const Dims& padding, const Dims& dilation, bool ceil_mode, bool positions) {
        const auto result = max_pool2d(x, pool_of(size, stride, padding, dilation), ceil_mode);
        return with_positions(result.y, result.positions, positions);
      },
      x, py::arg("kernel_size"), py::arg("stride") = py::none(), padding, dilation,
      py::arg("ceil_mode") = false, py::arg("return_indices") = true);
  m.def(
      "_avg_pool2d",
      [](const Variable& x, const Dims& size, const std::optional<Dims>& stride,
         const Dims& padding, bool ceil_mode, bool count_include_pad, int64_t divisor) {
        return avg_pool2d(x, pool_of(size, stride, padding, {1}), ceil_mode,
                          {count_include_pad, divisor});
      },
      x, py::arg("kernel_size"), py::arg("stride") = py::none(), padding,
      py::arg("ceil_mode") = false, py::arg("count_include_pad") = true,
      py::arg("divisor_override") = 0);
  m.def("_adaptive_avg_pool2d",
        py::overload_cast<const Variable&, int64_t, int64_t>(&adaptive_avg_pool2d), x,
        py::arg("rows"), py::arg("columns"));
  m.def(
      "_adaptive_max_pool2d",
      [](const Variable& x, int64_t rows, int64_t columns, bool positions) {
        const auto result = adaptive_max_pool2d(x, rows, columns);
        return with_positions(result.y, result.positions, positions);
      },
      x, py::arg("rows"), py::arg("columns"), py::arg("return_indices") = true);
  m.def(
      "_batch_norm",
      [](const Variable& x, const OptionalVariable& weight, const OptionalVariable& bias,
         const OptionalVariable& mean, const OptionalVariable& var, bool training, double momentum,
         double eps) {
        return batch_norm(x, or_none(weight), or_none(bias), or_none(mean), or_none(var), training,
                          momentum, eps);
      },
      x, py::arg("weight"), py::arg("bias"), py::arg("running_mean"), py::arg("running_var"),
      py::arg("training"), py::arg("momentum"), py::arg("eps"));
  m.def(
      "_unfold",
      [](const Variable& x, const Dims& size, const Dims& stride, const Dims& padding,
         const Dims& dilation) {
        return unfold(x, each("kernel_size", size, 2), window_of(stride, padding, dilation, 1));
      },
      x, py::arg("kernel_size"), stride, padding, dilation);
  m.def(
      "_fold",
      [](const Variable& x, const Dims& shape, const Dims& size, const Dims& stride,
         const Dims& padding, const Dims& dilation) {
        return fold(x, shape, each("kernel_size", size, 2),
                    window_of(stride, padding, dilation, 1));
      },
      x, py::arg("shape"), py::arg("kernel_size"), stride, padding, dilation);
  m.def("_constant_pad", &pad_last, x, py::arg("lengths"), py::arg("value"));
  shortcut(
      m.attr("_constant_pad"),
      [](const PyTensor& input, const Dims& lengths, int64_t value) {
        return pad_last(input, lengths, Scalar(value));
      },
      required<PyTensor>("input"), required<Dims>("lengths"), required<int64_t>("value"));
}

// The pure functions: what grading tests call.
void bind_pure(py::module_& unit) {
  const py::arg x("x"), weight("weight"), grad("grad"), shape("shape"), size("size");
  const auto bias = py::arg("bias") = py::none();
  const auto stride = py::arg("stride") = Dims{1};
  const auto padding = py::arg("padding") = Dims{0};
  const auto dilation = py::arg("dilation") = Dims{1};
  const auto groups = py::arg("groups") = 1;
  const auto lowered = py::arg("lowered") = false;
  const auto loops = [](bool lowered) {
    return lowered ? spatial::Loops::kLowered : spatial::Loops::kTable;
  };
  unit.def(
      "conv2d",
      [loops](const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
              const Dims& stride, const Dims& padding, const Dims& dilation, int64_t groups,
              bool lowered) {
        return conv2d(x, weight, bias.value_or(Tensor()),
                      window_of(stride, padding, dilation, groups), loops(lowered));
      },
      x, weight, bias, stride, padding, dilation, groups, lowered);
  unit.def(
      "conv2d_backward_x",
      [loops](const Tensor& grad, const Tensor& weight, const Dims& shape, const Dims& stride,
              const Dims& padding, const Dims& dilation, int64_t groups, bool lowered) {
        return conv2d_backward_x(grad, weight, shape, window_of(stride, padding, dilation, groups),
                                 loops(lowered));
      },
      grad, weight, shape, stride, padding, dilation, groups, lowered);
  unit.def(
      "conv2d_backward_weight",
      [loops](const Tensor& grad, const Tensor& x, const Dims& shape, const Dims& stride,
              const Dims& padding, const Dims& dilation, int64_t groups, bool lowered) {
        return conv2d_backward_weight(grad, x, shape, window_of(stride, padding, dilation, groups),
                                      loops(lowered));
      },
      grad, x, shape, stride, padding, dilation, groups, lowered);
  unit.def("conv2d_backward_bias", &conv2d_backward_bias, grad);
  unit.def(
      "im2col",
      [](const Tensor& x, const Dims& size, const Dims& stride, const Dims& padding,
         const Dims& dilation) {
        return im2col(x, each("size", size, 2).begin(), window_of(stride, padding, dilation, 1));
      },
      x, size, stride, padding, dilation);
  unit.def(
      "col2im",
      [](const Tensor& columns, const Dims& shape, const Dims& size, const Dims& stride,
         const Dims& padding, const Dims& dilation) {
        return col2im(columns, shape, each("size", size, 2).begin(),
                      window_of(stride, padding, dilation, 1));
      },
      py::arg("columns"), shape, size, stride, padding, dilation);
  unit.def(
      "max_pool2d",
      [](const Tensor& x, const Dims& size, const std::optional<Dims>& stride, const Dims& padding,
         const Dims& dilation, bool ceil_mode) {
        const MaxPooled result = max_pool2d(x, pool_of(size, stride, padding, dilation), ceil_mode);
        return py::make_tuple(result.y, result.positions);
      },
      x, size, py::arg("stride") = py::none(), padding, dilation, py::arg("ceil_mode") = false);
  unit.def(
      "max_pool2d_backward",
      [](const Tensor& grad, const Tensor& positions, const Dims& shape) {
        return max_pool2d_backward(grad, positions, shape);
      },
      grad, py::arg("positions"), shape);
  unit.def(
      "channel_statistics",
      [](const Tensor& x) {
        const ChannelStats stats = channel_statistics(x);
        return py::make_tuple(stats.mean, stats.variance);
      },
      x);
  unit.def(
      "batch_norm",
      [](const Tensor& x, const Tensor& mean, const Tensor& variance,
         const std::optional<Tensor>& weight, const std::optional<Tensor>& bias, double eps) {
        return batch_norm(x, {mean, variance}, weight.value_or(Tensor()), bias.value_or(Tensor()),
                          eps);
      },
      x, py::arg("mean"), py::arg("variance"), py::arg("weight") = py::none(), bias,
      py::arg("eps") = 1e-5);
  unit.def(
      "batch_norm_backward",
      [](const Tensor& grad, const Tensor& x, const Tensor& mean, const Tensor& variance,
         const std::optional<Tensor>& weight, double eps) {
        const BatchNormGrads grads =
            batch_norm_backward(grad, x, {mean, variance}, weight.value_or(Tensor()), eps);
        return py::make_tuple(grads.x, grads.weight, grads.bias);
      },
      grad, x, py::arg("mean"), py::arg("variance"), py::arg("weight") = py::none(),
      py::arg("eps") = 1e-5);
}

}  // namespace

void bind_spatial(py::module_& m) {
  bind_differentiable(m);
  py::module_ unit = m.def_submodule("spatial", "The pure functions of the unit spatial.");
  bind_pure(unit);
}

}  // namespace tinytorch

// The optimizers: one call updates a list of parameters, tensors or numpy arrays, in place.
#include "modules/optimizers/optimizers.h"

#include "bindings/pytensor.h"
#include "bindings/tensor_shortcuts.h"
#include "bindings/units.h"

namespace tinytorch {
namespace {

// None is an undefined tensor.
Tensors tensors_from(const py::sequence& list) {
  Tensors tensors;
  tensors.reserve(list.size());
  for (const py::handle item : list) {
    tensors.push_back(item.is_none() ? Tensor() : item.cast<Tensor>());
  }
  return tensors;
}

// The parameters were written to: what saved one of them for its gradient must notice.
void count_writes([[maybe_unused]] const py::sequence& params) {
#if TINYTORCH_HAS_AUTOGRAD
  for (const py::handle item : params) {
    if (Box* box = box_from(item)) bump_version(unbox(Ref<Box>(box)));
  }
#endif
}

void bind_sgd_step(const py::sequence& params, const py::sequence& grads,
                   const py::list& momentum_buffers, double lr, double momentum, double dampening,
                   double weight_decay, bool nesterov, bool maximize) {
  Tensors buffers = tensors_from(momentum_buffers);
  sgd_step(tensors_from(params), tensors_from(grads), buffers, lr, momentum, dampening,
           weight_decay, nesterov, maximize);
  for (size_t i = 0; i < momentum_buffers.size(); ++i) {
    if (momentum_buffers[i].is_none() && buffers[i].defined()) momentum_buffers[i] = buffers[i];
  }
  count_writes(params);
}

void bind_adam_step(const py::sequence& params, const py::sequence& grads,
                    const py::sequence& exp_avgs, const py::sequence& exp_avg_sqs, int64_t step,
                    double lr, double beta1, double beta2, double eps, double weight_decay,
                    bool decoupled, bool maximize) {
  adam_step(tensors_from(params), tensors_from(grads), tensors_from(exp_avgs),
            tensors_from(exp_avg_sqs), step, lr, beta1, beta2, eps, weight_decay, decoupled,
            maximize);
  count_writes(params);
}

void bind_rmsprop_step(const py::sequence& params, const py::sequence& grads,
                       const py::sequence& square_avgs, const py::sequence& momentum_buffers,
                       double lr, double alpha, double eps, double weight_decay, double momentum,
                       bool maximize) {
  rmsprop_step(tensors_from(params), tensors_from(grads), tensors_from(square_avgs),
               tensors_from(momentum_buffers), lr, alpha, eps, weight_decay, momentum, maximize);
  count_writes(params);
}

using Parameters = std::vector<PyTensor>;

Tensors arrays_of(const Parameters& list) {
  Tensors tensors;
  tensors.reserve(list.size());
  for (const PyTensor& x : list) tensors.push_back(array_of(x));
  return tensors;
}

void count_writes([[maybe_unused]] const Parameters& params) {
#if TINYTORCH_HAS_AUTOGRAD
  for (const PyTensor& x : params) bump_version(x);
#endif
}

void shorten(const py::module_& unit) {
  const auto list = [](const char* name) { return required<Parameters>(name); };
  const auto number = [](const char* name) { return required<double>(name); };
  shortcut(
      unit.attr("sgd_step"),
      [](const Parameters& params, const Parameters& grads, Nothing, double lr, double momentum,
         double dampening, double decay, bool nesterov, bool maximize) {
        Tensors none;
        sgd_step(arrays_of(params), arrays_of(grads), none, lr, momentum, dampening, decay,
                 nesterov, maximize);
        count_writes(params);
      },
      list("params"), list("grads"), required<Nothing>("momentum_buffers"), number("lr"),
      number("momentum"), number("dampening"), number("weight_decay"), required<bool>("nesterov"),
      required<bool>("maximize"));
  shortcut(
      unit.attr("adam_step"),
      [](const Parameters& params, const Parameters& grads, const Parameters& means,
         const Parameters& squares, int64_t step, double lr, double beta1, double beta2, double eps,
         double decay, bool decoupled, bool maximize) {
        adam_step(arrays_of(params), arrays_of(grads), arrays_of(means), arrays_of(squares), step,
                  lr, beta1, beta2, eps, decay, decoupled, maximize);
        count_writes(params);
      },
      list("params"), list("grads"), list("exp_avgs"), list("exp_avg_sqs"),
      required<int64_t>("step"), number("lr"), number("beta1"), number("beta2"), number("eps"),
      number("weight_decay"), required<bool>("decoupled"), required<bool>("maximize"));
}

}  // namespace

void bind_optimizers(py::module_& m) {
  py::module_ unit = m.def_submodule("optimizers", "The steps of the unit optimizers.");
  unit.def("sgd_step", &bind_sgd_step, py::arg("params"), py::arg("grads"),
           py::arg("momentum_buffers"), py::arg("lr"), py::arg("momentum") = 0.0,
           py::arg("dampening") = 0.0, py::arg("weight_decay") = 0.0, py::arg("nesterov") = false,
           py::arg("maximize") = false);
  unit.def("adam_step", &bind_adam_step, py::arg("params"), py::arg("grads"), py::arg("exp_avgs"),
           py::arg("exp_avg_sqs"), py::arg("step"), py::arg("lr"), py::arg("beta1") = 0.9,
           py::arg("beta2") = 0.999, py::arg("eps") = 1e-8, py::arg("weight_decay") = 0.0,
           py::arg("decoupled") = false, py::arg("maximize") = false);
  unit.def("rmsprop_step", &bind_rmsprop_step, py::arg("params"), py::arg("grads"),
           py::arg("square_avgs"), py::arg("momentum_buffers"), py::arg("lr"),
           py::arg("alpha") = 0.99, py::arg("eps") = 1e-8, py::arg("weight_decay") = 0.0,
           py::arg("momentum") = 0.0, py::arg("maximize") = false);
  shorten(unit);
}

}  // namespace tinytorch

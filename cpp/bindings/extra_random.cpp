// Draws whose parameters are tensors.
#include "bindings/extra.h"
#include "extra/random.h"

namespace tinytorch {

void bind_extra_random(Surface& on) {
  using Source = std::optional<Ref<Generator>>;
  const auto generator = [](const Source& source) -> Generator& {
    return source && *source ? **source : *default_generator();
  };
  const auto from = py::arg("generator") = py::none();
  on.both(
      "multinomial",
      [generator](const PyTensor& x, int64_t num_samples, bool replacement, const Source& source) {
        return PyTensor(multinomial(array_of(x), num_samples, replacement, generator(source)));
      },
      py::arg("num_samples"), py::arg("replacement") = false, py::kw_only(), from);
  on.m.def(
      "poisson",
      [generator](const PyTensor& x, const Source& source) {
        return PyTensor(poisson(array_of(x), generator(source)));
      },
      py::arg("input"), from);
  on.m.def(
      "binomial",
      [generator](const PyTensor& count, const PyTensor& prob, const Source& source) {
        const Shape shape = tensor::broadcast_shapes("binomial", count.shape(), prob.shape());
        return PyTensor(binomial(expand(array_of(count), shape), expand(array_of(prob), shape),
                                 generator(source)));
      },
      py::arg("count"), py::arg("prob"), from);
  on.m.def(
      "_standard_gamma",
      [generator](const PyTensor& x, const Source& source) {
        return PyTensor(standard_gamma(array_of(x), generator(source)));
      },
      py::arg("input"), from);
  on.m.def(
      "_sample_dirichlet",
      [generator](const PyTensor& x, const Source& source) {
        return PyTensor(sample_dirichlet(array_of(x), generator(source)));
      },
      py::arg("input"), from);
}

}  // namespace tinytorch

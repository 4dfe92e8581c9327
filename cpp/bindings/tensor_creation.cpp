// Fresh arrays, random numbers and their generators.
#include "bindings/tensor_surface.h"
#include "core/random.h"

namespace tinytorch {
namespace {

// The fresh arrays behind tinytorch/_creation.py, which settles arguments and defaults.
void bind_fresh(py::module_& m) {
  m.def("_empty", [](const Dims& shape, DType dtype) { return empty(shape, dtype); });
  m.def("_full", [](const Dims& shape, const Scalar& value, DType dtype) {
    return full(shape, value, dtype);
  });
  m.def("_arange", [](const Scalar& start, const Scalar& end, const Scalar& step, DType dtype) {
    return arange(start, end, step, dtype);
  });
  m.def("_linspace", [](double start, double end, int64_t steps, DType dtype) {
    return linspace(start, end, steps, dtype);
  });
  m.def("_eye",
        [](int64_t rows, int64_t columns, DType dtype) { return eye(rows, columns, dtype); });
  m.def("_from_numpy", [](const py::array& array) { return tensor_from_numpy(array); });
  m.def("_to_numpy", [](const PyTensor& x) { return numpy_from_tensor(array_of(x)); });
  m.def("get_default_dtype", &default_dtype, "The dtype of floats that nobody gave one.");
  m.def("_set_default_dtype", &set_default_dtype);
  m.def(
      "result_type",
      [](const PyTensor& a, const PyTensor& b) { return result_type(array_of(a), array_of(b)); },
      py::arg("tensor1"), py::arg("tensor2"));
  m.def("promote_types", &promote, py::arg("type1"), py::arg("type2"));
}

void bind_random(py::module_& m, TensorClass& tensor) {
  using Source = std::optional<Ref<Generator>>;
  const auto generator = [](const Source& source) -> Generator& {
    return source ? **source : *default_generator();
  };
  py::class_<Generator, Ref<Generator>>(m, "Generator", "A stream of random numbers.")
      .def(py::init([](const py::object& device) {
             if (!device.is_none())
               py::module_::import("tinytorch._device").attr("check_cpu")(device);
             return make_ref<Generator>();
           }),
           py::arg("device") = py::none())
      .def(
          "manual_seed",
          [](const py::object& self, const py::int_& seed) {
            // As PyTorch: any integer of 64 bits, negative ones by their two's complement.
            const auto bits = py::cast<uint64_t>(
                py::module_::import("operator").attr("and_")(seed, py::int_(~uint64_t{0})));
            self.cast<Generator&>().seed(bits);
            return self;
          },
          py::arg("seed"))
      .def("initial_seed", &Generator::initial_seed)
      .def("_state",
           [](const Generator& g) {
             const Generator::State state = g.state();
             return py::make_tuple(std::vector<uint32_t>(state.words.begin(), state.words.end()),
                                   state.next, state.initial_seed, state.cached_normal);
           })
      .def("_set_state",
           [](Generator& g, const std::vector<uint32_t>& words, uint32_t next, uint64_t seed,
              std::optional<double> normal) {
             Generator::State state;
             check(words.size() == state.words.size() && next <= words.size(),
                   "set_state: not a state of this generator");
             std::copy(words.begin(), words.end(), state.words.begin());
             state.next = next;
             state.initial_seed = seed;
             state.cached_normal = normal;
             g.set_state(state);
           })
      .def("_next64", &Generator::next64);
  m.attr("default_generator") = py::cast(default_generator());

  // In place and in memory order, as PyTorch draws; a write that autograd records goes through
  // copy_.
  const auto refill = [generator](const py::object& self, const Source& source, auto fill) {
    PyTensor x = py::cast<PyTensor>(self);
#if TINYTORCH_HAS_AUTOGRAD
    check_writable("random fill", x);
    if (!records_write(x)) {
      fill(array_of(x), generator(source));
      bump_version(x);
      return self;
    }
#endif
    const Tensor fresh = empty(array_of(x).shape(), array_of(x).dtype());
    fill(fresh, generator(source));
    copy_(x, PyTensor(fresh));
    return self;
  };
  const auto none = py::none();
  tensor.def(
      "uniform_",
      [refill](const py::object& self, double low, double high, const Source& g) {
        return refill(self, g,
                      [&](const Tensor& x, Generator& from) { fill_uniform(x, low, high, from); });
      },
      py::arg("from") = 0.0, py::arg("to") = 1.0, py::kw_only(), py::arg("generator") = none);
  tensor.def(
      "normal_",
      [refill](const py::object& self, double mean, double std, const Source& g) {
        return refill(self, g,
                      [&](const Tensor& x, Generator& from) { fill_normal(x, mean, std, from); });
      },
      py::arg("mean") = 0.0, py::arg("std") = 1.0, py::kw_only(), py::arg("generator") = none);
  tensor.def(
      "bernoulli_",
      [refill](const py::object& self, double p, const Source& g) {
        return refill(self, g,
                      [&](const Tensor& x, Generator& from) { fill_bernoulli(x, p, from); });
      },
      py::arg("p") = 0.5, py::kw_only(), py::arg("generator") = none);
  tensor.def(
      "exponential_",
      [refill](const py::object& self, double lambd, const Source& g) {
        return refill(self, g,
                      [&](const Tensor& x, Generator& from) { fill_exponential(x, lambd, from); });
      },
      py::arg("lambd") = 1.0, py::kw_only(), py::arg("generator") = none);

  m.def("_rand", [generator](const Dims& shape, DType dtype, const Source& g) {
    Tensor x = empty(shape, dtype);
    fill_uniform(x, 0, 1, generator(g));
    return x;
  });
  m.def("_randn", [generator](const Dims& shape, DType dtype, const Source& g) {
    Tensor x = empty(shape, dtype);
    fill_normal(x, 0, 1, generator(g));
    return x;
  });
  m.def("_randint",
        [generator](int64_t low, int64_t high, const Dims& shape, DType dtype, const Source& g) {
          Tensor x = empty(shape, dtype);
          fill_integers(x, low, high, generator(g));
          return x;
        });
  m.def("_randperm", [generator](int64_t n, DType dtype, const Source& g) {
    check(n >= 0, "randperm: expected n >= 0, got ", n);
    Tensor x = empty({n}, DType::kInt64);
    fill_permutation(x, generator(g));
    return to(x, dtype);
  });
}

}  // namespace

void bind_creation(Surface& on) {
  bind_fresh(on.m);
  bind_random(on.m, on.tensor);
}

}  // namespace tinytorch

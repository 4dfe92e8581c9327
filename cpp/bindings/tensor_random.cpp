// Random arrays and their generators.
#include <cmath>
#include <numbers>

#include "bindings/tensor_surface.h"
#include "core/random.h"

namespace tinytorch {
namespace {

using Source = std::optional<Ref<Generator>>;

Generator& generator_of(const Source& source) {
  return source && *source ? **source : *default_generator();
}

// As PyTorch: any integer of 64 bits, negative ones by their two's complement.
uint64_t seed_from(py::handle seed) {
  if (!PyIndex_Check(seed.ptr()))
    fail("manual_seed: expected an integer, got ", Py_TYPE(seed.ptr())->tp_name);
  const auto number = py::reinterpret_steal<py::object>(PyNumber_Index(seed.ptr()));
  if (!number) throw py::error_already_set();
  int overflow = 0;
  const int64_t value = PyLong_AsLongLongAndOverflow(number.ptr(), &overflow);
  if (overflow == 0) return static_cast<uint64_t>(value);
  const uint64_t large = PyLong_AsUnsignedLongLong(number.ptr());
  const bool fits = !PyErr_Occurred();
  PyErr_Clear();
  check<ValueError>(fits, "manual_seed: expected a seed from -2**63 to 2**64 - 1");
  return large;
}

void bind_generator(py::module_& m) {
  py::class_<Generator, Ref<Generator>>(m, "Generator", "A stream of random numbers.")
      .def(py::init([](const py::object& device) {
             if (!device.is_none())
               py::module_::import("tinytorch._device").attr("check_cpu")(device);
             return make_ref<Generator>();
           }),
           py::arg("device") = py::none())
      .def(
          "manual_seed",
          [](const py::object& self, const py::object& seed) {
            self.cast<Generator&>().seed(seed_from(seed));
            return self;
          },
          py::arg("seed"), "Restarts the stream; returns the generator.")
      .def(
          "seed",
          [](Generator& g) {
            g.seed(Generator::entropy());
            return g.initial_seed();
          },
          "Restarts the stream where nobody can tell; returns the seed.")
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
}

// fill(memory, generator) in place and in memory order, as PyTorch draws; a write that autograd
// records goes through copy_.
template <class Fill>
py::object refill(const py::object& self, const Source& source, Fill fill) {
  PyTensor x = py::cast<PyTensor>(self);
#if TINYTORCH_HAS_AUTOGRAD
  check_writable("random fill", x);
  if (!records_write(x)) {
    fill(array_of(x), generator_of(source));
    bump_version(x);
    return self;
  }
#endif
  const Tensor fresh = empty_as(array_of(x), array_of(x).dtype());
  fill(fresh, generator_of(source));
  copy_(x, PyTensor(fresh));
  return self;
}

// A distribution of two parameters, as a method that refills its tensor.
using Fill = void (*)(const Tensor& x, double a, double b, Generator& generator);

void bind_distribution(TensorClass& tensor, const char* name, py::arg_v a, py::arg_v b, Fill fill) {
  tensor.def(
      name,
      [fill](const py::object& self, double a, double b, const Source& g) {
        return refill(self, g, [&](const Tensor& x, Generator& from) { fill(x, a, b, from); });
      },
      a, b, py::kw_only(), py::arg("generator") = py::none());
}

void fill_log_normal(const Tensor& x, double mean, double std, Generator& generator) {
  check(std > 0, "log_normal_: expected std > 0, got ", std);
  check<NotImplemented>(is_floating(x.dtype()), "log_normal_: expected a floating dtype, got ",
                        x.dtype());
  fill_drawn(x, generator,
             [=](Generator& from) { return std::exp(std::fma(from.normal(), std, mean)); });
}

void fill_cauchy(const Tensor& x, double median, double sigma, Generator& generator) {
  check(sigma > 0, "cauchy_: expected sigma > 0, got ", sigma);
  check(is_floating(x.dtype()), "cauchy_: expected a floating dtype, got ", x.dtype());
  fill_drawn(x, generator, [=](Generator& from) {
    constexpr double kLeast = 0x1p-52;
    const double u = std::clamp(from.uniform64(), kLeast, 1 - kLeast);
    return median + sigma * std::tan(std::numbers::pi * (u - 0.5));
  });
}

void fill_geometric(const Tensor& x, double p, Generator& generator) {
  check(0 < p && p < 1, "geometric_: expected p in (0, 1), got ", p);
  check<NotImplemented>(x.dtype() != DType::kBool, "geometric_: not defined for bool");
  fill_drawn(x, generator, [by = std::log1p(-p)](Generator& from) {
    return std::ceil(std::log(from.uniform64()) / by);
  });
}

// PyTorch's word about floats, which step over integers beyond these.
void warn_of_precision(DType dtype, const char* name, int64_t value) {
  const int bits = dtype == DType::kFloat64    ? 53
                   : dtype == DType::kFloat32  ? 24
                   : dtype == DType::kBFloat16 ? 8
                                               : 11;
  const int64_t most = int64_t{1} << bits;
  if (!is_floating(dtype) || (-most <= value && value <= most)) return;
  const std::string power = std::to_string(bits);
  const std::string text = std::string(name) + " is out of bounds [-(2^" + power + "), 2^" + power +
                           "]: not every integer there is a " + tinytorch::name(dtype) + ".";
  if (PyErr_WarnEx(PyExc_UserWarning, text.c_str(), 1) < 0) throw py::error_already_set();
}

void fill_between(const Tensor& x, int64_t low, int64_t high, Generator& generator) {
  warn_of_precision(x.dtype(), "from", low);
  if (high > low) warn_of_precision(x.dtype(), "to - 1", high - 1);
  fill_integers(x, low, high, generator);
}

void bind_fills(TensorClass& tensor) {
  const auto none = py::none();
  bind_distribution(tensor, "uniform_", py::arg("from") = 0.0, py::arg("to") = 1.0, fill_uniform);
  bind_distribution(tensor, "normal_", py::arg("mean") = 0.0, py::arg("std") = 1.0, fill_normal);
  bind_distribution(tensor, "log_normal_", py::arg("mean") = 1.0, py::arg("std") = 2.0,
                    fill_log_normal);
  bind_distribution(tensor, "cauchy_", py::arg("median") = 0.0, py::arg("sigma") = 1.0,
                    fill_cauchy);
  tensor.def(
      "exponential_",
      [](const py::object& self, double lambd, const Source& g) {
        return refill(self, g,
                      [&](const Tensor& x, Generator& from) { fill_exponential(x, lambd, from); });
      },
      py::arg("lambd") = 1.0, py::kw_only(), py::arg("generator") = none);
  tensor.def(
      "geometric_",
      [](const py::object& self, double p, const Source& g) {
        return refill(self, g,
                      [&](const Tensor& x, Generator& from) { fill_geometric(x, p, from); });
      },
      py::arg("p"), py::kw_only(), py::arg("generator") = none);
  tensor.def(
      "bernoulli_",
      [](const py::object& self, double p, const Source& g) {
        return refill(self, g,
                      [&](const Tensor& x, Generator& from) { fill_bernoulli(x, p, from); });
      },
      py::arg("p") = 0.5, py::kw_only(), py::arg("generator") = none);
  tensor.def(
      "bernoulli_",
      [](const py::object& self, const PyTensor& p, const Source& g) {
        return refill(self, g, [&](const Tensor& x, Generator& from) {
          const Tensor& chances = array_of(p);
          check<NotImplemented>(is_floating(chances.dtype()),
                                "bernoulli_: expected a floating p, got ", chances.dtype());
          fill_bernoulli(x, expand(widened(chances), x.shape()), from);
        });
      },
      py::arg("p"), py::kw_only(), py::arg("generator") = none);
  // random_(), random_(to), random_(from, to), random_(from, None): to the dtype's largest.
  tensor.def(
      "random_",
      [](const py::object& self, const Source& g) {
        return refill(self, g, [](const Tensor& x, Generator& from) { fill_integers(x, from); });
      },
      py::kw_only(), py::arg("generator") = none);
  tensor.def(
      "random_",
      [](const py::object& self, int64_t to, const Source& g) {
        return refill(self, g,
                      [&](const Tensor& x, Generator& from) { fill_between(x, 0, to, from); });
      },
      py::arg("to"), py::kw_only(), py::arg("generator") = none);
  tensor.def(
      "random_",
      [](const py::object& self, int64_t low, std::optional<int64_t> to, const Source& g) {
        return refill(self, g, [&](const Tensor& x, Generator& from) {
          if (to) fill_between(x, low, *to, from);
          else fill_integers_from(x, low, from);
        });
      },
      py::arg("from"), py::arg("to"), py::kw_only(), py::arg("generator") = none);
}

// The fresh arrays behind tinytorch/_random.py, which settles arguments and defaults.
void bind_fresh(py::module_& m) {
  m.def("_rand", [](const Dims& shape, DType dtype, const Source& g) {
    Tensor x = empty(shape, dtype);
    fill_uniform(x, 0, 1, generator_of(g));
    return x;
  });
  m.def("_randn", [](const Dims& shape, DType dtype, const Source& g) {
    Tensor x = empty(shape, dtype);
    fill_normal(x, 0, 1, generator_of(g));
    return x;
  });
  m.def("_randint", [](int64_t low, int64_t high, const Dims& shape, DType dtype, const Source& g) {
    Tensor x = empty(shape, dtype);
    fill_between(x, low, high, generator_of(g));
    return x;
  });
  m.def("_randperm", [](int64_t n, DType dtype, const Source& g) {
    check(n >= 0, "randperm: expected n >= 0, got ", n);
    check<NotImplemented>(dtype != DType::kBool, "randperm: not defined for bool");
    Tensor x = empty({n}, is_half(dtype) ? DType::kInt64 : dtype);
    fill_permutation(x, generator_of(g));
    return to(x, dtype);
  });
  m.def("_empty_as", [](const Tensor& x, DType dtype) { return empty_as(x, dtype); });
}

}  // namespace

void bind_random(Surface& on) {
  bind_generator(on.m);
  bind_fills(on.tensor);
  bind_fresh(on.m);
}

}  // namespace tinytorch

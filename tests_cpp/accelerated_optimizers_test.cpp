// The twins of the optimizers against their references, over steps and lengths.
#include "modules/optimizers/optimizers.h"
#include "twins.h"

namespace {

using namespace tinytorch;
using namespace tinytorch::optimizers;
using twins::Floats;

// The same weights and memories under the twin in float and the reference in double.
struct Pair {
  explicit Pair(int64_t n) {
    for (unsigned k = 0; k < 3; ++k) {
      floats.push_back(k == 0 ? twins::uniform(n, -1, 1, k) : Floats(static_cast<size_t>(n)));
      wide.push_back(twins::doubles(floats.back()));
    }
  }
  std::vector<Floats> floats;
  std::vector<std::vector<double>> wide;
};

// step(kernels' choice, w, grad, memory, memory) for float and double, ten times.
template <class F>
void check_steps(F step) {
  for (const int64_t n : twins::kLengths) {
    CAPTURE(n);
    Pair pair(n);
    for (int64_t t = 1; t <= 10; ++t) {
      const Floats grad = twins::uniform(n, -1, 1, static_cast<unsigned>(10 + t));
      const auto wide = twins::doubles(grad);
      step(t, true, twins::view(pair.floats[0]), twins::view(grad), twins::view(pair.floats[1]),
           twins::view(pair.floats[2]));
      step(t, false, twins::view(pair.wide[0]), twins::view(wide), twins::view(pair.wide[1]),
           twins::view(pair.wide[2]));
    }
    for (size_t k = 0; k < 3; ++k) twins::check_close(pair.floats[k], pair.wide[k], 3e-6, 3e-6);
  }
}

template <class T, template <class> class Signature>
Signature<T>* choose(const Kernel<Signature>& kernel, bool twin) {
  return twin ? kernel.template get<T>() : kernel.template reference<T>();
}

}  // namespace

TEST_CASE("sgd: plain, decayed, with momentum and nesterov") {
  CHECK(sgd_kernel.get<float>() != sgd_kernel.reference<float>());
  for (const double decay : {0.0, 0.1}) {
    check_steps([&]<class T>(int64_t, bool twin, View<T, 1> w, View<const T, 1> grad, View<T, 1>,
                             View<T, 1>) {
      choose<T>(sgd_kernel, twin)(w, grad, {.lr = 0.1, .weight_decay = decay});
    });
    for (const bool nesterov : {false, true}) {
      check_steps([&]<class T>(int64_t, bool twin, View<T, 1> w, View<const T, 1> grad,
                               View<T, 1> buffer, View<T, 1>) {
        choose<T>(sgd_momentum_kernel, twin)(w, grad, buffer,
                                             {.lr = 0.1,
                                              .momentum = 0.9,
                                              .dampening = 0.2,
                                              .weight_decay = decay,
                                              .nesterov = nesterov});
      });
    }
  }
}

TEST_CASE("adam and adamw: ten steps from zero memory") {
  for (const auto* kernel : {&adam_kernel, &adamw_kernel}) {
    CHECK(kernel->get<float>() != kernel->reference<float>());
    for (const double decay : {0.0, 0.1}) {
      check_steps([&]<class T>(int64_t step, bool twin, View<T, 1> w, View<const T, 1> grad,
                               View<T, 1> m, View<T, 1> v) {
        choose<T>(*kernel, twin)(w, grad, m, v, step, {.lr = 0.01, .weight_decay = decay});
      });
    }
  }
}

TEST_CASE("rmsprop: with and without momentum") {
  CHECK(rmsprop_kernel.get<float>() != rmsprop_kernel.reference<float>());
  for (const double momentum : {0.0, 0.9}) {
    check_steps([&]<class T>(int64_t, bool twin, View<T, 1> w, View<const T, 1> grad, View<T, 1> v,
                             View<T, 1> buffer) {
      if (momentum == 0) buffer.sizes[0] = 0;
      choose<T>(rmsprop_kernel, twin)(w, grad, v, buffer,
                                      {.lr = 0.01, .weight_decay = 0.1, .momentum = momentum});
    });
  }
}

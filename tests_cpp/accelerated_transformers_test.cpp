// The twins of embeddings and norms in float against their references in double, at every length.
#include "accelerated/register.h"
#include "core/kernels.h"
#include "modules/transformers/transformers.h"
#include "tensors.h"

namespace {

using namespace tinytorch;
using tensors::difference, tensors::uniform;

Tensor narrow(const Tensor& x) { return x.defined() ? to(x, DType::kFloat32) : x; }

[[maybe_unused]] const bool registered = (fast::register_twins(), true);

}  // namespace

TEST_CASE("norms: rows of every length, with and without factors") {
  REQUIRE(accelerated());
  for (const int64_t width : {1, 2, 15, 16, 17, 31, 33, 64, 100}) {
    const Tensor x = uniform({40, width}, 1), grad = uniform({40, width}, 2);
    for (const bool scaled : {true, false}) {
      const Tensor w = scaled ? uniform({width}, 3) : Tensor();
      const Tensor b = scaled ? uniform({width}, 4) : Tensor();
      CAPTURE(width, scaled);
      const Normed wide = layer_norm(x, {width}, w, b, 0.1);
      const Normed fast = layer_norm(narrow(x), {width}, narrow(w), narrow(b), 0.1);
      CHECK(difference(fast.y, wide.y) < 1e-5);
      const auto by = layer_norm_backward(grad, x, {width}, w, wide);
      const auto fast_by = layer_norm_backward(narrow(grad), narrow(x), {width}, narrow(w), fast);
      CHECK(difference(fast_by.x, by.x) < 1e-5);
      CHECK(difference(fast_by.weight, by.weight) < 1e-5);
      CHECK(difference(fast_by.bias, by.bias) < 1e-5);
      const Normed rms = rms_norm(x, {width}, w, 0.1);
      const Normed fast_rms = rms_norm(narrow(x), {width}, narrow(w), 0.1);
      CHECK(difference(fast_rms.y, rms.y) < 1e-5);
      const auto rms_by = rms_norm_backward(grad, x, {width}, w, rms);
      const auto fast_rms_by =
          rms_norm_backward(narrow(grad), narrow(x), {width}, narrow(w), fast_rms);
      CHECK(difference(fast_rms_by.x, rms_by.x) < 1e-5);
      CHECK(difference(fast_rms_by.weight, rms_by.weight) < 1e-5);
    }
    const Tensor up = uniform({40, width}, 5);
    CHECK(difference(swiglu(narrow(x), narrow(up)), swiglu(x, up)) < 1e-6);
    const auto gates = swiglu_backward(grad, x, up);
    const auto fast_gates = swiglu_backward(narrow(grad), narrow(x), narrow(up));
    CHECK(difference(fast_gates.gate, gates.gate) < 1e-6);
    CHECK(difference(fast_gates.up, gates.up) < 1e-6);
  }
}

TEST_CASE("embeddings: rows of every width, repeated ids, bags") {
  Tensor ids = empty({50}, DType::kInt64);
  for (int64_t n = 0; n < 50; ++n) ids.data<int64_t>()[n] = n * n % 7;
  for (const int64_t width : {1, 15, 16, 33, 70}) {
    const Tensor weight = uniform({9, width}, 1), grad = uniform({50, width}, 2);
    CHECK(difference(embedding(narrow(weight), ids), narrow(embedding(weight, ids))) == 0);
    for (const int64_t padding : {-1, 2}) {
      CHECK(difference(embedding_backward(narrow(grad), ids, 9, padding),
                       embedding_backward(grad, ids, 9, padding)) < 1e-5);
    }
    const Tensor offsets = tensors::classes({0, 0, 20, 49});
    CHECK(difference(embedding_bag(narrow(weight), ids, offsets, BagMode::kMean).y,
                     embedding_bag(weight, ids, offsets, BagMode::kMean).y) < 1e-5);
  }
}

// One loop for functions of numbers: y[i] = f(a[i], b[i], ...), over operands of one shape and
// dtype.
//
// Here an operation is its mathematics alone: a functor with a template on float and double.
// Memory, dtype and threads are settled once.
#pragma once
#include "core/parallel.h"
#include "modules/tensor/alike.h"

namespace tinytorch {

/// f over all elements, into fresh memory in the order of the first operand's.  Other dtypes than
/// float32 and float64 are refused in `operation`'s name; the operands must agree in shape and
/// dtype.
template <class F, class... Tensors>
Tensor pointwise(const char* operation, F f, const Tensor& first, const Tensors&... others) {
  check(((others.shape() == first.shape() && others.dtype() == first.dtype()) && ...), operation,
        ": expected operands of one shape and dtype");
  constexpr int64_t kGrain = 16384;  // elements per thread from which sharing pays
  const Tensor y = empty_as(first, first.dtype());
  const auto run = [&](const auto&... operands) {
    dispatch_floating(operation, first.dtype(), [&]<class T>() {
      const auto loop = [&](T* out, const auto*... in) {
        parallel_for(0, first.numel(), kGrain, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) out[i] = f(in[i]...);
        });
      };
      loop(in_memory_order<T>(y).data, in_memory_order<const T>(operands).data...);
    });
  };
  run(laid_as(y, first), laid_as(y, others)...);
  return y;
}

}  // namespace tinytorch

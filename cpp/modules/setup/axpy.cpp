// axpy: the loop, and fresh memory for its result.
#include <cstring>

#include "modules/setup/setup.h"

namespace tinytorch {
namespace setup {

template <class T>
void axpy(T a, View<const T, 1> x, View<T, 1> y) {
  // TASK setup.axpy (1 point): y(i) is both read and written; there are x.size(0) of them.
  for (int64_t i = 0; i < x.size(0); ++i) y(i) = a * x(i) + y(i);
  // END TASK
}

Kernel<Axpy> axpy_kernel("setup.axpy", axpy<float>, axpy<double>);

}  // namespace setup

Tensor axpy(double a, const Tensor& x, const Tensor& y) {
  check(x.dim() == 1 && x.shape() == y.shape(), "axpy: expected two vectors of one size, got ",
        x.shape(), " and ", y.shape());
  check(x.dtype() == y.dtype(), "axpy: expected equal dtypes, got ", x.dtype(), " and ", y.dtype());
  const int64_t bytes = y.numel() * item_size(y.dtype());
  Tensor result(Storage::allocate(bytes), y.dtype(), y.shape(), y.strides());
  dispatch_floating("axpy", y.dtype(), [&]<class T>() {
    const View<const T, 1> from = x.flat<const T>(), start = y.flat<const T>();
    const View<T, 1> to = result.flat<T>();
    if (bytes > 0) std::memcpy(to.data, start.data, static_cast<size_t>(bytes));
    setup::axpy_kernel.get<T>()(static_cast<T>(a), from, to);
  });
  return result;
}

}  // namespace tinytorch

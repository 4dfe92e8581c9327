// Setup: one function, to try the whole loop on: edit, test, read the verdict.
//
// It also shows what a task looks like everywhere in this course. Memory arrives as a View, a
// pointer that knows its sizes: x(i) reads an element, x.size(0) says how many there are. C++ turns
// the loop over it into a handful of vector instructions, which is why frameworks are written in
// it. What C++ would not do by itself is to notice that x(n) lies outside: when tests run, the View
// does.
#pragma once
#include "core/kernels.h"
#include "core/tensor.h"

namespace tinytorch {

namespace setup {

/// y = a x + y, element by element, in place.  x, y: (N,).  The first routine of BLAS, 1979.
/// N multiplications and N additions for 3 N floats moved: memory is the limit, not arithmetic.
template <class T>
void axpy(T a, View<const T, 1> x, View<T, 1> y);

template <class T>
using Axpy = void(T a, View<const T, 1> x, View<T, 1> y);
extern Kernel<Axpy> axpy_kernel;

}  // namespace setup

/// a x + y in fresh memory.  x, y: (N,) contiguous, of one dtype, float32 or float64.
Tensor axpy(double a, const Tensor& x, const Tensor& y);

}  // namespace tinytorch

// float16 and bfloat16 in calls: widened on the way in, rounded on the way out.
//
// Kernels compute with eight dtypes and not with these two. A call from Python that brings a half
// therefore runs on float32 copies, made by a conversion that autograd records; what it returns is
// rounded to the dtype that promotion gives, and what it wrote is written back. Calls that only
// move elements, or ask about them, get the halves themselves.
#pragma once
#include "bindings/pytensor.h"

namespace tinytorch {

/// Whether a half has reached Python; until then calls need not look for one.
extern bool halves_seen;
/// dtype, and remembers a half.
inline DType seen(DType dtype) {
  halves_seen |= is_half(dtype);
  return dtype;
}

/// How CPython calls a prepared function: arguments by position, then those by keyword.
using FastCall = PyObject* (*)(PyObject*, PyObject* const*, size_t, PyObject*);

/// Whether one of the arguments is a half, or a list or tuple of them.
bool brings_half(PyObject* const* args, size_t count);
/// call(self, args, count, keywords) of the function `name`, by way of float32 where needed.
PyObject* call_with_halves(FastCall call, const char* name, PyObject* self, PyObject* const* args,
                           size_t count, PyObject* keywords);

}  // namespace tinytorch

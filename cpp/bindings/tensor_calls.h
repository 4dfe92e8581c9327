// Calls as PyTorch's programs write them, where pybind11 alone would refuse.
//
//   torch.add(a, b, out=c)            the result is written into c
//   x.sum(axis=1, keepdims=True)      numpy's names: axis, keepdims, x, a, x1, x2
//   x.view(size=(2, 3))               sizes by keyword, where the binding takes them one by one
//
// and errors that say in one line what was expected and what was given.
#pragma once
#include "bindings/pytensor.h"

namespace tinytorch {

/// What a call of a prepared function begins with, unless it has a shortcut.
PyObject* call_as_torch(PyObject* self, PyObject* const* args, size_t flags, PyObject* keywords);

/// Prepares every function of the extension and every method of Tensor bound so far. A call without
/// keywords costs what it did.
void accept_torch_calls(py::module_& m);

/// Writes a result, or several, into `out`, which takes the result's shape; returns `out`.
/// Raises RuntimeError where the dtype cannot hold it, or where a gradient would be lost.
py::object write_out(const std::string& operation, const py::object& result, const py::object& out);

}  // namespace tinytorch

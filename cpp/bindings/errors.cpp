// Which Python exception stands for which of C++'s.
#include "bindings/errors.h"

#include <pybind11/pybind11.h>

#include "core/check.h"
#include "core/task.h"

namespace tinytorch {

void set_python_error() {
  try {
    throw;
  } catch (pybind11::error_already_set& e) {
    e.restore();
  } catch (const pybind11::cast_error& e) {
    PyErr_SetString(PyExc_TypeError, e.what());
  } catch (const pybind11::builtin_exception& e) {
    e.set_error();
  } catch (const NotStarted& e) {
    PyErr_SetString(PyExc_NotImplementedError, e.what());
  } catch (const NotImplemented& e) {
    PyErr_SetString(PyExc_NotImplementedError, e.what());
  } catch (const IndexError& e) {
    PyErr_SetString(PyExc_IndexError, e.what());
  } catch (const TypeError& e) {
    PyErr_SetString(PyExc_TypeError, e.what());
  } catch (const ValueError& e) {
    PyErr_SetString(PyExc_ValueError, e.what());
  } catch (const std::bad_alloc& e) {
    PyErr_SetString(PyExc_MemoryError, e.what());
  } catch (const std::exception& e) {  // PyTorch raises RuntimeError for want of memory, too
    PyErr_SetString(PyExc_RuntimeError, e.what());
  } catch (...) {
    PyErr_SetString(PyExc_RuntimeError, "an unknown C++ exception");
  }
}

}  // namespace tinytorch

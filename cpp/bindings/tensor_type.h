// Python's Tensor: a CPython type of its own, so that an operator costs one call.
//
// Methods and functions are bound with pybind11, through the type casters of pytensor.h. Operators,
// indexing and conversions to numbers are what small programs spend their time on: they are slots
// of the type (tensor_operators.cpp), called by the interpreter without a lookup.
#pragma once
#include "bindings/errors.h"
#include "bindings/pytensor.h"

namespace tinytorch {

/// What Python sees of a tensor: the array with its gradient, and the attributes that Python adds.
/// A variable is shown by one object at a time, so that `x is x` holds however it is reached.
struct TensorObject {
  PyObject_HEAD Ref<Box> box;  // null until __init__ has run
  PyObject* attributes;
  PyObject* weak_references;
};

/// The class, made on first use with the given module as its own.
PyTypeObject* tensor_type();

/// What `Tensor(*args, **kwargs)` shows.
using TensorMaker = Ref<Box> (*)(const py::args&, const py::kwargs&);
void set_tensor_maker(TensorMaker maker);

/// The slots of operators, ended by {0, nullptr}.
const std::vector<PyType_Slot>& operator_slots();

/// f(), with C++'s exceptions as Python's: nullptr, or what `failed` says.
template <class F, class R = PyObject*>
R guarded(F f, R failed = nullptr) {
  try {
    return f();
  } catch (...) {
    set_python_error();
  }
  return failed;
}

/// The class as the bindings fill it, with the few words of py::class_ that they use.
class TensorClass : public py::object {
 public:
  explicit TensorClass(const py::object& type) : py::object(type) {}

  template <class F, class... Extra>
  TensorClass& def(const char* name, F&& f, const Extra&... extra) {
    const py::cpp_function method(std::forward<F>(f), py::name(name), py::is_method(*this),
                                  py::sibling(py::getattr(*this, name, py::none())), extra...);
    attr(name) = method;
    return *this;
  }
  template <class Getter>
  TensorClass& def_property_readonly(const char* name, Getter&& getter) {
    return property(name, py::cpp_function(std::forward<Getter>(getter), py::is_method(*this)),
                    py::none());
  }
  template <class Getter, class Setter>
  TensorClass& def_property(const char* name, Getter&& getter, Setter&& setter) {
    return property(name, py::cpp_function(std::forward<Getter>(getter), py::is_method(*this)),
                    py::cpp_function(std::forward<Setter>(setter), py::is_method(*this)));
  }

 private:
  TensorClass& property(const char* name, const py::object& get, const py::object& set) {
    attr(name) = py::handle(reinterpret_cast<PyObject*>(&PyProperty_Type))(get, set);
    return *this;
  }
};

}  // namespace tinytorch

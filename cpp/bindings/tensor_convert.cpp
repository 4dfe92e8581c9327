// Numbers, sizes, dtypes and operands on their way between Python and C++.
#include <array>

#include "bindings/pytensor.h"
#include "bindings/tensor_halves.h"

namespace tinytorch {
namespace {

// Python's objects for dtypes, made once by tinytorch/_dtype.py, in the order of DType.
const std::array<py::handle, kDTypes>& dtype_objects() {
  static const auto objects = [] {
    std::array<py::handle, kDTypes> found;
    const py::object module = py::module_::import("tinytorch._dtype");
    for (int i = 0; i < kDTypes; ++i)
      found[i] = py::object(module.attr(name(static_cast<DType>(i)))).release();
    return found;
  }();
  return objects;
}

bool is_numpy_scalar(py::handle object) {
  static const py::handle generic =
      py::object(py::module_::import("numpy").attr("generic")).release();
  return PyObject_IsInstance(object.ptr(), generic.ptr()) == 1;
}

}  // namespace

std::optional<Scalar> scalar_from(py::handle object) {
  PyObject* o = object.ptr();
  if (PyFloat_Check(o)) return Scalar(PyFloat_AS_DOUBLE(o));
  if (PyBool_Check(o)) return Scalar(o == Py_True);
  if (PyLong_Check(o)) {
    const long long value = PyLong_AsLongLong(o);
    if (value == -1 && PyErr_Occurred()) throw py::error_already_set();
    return Scalar(static_cast<int64_t>(value));
  }
  if (is_numpy_scalar(object)) return scalar_from(object.attr("item")());
  return std::nullopt;
}

std::optional<PyTensor> operand_from(py::handle object, const PyTensor& self) {
  if (Box* box = box_from(object)) return unbox(Ref<Box>(box));
  if (const auto number = scalar_from(object))
    return PyTensor(wrap_scalar(*number, array_of(self)));
  return std::nullopt;
}

namespace {

int64_t size_from(const char* operation, py::handle object) {
  PyObject* index = PyNumber_Index(object.ptr());
  if (!index) {
    PyErr_Clear();
    fail<TypeError>(operation, ": expected integers, got ", std::string(py::repr(object)));
  }
  const long long value = PyLong_AsLongLong(index);
  Py_DECREF(index);
  if (value == -1 && PyErr_Occurred()) {
    PyErr_Clear();
    fail(operation, ": ", std::string(py::repr(object)), " is outside int64");
  }
  return value;
}

}  // namespace

Dims dims_from(const char* operation, py::handle sequence) {
  if (PyIndex_Check(sequence.ptr())) return {size_from(operation, sequence)};
  check<TypeError>(PyTuple_Check(sequence.ptr()) || PyList_Check(sequence.ptr()), operation,
                   ": expected a tuple of integers, got ", std::string(py::repr(sequence)));
  Dims dims;
  for (const py::handle item : py::reinterpret_borrow<py::sequence>(sequence)) {
    dims.push_back(size_from(operation, item));
  }
  return dims;
}

Dims dims_from(const char* operation, const py::args& args) {
  if (args.size() == 1) return dims_from(operation, py::handle(args[0]));
  return dims_from(operation, static_cast<const py::handle&>(args));
}

py::object dtype_object(DType dtype) {
  return py::reinterpret_borrow<py::object>(dtype_objects()[static_cast<size_t>(dtype)]);
}

std::optional<DType> dtype_from(py::handle object) {
  const auto& objects = dtype_objects();
  for (int i = 0; i < kDTypes; ++i) {
    if (object.is(objects[i])) return seen(static_cast<DType>(i));
  }
  if (object.ptr() == reinterpret_cast<PyObject*>(&PyFloat_Type)) return DType::kFloat64;
  if (object.ptr() == reinterpret_cast<PyObject*>(&PyLong_Type)) return DType::kInt64;
  if (object.ptr() == reinterpret_cast<PyObject*>(&PyBool_Type)) return DType::kBool;
  return std::nullopt;
}

py::object size_object(const Dims& dims) {
  static const py::handle size =
      py::object(py::module_::import("tinytorch._size").attr("Size")).release();
  py::tuple sizes(dims.size());
  for (int64_t i = 0; i < dims.size(); ++i) sizes[i] = dims[i];
  // As tuple makes it: these are integers, which Size itself would look at one by one.
  PyObject* made = PyTuple_Type.tp_new(reinterpret_cast<PyTypeObject*>(size.ptr()),
                                       py::make_tuple(sizes).ptr(), nullptr);
  if (!made) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(made);
}

}  // namespace tinytorch

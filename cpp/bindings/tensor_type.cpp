// The type object of Tensor: how its objects are made, found, searched for cycles and let go.
#include "bindings/tensor_type.h"

#include <structmember.h>

#include <new>

namespace tinytorch {
namespace {

TensorMaker make = nullptr;

TensorObject* as_tensor(PyObject* self) { return reinterpret_cast<TensorObject*>(self); }

PyObject* new_tensor(PyTypeObject* type, PyObject*, PyObject*) {
  PyObject* self = type->tp_alloc(type, 0);
  if (self) new (&as_tensor(self)->box) Ref<Box>();
  return self;
}

void stop_showing(TensorObject* self) {
  if (self->box && self->box->shown_by == self) self->box->shown_by = nullptr;
}

int init_tensor(PyObject* self, PyObject* args, PyObject* kwargs) {
  return guarded(
      [&] {
        Ref<Box> box = make(py::reinterpret_borrow<py::args>(args),
                            kwargs ? py::reinterpret_borrow<py::kwargs>(kwargs) : py::kwargs());
        stop_showing(as_tensor(self));
        box->shown_by = self;
        as_tensor(self)->box = std::move(box);
        return 0;
      },
      -1);
}

void free_tensor(PyObject* self) {
  PyObject_GC_UnTrack(self);
  // From here on nobody finds this object through its variable.
  stop_showing(as_tensor(self));
  if (as_tensor(self)->weak_references) PyObject_ClearWeakRefs(self);
  Py_CLEAR(as_tensor(self)->attributes);
  as_tensor(self)->box.~Ref<Box>();
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

int visit_tensor(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(as_tensor(self)->attributes);
  Py_VISIT(Py_TYPE(self));
  return 0;
}

int clear_tensor(PyObject* self) {
  Py_CLEAR(as_tensor(self)->attributes);
  return 0;
}

PyTypeObject* make_type() {
  static PyMemberDef members[] = {
      {"__dictoffset__", T_PYSSIZET, offsetof(TensorObject, attributes), READONLY, nullptr},
      {"__weaklistoffset__", T_PYSSIZET, offsetof(TensorObject, weak_references), READONLY,
       nullptr},
      {nullptr, 0, 0, 0, nullptr}};
  static PyGetSetDef properties[] = {
      {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, nullptr, nullptr},
      {nullptr, nullptr, nullptr, nullptr, nullptr}};
  static char doc[] = "An n-d array, with its gradient where autograd is built.";
  std::vector<PyType_Slot> slots = {
      {Py_tp_doc, doc},
      {Py_tp_new, reinterpret_cast<void*>(&new_tensor)},
      {Py_tp_init, reinterpret_cast<void*>(&init_tensor)},
      {Py_tp_dealloc, reinterpret_cast<void*>(&free_tensor)},
      {Py_tp_traverse, reinterpret_cast<void*>(&visit_tensor)},
      {Py_tp_clear, reinterpret_cast<void*>(&clear_tensor)},
      {Py_tp_members, members},
      {Py_tp_getset, properties},
  };
  slots.insert(slots.end(), operator_slots().begin(), operator_slots().end());
  PyType_Spec spec = {"tinytorch._C.Tensor", sizeof(TensorObject), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots.data()};
  PyObject* type = PyType_FromSpec(&spec);
  if (!type) throw py::error_already_set();
  return reinterpret_cast<PyTypeObject*>(type);
}

}  // namespace

PyTypeObject* tensor_type() {
  static PyTypeObject* type = make_type();
  return type;
}

void set_tensor_maker(TensorMaker maker) { make = maker; }

Box* box_from(py::handle object) {
  if (!object || !PyObject_TypeCheck(object.ptr(), tensor_type())) return nullptr;
  return as_tensor(object.ptr())->box.get();
}

py::object object_of(Ref<Box> box) {
  if (!box) return py::none();
  if (box->shown_by)
    return py::reinterpret_borrow<py::object>(static_cast<PyObject*>(box->shown_by));
  PyObject* self = tensor_type()->tp_alloc(tensor_type(), 0);
  if (!self) throw py::error_already_set();
  box->shown_by = self;
  new (&as_tensor(self)->box) Ref<Box>(std::move(box));
  return py::reinterpret_steal<py::object>(self);
}

}  // namespace tinytorch

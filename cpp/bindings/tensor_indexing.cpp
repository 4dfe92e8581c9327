// Indexing: x[i, a:b, None, ..., mask, ids], read and assigned, by numpy's rules.
#include "bindings/pytensor.h"

namespace tinytorch {
namespace {

// What an index comes to: a view of x, and the positions to pick along each of the view's dims.
struct Selection {
  PyTensor view;
  Picks picks;  // empty when the view is all there is to it
};

bool is_slice(py::handle h) { return PySlice_Check(h.ptr()); }

// An int, or a 0-d integer tensor: selects one position and drops the dim.
bool is_single_index(py::handle entry) {
  if (Box* box = box_from(entry)) {
    const Tensor& x = array_of(unbox(Ref<Box>(box)));
    return x.dim() == 0 && is_integral(x.dtype()) && x.dtype() != DType::kUInt8;
  }
  return PyIndex_Check(entry.ptr()) && !py::isinstance<py::array>(entry);
}

// How many dims of x an entry of the index consumes.
int64_t consumed(py::handle entry) {
  if (entry.is_none() || entry.ptr() == Py_Ellipsis || PyBool_Check(entry.ptr())) return 0;
  if (Box* box = box_from(entry)) {
    const Tensor& pick = array_of(unbox(Ref<Box>(box)));
    return pick.dtype() == DType::kBool || pick.dtype() == DType::kUInt8 ? pick.dim() : 1;
  }
  if (py::isinstance<py::array>(entry)) {
    const auto array = py::reinterpret_borrow<py::array>(entry);
    return array.dtype().kind() == 'b' ? array.ndim() : 1;
  }
  return 1;
}

PyTensor take_slice(const PyTensor& x, int64_t dim, py::handle entry) {
  Py_ssize_t start = 0, stop = 0, step = 1;
  if (PySlice_Unpack(entry.ptr(), &start, &stop, &step) < 0) throw py::error_already_set();
  check<ValueError>(step > 0, "index: expected a step > 0, got ", int64_t{step});
  return slice(x, dim, start, stop, step);
}

// A list, a numpy array or a tensor of positions; a mask of bools.
Tensor positions_from(py::handle entry) {
  if (Box* box = box_from(entry)) return array_of(unbox(Ref<Box>(box)));
  check<TypeError>(!PyUnicode_Check(entry.ptr()),
                   "index: expected integers, slices, None, ... or masks, got ",
                   std::string(py::repr(entry)));
  const py::object array = py::module_::import("numpy").attr("asarray")(entry);
  const char kind = py::cast<py::array>(array).dtype().kind();
  if (py::len(array.attr("shape")) == 1 && py::cast<py::array>(array).size() == 0)
    return empty({0}, DType::kInt64);
  check<IndexError>(kind == 'b' || kind == 'i' || kind == 'u',
                    "index: expected integers, slices, None, ... or masks, got ",
                    std::string(py::repr(entry)));
  return clone(
      tensor_from_numpy(py::cast<py::array>(kind == 'u' ? array.attr("astype")("int64") : array)));
}

Selection resolve(const PyTensor& x, py::handle index) {
  py::tuple entries = PyTuple_Check(index.ptr())
                          ? py::reinterpret_borrow<py::tuple>(index)
                          : py::make_tuple(py::reinterpret_borrow<py::object>(index));
  int64_t uses = 0;
  for (const py::handle entry : entries) {
    uses += consumed(entry);
  }
  const int64_t rank = array_of(x).dim();
  check<IndexError>(uses <= rank, "index: too many indices for shape ", array_of(x).shape(),
                    ": got ", uses);

  Selection selection{x, {}};
  int64_t dim = 0;
  const auto pick = [&](Tensor positions, int64_t dims) {
    selection.picks.resize(static_cast<size_t>(dim));
    selection.picks.emplace_back(std::move(positions));
    dim += dims;
    selection.picks.resize(static_cast<size_t>(dim));
  };
  for (const py::handle entry : entries) {
    PyTensor& view = selection.view;
    if (entry.is_none()) {
      view = unsqueeze(view, dim++);
    } else if (entry.ptr() == Py_Ellipsis) {
      dim += rank - uses;
    } else if (is_slice(entry)) {
      view = take_slice(view, dim++, entry);
    } else if (PyBool_Check(entry.ptr())) {
      view = unsqueeze(view, dim);
      pick(entry.ptr() == Py_True ? zeros({1}, DType::kInt64) : empty({0}, DType::kInt64), 1);
    } else if (is_single_index(entry)) {
      const Py_ssize_t at = PyNumber_AsSsize_t(entry.ptr(), PyExc_IndexError);
      if (at == -1 && PyErr_Occurred()) throw py::error_already_set();
      view = select(view, dim, at);
    } else {
      const Tensor positions = positions_from(entry);
      pick(positions, positions.dtype() == DType::kBool || positions.dtype() == DType::kUInt8
                          ? positions.dim()
                          : 1);
    }
  }
  return selection;
}

}  // namespace

PyTensor get_item(const PyTensor& x, py::handle index) {
  if (PyLong_CheckExact(index.ptr())) {
    const Py_ssize_t at = PyNumber_AsSsize_t(index.ptr(), PyExc_IndexError);
    if (at == -1 && PyErr_Occurred()) throw py::error_already_set();
    return select(x, 0, at);
  }
  const Selection selection = resolve(x, index);
  if (selection.picks.empty()) {
    // x[...] and x[()] are new views, as in PyTorch.
    return selection.view;
  }
  return tinytorch::index(selection.view, selection.picks);
}

void set_item(const PyTensor& x, py::handle index, py::handle value) {
  Selection selection = resolve(x, index);
  std::optional<PyTensor> source = operand_from(value, x);
  if (!source && py::isinstance<py::array>(value))
    source = PyTensor(tensor_from_numpy(py::reinterpret_borrow<py::array>(value)));
  if (!source && (PyList_Check(value.ptr()) || PyTuple_Check(value.ptr())))
    source = PyTensor(positions_from(value));
  check<TypeError>(source.has_value(), "setitem: expected a number or a tensor, got ",
                   std::string(py::repr(py::type::of(value))));
  // As in PyTorch, leading 1s of the value are dropped until it fits.
  if (selection.picks.empty()) {
    while (array_of(*source).dim() > array_of(selection.view).dim() &&
           array_of(*source).shape()[0] == 1) {
      source = select(*source, 0, 0);
    }
    copy_(selection.view, *source);
  } else {
    index_put_(selection.view, selection.picks, *source, false);
  }
}

}  // namespace tinytorch

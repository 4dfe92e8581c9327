// Indexing: x[i, a:b, None, ..., mask, ids], read and assigned, by numpy's rules.
#include <algorithm>

#include "bindings/pytensor.h"

namespace tinytorch {
namespace {

// What an index comes to: a view of x, and the positions to pick along each of the view's dims.
struct Selection {
  PyTensor view;
  Picks picks;  // empty when the view is all there is to it
};

bool is_slice(py::handle h) { return PySlice_Check(h.ptr()); }

// Python's True and False, numpy's, and a 0-d mask.
std::optional<bool> truth_from(py::handle entry) {
  if (PyBool_Check(entry.ptr())) return entry.ptr() == Py_True;
  if (Box* box = box_from(entry)) {
    const Tensor& x = box->data;
    if (x.dim() > 0 || (x.dtype() != DType::kBool && x.dtype() != DType::kUInt8))
      return std::nullopt;
    return item(x).to<double>() != 0;
  }
  if (PyLong_Check(entry.ptr()) || !PyObject_HasAttrString(entry.ptr(), "dtype"))
    return std::nullopt;
  const auto number = scalar_from(entry);
  return number && number->kind() == DType::kBool ? std::optional(number->to<bool>())
                                                  : std::nullopt;
}

// An int, or a 0-d integer tensor: selects one position and drops the dim.
bool is_single_index(py::handle entry) {
  if (Box* box = box_from(entry)) {
    const Tensor& x = box->data;
    return x.dim() == 0 && is_integral(x.dtype()) && x.dtype() != DType::kUInt8;
  }
  return PyIndex_Check(entry.ptr()) && !py::isinstance<py::array>(entry);
}

PyTensor take_slice(const PyTensor& x, int64_t dim, py::handle entry) {
  Py_ssize_t start = 0, stop = 0, step = 1;
  if (PySlice_Unpack(entry.ptr(), &start, &stop, &step) < 0) throw py::error_already_set();
  check<ValueError>(step > 0, "index: expected a step > 0, got ", int64_t{step});
  return slice(x, dim, start, stop, step);
}

bool is_mask(const Tensor& x) { return x.dtype() == DType::kBool || x.dtype() == DType::kUInt8; }

// A list, a numpy array or a tensor of positions; a mask of bools.
Tensor positions_from(py::handle entry) {
  const auto of = [&]() -> Tensor {
    if (Box* box = box_from(entry)) return box->data;
    if (py::isinstance<py::array>(entry))
      return clone(tensor_from_numpy(py::reinterpret_borrow<py::array>(entry)));
    check<IndexError>(PySequence_Check(entry.ptr()),
                      "only integers, slices (`:`), ellipsis (`...`), None and long or byte "
                      "Variables are valid indices (got ",
                      std::string(py::str(py::type::of(entry).attr("__name__"))), ")");
    const py::object copied = py::module_::import("tinytorch._from_data").attr("copied");
    const Tensor x = array_of(py::cast<PyTensor>(copied(entry, py::none())));
    return x.numel() == 0 ? to(x, DType::kInt64) : x;
  };
  const Tensor x = of();
  check<IndexError>(is_mask(x) || x.dtype() == DType::kInt32 || x.dtype() == DType::kInt64,
                    "tensors used as indices must be long, int, byte or bool tensors, got ",
                    x.dtype());
  if (x.dtype() == DType::kUInt8) {
    const char* text =
        "indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead.";
    if (PyErr_WarnEx(PyExc_UserWarning, text, 1) < 0) throw py::error_already_set();
  }
  return x;
}

// An entry of an index, read once.
struct Entry {
  py::handle object;
  std::optional<bool> truth = std::nullopt;
  std::optional<Tensor> positions = std::nullopt;

  explicit Entry(py::handle entry) : object(entry) {
    if (entry.is_none() || entry.ptr() == Py_Ellipsis || is_slice(entry)) return;
    truth = truth_from(entry);
    if (!truth && !is_single_index(entry)) positions = positions_from(entry);
  }
  // How many dims of x it consumes.
  int64_t uses() const {
    if (object.is_none() || object.ptr() == Py_Ellipsis || truth) return 0;
    return positions && is_mask(*positions) ? positions->dim() : 1;
  }
};

// A short list that holds more than numbers counts as a tuple, as PyTorch still has it.
bool is_old_tuple(py::handle index) {
  if (!PyList_Check(index.ptr()) || py::len(index) >= 32) return false;
  for (const py::handle entry : index) {
    if (box_from(entry) || PySequence_Check(entry.ptr()) || is_slice(entry) || entry.is_none() ||
        entry.ptr() == Py_Ellipsis) {
      const char* text =
          "Using a non-tuple sequence for multidimensional indexing is deprecated and will be "
          "changed in pytorch 2.9; use x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will "
          "be interpreted as tensor index, x[torch.tensor(seq)], which will result either in an "
          "error or a different result";
      if (PyErr_WarnEx(PyExc_UserWarning, text, 1) < 0) throw py::error_already_set();
      return true;
    }
  }
  return false;
}

Selection resolve(const PyTensor& x, py::handle index) {
  std::vector<Entry> entries;
  int64_t uses = 0;
  const auto add = [&](py::handle entry) { uses += entries.emplace_back(entry).uses(); };
  if (PyTuple_Check(index.ptr()) || is_old_tuple(index)) {
    for (const py::handle entry : index) add(entry);
  } else {
    add(index);
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
  for (const Entry& entry : entries) {
    PyTensor& view = selection.view;
    if (entry.object.is_none()) {
      view = unsqueeze(view, dim++);
    } else if (entry.object.ptr() == Py_Ellipsis) {
      dim += rank - uses;
    } else if (is_slice(entry.object)) {
      view = take_slice(view, dim++, entry.object);
    } else if (entry.truth) {
      view = unsqueeze(view, dim);
      pick(*entry.truth ? zeros({1}, DType::kInt64) : empty({0}, DType::kInt64), 1);
    } else if (entry.positions) {
      pick(*entry.positions, is_mask(*entry.positions) ? entry.positions->dim() : 1);
    } else {
      const Py_ssize_t at = PyNumber_AsSsize_t(entry.object.ptr(), PyExc_IndexError);
      if (at == -1 && PyErr_Occurred()) throw py::error_already_set();
      view = select(view, dim, at);
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
  std::optional<PyTensor> source;
  if (Box* box = box_from(value)) source = unbox(Ref<Box>(box));
  else if (const auto number = scalar_from(value))
    source = PyTensor(full({}, *number, array_of(x).dtype()));
  check<TypeError>(source.has_value(), "can't assign a ",
                   std::string(py::str(py::type::of(value).attr("__name__"))), " to a tensor of ",
                   array_of(x).dtype());
  // One number into one mask is converted, as masked_fill_ does; other values have x's dtype.
  const auto& picks = selection.picks;
  const auto masks = std::count_if(picks.begin(), picks.end(),
                                   [](const auto& pick) { return pick && is_mask(*pick); });
  const auto chosen =
      std::count_if(picks.begin(), picks.end(), [](const auto& pick) { return pick.has_value(); });
  const bool fills = masks == 1 && chosen == 1 && array_of(*source).numel() == 1;
  check(picks.empty() || !box_from(value) || fills ||
            array_of(*source).dtype() == array_of(x).dtype(),
        "index_put_: expected values of ", array_of(x).dtype(), ", got ",
        array_of(*source).dtype());
  // As in PyTorch, leading 1s of the value are dropped.
  const bool same_shape =
      selection.picks.empty() && array_of(*source).shape() == array_of(selection.view).shape();
  while (!same_shape && array_of(*source).dim() > 0 && array_of(*source).shape()[0] == 1)
    source = select(*source, 0, 0);
  if (selection.picks.empty()) return copy_(selection.view, *source);
  index_put_(selection.view, selection.picks, *source, false);
}

}  // namespace tinytorch

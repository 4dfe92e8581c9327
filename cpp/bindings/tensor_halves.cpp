// Calls with halves: which run as they are, and how the others are widened and rounded.
#include "bindings/tensor_halves.h"

#include <cstring>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace tinytorch {

bool halves_seen = false;

namespace {

// What moves elements, asks about them or has a rule for halves itself. Views need not be here:
// they are found by what they return.
bool takes_halves(std::string_view name) {
  static const std::unordered_set<std::string_view> names = {"__bool__",
                                                             "__contains__",
                                                             "__float__",
                                                             "__getitem__",
                                                             "__index__",
                                                             "__int__",
                                                             "__iter__",
                                                             "__len__",
                                                             "__setitem__",
                                                             "_alike",
                                                             "_forget_gradients",
                                                             "_from_dlpack",
                                                             "_full",
                                                             "_grad",
                                                             "_is_view",
                                                             "_is_writable",
                                                             "_over_storage",
                                                             "_record_function",
                                                             "_resize",
                                                             "_run_backward",
                                                             "_storage",
                                                             "_storage_id",
                                                             "_with_gradients",
                                                             "_to_dlpack",
                                                             "_to_numpy",
                                                             "backward",
                                                             "bernoulli_",
                                                             "bfloat16",
                                                             "bool",
                                                             "byte",
                                                             "can_cast",
                                                             "cat",
                                                             "char",
                                                             "clone",
                                                             "contiguous",
                                                             "copy_",
                                                             "data_ptr",
                                                             "detach",
                                                             "detach_",
                                                             "diag_embed",
                                                             "diagonal",
                                                             "dim",
                                                             "double",
                                                             "element_size",
                                                             "expand",
                                                             "exponential_",
                                                             "fill_",
                                                             "fill_diagonal_",
                                                             "flatten",
                                                             "float",
                                                             "half",
                                                             "heaviside",
                                                             "heaviside_",
                                                             "index_copy",
                                                             "index_copy_",
                                                             "index_fill",
                                                             "index_fill_",
                                                             "index_select",
                                                             "int",
                                                             "is_complex",
                                                             "is_contiguous",
                                                             "is_floating_point",
                                                             "is_signed",
                                                             "item",
                                                             "long",
                                                             "masked_fill",
                                                             "masked_fill_",
                                                             "masked_scatter",
                                                             "masked_scatter_",
                                                             "masked_select",
                                                             "nan_to_num",
                                                             "nan_to_num_",
                                                             "narrow",
                                                             "ndimension",
                                                             "nelement",
                                                             "nextafter",
                                                             "nextafter_",
                                                             "normal_",
                                                             "numel",
                                                             "permute",
                                                             "put",
                                                             "put_",
                                                             "register_hook",
                                                             "requires_grad_",
                                                             "reshape",
                                                             "result_type",
                                                             "retain_grad",
                                                             "select",
                                                             "set_",
                                                             "short",
                                                             "size",
                                                             "split",
                                                             "squeeze",
                                                             "stack",
                                                             "storage_offset",
                                                             "stride",
                                                             "t",
                                                             "take",
                                                             "to",
                                                             "tolist",
                                                             "transpose",
                                                             "tril",
                                                             "tril_",
                                                             "triu",
                                                             "triu_",
                                                             "type_as",
                                                             "unbind",
                                                             "unfold",
                                                             "uniform_",
                                                             "unsqueeze",
                                                             "view",
                                                             "zero_"};
  return names.contains(name);
}

// Where PyTorch wants all operands of one dtype.
bool wants_one_dtype(std::string_view name) {
  static const std::unordered_set<std::string_view> names = {
      "addbmm", "addmm", "addmv",  "baddbmm", "bmm", "conv1d", "conv2d", "conv3d",
      "dot",    "inner", "linear", "matmul",  "mm",  "mv",     "vdot"};
  return names.contains(name);
}

// Where the result is of the first operand's dtype, whatever that of its weights.
bool follows_its_input(std::string_view name) {
  return name == "layer_norm" || name == "rms_norm" || name == "_batch_norm";
}

class WideCall {
 public:
  WideCall(PyObject* const* given, size_t total) {
    for (size_t i = 0; i < total; ++i) args_.push_back(widen(given[i], 0));
  }

  PyObject* run(FastCall call, PyObject* self, size_t count, PyObject* keywords) {
    std::vector<PyObject*> borrowed;
    for (const py::object& arg : args_) borrowed.push_back(arg.ptr());
    return call(self, borrowed.data(), count, keywords);
  }

  void check_one_dtype(const char* name) const {
    check(!mixed_, name, ": expected tensors of one dtype, got a half beside another");
  }

  void give(DType dtype) { asked_ = dtype; }

  /// Gives back what the call wrote, and turns its result into what the caller expects. Returns
  /// nothing when the result is a view of a copy: then the call must run on the halves themselves.
  std::optional<py::object> settle(const py::object& result) {
    bool wrote = false;
    for (auto& [box, copy] : copies_) wrote |= write_back(copy);
    for (const auto& [original, wide] : lists_) {
      for (size_t i = 0; i < original.size(); ++i) {
        if (!find(wide[i]) && box_from(wide[i])) original[i] = narrow(wide[i]);
      }
    }
    found_view_ = false;
    py::object settled = narrow(result);
    if (found_view_ && !wrote) return std::nullopt;
    return settled;
  }

 private:
  struct Copy {
    py::object original, wide;
    int64_t version;
  };

  static int64_t version_of([[maybe_unused]] const py::object& x) {
#if TINYTORCH_HAS_AUTOGRAD
    return version(unbox(Ref<Box>(box_from(x))));
#else
    return 0;
#endif
  }
  static Tensor array_in(const py::object& x) { return array_of(unbox(Ref<Box>(box_from(x)))); }

  py::object widen(py::handle value, int depth) {
    if (Box* box = box_from(value)) {
      const PyTensor x = unbox(Ref<Box>(box));
      note(array_of(x));
      if (!is_half(array_of(x).dtype())) return py::reinterpret_borrow<py::object>(value);
      auto [at, fresh] = copies_.try_emplace(box);
      if (fresh) {
        py::object wide = py::cast(to(x, DType::kFloat32));
        const int64_t version = version_of(wide);
        at->second = {py::reinterpret_borrow<py::object>(value), std::move(wide), version};
      }
      return at->second.wide;
    }
    if (const auto dtype = PyType_Check(value.ptr()) ? std::nullopt : dtype_from(value)) {
      asked_ = *dtype;
      return dtype_object(is_half(*dtype) ? DType::kFloat32 : *dtype);
    }
    if (depth < 3 && PyList_CheckExact(value.ptr())) {
      const auto original = py::reinterpret_borrow<py::list>(value);
      py::list wide;
      for (const py::handle item : original) wide.append(widen(item, depth + 1));
      lists_.emplace_back(original, wide);
      return wide;
    }
    if (depth < 3 && PyTuple_CheckExact(value.ptr())) {
      const auto original = py::reinterpret_borrow<py::tuple>(value);
      py::tuple wide(original.size());
      for (size_t i = 0; i < original.size(); ++i) wide[i] = widen(original[i], depth + 1);
      return wide;
    }
    return py::reinterpret_borrow<py::object>(value);
  }

  // Promotion of the floating operands: a 0-d one only counts where there is no other.
  void note(const Tensor& x) {
    if (!is_floating(x.dtype())) return;
    std::optional<DType>& meet = x.dim() ? arrays_ : singles_;
    mixed_ |= (arrays_ && *arrays_ != x.dtype()) || (singles_ && *singles_ != x.dtype());
    meet = meet ? promote(*meet, x.dtype()) : x.dtype();
  }
  DType target() const {
    if (asked_) return *asked_;
    return arrays_ ? *arrays_ : singles_.value_or(DType::kFloat32);
  }

  bool write_back(Copy& copy) const {
    const Tensor wide = array_in(copy.wide), half = array_in(copy.original);
    bool wrote = version_of(copy.wide) != copy.version || !(wide.shape() == half.shape());
    if (!wrote) {
      const Tensor before = to(half, DType::kFloat32);
      wrote = std::memcmp(before.bytes(), contiguous(wide).bytes(),
                          static_cast<size_t>(before.numel()) * sizeof(float)) != 0;
    }
    if (!wrote) return false;
    PyTensor into = unbox(Ref<Box>(box_from(copy.original)));
    check(wide.shape() == half.shape(), "resizing in place is not supported for ", half.dtype());
    copy_(into, unbox(Ref<Box>(box_from(copy.wide))));
    return true;
  }

  const Copy* find(py::handle value) const {
    for (const auto& [box, copy] : copies_) {
      if (copy.wide.is(value)) return &copy;
    }
    return nullptr;
  }

  bool is_view(const Tensor& x) const {
    if (!x.storage()) return false;
    for (const auto& [box, copy] : copies_) {
      if (array_in(copy.wide).storage() == x.storage()) return true;
    }
    return false;
  }

  py::object narrow(const py::object& result) {
    if (const Copy* copy = find(result)) return copy->original;
    if (Box* box = box_from(result)) {
      const PyTensor x = unbox(Ref<Box>(box));
      found_view_ |= is_view(array_of(x));
      if (array_of(x).dtype() != DType::kFloat32 || !is_half(target())) return result;
      return py::cast(to(x, target()));
    }
    if (!PyTuple_Check(result.ptr()) && !PyList_CheckExact(result.ptr())) return result;
    py::list items;
    for (const py::handle item : result)
      items.append(narrow(py::reinterpret_borrow<py::object>(item)));
    if (PyTuple_CheckExact(result.ptr())) return py::tuple(items);
    return PyList_CheckExact(result.ptr()) ? py::object(items) : py::type::of(result)(items);
  }

  std::unordered_map<Box*, Copy> copies_;
  std::vector<std::pair<py::list, py::list>> lists_;  // as given, as widened
  std::vector<py::object> args_;
  std::optional<DType> asked_, arrays_, singles_;
  bool mixed_ = false, found_view_ = false;
};

bool is_half_tensor(PyObject* value) {
  Box* box = box_from(value);
  return box && is_half(box->data.dtype());
}

}  // namespace

bool brings_half(PyObject* const* args, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (is_half_tensor(args[i])) return true;
    if (!PyTuple_CheckExact(args[i]) && !PyList_CheckExact(args[i])) continue;
    for (Py_ssize_t k = 0; k < PySequence_Fast_GET_SIZE(args[i]); ++k) {
      if (is_half_tensor(PySequence_Fast_GET_ITEM(args[i], k))) return true;
    }
  }
  return false;
}

PyObject* call_with_halves(FastCall call, const char* name, PyObject* self, PyObject* const* args,
                           size_t count, PyObject* keywords) {
  if (takes_halves(name)) return call(self, args, count, keywords);
  const size_t named = keywords ? static_cast<size_t>(PyTuple_GET_SIZE(keywords)) : 0;
#if TINYTORCH_HAS_AUTOGRAD
  const bool is_step = std::string_view(name).ends_with("_step");  // which writes to leaves
  const bool recorded = grad_enabled() && !is_step;
  const GradMode mode(recorded);
#endif
  WideCall wide(args, count + named);
  if (wants_one_dtype(name)) wide.check_one_dtype(name);
  Box* first = count ? box_from(args[0]) : nullptr;
  if (first && follows_its_input(name)) wide.give(first->data.dtype());
  PyObject* result = wide.run(call, self, count, keywords);
  if (!result) return nullptr;
  std::optional<py::object> settled = wide.settle(py::reinterpret_steal<py::object>(result));
  return settled ? settled->release().ptr() : call(self, args, count, keywords);
}

}  // namespace tinytorch

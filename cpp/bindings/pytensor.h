// What a Python Tensor is in this build, and how values cross between Python and C++.
//
// With the unit autograd in the build, Python's Tensor is a Variable: an array with its gradient.
// In a build of the first few units it is the array alone. Every binding is written once against
// PyTensor; overloads on Tensor and on Variable do the rest.
#pragma once
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "core/ref.h"
#include "modules/tensor/tensor.h"
#if TINYTORCH_HAS_AUTOGRAD
#include "modules/autograd/functions.h"
#endif

PYBIND11_DECLARE_HOLDER_TYPE(T, tinytorch::Ref<T>, true)

namespace tinytorch {

namespace py = pybind11;

#if TINYTORCH_HAS_AUTOGRAD
using PyTensor = Variable;
using Box = VariableImpl;  // the object behind a Python Tensor
inline const Tensor& array_of(const PyTensor& x) { return x.data(); }
inline const Ref<Box>& box_of(const PyTensor& x) { return x.impl(); }
inline PyTensor unbox(Ref<Box> box) { return Variable(std::move(box)); }
#else
using PyTensor = Tensor;
struct Box final : RefCounted {
  explicit Box(Tensor x) : data(std::move(x)) {}
  Tensor data;
  void* shown_by = nullptr;
};
inline const Tensor& array_of(const PyTensor& x) { return x; }
inline Ref<Box> box_of(const PyTensor& x) { return make_ref<Box>(x); }
inline PyTensor unbox(const Ref<Box>& box) { return box->data; }
#endif

/// The Python Tensor as a box, or nullptr for any other object.
Box* box_from(py::handle object);

/// The Python Tensor that shows the box: always the same one while it is alive.  None for no box.
py::object object_of(Ref<Box> box);

/// A number: bool, int, float, or numpy's scalars; nullopt for any other object.  Raises for an int
/// outside int64.
std::optional<Scalar> scalar_from(py::handle object);

/// The other operand of `self op other`: a Tensor, or a number in the dtype it takes beside `self`.
std::optional<PyTensor> operand_from(py::handle object, const PyTensor& self);

/// An array that shares memory with a numpy array, as an undifferentiated tensor.
Tensor tensor_from_numpy(const py::array& array);
/// A numpy array that shares memory with the tensor, and keeps it alive.
py::array numpy_from_tensor(const Tensor& x);

/// Sizes given as f(2, 3), f((2, 3)) or f([2, 3]).
Dims dims_from(const char* operation, const py::args& args);
Dims dims_from(const char* operation, py::handle sequence);

/// x[index], as a view where PyTorch gives one.
PyTensor get_item(const PyTensor& x, py::handle index);
/// x[index] = value.
void set_item(const PyTensor& x, py::handle index, py::handle value);

/// The dtype object of a DType, and back; `nullopt` unless it is one (float, int and bool count).
py::object dtype_object(DType dtype);
std::optional<DType> dtype_from(py::handle object);
/// A torch.Size.
py::object size_object(const Dims& dims);

}  // namespace tinytorch

namespace pybind11::detail {

template <>
struct type_caster<tinytorch::DType> {
  PYBIND11_TYPE_CASTER(tinytorch::DType, const_name("dtype"));
  bool load(handle source, bool) {
    const auto dtype = tinytorch::dtype_from(source);
    if (dtype) value = *dtype;
    return dtype.has_value();
  }
  static handle cast(tinytorch::DType dtype, return_value_policy, handle) {
    return tinytorch::dtype_object(dtype).release();
  }
};

template <>
struct type_caster<tinytorch::Dims> {
  PYBIND11_TYPE_CASTER(tinytorch::Dims, const_name("Size"));
  bool load(handle source, bool) {
    if (!PyTuple_Check(source.ptr()) && !PyList_Check(source.ptr()) && !PyIndex_Check(source.ptr()))
      return false;
    value = tinytorch::dims_from("sizes", source);
    return true;
  }
  static handle cast(const tinytorch::Dims& dims, return_value_policy, handle) {
    return tinytorch::size_object(dims).release();
  }
};

template <>
struct type_caster<tinytorch::Scalar> {
  static constexpr auto name = const_name("float | int | bool");
  template <class>
  using cast_op_type = tinytorch::Scalar;
  operator tinytorch::Scalar() const { return *value; }
  bool load(handle source, bool) {
    value = tinytorch::scalar_from(source);
    return value.has_value();
  }
  static handle cast(const tinytorch::Scalar& scalar, return_value_policy, handle) {
    switch (scalar.kind()) {
      case tinytorch::DType::kBool: return bool_(scalar.to<bool>()).release();
      case tinytorch::DType::kInt64: return int_(scalar.to<int64_t>()).release();
      default: return float_(scalar.to<double>()).release();
    }
  }
  std::optional<tinytorch::Scalar> value;
};

#if TINYTORCH_HAS_AUTOGRAD
template <>
struct type_caster<tinytorch::Variable> {
  PYBIND11_TYPE_CASTER(tinytorch::Variable, const_name("Tensor"));
  bool load(handle source, bool) {
    tinytorch::Box* box = tinytorch::box_from(source);
    if (box) value = tinytorch::unbox(tinytorch::Ref<tinytorch::Box>(box));
    return box != nullptr;
  }
  static handle cast(const tinytorch::Variable& x, return_value_policy, handle) {
    if (!x.defined()) return none().release();
    return tinytorch::object_of(x.impl()).release();
  }
};
#endif

/// A plain array: in, from a Tensor or a numpy array; out, a Tensor that records no gradient.
template <>
struct type_caster<tinytorch::Tensor> {
  PYBIND11_TYPE_CASTER(tinytorch::Tensor, const_name("Tensor"));
  bool load(handle source, bool) {
    if (tinytorch::Box* box = tinytorch::box_from(source)) {
      value = tinytorch::array_of(tinytorch::unbox(tinytorch::Ref<tinytorch::Box>(box)));
      return true;
    }
    if (!isinstance<array>(source)) return false;
    value = tinytorch::tensor_from_numpy(reinterpret_borrow<array>(source));
    return true;
  }
  static handle cast(const tinytorch::Tensor& x, return_value_policy, handle) {
    return tinytorch::object_of(tinytorch::box_of(tinytorch::PyTensor(x))).release();
  }
};

}  // namespace pybind11::detail

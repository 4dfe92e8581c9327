// The operators of Tensor as slots of its type: arithmetic, comparisons, indexing, numbers.
#include "bindings/operands.h"

namespace tinytorch {
namespace {

PyObject* release(PyTensor x) { return object_of(box_of(std::move(x))).release().ptr(); }

PyObject* not_implemented() {
  Py_INCREF(Py_NotImplemented);
  return Py_NotImplemented;
}

// a op b, where either may be the tensor.
template <BinaryOp op>
PyObject* binary_slot(PyObject* a, PyObject* b) {
  return guarded([&]() -> PyObject* {
    Box *left = box_from(a), *right = box_from(b);
    if (left && right) return release(binary(op, unbox(Ref<Box>(left)), unbox(Ref<Box>(right))));
    if (left) {
      const PyTensor x = unbox(Ref<Box>(left));
      const std::optional<PyTensor> y = operand_of(op, b, x);
      return y ? release(binary(op, x, *y)) : not_implemented();
    }
    if (!right) return not_implemented();
    const PyTensor y = unbox(Ref<Box>(right));
    const std::optional<PyTensor> x = operand_of(op, a, y);
    return x ? release(binary(op, *x, y)) : not_implemented();
  });
}

template <BinaryOp op>
PyObject* in_place_slot(PyObject* self, PyObject* other) {
  return guarded([&] {
    Box* box = box_from(self);
    check<TypeError>(box != nullptr, name(op), ": the tensor was never made; call __init__");
    const PyTensor x = unbox(Ref<Box>(box));
    const std::optional<PyTensor> y = operand_from(other, x);
    if (!y) return not_implemented();
    binary_(op, x, *y);
    Py_INCREF(self);
    return self;
  });
}

bool is_negative_power_of_integers(PyObject* a, PyObject* b) {
  Box* base = box_from(a);
  return base && !is_floating(base->data.dtype()) && PyLong_Check(b) &&
         PyObject_RichCompareBool(b, py::int_(0).ptr(), Py_LT) == 1;
}

// With a modulus, as pow(x, y, m) of integers, there is nothing to compute.
PyObject* power_slot(PyObject* a, PyObject* b, PyObject* modulus) {
  if (modulus != Py_None) return not_implemented();
  return guarded([&] {
    check(!is_negative_power_of_integers(a, b),
          "Integers to negative integer powers are not allowed.");
    return binary_slot<BinaryOp::kPow>(a, b);
  });
}
PyObject* in_place_power_slot(PyObject* a, PyObject* b, PyObject*) {
  return guarded([&] {
    check(!is_negative_power_of_integers(a, b),
          "Integers to negative integer powers are not allowed.");
    return in_place_slot<BinaryOp::kPow>(a, b);
  });
}

PyTensor itself(PyObject* self) {
  Box* box = box_from(self);
  check<TypeError>(box != nullptr, "the tensor was never made; call __init__");
  return unbox(Ref<Box>(box));
}

PyObject* matmul_slot(PyObject* a, PyObject* b) {
  return guarded([&] {
    return box_from(a) && box_from(b) ? release(matmul(itself(a), itself(b))) : not_implemented();
  });
}

template <UnaryOp op>
PyObject* unary_slot(PyObject* self) {
  return guarded([&] { return release(unary(op, itself(self))); });
}

PyObject* invert_slot(PyObject* self) {
  return guarded([&] {
    const PyTensor x = itself(self);
    check<TypeError>(!is_floating(array_of(x).dtype()),
                     "~ is only defined on integers and bools, got ", array_of(x).dtype());
    return release(unary(UnaryOp::kBitwiseNot, x));
  });
}

PyObject* positive_slot(PyObject* self) {
  Py_INCREF(self);
  return self;
}

// numpy leaves it to us whether its array equals a tensor, and False would be no answer.
template <BinaryOp op>
PyObject* equality_slot(PyObject* a, PyObject* b) {
  if (!py::isinstance<py::array>(b)) return binary_slot<op>(a, b);
  return guarded([&] {
    const Tensor other = tensor_from_numpy(py::reinterpret_borrow<py::array>(b));
    return release(binary(op, itself(a), PyTensor(other)));
  });
}

PyObject* compare_slot(PyObject* a, PyObject* b, int op) {
  switch (op) {
    case Py_EQ: return equality_slot<BinaryOp::kEq>(a, b);
    case Py_NE: return equality_slot<BinaryOp::kNe>(a, b);
    case Py_LT: return binary_slot<BinaryOp::kLt>(a, b);
    case Py_LE: return binary_slot<BinaryOp::kLe>(a, b);
    case Py_GT: return binary_slot<BinaryOp::kGt>(a, b);
    default: return binary_slot<BinaryOp::kGe>(a, b);
  }
}

Py_hash_t hash_slot(PyObject* self) {
  return static_cast<Py_hash_t>(reinterpret_cast<uintptr_t>(self) >> 4);
}

PyObject* get_slot(PyObject* self, PyObject* index) {
  return guarded([&] { return release(get_item(itself(self), index)); });
}

int set_slot(PyObject* self, PyObject* index, PyObject* value) {
  return guarded(
      [&] {
        check<TypeError>(value != nullptr, "elements of a tensor cannot be deleted");
        set_item(itself(self), index, value);
        return 0;
      },
      -1);
}

Py_ssize_t length_slot(PyObject* self) {
  return guarded(
      [&]() -> Py_ssize_t {
        const PyTensor x = itself(self);
        check<TypeError>(array_of(x).dim() > 0, "len: a 0-d tensor has no length");
        return array_of(x).shape()[0];
      },
      Py_ssize_t{-1});
}

int bool_slot(PyObject* self) {
  return guarded(
      [&]() -> int {
        const PyTensor x = itself(self);
        check(array_of(x).numel() == 1, "bool: the truth value of a tensor of shape ",
              array_of(x).shape(), " is ambiguous");
        return item(array_of(x)).to<double>() != 0;
      },
      -1);
}

Scalar only_element(PyObject* self) {
  const PyTensor x = itself(self);
  check<ValueError>(array_of(x).numel() == 1,
                    "only one element tensors can be converted to Python scalars");
  return item(array_of(x));
}

PyObject* int_slot(PyObject* self) {
  return guarded([&] { return py::int_(py::cast(only_element(self))).release().ptr(); });
}

PyObject* float_slot(PyObject* self) {
  return guarded([&] { return PyFloat_FromDouble(only_element(self).to<double>()); });
}

PyObject* index_slot(PyObject* self) {
  return guarded([&] {
    const PyTensor x = itself(self);
    check<TypeError>(!is_floating(array_of(x).dtype()) && array_of(x).numel() == 1,
                     "index: expected an integer tensor of one element, got ", array_of(x).dtype(),
                     " of shape ", array_of(x).shape());
    return PyLong_FromLongLong(item(array_of(x)).to<int64_t>());
  });
}

template <class F>
PyType_Slot slot(int id, F* function) {
  return {id, reinterpret_cast<void*>(function)};
}

}  // namespace

const std::vector<PyType_Slot>& operator_slots() {
  static const std::vector<PyType_Slot> slots = {
      slot(Py_nb_add, &binary_slot<BinaryOp::kAdd>),
      slot(Py_nb_subtract, &binary_slot<BinaryOp::kSub>),
      slot(Py_nb_multiply, &binary_slot<BinaryOp::kMul>),
      slot(Py_nb_true_divide, &binary_slot<BinaryOp::kDiv>),
      slot(Py_nb_floor_divide, &binary_slot<BinaryOp::kFloorDivide>),
      slot(Py_nb_remainder, &binary_slot<BinaryOp::kRemainder>),
      slot(Py_nb_power, &power_slot),
      slot(Py_nb_and, &binary_slot<BinaryOp::kBitwiseAnd>),
      slot(Py_nb_or, &binary_slot<BinaryOp::kBitwiseOr>),
      slot(Py_nb_xor, &binary_slot<BinaryOp::kBitwiseXor>),
      slot(Py_nb_matrix_multiply, &matmul_slot),
      slot(Py_nb_inplace_add, &in_place_slot<BinaryOp::kAdd>),
      slot(Py_nb_inplace_subtract, &in_place_slot<BinaryOp::kSub>),
      slot(Py_nb_inplace_multiply, &in_place_slot<BinaryOp::kMul>),
      slot(Py_nb_inplace_true_divide, &in_place_slot<BinaryOp::kDiv>),
      slot(Py_nb_inplace_floor_divide, &in_place_slot<BinaryOp::kFloorDivide>),
      slot(Py_nb_inplace_remainder, &in_place_slot<BinaryOp::kRemainder>),
      slot(Py_nb_inplace_power, &in_place_power_slot),
      slot(Py_nb_inplace_and, &in_place_slot<BinaryOp::kBitwiseAnd>),
      slot(Py_nb_inplace_or, &in_place_slot<BinaryOp::kBitwiseOr>),
      slot(Py_nb_inplace_xor, &in_place_slot<BinaryOp::kBitwiseXor>),
      slot(Py_nb_negative, &unary_slot<UnaryOp::kNeg>),
      slot(Py_nb_positive, &positive_slot),
      slot(Py_nb_absolute, &unary_slot<UnaryOp::kAbs>),
      slot(Py_nb_invert, &invert_slot),
      slot(Py_nb_bool, &bool_slot),
      slot(Py_nb_int, &int_slot),
      slot(Py_nb_float, &float_slot),
      slot(Py_nb_index, &index_slot),
      slot(Py_tp_richcompare, &compare_slot),
      slot(Py_tp_hash, &hash_slot),
      slot(Py_mp_subscript, &get_slot),
      slot(Py_mp_ass_subscript, &set_slot),
      slot(Py_mp_length, &length_slot),
      {0, nullptr},
  };
  return slots;
}

}  // namespace tinytorch

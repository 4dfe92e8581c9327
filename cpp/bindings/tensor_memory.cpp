// Memory that is shared: whole storages for files, and DLPack's capsules for other libraries.
#include <memory>

#include "bindings/tensor_dlpack.h"
#include "bindings/tensor_halves.h"
#include "bindings/tensor_surface.h"

namespace tinytorch {
namespace {

using dlpack::DataType;

// --- storages ---

// All of x's memory as bytes.
Tensor storage_of(const Tensor& x) {
  const int64_t bytes = x.storage() ? x.storage()->bytes() : 0;
  return Tensor(x.storage(), DType::kUInt8, {bytes}, {1});
}

// A tensor over all of x's memory; raises where it would reach outside.
Tensor over_storage(const Tensor& bytes, DType dtype, int64_t offset, const Dims& shape,
                    const Dims& strides) {
  check(bytes.dtype() == DType::kUInt8 && bytes.is_contiguous() && bytes.offset() == 0,
        "over_storage: expected the bytes of a storage");
  const int64_t size = item_size(dtype), count = bytes.numel() / size;
  const auto address = reinterpret_cast<std::uintptr_t>(bytes.bytes());
  check(address % static_cast<std::uintptr_t>(size) == 0, "over_storage: memory not aligned for ",
        dtype);
  return as_strided(Tensor(bytes.storage(), dtype, {count}, {1}), shape, strides, offset);
}

// --- DLPack ---

DataType dlpack_type(DType dtype) {
  const auto bits = static_cast<uint8_t>(8 * item_size(dtype));
  switch (dtype) {
    case DType::kBool: return {dlpack::kBool, bits, 1};
    case DType::kUInt8: return {dlpack::kUInt, bits, 1};
    case DType::kBFloat16: return {dlpack::kBFloat, bits, 1};
    default: return {is_floating(dtype) ? dlpack::kFloat : dlpack::kInt, bits, 1};
  }
}

DType dtype_of_dlpack(const DataType& type) {
  for (int i = 0; i < kDTypes; ++i) {
    const DataType ours = dlpack_type(static_cast<DType>(i));
    if (ours.code == type.code && ours.bits == type.bits && type.lanes == 1)
      return seen(static_cast<DType>(i));
  }
  fail<TypeError>("from_dlpack: no dtype has type code ", int{type.code}, " of ", int{type.bits},
                  " bits and ", int{type.lanes}, " lanes");
}

// What lives as long as somebody else reads a tensor's memory.
template <class M>
struct Lent {
  Tensor tensor;
  M managed{};
};

template <class M>
void take_back(M* managed) {
  delete static_cast<Lent<M>*>(managed->context);
}

template <class M>
M* lend(const Tensor& x) {
  auto lent = std::make_unique<Lent<M>>(Lent<M>{x, {}});
  M& managed = lent->managed;
  managed.context = lent.get();
  managed.deleter = take_back<M>;
  managed.array.data = x.bytes();
  managed.array.device = {dlpack::kCpu, 0};
  managed.array.ndim = static_cast<int32_t>(x.dim());
  managed.array.dtype = dlpack_type(x.dtype());
  managed.array.shape = const_cast<int64_t*>(lent->tensor.shape().begin());
  managed.array.strides = const_cast<int64_t*>(lent->tensor.strides().begin());
  lent.release();  // `context` owns it, until take_back
  return &managed;
}

template <class M>
constexpr const char* kFresh =
    std::is_same_v<M, dlpack::Managed> ? "dltensor" : "dltensor_versioned";
template <class M>
constexpr const char* kTaken =
    std::is_same_v<M, dlpack::Managed> ? "used_dltensor" : "used_dltensor_versioned";

// A capsule that nobody took gives its memory back itself.
template <class M>
void drop(PyObject* capsule) {
  if (!PyCapsule_IsValid(capsule, kFresh<M>)) return;
  auto* managed = static_cast<M*>(PyCapsule_GetPointer(capsule, kFresh<M>));
  if (managed->deleter) managed->deleter(managed);
}

template <class M>
py::object capsule_of(M* managed) {
  PyObject* capsule = PyCapsule_New(managed, kFresh<M>, drop<M>);
  if (!capsule) {
    managed->deleter(managed);
    throw py::error_already_set();
  }
  return py::reinterpret_steal<py::object>(capsule);
}

py::object to_dlpack(const PyTensor& x, bool versioned, bool copied) {
  const Tensor& data = array_of(x);
  const bool writable = !data.storage() || data.storage()->writable();
  if (!versioned) {
    check<TypeError>(writable, "__dlpack__: read-only memory needs DLPack 1, which max_version ",
                     "did not allow");
    return capsule_of(lend<dlpack::Managed>(data));
  }
  auto* managed = lend<dlpack::ManagedVersioned>(data);
  managed->version = {1, 0};
  managed->flags = (writable ? 0 : dlpack::kReadOnly) | (copied ? dlpack::kCopied : 0);
  return capsule_of(managed);
}

template <class M>
Tensor borrow(PyObject* capsule, bool writable) {
  auto* managed = static_cast<M*>(PyCapsule_GetPointer(capsule, kFresh<M>));
  const dlpack::Array& array = managed->array;
  check(array.device.type == dlpack::kCpu || array.device.type == dlpack::kPinned,
        "from_dlpack: expected memory of the CPU, got device type ", int{array.device.type});
  const DType dtype = dtype_of_dlpack(array.dtype);
  check(array.ndim >= 0 && array.ndim <= Dims::kMax, "from_dlpack: expected at most 64 dims, got ",
        int{array.ndim});
  const Shape shape(array.shape, array.shape + array.ndim);
  const Strides strides = array.strides ? Strides(array.strides, array.strides + array.ndim)
                                        : tensor::contiguous_strides(shape);
  int64_t last = 0;
  for (int64_t d = 0; d < shape.size(); ++d) {
    check<ValueError>(strides[d] >= 0 || shape[d] <= 1, "from_dlpack: the stride of dim ", d,
                      " is negative");
    last += std::max<int64_t>(0, shape[d] - 1) * strides[d];
  }
  const int64_t size = item_size(dtype), bytes = numel(shape) ? (last + 1) * size : 0;
  auto* data = static_cast<std::byte*>(array.data) + array.byte_offset;
  check(bytes == 0 || array.data, "from_dlpack: expected an address, got none");
  check(reinterpret_cast<std::uintptr_t>(data) % static_cast<std::uintptr_t>(size) == 0,
        "from_dlpack: the memory is not aligned for ", dtype);
  Ref<Storage> storage = Storage::borrow(data, bytes, writable, [managed] {
    if (!managed->deleter || !Py_IsInitialized()) return;
    const py::gil_scoped_acquire gil;
    managed->deleter(managed);
  });
  if (PyCapsule_SetName(capsule, kTaken<M>) != 0) throw py::error_already_set();
  Strides steps = strides;
  for (int64_t d = 0; d < shape.size(); ++d) steps[d] = std::max<int64_t>(steps[d], 0);
  return Tensor(std::move(storage), dtype, shape, steps);
}

Tensor from_dlpack(const py::object& capsule) {
  if (PyCapsule_IsValid(capsule.ptr(), kFresh<dlpack::ManagedVersioned>)) {
    const auto* managed = static_cast<dlpack::ManagedVersioned*>(
        PyCapsule_GetPointer(capsule.ptr(), kFresh<dlpack::ManagedVersioned>));
    check(managed->version.major == 1, "from_dlpack: expected DLPack 1, got version ",
          static_cast<int64_t>(managed->version.major), ".",
          static_cast<int64_t>(managed->version.minor));
    return borrow<dlpack::ManagedVersioned>(capsule.ptr(), !(managed->flags & dlpack::kReadOnly));
  }
  check(PyCapsule_IsValid(capsule.ptr(), kFresh<dlpack::Managed>),
        "from_dlpack: expected a capsule named dltensor or dltensor_versioned that "
        "nobody has taken yet");
  return borrow<dlpack::Managed>(capsule.ptr(), true);
}

}  // namespace

void bind_memory(py::module_& m) {
  m.def("_storage", [](const PyTensor& x) { return storage_of(array_of(x)); });
  m.def("_storage_id", [](const PyTensor& x) {
    return reinterpret_cast<std::uintptr_t>(array_of(x).storage().get());
  });
  m.def("_over_storage", [](const PyTensor& bytes, DType dtype, int64_t offset, const Dims& shape,
                            const Dims& strides) {
    return over_storage(array_of(bytes), dtype, offset, shape, strides);
  });
  m.def("_to_dlpack", &to_dlpack);
  m.def("_from_dlpack", &from_dlpack);
  m.def("_is_writable", [](const PyTensor& x) {
    return !array_of(x).storage() || array_of(x).storage()->writable();
  });
}

}  // namespace tinytorch

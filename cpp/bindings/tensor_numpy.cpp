// NumPy: arrays and tensors that share their memory.
#include <string>

#include "bindings/pytensor.h"
#include "bindings/tensor_halves.h"

namespace tinytorch {
namespace {

DType dtype_of_numpy(const py::dtype& dtype) {
  const bool native = dtype.byteorder() == '=' || dtype.byteorder() == '|';
  const std::string code = std::string(1, dtype.kind()) + std::to_string(dtype.itemsize());
  if (native) {
    if (code == "b1") return DType::kBool;
    if (code == "u1") return DType::kUInt8;
    if (code == "i1") return DType::kInt8;
    if (code == "i2") return DType::kInt16;
    if (code == "i4") return DType::kInt32;
    if (code == "i8") return DType::kInt64;
    if (code == "f2") return seen(DType::kFloat16);
    if (code == "f4") return DType::kFloat32;
    if (code == "f8") return DType::kFloat64;
  }
  check<ValueError>(native || std::string("fiub").find(dtype.kind()) == std::string::npos,
                    "from_numpy: expected this machine's byte order, got ",
                    std::string(py::str(static_cast<const py::object&>(dtype))),
                    "; use array.astype(array.dtype.newbyteorder())");
  fail<TypeError>(
      "from_numpy: expected bool, uint8, int8, int16, int32, int64, float16, float32 or float64 "
      "in native byte order, got ",
      std::string(py::str(static_cast<const py::object&>(dtype))));
}

}  // namespace

Tensor tensor_from_numpy(const py::array& array) {
  const DType dtype = dtype_of_numpy(array.dtype());
  const int64_t size = item_size(dtype);
  Shape shape;
  Strides strides;
  int64_t last = 0;
  for (py::ssize_t d = 0; d < array.ndim(); ++d) {
    const int64_t bytes = array.strides(d);
    check<ValueError>(bytes >= 0 || array.shape(d) <= 1, "from_numpy: a stride is negative (dim ",
                      int64_t{d}, "); copy the array first");
    check<ValueError>(bytes % size == 0, "from_numpy: the stride of dim ", int64_t{d}, ", ", bytes,
                      " bytes, is not a multiple of the item size ", size);
    shape.push_back(array.shape(d));
    strides.push_back(bytes < 0 ? 1 : bytes / size);
    last += std::max<int64_t>(0, array.shape(d) - 1) * strides.back();
  }
  const int64_t bytes = array.size() == 0 ? 0 : (last + 1) * size;
  PyObject* owner = array.inc_ref().ptr();
  Ref<Storage> storage =
      Storage::borrow(const_cast<void*>(array.data()), bytes, array.writeable(), [owner] {
        if (!Py_IsInitialized()) return;
        const py::gil_scoped_acquire gil;
        Py_DECREF(owner);
      });
  return Tensor(std::move(storage), dtype, std::move(shape), std::move(strides));
}

py::array numpy_from_tensor(const Tensor& x) {
  static constexpr const char* kCodes[kDTypes] = {"?",  "u1", "i1",    "i2", "i4",
                                                  "i8", "f2", nullptr, "f4", "f8"};
  check<TypeError>(x.dtype() != DType::kBFloat16,
                   "numpy: Got unsupported ScalarType BFloat16; use .float()");
  std::vector<py::ssize_t> shape(x.shape().begin(), x.shape().end()), strides;
  for (const int64_t stride : x.strides()) strides.push_back(stride * item_size(x.dtype()));
  auto* keeper = new Ref<Storage>(x.storage());
  const py::capsule base(keeper, [](void* p) { delete static_cast<Ref<Storage>*>(p); });
  py::array array(py::dtype(kCodes[static_cast<size_t>(x.dtype())]), std::move(shape),
                  std::move(strides), x.bytes(), base);
  if (x.storage() && !x.storage()->writable()) array.attr("setflags")(py::arg("write") = false);
  return array;
}

}  // namespace tinytorch

// Shapes: tiling, and what Python's in-place views and storages are made of.
#include "bindings/extra.h"
#include "extra/shapes.h"

namespace tinytorch {

void bind_shapes(Surface& on) {
  on.tensor.def("repeat", [](const PyTensor& x, const py::args& times) {
    check<TypeError>(!times.empty(), "repeat: expected how often to repeat along each dim");
    return repeat(x, dims_from("repeat", times));
  });
  on.m.def(
      "tile", [](const PyTensor& x, const Dims& dims) { return tile(x, dims); }, py::arg("input"),
      py::arg("dims"));
  on.tensor.def("tile", [](const PyTensor& x, const py::args& dims) {
    return tile(x, dims_from("tile", dims));
  });
  on.m.def("_become", [](const std::string& operation, const py::object& self, const PyTensor& y) {
    become(operation.c_str(), py::cast<PyTensor>(self), y);
    return self;
  });
  on.m.def("_resize", [](const PyTensor& x, const Dims& shape) { return resize_(x, shape); });
  on.m.def("_set", [](const PyTensor& x, const PyTensor& source) { set_(x, source); });
  on.m.def("_whole_storage", [](const PyTensor& x) { return whole_storage(array_of(x)); });
  on.m.def("_storage_address", [](const PyTensor& x) {
    const Ref<Storage>& storage = array_of(x).storage();
    return reinterpret_cast<std::uintptr_t>(storage ? storage->data() : nullptr);
  });
}

}  // namespace tinytorch

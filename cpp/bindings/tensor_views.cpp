// Views, joins, matrix products and picking by position.
#include <algorithm>
#include <set>

#include "bindings/tensor_shortcuts.h"
#include "bindings/tensor_surface.h"

namespace tinytorch {
namespace {

py::tuple tuple_of(const std::vector<PyTensor>& parts) {
  py::tuple result(parts.size());
  for (size_t i = 0; i < parts.size(); ++i) result[i] = parts[i];
  return result;
}

Lengths lengths_from(const char* operation, const py::object& sizes) {
  check<TypeError>(PyTuple_Check(sizes.ptr()) || PyList_Check(sizes.ptr()), operation,
                   ": expected an integer or a tuple of integers, got ",
                   std::string(py::repr(sizes)));
  Lengths lengths;
  for (const py::handle item : sizes) lengths.push_back(dims_from(operation, item)[0]);
  return lengths;
}

// Parts of `length`, the last one shorter; one empty part of an empty dim.
Lengths equal_lengths(const PyTensor& x, int64_t length, int64_t dim) {
  check(array_of(x).dim() > 0, "split: expected at least one dim, got a 0-d tensor");
  const int64_t size = array_of(x).size(dim);
  check(length > 0 || (length == 0 && size == 0), "split: expected split_size > 0, got ", length);
  if (size == 0) return {0};
  Lengths lengths(static_cast<size_t>((size - 1) / length), length);
  lengths.push_back(size - length * static_cast<int64_t>(lengths.size()));
  return lengths;
}

// At most `chunks` parts, equally long; that many of an empty dim.
Lengths chunk_lengths(const PyTensor& x, int64_t chunks, int64_t dim) {
  check(array_of(x).dim() > 0, "chunk: expected at least one dim, got a 0-d tensor");
  check(chunks > 0, "chunk: expected chunks > 0, got ", chunks);
  const int64_t size = array_of(x).size(dim);
  check(size > 0 || chunks < 1 << 20, "chunk: too many chunks of nothing, got ", chunks);
  if (size == 0) return Lengths(static_cast<size_t>(chunks), 0);
  return equal_lengths(x, (size - 1) / chunks + 1, dim);
}

void warn_once(const std::string& message) {
  static std::set<std::string>& given = *new std::set<std::string>;
  if (given.insert(message).second && PyErr_WarnEx(PyExc_UserWarning, message.c_str(), 1) < 0)
    throw py::error_already_set();
}

// The last two dims exchanged; a 0-d tensor is its own transpose.
PyTensor swap_last(const std::string& name, const PyTensor& x) {
  const int64_t rank = array_of(x).dim();
  check(rank != 1, "tensor.", name, ": expected a matrix or a batch of them, got shape ",
        array_of(x).shape());
  if (rank == 0) {
    warn_once("Tensor." + name +
              " is deprecated on 0-D tensors. This function is the identity in these cases.");
    return x;
  }
  return transpose(x, -2, -1);
}

// Sizes given as f(2, 3), f((2, 3)) or f(keyword=(2, 3)).
Dims dims_of_call(const char* operation, const char* keyword, const py::args& args,
                  const py::kwargs& kwargs) {
  check<TypeError>(args.empty() != kwargs.empty() && kwargs.size() <= 1, operation,
                   ": expected sizes, by position or as ", keyword);
  if (kwargs.empty()) return dims_from(operation, args);
  check<TypeError>(kwargs.contains(keyword), operation, ": unexpected argument ",
                   std::string(py::str(kwargs)));
  return dims_from(operation, py::handle(py::object(kwargs[keyword])));
}

// `of`: the module, or the class, which have these in common.
void shorten(const py::object& of) {
  const auto input = required<PyTensor>("input");
  shortcut(
      of.attr("transpose"),
      [](const PyTensor& x, int64_t dim0, int64_t dim1) { return transpose(x, dim0, dim1); }, input,
      required<int64_t>("dim0"), required<int64_t>("dim1"));
  shortcut(
      of.attr("split"),
      [](const PyTensor& x, int64_t length, int64_t dim) {
        return split(x, equal_lengths(x, length, dim), dim);
      },
      input, required<int64_t>("split_size_or_sections"), defaults("dim", int64_t{0}));
  shortcut(
      of.attr("unsqueeze"), [](const PyTensor& x, int64_t dim) { return unsqueeze(x, dim); }, input,
      required<int64_t>("dim"));
}

void shorten_methods(const TensorClass& tensor) {
  const auto self = required<PyTensor>("self");
  const auto sizes = required<Sizes>("size");
  shortcut(
      tensor.attr("view"), [](const PyTensor& x, const Sizes& s) { return view(x, s.dims); }, self,
      sizes);
  shortcut(
      tensor.attr("reshape"), [](const PyTensor& x, const Sizes& s) { return reshape(x, s.dims); },
      self, sizes);
  shortcut(
      tensor.attr("permute"), [](const PyTensor& x, const Sizes& s) { return permute(x, s.dims); },
      self, sizes);
}

}  // namespace

void bind_views(Surface& on) {
  TensorClass& tensor = on.tensor;
  const auto sizes = [&tensor](const char* operation, const char* keyword, auto f) {
    tensor.def(operation, [=](const PyTensor& x, const py::args& args, const py::kwargs& kwargs) {
      return f(x, dims_of_call(operation, keyword, args, kwargs));
    });
  };
  tensor.def("view", [](const PyTensor& x, const py::args& args, const py::kwargs& kwargs) {
    const bool named = kwargs.contains("dtype");
    if (args.size() == 1 || named) {
      if (const auto dtype = dtype_from(named ? py::object(kwargs["dtype"]) : args[0])) {
        if (*dtype == array_of(x).dtype()) return view(x, array_of(x).shape());
        return view_dtype(x, *dtype);
      }
    }
    return view(x, dims_of_call("view", "size", args, kwargs));
  });
  sizes("reshape", "shape", [](const PyTensor& x, const Dims& d) { return reshape(x, d); });
  sizes("permute", "dims", [](const PyTensor& x, const Dims& d) { return permute(x, d); });
  sizes("expand", "size", [](const PyTensor& x, const Dims& d) { return expand(x, d); });
  sizes("broadcast_to", "size", [](const PyTensor& x, const Dims& d) { return expand(x, d); });
  on.m.def(
      "broadcast_to", [](const PyTensor& x, const Dims& size) { return expand(x, size); },
      py::arg("input"), py::arg("size"));
  on.m.def(
      "reshape", [](const PyTensor& x, const Dims& shape) { return reshape(x, shape); },
      py::arg("input"), py::arg("shape"));
  on.m.def(
      "permute", [](const PyTensor& x, const Dims& dims) { return permute(x, dims); },
      py::arg("input"), py::arg("dims"));
  tensor.def(
      "view_as",
      [](const PyTensor& x, const PyTensor& other) { return view(x, array_of(other).shape()); },
      py::arg("other"));
  tensor.def(
      "reshape_as",
      [](const PyTensor& x, const PyTensor& other) { return reshape(x, array_of(other).shape()); },
      py::arg("other"));
  tensor.def(
      "expand_as",
      [](const PyTensor& x, const PyTensor& other) { return expand(x, array_of(other).shape()); },
      py::arg("other"));
  for (const char* name : {"transpose", "swapaxes", "swapdims"}) {
    on.both(
        name,
        [](const PyTensor& x, int64_t dim0, int64_t dim1) { return transpose(x, dim0, dim1); },
        py::arg("dim0"), py::arg("dim1"));
  }
  on.both("t", [](const PyTensor& x) {
    const int64_t rank = array_of(x).dim();
    check(rank <= 2, "t: expected at most 2 dims, got shape ", array_of(x).shape());
    return rank < 2 ? x : transpose(x, 0, 1);
  });
  tensor.def_property_readonly("T", [](const PyTensor& x) {
    Dims dims;
    for (int64_t d = array_of(x).dim() - 1; d >= 0; --d) dims.push_back(d);
    if (dims.size() != 2) {
      warn_once(
          "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is "
          "deprecated and it will throw an error in a future release. Consider `x.mT` to "
          "transpose batches of matrices or `x.permute(*torch.arange(x.ndim - 1, -1, -1))` to "
          "reverse the dimensions of a tensor.");
    }
    return permute(x, dims);
  });
  tensor.def_property_readonly("mT", [](const PyTensor& x) { return swap_last("mT", x); });
  tensor.def_property_readonly("mH", [](const PyTensor& x) { return swap_last("mH", x); });
  on.both("adjoint", [](const PyTensor& x) { return swap_last("adjoint", x); });
  tensor.def_property_readonly("H", [](const PyTensor& x) {
    check(array_of(x).dim() == 2 || array_of(x).dim() == 0, "H: expected a matrix, got shape ",
          array_of(x).shape(), "; for batches use mH");
    return swap_last("H", x);
  });
  on.both(
      "squeeze",
      [](const PyTensor& x, const std::optional<Dims>& dims) {
        if (!dims) return squeeze(x);
        if (dims->size() == 1) return squeeze(x, (*dims)[0]);
        Dims order;
        for (const int64_t dim : *dims) {
          order.push_back(wrap_dim("squeeze", dim, array_of(x).dim()));
          check(std::count(order.begin(), order.end(), order.back()) == 1, "squeeze: dim ",
                order.back(), " appears more than once in dims ", *dims);
        }
        std::sort(order.begin(), order.end());
        PyTensor y = order.empty() ? view(x, array_of(x).shape()) : x;
        for (int64_t i = order.size() - 1; i >= 0; --i) y = squeeze(y, order[i]);
        return y;
      },
      py::arg("dim") = py::none());
  on.both(
      "unsqueeze", [](const PyTensor& x, int64_t dim) { return unsqueeze(x, dim); },
      py::arg("dim"));
  on.both(
      "flatten",
      [](const PyTensor& x, int64_t start, int64_t end) { return flatten(x, start, end); },
      py::arg("start_dim") = 0, py::arg("end_dim") = -1);
  on.both(
      "select", [](const PyTensor& x, int64_t dim, int64_t index) { return select(x, dim, index); },
      py::arg("dim"), py::arg("index"));
  on.both(
      "narrow",
      [](const PyTensor& x, int64_t dim, int64_t start, int64_t length) {
        check(array_of(x).dim() > 0, "narrow: a 0-d tensor has no dim ", dim);
        const int64_t size = array_of(x).size(dim);
        check(length >= 0, "narrow: expected length >= 0, got ", length);
        check<IndexError>(-size <= start && start <= size, "narrow: start ", start,
                          " is outside dim ", dim, " of size ", size);
        if (start < 0) start += size;
        check(length <= size - start, "narrow: start ", start, " and length ", length,
              " exceed dim ", dim, " of size ", size);
        return slice(x, dim, start, start + length);
      },
      py::arg("dim"), py::arg("start"), py::arg("length"));
  on.both(
      "as_strided",
      [](const PyTensor& x, const Dims& size, const Dims& stride, int64_t offset) {
        return as_strided(x, size, stride, offset);
      },
      py::arg("size"), py::arg("stride"), py::arg("storage_offset") = 0);
  on.both(
      "unbind", [](const PyTensor& x, int64_t dim) { return tuple_of(unbind(x, dim)); },
      py::arg("dim") = 0);
  on.both(
      "split",
      [](const PyTensor& x, const py::object& sizes, int64_t dim) {
        if (!PyIndex_Check(sizes.ptr()))
          return tuple_of(split(x, lengths_from("split", sizes), dim));
        return tuple_of(split(x, equal_lengths(x, sizes.cast<int64_t>(), dim), dim));
      },
      py::arg("split_size_or_sections"), py::arg("dim") = 0);
  on.both(
      "split_with_sizes",
      [](const PyTensor& x, const py::object& sizes, int64_t dim) {
        return tuple_of(split(x, lengths_from("split_with_sizes", sizes), dim));
      },
      py::arg("split_sizes"), py::arg("dim") = 0);
  on.both(
      "chunk",
      [](const PyTensor& x, int64_t chunks, int64_t dim) {
        return tuple_of(split(x, chunk_lengths(x, chunks, dim), dim));
      },
      py::arg("chunks"), py::arg("dim") = 0);
  on.both(
      "gather",
      [](const PyTensor& x, int64_t dim, const PyTensor& index) {
        return gather(x, dim, array_of(index));
      },
      py::arg("dim"), py::arg("index"));
  const auto tensors_from = [](const char* operation, const py::object& sequence) {
    check<TypeError>(PyTuple_Check(sequence.ptr()) || PyList_Check(sequence.ptr()), operation,
                     ": expected a tuple of Tensors, got ",
                     std::string(py::str(py::type::of(sequence).attr("__name__"))));
    std::vector<PyTensor> tensors;
    for (const py::handle entry : sequence) {
      Box* box = box_from(entry);
      check<TypeError>(box != nullptr, operation, ": expected Tensor as element ", tensors.size(),
                       ", but got ", std::string(py::str(py::type::of(entry).attr("__name__"))));
      tensors.push_back(unbox(Ref<Box>(box)));
    }
    return tensors;
  };
  for (const char* name : {"cat", "concat", "concatenate"}) {
    on.m.def(
        name,
        [tensors_from](const py::object& tensors, int64_t dim) {
          return cat(tensors_from("cat", tensors), dim);
        },
        py::arg("tensors"), py::arg("dim") = 0);
  }
  on.m.def(
      "stack",
      [tensors_from](const py::object& tensors, int64_t dim) {
        return stack(tensors_from("stack", tensors), dim);
      },
      py::arg("tensors"), py::arg("dim") = 0);
  on.both(
      "matmul", [](const PyTensor& a, const PyTensor& b) { return matmul(a, b); },
      py::arg("other"));
  shorten(on.m);
  shorten(on.tensor);
  shorten_methods(on.tensor);
  shortcut(
      on.m.attr("cat"),
      [](const std::vector<PyTensor>& tensors, int64_t dim) { return cat(tensors, dim); },
      required<std::vector<PyTensor>>("tensors"), defaults("dim", int64_t{0}));
  for (const auto& [name, rank] : {std::pair{"mm", 2}, std::pair{"bmm", 3}, std::pair{"dot", 1}}) {
    on.both(
        name,
        [name, rank](const PyTensor& a, const PyTensor& b) {
          check(array_of(a).dim() == rank && array_of(b).dim() == rank, name, ": expected ", rank,
                "-d tensors, got shapes ", array_of(a).shape(), " and ", array_of(b).shape());
          check(rank < 3 || array_of(a).shape()[0] == array_of(b).shape()[0], name,
                ": expected equal batches, got shapes ", array_of(a).shape(), " and ",
                array_of(b).shape());
          return matmul(a, b);
        },
        py::arg(rank == 1 ? "tensor" : "mat2"));
  }
}

}  // namespace tinytorch

// Selection by mask, by positions and by place; scatter; diagonals and windows.
#include "bindings/extra.h"
#include "bindings/extra_writing.h"
#include "extra/diagonal.h"
#include "extra/scatter.h"
#include "extra/selection.h"

namespace tinytorch {
namespace {

// A value to fill with: a number, or a 0-d tensor.
PyTensor fill_value(const char* operation, py::handle value, const PyTensor& x) {
  if (Box* box = box_from(value)) {
    const PyTensor single = unbox(Ref<Box>(box));
    check(single.dim() == 0, operation,
          " only supports a 0-dimensional value tensor, but got tensor with ", single.dim(),
          " dimension(s).");
    return single;
  }
  const auto number = scalar_from(value);
  if (!number)
    fail<TypeError>(operation, ": expected a value that is a number or a 0-d Tensor, got ",
                    std::string(py::str(py::type::of(value).attr("__name__"))));
  return PyTensor(scalar_tensor(*number, x.dtype()));
}

// f as torch.name and Tensor.name; change as Tensor.name_, which returns self.
template <class F, class Change, class... Extra>
void with_in_place(Surface& on, const char* name, F f, Change change, const Extra&... extra) {
  on.both(name, f, extra...);
  on.tensor.def((std::string(name) + "_").c_str(), change, extra...);
}

void bind_masks(Surface& on) {
  with_in_place(
      on, "masked_fill",
      [](const PyTensor& x, const PyTensor& mask, py::handle value) {
        return masked_fill(x, array_of(mask), fill_value("masked_fill", value, x));
      },
      [](const py::object& self, const PyTensor& mask, py::handle value) {
        const PyTensor x = py::cast<PyTensor>(self);
        masked_fill_(x, array_of(mask), fill_value("masked_fill_", value, x));
        return self;
      },
      py::arg("mask"), py::arg("value"));
  on.both(
      "masked_select",
      [](const PyTensor& x, const PyTensor& mask) { return masked_select(x, array_of(mask)); },
      py::arg("mask"));
  with_in_place(
      on, "masked_scatter",
      [](const PyTensor& x, const PyTensor& mask, const PyTensor& source) {
        return masked_scatter(x, array_of(mask), source);
      },
      [](const py::object& self, const PyTensor& mask, const PyTensor& source) {
        return rewrite("masked_scatter_", self,
                       [&](const PyTensor& x) { return masked_scatter(x, array_of(mask), source); },
                       {&source});
      },
      py::arg("mask"), py::arg("source"));
  const auto by_dim = [](const PyTensor& x) -> py::object {
    const Tensor line = array_of(x).dim() ? array_of(x) : reshape(array_of(x), {1});
    py::list dims;
    for (const Tensor& column : unbind(nonzero(line), 1)) dims.append(PyTensor(clone(column)));
    return py::tuple(dims);
  };
  on.both(
      "nonzero",
      [by_dim](const PyTensor& x, bool as_tuple) -> py::object {
        return as_tuple ? by_dim(x) : py::cast(PyTensor(nonzero(array_of(x))));
      },
      py::kw_only(), py::arg("as_tuple") = false);
  on.both("argwhere", [](const PyTensor& x) { return PyTensor(nonzero(array_of(x))); });
  on.m.def("where", by_dim, py::arg("condition"));
  on.m.def(
      "isin",
      [](const py::object& elements, const py::object& tested, bool, bool invert) {
        Box *left = box_from(elements), *right = box_from(tested);
        check<TypeError>(
            (left || right) && (left || scalar_from(elements)) && (right || scalar_from(tested)),
            "isin: expected Tensors, or a Tensor and a number");
        const PyTensor x = left ? unbox(Ref<Box>(left))
                                : required_operand("isin", elements, unbox(Ref<Box>(right)));
        return PyTensor(isin(array_of(x), array_of(required_operand("isin", tested, x)), invert));
      },
      py::arg("elements"), py::arg("test_elements"), py::kw_only(),
      py::arg("assume_unique") = false, py::arg("invert") = false);
}

void bind_positions(Surface& on) {
  on.both(
      "index_select",
      [](const PyTensor& x, int64_t dim, const PyTensor& index) {
        return index_select(x, dim, array_of(index));
      },
      py::arg("dim"), py::arg("index"));
  with_in_place(
      on, "index_add",
      [](const PyTensor& x, int64_t dim, const PyTensor& index, const PyTensor& source,
         const Scalar& alpha) { return index_add(x, dim, array_of(index), source, alpha); },
      [](const py::object& self, int64_t dim, const PyTensor& index, const PyTensor& source,
         const Scalar& alpha) {
        index_add_(py::cast<PyTensor>(self), dim, array_of(index), source, alpha);
        return self;
      },
      py::arg("dim"), py::arg("index"), py::arg("source"), py::kw_only(), py::arg("alpha") = 1);
  with_in_place(
      on, "index_copy",
      [](const PyTensor& x, int64_t dim, const PyTensor& index, const PyTensor& source) {
        return index_copy(x, dim, array_of(index), source);
      },
      [](const py::object& self, int64_t dim, const PyTensor& index, const PyTensor& source) {
        index_copy_(py::cast<PyTensor>(self), dim, array_of(index), source);
        return self;
      },
      py::arg("dim"), py::arg("index"), py::arg("source"));
  with_in_place(
      on, "index_fill",
      [](const PyTensor& x, int64_t dim, const PyTensor& index, py::handle value) {
        return index_fill(x, dim, array_of(index), fill_value("index_fill_", value, x));
      },
      [](const py::object& self, int64_t dim, const PyTensor& index, py::handle value) {
        const PyTensor x = py::cast<PyTensor>(self);
        index_fill_(x, dim, array_of(index), fill_value("index_fill_", value, x));
        return self;
      },
      py::arg("dim"), py::arg("index"), py::arg("value"));
  const auto put_at = [](const PyTensor& x, const py::object& indices, const PyTensor& values,
                         bool accumulate) {
    if (!(PyTuple_Check(indices.ptr()) || PyList_Check(indices.ptr())))
      fail<TypeError>("index_put: expected a tuple of Tensors, got ",
                      std::string(py::str(py::type::of(indices).attr("__name__"))));
    Picks picks;
    for (const py::handle index : indices) {
      Box* box = box_from(index);
      if (!box)
        fail<TypeError>("index_put: expected Tensors as indices, got ",
                        std::string(py::str(py::type::of(index).attr("__name__"))));
      picks.emplace_back(box->data);
    }
    check(!picks.empty(), "index_put: expected at least one index");
    check(values.dtype() == x.dtype(),
          "Index put requires the source and destination dtypes match, got ", x.dtype(),
          " for the destination and ", values.dtype(), " for the source.");
    index_put_(x, picks, values, accumulate);
  };
  with_in_place(
      on, "index_put",
      [put_at](const PyTensor& x, const py::object& indices, const PyTensor& values,
               bool accumulate) {
        const PyTensor y = clone(x);
        put_at(y, indices, values, accumulate);
        return y;
      },
      [put_at](const py::object& self, const py::object& indices, const PyTensor& values,
               bool accumulate) {
        put_at(py::cast<PyTensor>(self), indices, values, accumulate);
        return self;
      },
      py::arg("indices"), py::arg("values"), py::arg("accumulate") = false);
  on.m.attr("index_put_") = on.tensor.attr("index_put_");
  on.both(
      "take", [](const PyTensor& x, const PyTensor& index) { return take(x, array_of(index)); },
      py::arg("index"));
  with_in_place(
      on, "put",
      [](const PyTensor& x, const PyTensor& index, const PyTensor& source, bool accumulate) {
        const PyTensor y = clone(x);
        put_(y, array_of(index), source, accumulate);
        return y;
      },
      [](const py::object& self, const PyTensor& index, const PyTensor& source, bool accumulate) {
        put_(py::cast<PyTensor>(self), array_of(index), source, accumulate);
        return self;
      },
      py::arg("index"), py::arg("source"), py::arg("accumulate") = false);
}

Combine combination(const std::optional<std::string>& reduce) {
  if (!reduce) return Combine::kWrite;
  check(*reduce == "add" || *reduce == "multiply",
        "scatter: reduce argument must be either add or multiply, got ", *reduce);
  return *reduce == "add" ? Combine::kAdd : Combine::kMultiply;
}

// A number as a source for every position.
PyTensor everywhere(const Scalar& value, const PyTensor& x, const PyTensor& index) {
  return PyTensor(expand(scalar_tensor(value, x.dtype()), array_of(index).shape()));
}

void bind_scatter(Surface& on) {
  using Reduce = std::optional<std::string>;
  const auto none = py::none();
  with_in_place(
      on, "scatter",
      [](const PyTensor& x, int64_t dim, const PyTensor& index, const PyTensor& src,
         const Reduce& reduce) {
        return scatter(x, dim, array_of(index), src, combination(reduce));
      },
      [](const py::object& self, int64_t dim, const PyTensor& index, const PyTensor& src,
         const Reduce& reduce) {
        scatter_(py::cast<PyTensor>(self), dim, array_of(index), src, combination(reduce));
        return self;
      },
      py::arg("dim"), py::arg("index"), py::arg("src"), py::kw_only(), py::arg("reduce") = none);
  with_in_place(
      on, "scatter",
      [](const PyTensor& x, int64_t dim, const PyTensor& index, const Scalar& value,
         const Reduce& reduce) {
        return scatter(x, dim, array_of(index), everywhere(value, x, index), combination(reduce));
      },
      [](const py::object& self, int64_t dim, const PyTensor& index, const Scalar& value,
         const Reduce& reduce) {
        const PyTensor x = py::cast<PyTensor>(self);
        scatter_(x, dim, array_of(index), everywhere(value, x, index), combination(reduce));
        return self;
      },
      py::arg("dim"), py::arg("index"), py::arg("value"), py::kw_only(), py::arg("reduce") = none);
  with_in_place(
      on, "scatter_add",
      [](const PyTensor& x, int64_t dim, const PyTensor& index, const PyTensor& src) {
        return scatter(x, dim, array_of(index), src, Combine::kAdd);
      },
      [](const py::object& self, int64_t dim, const PyTensor& index, const PyTensor& src) {
        scatter_(py::cast<PyTensor>(self), dim, array_of(index), src, Combine::kAdd);
        return self;
      },
      py::arg("dim"), py::arg("index"), py::arg("src"));
  with_in_place(
      on, "scatter_reduce",
      [](const PyTensor& x, int64_t dim, const PyTensor& index, const PyTensor& src,
         const std::string& reduce, bool include_self) {
        return scatter_reduce(x, dim, array_of(index), src, reduce, include_self);
      },
      [](const py::object& self, int64_t dim, const PyTensor& index, const PyTensor& src,
         const std::string& reduce, bool include_self) {
        return rewrite("scatter_reduce_", self,
                       [&](const PyTensor& x) {
                         return scatter_reduce(x, dim, array_of(index), src, reduce, include_self);
                       },
                       {&src});
      },
      py::arg("dim"), py::arg("index"), py::arg("src"), py::arg("reduce"), py::kw_only(),
      py::arg("include_self") = true);
}

void bind_places(Surface& on) {
  for (const bool upper : {false, true}) {
    const char* name = upper ? "triu" : "tril";
    with_in_place(
        on, name,
        [upper](const PyTensor& x, int64_t diagonal) {
          return upper ? triu(x, diagonal) : tril(x, diagonal);
        },
        [upper](const py::object& self, int64_t diagonal) {
          const PyTensor x = py::cast<PyTensor>(self);
          upper ? triu_(x, diagonal) : tril_(x, diagonal);
          return self;
        },
        py::arg("diagonal") = 0);
    on.m.def(
        upper ? "_triu_indices" : "_tril_indices",
        [upper](int64_t row, int64_t column, int64_t offset) {
          return PyTensor(tril_indices(row, column, offset, upper));
        },
        py::arg("row"), py::arg("col"), py::arg("offset"));
  }
  on.both(
      "diagonal",
      [](const PyTensor& x, int64_t offset, int64_t dim1, int64_t dim2) {
        return diagonal(x, offset, dim1, dim2);
      },
      py::arg("offset") = 0, py::arg("dim1") = 0, py::arg("dim2") = 1);
  on.both(
      "diag_embed",
      [](const PyTensor& x, int64_t offset, int64_t dim1, int64_t dim2) {
        return diag_embed(x, offset, dim1, dim2);
      },
      py::arg("offset") = 0, py::arg("dim1") = -2, py::arg("dim2") = -1);
  on.both("trace", [](const PyTensor& x) { return trace(x); });
  on.tensor.def(
      "unfold",
      [](const PyTensor& x, int64_t dimension, int64_t size, int64_t step) {
        return unfold(x, dimension, size, step);
      },
      py::arg("dimension"), py::arg("size"), py::arg("step"));
  on.tensor.def(
      "fill_diagonal_",
      [](const py::object& self, const Scalar& value, bool wrap) {
        fill_diagonal_(py::cast<PyTensor>(self), value, wrap);
        return self;
      },
      py::arg("fill_value"), py::arg("wrap") = false);
}

}  // namespace

void bind_selection(Surface& on) {
  bind_masks(on);
  bind_positions(on);
  bind_scatter(on);
  bind_places(on);
}

}  // namespace tinytorch

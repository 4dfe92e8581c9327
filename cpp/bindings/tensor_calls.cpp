// One step before pybind11's dispatcher: keywords are translated, errors shortened.
#include "bindings/tensor_calls.h"

#include <array>
#include <cstring>
#include <string_view>
#include <unordered_set>

#include "bindings/errors.h"
#include "bindings/tensor_halves.h"
#include "bindings/tensor_shortcuts.h"

namespace tinytorch {
namespace {

using Overload = py::detail::function_record;

FastCall pybind_dispatcher = nullptr;

bool has_parameter(const Overload* overloads, std::string_view name) {
  for (const Overload* o = overloads; o; o = o->next) {
    for (const auto& arg : o->args) {
      if (arg.name && name == arg.name) return true;
    }
    if (o->has_kwargs) return true;  // sees to its keywords itself
  }
  return false;
}

bool takes_sizes_one_by_one(const Overload* overloads) {
  for (const Overload* o = overloads; o; o = o->next) {
    if (o->has_args && !o->has_kwargs) return true;
  }
  return false;
}

/// The parameter that a keyword means; the keyword itself where it has no other name.
std::string_view meaning(const Overload* overloads, std::string_view keyword) {
  struct Alias {
    std::string_view keyword, parameter;
  };
  static constexpr std::array kAliases = {
      Alias{"axis", "dim"}, Alias{"axis", "dims"}, Alias{"keepdims", "keepdim"},
      Alias{"x", "input"},  Alias{"a", "input"},   Alias{"x1", "input"},
      Alias{"x2", "other"}, Alias{"dim", "dims"},
  };
  for (const Alias& alias : kAliases) {
    if (keyword == alias.keyword && has_parameter(overloads, alias.parameter))
      return alias.parameter;
  }
  return keyword;
}

bool is_sizes_keyword(std::string_view keyword) {
  return keyword == "size" || keyword == "shape" || keyword == "dims" || keyword == "repeats";
}

std::string_view text_of(PyObject* name) {
  Py_ssize_t length = 0;
  const char* text = PyUnicode_AsUTF8AndSize(name, &length);
  if (!text) throw py::error_already_set();
  return {text, static_cast<size_t>(length)};
}

// Functions that write no other dtype than their result's: they move elements, find positions or
// multiply matrices. The others convert, as far as promotion goes.
bool keeps_its_dtype(std::string_view operation) {
  static const std::unordered_set<std::string_view> names = {
      "abs",           "absolute",     "addmm",        "addmv",     "amax",       "amin",
      "aminmax",       "argmax",       "argmin",       "baddbmm",   "bmm",        "bucketize",
      "ceil",          "clamp",        "clamp_max",    "clamp_min", "clip",       "cross",
      "cummax",        "cummin",       "diag",         "dot",       "floor",      "frac",
      "gather",        "histc",        "index_select", "inner",     "kthvalue",   "log_softmax",
      "masked_select", "matmul",       "max",          "median",    "min",        "mm",
      "mode",          "msort",        "multinomial",  "mv",        "nan_to_num", "neg",
      "negative",      "nonzero",      "norm",         "quantile",  "renorm",     "round",
      "scatter",       "searchsorted", "sgn",          "sign",      "softmax",    "sort",
      "take",          "tensordot",    "topk",         "tril",      "triu",       "trunc",
      "where"};
  return names.contains(operation);
}

/// A call whose keywords the overloads do not all know, with those that have a meaning translated.
struct Translated {
  Translated(const Overload* overloads, PyObject* const* given, size_t count, PyObject* keywords)
      : args(given, given + count), positional(count) {
    py::list kept;
    std::vector<PyObject*> values;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(keywords); ++i) {
      PyObject* value = given[count + static_cast<size_t>(i)];
      const std::string_view keyword = text_of(PyTuple_GET_ITEM(keywords, i));
      if (has_parameter(overloads, keyword)) {
        kept.append(py::handle(PyTuple_GET_ITEM(keywords, i)));
        values.push_back(value);
      } else if (keyword == "out") {
        out = py::reinterpret_borrow<py::object>(value);
      } else if (is_sizes_keyword(keyword) && count == 1 && takes_sizes_one_by_one(overloads)) {
        args.push_back(value);
        ++positional;
      } else {
        kept.append(py::str(std::string(meaning(overloads, keyword))));
        values.push_back(value);
      }
    }
    // A sum is computed in the dtype that it is written in; a mean of integers is still none.
    const std::string_view name = overloads->name;
    if (box_from(out) && has_parameter(overloads, "dtype") && !keeps_its_dtype(name) &&
        name != "mean" && !kept.contains("dtype")) {
      kept.append("dtype");
      dtype = out.attr("dtype");
      values.push_back(dtype.ptr());
    }
    args.insert(args.end(), values.begin(), values.end());
    names = py::tuple(kept);
  }

  std::vector<PyObject*> args;  // borrowed
  size_t positional;
  py::tuple names;
  py::object out = py::none();
  py::object dtype;
};

bool knows_all(const Overload* overloads, PyObject* keywords) {
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(keywords); ++i) {
    if (!has_parameter(overloads, text_of(PyTuple_GET_ITEM(keywords, i)))) return false;
  }
  return true;
}

void replace_all(std::string& text, std::string_view old, std::string_view with) {
  for (size_t at = 0; (at = text.find(old, at)) != std::string::npos; at += with.size())
    text.replace(at, old.size(), with);
}

std::string type_names(PyObject* const* args, size_t count, PyObject* keywords) {
  const size_t named = keywords ? static_cast<size_t>(PyTuple_GET_SIZE(keywords)) : 0;
  std::string text = "(";
  for (size_t i = 0; i < count + named; ++i) {
    if (i) text += ", ";
    if (i >= count)
      (text += text_of(PyTuple_GET_ITEM(keywords, static_cast<Py_ssize_t>(i - count)))) += "=";
    text += py::str(py::type::handle_of(args[i]).attr("__name__")).cast<std::string>();
  }
  return text + ")";
}

// "sum(): got (Tensor, dim=str), expected (input: Tensor, dim: object = None, ...) -> Tensor".
void shorten_mismatch(const Overload* overloads, PyObject* const* args, size_t count,
                      PyObject* keywords) {
  if (!PyErr_ExceptionMatches(PyExc_TypeError)) return;
  const py::error_already_set error;
  const std::string message = py::str(error.value());
  if (message.find("incompatible function arguments") == std::string::npos) {
    py::object(error.value()).inc_ref();
    PyErr_SetObject(error.type().ptr(), error.value().ptr());
    return;
  }
  std::string text =
      std::string(overloads->name) + "(): got " + type_names(args, count, keywords) + ", expected ";
  for (const Overload* o = overloads; o; o = o->next) {
    if (o != overloads) text += " or ";
    text += o->signature;
  }
  replace_all(text, "typing.SupportsInt | typing.SupportsIndex", "int");
  replace_all(text, "typing.SupportsFloat | typing.SupportsIndex", "float");
  PyErr_SetString(PyExc_TypeError, text.c_str());
}

PyObject* dispatch_halves(PyObject* self, PyObject* const* args, size_t count, PyObject* keywords) {
  const size_t named = keywords ? static_cast<size_t>(PyTuple_GET_SIZE(keywords)) : 0;
  if (!brings_half(args, count + named)) return pybind_dispatcher(self, args, count, keywords);
  try {
    const char* name = py::detail::function_record_ptr_from_PyObject(self)->name;
    return call_with_halves(pybind_dispatcher, name, self, args, count, keywords);
  } catch (...) {
    set_python_error();
  }
  return nullptr;
}

// Parameters that are integers, where Python's True would pass for a 1.
bool counts(std::string_view parameter) {
  static const std::unordered_set<std::string_view> names = {
      "dim",     "dims",      "dim0",        "dim1",    "dim2",     "start_dim",
      "end_dim", "diagonal",  "offset",      "chunks",  "sections", "shifts",
      "k",       "length",    "dimension",   "repeats", "step",     "start",
      "bins",    "minlength", "num_samples", "index"};
  return names.contains(parameter);
}

// The parameter that args[i] goes to, as the first of the overloads names it.
std::string_view parameter_of(const Overload* o, size_t i, size_t count, PyObject* keywords) {
  if (i >= count) return text_of(PyTuple_GET_ITEM(keywords, static_cast<Py_ssize_t>(i - count)));
  return i < o->args.size() && o->args[i].name ? o->args[i].name : std::string_view();
}

void refuse_truth_for_a_number(const Overload* overloads, PyObject* const* args, size_t count,
                               PyObject* keywords) {
  const size_t named = keywords ? static_cast<size_t>(PyTuple_GET_SIZE(keywords)) : 0;
  for (size_t i = 0; i < count + named; ++i) {
    if (args[i] != Py_True && args[i] != Py_False) continue;
    // Older overloads have a flag where these have dim: std(input, unbiased).
    if (has_parameter(overloads, "unbiased")) return;
    const std::string_view parameter = parameter_of(overloads, i, count, keywords);
    check<TypeError>(!counts(parameter), overloads->name, "(): argument '", parameter,
                     "' must be int, not bool");
  }
}

bool is_mismatch() {
  if (!PyErr_ExceptionMatches(PyExc_TypeError)) return false;
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  const std::string message = py::str(py::handle(value));
  PyErr_Restore(type, value, trace);
  return message.find("incompatible function arguments") != std::string::npos;
}

// Where no overload takes a tensor, one of no dims stands for its number: those among the keywords,
// or all behind the first argument.
PyObject* dispatch_numbers(PyObject* self, PyObject* const* args, size_t count,
                           PyObject* keywords) {
  py::error_already_set refused;  // put aside, as no Python runs while an error is set
  const size_t named = keywords ? static_cast<size_t>(PyTuple_GET_SIZE(keywords)) : 0;
  for (const size_t first : {count, size_t{1}}) {
    std::vector<PyObject*> numbers(args, args + count + named);
    std::vector<py::object> kept;
    for (size_t i = first; i < numbers.size(); ++i) {
      Box* box = box_from(numbers[i]);
      if (!box || box->data.dim() > 0) continue;
      const py::handle x(numbers[i]);
      if (py::hasattr(x, "requires_grad") && x.attr("requires_grad").cast<bool>()) continue;
      numbers[i] = kept.emplace_back(x.attr("item")()).ptr();
    }
    if (kept.empty()) continue;
    PyObject* result = pybind_dispatcher(self, numbers.data(), count, keywords);
    if (result || !is_mismatch()) return result;
    PyErr_Clear();
  }
  refused.restore();
  return nullptr;
}

PyObject* dispatch_call(PyObject* self, PyObject* const* args, size_t count, PyObject* keywords) {
  const Overload* overloads = py::detail::function_record_ptr_from_PyObject(self);
  try {
    refuse_truth_for_a_number(overloads, args, count, keywords);
    PyObject* result = halves_seen ? dispatch_halves(self, args, count, keywords)
                                   : pybind_dispatcher(self, args, count, keywords);
    if (!result && is_mismatch()) [[unlikely]]
      result = dispatch_numbers(self, args, count, keywords);
    if (!result) [[unlikely]]
      shorten_mismatch(overloads, args, count, keywords);
    return result;
  } catch (...) {
    set_python_error();
  }
  return nullptr;
}

}  // namespace

PyObject* call_as_torch(PyObject* self, PyObject* const* args, size_t flags, PyObject* keywords) {
  const auto count = static_cast<size_t>(PyVectorcall_NARGS(flags));
  if (!keywords) return dispatch_call(self, args, count, nullptr);
  try {
    const Overload* overloads = py::detail::function_record_ptr_from_PyObject(self);
    if (knows_all(overloads, keywords)) return dispatch_call(self, args, count, keywords);
    const Translated call(overloads, args, count, keywords);
    PyObject* result = dispatch_call(self, call.args.data(), call.positional,
                                     call.names.empty() ? nullptr : call.names.ptr());
    if (!result || call.out.is_none()) return result;
    return write_out(overloads->name, py::reinterpret_steal<py::object>(result), call.out)
        .release()
        .ptr();
  } catch (...) {
    set_python_error();
  }
  return nullptr;
}

namespace {

// Parameters that are True or False, where pybind11 would ask any object for its truth.
bool is_flag(const char* parameter) {
  static const std::unordered_set<std::string_view> names = {
      "keepdim", "descending", "largest", "sorted", "right", "accumulate", "include_self"};
  return parameter && names.contains(parameter);
}

// Where calls of a function begin; those that are no longer pybind11's dispatcher.
std::unordered_set<PyMethodDef*>& prepared() {
  static auto& definitions = *new std::unordered_set<PyMethodDef*>;
  return definitions;
}

void prepare(py::handle function, FastCall entry = &call_as_torch) {
  PyObject* f = function.ptr();
  if (PyInstanceMethod_Check(f)) f = PyInstanceMethod_GET_FUNCTION(f);
  if (!PyCFunction_Check(f) || !PyCFunction_GET_SELF(f) ||
      !py::detail::function_record_ptr_from_PyObject(PyCFunction_GET_SELF(f)))
    return;
  // pybind11 allocates each function's definition, and Python reads it at every call.
  PyMethodDef* definition = reinterpret_cast<PyCFunctionObject*>(f)->m_ml;
  if (!prepared().insert(definition).second) return;
  for (Overload* o = py::detail::function_record_ptr_from_PyObject(PyCFunction_GET_SELF(f)); o;
       o = o->next) {
    for (auto& arg : o->args) arg.convert = arg.convert && !is_flag(arg.name);
  }
  pybind_dispatcher = reinterpret_cast<FastCall>(reinterpret_cast<void (*)()>(definition->ml_meth));
  definition->ml_meth = reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(entry));
}

int category(DType dtype) { return is_floating(dtype) ? 2 : dtype == DType::kBool ? 0 : 1; }

void write_tensor(const std::string& operation, const PyTensor& result, PyTensor out) {
  const DType from = array_of(result).dtype(), to = array_of(out).dtype();
  check(category(from) <= category(to), operation, ": result type ", from,
        " can't be cast to the desired output type ", to);
  check(from == to || !keeps_its_dtype(operation), operation, ": expected out of dtype ", from,
        ", got ", to);
#if TINYTORCH_HAS_AUTOGRAD
  check(!result.requires_grad() && !(out.requires_grad() && grad_enabled()), operation,
        ": functions with out=... arguments don't support automatic differentiation, but one of "
        "the arguments requires grad.");
  const NoGrad no_grad;
  if (array_of(out).shape() != array_of(result).shape()) {
    if (array_of(out).numel() != 0 &&
        PyErr_WarnEx(PyExc_UserWarning,
                     (operation + ": an output with one or more elements was resized").c_str(),
                     1) < 0)
      throw py::error_already_set();
    set_data(out, PyTensor(empty(array_of(result).shape(), to)));
  }
#else
  check(array_of(out).shape() == array_of(result).shape(), operation, ": the result of shape ",
        array_of(result).shape(), " cannot be written to shape ", array_of(out).shape());
#endif
  copy_(out, result);
}

}  // namespace

void detail::begin_at(py::handle function, FastCall entry) { prepare(function, entry); }

py::object write_out(const std::string& operation, const py::object& result,
                     const py::object& out) {
  if (Box* into = box_from(out)) {
    Box* from = box_from(result);
    check<TypeError>(from != nullptr, operation, ": expected out to be several tensors, got one");
    write_tensor(operation, unbox(Ref<Box>(from)), unbox(Ref<Box>(into)));
    return out;
  }
  check<TypeError>((py::isinstance<py::tuple>(out) || py::isinstance<py::list>(out)) &&
                       py::isinstance<py::tuple>(result) && py::len(out) == py::len(result),
                   operation,
                   ": expected out to be a Tensor, or as many as there are results, got ",
                   py::str(py::type::handle_of(out).attr("__name__")).cast<std::string>());
  const auto results = py::reinterpret_borrow<py::sequence>(result);
  const auto outs = py::reinterpret_borrow<py::sequence>(out);
  for (size_t i = 0; i < outs.size(); ++i)
    write_out(operation, py::object(results[i]), py::object(outs[i]));
  return out;
}

void accept_torch_calls(py::module_& m) {
  for (const auto& [name, value] : py::reinterpret_borrow<py::dict>(m.attr("__dict__")))
    prepare(value);
  const py::dict members(m.attr("Tensor").attr("__dict__"));
  for (const auto& [name, value] : members) prepare(value);
  if (!py::hasattr(m, "optimizers")) return;
  const py::dict steps(m.attr("optimizers").attr("__dict__"));
  for (const auto& [name, value] : steps) prepare(value);
}

}  // namespace tinytorch

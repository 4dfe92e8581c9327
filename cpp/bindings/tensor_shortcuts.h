// Shortcuts: calls that small programs spend their time on, without pybind11's dispatcher.
//
//   m.def("linear", ...);
//   shortcut(m.attr("linear"),
//            [](const PyTensor& x, const PyTensor& w, const OrNone& b) { return linear(x, w, b.x);
//            }, required<PyTensor>("input"), required<PyTensor>("weight"), defaults("bias",
//            OrNone{}));
//
// A call whose arguments are of exactly the types that the parameters have goes to the function at
// once; every other (a numpy number, a half, a keyword of PyTorch's, a mistake) goes the way it
// always did. The two must therefore agree, and a shortcut is never needed.
#pragma once
#include <array>
#include <tuple>

#include "bindings/errors.h"
#include "bindings/tensor_calls.h"
#include "bindings/tensor_halves.h"

namespace tinytorch {

/// A parameter that takes a Tensor or None, which is an undefined x.
struct OrNone {
  PyTensor x = {};
};
/// The last parameter of a method that takes sizes one by one, or as one tuple.
struct Sizes {
  Dims dims;
};

/// A parameter that takes an empty list.
struct Nothing {};

template <class T>
struct ShortcutParameter {
  PyObject* name;  // interned, as keywords in programs are
  std::optional<T> otherwise;
};
template <class T>
ShortcutParameter<T> required(const char* name) {
  return {PyUnicode_InternFromString(name), std::nullopt};
}
template <class T>
ShortcutParameter<T> defaults(const char* name, T otherwise) {
  return {PyUnicode_InternFromString(name), std::move(otherwise)};
}

namespace detail {

// read(object, value): whether the object is exactly of the value's type.

inline bool read(PyObject* from, std::optional<PyTensor>& to) {
  Box* box = box_from(from);
  if (box) to.emplace(unbox(Ref<Box>(box)));
  return box != nullptr;
}
inline bool read(PyObject* from, std::optional<OrNone>& to) {
  if (Box* box = box_from(from)) to.emplace(unbox(Ref<Box>(box)));
  else if (from == Py_None) to.emplace();
  return to.has_value();
}
inline bool read(PyObject* from, std::optional<int64_t>& to) {
  if (!PyLong_CheckExact(from)) return false;
  int overflow = 0;
  to = PyLong_AsLongLongAndOverflow(from, &overflow);
  return overflow == 0;
}
inline bool read(PyObject* from, std::optional<std::optional<int64_t>>& to) {
  std::optional<int64_t> number;
  if (from != Py_None && !read(from, number)) return false;
  to.emplace(number);
  return true;
}
inline bool read(PyObject* from, std::optional<double>& to) {
  std::optional<int64_t> whole;
  if (PyFloat_CheckExact(from)) to = PyFloat_AS_DOUBLE(from);
  else if (read(from, whole)) to = static_cast<double>(*whole);
  return to.has_value();
}
inline bool read(PyObject* from, std::optional<std::optional<double>>& to) {
  std::optional<double> number;
  if (from != Py_None && !read(from, number)) return false;
  to.emplace(number);
  return true;
}
inline bool read(PyObject* from, std::optional<std::string>& to) {
  if (!PyUnicode_CheckExact(from)) return false;
  Py_ssize_t length = 0;
  const char* text = PyUnicode_AsUTF8AndSize(from, &length);
  if (!text) throw py::error_already_set();
  to.emplace(text, static_cast<size_t>(length));
  return true;
}
inline bool read(PyObject* from, std::optional<bool>& to) {
  if (PyBool_Check(from)) to = from == Py_True;
  return to.has_value();
}
inline bool read(PyObject* from, std::optional<Nothing>& to) {
  if (PyList_CheckExact(from) && PyList_GET_SIZE(from) == 0) to.emplace();
  return to.has_value();
}
inline bool read(PyObject* from, std::optional<Dims>& to) {
  if (!PyTuple_Check(from)) return false;
  to.emplace();
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(from); ++i) {
    std::optional<int64_t> size;
    if (!read(PyTuple_GET_ITEM(from, i), size)) return false;
    to->push_back(*size);
  }
  return true;
}
inline bool read(PyObject* from, std::optional<std::vector<PyTensor>>& to) {
  if (!PyList_CheckExact(from) && !PyTuple_CheckExact(from)) return false;
  const auto count = static_cast<size_t>(PySequence_Fast_GET_SIZE(from));
  to.emplace().reserve(count);
  for (size_t i = 0; i < count; ++i) {
    Box* box = box_from(PySequence_Fast_GET_ITEM(from, static_cast<Py_ssize_t>(i)));
    if (!box) return false;
    to->push_back(unbox(Ref<Box>(box)));
  }
  return true;
}

inline PyObject* python(PyTensor x) { return object_of(box_of(std::move(x))).release().ptr(); }
inline PyObject* python(const Scalar& x) { return py::cast(x).release().ptr(); }
inline PyObject* python(const std::vector<PyTensor>& parts) {
  py::tuple result(parts.size());
  for (size_t i = 0; i < parts.size(); ++i) result[i] = object_of(box_of(parts[i]));
  return result.release().ptr();
}
inline PyObject* python(py::object x) { return x.release().ptr(); }

template <class F, class... T>
struct Shortcut {
  static constexpr size_t kCount = sizeof...(T);
  using Given = std::array<PyObject*, kCount>;
  using Last = std::tuple_element_t<kCount - 1, std::tuple<T...>>;
  static constexpr bool kSizes = std::is_same_v<Last, Sizes>;

  static inline std::optional<std::tuple<ShortcutParameter<T>...>> parameters;
  static inline std::array<PyObject*, kCount> names{};

  static PyObject* call(PyObject* self, PyObject* const* args, size_t flags, PyObject* keywords) {
    if (!halves_seen) {
      try {
        std::tuple<std::optional<T>...> values;
        if (read_all(args, static_cast<size_t>(PyVectorcall_NARGS(flags)), keywords, values)) {
          return std::apply([](auto&... value) { return answer(*value...); }, values);
        }
      } catch (...) {
        set_python_error();
        return nullptr;
      }
    }
    return call_as_torch(self, args, flags, keywords);
  }

 private:
  static PyObject* answer(const T&... values) {
    if constexpr (std::is_void_v<decltype(F{}(values...))>) {
      F{}(values...);
      return py::none().release().ptr();
    } else {
      return python(F{}(values...));
    }
  }

  static bool read_all(PyObject* const* args, size_t count, PyObject* keywords,
                       std::tuple<std::optional<T>...>& values) {
    Given given{};
    const size_t single = kSizes ? kCount - 1 : kCount;
    if (kSizes ? count <= single || keywords : count > single) return false;
    std::copy_n(args, std::min(count, single), given.begin());
    if (keywords && !place(args + count, keywords, given)) return false;
    if constexpr (kSizes) {
      if (!read_sizes(args + single, count - single, std::get<kCount - 1>(values))) return false;
    }
    return [&]<size_t... i>(std::index_sequence<i...>) {
      return (... && read_one(given[i], std::get<i>(*parameters).otherwise, std::get<i>(values)));
    }(std::make_index_sequence<kSizes ? kCount - 1 : kCount>());
  }

  // Puts the values of keywords where their parameters are.
  static bool place(PyObject* const* values, PyObject* keywords, Given& given) {
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(keywords); ++k) {
      size_t i = 0;
      while (i < kCount && names[i] != PyTuple_GET_ITEM(keywords, k)) ++i;
      if (i == kCount || given[i]) return false;
      given[i] = values[k];
    }
    return true;
  }

  template <class Value>
  static bool read_one(PyObject* from, const std::optional<Value>& otherwise,
                       std::optional<Value>& to) {
    if (from) return read(from, to);
    to = otherwise;
    return otherwise.has_value();
  }

  static bool read_sizes(PyObject* const* from, size_t count, std::optional<Sizes>& to) {
    std::optional<Dims> dims;
    if (count == 1 && PyTuple_Check(*from)) {
      if (!read(*from, dims)) return false;
    } else {
      dims.emplace();
      for (size_t i = 0; i < count; ++i) {
        std::optional<int64_t> size;
        if (!read(from[i], size)) return false;
        dims->push_back(*size);
      }
    }
    to.emplace(Sizes{*dims});
    return true;
  }
};

/// Has calls of a function, or method, that pybind11 made begin at `entry`.
void begin_at(py::handle function, FastCall entry);

}  // namespace detail

/// Gives `function`, bound with pybind11, a shorter way to f. f captures nothing.
template <class F, class... T>
void shortcut(py::handle function, F, ShortcutParameter<T>... parameters) {
  using Way = detail::Shortcut<F, T...>;
  Way::names = {parameters.name...};
  Way::parameters.emplace(std::move(parameters)...);
  detail::begin_at(function, &Way::call);
}

}  // namespace tinytorch

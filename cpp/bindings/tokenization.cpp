// The unit tokenization: strings, bytes and lists of ints in, the same out; no Tensor.
#include "modules/tokenization/tokenization.h"

#include <pybind11/functional.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "bindings/units.h"

namespace tinytorch {
namespace {

namespace py = pybind11;
using namespace tokenization;

std::u32string_view code_points(const py::str& text, std::u32string& memory) {
  const Py_ssize_t size = PyUnicode_GetLength(text.ptr());
  memory.resize(static_cast<size_t>(size) + 1);
  auto* to = reinterpret_cast<Py_UCS4*>(memory.data());
  if (!PyUnicode_AsUCS4(text.ptr(), to, size + 1, 1)) throw py::error_already_set();
  memory.pop_back();
  return memory;
}

py::str string_from(const char32_t* characters, size_t size) {
  return py::reinterpret_steal<py::str>(
      PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, characters, static_cast<Py_ssize_t>(size)));
}

Ids ids_from(const char* operation, const py::handle& sequence) {
  const auto items = py::reinterpret_steal<py::object>(
      PySequence_Fast(sequence.ptr(), "decode: expected a sequence of ints"));
  if (!items) throw py::error_already_set();
  const Py_ssize_t size = PySequence_Fast_GET_SIZE(items.ptr());
  PyObject** each = PySequence_Fast_ITEMS(items.ptr());
  Ids ids(static_cast<size_t>(size));
  for (Py_ssize_t i = 0; i < size; ++i) {
    const auto number = py::reinterpret_steal<py::object>(PyNumber_Index(each[i]));
    if (!number || PyBool_Check(each[i])) {
      PyErr_Clear();
      fail<TypeError>(operation, ": expected ints, got ",
                      std::string_view(Py_TYPE(each[i])->tp_name), " at place ",
                      static_cast<int64_t>(i));
    }
    int overflow = 0;
    const int64_t id = PyLong_AsLongLongAndOverflow(number.ptr(), &overflow);
    check<IndexError>(overflow == 0 && id == static_cast<Id>(id), operation, ": id ",
                      std::string(py::str(number)), " at place ", static_cast<int64_t>(i),
                      " is outside every vocabulary");
    ids[static_cast<size_t>(i)] = static_cast<Id>(id);
  }
  return ids;
}

py::list list_from(const Ids& ids) {
  py::list list(static_cast<py::ssize_t>(ids.size()));
  for (size_t i = 0; i < ids.size(); ++i) {
    PyObject* number = PyLong_FromLong(ids[i]);
    if (!number) throw py::error_already_set();
    PyList_SET_ITEM(list.ptr(), static_cast<Py_ssize_t>(i), number);
  }
  return list;
}

py::dict dict_from(const Counts& counts) {
  py::dict dict;
  for (const auto& [pair, count] : counts) dict[py::make_tuple(pair.first, pair.second)] = count;
  return dict;
}

void check_ids(const Ids& ids, const std::vector<std::string>& vocabulary) {
  const auto size = static_cast<Id>(vocabulary.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    const Id id = ids[i];
    check<IndexError>(id >= 0 && id < size && !vocabulary[static_cast<size_t>(id)].empty(),
                      "decode: id ", id, " at place ", i, " is outside the vocabulary of ", size);
  }
}

std::string decode_checked(const py::handle& sequence, const std::vector<std::string>& words) {
  const Ids ids = ids_from("decode", sequence);
  check_ids(ids, words);
  return decode(view(ids), words);
}

py::bytes decode_tokens(const py::object& ids, const std::vector<py::bytes>& vocabulary) {
  const std::vector<std::string> words(vocabulary.begin(), vocabulary.end());
  return decode_checked(ids, words);
}

using Triple = std::tuple<Id, Id, Id>;

std::vector<Merge> merges_from(const std::vector<Triple>& triples) {
  std::vector<Merge> merges;
  for (const auto& [left, right, id] : triples) merges.push_back({left, right, id});
  return merges;
}

void bind_characters(py::module_& m) {
  m.def(
      "characters",
      [](const py::str& text) {
        std::u32string memory;
        const std::vector<char32_t> found = characters(view(code_points(text, memory)));
        return string_from(found.data(), found.size());
      },
      py::arg("text"));
  m.def(
      "encode_characters",
      [](const py::str& text, const py::str& vocabulary) {
        std::u32string text_memory, memory;
        const std::u32string_view from = code_points(text, text_memory);
        const std::u32string_view known = code_points(vocabulary, memory);
        Ids ids(from.size());
        encode_characters(view(from), view(known),
                          {ids.data(), {static_cast<int64_t>(ids.size())}});
        return list_from(ids);
      },
      py::arg("text"), py::arg("vocabulary"));
  m.def(
      "decode_characters",
      [](const py::object& sequence, const py::str& vocabulary) {
        std::u32string memory, text;
        const std::u32string_view known = code_points(vocabulary, memory);
        const Ids ids = ids_from("decode", sequence);
        for (size_t i = 0; i < ids.size(); ++i) {
          const auto id = static_cast<size_t>(ids[i]);
          check<IndexError>(ids[i] >= 0 && id < known.size(), "decode: id ", ids[i], " at place ",
                            i, " is outside the vocabulary of ", known.size());
          text.push_back(known[id]);
        }
        return string_from(text.data(), text.size());
      },
      py::arg("ids"), py::arg("vocabulary"));
  m.def(
      "piece_end",
      [](const py::str& text, int64_t start) {
        std::u32string memory;
        const std::u32string_view from = code_points(text, memory);
        check<IndexError>(start >= 0 && start < static_cast<int64_t>(from.size()),
                          "piece_end: start ", start, " is outside a text of ", from.size(),
                          " characters");
        return piece_end(view(from), start);
      },
      py::arg("text"), py::arg("start") = 0);
  m.def(
      "pieces",
      [](const py::bytes& text) {
        const auto from = static_cast<std::string_view>(text);
        py::list list;
        for (const std::string_view piece : pieces(from)) list.append(py::bytes(piece));
        return list;
      },
      py::arg("text"));
}

void bind_tasks(py::module_& m) {
  m.def(
      "count_pairs",
      [](const py::object& word, int64_t times, Counts counts) {
        count_pairs(view(ids_from("count_pairs", word)), times, counts);
        return dict_from(counts);
      },
      py::arg("word"), py::arg("times") = 1, py::arg("counts") = Counts{});
  m.def(
      "merge",
      [](const py::object& word, const Pair& pair, Id id) {
        return list_from(merge(view(ids_from("merge", word)), pair, id));
      },
      py::arg("word"), py::arg("pair"), py::arg("id"));
  m.def(
      "learn_merge",
      [](std::vector<Ids> words, const std::vector<int64_t>& times, Counts counts, Id id,
         int64_t at_least) {
        check<ValueError>(words.size() == times.size(), "learn_merge: expected as many times as ",
                          words.size(), " words, got ", times.size());
        const auto pair = learn_merge(words, view(times), at_least, counts, id);
        return py::make_tuple(pair, words, dict_from(counts));
      },
      py::arg("words"), py::arg("times"), py::arg("counts"), py::arg("id"),
      py::arg("at_least") = 1);
  m.def(
      "encode_piece",
      [](const py::object& bytes, const std::vector<Triple>& merges) {
        Ranks ranks;
        int64_t rank = 0;
        for (const auto& [left, right, id] : merges) {
          ranks.try_emplace({left, right}, Rank{rank++, id});
        }
        return list_from(encode_piece(view(ids_from("encode_piece", bytes)), ranks));
      },
      py::arg("bytes"), py::arg("merges"));
  m.def("decode", &decode_tokens, py::arg("ids"), py::arg("vocabulary"));
}

class Words {
 public:
  void add(const py::bytes& text) {
    count_words_kernel.get<float>()(static_cast<std::string_view>(text), counts_);
  }
  py::list train(Id first_id, int64_t merges, int64_t at_least, const py::object& report) const {
    Plan plan{first_id, merges, at_least, [&](int64_t done) {
                if (PyErr_CheckSignals() != 0) throw py::error_already_set();
                if (!report.is_none()) report(done);
              }};
    py::list list;
    for (const Merge& merge : train_kernel.get<float>()(counts_, plan)) {
      list.append(py::make_tuple(merge.left, merge.right, merge.id));
    }
    return list;
  }
  size_t size() const { return counts_.size(); }

 private:
  WordCounts counts_;
};

void bind_models(py::module_& m) {
  py::class_<Words>(m, "Words", "How often each piece of some texts occurs.")
      .def(py::init<>())
      .def("__len__", &Words::size)
      .def("add", &Words::add, py::arg("text"))
      .def("train", &Words::train, py::arg("first_id"), py::arg("merges"), py::arg("at_least") = 1,
           py::arg("report") = py::none());
  py::class_<BytePairs>(m, "BytePairs", "A vocabulary with its merges.")
      .def(py::init([](const std::vector<py::bytes>& vocabulary,
                       const std::optional<std::vector<Triple>>& merges, bool whole_pieces) {
             std::vector<std::string> words(vocabulary.begin(), vocabulary.end());
             if (!merges) return std::make_unique<BytePairs>(std::move(words));
             return std::make_unique<BytePairs>(std::move(words), merges_from(*merges),
                                                whole_pieces);
           }),
           py::arg("vocabulary"), py::arg("merges") = py::none(), py::arg("whole_pieces") = false)
      .def(
          "add_special",
          [](BytePairs& model, Id id, const py::bytes& bytes) { model.add_special(id, bytes); },
          py::arg("id"), py::arg("bytes"))
      .def("__len__", [](const BytePairs& model) { return model.vocabulary.size(); })
      .def(
          "encode",
          [](const BytePairs& model, const py::bytes& text) {
            Ids ids;
            encode_kernel.get<float>()(model, static_cast<std::string_view>(text), ids);
            return list_from(ids);
          },
          py::arg("text"))
      .def(
          "encode_str",
          [](const BytePairs& model, const py::str& text) {
            Py_ssize_t size = 0;
            const char* bytes = PyUnicode_AsUTF8AndSize(text.ptr(), &size);
            if (!bytes) throw py::error_already_set();
            Ids ids;
            encode_kernel.get<float>()(model, {bytes, static_cast<size_t>(size)}, ids);
            return list_from(ids);
          },
          py::arg("text"))
      .def(
          "decode",
          [](const BytePairs& model, const py::object& ids) {
            return py::bytes(decode_checked(ids, model.vocabulary));
          },
          py::arg("ids"));
  py::list order;
  for (const uint8_t byte : bytes_in_order()) order.append(static_cast<int>(byte));
  m.attr("bytes_in_order") = py::tuple(order);
}

}  // namespace

void bind_tokenization(py::module_& m) {
  py::module_ unit = m.def_submodule("tokenization", "The functions of the unit tokenization.");
  bind_characters(unit);
  bind_tasks(unit);
  bind_models(unit);
}

}  // namespace tinytorch

// Whole texts: what the tasks make together, and the entries of the kernel table.
#include "modules/tokenization/tokenization.h"

namespace tinytorch::tokenization {
namespace {

constexpr int64_t kReportEvery = 16;

// Told of every piece of the text, as code points.
template <class Tell>
void for_each_piece(std::string_view bytes, const Tell& tell) {
  const Text text = decode_utf8(bytes);
  const auto size = static_cast<int64_t>(text.size());
  for (int64_t start = 0; start < size;) {
    const int64_t end = piece_end(view(text), start);
    check(end > start && end <= size, "tokenization.piece_end: expected an end in (", start, ", ",
          size, "], got ", end);
    tell(std::u32string_view(text).substr(static_cast<size_t>(start),
                                          static_cast<size_t>(end - start)));
    start = end;
  }
}

void count_words(std::string_view text, WordCounts& counts) {
  for_each_piece(text, [&](std::u32string_view piece) { ++counts[encode_utf8(piece)]; });
}

std::vector<Merge> train(const WordCounts& found, const Plan& plan) {
  std::array<Id, 256> of_byte;
  for (size_t i = 0; i < 256; ++i) {
    of_byte[bytes_in_order()[i]] = plan.first_id - 256 + static_cast<Id>(i);
  }
  std::vector<Ids> words;
  std::vector<int64_t> times;
  Counts counts;
  for (const auto& [bytes, often] : found) {
    Ids& word = words.emplace_back();
    for (const char byte : bytes) word.push_back(of_byte[static_cast<uint8_t>(byte)]);
    times.push_back(often);
    count_pairs(view(word), often, counts);
  }
  std::vector<Merge> merges;
  for (Id id = plan.first_id; static_cast<int64_t>(merges.size()) < plan.merges; ++id) {
    const auto pair = learn_merge(words, view(times), plan.at_least, counts, id);
    if (!pair) break;
    merges.push_back({pair->first, pair->second, id});
    const auto done = static_cast<int64_t>(merges.size());
    if (done % kReportEvery == 0) plan.report(done);
  }
  return merges;
}

void encode(const BytePairs& model, std::string_view text, Ids& ids) {
  Ids bytes;
  for_each_piece(text, [&](std::u32string_view piece) {
    const std::string word = encode_utf8(piece);
    if (const auto whole = model.pieces.find(word); whole != model.pieces.end()) {
      ids.push_back(whole->second);
      return;
    }
    bytes.clear();
    for (const char byte : word) {
      bytes.push_back(model.of_byte[static_cast<uint8_t>(byte)]);
      check<ValueError>(bytes.back() >= 0, "encode: byte ",
                        static_cast<int64_t>(static_cast<uint8_t>(byte)),
                        " has no token in this vocabulary");
    }
    const Ids encoded = encode_piece(view(bytes), model.ranks);
    ids.insert(ids.end(), encoded.begin(), encoded.end());
  });
}

std::array<uint8_t, 256> ordered_bytes() {
  std::array<uint8_t, 256> order;
  size_t next = 0;
  const auto printable = [](int byte) {
    return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  };
  for (const bool wanted : {true, false}) {
    for (int byte = 0; byte < 256; ++byte) {
      if (printable(byte) == wanted) order[next++] = static_cast<uint8_t>(byte);
    }
  }
  return order;
}

std::array<Id, 256> ids_of_bytes(const std::vector<std::string>& vocabulary) {
  std::array<Id, 256> of_byte;
  of_byte.fill(-1);
  for (size_t id = 0; id < vocabulary.size(); ++id) {
    const std::string& bytes = vocabulary[id];
    if (bytes.size() == 1) of_byte[static_cast<uint8_t>(bytes[0])] = static_cast<Id>(id);
  }
  return of_byte;
}

ByBytes<Id> ids_of_tokens(const std::vector<std::string>& vocabulary) {
  ByBytes<Id> ids;
  for (size_t id = 0; id < vocabulary.size(); ++id) {
    if (!vocabulary[id].empty()) ids.try_emplace(vocabulary[id], static_cast<Id>(id));
  }
  return ids;
}

}  // namespace

const std::array<uint8_t, 256>& bytes_in_order() {
  static const std::array<uint8_t, 256> order = ordered_bytes();
  return order;
}

std::vector<std::string_view> pieces(std::string_view text) {
  std::vector<std::string_view> found;
  size_t at = 0;
  for_each_piece(text, [&](std::u32string_view piece) {
    const size_t size = encode_utf8(piece).size();
    found.push_back(text.substr(at, size));
    at += size;
  });
  return found;
}

BytePairs::BytePairs(std::vector<std::string> words, std::vector<Merge> learnt, bool whole_pieces)
    : vocabulary(std::move(words)), merges(std::move(learnt)), of_byte(ids_of_bytes(vocabulary)) {
  const auto size = static_cast<Id>(vocabulary.size());
  for (size_t rank = 0; rank < merges.size(); ++rank) {
    const Merge& merge = merges[rank];
    for (const Id id : {merge.left, merge.right, merge.id}) {
      check<ValueError>(id >= 0 && id < size, "BytePairs: merge ", rank, " names id ", id,
                        ", outside the vocabulary of ", size);
    }
    ranks.try_emplace({merge.left, merge.right}, Rank{static_cast<int64_t>(rank), merge.id});
  }
  if (whole_pieces) pieces = ids_of_tokens(vocabulary);
}

BytePairs::BytePairs(std::vector<std::string> words)
    : vocabulary(std::move(words)),
      of_byte(ids_of_bytes(vocabulary)),
      pieces(ids_of_tokens(vocabulary)) {
  for (const auto& [bytes, id] : pieces) {
    for (size_t cut = 1; cut < bytes.size(); ++cut) {
      const auto left = pieces.find(bytes.substr(0, cut)), right = pieces.find(bytes.substr(cut));
      if (left == pieces.end() || right == pieces.end()) continue;
      ranks.try_emplace({left->second, right->second}, Rank{id, id});
    }
  }
}

void BytePairs::add_special(Id id, std::string bytes) {
  check<ValueError>(id >= 0, "BytePairs: expected an id of 0 or more, got ", id);
  const auto place = static_cast<size_t>(id);
  if (place >= vocabulary.size()) vocabulary.resize(place + 1);
  check<ValueError>(vocabulary[place].empty(), "BytePairs: id ", id, " is taken");
  vocabulary[place] = std::move(bytes);
}

Kernel<CountWords> count_words_kernel("tokenization.count_words", count_words, count_words);
Kernel<Train> train_kernel("tokenization.train", train, train);
Kernel<Encode> encode_kernel("tokenization.encode", encode, encode);

}  // namespace tinytorch::tokenization

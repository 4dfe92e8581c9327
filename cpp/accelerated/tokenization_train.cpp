// Pieces of bytes, their counts, and merges learnt from them with a heap of pairs.
#include <array>
#include <cstring>
#include <queue>

#include "accelerated/tokenization.h"

#ifdef TINYTORCH_HAS_TOKENIZATION
namespace tinytorch::fast {
namespace {

using tokenization::Category;
using tokenization::Id;
using tokenization::Ids;
using tokenization::Merge;
using tokenization::Pair;
using tokenization::Plan;
using tokenization::WordCounts;

std::array<Category, 128> ascii_categories() {
  std::array<Category, 128> kinds;
  for (size_t c = 0; c < kinds.size(); ++c) {
    kinds[c] = tokenization::category(static_cast<char32_t>(c));
  }
  return kinds;
}
const std::array<Category, 128> kAscii = ascii_categories();

struct Seen {
  Category kind;
  int64_t length;
};

Seen look_beyond_ascii(const char* at, const char* end) {
  const auto [character, length] =
      tokenization::first_character({at, static_cast<size_t>(end - at)});
  return {tokenization::category(character), static_cast<int64_t>(length)};
}

inline Seen look(const char* at, const char* end) {
  const auto byte = static_cast<uint8_t>(*at);
  return byte < 128 ? Seen{kAscii[byte], 1} : look_beyond_ascii(at, end);
}

int64_t contraction(const char* at, const char* end) {
  if (end - at < 2) return 0;
  if (std::strchr("stmd", at[1]) != nullptr && at[1] != '\0') return 2;
  if (end - at < 3) return 0;
  const std::string_view two(at + 1, 2);
  return two == "re" || two == "ve" || two == "ll" ? 3 : 0;
}

struct Occurrences {
  int64_t count = 0;
  std::vector<int32_t> words;  // at least those it occurs in
};

struct Candidate {
  int64_t count;  // as it was; it may have fallen since
  Pair pair;
  bool operator<(const Candidate& other) const {
    return count != other.count ? count < other.count : other.pair < pair;
  }
};

class Trainer {
 public:
  Trainer(const WordCounts& found, Id first_id) {
    std::array<Id, 256> of_byte;
    for (size_t i = 0; i < 256; ++i) {
      of_byte[tokenization::bytes_in_order()[i]] = first_id - 256 + static_cast<Id>(i);
    }
    for (const auto& [bytes, often] : found) {
      Ids& word = words_.emplace_back();
      for (const char byte : bytes) word.push_back(of_byte[static_cast<uint8_t>(byte)]);
      times_.push_back(often);
      const auto index = static_cast<int32_t>(words_.size() - 1);
      for (size_t i = 0; i + 1 < word.size(); ++i) add({word[i], word[i + 1]}, index);
    }
    push_fresh();
  }

  // The pair with the highest count, the smallest of several; nullopt below at_least.
  std::optional<Pair> best(int64_t at_least) {
    while (!heap_.empty()) {
      Candidate top = heap_.top();
      if (top.count < at_least) return std::nullopt;
      heap_.pop();
      const int64_t count = pairs_.at(top.pair).count;
      if (count == top.count) return top.pair;
      if (count > 0) heap_.push({count, top.pair});
    }
    return std::nullopt;
  }

  void merge(Pair pair, Id id) {
    const std::vector<int32_t> touched = std::move(pairs_.at(pair).words);
    for (const int32_t index : touched) merge_in(index, pair, id);
    pairs_.erase(pair);
    push_fresh();
  }

 private:
  void add(Pair pair, int32_t word) {
    const auto [at, is_new] = pairs_.try_emplace(pair);
    Occurrences& found = at->second;
    if (is_new) fresh_.push_back(pair);
    found.count += times_[static_cast<size_t>(word)];
    if (found.words.empty() || found.words.back() != word) found.words.push_back(word);
  }
  void remove(Pair pair, int32_t word) {
    pairs_.at(pair).count -= times_[static_cast<size_t>(word)];
  }

  void merge_in(int32_t index, Pair pair, Id id) {
    Ids& word = words_[static_cast<size_t>(index)];
    size_t size = 0;
    for (size_t i = 0; i < word.size(); ++i) {
      if (i + 1 == word.size() || word[i] != pair.first || word[i + 1] != pair.second) {
        word[size++] = word[i];
        continue;
      }
      if (size > 0) {
        remove({word[size - 1], pair.first}, index);
        add({word[size - 1], id}, index);
      }
      if (i + 2 < word.size()) {
        remove({pair.second, word[i + 2]}, index);
        add({id, word[i + 2]}, index);
      }
      word[size++] = id;
      ++i;
    }
    word.resize(size);
  }

  void push_fresh() {
    for (const Pair& pair : fresh_) {
      const int64_t count = pairs_.at(pair).count;
      if (count > 0) heap_.push({count, pair});
    }
    fresh_.clear();
  }

  std::vector<Ids> words_;
  std::vector<int64_t> times_;
  std::unordered_map<Pair, Occurrences, tokenization::PairHash> pairs_;
  std::priority_queue<Candidate> heap_;
  std::vector<Pair> fresh_;  // not in the heap yet
};

constexpr int64_t kReportEvery = 64;

}  // namespace

const char* piece_end(const char* at, const char* end) {
  if (*at == '\'') {
    const int64_t ending = contraction(at, end);
    if (ending > 0) return at + ending;
  }
  const char* first = at;
  Seen seen = look(at, end);
  if (*at == ' ' && at + 1 < end) {
    const Seen next = look(at + 1, end);
    if (next.kind != Category::kSpace) {
      ++first;
      seen = next;
    }
  }
  const char* last = first;  // the last character of the run
  const char* stop = first + seen.length;
  while (stop < end) {
    const Seen next = look(stop, end);
    if (next.kind != seen.kind) {
      return seen.kind == Category::kSpace && last != at ? last : stop;
    }
    last = stop;
    stop += next.length;
  }
  return stop;
}

void count_words(std::string_view text, WordCounts& counts) {
  const char *at = text.data(), *const end = at + text.size();
  while (at < end) {
    const char* const stop = piece_end(at, end);
    const std::string_view piece(at, static_cast<size_t>(stop - at));
    if (const auto found = counts.find(piece); found != counts.end()) ++found->second;
    else counts.emplace(piece, 1);
    at = stop;
  }
}

std::vector<Merge> train_pairs(const WordCounts& words, const Plan& plan) {
  Trainer trainer(words, plan.first_id);
  std::vector<Merge> merges;
  for (Id id = plan.first_id; static_cast<int64_t>(merges.size()) < plan.merges; ++id) {
    const auto pair = trainer.best(plan.at_least);
    if (!pair) break;
    trainer.merge(*pair, id);
    merges.push_back({pair->first, pair->second, id});
    const auto done = static_cast<int64_t>(merges.size());
    if (done % kReportEvery == 0) plan.report(done);
  }
  return merges;
}

}  // namespace tinytorch::fast
#endif

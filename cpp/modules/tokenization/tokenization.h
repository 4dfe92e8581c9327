// Tokenization: text as integers, and back.
//
// A model computes with numbers, so text is first cut into tokens and each token named by an id.
// Cut into characters, a text is long and its vocabulary small; cut into words, it is short and the
// vocabulary has no end. Byte-pair encoding lies between and learns where: it begins with the 256
// bytes, which can spell everything, and again and again makes one token of the two that stand side
// by side most often. A frequent word ends as one token, a rare one as several pieces of it.
// Gage, 1994; Sennrich et al., 2016; with bytes as GPT-2 has them: Radford et al., 2019.
//
// Merges never cross the border of a piece, roughly a word with the space before it, so that "dog",
// "dog." and "dog!" share a token.
//
// Read in this order: characters, pieces, train, encode. Given code is in unicode (UTF-8 and the
// categories of characters) and model (what happens to whole texts).
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/kernels.h"
#include "core/view.h"

namespace tinytorch::tokenization {

using Id = int32_t;
using Ids = std::vector<Id>;

template <class Sequence>
auto view(const Sequence& x) {
  return View<const typename Sequence::value_type, 1>{x.data(), {static_cast<int64_t>(x.size())}};
}

// --- unicode -------------------------------------------------------------------------------------

/// Code points.  A byte b that is no UTF-8 is 0xDC00 + b, which is no character (as in Python's
/// "surrogateescape"), so that every byte string has a Text and comes back from it.
using Text = std::u32string;
Text decode_utf8(std::string_view bytes);
/// The first of them, and its length in bytes.  bytes: at least one.
std::pair<char32_t, size_t> first_character(std::string_view bytes);
std::string encode_utf8(std::u32string_view text);

/// What the splitter asks of a character: \p{L}, \p{N}, \s, or none of them.  Unicode 16.
enum class Category : uint8_t { kLetter, kNumber, kSpace, kOther };
Category category(char32_t character);

// --- characters ----------------------------------------------------------------------------------

/// The distinct characters of a text, ascending.  A character's id is its place among them.
std::vector<char32_t> characters(View<const char32_t, 1> text);
/// ids(i) = the place of text(i) in the vocabulary, which is ascending; -1 if it is not there.
void encode_characters(View<const char32_t, 1> text, View<const char32_t, 1> vocabulary,
                       View<Id, 1> ids);

// --- pieces --------------------------------------------------------------------------------------

/// The length of 's, 't, 'm, 'd, 're, 've or 'll at text(start), 0 if none of them stands there.
int64_t contraction(View<const char32_t, 1> text, int64_t start);
/// Where the piece that begins at `start` ends: the first index after it.
/// The first of these that fits, each as long as possible, is the piece:
///   's 't 'm 'd 're 've 'll
///   one space (U+0020) or none, then letters; or then numbers; or then what is neither of them
///     nor white space
///   white space, but for its last character where more of it stands before something else
///   white space
/// GPT-2: '(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
int64_t piece_end(View<const char32_t, 1> text, int64_t start);

// --- train ---------------------------------------------------------------------------------------

using Pair = std::pair<Id, Id>;
/// How often each pair of neighbours occurs; pairs that do not occur are not in it.
using Counts = std::map<Pair, int64_t>;
/// left and right side by side become id.
struct Merge {
  Id left, right, id;
};

/// Adds `times` to the count of every pair of neighbours in the word; a count that becomes 0 is
/// erased.  "aaa" has the pair (a, a) twice.  A negative `times` takes a word out of the counts.
void count_pairs(View<const Id, 1> word, int64_t times, Counts& counts);
/// The word with every occurrence of the pair replaced by id, from left to right: of "aaa" and
/// (a, a) comes id, a.
Ids merge(View<const Id, 1> word, Pair pair, Id id);
/// One round of training: merges the pair with the highest count, of several with that count the
/// smallest, in all words.  words[i] occurs times(i) times; counts are those of all words before,
/// and again after.  Returns the pair; nullopt if none occurs `at_least` times (1 or more), and
/// then nothing has changed.
std::optional<Pair> learn_merge(std::vector<Ids>& words, View<const int64_t, 1> times,
                                int64_t at_least, Counts& counts, Id id);

// --- encode --------------------------------------------------------------------------------------

/// What two neighbours become, and how early: the merge learnt first has the lowest rank.
struct Rank {
  int64_t rank;
  Id id;
};
struct PairHash {
  size_t operator()(const Pair& pair) const {
    const uint64_t key = static_cast<uint64_t>(static_cast<uint32_t>(pair.first)) << 32 |
                         static_cast<uint32_t>(pair.second);
    return static_cast<size_t>((key ^ key >> 29) * 0x9E3779B97F4A7C15);
  }
};
using Ranks = std::unordered_map<Pair, Rank, PairHash>;

/// A piece as few tokens: of all neighbours that have a rank, those of the lowest (the leftmost of
/// equals) become one, until no two have a rank.  bytes: (N,), the id of each byte.
Ids encode_piece(View<const Id, 1> bytes, const Ranks& ranks);
/// The bytes that ids stand for, one token after the other.  Every id is in the vocabulary.
std::string decode(View<const Id, 1> ids, const std::vector<std::string>& vocabulary);

// --- model: whole texts --------------------------------------------------------------------------

/// The 256 bytes in the order of GPT-2's ids: those that print as Latin-1 characters first.
const std::array<uint8_t, 256>& bytes_in_order();
/// The pieces of a text, one after the other, as UTF-8.
std::vector<std::string_view> pieces(std::string_view text);

struct BytesHash : std::hash<std::string_view> {
  using is_transparent = void;  // no string is made to look one up
};
template <class Value>
using ByBytes = std::unordered_map<std::string, Value, BytesHash, std::equal_to<>>;
/// How often each piece occurs.
using WordCounts = ByBytes<int64_t>;

/// What to train: the ids of new tokens begin at first_id, those of the bytes at first_id - 256, in
/// the order of bytes_in_order().
struct Plan {
  Id first_id = 256;
  int64_t merges = 0;                                    // at most
  int64_t at_least = 1;                                  // occurrences of a pair worth a merge
  std::function<void(int64_t)> report = [](int64_t) {};  // told the merges so far, now and then
};

/// A vocabulary with its merges.
struct BytePairs {
  /// whole_pieces: a piece that is a token needs no merge.
  BytePairs(std::vector<std::string> vocabulary, std::vector<Merge> merges,
            bool whole_pieces = false);
  /// Merges by what comes out, as tiktoken has them: two neighbours may merge whenever their bytes
  /// together are a token, and its id is their rank; with whole pieces.
  explicit BytePairs(std::vector<std::string> vocabulary);
  /// A token that no text is encoded to.
  void add_special(Id id, std::string bytes);

  std::vector<std::string> vocabulary;  // bytes by id; empty for an id without any
  std::vector<Merge> merges;            // in the order of their ranks
  Ranks ranks;
  std::array<Id, 256> of_byte;           // -1 for a byte without a token
  ByBytes<Id> pieces;                    // those that need no merge
  mutable std::shared_ptr<void> memory;  // of the accelerated twin
};

// The kernel table types its entries by float and double. Text has neither: both are one function.
/// Adds the pieces of a text to the counts.
template <class T>
using CountWords = void(std::string_view text, WordCounts& counts);
/// The merges of a plan, learnt from words.
template <class T>
using Train = std::vector<Merge>(const WordCounts& words, const Plan& plan);
/// Appends the ids of a text.  Raises ValueError for a byte that has no token.
template <class T>
using Encode = void(const BytePairs& model, std::string_view text, Ids& ids);
extern Kernel<CountWords> count_words_kernel;
extern Kernel<Train> train_kernel;
extern Kernel<Encode> encode_kernel;

}  // namespace tinytorch::tokenization

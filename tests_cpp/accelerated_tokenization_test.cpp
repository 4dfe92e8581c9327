// The fast twins of tokenization beside their references: the same pieces, merges and ids.
#include "accelerated/tokenization.h"
#include "modules/tokenization/tokenization.h"
#include "twins.h"

using namespace tinytorch::tokenization;

namespace {

std::string random_text(size_t size, unsigned seed) {
  std::mt19937 engine(seed);
  static const std::vector<std::string> parts{
      "a",      "b",      "st", "the",  "'s",   "'ll",      "'",           " ",  "  ",
      "\n",     "\t",     "1",  "23",   "?",    "!",        "é",           "中", "५",
      "\u3000", "\u0301", "😀", "\xFF", "\xC3", "\xE4\xB8", "\xED\xA0\x80"};
  std::string text;
  while (text.size() < size) text += parts[engine() % parts.size()];
  return text;
}

struct Both {
  WordCounts reference, fast;
};

Both counted(const std::string& text) {
  Both counts;
  count_words_kernel.reference<float>()(text, counts.reference);
  tinytorch::fast::count_words(text, counts.fast);
  return counts;
}

BytePairs model_of(const std::vector<Merge>& merges) {
  std::vector<std::string> tokens;
  for (const uint8_t byte : bytes_in_order()) tokens.emplace_back(1, static_cast<char>(byte));
  for (const Merge& merge : merges) {
    tokens.push_back(tokens[static_cast<size_t>(merge.left)] +
                     tokens[static_cast<size_t>(merge.right)]);
  }
  return {tokens, merges};
}

void check_encoding(const BytePairs& model, const std::string& text) {
  Ids expected, actual;
  encode_kernel.reference<float>()(model, text, expected);
  tinytorch::fast::encode_text(model, text, actual);
  REQUIRE(actual == expected);
  Ids twice = expected;
  twice.insert(twice.end(), expected.begin(), expected.end());
  tinytorch::fast::encode_text(model, text, actual);  // from memory, and appended
  REQUIRE(actual == twice);
}

}  // namespace

TEST_CASE("texts are cut and counted alike", "[accelerated]") {
  REQUIRE(counted("").fast.empty());
  for (unsigned seed = 0; seed < 200; ++seed) {
    const Both counts = counted(random_text(seed, seed));
    REQUIRE(counts.fast == counts.reference);
  }
}

TEST_CASE("training learns the same merges, encoding finds the same ids", "[accelerated]") {
  for (unsigned seed = 0; seed < 40; ++seed) {
    const std::string text = random_text(20 * seed, seed);
    const WordCounts words = counted(text).reference;
    const Plan plan{256, 40, 1 + seed % 3};
    const std::vector<Merge> expected = train_kernel.reference<float>()(words, plan);
    const std::vector<Merge> actual = tinytorch::fast::train_pairs(words, plan);
    REQUIRE(actual.size() == expected.size());
    for (size_t i = 0; i < actual.size(); ++i) {
      REQUIRE(actual[i].left == expected[i].left);
      REQUIRE(actual[i].right == expected[i].right);
      REQUIRE(actual[i].id == expected[i].id);
    }
    const BytePairs model = model_of(actual), by_ranks(model.vocabulary);
    for (const std::string& other : {text, random_text(100, seed + 500)}) {
      check_encoding(model, other);
      check_encoding(by_ranks, other);
    }
  }
}

TEST_CASE("long pieces are encoded alike", "[accelerated]") {
  const BytePairs model =
      model_of({{64, 64, 256}, {256, 256, 257}, {64, 65, 258}, {257, 258, 259}});
  for (const size_t size : {15U, 16U, 127U, 128U, 129U, 500U}) {
    check_encoding(model, std::string(size, 'a'));
    std::string mixed;
    for (size_t i = 0; i < size; ++i) mixed.push_back(i % 7 == 6 ? 'b' : 'a');
    check_encoding(model, mixed);
  }
}

// The unit tokenization: UTF-8 that is none, pieces, merges and whole texts at their edges.
#include "modules/tokenization/tokenization.h"

#include <random>

#include "catch.h"

using namespace tinytorch;
using namespace tinytorch::tokenization;

namespace {

std::string random_bytes(int64_t size, unsigned seed) {
  std::mt19937 engine(seed);
  const std::string ascii = " \n'stmdrevlab1?",
                    high = "\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80\xFF\x80";
  std::string bytes;
  for (int64_t i = 0; i < size; ++i) {
    const std::string& from = engine() % 3 == 0 ? high : ascii;
    bytes.push_back(from[engine() % from.size()]);
  }
  return bytes;
}

std::vector<std::string> alphabet() {
  std::vector<std::string> tokens;
  for (const uint8_t byte : bytes_in_order()) tokens.emplace_back(1, static_cast<char>(byte));
  return tokens;
}

// A model trained on the text.
BytePairs trained(const std::string& text, int64_t merges) {
  WordCounts counts;
  count_words_kernel.reference<float>()(text, counts);
  std::vector<std::string> tokens = alphabet();
  const std::vector<Merge> learnt = train_kernel.reference<float>()(counts, {256, merges});
  for (const Merge& merge : learnt) {
    tokens.push_back(tokens[static_cast<size_t>(merge.left)] +
                     tokens[static_cast<size_t>(merge.right)]);
  }
  return {tokens, learnt};
}

}  // namespace

TEST_CASE("every byte string is a Text and comes back", "[tokenization]") {
  // Compared here: reports are XML, which cannot hold every byte.
  const auto comes_back = [](const std::string& bytes) {
    return encode_utf8(decode_utf8(bytes)) == bytes;
  };
  for (unsigned seed = 0; seed < 200; ++seed) {
    const std::string bytes = random_bytes(seed % 23, seed);
    REQUIRE(comes_back(bytes));
  }
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  REQUIRE(comes_back(all));
}

TEST_CASE("what is no UTF-8 is told from what is", "[tokenization]") {
  REQUIRE(decode_utf8("\xE4\xB8\xAD") == U"中");
  REQUIRE(decode_utf8("\xF4\x8F\xBF\xBF") == std::u32string(1, 0x10FFFF));
  const auto escaped = [](std::string_view bytes) {
    const Text text = decode_utf8(bytes);
    return text.size() == bytes.size() && text[0] == 0xDC00U + static_cast<uint8_t>(bytes[0]);
  };
  REQUIRE(escaped("\xC0\x80"));          // too long
  REQUIRE(escaped("\xE0\x80\x80"));      // too long
  REQUIRE(escaped("\xF0\x80\x80\x80"));  // too long
  REQUIRE(escaped("\xED\xA0\x80"));      // a surrogate
  REQUIRE(escaped("\xF4\x90\x80\x80"));  // beyond Unicode
  REQUIRE(escaped("\xE4\xB8"));          // cut off
  REQUIRE(escaped("\x80"));
}

TEST_CASE("categories at the ends of their ranges", "[tokenization]") {
  REQUIRE(category(U'a') == Category::kLetter);
  REQUIRE(category(U'@') == Category::kOther);
  REQUIRE(category(U'[') == Category::kOther);
  REQUIRE(category(U'9') == Category::kNumber);
  REQUIRE(category(U'\u00B2') == Category::kNumber);
  REQUIRE(category(U'\u3000') == Category::kSpace);
  REQUIRE(category(U'\x1c') == Category::kOther);
  REQUIRE(category(0x10FFFF) == Category::kOther);
  REQUIRE(category(0x323AF) == Category::kLetter);
  REQUIRE(category(0x323B0) == Category::kOther);
}

TEST_CASE("pieces cover the text", "[tokenization]") {
  for (unsigned seed = 0; seed < 100; ++seed) {
    const std::string bytes = random_bytes(seed, seed);
    std::string joined;
    for (const std::string_view piece : pieces(bytes)) {
      REQUIRE(!piece.empty());
      joined += piece;
    }
    REQUIRE(joined == bytes);
  }
}

TEST_CASE("empty words, texts and vocabularies", "[tokenization]") {
  Counts counts;
  count_pairs(view(Ids{}), 1, counts);
  count_pairs(view(Ids{1}), 1, counts);
  REQUIRE(counts.empty());
  REQUIRE(merge(view(Ids{}), {1, 2}, 3).empty());
  std::vector<Ids> words;
  REQUIRE(!learn_merge(words, {nullptr, {0}}, 1, counts, 9));
  REQUIRE(encode_piece(view(Ids{}), {}).empty());
  REQUIRE(decode(view(Ids{}), {}).empty());
  REQUIRE(characters(view(Text{})).empty());
  const BytePairs model = trained("", 5);
  REQUIRE(model.merges.empty());
  Ids ids;
  encode_kernel.reference<float>()(model, "", ids);
  REQUIRE(ids.empty());
}

TEST_CASE("any bytes come back from a trained model", "[tokenization]") {
  const BytePairs model = trained(random_bytes(2000, 7), 60);
  REQUIRE(model.merges.size() == 60);
  for (unsigned seed = 0; seed < 50; ++seed) {
    const std::string bytes = random_bytes(seed * 3, seed + 1000);
    Ids ids;
    encode_kernel.reference<float>()(model, bytes, ids);
    REQUIRE(decode(view(ids), model.vocabulary) == bytes);
  }
}

TEST_CASE("a vocabulary that does not fit is refused", "[tokenization]") {
  REQUIRE_THROWS_AS(BytePairs({"a"}, {{0, 0, 1}}), ValueError);
  REQUIRE_THROWS_AS(BytePairs({"a"}, {{-1, 0, 0}}), ValueError);
  BytePairs model({"a"}, {});
  REQUIRE_THROWS_AS(model.add_special(0, "b"), ValueError);
  REQUIRE_THROWS_AS(model.add_special(-1, "b"), ValueError);
  Ids ids;
  REQUIRE_THROWS_AS(encode_kernel.reference<float>()(model, "b", ids), ValueError);
}

// UTF-8, and the categories of characters.
#include <algorithm>
#include <iterator>

#include "modules/tokenization/tokenization.h"
#include "modules/tokenization/unicode_ranges.h"

namespace tinytorch::tokenization {
namespace {

constexpr char32_t kEscape = 0xDC00;

// The bytes of the character that begins with this one, 0 where none does.
int length_of(uint8_t first) {
  if (first < 0x80) return 1;
  if (first < 0xC2) return 0;
  if (first < 0xE0) return 2;
  if (first < 0xF0) return 3;
  return first < 0xF5 ? 4 : 0;
}

bool among(const Range* first, const Range* last, char32_t character) {
  const Range* found = std::lower_bound(
      first, last, character, [](const Range& range, char32_t c) { return range.last < c; });
  return found != last && found->first <= character;
}

bool is_space(char32_t c) {
  return (c >= 9 && c <= 13) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

}  // namespace

std::pair<char32_t, size_t> first_character(std::string_view bytes) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  const auto length = static_cast<size_t>(length_of(byte(0)));
  const std::pair<char32_t, size_t> escaped{kEscape + byte(0), 1};
  if (length == 1) return {byte(0), 1};
  if (length == 0 || length > bytes.size()) return escaped;
  char32_t code = byte(0) & (0x7FU >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return escaped;
    code = code << 6 | (byte(i) & 0x3F);
  }
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  const bool too_long = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  return surrogate || too_long || code > 0x10FFFF ? escaped : std::pair{code, length};
}

Text decode_utf8(std::string_view bytes) {
  Text text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const auto [character, length] = first_character(bytes);
    text.push_back(character);
    bytes.remove_prefix(length);
  }
  return text;
}

std::string encode_utf8(std::u32string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  const auto add = [&](char32_t byte) { bytes.push_back(static_cast<char>(byte)); };
  for (const char32_t c : text) {
    if (c < 0x80) {
      add(c);
    } else if (c >= kEscape + 0x80 && c <= kEscape + 0xFF) {
      add(c - kEscape);
    } else if (c < 0x800) {
      add(0xC0 | c >> 6), add(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
      add(0xE0 | c >> 12), add(0x80 | (c >> 6 & 0x3F)), add(0x80 | (c & 0x3F));
    } else {
      add(0xF0 | c >> 18), add(0x80 | (c >> 12 & 0x3F));
      add(0x80 | (c >> 6 & 0x3F)), add(0x80 | (c & 0x3F));
    }
  }
  return bytes;
}

Category category(char32_t character) {
  if (is_space(character)) return Category::kSpace;
  if (among(std::begin(kLetters), std::end(kLetters), character)) return Category::kLetter;
  if (among(std::begin(kNumbers), std::end(kNumbers), character)) return Category::kNumber;
  return Category::kOther;
}

}  // namespace tinytorch::tokenization

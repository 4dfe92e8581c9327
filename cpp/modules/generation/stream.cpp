// Streaming: what of a text may be shown before its next token is known.
#include <algorithm>

#include "modules/generation/generation.h"

namespace tinytorch::generation {

int64_t incomplete(std::string_view bytes) {
  // TASK generation.incomplete (2 points): 110xxxxx begins a character of 2 bytes, 1110xxxx of 3,
  // 11110xxx of 4; 10xxxxxx goes on with one.
  const auto size = static_cast<int64_t>(bytes.size());
  for (int64_t back = 1; back <= std::min<int64_t>(size, 3); ++back) {
    const auto byte = static_cast<uint8_t>(bytes[static_cast<size_t>(size - back)]);
    if ((byte & 0xC0) == 0x80) continue;
    const int64_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return back < length ? back : 0;
  }
  return 0;
  // END TASK
}

int64_t held_back(std::string_view text, const std::vector<std::string>& stops) {
  // TASK generation.held_back (3 points): for every stop, the longest of its beginnings first.
  size_t longest = 0;
  for (const std::string& stop : stops) {
    for (size_t size = std::min(stop.empty() ? 0 : stop.size() - 1, text.size()); size > longest;
         --size) {
      if (text.substr(text.size() - size) == std::string_view(stop).substr(0, size)) longest = size;
    }
  }
  return static_cast<int64_t>(longest);
  // END TASK
}

}  // namespace tinytorch::generation

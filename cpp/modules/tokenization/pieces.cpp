// Pieces: text cut where no token may reach across, as GPT-2 cuts it.
#include "modules/tokenization/tokenization.h"

namespace tinytorch::tokenization {

int64_t contraction(View<const char32_t, 1> text, int64_t start) {
  const std::u32string_view rest(text.data + start, static_cast<size_t>(text.size(0) - start));
  for (const std::u32string_view ending : {U"'s", U"'t", U"'m", U"'d", U"'re", U"'ve", U"'ll"}) {
    if (rest.substr(0, ending.size()) == ending) return static_cast<int64_t>(ending.size());
  }
  return 0;
}

int64_t piece_end(View<const char32_t, 1> text, int64_t start) {
  // TASK tokenization.piece_end (5 points): a run of one category, with the space before it; white
  // space leaves its last character to what follows.
  const int64_t size = text.size(0), ending = contraction(text, start);
  if (ending > 0) return start + ending;
  int64_t first = start;
  if (text(start) == U' ' && start + 1 < size && category(text(start + 1)) != Category::kSpace) {
    ++first;
  }
  const Category kind = category(text(first));
  int64_t end = first + 1;
  while (end < size && category(text(end)) == kind) ++end;
  const bool leaves_one = kind == Category::kSpace && end < size && end - start > 1;
  return leaves_one ? end - 1 : end;
  // END TASK
}

}  // namespace tinytorch::tokenization

// Training: which pairs become tokens.
#include "modules/tokenization/tokenization.h"

namespace tinytorch::tokenization {

void count_pairs(View<const Id, 1> word, int64_t times, Counts& counts) {
  // TASK tokenization.count_pairs (2 points): a word of N ids has N - 1 pairs, some of them equal.
  for (int64_t i = 0; i + 1 < word.size(0); ++i) {
    const auto at = counts.try_emplace({word(i), word(i + 1)}, 0).first;
    at->second += times;
    if (at->second == 0) counts.erase(at);
  }
  // END TASK
}

Ids merge(View<const Id, 1> word, Pair pair, Id id) {
  // TASK tokenization.merge (3 points): an id that was merged cannot be half of the next pair.
  Ids merged;
  for (int64_t i = 0; i < word.size(0); ++i) {
    const bool found = i + 1 < word.size(0) && word(i) == pair.first && word(i + 1) == pair.second;
    merged.push_back(found ? id : word(i));
    if (found) ++i;
  }
  return merged;
  // END TASK
}

std::optional<Pair> learn_merge(std::vector<Ids>& words, View<const int64_t, 1> times,
                                int64_t at_least, Counts& counts, Id id) {
  // TASK tokenization.learn_merge (5 points): counts runs from small pairs to large. Only words
  // that the pair occurs in change them: count such a word out before, and in after.
  Pair best;
  int64_t most = 0;
  for (const auto& [pair, count] : counts) {
    if (count <= most) continue;
    best = pair;
    most = count;
  }
  if (most < at_least) return std::nullopt;
  for (size_t i = 0; i < words.size(); ++i) {
    Ids merged = merge(view(words[i]), best, id);
    if (merged.size() == words[i].size()) continue;
    const int64_t often = times(static_cast<int64_t>(i));
    count_pairs(view(words[i]), -often, counts);
    count_pairs(view(merged), often, counts);
    words[i] = std::move(merged);
  }
  return best;
  // END TASK
}

}  // namespace tinytorch::tokenization

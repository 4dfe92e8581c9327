// Encoding and decoding with the merges that were learnt.
#include "modules/tokenization/tokenization.h"

namespace tinytorch::tokenization {

Ids encode_piece(View<const Id, 1> bytes, const Ranks& ranks) {
  // TASK tokenization.encode_piece (4 points): ranks.find(pair) is ranks.end() where there is none;
  // what was merged may merge again with its neighbours.
  Ids ids(bytes.data, bytes.data + bytes.size(0));
  while (true) {
    const Rank* best = nullptr;
    size_t place = 0;
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      const auto found = ranks.find({ids[i], ids[i + 1]});
      if (found == ranks.end() || (best && best->rank <= found->second.rank)) continue;
      best = &found->second;
      place = i;
    }
    if (!best) return ids;
    ids[place] = best->id;
    ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
  // END TASK
}

std::string decode(View<const Id, 1> ids, const std::vector<std::string>& vocabulary) {
  // TASK tokenization.decode (1 point): a character may begin in one token and end in the next, so
  // bytes are joined before anyone reads them as characters.
  std::string bytes;
  for (int64_t i = 0; i < ids.size(0); ++i) bytes += vocabulary[static_cast<size_t>(ids(i))];
  return bytes;
  // END TASK
}

}  // namespace tinytorch::tokenization

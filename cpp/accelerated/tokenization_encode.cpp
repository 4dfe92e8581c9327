// Encoding with a memory for short pieces, and a heap of merges for long ones.
#include <algorithm>
#include <cstring>
#include <queue>

#include "accelerated/tokenization.h"

#ifdef TINYTORCH_HAS_TOKENIZATION
namespace tinytorch::fast {
namespace {

using tokenization::BytePairs;
using tokenization::Id;
using tokenization::Ids;
using tokenization::Rank;

constexpr size_t kShort = 15;               // bytes of a piece that is remembered
constexpr size_t kSlots = size_t{1} << 15;  // a power of two
constexpr size_t kLong = 128;               // bytes from which a heap pays

// A short piece as two words, its length in the last byte.
struct Key {
  uint64_t low = 0, high = 0;
  bool operator==(const Key&) const = default;
  size_t slot() const {
    const uint64_t mixed = (low ^ high * 0x9E3779B97F4A7C15) * 0xD6E8FEB86659FD93;
    return (mixed ^ mixed >> 32) & (kSlots - 1);
  }
};

Key key_of(const char* at, size_t size, const char* end) {
  Key key;
  if (end - at >= 16) {  // two loads and a mask instead of a copy of any length
    std::memcpy(&key.low, at, 8);
    std::memcpy(&key.high, at + 8, 8);
    if (size < 8) key.low &= (uint64_t{1} << 8 * size) - 1;
    key.high &= size > 8 ? (uint64_t{1} << 8 * (size - 8)) - 1 : 0;
  } else {
    char bytes[16] = {};
    std::memcpy(bytes, at, size);
    std::memcpy(&key.low, bytes, 8);
    std::memcpy(&key.high, bytes + 8, 8);
  }
  key.high |= static_cast<uint64_t>(size) << 56;
  return key;
}

struct Slot {
  Key key;  // of length 0: nothing
  uint32_t count = 0;
  Id ids[11];
};
static_assert(sizeof(Slot) == 64, "one line of the cache");

struct Memory {
  std::vector<Slot> slots{kSlots};
};

Memory& memory_of(const BytePairs& model) {
  if (!model.memory) model.memory = std::make_shared<Memory>();
  return *static_cast<Memory*>(model.memory.get());
}

const Rank* rank_of(const BytePairs& model, Id left, Id right) {
  const auto found = model.ranks.find({left, right});
  return found == model.ranks.end() ? nullptr : &found->second;
}

// The ranks of neighbours stay beside them: a merge looks up two new ones.
void merge_short(const BytePairs& model, Ids& ids) {
  std::vector<const Rank*> ranks(ids.size(), nullptr);
  const auto look = [&](size_t i) {
    ranks[i] = i + 1 < ids.size() ? rank_of(model, ids[i], ids[i + 1]) : nullptr;
  };
  for (size_t i = 0; i < ids.size(); ++i) look(i);
  while (true) {
    size_t place = ids.size();
    for (size_t i = 0; i < ids.size(); ++i) {
      if (ranks[i] && (place == ids.size() || ranks[i]->rank < ranks[place]->rank)) place = i;
    }
    if (place == ids.size()) return;
    ids[place] = ranks[place]->id;
    ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(place) + 1);
    ranks.erase(ranks.begin() + static_cast<std::ptrdiff_t>(place) + 1);
    look(place);
    if (place > 0) look(place - 1);
  }
}

// N log N: the ids as a list, and a heap of merges, of which those are skipped whose halves are
// gone.
void merge_long(const BytePairs& model, Ids& ids) {
  struct Candidate {
    int64_t rank;
    size_t place;
    Id left, right, id;
    bool operator<(const Candidate& other) const {
      return rank != other.rank ? rank > other.rank : place > other.place;
    }
  };
  constexpr Id kGone = -1;
  const size_t size = ids.size();
  std::vector<size_t> before(size), after(size);  // size: none
  std::priority_queue<Candidate> heap;
  const auto consider = [&](size_t i) {
    if (i >= size || after[i] >= size) return;
    const Rank* rank = rank_of(model, ids[i], ids[after[i]]);
    if (rank) heap.push({rank->rank, i, ids[i], ids[after[i]], rank->id});
  };
  for (size_t i = 0; i < size; ++i) {
    before[i] = i > 0 ? i - 1 : size;
    after[i] = i + 1;
  }
  for (size_t i = 0; i < size; ++i) consider(i);
  while (!heap.empty()) {
    const Candidate top = heap.top();
    heap.pop();
    const size_t i = top.place, next = after[i];
    if (ids[i] != top.left || next >= size || ids[next] != top.right) continue;
    ids[i] = top.id;
    ids[next] = kGone;
    after[i] = after[next];
    if (after[i] < size) before[after[i]] = i;
    consider(i);
    consider(before[i]);
  }
  ids.erase(std::remove(ids.begin(), ids.end(), kGone), ids.end());
}

Ids encode_piece(const BytePairs& model, std::string_view piece) {
  if (!model.pieces.empty()) {
    if (const auto whole = model.pieces.find(piece); whole != model.pieces.end()) {
      return {whole->second};
    }
  }
  Ids ids;
  ids.reserve(piece.size());
  for (const char c : piece) {
    const auto byte = static_cast<uint8_t>(c);
    ids.push_back(model.of_byte[byte]);
    check<ValueError>(ids.back() >= 0, "encode: byte ", static_cast<int64_t>(byte),
                      " has no token in this vocabulary");
  }
  if (ids.size() < kLong) merge_short(model, ids);
  else merge_long(model, ids);
  return ids;
}

}  // namespace

void encode_text(const BytePairs& model, std::string_view text, Ids& ids) {
  Memory& memory = memory_of(model);
  const char *at = text.data(), *const end = at + text.size();
  while (at < end) {
    const char* const stop = piece_end(at, end);
    const auto size = static_cast<size_t>(stop - at);
    if (size <= kShort) {
      const Key key = key_of(at, size, end);
      Slot& slot = memory.slots[key.slot()];
      if (slot.key != key) {
        const Ids encoded = encode_piece(model, {at, size});
        if (encoded.size() <= std::size(slot.ids)) {
          slot.key = key;
          slot.count = static_cast<uint32_t>(encoded.size());
          std::copy(encoded.begin(), encoded.end(), slot.ids);
        }
        ids.insert(ids.end(), encoded.begin(), encoded.end());
      } else {
        ids.insert(ids.end(), slot.ids, slot.ids + slot.count);
      }
    } else {
      const Ids encoded = encode_piece(model, {at, size});
      ids.insert(ids.end(), encoded.begin(), encoded.end());
    }
    at = stop;
  }
}

}  // namespace tinytorch::fast
#endif

// Storage: a block of memory that tensors share, and the caching allocator that blocks come from.
//
// A framework allocates the same sizes again at every training step.  Freed blocks therefore wait
// in free lists by size class and are handed out again: mapped, warm in cache, and at no system
// call. All blocks are 64-byte aligned; from 2 MB on they ask the system for huge pages. At most a
// quarter of the machine's memory waits.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>

#include "core/ref.h"

namespace tinytorch {

class Storage final : public RefCounted {
 public:
  /// `bytes` of uninitialised memory from the caching allocator.  Raises OutOfMemory.
  static Ref<Storage> allocate(int64_t bytes);
  /// Memory that somebody else owns (numpy, DLPack); `release` runs when the last tensor lets go.
  static Ref<Storage> borrow(void* data, int64_t bytes, bool writable,
                             std::function<void()> release);

  ~Storage() override;
  void* data() const { return data_; }
  int64_t bytes() const { return bytes_; }
  bool writable() const { return writable_; }
  /// Writes that were announced: what saved a value asks whether it is still the same.
  int64_t version() const { return version_; }
  void bump_version() { ++version_; }

 private:
  Storage(void* data, int64_t bytes, bool writable, std::function<void()> release);

  void* data_;
  int64_t bytes_;
  bool writable_;
  int64_t version_ = 0;
  std::function<void()> release_;  // empty: the block goes back to the allocator
};

/// What the caching allocator holds. torch.cuda.memory_stats
struct MemoryStats {
  int64_t in_use, peak_in_use;  // bytes as asked for
  int64_t cached;               // bytes of the blocks that wait, which are of whole size classes
  int64_t system_allocations, cache_hits;  // blocks
};
MemoryStats memory_stats();
void reset_peak_memory();
/// Returns every cached block to the system.                                 torch.cuda.empty_cache
void empty_cache();
/// Off under sanitizers and with TINYTORCH_NO_CACHE, so that overflows are not hidden.
bool caching_enabled();

}  // namespace tinytorch

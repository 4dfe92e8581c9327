// The caching allocator: free lists by size class over malloc and, for large blocks, mmap.
#include "core/storage.h"

#include <pthread.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <string_view>
#include <thread>
#include <utility>

#include "core/check.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TINYTORCH_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TINYTORCH_SANITIZED 1
#endif

namespace tinytorch {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kLarge = size_t{2} << 20;
constexpr size_t kLargest = size_t{1} << 47;
#ifdef TINYTORCH_SANITIZED
constexpr size_t kRefused = size_t{1} << 39;  // from here on a sanitizer ends the process
#else
constexpr size_t kRefused = kLargest;
#endif

// Classes are 64, 128, ... 512 and then eight to each doubling: at most an eighth is wasted.
constexpr size_t kClasses = 8 + 8 * (47 - 9);

constexpr size_t class_of(size_t bytes) {
  if (bytes <= 512) return (bytes + 63) / 64 - 1;
  const auto shift = static_cast<size_t>(std::bit_width(bytes - 1)) - 4;
  return 8 * (shift - 6) + ((bytes - 1) >> shift);
}

constexpr size_t class_bytes(size_t index) {
  if (index < 8) return 64 * (index + 1);
  return (index % 8 + 9) << (index / 8 + 5);
}

static_assert(class_of(512) == 7 && class_of(513) == 8 && class_bytes(8) == 576);
static_assert(class_of(1024) == 15 && class_of(1025) == 16 && class_bytes(15) == 1024);
static_assert(class_of(kLargest) == kClasses - 1 && class_bytes(kClasses - 1) == kLargest);

class SpinLock {
 public:
  void lock() {
    while (taken_.exchange(true, std::memory_order_acquire)) std::this_thread::yield();
  }
  void unlock() { taken_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> taken_{false};
};

struct FreeBlock {
  FreeBlock* next;
};

struct alignas(64) FreeList {
  SpinLock lock;
  FreeBlock* head = nullptr;
  int64_t hits = 0;
};

#ifdef __linux__
// Classes of this size are whole numbers of 128 KB, and so of pages.
void* map_large(size_t bytes) {
  void* const mapped =
      mmap(nullptr, bytes + kLarge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  auto* const first = static_cast<std::byte*>(mapped);
  const size_t before = -reinterpret_cast<uintptr_t>(first) & (kLarge - 1);
  if (before > 0) munmap(first, before);
  munmap(first + before + bytes, kLarge - before);
  madvise(first + before, bytes, MADV_HUGEPAGE);
  return first + before;
}
#endif

void* system_allocate(size_t bytes, size_t alignment) {
  void* block = nullptr;
  return posix_memalign(&block, alignment, bytes) == 0 ? block : nullptr;
}

bool wants_caching() {
#ifdef TINYTORCH_SANITIZED
  return false;
#else
  const char* off = std::getenv("TINYTORCH_NO_CACHE");
  return off == nullptr || std::string_view(off).empty() || std::string_view(off) == "0";
#endif
}

int64_t quarter_of_memory() {
  const int64_t pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? pages / 4 * page : int64_t{1} << 30;
}

class Allocator {
 public:
  void* allocate(int64_t bytes) {
    check<OutOfMemory>(0 <= bytes && static_cast<size_t>(bytes) <= kRefused,
                       "storage: cannot allocate ", bytes, " bytes");
    const auto wanted = static_cast<size_t>(std::max<int64_t>(bytes, 1));
    void* block = caching ? take(class_of(wanted)) : nullptr;
    if (!block) block = from_system(wanted);
    if (!block && caching) {
      empty();
      block = from_system(wanted);
    }
    check<OutOfMemory>(block != nullptr, "storage: cannot allocate ", bytes, " bytes");
    const int64_t now = in_use_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    int64_t peak = peak_.load(std::memory_order_relaxed);
    while (now > peak && !peak_.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {}
    return block;
  }

  void free(void* block, int64_t bytes) {
    in_use_.fetch_sub(bytes, std::memory_order_relaxed);
    const auto wanted = static_cast<size_t>(std::max<int64_t>(bytes, 1));
    if (!caching) return to_system(block, wanted);
    const size_t index = class_of(wanted);
    const auto held = static_cast<int64_t>(class_bytes(index));
    if (held > cap_) return to_system(block, wanted);
    // Past the cap everything goes: what is needed comes back, what is stale does not.
    if (cached_.fetch_add(held, std::memory_order_relaxed) + held > cap_) empty();
    FreeList& list = lists_[index];
    list.lock.lock();
    list.head = new (block) FreeBlock{list.head};
    list.lock.unlock();
  }

  void empty() {
    for (size_t index = 0; index < kClasses; ++index) {
      FreeList& list = lists_[index];
      list.lock.lock();
      FreeBlock* block = std::exchange(list.head, nullptr);
      list.lock.unlock();
      while (block) {
        FreeBlock* const next = block->next;
        to_system(block, class_bytes(index));
        cached_.fetch_sub(static_cast<int64_t>(class_bytes(index)), std::memory_order_relaxed);
        block = next;
      }
    }
  }

  MemoryStats stats() {
    MemoryStats stats{in_use_.load(), peak_.load(), cached_.load(), system_allocations_.load(), 0};
    for (FreeList& list : lists_) {
      list.lock.lock();
      stats.cache_hits += list.hits;
      list.lock.unlock();
    }
    return stats;
  }

  void reset_peak() { peak_.store(in_use_.load()); }

  // A fork takes every lock first, so that the child finds each list whole and free.
  void lock_all() {
    for (FreeList& list : lists_) list.lock.lock();
  }
  void unlock_all() {
    for (FreeList& list : lists_) list.lock.unlock();
  }

  const bool caching = wants_caching();

 private:
  void* take(size_t index) {
    FreeList& list = lists_[index];
    list.lock.lock();
    FreeBlock* const block = list.head;
    if (block) {
      list.head = block->next;
      ++list.hits;
    }
    list.lock.unlock();
    if (block)
      cached_.fetch_sub(static_cast<int64_t>(class_bytes(index)), std::memory_order_relaxed);
    return block;
  }

  void* from_system(size_t wanted) {
    system_allocations_.fetch_add(1, std::memory_order_relaxed);
    if (!caching) return system_allocate(wanted, kAlignment);
    const size_t bytes = class_bytes(class_of(wanted));
#ifdef __linux__
    if (bytes >= kLarge) return map_large(bytes);
#endif
    return system_allocate(bytes, bytes >= kLarge ? kLarge : kAlignment);
  }

  void to_system(void* block, [[maybe_unused]] size_t wanted) {
#ifdef __linux__
    const size_t bytes = class_bytes(class_of(wanted));
    if (caching && bytes >= kLarge) {
      munmap(block, bytes);
      return;
    }
#endif
    std::free(block);
  }

  std::array<FreeList, kClasses> lists_;
  std::atomic<int64_t> in_use_{0}, peak_{0}, cached_{0}, system_allocations_{0};
  const int64_t cap_ = quarter_of_memory();
};

// Never destroyed: tensors held by other statics let go of their blocks after ours would be gone.
Allocator& allocator() {
  static Allocator* const allocator = [] {
    auto* const created = new Allocator;
    pthread_atfork([] { tinytorch::allocator().lock_all(); },
                   [] { tinytorch::allocator().unlock_all(); },
                   [] { tinytorch::allocator().unlock_all(); });
    return created;
  }();
  return *allocator;
}

}  // namespace

Storage::Storage(void* data, int64_t bytes, bool writable, std::function<void()> release)
    : data_(data), bytes_(bytes), writable_(writable), release_(std::move(release)) {}

Storage::~Storage() {
  if (release_) release_();
  else allocator().free(data_, bytes_);
}

Ref<Storage> Storage::allocate(int64_t bytes) {
  return Ref<Storage>(new Storage(allocator().allocate(bytes), bytes, true, nullptr));
}

Ref<Storage> Storage::borrow(void* data, int64_t bytes, bool writable,
                             std::function<void()> release) {
  if (!release) release = [] {};
  return Ref<Storage>(new Storage(data, bytes, writable, std::move(release)));
}

MemoryStats memory_stats() { return allocator().stats(); }
void reset_peak_memory() { allocator().reset_peak(); }
void empty_cache() { allocator().empty(); }
bool caching_enabled() { return allocator().caching; }

}  // namespace tinytorch

// Storage and its allocator: alignment, reuse, refusal, borrowing, statistics, threads and fork.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "catch.h"
#include "core/check.h"
#include "core/storage.h"

namespace {

using namespace tinytorch;

constexpr int64_t kMegabyte = 1 << 20;

bool aligned(const Ref<Storage>& storage, uintptr_t to) {
  return reinterpret_cast<uintptr_t>(storage->data()) % to == 0;
}

void fill(const Ref<Storage>& storage, int value) {
  std::memset(storage->data(), value, static_cast<size_t>(storage->bytes()));
}

std::string refusal(int64_t bytes) {
  try {
    Storage::allocate(bytes);
  } catch (const OutOfMemory& error) {
    return error.what();
  }
  return "granted";
}

// Lets go after every function's statics are gone.
Ref<Storage> outlives_the_allocator;

}  // namespace

TEST_CASE("storage: blocks of every size are aligned, writable to the last byte and distinct") {
  std::vector<Ref<Storage>> held;
  for (const int64_t bytes : {1, 63, 64, 65, 511, 513, 1000, 1025, 4097, 65537, 1000003, 3000001}) {
    held.push_back(Storage::allocate(bytes));
    CHECK(held.back()->bytes() == bytes);
    CHECK(held.back()->writable());
    CHECK(aligned(held.back(), 64));
    fill(held.back(), static_cast<int>(held.size()));
  }
  for (size_t i = 0; i < held.size(); ++i) {
    const auto* bytes = static_cast<const unsigned char*>(held[i]->data());
    CHECK(bytes[0] == i + 1);
    CHECK(bytes[held[i]->bytes() - 1] == i + 1);
  }
  outlives_the_allocator = held.front();
}

TEST_CASE("storage: zero bytes is a block like any other") {
  const auto a = Storage::allocate(0), b = Storage::allocate(0);
  CHECK(a->bytes() == 0);
  CHECK(a->data() != nullptr);
  CHECK(a->data() != b->data());
}

TEST_CASE("storage: a freed block is handed out again, and large ones start at 2 MB") {
  if (!caching_enabled()) return;
  empty_cache();
  for (const int64_t bytes : {int64_t{100}, int64_t{5000}, 3 * kMegabyte}) {
    const int64_t hits = memory_stats().cache_hits;
    auto first = Storage::allocate(bytes);
    fill(first, 1);
    void* const at = first->data();
    if (bytes >= 2 * kMegabyte) CHECK(aligned(first, 2 * kMegabyte));
    first = nullptr;
    const auto second = Storage::allocate(bytes - 1);  // of the same class
    CHECK(second->data() == at);
    CHECK(memory_stats().cache_hits == hits + 1);
  }
}

TEST_CASE("storage: statistics follow what is held") {
  empty_cache();
  const MemoryStats before = memory_stats();
  reset_peak_memory();
  {
    const auto a = Storage::allocate(1000), b = Storage::allocate(3 * kMegabyte);
    CHECK(memory_stats().in_use == before.in_use + 1000 + 3 * kMegabyte);
    CHECK(memory_stats().system_allocations == before.system_allocations + 2);
  }
  const MemoryStats after = memory_stats();
  CHECK(after.in_use == before.in_use);
  CHECK(after.peak_in_use == before.in_use + 1000 + 3 * kMegabyte);
  CHECK(after.cached - before.cached == (caching_enabled() ? 1024 + 3 * kMegabyte : 0));
  empty_cache();
  CHECK(memory_stats().cached == 0);
  reset_peak_memory();
  CHECK(memory_stats().peak_in_use == memory_stats().in_use);
}

TEST_CASE("storage: what cannot be had is refused with its size") {
  const MemoryStats before = memory_stats();
  CHECK(refusal(-1) == "storage: cannot allocate -1 bytes");
  CHECK(refusal(std::numeric_limits<int64_t>::max()) ==
        "storage: cannot allocate 9223372036854775807 bytes");
  CHECK(refusal(int64_t{1} << 46) == "storage: cannot allocate 70368744177664 bytes");
  CHECK(memory_stats().in_use == before.in_use);
}

TEST_CASE("storage: borrowed memory is released once, by the last holder") {
  int value = 0, released = 0;
  auto first = Storage::borrow(&value, sizeof value, false, [&] { ++released; });
  auto second = first;
  CHECK(first->data() == &value);
  CHECK_FALSE(first->writable());
  CHECK(first->use_count() == 2);
  first = nullptr;
  CHECK(released == 0);
  second = nullptr;
  CHECK(released == 1);
  const MemoryStats before = memory_stats();
  { const auto unmanaged = Storage::borrow(&value, sizeof value, true, nullptr); }
  CHECK(memory_stats().cached == before.cached);
}

TEST_CASE("storage: threads allocate, share and free at once") {
  const int64_t before = memory_stats().in_use;
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  for (int id = 0; id < 4; ++id)
    threads.emplace_back([id, &wrong] {
      std::vector<Ref<Storage>> held(16);
      for (int round = 0; round < 2000; ++round) {
        const auto slot = static_cast<size_t>(round % 16);
        if (held[slot])
          wrong[static_cast<size_t>(id)] +=
              *static_cast<unsigned char*>(held[slot]->data()) != static_cast<unsigned>(id + 1);
        held[slot] = Storage::allocate(64 + round % 700);
        fill(held[slot], id + 1);
        if (round % 500 == 499) empty_cache();
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4, 0));
  CHECK(memory_stats().in_use == before);
}

TEST_CASE("storage: a forked child allocates while its parent's threads do") {
  if (!caching_enabled()) return;  // ASan's own allocator does not survive such a fork
  std::atomic<bool> stop{false};
  std::thread busy([&] {
    while (!stop) Storage::allocate(640);
  });
  for (int round = 0; round < 10; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(20);  // a hang is a failure
      for (int64_t bytes = 1; bytes < 5000; bytes += 13) fill(Storage::allocate(bytes), 1);
      _exit(7);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 7);
  }
  stop = true;
  busy.join();
}

// The fork-join pool: workers with one slot each, that spin for their next range and then sleep.
#include "core/parallel.h"

#include <pthread.h>
#ifdef __linux__
#include <sched.h>
#endif
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "core/check.h"

namespace tinytorch {
namespace {

constexpr int kMaxThreads = 1024;
// A worker looks for the next loop for about a millisecond before it sleeps: one woken from sleep
// may land on the caller's processor and stay there, which makes two threads as slow as one.
constexpr int kWorkerSpins = 50'000;
constexpr int kCallerSpins = 2000;

void relax() {
#if defined(__x86_64__)
  _mm_pause();
#else
  std::this_thread::yield();
#endif
}

int processors() {
  static const int count = [] {
#ifdef __linux__
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return CPU_COUNT(&allowed);
#endif
    return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  }();
  return count;
}

int default_threads() {
  if (const char* text = std::getenv("TINYTORCH_NUM_THREADS")) {
    int count = 0;
    const char* const end = text + std::strlen(text);
    const auto [rest, error] = std::from_chars(text, end, count);
    if (error == std::errc() && rest == end && 1 <= count && count <= kMaxThreads) return count;
  }
  return std::min(processors(), kMaxThreads);
}

/// One loop: its ranges, who waits for them, and what they threw.
struct Loop {
  int64_t begin, end, parts;
  void (*body)(void*, int64_t, int64_t);
  void* context;
  bool spins;  // as many threads as processors: waiting costs nobody
  std::atomic<int64_t> pending{0};
  std::mutex mutex = {};
  std::exception_ptr error = {};
  int64_t error_part = 0;

  void run(int64_t part) {
    const int64_t each = (end - begin) / parts, longer = (end - begin) % parts;
    const int64_t first = begin + part * each + std::min(part, longer);
    try {
      body(context, first, first + each + (part < longer ? 1 : 0));
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!error || part < error_part) error = std::current_exception(), error_part = part;
    }
  }
};

thread_local bool inside = false;  // a loop on this thread is inside another

struct alignas(64) Worker {
  explicit Worker(int64_t part) : part(part) {}

  const int64_t part;  // the range of every loop that is this worker's
  std::atomic<Loop*> offer{nullptr};
  std::atomic<bool> asleep{false}, stop{false};
  std::mutex mutex;
  std::condition_variable wake;

  void give(Loop* loop) {
    offer.store(loop);
    rouse();
  }

  void rouse() {
    if (asleep.load()) {
      const std::lock_guard lock(mutex);
      wake.notify_one();
    }
  }

  void await(bool spins) {
    const auto called = [&] { return offer.load() != nullptr || stop.load(); };
    for (int spin = 0; spins && spin < kWorkerSpins; ++spin) {
      if (called()) return;
      relax();
    }
    std::unique_lock lock(mutex);
    asleep.store(true);
    wake.wait(lock, called);
    asleep.store(false);
  }

  void work() {
    inside = true;
    for (bool spins = true; !stop.load(); await(spins)) {
      Loop* const loop = offer.exchange(nullptr);
      if (loop == nullptr) continue;  // the caller was here first
      spins = loop->spins;
      loop->run(part);
      loop->pending.fetch_sub(1);
    }
  }
};

/// Workers are detached and own their slot, so that nothing waits for them when the process ends.
class Pool {
 public:
  std::mutex mutex;  // held by the thread whose loop runs

  int64_t grow(int64_t count) {
    while (static_cast<int64_t>(workers_.size()) < count) {
      auto worker = std::make_shared<Worker>(static_cast<int64_t>(workers_.size()) + 1);
      try {
        std::thread([worker] { worker->work(); }).detach();
      } catch (const std::system_error&) {
        break;  // the system has no more threads: the caller runs what is left
      }
      workers_.push_back(std::move(worker));
    }
    return std::min(count, static_cast<int64_t>(workers_.size()));
  }

  void shrink(int64_t count) {
    while (static_cast<int64_t>(workers_.size()) > count) {
      workers_.back()->stop.store(true);
      workers_.back()->rouse();
      workers_.pop_back();
    }
  }

  // A worker that has not begun when the caller is done loses its range to the caller: a loop never
  // waits for a thread to wake.
  void run(Loop& loop, int64_t helpers) {
    loop.pending.store(helpers);
    for (int64_t i = 0; i < helpers; ++i) workers_[static_cast<size_t>(i)]->give(&loop);
    loop.run(0);
    for (int64_t part = helpers + 1; part < loop.parts; ++part) loop.run(part);
    for (int64_t i = 0; i < helpers; ++i) {
      if (workers_[static_cast<size_t>(i)]->offer.exchange(nullptr) == nullptr) continue;
      loop.run(i + 1);
      loop.pending.fetch_sub(1);
    }
    for (int spin = 0; loop.pending.load() != 0; ++spin) {
      if (spin < kCallerSpins) relax();
      else std::this_thread::yield();
    }
  }

 private:
  std::vector<std::shared_ptr<Worker>> workers_;
};

std::atomic<int> thread_count{0};
std::atomic<Pool*> current_pool{nullptr};

// Never destroyed.  A forked child has none of its parent's threads, and leaves their pool alone.
Pool& pool() {
  static const int registered =
      pthread_atfork(nullptr, nullptr, [] { current_pool.store(nullptr); });
  static_cast<void>(registered);
  Pool* existing = current_pool.load();
  if (existing) return *existing;
  auto created = std::make_unique<Pool>();
  if (current_pool.compare_exchange_strong(existing, created.get())) return *created.release();
  return *existing;
}

}  // namespace

int num_threads() {
  int count = thread_count.load(std::memory_order_relaxed);
  if (count == 0) {
    int none = 0;
    count = default_threads();
    if (!thread_count.compare_exchange_strong(none, count)) count = none;
  }
  return count;
}

void set_num_threads(int count) {
  check<ValueError>(1 <= count && count <= kMaxThreads,
                    "set_num_threads: expected 1 to 1024 threads, got ", count);
  thread_count.store(count);
  if (inside) return;
  Pool& workers = pool();
  const std::lock_guard lock(workers.mutex);
  workers.shrink(count - 1);
}

void detail::parallel_for(int64_t begin, int64_t end, int64_t grain,
                          void (*body)(void*, int64_t, int64_t), void* context) {
  const int threads = num_threads();
  const int64_t parts =
      std::clamp<int64_t>((end - begin) / std::max<int64_t>(grain, 1), 1, threads);
  if (parts == 1) return body(context, begin, end);

  Loop loop{begin, end, parts, body, context, threads <= processors()};
  const bool nested = std::exchange(inside, true);
  Pool* const workers = nested ? nullptr : &pool();
  if (workers && workers->mutex.try_lock()) {
    const std::lock_guard lock(workers->mutex, std::adopt_lock);
    workers->run(loop, workers->grow(parts - 1));
  } else {
    for (int64_t part = 0; part < parts; ++part) loop.run(part);
  }
  inside = nested;
  if (loop.error) std::rethrow_exception(loop.error);
}

}  // namespace tinytorch

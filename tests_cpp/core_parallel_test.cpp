// The pool: ranges cover and repeat, nest, throw, resize, and survive threads and fork.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catch.h"
#include "core/check.h"
#include "core/parallel.h"

namespace {

using namespace tinytorch;
using Ranges = std::vector<std::pair<int64_t, int64_t>>;

/// Restores the number of threads that a test changes.
struct Threads {
  explicit Threads(int count) : before(num_threads()) { set_num_threads(count); }
  ~Threads() { set_num_threads(before); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  int before;
};

Ranges ranges(int64_t begin, int64_t end, int64_t grain) {
  Ranges seen;
  std::mutex mutex;
  parallel_for(begin, end, grain, [&](int64_t first, int64_t last) {
    const std::lock_guard lock(mutex);
    seen.emplace_back(first, last);
  });
  std::sort(seen.begin(), seen.end());
  return seen;
}

double total(const std::vector<double>& values) {
  const auto n = static_cast<int64_t>(values.size());
  std::vector<double> partial(static_cast<size_t>(n), 0.0);
  parallel_for(0, n, 10, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i)
      partial[static_cast<size_t>(first)] += values[static_cast<size_t>(i)];
  });
  double sum = 0;
  for (const double part : partial) sum += part;
  return sum;
}

}  // namespace

TEST_CASE("parallel: ranges are disjoint, cover everything and keep the grain") {
  for (const int threads : {1, 2, 3, 7}) {
    const Threads use(threads);
    for (const int64_t end : {0, 1, 5, 6, 7, 100, 1001})
      for (const int64_t grain : {0, 1, 3, 50, 5000}) {
        const Ranges seen = ranges(-3, end, grain);
        int64_t next = -3;
        for (const auto& [first, last] : seen) {
          CHECK(first == next);
          CHECK(last - first >= std::min(grain, end + 3));
          next = last;
        }
        CHECK(next == end);
        CHECK(seen.size() <= static_cast<size_t>(threads));
      }
  }
}

TEST_CASE("parallel: an empty or reversed interval calls nothing") {
  CHECK(ranges(5, 5, 1).empty());
  CHECK(ranges(5, 2, 1).empty());
}

TEST_CASE("parallel: ranges run at once, each on a thread of its own") {
  const Threads use(3);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::atomic<int> arrived{0};
  parallel_for(0, 3, 1, [&](int64_t, int64_t) {
    ++arrived;
    while (arrived < 3 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  });
  CHECK(arrived == 3);
  CHECK(std::chrono::steady_clock::now() < deadline);
}

TEST_CASE("parallel: the same loop has the same ranges alone, nested and beside another") {
  const Threads use(4);
  const Ranges alone = ranges(0, 1000, 7);
  CHECK(alone.size() == 4);
  std::vector<Ranges> nested(4);
  parallel_for(0, 4, 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) nested[static_cast<size_t>(i)] = ranges(0, 1000, 7);
  });
  for (const Ranges& seen : nested) CHECK(seen == alone);
}

TEST_CASE("parallel: a nested loop stays on its thread") {
  const Threads use(4);
  std::atomic<int> strays{0};
  parallel_for(0, 4, 1, [&](int64_t, int64_t) {
    const auto outer = std::this_thread::get_id();
    parallel_for(0, 100, 1, [&](int64_t, int64_t) {
      if (std::this_thread::get_id() != outer) ++strays;
    });
  });
  CHECK(strays == 0);
}

TEST_CASE("parallel: the lowest range's exception arrives after every range ended") {
  const Threads use(4);
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> ended{0};
    try {
      parallel_for(0, 4, 1, [&](int64_t first, int64_t) {
        ++ended;
        if (first >= 1) throw std::runtime_error(std::to_string(first));
      });
      FAIL("nothing was thrown");
    } catch (const std::runtime_error& error) {
      CHECK(std::string(error.what()) == "1");
    }
    CHECK(ended == 4);
  }
  CHECK(ranges(0, 4, 1).size() == 4);  // and the pool still works
}

TEST_CASE("parallel: sums repeat to the bit") {
  const Threads use(3);
  std::vector<double> values(10007);
  for (size_t i = 0; i < values.size(); ++i) values[i] = 1.0 / static_cast<double>(i + 1);
  const double first = total(values);
  for (int round = 0; round < 200; ++round) REQUIRE(total(values) == first);
}

TEST_CASE("parallel: many user threads at once") {
  const Threads use(3);
  std::vector<double> values(5000, 0.1);
  const double expected = total(values);
  std::atomic<int> wrong{0};
  std::vector<std::thread> users;
  for (int user = 0; user < 4; ++user)
    users.emplace_back([&] {
      for (int round = 0; round < 200; ++round)
        if (total(values) != expected) ++wrong;
    });
  for (std::thread& user : users) user.join();
  CHECK(wrong == 0);
}

TEST_CASE("parallel: the number of threads is set, resized and checked") {
  const Threads use(5);
  CHECK(num_threads() == 5);
  for (const int count : {2, 6, 1, 3}) {
    set_num_threads(count);
    CHECK(num_threads() == count);
    CHECK(ranges(0, 100, 1).size() == static_cast<size_t>(count));
  }
  CHECK_THROWS_AS(set_num_threads(0), ValueError);
  CHECK_THROWS_AS(set_num_threads(-1), ValueError);
  CHECK_THROWS_AS(set_num_threads(1025), ValueError);
  CHECK(num_threads() == 3);
}

TEST_CASE("parallel: resizing from inside a loop takes effect after it") {
  const Threads use(2);
  parallel_for(0, 2, 1, [](int64_t first, int64_t) {
    if (first == 0) set_num_threads(4);
  });
  CHECK(ranges(0, 100, 1).size() == 4);
}

TEST_CASE("parallel: sleeping workers wake") {
  const Threads use(2);
  for (int round = 0; round < 5; ++round) {
    usleep(3000);
    CHECK(ranges(0, 10, 1).size() == 2);
  }
}

#ifndef __SANITIZE_THREAD__  // TSan does not support threads started after a fork
TEST_CASE("parallel: a forked child starts its own workers") {
  const Threads use(3);
  REQUIRE(ranges(0, 100, 1).size() == 3);
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);  // a hang is a failure
    _exit(ranges(0, 100, 1).size() == 3 && num_threads() == 3 ? 7 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);
  CHECK(ranges(0, 100, 1).size() == 3);
}
#endif

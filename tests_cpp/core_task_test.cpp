// Tasks: who is running on which thread, how often, and what an unwritten one says.
#include <algorithm>
#include <string>
#include <thread>

#include "catch.h"
#include "core/task.h"

using namespace tinytorch;

namespace {

int64_t calls(const std::string& task) {
  const auto all = task_calls();
  const auto entry =
      std::find_if(all.begin(), all.end(), [&](const auto& call) { return call.first == task; });
  return entry == all.end() ? 0 : entry->second;
}

}  // namespace

TEST_CASE("task: an unwritten one raises NotStarted with its name") {
  CHECK_THROWS_AS(todo("tensor.matmul"), NotStarted);
  CHECK_THROWS_WITH(todo("tensor.matmul"), "tensor.matmul is not started");
}

TEST_CASE("task: scopes nest, and end when an exception passes") {
  CHECK(current_task() == nullptr);
  {
    const TaskScope outer("test.outer");
    CHECK(std::string(current_task()) == "test.outer");
    try {
      const TaskScope inner("test.inner");
      CHECK(std::string(current_task()) == "test.inner");
      todo("test.inner");
    } catch (const NotStarted&) {}
    CHECK(std::string(current_task()) == "test.outer");
  }
  CHECK(current_task() == nullptr);
}

TEST_CASE("task: calls are counted in the order of the first") {
  const int64_t before = calls("test.first");
  for (int i = 0; i < 3; ++i) {
    const TaskScope first("test.first");
    const TaskScope second("test.second");
  }
  CHECK(calls("test.first") == before + 3);
  const auto all = task_calls();
  const auto at = [&](const std::string& task) {
    return std::find_if(all.begin(), all.end(),
                        [&](const auto& call) { return call.first == task; });
  };
  CHECK(at("test.first") < at("test.second"));
}

TEST_CASE("task: each thread has its own") {
  const TaskScope here("test.here");
  bool none = false;
  const int64_t before = calls("test.there");
  std::thread([&] {
    none = current_task() == nullptr;
    const TaskScope there("test.there");
  }).join();
  CHECK(none);
  CHECK(std::string(current_task()) == "test.here");
  CHECK(calls("test.there") == before + 1);
}

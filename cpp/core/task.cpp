// The running task of each thread, the count of calls, and the errors that name them.
#include "core/task.h"

#include <algorithm>
#include <mutex>

#include "core/shape.h"
#include "core/view.h"

namespace tinytorch {
namespace {

thread_local const char* running = nullptr;
std::mutex counts_mutex;
std::vector<std::pair<std::string, int64_t>> counts;

}  // namespace

NotStarted::~NotStarted() = default;

void todo(const char* task) { fail<NotStarted>(task, " is not started"); }

TaskScope::TaskScope(const char* task) : outer_(std::exchange(running, task)) {
  const std::lock_guard lock(counts_mutex);
  const auto entry =
      std::find_if(counts.begin(), counts.end(), [&](const auto& c) { return c.first == task; });
  if (entry == counts.end()) counts.emplace_back(task, 1);
  else ++entry->second;
}

TaskScope::~TaskScope() { running = outer_; }

const char* current_task() { return running; }

std::vector<std::pair<std::string, int64_t>> task_calls() {
  const std::lock_guard lock(counts_mutex);
  return counts;
}

void fail_out_of_bounds(const int64_t* index, const int64_t* sizes, int rank) {
  fail<IndexError>(running ? running : "view", ": index ", Dims(index, index + rank),
                   " is outside shape ", Dims(sizes, sizes + rank));
}

}  // namespace tinytorch

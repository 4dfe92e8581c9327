// Tasks: what the course asks students to write, seen from the code around it.
//
// In the library a task is a function like any other, between two comments. In a student's
// workspace its body is `todo("activations.softmax");` until written, and the build puts a
// TaskScope at the first line, so that errors can name the task and its calls are counted.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/check.h"

namespace tinytorch {

/// A task that nobody has written yet.  NotImplementedError in Python, "not started" in a test.
struct NotStarted : Error {
  using Error::Error;
  ~NotStarted() override;
};

/// The body of a task that is not started: raises NotStarted.
[[noreturn]] void todo(const char* task);

/// Marks the extent of a running task on this thread, and counts the call.
class TaskScope {
 public:
  explicit TaskScope(const char* task);
  ~TaskScope();
  TaskScope(const TaskScope&) = delete;
  TaskScope& operator=(const TaskScope&) = delete;

 private:
  const char* outer_;
};

/// The task this thread is in, or nullptr.
const char* current_task();
/// Calls of every task entered so far in this process, in the order of their first call.
std::vector<std::pair<std::string, int64_t>> task_calls();

}  // namespace tinytorch

// What a crash leaves behind: its signal, the running task and the call stack, on standard error.
//
// A workspace builds this file once, and the worker loads it before any student's library. Lines
// read "tito: SIGSEGV activations.softmax" and then "tito: <library> <offset>" for each frame, from
// the innermost; the grader turns offsets into lines of source. An offset lies in the instruction
// that was running there.
#include <dlfcn.h>
#include <execinfo.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "core/task.h"

namespace {

struct Watched {
  int signal;
  const char* name;
  struct sigaction before;  // Python's, where it was there first: it adds its own stack
};
Watched watched_signals[] = {{SIGSEGV, "SIGSEGV", {}}, {SIGBUS, "SIGBUS", {}},
                             {SIGFPE, "SIGFPE", {}},   {SIGILL, "SIGILL", {}},
                             {SIGABRT, "SIGABRT", {}}, {SIGQUIT, "SIGQUIT", {}}};
constexpr int kFrames = 64;
constexpr int kStopped = 2;  // after report() and what called it: the frame that the signal stopped
constexpr size_t kStackBytes = 1 << 16;  // for the handler: endless recursion used up the other

template <class... Parts>
void say(const char* format, Parts... parts) {
  char line[1024];
  const int length = std::snprintf(line, sizeof line, format, parts...);
  if (length > 0 && write(STDERR_FILENO, line, static_cast<size_t>(length)) < 0) _exit(1);
}

void report(int signal) {
  const char* task = tinytorch::current_task();
  for (const Watched& watched : watched_signals) {
    if (watched.signal != signal) continue;
    say("tito: %s %s\n", watched.name, task ? task : "-");
    sigaction(signal, &watched.before, nullptr);
  }
  void* frames[kFrames];
  const int count = backtrace(frames, kFrames);
  for (int i = 0; i < count; ++i) {
    Dl_info found;
    if (!dladdr(frames[i], &found) || !found.dli_fname) continue;
    const int64_t offset = static_cast<char*>(frames[i]) - static_cast<char*>(found.dli_fbase);
    // The others are where a call returns to: one past it, which may be another line's.
    say("tito: %s %lx\n", found.dli_fname, static_cast<unsigned long>(offset - (i != kStopped)));
  }
  std::raise(signal);  // delivered to whoever watched before when this handler returns
}

}  // namespace

extern "C" void tito_watch_crashes() {
  void* warm[1];
  backtrace(warm, 1);  // loads what it needs now, not in a process that is crashing
  stack_t stack{};
  stack.ss_sp = std::malloc(kStackBytes);
  stack.ss_size = kStackBytes;
  sigaltstack(&stack, nullptr);
  for (Watched& watched : watched_signals) {
    struct sigaction action{};
    action.sa_handler = report;
    action.sa_flags = SA_ONSTACK;
    sigaction(watched.signal, &action, &watched.before);
  }
}

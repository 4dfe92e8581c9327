// The switch between the two sets, and the list of all entries.
#include "core/kernels.h"

#include <atomic>
#include <mutex>

namespace tinytorch {
namespace {

std::atomic<bool> accelerated_on{true};

struct Row {
  const char* name;
  const bool* has_accelerated;
};
struct Table {
  std::mutex mutex;
  std::vector<Row> rows;
};
// A function's static: entries are globals of other libraries and register before this one's are
// set.
Table& table() {
  static Table table;
  return table;
}

}  // namespace

bool accelerated() { return accelerated_on.load(std::memory_order_relaxed); }
void set_accelerated(bool on) { accelerated_on.store(on, std::memory_order_relaxed); }

void detail::add_to_table(const char* name, const bool* has_accelerated) {
  const std::lock_guard lock(table().mutex);
  table().rows.push_back({name, has_accelerated});
}

std::vector<KernelEntry> kernel_table() {
  const std::lock_guard lock(table().mutex);
  std::vector<KernelEntry> entries;
  for (const Row& row : table().rows) entries.push_back({row.name, *row.has_accelerated});
  return entries;
}

}  // namespace tinytorch

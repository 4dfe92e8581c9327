// The kernel table: which of two twins a call reaches, for each type and either set.
#include <algorithm>
#include <string>

#include "catch.h"
#include "core/kernels.h"

using namespace tinytorch;

namespace {

template <class T>
using Constant = T();
template <class T>
T plain() {
  return 1;
}
float fast() { return 2; }

Kernel<Constant> kernel("test.constant", plain<float>, plain<double>);
Kernel<Constant> slow("test.slow", plain<float>, plain<double>);

/// The table's row of that name; its name is empty when there is none.
KernelEntry row(const std::string& name) {
  for (const KernelEntry& entry : kernel_table())
    if (entry.name == name) return entry;
  return {};
}

struct Restore {
  ~Restore() { set_accelerated(before); }
  bool before = accelerated();
};

}  // namespace

TEST_CASE("kernels: the reference runs until a twin is registered") {
  const Restore restore;
  set_accelerated(true);
  CHECK(slow.get<float>()() == 1);
  CHECK(slow.get<double>()() == 1);
  CHECK(row("test.slow").name == "test.slow");
  CHECK_FALSE(row("test.slow").has_accelerated);
}

TEST_CASE("kernels: a twin runs for its own type while its set is on") {
  const Restore restore;
  kernel.accelerate<float>(fast);
  set_accelerated(true);
  CHECK(accelerated());
  CHECK(kernel.get<float>()() == 2);
  CHECK(kernel.get<double>()() == 1);
  CHECK(kernel.reference<float>()() == 1);
  CHECK(row("test.constant").has_accelerated);
  set_accelerated(false);
  CHECK_FALSE(accelerated());
  CHECK(kernel.get<float>()() == 1);
}

TEST_CASE("kernels: the accelerated set is on by default") { CHECK(accelerated()); }

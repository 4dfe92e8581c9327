// Writing in place where a loop can: directly while nothing is recorded, else as a function of the
// old values.
#pragma once
#include "modules/autograd/functions.h"

namespace tinytorch {

/// direct(x's array) changes it; f(old x) is the same as a differentiable function.
template <class Direct, class F>
void write_in_place(const char* operation, const Variable& x, Direct direct, F f,
                    std::initializer_list<const Variable*> others = {}) {
  check_writable(operation, x);
  if (records_write(x, others)) return write(x, f(before_write(x)));
  direct(x.data());
  bump_version(x);
}

}  // namespace tinytorch

// Functions of two and three numbers beyond those that the course teaches, each with its slopes.
//
// The source is a table as for one number. Operands broadcast, and meet in a dtype by PyTorch's
// rules; what a function makes of integers is the row's second choice:
//
//   floats     integers become the default dtype        atan2, copysign, xlogy
//   any        integers stay                            fmod, fmax, fmin
//   no floats  integers alone                           gcd, lcm, shifts
//   only       floats alone                             hypot, logaddexp, nextafter
#pragma once
#include <vector>

#include "modules/autograd/functions.h"

namespace tinytorch {

/// A row of the table.
struct PairFunction {
  const char* name;
  Variable (*apply)(const Variable& a, const Variable& b);
  bool number_left, number_right;  // which operand may be a Python number
  bool in_place;                   // has a method name_
};
const std::vector<PairFunction>& pair_functions();

/// x + weight (end - x), the dtypes equal.                                    torch.lerp
Variable lerp(const Variable& x, const Variable& end, const Variable& weight);
/// x + value a b, and x + value a / b.                             torch.addcmul, torch.addcdiv
Variable addcmul(const Variable& x, const Variable& a, const Variable& b, const Scalar& value);
Variable addcdiv(const Variable& x, const Variable& a, const Variable& b, const Scalar& value);
/// min(max(x, low), high), either bound undefined; high wins where the two cross.    torch.clamp
Variable clamp(const Variable& x, const Variable& low, const Variable& high);

}  // namespace tinytorch

// Reordering: the same elements in another order.
#pragma once
#include "modules/autograd/functions.h"

namespace tinytorch {

/// Every element of the given dims in reverse order, as a copy.                torch.flip
Variable flip(const Variable& x, const Dims& dims);
/// Elements moved by shifts[i] along dims[i], those pushed out at the end coming in at the start.
/// Without dims, x is rolled as if it were flat.                               torch.roll
Variable roll(const Variable& x, const Dims& shifts, const Dims& dims = {});

}  // namespace tinytorch

// Shapes: tiling, and variables that take on another shape or other memory in place.
#pragma once
#include "modules/autograd/functions.h"

namespace tinytorch {

/// x laid side by side times[d] times along each dim; more entries than dims add dims in front.
/// torch.Tensor.repeat
Variable repeat(const Variable& x, const Dims& times);
/// The same; fewer entries than dims leave the first ones alone.             torch.tile
Variable tile(const Variable& x, const Dims& times);
/// Makes x what y, a view of it, is: x.unsqueeze_(0) is become(x, unsqueeze(x, 0)).  Raises where x
/// must not be written to.
void become(const char* operation, const Variable& x, const Variable& y);
/// Gives x another shape, row by row from its first element; more elements than its storage holds
/// move to a new one, uninitialised past the old ones.                     torch.Tensor.resize_
void resize_(const Variable& x, const Shape& shape);
/// Makes x show `source`, of the same dtype.                                torch.Tensor.set_
void set_(const Variable& x, const Variable& source);
/// The whole storage of x as elements of its dtype, (n).
Tensor whole_storage(const Tensor& x);

}  // namespace tinytorch

// Elementwise arithmetic in float32: the same loops as the tensor unit's, on whole batches.
//
// Where all operands are contiguous nothing but loads, one operation and a store remains; a stride
// of 0 is a scalar kept in a register; other strides are gathered element by element.
#pragma once
#include "modules/tensor/tensor.h"

namespace tinytorch::fast {

/// y[i] = op(x[i]).  Returns false, having done nothing, for an operation that has no fast form.
bool unary(UnaryOp op, Strided<const float, 1> x, Strided<float, 1> y);
/// y[i] = op(a[i], b[i]).  The same.
bool binary(BinaryOp op, Strided<const float, 1> a, Strided<const float, 1> b, Strided<float, 1> y);
/// y[i] = sum_j x[i, j], in blocks of float32 whose totals are added in double.
void sum(View<const float, 2> x, View<float, 1> y);

}  // namespace tinytorch::fast

// Differentiable functions: everything that tensors can do, for variables, with its gradient.
//
// Each function of the same name and parameters on Tensor has its overload here; what a function
// does is said there, what its derivative is, in one line beside it in the source:
//
//   arithmetic.cpp   add, sub, mul, div, pow, neg: broadcasting in reverse
//   elementwise.cpp  the other functions of one and two operands, where, clamp
//   reductions.cpp   sum, mean, var, prod, amax, amin
//   products.cpp     matmul
//   views.cpp        reshaping, slicing and stretching
//   parts.cpp        split, unbind: views of several parts
//   joins.cpp        cat, stack, copies and picking by position
//   history.cpp      writing in place
//   activations.cpp  layers.cpp  losses.cpp
//
// Where a function has a kink, its slope there is PyTorch's: relu, abs and sign have 0 at 0; clamp
// has 1 at its bounds; maximum and minimum halve the gradient between equals; amax and amin share
// it among them; sqrt has infinity at 0, stddev 0.
//
// Functions without a slope (comparisons, floor_divide, logic, argmax, ...) give a result that
// requires no gradient; steps (floor, ceil, round, trunc, sign) have slope zero.
#pragma once
#include "modules/activations/activations.h"
#include "modules/autograd/record.h"
#include "modules/layers/layers.h"
#include "modules/losses/losses.h"

namespace tinytorch {

// --- views
Variable view(const Variable& x, const Shape& shape);
Variable reshape(const Variable& x, const Shape& shape);
Variable permute(const Variable& x, const Dims& dims);
Variable transpose(const Variable& x, int64_t dim0, int64_t dim1);
Variable slice(const Variable& x, int64_t dim, int64_t start, int64_t stop, int64_t step = 1);
Variable select(const Variable& x, int64_t dim, int64_t index);
Variable unsqueeze(const Variable& x, int64_t dim);
Variable squeeze(const Variable& x, std::optional<int64_t> dim = std::nullopt);
Variable expand(const Variable& x, const Shape& shape);
Variable flatten(const Variable& x, int64_t start_dim = 0, int64_t end_dim = -1);
Variable as_strided(const Variable& x, const Shape& shape, const Strides& strides, int64_t offset);
std::vector<Variable> split(const Variable& x, const Lengths& lengths, int64_t dim = 0);
std::vector<Variable> unbind(const Variable& x, int64_t dim = 0);
/// x's memory read as another dtype.  It has no gradient, as in PyTorch.
Variable view_dtype(const Variable& x, DType dtype);

// --- copies
void copy_(const Variable& dst, const Variable& src);
void fill_(const Variable& x, const Scalar& value);
Variable clone(const Variable& x);
Variable contiguous(const Variable& x);
Variable to(const Variable& x, DType dtype);

// --- elementwise
Variable unary(UnaryOp op, const Variable& x);
Variable binary(BinaryOp op, const Variable& a, const Variable& b);
void unary_(UnaryOp op, const Variable& x);
void binary_(BinaryOp op, const Variable& a, const Variable& b);

Variable add(const Variable& a, const Variable& b);
Variable sub(const Variable& a, const Variable& b);
Variable mul(const Variable& a, const Variable& b);
Variable div(const Variable& a, const Variable& b);
Variable pow(const Variable& a, const Variable& b);
Variable neg(const Variable& x);
Variable exp(const Variable& x);
Variable log(const Variable& x);
Variable sqrt(const Variable& x);
inline Variable operator+(const Variable& a, const Variable& b) { return add(a, b); }
inline Variable operator-(const Variable& a, const Variable& b) { return sub(a, b); }
inline Variable operator*(const Variable& a, const Variable& b) { return mul(a, b); }
inline Variable operator/(const Variable& a, const Variable& b) { return div(a, b); }
inline Variable operator-(const Variable& x) { return neg(x); }
Variable operator+(const Variable& a, const Scalar& b);
Variable operator-(const Variable& a, const Scalar& b);
Variable operator*(const Variable& a, const Scalar& b);
Variable operator/(const Variable& a, const Scalar& b);

Variable where(const Variable& condition, const Variable& a, const Variable& b);
Variable clamp(const Variable& x, std::optional<Scalar> low, std::optional<Scalar> high);

// --- reductions
Variable sum(const Variable& x, const OptionalDims& dims = {}, bool keepdim = false,
             std::optional<DType> dtype = {});
Variable mean(const Variable& x, const OptionalDims& dims = {}, bool keepdim = false,
              std::optional<DType> dtype = {});
Variable var(const Variable& x, const OptionalDims& dims = {}, double correction = 1,
             bool keepdim = false);
Variable stddev(const Variable& x, const OptionalDims& dims = {}, double correction = 1,
                bool keepdim = false);
Variable prod(const Variable& x, std::optional<int64_t> dim = {}, bool keepdim = false);
Variable all(const Variable& x, const OptionalDims& dims = {}, bool keepdim = false);
Variable any(const Variable& x, const OptionalDims& dims = {}, bool keepdim = false);
Variable amax(const Variable& x, const OptionalDims& dims = {}, bool keepdim = false);
Variable amin(const Variable& x, const OptionalDims& dims = {}, bool keepdim = false);
Variable argmax(const Variable& x, std::optional<int64_t> dim = {}, bool keepdim = false);
Variable argmin(const Variable& x, std::optional<int64_t> dim = {}, bool keepdim = false);
Variable sum_to(const Variable& x, const Shape& shape);

// --- matrix products
Variable matmul(const Variable& a, const Variable& b);

// --- joining, picking by position
Variable cat(const std::vector<Variable>& tensors, int64_t dim = 0);
Variable stack(const std::vector<Variable>& tensors, int64_t dim = 0);
Variable index(const Variable& x, const Picks& picks);
void index_put_(const Variable& x, const Picks& picks, const Variable& values, bool accumulate);
Variable gather(const Variable& x, int64_t dim, const Tensor& positions);
void scatter_add_(const Variable& x, int64_t dim, const Tensor& positions, const Variable& source);

// --- activations
Variable relu(const Variable& x);
Variable sigmoid(const Variable& x);
Variable tanh(const Variable& x);
Variable gelu(const Variable& x, Gelu form = Gelu::kErf);
Variable softmax(const Variable& x, int64_t dim);
Variable log_softmax(const Variable& x, int64_t dim);

// --- layers
/// `bias` may be undefined.
Variable linear(const Variable& x, const Variable& weight, const Variable& bias = {});
Variable dropout(const Variable& x, double p, bool training = true,
                 Generator& generator = *default_generator());

// --- losses, as PyTorch names them; weights and options require no gradient
Variable mse_loss(const Variable& x, const Variable& target,
                  Reduction reduction = Reduction::kMean);
Variable binary_cross_entropy(const Variable& x, const Variable& target, const Tensor& weight = {},
                              Reduction reduction = Reduction::kMean);
Variable binary_cross_entropy_with_logits(const Variable& x, const Variable& target,
                                          const BceOptions& options = {});
Variable nll_loss(const Variable& x, const Variable& target, const ClassOptions& options = {});
Variable cross_entropy(const Variable& x, const Variable& target, const ClassOptions& options = {});

}  // namespace tinytorch

// Tensor operations: creation, views, broadcasting, arithmetic, reductions, matrix products,
// joining.
//
// An n-d array is a flat block of memory and a rule for finding element (i, j, ...) in it: the
// strides. From that one idea follow views that copy nothing (a transpose swaps two strides, a
// slice moves the offset), broadcasting (a stride of 0 repeats a row for ever) and every loop
// below.
//
// The kernels see typed views; the functions on Tensor around them settle dtype, shape and memory:
// promote, broadcast, allocate, loop. Names, rules and errors are PyTorch's.
//
// Read in this order: layout, views, create, arithmetic, elementwise, reduce, matmul, copy, join.
#pragma once
#include <optional>
#include <vector>

#include "core/kernels.h"
#include "core/scalar.h"
#include "core/tensor.h"

namespace tinytorch {

// --- layout: shapes and strides as arithmetic ------------------------------------------------

namespace tensor {

/// Row-major strides, the last dimension next to itself: (2, 3, 4) -> (12, 4, 1).  A size of 0
/// counts as 1, as in PyTorch.
Strides contiguous_strides(const Shape& shape);
/// The shape in which two operands meet: sizes pair up from the right; a missing size or a 1
/// stretches. (3, 1) and (4,) -> (3, 4).  Raises Error "operation: ..." for any other pair.
Shape broadcast_shapes(const char* operation, const Shape& a, const Shape& b);
/// The strides that read `shape` as if it were `target`: 0 along every stretched or added
/// dimension. `shape` must broadcast to `target`.
Strides broadcast_strides(const Shape& shape, const Strides& strides, const Shape& target);

}  // namespace tensor

// --- views: same storage, other numbers ----------------------------------------------------------

/// The given shape over the same memory; at most one size is -1 and inferred.  `view` raises where
/// strides do not allow it, `reshape` copies instead.                     torch.Tensor.view,
/// torch.reshape
Tensor view(const Tensor& x, const Shape& shape);
Tensor reshape(const Tensor& x, const Shape& shape);
/// Dimension i of the result is dimension dims[i] of x.                     torch.permute
Tensor permute(const Tensor& x, const Dims& dims);
Tensor transpose(const Tensor& x, int64_t dim0, int64_t dim1);
/// Elements start, start + step, ... before stop along dim; bounds as in Python's slices, step > 0.
Tensor slice(const Tensor& x, int64_t dim, int64_t start, int64_t stop, int64_t step = 1);
/// One index along dim, which disappears.                                   torch.select
Tensor select(const Tensor& x, int64_t dim, int64_t index);
Tensor unsqueeze(const Tensor& x, int64_t dim);
/// Drops dimensions of size 1: all, or `dim` where it is one.
Tensor squeeze(const Tensor& x, std::optional<int64_t> dim = std::nullopt);
/// Stretches dimensions of size 1; -1 keeps a size.                         torch.Tensor.expand
Tensor expand(const Tensor& x, const Shape& shape);
Tensor flatten(const Tensor& x, int64_t start_dim = 0, int64_t end_dim = -1);
/// Any strides over x's storage; refused when an element would lie outside it.
Tensor as_strided(const Tensor& x, const Shape& shape, const Strides& strides, int64_t offset);
/// Parts of the given lengths along dim, one after the other; they add up to its size.
using Lengths = std::vector<int64_t>;
std::vector<Tensor> split(const Tensor& x, const Lengths& lengths, int64_t dim = 0);
/// Every index along dim, which disappears.                                 torch.unbind
std::vector<Tensor> unbind(const Tensor& x, int64_t dim = 0);
/// The same bytes as elements of another dtype; the last dim grows or shrinks by the ratio of their
/// sizes. torch.Tensor.view(dtype)
Tensor view_dtype(const Tensor& x, DType dtype);

// --- creation --------------------------------------------------------------------------------

/// The dtype of floats that nobody gave one: float32 until changed to float64.
DType default_dtype();
void set_default_dtype(DType dtype);

/// Uninitialised memory in row-major order.
Tensor empty(const Shape& shape, DType dtype = default_dtype());
Tensor full(const Shape& shape, const Scalar& value, DType dtype);
Tensor zeros(const Shape& shape, DType dtype = default_dtype());
Tensor ones(const Shape& shape, DType dtype = default_dtype());
inline Tensor empty_like(const Tensor& x) { return empty(x.shape(), x.dtype()); }
/// The same with the elements in x's order in memory, without gaps.   torch.preserve_format
Tensor empty_as(const Tensor& x, DType dtype);
inline Tensor zeros_like(const Tensor& x) { return zeros(x.shape(), x.dtype()); }
inline Tensor ones_like(const Tensor& x) { return ones(x.shape(), x.dtype()); }
/// 0-d.
Tensor scalar_tensor(const Scalar& value, DType dtype);
/// start, start + step, ... before end.                                     torch.arange
Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step, DType dtype);
/// `steps` points from start to end, both included.                          torch.linspace
Tensor linspace(double start, double end, int64_t steps, DType dtype = default_dtype());
Tensor eye(int64_t rows, int64_t columns, DType dtype = default_dtype());

// --- copies ----------------------------------------------------------------------------------

/// Raises unless `written` may be written to elementwise while `read` is being read: its memory is
/// writable, no two of its elements share a place, and it is `read` itself or apart from it.
void check_write(const char* operation, const Tensor& written, const Tensor& read);
/// Writes src, broadcast and converted, into dst's memory.                  torch.Tensor.copy_
void copy_(const Tensor& dst, const Tensor& src);
void fill_(const Tensor& x, const Scalar& value);
Tensor clone(const Tensor& x);
/// x itself when already contiguous.
Tensor contiguous(const Tensor& x);
/// x itself when already of that dtype.
Tensor to(const Tensor& x, DType dtype);
/// A half's memory as int16, so that what only moves elements can move them; any other x as it is.
Tensor bits_of(const Tensor& x);
/// The way back, when `dtype` is a half.
Tensor half_of(const Tensor& bits, DType dtype);
/// float32 when x is a half, else x itself.
inline Tensor widened(const Tensor& x) { return is_half(x.dtype()) ? to(x, DType::kFloat32) : x; }
/// The value of a tensor of one element.                                    torch.Tensor.item
Scalar item(const Tensor& x);

// --- elementwise -----------------------------------------------------------------------------

// clang-format off
enum class UnaryOp : uint8_t {
  kNeg, kAbs, kSign, kExp, kLog, kSqrt, kReciprocal, kSquare, kSin, kCos,
  kFloor, kCeil, kRound, kTrunc, kLogicalNot, kBitwiseNot, kIsNan, kIsInf, kIsFinite
};
enum class BinaryOp : uint8_t {
  kAdd, kSub, kMul, kDiv, kFloorDivide, kRemainder, kPow, kMaximum, kMinimum,
  kEq, kNe, kLt, kLe, kGt, kGe, kLogicalAnd, kLogicalOr, kLogicalXor,
  kBitwiseAnd, kBitwiseOr, kBitwiseXor
};
// clang-format on
const char* name(UnaryOp op);
const char* name(BinaryOp op);

namespace tensor {

/// y[i] = f(x[i]).
template <class X, class Y, class F>
void map(Strided<const X, 1> x, Strided<Y, 1> y, F f);
/// y[i] = f(a[i], b[i]).
template <class X, class Y, class F>
void zip(Strided<const X, 1> a, Strided<const X, 1> b, Strided<Y, 1> y, F f);

template <class T>
using UnaryLoop = void(UnaryOp op, Strided<const T, 1> x, Strided<T, 1> y);
template <class T>
using BinaryLoop = void(BinaryOp op, Strided<const T, 1> a, Strided<const T, 1> b, Strided<T, 1> y);
extern Kernel<UnaryLoop> unary_kernel;    // the operations from T to T
extern Kernel<BinaryLoop> binary_kernel;  // kAdd ... kMinimum

}  // namespace tensor

/// The dtype in which a and b are computed.  A 0-d tensor, like a Python number, only decides when
/// its category (bool < integer < float) is above the other's.                   torch.result_type
DType result_type(const Tensor& a, const Tensor& b);
/// A Python number as a 0-d tensor of the dtype it takes beside `other`.
Tensor wrap_scalar(const Scalar& value, const Tensor& other);

/// With `out`, the result is written there: its shape must be the broadcast one.
Tensor unary(UnaryOp op, const Tensor& x, const Tensor* out = nullptr);
Tensor binary(BinaryOp op, const Tensor& a, const Tensor& b, const Tensor* out = nullptr);
/// x = op(x), a = op(a, b), in place.
inline void unary_(UnaryOp op, const Tensor& x) { unary(op, x, &x); }
inline void binary_(BinaryOp op, const Tensor& a, const Tensor& b) { binary(op, a, b, &a); }

inline Tensor add(const Tensor& a, const Tensor& b) { return binary(BinaryOp::kAdd, a, b); }
inline Tensor sub(const Tensor& a, const Tensor& b) { return binary(BinaryOp::kSub, a, b); }
inline Tensor mul(const Tensor& a, const Tensor& b) { return binary(BinaryOp::kMul, a, b); }
inline Tensor div(const Tensor& a, const Tensor& b) { return binary(BinaryOp::kDiv, a, b); }
inline Tensor pow(const Tensor& a, const Tensor& b) { return binary(BinaryOp::kPow, a, b); }
inline Tensor neg(const Tensor& x) { return unary(UnaryOp::kNeg, x); }
inline Tensor exp(const Tensor& x) { return unary(UnaryOp::kExp, x); }
inline Tensor log(const Tensor& x) { return unary(UnaryOp::kLog, x); }
inline Tensor sqrt(const Tensor& x) { return unary(UnaryOp::kSqrt, x); }
inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return sub(a, b); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return mul(a, b); }
inline Tensor operator/(const Tensor& a, const Tensor& b) { return div(a, b); }
inline Tensor operator-(const Tensor& x) { return neg(x); }
Tensor operator+(const Tensor& a, const Scalar& b);
Tensor operator-(const Tensor& a, const Scalar& b);
Tensor operator*(const Tensor& a, const Scalar& b);
Tensor operator/(const Tensor& a, const Scalar& b);

/// condition ? a : b, broadcast.                                             torch.where
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
/// min(max(x, low), high), either bound absent.                              torch.clamp
Tensor clamp(const Tensor& x, std::optional<Scalar> low, std::optional<Scalar> high);

// --- reductions ------------------------------------------------------------------------------
//
// Over the given dims, or over all of them when none is given.  With keepdim they stay, of size 1.

using OptionalDims = std::optional<Dims>;

namespace tensor {

/// y[i] = sum_j x[i, j].
template <class T>
void sum(View<const T, 2> x, View<T, 1> y);

template <class T>
using RowReduction = void(View<const T, 2> x, View<T, 1> y);
extern Kernel<RowReduction> sum_kernel;

}  // namespace tensor

/// bool and integers are summed as int64.  NaN propagates in all of them.
Tensor sum(const Tensor& x, const OptionalDims& dims = {}, bool keepdim = false,
           std::optional<DType> dtype = {});
Tensor mean(const Tensor& x, const OptionalDims& dims = {}, bool keepdim = false,
            std::optional<DType> dtype = {});
/// Over dims, divided by n - correction.                                      torch.var
Tensor var(const Tensor& x, const OptionalDims& dims = {}, double correction = 1,
           bool keepdim = false);
/// Its square root.                                                           torch.std
inline Tensor stddev(const Tensor& x, const OptionalDims& dims = {}, double correction = 1,
                     bool keepdim = false) {
  return sqrt(var(x, dims, correction, keepdim));
}
Tensor prod(const Tensor& x, std::optional<int64_t> dim = {}, bool keepdim = false);
Tensor all(const Tensor& x, const OptionalDims& dims = {}, bool keepdim = false);
Tensor any(const Tensor& x, const OptionalDims& dims = {}, bool keepdim = false);
/// The largest or smallest value of x, or along dims.                         torch.amax,
/// torch.amin
Tensor amax(const Tensor& x, const OptionalDims& dims = {}, bool keepdim = false);
Tensor amin(const Tensor& x, const OptionalDims& dims = {}, bool keepdim = false);
/// Its first index: int64, in row-major order when dim is absent.             torch.argmax
Tensor argmax(const Tensor& x, std::optional<int64_t> dim = {}, bool keepdim = false);
Tensor argmin(const Tensor& x, std::optional<int64_t> dim = {}, bool keepdim = false);

/// x summed over the dimensions that broadcasting `shape` to x's shape had stretched: the gradient
/// of broadcasting.
Tensor sum_to(const Tensor& x, const Shape& shape);

// --- matrix products -------------------------------------------------------------------------

namespace tensor {

/// c[i, j] = sum_k a[i, k] b[k, j].  a: (M, K), b: (K, N), c: (M, N), overwritten.
template <class T>
void matmul(Strided<const T, 2> a, Strided<const T, 2> b, View<T, 2> c);

template <class T>
using MatrixProduct = void(Strided<const T, 2> a, Strided<const T, 2> b, View<T, 2> c);
extern Kernel<MatrixProduct> matmul_kernel;

}  // namespace tensor

/// Vectors, matrices and batches of them, by the ranks of a and b:           torch.matmul
/// (K) (K) -> (); (M, K) (K) -> (M); (K) (K, N) -> (N); (..., M, K) (..., K, N) -> (..., M, N), the
/// leading dimensions broadcast.
Tensor matmul(const Tensor& a, const Tensor& b);

// --- joining ---------------------------------------------------------------------------------

/// One after the other along dim; other sizes agree.                         torch.cat
Tensor cat(const std::vector<Tensor>& tensors, int64_t dim = 0);
/// Side by side along a new dimension.                                       torch.stack
Tensor stack(const std::vector<Tensor>& tensors, int64_t dim = 0);

// --- picking by position ---------------------------------------------------------------------

/// What to pick along each leading dim of x: positions of an integer dtype (any shape, all
/// broadcast together), a mask (bool, as many dims as it has), or nothing, which takes the whole
/// dim.
using Picks = std::vector<std::optional<Tensor>>;

/// x[picks], by numpy's rules: the broadcast positions' dims stand where the picked dims stood when
/// those are neighbours, else first.  Raises IndexError for a position outside its dim.
Tensor index(const Tensor& x, const Picks& picks);
/// x[picks] = values, or += with `accumulate`, where a position named twice adds twice.
void index_put_(const Tensor& x, const Picks& picks, const Tensor& values, bool accumulate);
/// The gradient of index: zeros of `shape`, with grad added at the picked positions.
Tensor index_backward(const Tensor& grad, const Picks& picks, const Shape& shape);
/// y[.., i, ..] = x[.., positions[.., i, ..], ..] along dim; y is shaped as positions, which is
/// int64 and no larger than x elsewhere.                                          torch.gather
Tensor gather(const Tensor& x, int64_t dim, const Tensor& positions);
/// x[.., positions[.., i, ..], ..] += source[.., i, ..]; the gradient of gather.
/// torch.Tensor.scatter_add_
void scatter_add_(const Tensor& x, int64_t dim, const Tensor& positions, const Tensor& source);

}  // namespace tinytorch

// Embeddings: integers as vectors, and the places of a sequence as vectors too.
//
// A table of V rows of D numbers gives each id its own vector. Looking one up is a product of a
// one-hot row with the table that nobody computes: y = onehot(id) W is row `id` of W. Its backward
// adds instead of looking: row `id` of the gradient gets the sum of the gradients of every place
// where that id stood. An id that occurs twice must add twice; forgetting so is the classic bug.
//
// Attention sees a set and not a sequence, so places must be told. Either each place has a row of a
// learned table, or a fixed one of sines whose wavelengths grow from 2 pi to 10000 * 2 pi (Vaswani
// et al., 2017), or queries and keys are turned by angles proportional to their place, so that
// their product depends on the distance alone (Su et al., 2021).
//
// Read in this order: lookup, bags, positions, apply.
#pragma once
#include <optional>

#include "modules/autograd/record.h"

namespace tinytorch {

namespace embeddings {

/// y[n] = weight[ids[n]].  weight: (V, D), ids: (N,) in [0, V), y: (N, D).     torch: F.embedding
template <class T>
void lookup(View<const T, 2> weight, View<const int64_t, 1> ids, View<T, 2> y);
/// grad_weight[v] = the sum of grad[n] over every n with ids[n] == v, except for v == padding.
/// grad: (N, D), ids: (N,), grad_weight: (V, D), overwritten.  padding is -1 for none.
template <class T>
void lookup_backward(Strided<const T, 2> grad, View<const int64_t, 1> ids, int64_t padding,
                     Strided<T, 2> grad_weight);

/// y[b] = the sum of factors[n] * weight[ids[n]] over starts[b] <= n < starts[b + 1].
/// weight: (V, D), ids, factors: (N,), starts: (B + 1,), y: (B, D).        torch: F.embedding_bag
template <class T>
void bag(View<const T, 2> weight, View<const int64_t, 1> ids, View<const T, 1> factors,
         View<const int64_t, 1> starts, View<T, 2> y);

/// y[t, 2 i] = sin(t w_i), y[t, 2 i + 1] = cos(t w_i) with w_i = base^(-2 i / D).  y: (T, D); where
/// D is odd, the last sine has no cosine.
template <class T>
void sinusoidal(double base, View<T, 2> y);

/// Turns the pair (x[n, t, 2 i], x[n, t, 2 i + 1]) by the angle whose sine and cosine are
/// table[t, 2 i] and table[t, 2 i + 1].  x, y: (N, T, D), table: (T, D), D even.
template <class T>
void rotate(View<const T, 3> x, View<const T, 2> table, View<T, 3> y);
/// The gradient turns back.  grad, grad_x: (N, T, D).
template <class T>
void rotate_backward(View<const T, 3> grad, View<const T, 2> table, View<T, 3> grad_x);

// The kernel table's entries.
template <class T>
using Lookup = void(View<const T, 2> weight, View<const int64_t, 1> ids, View<T, 2> y);
template <class T>
using LookupBackward = void(Strided<const T, 2> grad, View<const int64_t, 1> ids, int64_t padding,
                            Strided<T, 2> grad_weight);
template <class T>
using Bag = void(View<const T, 2> weight, View<const int64_t, 1> ids, View<const T, 1> factors,
                 View<const int64_t, 1> starts, View<T, 2> y);
template <class T>
using Rotate = void(View<const T, 3> x, View<const T, 2> table, View<T, 3> y);
extern Kernel<Lookup> lookup_kernel;
extern Kernel<LookupBackward> lookup_backward_kernel;
extern Kernel<Bag> bag_kernel;
extern Kernel<Rotate> rotate_kernel;
extern Kernel<Rotate> rotate_backward_kernel;

/// ids as contiguous int64 of one dim.  Raises for another dtype than int32 or int64, and
/// IndexError for the first id outside [0, rows), naming it, its position and the vocabulary.
Tensor checked_ids(const char* operation, const Tensor& ids, int64_t rows);

}  // namespace embeddings

// On tensors: ids int32 or int64 of any shape; weights float32 or float64 (lookup: any dtype).

/// weight: (V, D), ids: (...) -> (..., D).
Tensor embedding(const Tensor& weight, const Tensor& ids);
/// grad: (..., D), ids: (...) -> (rows, D).  Ids equal to `padding` (unless -1) add nothing; with
/// `by_frequency` each gradient is divided by the number of times its id occurs.
Tensor embedding_backward(const Tensor& grad, const Tensor& ids, int64_t rows, int64_t padding = -1,
                          bool by_frequency = false);
/// Scales each row of weight that ids name, in place, so that its p-norm is at most max_norm.
///                                                                   torch.embedding_renorm_
void embedding_renorm_(const Tensor& weight, const Tensor& ids, double max_norm, double norm_type);

enum class BagMode : uint8_t { kSum, kMean, kMax };
/// What a bag takes of which rows: ids without padding, the factor of each, the bag each is in,
/// where bags start, and for kMax the row that each element of the result came from (-1: none).
struct Bags {
  Tensor ids, bag_of, starts;  // int64
  Tensor factors;              // as weight; undefined where all are 1
  Tensor rows;                 // int64 (B, D), kMax only
  Tensor kept;                 // int64: which of the given ids these are
};
struct Bagged {
  Tensor y;
  Bags bags;
};
/// weight: (V, D), ids: (N,), offsets: (B,) where each bag starts, or (B + 1,) with include_last,
/// sample_weights: (N,) or undefined -> (B, D).  An empty bag gives zeros.
Bagged embedding_bag(const Tensor& weight, const Tensor& ids, const Tensor& offsets, BagMode mode,
                     const Tensor& sample_weights = {}, bool include_last = false,
                     int64_t padding = -1);
/// grad: (B, D) -> (rows, D).
Tensor embedding_bag_backward(const Tensor& grad, const Bags& bags, int64_t rows,
                              bool by_frequency = false);

/// The table of sines and cosines of `length` places: (length, width).
Tensor sinusoidal(int64_t length, int64_t width, double base = 10000,
                  DType dtype = default_dtype());
/// x: (..., T, D), table: (T, D) of sinusoidal, D even.
Tensor rotate(const Tensor& x, const Tensor& table);
Tensor rotate_backward(const Tensor& grad, const Tensor& table);

// Differentiable.

/// `padding` is -1 for none; the gradient is dense.
Variable embedding(const Variable& weight, const Tensor& ids, int64_t padding = -1,
                   bool by_frequency = false);
Variable embedding_bag(const Variable& weight, const Tensor& ids, const Tensor& offsets,
                       BagMode mode, const Variable& sample_weights = {}, bool include_last = false,
                       int64_t padding = -1, bool by_frequency = false);
Variable rotate(const Variable& x, const Tensor& table);

}  // namespace tinytorch

// Tensor: the handle of an n-d array. A storage, a dtype, a shape, strides and an offset; nothing
// else.
//
// Element (i, j, ...) lies at storage[offset + i * strides[0] + j * strides[1] + ...]. Transposing,
// slicing and expanding change only these numbers, so views share their storage and cost nothing.
// A Tensor knows nothing of gradients. What can be done with one begins in modules/tensor.
#pragma once
#include "core/dtype.h"
#include "core/shape.h"
#include "core/storage.h"
#include "core/view.h"

namespace tinytorch {

class Tensor {
 public:
  /// Undefined: no storage, 0 elements.
  Tensor() : shape_{0}, strides_{1} {}
  Tensor(Ref<Storage> storage, DType dtype, Shape shape, Strides strides, int64_t offset = 0);

  bool defined() const { return static_cast<bool>(storage_); }
  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  const Strides& strides() const { return strides_; }
  int64_t offset() const { return offset_; }
  int64_t dim() const { return shape_.size(); }
  /// Elements along `dim`, which may be negative.
  int64_t size(int64_t dim) const { return shape_[wrap_dim("size", dim, shape_.size())]; }
  int64_t numel() const { return numel_; }
  /// Elements lie in row-major order without gaps.
  bool is_contiguous() const { return contiguous_; }
  const Ref<Storage>& storage() const { return storage_; }

  /// The first element's address; T must be the dtype's type.
  template <class T>
  T* data() const {
    check<TypeError>(dtype_of<T> == dtype_, "expected dtype ", dtype_of<T>, ", got ", dtype_);
    return static_cast<T*>(storage_ ? storage_->data() : nullptr) + offset_;
  }
  /// The first element's address, untyped.
  std::byte* bytes() const {
    return static_cast<std::byte*>(storage_ ? storage_->data() : nullptr) +
           offset_ * item_size(dtype_);
  }

  /// A contiguous tensor as a typed view; N must be its rank.
  template <class T, int N>
  View<T, N> view() const {
    check(contiguous_ && dim() == N, "expected a contiguous tensor of ", N, " dims, got shape ",
          shape_, " and strides ", strides_);
    View<T, N> view{data<std::remove_const_t<T>>(), {}};
    for (int d = 0; d < N; ++d) view.sizes[d] = shape_[d];
    return view;
  }
  /// The same with its leading dims gathered into one: (..., C) as (N, C); a 0-d tensor as (1, 1).
  template <class T>
  View<T, 2> rows() const {
    check(contiguous_, "expected a contiguous tensor, got shape ", shape_, " and strides ",
          strides_);
    const int64_t columns = shape_.empty() ? 1 : shape_.back();
    return {data<std::remove_const_t<T>>(), {columns ? numel_ / columns : 0, columns}};
  }
  /// The same with every dim gathered into one.
  template <class T>
  View<T, 1> flat() const {
    check(contiguous_, "expected a contiguous tensor, got shape ", shape_, " and strides ",
          strides_);
    return {data<std::remove_const_t<T>>(), {numel_}};
  }

 private:
  Ref<Storage> storage_;
  DType dtype_ = DType::kFloat32;
  bool contiguous_ = true;
  Shape shape_;
  Strides strides_;
  int64_t offset_ = 0;
  int64_t numel_ = 0;
};

}  // namespace tinytorch

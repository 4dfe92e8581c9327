// Shape and strides: a short list of sizes, kept inline up to six dimensions.
//
// Dims serves both: a Shape counts elements along each dimension; Strides count the elements to
// step over in memory to move by one along each.
#pragma once
#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>

#include "core/check.h"

namespace tinytorch {

class Dims {
 public:
  static constexpr int64_t kInline = 6;
  static constexpr int64_t kMax = 64;  // as in numpy and PyTorch

  Dims() = default;
  Dims(std::initializer_list<int64_t> values) : Dims(values.begin(), values.end()) {}
  /// `count` dimensions, all equal to `value`.
  Dims(int64_t count, int64_t value) { resize(count), std::fill(begin(), end(), value); }
  template <std::input_iterator Iterator>
  Dims(Iterator first, Iterator last) {
    resize(static_cast<int64_t>(last - first));
    std::copy(first, last, begin());
  }
  Dims(const Dims& other) { *this = other; }
  Dims& operator=(const Dims& other) {
    if (this == &other) return *this;
    resize(other.count_);
    std::copy(other.begin(), other.end(), begin());
    return *this;
  }
  Dims(Dims&&) noexcept = default;
  Dims& operator=(Dims&&) noexcept = default;
  ~Dims() = default;

  int64_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  int64_t* begin() { return heap_ ? heap_.get() : inline_; }
  int64_t* end() { return begin() + count_; }
  const int64_t* begin() const { return heap_ ? heap_.get() : inline_; }
  const int64_t* end() const { return begin() + count_; }
  int64_t& operator[](int64_t i) { return begin()[i]; }
  int64_t operator[](int64_t i) const { return begin()[i]; }
  int64_t back() const { return begin()[count_ - 1]; }

  void push_back(int64_t value) { resize(count_ + 1), begin()[count_ - 1] = value; }
  void insert(int64_t at, int64_t value) {
    push_back(value);
    std::rotate(begin() + at, end() - 1, end());
  }
  void erase(int64_t at) {
    std::copy(begin() + at + 1, end(), begin() + at);
    resize(count_ - 1);
  }
  /// Keeps the leading values; new ones are unset.
  void resize(int64_t count);

  friend bool operator==(const Dims& a, const Dims& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  int64_t inline_[kInline];
  std::unique_ptr<int64_t[]> heap_;
  int64_t count_ = 0;
};

using Shape = Dims;
using Strides = Dims;

inline void Dims::resize(int64_t count) {
  check<ValueError>(0 <= count && count <= kMax, "a tensor has at most 64 dimensions, got ", count);
  if (count > kInline && !heap_) {
    heap_ = std::make_unique<int64_t[]>(kMax);
    std::copy(inline_, inline_ + count_, heap_.get());
  }
  count_ = count;
}

/// "(2, 3)".
void append(std::string& text, const Dims& dims);
std::string to_string(const Dims& dims);

/// The product of the sizes; 1 for no dimensions.  Raises for a negative size, or a product past
/// int64.
int64_t numel(const Shape& shape);

/// `dim` in [-rank, rank) as [0, rank); a 0-d tensor takes 0 and -1.  Raises IndexError in
/// `operation`'s name.
int64_t wrap_dim(const char* operation, int64_t dim, int64_t rank);

}  // namespace tinytorch

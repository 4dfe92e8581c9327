// Scalar: one Python number, a bool, an int or a float, before it meets a tensor.
#pragma once
#include <cstdint>

#include "core/dtype.h"

namespace tinytorch {

class Scalar {
 public:
  Scalar(bool value) : kind_(DType::kBool), integer_(value) {}
  Scalar(int value) : Scalar(int64_t{value}) {}
  Scalar(int64_t value) : kind_(DType::kInt64), integer_(value) {}
  Scalar(double value) : kind_(DType::kFloat64), floating_(value) {}

  /// kBool, kInt64 or kFloat64.
  DType kind() const { return kind_; }
  template <class T>
  T to() const {
    return is_floating(kind_) ? static_cast<T>(floating_) : static_cast<T>(integer_);
  }

 private:
  DType kind_;
  union {
    int64_t integer_;
    double floating_;
  };
};

inline void append(std::string& text, const Scalar& value) {
  if (is_floating(value.kind())) append(text, value.to<double>());
  else append(text, value.to<int64_t>());
}

}  // namespace tinytorch

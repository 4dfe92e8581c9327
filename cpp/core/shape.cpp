// The text, the element count and the dimension numbers of shapes.
#include "core/shape.h"

namespace tinytorch {

void append(std::string& text, const Dims& dims) {
  text += '(';
  for (int64_t i = 0; i < dims.size(); ++i) {
    if (i > 0) text += ", ";
    append(text, dims[i]);
  }
  text += dims.size() == 1 ? ",)" : ")";
}

std::string to_string(const Dims& dims) {
  std::string text;
  append(text, dims);
  return text;
}

int64_t numel(const Shape& shape) {
  int64_t total = 1;
  bool overflow = false, empty = false;
  for (const int64_t size : shape) {
    check(size >= 0, "a size must not be negative, got shape ", shape);
    empty |= size == 0;
    overflow |= __builtin_mul_overflow(total, std::max<int64_t>(size, 1), &total);
  }
  check(!overflow, "shape ", shape, " has more elements than an int64 counts");
  return empty ? 0 : total;
}

int64_t wrap_dim(const char* operation, int64_t dim, int64_t rank) {
  const int64_t dims = std::max<int64_t>(rank, 1);
  check<IndexError>(-dims <= dim && dim < dims, operation, ": expected dim in [", -dims, ", ",
                    dims - 1, "], got ", dim);
  return dim < 0 ? dim + dims : dim;
}

}  // namespace tinytorch

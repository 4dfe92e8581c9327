// Errors: the exception types that cross into Python, and `check`, which raises them.
//
// A message names the operation, the rule and the values:
//   check<IndexError>(0 <= i && i < n, "select: index ", i, " is outside dim ", dim, " of size ",
//   n);
// The parts are joined only when the check fails.
#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tinytorch {

/// RuntimeError in Python, and the base of the others.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
  ~Error() override;
};
struct IndexError : Error {
  using Error::Error;
  ~IndexError() override;
};
struct TypeError : Error {
  using Error::Error;
  ~TypeError() override;
};
struct ValueError : Error {
  using Error::Error;
  ~ValueError() override;
};
struct OutOfMemory : Error {
  using Error::Error;
  ~OutOfMemory() override;
};
/// NotImplementedError in Python: PyTorch's answer to an operation a dtype does not have.
struct NotImplemented : Error {
  using Error::Error;
  ~NotImplemented() override;
};

void append(std::string& text, int64_t value);
void append(std::string& text, double value);
inline void append(std::string& text, int value) { append(text, int64_t{value}); }
inline void append(std::string& text, size_t value) { append(text, static_cast<int64_t>(value)); }
inline void append(std::string& text, std::string_view part) { text += part; }

template <class E = Error, class... Parts>
[[noreturn, gnu::cold]] void fail(const Parts&... parts) {
  std::string text;
  (append(text, parts), ...);
  throw E(text);
}

template <class E = Error, class... Parts>
void check(bool ok, const Parts&... parts) {
  if (!ok) [[unlikely]]
    fail<E>(parts...);
}

}  // namespace tinytorch

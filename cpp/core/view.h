// Views: what a kernel sees of a tensor. A typed pointer with its sizes, indexed as the papers
// write.
//
//   x(i, j)          an element
//   x.size(1)        the number of columns
//
// View is row-major without gaps, which is what lets plain loops run fast. Strided steps by any
// stride, 0 for a broadcast dimension. Built with TINYTORCH_CHECK_BOUNDS, both verify every index
// and raise an IndexError that names the task, the index and the shape; otherwise they cost
// nothing.
#pragma once
#include <cstdint>
#include <type_traits>

#include "core/task.h"

namespace tinytorch {

#ifdef TINYTORCH_CHECK_BOUNDS
inline constexpr bool kCheckBounds = true;
#else
inline constexpr bool kCheckBounds = false;
#endif

/// Raises IndexError: "activations.softmax: index (2, 3) is outside shape (3, 3)".
[[noreturn]] void fail_out_of_bounds(const int64_t* index, const int64_t* sizes, int rank);

// Both views' operator() is inlined always: each library keeps the checks it was built with.
template <class T, int N>
struct View {
  T* data;
  int64_t sizes[N];

  int64_t size(int dim) const { return sizes[dim]; }

  template <class... Index>
  [[gnu::always_inline]] T& operator()(Index... index) const {
    static_assert(sizeof...(Index) == N, "one index per dimension");
    const int64_t at[N] = {static_cast<int64_t>(index)...};
    int64_t offset = 0;
    for (int d = 0; d < N; ++d) {
      if (kCheckBounds && static_cast<uint64_t>(at[d]) >= static_cast<uint64_t>(sizes[d]))
          [[unlikely]]
        fail_out_of_bounds(at, sizes, N);
      offset = offset * sizes[d] + at[d];
    }
    return data[offset];
  }

  operator View<const T, N>() const
    requires(!std::is_const_v<T>)
  {
    View<const T, N> view{data, {}};
    for (int d = 0; d < N; ++d) view.sizes[d] = sizes[d];
    return view;
  }
};

template <class T, int N>
struct Strided {
  T* data;
  int64_t sizes[N];
  int64_t strides[N];

  int64_t size(int dim) const { return sizes[dim]; }

  template <class... Index>
  [[gnu::always_inline]] T& operator()(Index... index) const {
    static_assert(sizeof...(Index) == N, "one index per dimension");
    const int64_t at[N] = {static_cast<int64_t>(index)...};
    int64_t offset = 0;
    for (int d = 0; d < N; ++d) {
      if (kCheckBounds && static_cast<uint64_t>(at[d]) >= static_cast<uint64_t>(sizes[d]))
          [[unlikely]]
        fail_out_of_bounds(at, sizes, N);
      offset += at[d] * strides[d];
    }
    return data[offset];
  }
};

}  // namespace tinytorch

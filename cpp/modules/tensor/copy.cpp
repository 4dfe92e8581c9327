// Copies: between dtypes, strides and shapes that broadcast.
#include <cmath>
#include <cstring>
#include <limits>

#include "core/half.h"
#include "modules/tensor/loops.h"
#include "modules/tensor/runs.h"

namespace tinytorch {
namespace {

// As static_cast, but defined for every value: floats that an integer cannot hold become the lowest
// int64, of which narrow types take the low bits of the lowest int32.
template <class To, class From>
To convert(From value) {
  if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To> &&
                !std::is_same_v<To, bool>) {
    using Wide = std::conditional_t<sizeof(To) == 8, int64_t, int32_t>;
    constexpr From kEnd = sizeof(To) == 8 ? From(0x1p63) : From(0x1p31);
    const bool fits = value > -kEnd && value < kEnd;
    return static_cast<To>(fits ? static_cast<Wide>(value) : std::numeric_limits<Wide>::min());
  } else {
    return static_cast<To>(value);
  }
}

// Whether a type holds the value, rounded if need be. As in PyTorch, unsigned types take negative
// values that wrap once.
template <class T>
bool fits(const Scalar& value) {
  if constexpr (std::is_same_v<T, bool>) return true;
  const auto high = static_cast<double>(std::numeric_limits<T>::max());
  const double low =
      std::is_unsigned_v<T> ? -high : static_cast<double>(std::numeric_limits<T>::min());
  const auto number = value.to<double>();
  if (std::is_floating_point_v<T>) return !std::isfinite(number) || std::abs(number) <= high;
  if (sizeof(T) == 8) return !is_floating(value.kind()) || (low <= number && number < 0x1p63);
  return low <= number && number <= high;
}

}  // namespace

void check_write(const char* operation, const Tensor& written, const Tensor& read) {
  check(!written.storage() || written.storage()->writable(), operation,
        ": the memory is read-only");
  for (int64_t d = 0; d < written.dim(); ++d) {
    check(written.strides()[d] != 0 || written.shape()[d] <= 1 || written.numel() == 0, operation,
          ": several elements of the written tensor share one place in memory (shape ",
          written.shape(), ", strides ", written.strides(), "); clone it first");
  }
  if (!written.is_contiguous() || !read.is_contiguous() || written.storage() != read.storage())
    return;
  const bool same = written.bytes() == read.bytes() && written.numel() == read.numel();
  const auto end = [](const Tensor& x) { return x.bytes() + x.numel() * item_size(x.dtype()); };
  check(same || end(written) <= read.bytes() || end(read) <= written.bytes() ||
            written.numel() * read.numel() == 0,
        operation,
        ": the written tensor and an operand share part of their memory; clone one first");
}

Tensor bits_of(const Tensor& x) {
  if (!is_half(x.dtype())) return x;
  return Tensor(x.storage(), DType::kInt16, x.shape(), x.strides(), x.offset());
}

Tensor half_of(const Tensor& bits, DType dtype) {
  if (!is_half(dtype)) return bits;
  return Tensor(bits.storage(), dtype, bits.shape(), bits.strides(), bits.offset());
}

namespace {

// run(to, step_to, from, step_from, length) of every run, src broadcast to dst.
template <class To, class From, class Run>
void for_each_pair(const Tensor& dst, const Tensor& src, Run&& run) {
  const auto walk = tensor::merge_dims<2>(
      dst.shape(),
      {dst.strides(), tensor::broadcast_strides(src.shape(), src.strides(), dst.shape())});
  const int64_t step_to = walk.strides[0].back(), step_from = walk.strides[1].back();
  To* to = reinterpret_cast<To*>(dst.bytes());
  const From* from = reinterpret_cast<const From*>(src.bytes());
  tensor::for_each_run(walk, [&](const auto& at, int64_t length) {
    run(to + at[0], step_to, from + at[1], step_from, length);
  });
}

// to[i] = convert(from[i]), src broadcast to dst.
template <class To, class From, class Convert>
void copy_by(const Tensor& dst, const Tensor& src, Convert convert) {
  for_each_pair<To, From>(dst, src, [&](auto... run) { tensor::convert_run(run..., convert); });
}

// The same bits elsewhere; T is as wide as an element.
template <class T>
void copy_bits(const Tensor& dst, const Tensor& src) {
  for_each_pair<T, T>(dst, src, [](auto... run) { tensor::move_run(run...); });
}

// A copy from or to a half: of the bits, or by way of float32.
void copy_half(const Tensor& dst, const Tensor& src) {
  if (!is_half(src.dtype())) {
    const Tensor wide = to(src, DType::kFloat32);
    if (dst.dtype() == DType::kFloat16) copy_by<Float16, float>(dst, wide, round_to<Float16>);
    else copy_by<BFloat16, float>(dst, wide, round_to<BFloat16>);
    return;
  }
  const bool direct = dst.dtype() == DType::kFloat32;
  const Tensor wide = direct ? dst : empty(src.shape(), DType::kFloat32);
  if (src.dtype() == DType::kFloat16)
    copy_by<float, Float16>(wide, src, [](Float16 x) { return widen(x); });
  else copy_by<float, BFloat16>(wide, src, [](BFloat16 x) { return widen(x); });
  if (!direct) copy_(dst, wide);
}

}  // namespace

void copy_(const Tensor& dst, const Tensor& src) {
  check_write("copy_", dst, src);
  const Shape shape = tensor::broadcast_shapes("copy_", dst.shape(), src.shape());
  check(shape == dst.shape(), "copy_: shape ", src.shape(), " does not broadcast to ", dst.shape());
  if (dst.numel() == 0) return;
  if (dst.is_contiguous() && src.is_contiguous() && dst.dtype() == src.dtype() &&
      dst.shape() == src.shape()) {
    const int64_t size = item_size(dst.dtype());
    parallel_for(0, dst.numel(), tensor::kGrain, [&](int64_t first, int64_t last) {
      std::memmove(dst.bytes() + first * size, src.bytes() + first * size,
                   static_cast<size_t>((last - first) * size));
    });
    return;
  }
  if (dst.dtype() == src.dtype()) {
    switch (item_size(dst.dtype())) {
      case 1: return copy_bits<uint8_t>(dst, src);
      case 2: return copy_bits<uint16_t>(dst, src);
      case 4: return copy_bits<uint32_t>(dst, src);
      default: return copy_bits<uint64_t>(dst, src);
    }
  }
  if (is_half(dst.dtype()) || is_half(src.dtype())) return copy_half(dst, src);
  dispatch(dst.dtype(), [&]<class To>() {
    dispatch(src.dtype(), [&]<class From>() {
      copy_by<To, From>(dst, src, [](From value) { return convert<To>(value); });
    });
  });
}

void fill_(const Tensor& x, const Scalar& value) {
  check(!x.storage() || x.storage()->writable(), "fill_: the memory is read-only");
  if (is_half(x.dtype())) {
    const double most = x.dtype() == DType::kFloat16 ? 65504 : 0x1.FEp127;
    const auto number = value.to<double>();
    check(!std::isfinite(number) || std::abs(number) <= most, "fill_: value ", value,
          " does not fit into ", x.dtype());
    const Tensor one = to(scalar_tensor(value, DType::kFloat32), x.dtype());
    return fill_(bits_of(x), Scalar(int64_t{*bits_of(one).data<int16_t>()}));
  }
  dispatch(x.dtype(), [&]<class T>() {
    check(fits<T>(value), "fill_: value ", value, " does not fit into ", x.dtype());
    const T element = value.to<T>();
    const auto walk = tensor::merge_dims<1>(x.shape(), {x.strides()});
    const int64_t step = walk.strides[0].back();
    T* data = x.data<T>();
    tensor::for_each_run(walk, [&](const auto& at, int64_t length) {
      tensor::fill_run(data + at[0], step, element, length);
    });
  });
}

Tensor clone(const Tensor& x) {
  Tensor y = empty(x.shape(), x.dtype());
  copy_(y, x);
  return y;
}

Tensor contiguous(const Tensor& x) { return x.is_contiguous() ? x : clone(x); }

Tensor to(const Tensor& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  Tensor y = empty(x.shape(), dtype);
  copy_(y, x);
  return y;
}

Scalar item(const Tensor& x) {
  check(x.numel() == 1, "item: expected a tensor of one element, got shape ", x.shape());
  if (is_half(x.dtype())) return item(to(x, DType::kFloat32));
  return dispatch(x.dtype(), [&]<class T>() -> Scalar {
    const T value = *x.data<T>();
    if constexpr (std::is_same_v<T, bool>) return value;
    else if constexpr (std::is_integral_v<T>) return static_cast<int64_t>(value);
    else return static_cast<double>(value);
  });
}

}  // namespace tinytorch

// Sorting by radix, selection, and the values that stand at the positions found.
#include "extra/ordering.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <numeric>

#include "extra/lines.h"

namespace tinytorch {
namespace {

template <class T>
bool is_nan(T value) {
  return value != value;
}

// An unsigned number that sorts as the value does: zeros alike, NaN last.
template <class T>
auto key_of(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
    constexpr Bits kSign = Bits{1} << (8 * sizeof(T) - 1);
    if (is_nan(value)) return static_cast<Bits>(~Bits{0});
    const Bits bits = std::bit_cast<Bits>(value == 0 ? T{0} : value);
    return static_cast<Bits>(bits & kSign ? ~bits : bits | kSign);
  } else if constexpr (std::is_same_v<T, bool>) {
    return static_cast<uint8_t>(value);
  } else {
    using Bits = std::make_unsigned_t<T>;
    constexpr Bits kSign = std::is_signed_v<T> ? Bits{1} << (8 * sizeof(T) - 1) : 0;
    return static_cast<Bits>(static_cast<Bits>(value) ^ kSign);
  }
}

template <class Key>
struct Keyed {
  Key key;
  std::conditional_t<sizeof(Key) == 8, int64_t, uint32_t> position;
};

// Byte by byte from the last, each pass stable; a byte that all keys share needs none.
template <class Key>
void sort_by_key(std::vector<Keyed<Key>>& items, std::vector<Keyed<Key>>& spare) {
  if (items.size() < 256) {
    std::sort(items.begin(), items.end(), [](const auto& a, const auto& b) {
      return a.key < b.key || (a.key == b.key && a.position < b.position);
    });
    return;
  }
  std::array<std::array<size_t, 256>, sizeof(Key)> counts{};
  for (const auto& item : items)
    for (size_t byte = 0; byte < sizeof(Key); ++byte) ++counts[byte][item.key >> 8 * byte & 0xFF];
  spare.resize(items.size());
  for (size_t byte = 0; byte < sizeof(Key); ++byte) {
    auto& starts = counts[byte];
    if (starts[items[0].key >> 8 * byte & 0xFF] == items.size()) continue;
    std::exclusive_scan(starts.begin(), starts.end(), starts.begin(), size_t{0});
    for (const auto& item : items) spare[starts[item.key >> 8 * byte & 0xFF]++] = item;
    items.swap(spare);
  }
}

template <class T>
void argsort(const Tensor& x, const Lines& lines, bool descending, const Tensor& y) {
  using Key = decltype(key_of(T{}));
  using Item = Keyed<Key>;
  using Position = decltype(Item::position);
  check(static_cast<uint64_t>(lines.size) <= std::numeric_limits<Position>::max(),
        "sort: a line of ", lines.size, " elements is too long");
  const Key flip = descending ? static_cast<Key>(~Key{0}) : Key{0};
  lines.each_range([&](int64_t first, int64_t last) {
    std::vector<Item> items(lines.size), spare;
    for (int64_t i = first; i < last; ++i) {
      const auto in = lines.of(x.data<T>(), i);
      const auto out = lines.of(y.data<int64_t>(), i);
      for (int64_t j = 0; j < lines.size; ++j)
        items[j] = {static_cast<Key>(key_of(in(j)) ^ flip), static_cast<Position>(j)};
      sort_by_key(items, spare);
      for (int64_t j = 0; j < lines.size; ++j) out(j) = static_cast<int64_t>(items[j].position);
    }
  });
}

template <class T>
bool before(T a, T b) {
  return a < b || (is_nan(b) && !is_nan(a));
}

// select(value(j), n) gives a position in each line of n values; dim shrinks to 1.
template <class Select>
Tensor select_one(const char* operation, const Tensor& whole, int64_t dim, Select select) {
  const Tensor x = contiguous(widened(whole));
  const Lines lines(operation, x.shape(), dim);
  const Tensor y = empty(resized(x.shape(), dim, 1), DType::kInt64);
  check<IndexError>(lines.size > 0 || y.numel() == 0, operation, ": dim ", dim, " of shape ",
                    x.shape(), " holds no element");
  dispatch(x.dtype(), [&]<class T>() {
    lines.each_range([&](int64_t first, int64_t last) {
      std::vector<std::pair<T, int64_t>> items(lines.size);
      for (int64_t i = first; i < last; ++i) {
        const auto in = lines.of(static_cast<const T*>(x.data<T>()), i);
        for (int64_t j = 0; j < lines.size; ++j) items[j] = {in(j), j};
        y.data<int64_t>()[i] = select(items);
      }
    });
  });
  return y;
}

constexpr auto kBefore = [](const auto& a, const auto& b) { return before(a.first, b.first); };
constexpr auto kAfter = [](const auto& a, const auto& b) {
  return a.first > b.first || (is_nan(a.first) && !is_nan(b.first));
};

// Hoare's selection with a median of three, which decides what equals give in PyTorch.
template <class Items>
void select_by_halves(Items& items, int64_t k) {
  int64_t left = 0, right = static_cast<int64_t>(items.size()) - 1;
  const auto order = [&](int64_t a, int64_t b) {
    if (kBefore(items[b], items[a])) std::swap(items[a], items[b]);
  };
  while (right > left + 1) {
    std::swap(items[left + (right - left) / 2], items[left + 1]);
    order(left + 1, right);
    order(left, right);
    order(left + 1, left);
    int64_t i = left + 1, j = right;
    const auto pivot = items[left];
    while (true) {
      do ++i;
      while (kBefore(items[i], pivot));
      do --j;
      while (kBefore(pivot, items[j]));
      if (j < i) break;
      std::swap(items[i], items[j]);
    }
    std::swap(items[left], items[j]);
    if (j <= k) left = i;
    if (j >= k) right = j - 1;
  }
  if (right == left + 1) order(left, right);
}

}  // namespace

Tensor argsort(const Tensor& whole, int64_t dim, bool descending) {
  const Tensor x = contiguous(widened(whole));
  const Lines lines("sort", x.shape(), dim);
  const Tensor y = empty(x.shape(), DType::kInt64);
  if (x.numel() > 0) dispatch(x.dtype(), [&]<class T>() { argsort<T>(x, lines, descending, y); });
  return y;
}

// Equals come as the standard library's algorithms leave them, which is what PyTorch gives.
Tensor positions_of_top(const Tensor& whole, int64_t k, int64_t dim, bool largest, bool sorted) {
  check(whole.dtype() != DType::kBool, "topk: not defined for bool");
  const Tensor x = contiguous(widened(whole));
  const Lines lines("topk", x.shape(), dim);
  check(0 <= k && k <= lines.size, "topk: expected 0 <= k <= ", lines.size, " along dim ", dim,
        ", got ", k);
  const Tensor y = empty(resized(x.shape(), dim, k), DType::kInt64);
  const Lines results("topk", y.shape(), dim);
  if (y.numel() == 0) return y;
  dispatch(x.dtype(), [&]<class T>() {
    lines.each_range([&](int64_t first, int64_t last) {
      std::vector<std::pair<T, int64_t>> items(lines.size);
      const auto pick = [&](auto better) {
        const auto begin = items.begin(), end = items.end();
        if (k * 64 <= lines.size) return std::partial_sort(begin, begin + k, end, better);
        std::nth_element(begin, begin + k - 1, end, better);
        if (sorted) std::sort(begin, begin + k - 1, better);
      };
      for (int64_t i = first; i < last; ++i) {
        const auto in = lines.of(static_cast<const T*>(x.data<T>()), i);
        for (int64_t j = 0; j < lines.size; ++j) items[j] = {in(j), j};
        if (largest && k > 0) pick(kAfter);
        else if (k > 0) pick(kBefore);
        const auto out = results.of(y.data<int64_t>(), i);
        for (int64_t j = 0; j < results.size; ++j) out(j) = items[j].second;
      }
    });
  });
  return y;
}

Tensor position_of_kth(const Tensor& x, int64_t k, int64_t dim) {
  check<NotImplemented>(x.dtype() != DType::kBool, "kthvalue: not defined for bool");
  const Lines lines("kthvalue", x.shape(), dim);
  check<IndexError>(lines.size > 0, "kthvalue: dim ", dim, " of shape ", x.shape(),
                    " holds no element");
  check(1 <= k && k <= lines.size, "kthvalue: expected 1 <= k <= ", lines.size, " along dim ", dim,
        ", got ", k);
  return select_one("kthvalue", x, dim, [k](auto& items) {
    select_by_halves(items, k - 1);
    return items[k - 1].second;
  });
}

Tensor position_of_median(const Tensor& x, int64_t dim, bool ignore_nan) {
  check<NotImplemented>(x.dtype() != DType::kBool, "median: not defined for bool");
  return select_one("median", x, dim, [ignore_nan](auto& items) {
    auto numbers = static_cast<int64_t>(items.size());
    for (const auto& [value, position] : items) {
      if (!is_nan(value)) continue;
      if (!ignore_nan) return position;
      --numbers;
    }
    const auto middle = items.begin() + std::max<int64_t>(0, numbers - 1) / 2;
    std::nth_element(items.begin(), middle, items.end(), [](const auto& a, const auto& b) {
      return kBefore(a, b) || (!kBefore(b, a) && a.second < b.second);
    });
    return middle->second;
  });
}

Tensor position_of_mode(const Tensor& x, int64_t dim) {
  return select_one("mode", x, dim, [](auto& items) {
    std::sort(items.begin(), items.end(), kBefore);
    int64_t run = 0, longest = 0, position = 0;
    for (size_t i = 0; i < items.size(); ++i) {
      ++run;
      if (i + 1 < items.size() && items[i].first == items[i + 1].first) continue;
      if (run > longest) longest = run, position = items[i].second;
      run = 0;
    }
    return position;
  });
}

Variable taken(const char* name, const Variable& x, int64_t dim, const Tensor& positions,
               bool keepdim) {
  Tensor y = gather(x.data(), dim, positions);
  if (!keepdim && y.dim() > 0) y = squeeze(y, dim);
  return record(name, y, saving(x.shape(), dim, positions),
                by(x, [](auto& grad, auto& shape, auto& dim, auto& positions) {
                  const Tensor whole = zeros(shape, grad.dtype());
                  scatter_add_(whole, dim, positions, reshape(grad, positions.shape()));
                  return whole;
                }));
}

Variable median(const Variable& x, bool ignore_nan) {
  const Tensor flat = reshape(x.data(), {x.numel()});
  if (x.numel() == 0) {
    check(is_floating(x.dtype()), "median: ", x.dtype(), " of shape ", x.shape(), " has no median");
    return Variable(full({}, std::numeric_limits<double>::quiet_NaN(), x.dtype()));
  }
  const Tensor y = select(index(flat, {position_of_median(flat, 0, ignore_nan)}), 0, 0);
  return record(ignore_nan ? "NanmedianBackward0" : "MedianBackward0", y, saving(x, kOutput),
                by(x, [](auto& grad, const Tensor& x, const Tensor& y) {
                  const auto nan = [](const Tensor& t) { return unary(UnaryOp::kIsNan, t); };
                  const Tensor equal = binary(BinaryOp::kLogicalOr, binary(BinaryOp::kEq, x, y),
                                              binary(BinaryOp::kLogicalAnd, nan(x), nan(y)));
                  const Tensor share = to(equal, x.dtype());
                  return share * (grad / sum(share));
                }));
}

}  // namespace tinytorch

// Distinct values: equals are brought side by side by sorting, then each run counts once.
#include <algorithm>
#include <cstring>
#include <numeric>

#include "core/half.h"
#include "extra/ordering.h"

namespace tinytorch {
namespace {

// n items in `order`, grouped where same(a, b) holds for neighbours a and b of it: the first of
// each group, the group of each item, and how many it has.
struct Groups {
  std::vector<int64_t> firsts;
  Tensor group, counts;
};

template <class Same>
Groups group(const int64_t* order, int64_t n, Same same) {
  Groups groups{{}, empty({n}, DType::kInt64), {}};
  std::vector<int64_t> counts;
  for (int64_t i = 0; i < n; ++i) {
    if (i == 0 || !same(order[i - 1], order[i])) {
      groups.firsts.push_back(order[i]);
      counts.push_back(0);
    }
    ++counts.back();
    groups.group.data<int64_t>()[order[i]] = static_cast<int64_t>(counts.size()) - 1;
  }
  groups.counts = empty({static_cast<int64_t>(counts.size())}, DType::kInt64);
  std::copy(counts.begin(), counts.end(), groups.counts.data<int64_t>());
  return groups;
}

// Numbers whose sorted order has equal slices side by side, compared element by element.
template <class T>
void sort_slices(const T* x, int64_t width, int64_t* order, int64_t n) {
  std::stable_sort(order, order + n, [=](int64_t a, int64_t b) {
    const T *first = x + a * width, *second = x + b * width;
    for (int64_t i = 0; i < width; ++i) {
      if (first[i] < second[i]) return true;
      if (first[i] != first[i]) {  // NaN last, so that the order is one
        if (second[i] == second[i]) return false;
      } else if (second[i] < first[i] || second[i] != second[i]) {
        return second[i] != second[i];
      }
    }
    return false;
  });
}

}  // namespace

Unique unique(const Tensor& x, std::optional<int64_t> dim, bool consecutive) {
  const bool flat = !dim;
  check<IndexError>(flat || x.dim() > 0, "unique: a 0-d tensor has no dim ", dim.value_or(0));
  // (n, width): items and what each is made of, the dim first and the others in their order.
  const int64_t first = flat ? 0 : wrap_dim("unique", *dim, x.dim());
  Dims order, back;
  for (int64_t d = 0; d < x.dim(); ++d)
    if (d != first) order.push_back(d), back.push_back(d < first ? d + 1 : d);
  if (!flat) order.insert(0, first), back.insert(first, 0);
  const Tensor turned = flat ? reshape(x, {x.numel()}) : permute(x, order);
  const Tensor items = contiguous(widened(turned));
  const int64_t n = items.size(0);
  check(n == 0 || items.numel() > 0, "unique: shape ", x.shape(),
        " has dims of size 0 besides dim ", dim.value_or(0));
  const int64_t width = n > 0 ? items.numel() / n : 0;
  const Tensor sorted = flat && !consecutive ? argsort(items, 0) : arange(0, n, 1, DType::kInt64);
  const Groups groups = dispatch(items.dtype(), [&]<class T>() {
    const T* data = items.data<T>();
    auto* positions = sorted.data<int64_t>();
    if (!flat && !consecutive) sort_slices(data, width, positions, n);
    return group(positions, n, [=](int64_t a, int64_t b) {
      return std::equal(data + a * width, data + (a + 1) * width, data + b * width);
    });
  });
  Tensor firsts = empty({static_cast<int64_t>(groups.firsts.size())}, DType::kInt64);
  std::copy(groups.firsts.begin(), groups.firsts.end(), firsts.data<int64_t>());
  const Tensor values = index(turned, {firsts});
  return {flat ? values : contiguous(permute(values, back)),
          flat ? reshape(groups.group, x.shape()) : groups.group, groups.counts};
}

}  // namespace tinytorch

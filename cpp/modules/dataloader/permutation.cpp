// The order of an epoch: a shuffle in which every order is equally likely.
#include "modules/dataloader/dataloader.h"

namespace tinytorch {
namespace dataloader {

void permutation(Generator& generator, View<int64_t, 1> order) {
  // TASK dataloader.permutation (3 points): each place takes one of those that are still left; a
  // swap with any of all n would make some orders likelier than others.
  const int64_t n = order.size(0);
  for (int64_t i = 0; i < n; ++i) order(i) = i;
  for (int64_t i = 0; i < n - 1; ++i) {
    std::swap(order(i), order(i + generator.next32() % (n - i)));
  }
  // END TASK
}

}  // namespace dataloader

Tensor permutation(int64_t n, Generator& generator) {
  check<ValueError>(n >= 0, "permutation: expected n >= 0, got ", n);
  Tensor order = empty({n}, DType::kInt64);
  if (n >= std::numeric_limits<uint32_t>::max() / 20) {
    fill_permutation(order, generator);
  } else {
    const std::lock_guard lock(generator.mutex());
    dataloader::permutation(generator, order.flat<int64_t>());
  }
  return order;
}

Tensor draw_augmentations(int64_t count, const std::vector<Draw>& draws, Generator& generator) {
  const auto columns = static_cast<int64_t>(draws.size());
  for (const Draw& draw : draws) {
    check<ValueError>(draw.kind == Draw::kChance || draw.range >= 1,
                      "draw_augmentations: expected a range of at least 1, got ", draw.range);
  }
  Tensor drawn = empty({count, columns}, DType::kInt64);
  const View<int64_t, 2> y = drawn.view<int64_t, 2>();
  const std::lock_guard lock(generator.mutex());
  for (int64_t n = 0; n < count; ++n) {
    for (int64_t d = 0; d < columns; ++d) {
      const Draw& draw = draws[static_cast<size_t>(d)];
      if (draw.kind == Draw::kChance) {
        y(n, d) = generator.uniform32() < static_cast<float>(draw.chance);
      } else {
        y(n, d) = generator.next32() % draw.range;
      }
    }
  }
  return drawn;
}

}  // namespace tinytorch

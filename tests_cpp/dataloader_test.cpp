// The data loader from C++: permutations, rows of every dtype, windows at every edge, scales.
#include "modules/dataloader/dataloader.h"

#include <algorithm>

#include "tensors.h"

namespace {

using namespace tinytorch;
using tensors::classes, tensors::difference, tensors::error_of, tensors::uniform;

Tensor flags(std::initializer_list<bool> list) {
  Tensor x = empty({static_cast<int64_t>(list.size())}, DType::kBool);
  std::copy(list.begin(), list.end(), x.data<bool>());
  return x;
}

Tensor bytes(const Shape& shape, unsigned seed) {
  Tensor x = empty(shape, DType::kUInt8);
  std::mt19937 engine(seed);
  for (int64_t i = 0; i < x.numel(); ++i) x.data<uint8_t>()[i] = static_cast<uint8_t>(engine());
  return x;
}

}  // namespace

TEST_CASE("permutation: every index once, as core's randperm draws it") {
  for (const int64_t n : {0, 1, 2, 3, 17, 1000}) {
    const auto left = make_ref<Generator>(5), right = make_ref<Generator>(5);
    const Tensor order = permutation(n, *left);
    Tensor expected = empty({n}, DType::kInt64);
    fill_permutation(expected, *right);
    CAPTURE(n);
    CHECK(std::equal(order.data<int64_t>(), order.data<int64_t>() + n, expected.data<int64_t>()));
    CHECK(left->next64() == right->next64());
    std::vector<int64_t> sorted(order.data<int64_t>(), order.data<int64_t>() + n);
    std::sort(sorted.begin(), sorted.end());
    for (int64_t i = 0; i < n; ++i) CHECK(sorted[static_cast<size_t>(i)] == i);
  }
  CHECK(error_of<ValueError>([] { permutation(-1); }) == "permutation: expected n >= 0, got -1");
}

TEST_CASE("gather: rows of every dtype and stride") {
  const Tensor rows = classes({2, 0, -1, 2});
  for (const DType dtype : {DType::kBool, DType::kUInt8, DType::kInt16, DType::kFloat32,
                            DType::kFloat64, DType::kInt64}) {
    const Tensor x = to(uniform({3, 5}, 1, 0, 200), dtype);
    const Tensor y = gather_rows(x, rows);
    CHECK(y.dtype() == dtype);
    CHECK(difference(select(y, 0, 0), select(x, 0, 2)) == 0);
    CHECK(difference(select(y, 0, 2), select(x, 0, 2)) == 0);
    CHECK(difference(select(y, 0, 1), select(x, 0, 0)) == 0);
  }
  const Tensor x = transpose(uniform({4, 3}, 2), 0, 1);
  CHECK(difference(gather_rows(x, rows), gather_rows(clone(x), rows)) == 0);
  CHECK(gather_rows(uniform({3, 0}, 1), rows).shape() == Shape{4, 0});
  CHECK(gather_rows(uniform({3}, 1), rows).shape() == Shape{4});
  CHECK(gather_rows(x, classes({})).shape() == Shape{0, 4});
  CHECK(error_of<IndexError>([&] { gather_rows(x, classes({3})); }) ==
        "gather_rows: index 3 is out of range for 3 rows");
}

TEST_CASE("gather: a batch that threads share") {
  const Tensor x = bytes({400, 3072}, 3);
  Tensor rows = empty({900}, DType::kInt64);
  for (int64_t b = 0; b < 900; ++b) rows.data<int64_t>()[b] = (b * 37) % 400;
  const Tensor y = gather_rows(x, rows);
  for (int64_t b = 0; b < 900; ++b) {
    CHECK(std::equal(y.data<uint8_t>() + b * 3072, y.data<uint8_t>() + (b + 1) * 3072,
                     x.data<uint8_t>() + (b * 37) % 400 * 3072));
  }
}

TEST_CASE("crop: windows inside, over every edge and far outside") {
  const Tensor x = uniform({2, 3, 4, 5}, 1);
  for (const int64_t height : {1, 3, 7}) {
    for (const int64_t width : {1, 5, 8}) {
      for (const int64_t top : {-9, -1, 0, 2, 6}) {
        for (const int64_t left : {-20, -2, 0, 4, 5}) {
          const Tensor corners = reshape(classes({top, left, left, top}), {2, 2});
          const Tensor y = crop_images(x, corners, flags({false, true}), height, width, 7);
          const auto at = y.view<const double, 4>();
          const auto from = x.view<const double, 4>();
          for (int64_t n = 0; n < 2; ++n) {
            for (int64_t i = 0; i < height; ++i) {
              for (int64_t j = 0; j < width; ++j) {
                const int64_t row = (n ? left : top) + i;
                const int64_t column = (n ? top : left) + (n ? width - 1 - j : j);
                const bool inside = 0 <= row && row < 4 && 0 <= column && column < 5;
                REQUIRE(at(n, 1, i, j) == (inside ? from(n, 1, row, column) : 7));
              }
            }
          }
        }
      }
    }
  }
}

TEST_CASE("crop: nothing to do, and numbers that would overflow") {
  const Tensor none =
      crop_images(uniform({0, 3, 4, 5}, 1), empty({0, 2}, DType::kInt64), flags({}), 2, 2);
  CHECK(none.shape() == Shape{0, 3, 2, 2});
  const int64_t far = std::numeric_limits<int64_t>::max();
  const Tensor corners = reshape(classes({far, -far}), {1, 2});
  const Tensor y = crop_images(bytes({1, 1, 3, 3}, 1), corners, flags({true}), 2, 2, 9);
  for (int64_t i = 0; i < 4; ++i) CHECK(y.data<uint8_t>()[i] == 9);
  CHECK(crop_images(bytes({1, 1, 3, 3}, 1), corners, flags({true}), 0, 2).numel() == 0);
  CHECK(error_of<ValueError>([&] {
          crop_images(bytes({3, 3, 3}, 1), corners, flags({true}), 2, 2);
        }) == "crop_images: expected images (N, C, H, W), got shape (3, 3, 3)");
}

TEST_CASE("normalize: each channel, and bytes through a table") {
  const Tensor x = uniform({3, 2, 4}, 1), mean = tensors::values({2}, {0.5, -1}),
               deviation = tensors::values({2}, {2, 0.25});
  const Tensor y = normalize_channels(x, mean, deviation);
  const auto from = x.view<const double, 3>(), to_view = y.view<const double, 3>();
  CHECK(to_view(2, 1, 3) == (from(2, 1, 3) + 1) / 0.25);
  CHECK(to_view(0, 0, 0) == (from(0, 0, 0) - 0.5) / 2);
  CHECK(normalize_channels(uniform({0, 2, 4}, 1), mean, deviation).numel() == 0);

  const Tensor pixels = bytes({2, 2, 3, 5}, 4);
  const Tensor single = to(mean, DType::kFloat32), scale = to(deviation, DType::kFloat32);
  const Tensor scaled = images_to_float(pixels, single, scale);
  const Tensor computed = normalize_channels(images_to_float(pixels), single, scale);
  CHECK(difference(scaled, computed) == 0);
  const Tensor last = permute(clone(permute(pixels, {0, 2, 3, 1})), {0, 3, 1, 2});
  CHECK(difference(images_to_float(last, single, scale), computed) == 0);
  CHECK(images_to_float(bytes({0, 3, 2, 2}, 1)).numel() == 0);
  CHECK(error_of<ValueError>([&] { normalize_channels(x, mean, tensors::values({2}, {0, 1})); }) ==
        "normalize_channels: the deviation of channel 0 is zero");
}

TEST_CASE("draws: sample by sample, in the order of the plan") {
  const auto left = make_ref<Generator>(3), right = make_ref<Generator>(3);
  const Tensor drawn = draw_augmentations(
      6, {{Draw::kInteger, 9, 0}, {Draw::kChance, 0, 0.3}, {Draw::kInteger, 1, 0}}, *left);
  const auto y = drawn.view<const int64_t, 2>();
  for (int64_t n = 0; n < 6; ++n) {
    CHECK(y(n, 0) == right->next32() % 9);
    CHECK(y(n, 1) == (right->uniform32() < 0.3F));
    CHECK(y(n, 2) == right->next32() % 1);
  }
  CHECK(left->next64() == right->next64());
  CHECK(draw_augmentations(4, {}, *left).shape() == Shape{4, 0});
  CHECK(error_of<ValueError>([&] { draw_augmentations(1, {{Draw::kInteger, 0, 0}}, *left); }) ==
        "draw_augmentations: expected a range of at least 1, got 0");
}

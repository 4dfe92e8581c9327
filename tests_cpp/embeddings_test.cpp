// Embeddings from C++: adjoints, bags of every size, what is refused.
#include "modules/embeddings/embeddings.h"

#include "tensors.h"

namespace {

using namespace tinytorch;
using tensors::classes, tensors::difference, tensors::error_of, tensors::number, tensors::uniform;

}  // namespace

TEST_CASE("embedding: <grad, W[ids]> is <embedding_backward(grad), W>") {
  for (const auto& list : {std::vector<int64_t>{}, {2}, {0, 0, 3, 0, 2, 4, 4}}) {
    Tensor ids = empty({static_cast<int64_t>(list.size())}, DType::kInt64);
    std::copy(list.begin(), list.end(), ids.data<int64_t>());
    for (const int64_t width : {1, 3, 40}) {
      const Tensor weight = uniform({5, width}, 1), grad = uniform({ids.numel(), width}, 2);
      const double forward = number(sum(grad * embedding(weight, ids)));
      const double backward = number(sum(embedding_backward(grad, ids, 5) * weight));
      CHECK(std::abs(forward - backward) < 1e-12);
    }
  }
}

TEST_CASE("embedding: strides, integer tables and ids of int32 do not matter") {
  const Tensor weight = transpose(uniform({3, 6}, 1), 0, 1), ids = classes({5, 0, 5, 1});
  CHECK(difference(embedding(weight, ids), embedding(clone(weight), ids)) == 0);
  CHECK(difference(embedding(weight, to(ids, DType::kInt32)), embedding(weight, ids)) == 0);
  const Tensor whole = to(weight * Scalar(10.0), DType::kInt64);
  CHECK(embedding(whole, ids).dtype() == DType::kInt64);
  const Tensor grad = transpose(uniform({3, 4}, 2), 0, 1);
  CHECK(difference(embedding_backward(grad, ids, 6), embedding_backward(clone(grad), ids, 6)) == 0);
}

TEST_CASE("embedding_renorm_: long rows are cut to the norm, others stay") {
  const Tensor weight = tensors::values({3, 2}, {3, 4, 0.3, 0.4, 6, 8});
  embedding_renorm_(weight, classes({0, 1, 0}), 1, 2);
  CHECK(difference(weight, tensors::values({3, 2}, {0.6, 0.8, 0.3, 0.4, 6, 8})) < 1e-6);
}

TEST_CASE("embedding_bag: sum, mean and maximum, also of nothing") {
  const Tensor weight = uniform({4, 3}, 1), ids = classes({2, 0, 2, 1});
  const Tensor offsets = classes({0, 0, 3, 4});
  for (const BagMode mode : {BagMode::kSum, BagMode::kMean, BagMode::kMax}) {
    const auto [y, bags] = embedding_bag(weight, ids, offsets, mode);
    CHECK(y.shape() == Shape{4, 3});
    CHECK(difference(select(y, 0, 0), zeros({3}, DType::kFloat64)) == 0);
    CHECK(difference(select(y, 0, 3), zeros({3}, DType::kFloat64)) == 0);
    CHECK(difference(select(y, 0, 2), select(weight, 0, 1)) == 0);
    const Tensor grad = uniform({4, 3}, 2);
    const auto f = [&, mode = mode](const Tensor& w) {
      return embedding_bag(w, ids, offsets, mode).y;
    };
    CHECK(difference(embedding_bag_backward(grad, bags, 4), tensors::slope(f, weight, grad)) <
          1e-6);
  }
}

TEST_CASE("rotate: the backward is the inverse") {
  for (const Shape& shape : {Shape{5, 6}, Shape{2, 5, 6}, Shape{0, 5, 6}, Shape{2, 3, 5, 6}}) {
    const Tensor x = uniform(shape, 1), table = sinusoidal(5, 6, 10, DType::kFloat64);
    CHECK(difference(rotate_backward(rotate(x, table), table), x) < 1e-12);
  }
  CHECK(sinusoidal(0, 3).numel() == 0);
}

TEST_CASE("embeddings: what they refuse") {
  const Tensor weight = uniform({3, 2}, 1);
  CHECK(error_of<IndexError>([&] { embedding(weight, reshape(classes({0, 1, 2, 3}), {2, 2})); }) ==
        "embedding: index out of range: id 3 at position (1, 1) is outside a vocabulary of 3");
  CHECK(error_of<IndexError>([&] { embedding_backward(weight, classes({0, 1, -1}), 3); }) ==
        "embedding_backward: index out of range: id -1 at position (2,) is outside a vocabulary "
        "of 3");
  CHECK(error_of<Error>([&] { embedding(weight, weight); }) ==
        "embedding: expected ids of dtype int64 or int32, got float64");
  const auto bag = [&](std::initializer_list<int64_t> offsets) {
    embedding_bag(weight, classes({0, 1}), classes(offsets), BagMode::kSum);
  };
  CHECK(error_of<Error>([&] { bag({0, 3}); }) ==
        "embedding_bag: offsets can not be greater than the number of ids 2, got 3");
  CHECK(error_of<Error>([&] { bag({0, 2, 1}); }) ==
        "embedding_bag: expected offsets that do not fall, got 2 before 1");
  CHECK(error_of<IndexError>([&] { bag({0, -1}); }) != "no such error");
  const auto ends_at = [&](int64_t last) {
    return embedding_bag(weight, classes({0, 1}), classes({0, last}), BagMode::kSum, {}, true).y;
  };
  CHECK(difference(ends_at(1), slice(weight, 0, 0, 1)) == 0);
  CHECK(error_of<Error>([&] { ends_at(3); }) ==
        "embedding_bag: offsets can not be greater than the number of ids 2, got 3");
  CHECK(error_of<Error>([&] { bag({1}); }) != "no such error");
}

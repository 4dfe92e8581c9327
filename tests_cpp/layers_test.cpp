// The layers from C++: adjoints of the linear layer, what dropout draws, how weights start.
#include "modules/layers/layers.h"

#include "tensors.h"

namespace {

using namespace tinytorch;
using tensors::difference, tensors::error_of, tensors::number, tensors::uniform;

}  // namespace

TEST_CASE("linear: <grad, x W^T> is <grad W, x> and <grad^T x, W>") {
  for (const Shape& lead : {Shape{}, Shape{1}, Shape{7}, Shape{2, 3}, Shape{0}}) {
    Shape shape_x = lead, shape_grad = lead;
    shape_x.push_back(4);
    shape_grad.push_back(5);
    const Tensor x = uniform(shape_x, 1), weight = uniform({5, 4}, 2);
    const Tensor grad = uniform(shape_grad, 3), bias = uniform({5}, 4);
    CAPTURE(to_string(shape_x));
    const double whole = number(sum(grad * linear(x, weight)));
    CHECK(std::abs(number(sum(linear_backward_x(grad, weight) * x)) - whole) < 1e-12);
    CHECK(std::abs(number(sum(linear_backward_weight(grad, x) * weight)) - whole) < 1e-12);
    const double with_bias = number(sum(grad * linear(x, weight, bias)));
    CHECK(std::abs(number(sum(linear_backward_bias(grad) * bias)) - (with_bias - whole)) < 1e-12);
  }
}

TEST_CASE("linear: strides of x, weight, bias and grad do not matter") {
  const Tensor x = transpose(uniform({4, 6}, 1), 0, 1),
               weight = transpose(uniform({4, 5}, 2), 0, 1);
  const Tensor bias = select(uniform({5, 2}, 3), 1, 1), grad = transpose(uniform({5, 6}, 4), 0, 1);
  const Tensor repeated = expand(uniform({1, 4}, 5), {6, 4});
  const auto whole = [](const Tensor& t) { return clone(t); };
  CHECK(difference(linear(x, weight, bias), linear(whole(x), whole(weight), whole(bias))) == 0);
  CHECK(difference(linear(repeated, weight), linear(whole(repeated), whole(weight))) == 0);
  CHECK(difference(linear_backward_x(grad, weight),
                   linear_backward_x(whole(grad), whole(weight))) == 0);
  CHECK(difference(linear_backward_weight(grad, x),
                   linear_backward_weight(whole(grad), whole(x))) == 0);
  CHECK(difference(linear_backward_bias(grad), linear_backward_bias(whole(grad))) == 0);
}

TEST_CASE("linear: the kernel alone, with and without a bias") {
  const double x[] = {1, 2, 3, 4}, weight[] = {1, 0, 0, 1, 1, 1}, bias[] = {10, 20, 30};
  double y[6];
  const Strided<const double, 2> rows{x, {2, 2}, {2, 1}}, units{weight, {3, 2}, {2, 1}};
  layers::linear_kernel.reference<double>()(rows, units, {bias, {3}}, {y, {2, 3}});
  CHECK(std::vector<double>(y, y + 6) == std::vector<double>{11, 22, 33, 13, 24, 37});
  layers::linear_kernel.reference<double>()(rows, units, {}, {y, {2, 3}});
  CHECK(std::vector<double>(y, y + 6) == std::vector<double>{1, 2, 3, 3, 4, 7});
}

TEST_CASE("dropout: one draw an element") {
  const auto left = make_ref<Generator>(3), right = make_ref<Generator>(3);
  const Dropped result = dropout(uniform({5, 7}, 1), 0.4, true, *left);
  const View<const bool, 2> mask = result.mask.view<const bool, 2>();
  for (int64_t i = 0; i < 5; ++i) {
    for (int64_t j = 0; j < 7; ++j) CHECK(mask(i, j) == (right->uniform64() < 0.6));
  }
  CHECK(left->next64() == right->next64());
}

TEST_CASE("dropout: nothing is drawn where nothing is left to chance") {
  const auto used = make_ref<Generator>(3), fresh = make_ref<Generator>(3);
  const Tensor x = uniform({3, 4}, 1);
  CHECK(dropout(x, 0, true, *used).y.bytes() == x.bytes());
  CHECK(dropout(x, 0.5, false, *used).y.bytes() == x.bytes());
  CHECK(difference(dropout(x, 1, true, *used).y, zeros_like(x)) == 0);
  CHECK_FALSE(dropout(x, 1, true, *used).mask.defined());
  CHECK(dropout(uniform({0, 4}, 1), 0.5, true, *used).y.numel() == 0);
  CHECK(used->next64() == fresh->next64());
}

TEST_CASE("dropout: forward and backward are one linear function") {
  const Tensor x = uniform({6, 5}, 1), grad = uniform({6, 5}, 2);
  for (const Tensor& operand : {x, transpose(x, 0, 1)}) {
    const Tensor with = operand.is_contiguous() ? grad : transpose(grad, 0, 1);
    const Dropped result = dropout(operand, 0.3, true, *make_ref<Generator>(9));
    CHECK(result.mask.shape() == operand.shape());
    const double forward = number(sum(with * result.y));
    const double backward = number(sum(dropout_backward(with, result.mask, 0.3) * operand));
    CHECK(std::abs(forward - backward) < 1e-12);
  }
}

TEST_CASE("dropout: what it refuses") {
  const Tensor x = uniform({3}, 1);
  CHECK(error_of<ValueError>([&] { dropout(x, 1.5); }) ==
        "dropout: expected a probability p in [0, 1], got 1.5");
  CHECK(error_of<ValueError>([&] { dropout(x, std::nan("")); }) != "no such error");
  CHECK(error_of<Error>([&] { dropout(to(x, DType::kInt64), 0.5); }) ==
        "dropout: expected a floating dtype, got int64");
  CHECK(error_of<Error>([&] { dropout_backward(x, uniform({3}, 2), 0.5); }) ==
        "dropout_backward: expected a bool mask of grad's shape (3,), got (3,) of float64");
}

TEST_CASE("initialisation: fans and deviations") {
  CHECK(fans({8, 3, 5, 5}).in == 75);
  CHECK(fans({8, 3, 5, 5}).out == 200);
  CHECK(error_of<ValueError>([] { fans({8}); }) ==
        "fans: expected a weight of at least 2 dims, got shape (8,)");
  const auto close = [](double actual, double expected) {
    return std::abs(actual - expected) < 1e-15;
  };
  CHECK(close(kaiming_std(100, 3), 0.3));
  CHECK(close(xavier_std({30, 20}), 0.2));
  CHECK(close(uniform_bound(kaiming_std(100, std::sqrt(1.0 / 3))), 0.1));  // as nn.Linear starts
}

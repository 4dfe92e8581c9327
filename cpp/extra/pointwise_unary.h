// Functions of one number beyond those that the course teaches, each with its slope.
//
// The source is a table, a function a row: PyTorch's name, the name of its node, y = f(x), dy/dx.
// All are computed in floats: an integer or bool operand becomes the default dtype first, but
// for frac, which refuses it.
#pragma once
#include <vector>

#include "modules/autograd/functions.h"

namespace tinytorch {

/// A row of the table.
struct Curve {
  const char* name;
  Variable (*apply)(const Variable& x);
};
const std::vector<Curve>& curves();

/// A question about each number, answered in bools: signbit, isposinf, isneginf, isreal.
struct Question {
  const char* name;
  Tensor (*ask)(const Tensor& x);
};
const std::vector<Question>& questions();

/// log(x / (1 - x)), x first kept in [eps, 1 - eps] where eps is given.       torch.logit
Variable logit(const Variable& x, std::optional<double> eps);
/// NaN and the infinities replaced; by default by 0 and the dtype's greatest numbers.
/// torch.nan_to_num
Variable nan_to_num(const Variable& x, std::optional<double> nan, std::optional<double> posinf,
                    std::optional<double> neginf);
/// The n-th derivative of digamma.                                            torch.polygamma
Variable polygamma(int64_t n, const Variable& x);
/// To `decimals` places, half to even.                                        torch.round
Variable round(const Variable& x, int64_t decimals);
/// 0 for positive numbers, pi for negative ones.                              torch.angle
Variable angle(const Variable& x);

}  // namespace tinytorch

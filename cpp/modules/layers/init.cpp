// Initialisation: how far from zero weights start.
#include <cmath>

#include "modules/layers/layers.h"

namespace tinytorch {

Fans fans(const Shape& weight) {
  check<ValueError>(weight.size() >= 2, "fans: expected a weight of at least 2 dims, got shape ",
                    weight);
  // TASK layers.fans (2 points): every position of the window after (out, in) is one more
  // connection, in both directions.
  int64_t window = 1;
  for (int64_t d = 2; d < weight.size(); ++d) window *= weight[d];
  return {weight[1] * window, weight[0] * window};
  // END TASK
}

double kaiming_std(int64_t fan, double gain) {
  // TASK layers.kaiming_std (1 point): fan products of this variance must add up to gain^2.
  return gain / std::sqrt(static_cast<double>(fan));
  // END TASK
}

double xavier_std(const Fans& fans, double gain) {
  return gain * std::sqrt(2.0 / static_cast<double>(fans.in + fans.out));
}

double uniform_bound(double std) {
  // TASK layers.uniform_bound (1 point): the variance on [-b, b) is an integral of x^2 / (2 b).
  return std::sqrt(3.0) * std;
  // END TASK
}

}  // namespace tinytorch

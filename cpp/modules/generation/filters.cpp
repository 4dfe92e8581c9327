// Filters: logits changed before one is drawn.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "modules/generation/generation.h"

namespace tinytorch {
namespace generation {

template <class T>
void apply_temperature(View<const T, 1> logits, double temperature, View<T, 1> y) {
  // TASK generation.apply_temperature (1 point): one division a token.
  for (int64_t i = 0; i < y.size(0); ++i) y(i) = logits(i) / static_cast<T>(temperature);
  // END TASK
}

template <class T>
void keep_top_k(View<const T, 1> logits, int64_t k, View<T, 1> y) {
  // TASK generation.keep_top_k (3 points): find the k-th largest first; -inf is
  // -std::numeric_limits<T>::infinity().
  std::vector<T> sorted(logits.data, logits.data + logits.size(0));
  std::nth_element(sorted.begin(), sorted.begin() + (k - 1), sorted.end(), std::greater<T>());
  const T least = sorted[static_cast<size_t>(k - 1)];
  for (int64_t i = 0; i < y.size(0); ++i) {
    y(i) = logits(i) < least ? -std::numeric_limits<T>::infinity() : logits(i);
  }
  // END TASK
}

template <class T>
void keep_top_p(View<const T, 1> logits, double p, View<T, 1> y) {
  // TASK generation.keep_top_p (4 points): ids in the order of their logits, then softmax along
  // that order, summed in double.
  std::vector<int64_t> order(static_cast<size_t>(logits.size(0)));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return logits(a) > logits(b); });
  const double top = static_cast<double>(logits(order[0]));
  const auto weight = [&](int64_t id) { return std::exp(static_cast<double>(logits(id)) - top); };
  double total = 0;
  for (const int64_t id : order) total += weight(id);
  double before = 0;
  for (const int64_t id : order) {
    y(id) = before < p * total ? logits(id) : -std::numeric_limits<T>::infinity();
    before += weight(id);
  }
  // END TASK
}

template <class T>
void penalize(View<const T, 1> logits, View<const int64_t, 1> ids, double penalty, View<T, 1> y) {
  // TASK generation.penalize (2 points): the same token twice is penalized once.
  for (int64_t i = 0; i < y.size(0); ++i) y(i) = logits(i);
  const auto factor = static_cast<T>(penalty);
  for (int64_t n = 0; n < ids.size(0); ++n) {
    const T logit = logits(ids(n));
    y(ids(n)) = logit < 0 ? logit * factor : logit / factor;
  }
  // END TASK
}

Kernel<ApplyTemperature> apply_temperature_kernel("generation.apply_temperature",
                                                  apply_temperature<float>,
                                                  apply_temperature<double>);
Kernel<KeepTopK> keep_top_k_kernel("generation.keep_top_k", keep_top_k<float>, keep_top_k<double>);
Kernel<KeepTopP> keep_top_p_kernel("generation.keep_top_p", keep_top_p<float>, keep_top_p<double>);
Kernel<Penalize> penalize_kernel("generation.penalize", penalize<float>, penalize<double>);

namespace {

// The type that a row of logits holds.
template <class Row>
using Element = std::remove_const_t<std::remove_pointer_t<decltype(Row::data)>>;

// filter(row of logits, row of the result), for every row.
template <class Filter>
Tensor by_rows(const char* operation, const Tensor& logits, const Filter& filter) {
  check(logits.dim() > 0 && logits.shape().back() > 0, operation,
        ": expected logits of shape (..., V) with V > 0, got ", logits.shape());
  const Tensor x = contiguous(logits);
  Tensor y = empty(logits.shape(), logits.dtype());
  dispatch_floating(operation, logits.dtype(), [&]<class T>() {
    const View<const T, 2> from = x.rows<const T>();
    const View<T, 2> to = y.rows<T>();
    const int64_t size = from.size(1);
    for (int64_t i = 0; i < from.size(0); ++i) {
      filter(View<const T, 1>{from.data + i * size, {size}}, View<T, 1>{to.data + i * size, {size}},
             i);
    }
  });
  return y;
}

}  // namespace
}  // namespace generation

Tensor apply_temperature(const Tensor& logits, double temperature) {
  check<ValueError>(temperature > 0 && std::isfinite(temperature),
                    "apply_temperature: expected a finite temperature > 0, got ", temperature);
  return generation::by_rows("apply_temperature", logits, [&](auto row, auto y, int64_t) {
    generation::apply_temperature_kernel.get<generation::Element<decltype(y)>>()(row, temperature,
                                                                                 y);
  });
}

Tensor keep_top_k(const Tensor& logits, int64_t k) {
  check<ValueError>(k >= 1, "keep_top_k: expected k >= 1, got ", k);
  return generation::by_rows("keep_top_k", logits, [&](auto row, auto y, int64_t i) {
    for (int64_t j = 0; j < row.size(0); ++j) {  // which has no place in an order
      check<ValueError>(!std::isnan(row(j)), "keep_top_k: the logit of id ", j, " in row ", i,
                        " is NaN");
    }
    generation::keep_top_k_kernel.get<generation::Element<decltype(y)>>()(
        row, std::min(k, row.size(0)), y);
  });
}

Tensor keep_top_p(const Tensor& logits, double p) {
  check<ValueError>(p > 0 && p <= 1, "keep_top_p: expected p in (0, 1], got ", p);
  check_logits(logits);
  if (p == 1) return clone(logits);
  return generation::by_rows("keep_top_p", logits,
                             [&](auto row, auto y, int64_t) { generation::keep_top_p(row, p, y); });
}

Tensor penalize(const Tensor& logits, const Tensor& ids, double penalty) {
  check<ValueError>(penalty > 0 && std::isfinite(penalty),
                    "penalize: expected a finite penalty > 0, got ", penalty);
  const auto leading = [](const Tensor& x) {
    return Shape(x.shape().begin(), x.shape().end() - (x.dim() > 0));
  };
  check(ids.dtype() == DType::kInt64, "penalize: expected ids of int64, got ", ids.dtype());
  check(ids.dim() > 0 && ids.dim() == logits.dim() && leading(ids) == leading(logits),
        "penalize: expected ids and logits to agree in all dims but the last, got ", ids.shape(),
        " and ", logits.shape());
  const Tensor said = contiguous(ids);
  const View<const int64_t, 2> rows = said.rows<const int64_t>();
  const int64_t vocabulary = logits.shape().back(), count = rows.size(1);
  for (int64_t i = 0; i < said.numel(); ++i) {
    const int64_t id = said.data<int64_t>()[i];
    check<IndexError>(id >= 0 && id < vocabulary, "penalize: id ", id,
                      " is outside a vocabulary of ", vocabulary);
  }
  return generation::by_rows("penalize", logits, [&](auto row, auto y, int64_t i) {
    generation::penalize_kernel.get<generation::Element<decltype(y)>>()(
        row, View<const int64_t, 1>{rows.data + i * count, {count}}, penalty, y);
  });
}

void check_logits(const Tensor& logits) {
  check(logits.dim() > 0 && logits.shape().back() > 0,
        "generate: expected logits of shape (..., V) with V > 0, got ", logits.shape());
  const Tensor x = contiguous(logits);
  dispatch_floating("generate", x.dtype(), [&]<class T>() {
    const View<const T, 2> rows = x.rows<const T>();
    for (int64_t i = 0; i < rows.size(0); ++i) {
      bool possible = false;
      for (int64_t j = 0; j < rows.size(1); ++j) {
        const T logit = rows(i, j);
        check<ValueError>(logit < std::numeric_limits<T>::infinity(), "generate: the logit of id ",
                          j, " in row ", i, " is ", std::isnan(logit) ? "NaN" : "infinite");
        possible |= logit > -std::numeric_limits<T>::infinity();
      }
      check<ValueError>(possible, "generate: row ", i, " of the logits is nothing but -inf");
    }
  });
}

}  // namespace tinytorch

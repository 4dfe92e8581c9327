// Recording: how an operation leaves its derivatives behind while the program runs forward.
//
// One operation is written where it can be read as calculus:
//
//   Variable div(const Variable& a, const Variable& b) {
//     return record(
//         "DivBackward0", a.data() / b.data(), saving(a, b),
//         by(a, [](auto& grad, auto& a, auto& b) { return sum_to(grad / b, a.shape()); }),
//         by(b, [](auto& grad, auto& a, auto& b) {
//           return sum_to(-grad * ((a / b) / b), b.shape());
//         }));
//   }
//
// `grad` is the gradient of the loss by the result. Each rule turns it into the gradient by one
// input, and runs only when somebody needs that one. Nothing is saved, and no node is made, when no
// input requires a gradient or inside `NoGrad`.
#pragma once
#include <initializer_list>
#include <tuple>
#include <vector>

#include "modules/autograd/variable.h"

namespace tinytorch {

/// A value kept for the backward pass.  Reading it raises when it was written to in the meantime,
/// or freed by an earlier pass.
class Saved {
 public:
  explicit Saved(const Variable& x);
  /// The result of the operation that is being recorded.
  Saved(const Variable& output, const char* operation) : Saved(output) { made_by_ = operation; }
  explicit Saved(Tensor x);

  const Tensor& get() const {
    if (released_ || version_ != current_version()) [[unlikely]]
      fail_stale();
    return tensor_;
  }
  operator const Tensor&() const { return get(); }
  const Shape& shape() const { return get_unversioned().shape(); }
  DType dtype() const { return get_unversioned().dtype(); }
  int64_t dim() const { return get_unversioned().dim(); }
  int64_t numel() const { return get_unversioned().numel(); }
  void release();

 private:
  int64_t current_version() const;
  const Tensor& get_unversioned() const {
    if (released_) [[unlikely]]
      fail_stale();
    return tensor_;
  }
  [[noreturn]] void fail_stale() const;

  Tensor tensor_;
  Ref<Version> own_version_;
  int64_t version_;
  const char* made_by_ = nullptr;
  uint32_t output_ = 0;
  bool released_ = false;
};

/// Stands in `saving` for the result of the operation.
inline constexpr struct Output {
} kOutput;

/// What the rules get after `grad`: variables and tensors arrive as Saved, all else as it is. Only
/// looked at here; copied when a node is made.
template <class... Values>
std::tuple<const Values&...> saving(const Values&... values) {
  return {values...};
}

/// The rule for the gradient by one input: rule(grad, saved...) -> Tensor shaped as the input, or
/// undefined for zero.
template <class Rule>
struct By {
  const Variable& input;
  Rule rule;
};
template <class Rule>
By<Rule> by(const Variable& input, Rule rule) {
  return {input, rule};
}

namespace detail {

template <class T>
struct SavedAs {
  using type = T;
  static const T& keep(const T& value, const Variable&, const char*) { return value; }
};
template <>
struct SavedAs<Variable> {
  using type = Saved;
  static Saved keep(const Variable& value, const Variable&, const char*) { return Saved(value); }
};
template <>
struct SavedAs<Tensor> {
  using type = Saved;
  static Saved keep(const Tensor& value, const Variable&, const char*) { return Saved(value); }
};
template <>
struct SavedAs<Output> {
  using type = Saved;
  static Saved keep(const Output&, const Variable& output, const char* operation) {
    return Saved(output, operation);
  }
};

inline void release(Saved& value) { value.release(); }
template <class T>
void release(T&) {}

/// A node whose derivatives are given as rules.
template <class Kept, class... Rules>
struct Operation final : Node {
  Operation(const char* name, Kept values, Rules... all)
      : Node(name, sizeof...(Rules)), kept(std::move(values)), rules(all...) {}

  void backward(const Tensor* grads, Tensor* results, const bool* wanted) override {
    std::apply(
        [&](auto&... rule) {
          size_t i = 0;
          ((wanted[i] ? void(results[i] = apply(rule, grads[0])) : void(), ++i), ...);
        },
        rules);
  }
  void free_saved() override {
    std::apply([](auto&... value) { (detail::release(value), ...); }, kept);
  }
  template <class Rule>
  Tensor apply(Rule& rule, const Tensor& grad) {
    return std::apply([&](const auto&... value) { return rule(grad, value...); }, kept);
  }

  Kept kept;
  std::tuple<Rules...> rules;
};

/// A node whose inputs share one rule: rule(grad, i, saved...) for input i.
template <class Kept, class Rule>
struct OperationOfMany final : Node {
  OperationOfMany(const char* name, size_t inputs, Kept values, Rule each)
      : Node(name, inputs), kept(std::move(values)), rule(each) {}

  void backward(const Tensor* grads, Tensor* results, const bool* wanted) override {
    for (size_t i = 0; i < edges.size(); ++i) {
      if (!wanted[i]) continue;
      results[i] =
          std::apply([&](const auto&... value) { return rule(grads[0], i, value...); }, kept);
    }
  }
  void free_saved() override {
    std::apply([](auto&... value) { (detail::release(value), ...); }, kept);
  }

  Kept kept;
  Rule rule;
};

template <class... Values>
auto keep(const std::tuple<const Values&...>& values, const Variable& output,
          const char* operation) {
  return std::apply(
      [&](const auto&... value) {
        return std::tuple<typename SavedAs<Values>::type...>(
            SavedAs<Values>::keep(value, output, operation)...);
      },
      values);
}

inline bool any_requires_grad(std::initializer_list<const Variable*> inputs) {
  for (const Variable* x : inputs) {
    if (x->requires_grad()) return true;
  }
  return false;
}

}  // namespace detail

/// The edge along which a gradient by x goes; to nowhere when x requires none.
Edge edge_to(const Variable& x);
/// Makes `node` the maker of `output`.  The node's edges must be set.
void set_history(const Variable& output, Ref<Node> node, uint32_t index = 0);
/// Makes `output`, whose memory is x's, a view of x.  A view of a view that does not follow its
/// base does not, either.
void set_view(const Variable& output, const Variable& x);

/// y as a variable, and a node with these rules when grad mode is on and an input requires it.
template <class... Values, class... Rules>
Variable record(const char* name, Tensor y, const std::tuple<const Values&...>& saved,
                By<Rules>... rules) {
  Variable output(std::move(y));
  if (detail::any_requires_grad({&rules.input...}) && grad_enabled() && is_floating(output.dtype()))
      [[likely]] {
    auto kept = detail::keep(saved, output, name);
    auto node =
        make_ref<detail::Operation<decltype(kept), Rules...>>(name, std::move(kept), rules.rule...);
    Edge* edge = node->edges.begin();
    ((*edge++ = edge_to(rules.input)), ...);
    set_history(output, Ref<Node>(node.get()));
  }
  return output;
}

/// The same for any number of inputs under one rule.
template <class... Values, class Rule>
Variable record_many(const char* name, Tensor y, const std::vector<Variable>& inputs,
                     const std::tuple<const Values&...>& saved, Rule rule) {
  Variable output(std::move(y));
  bool required = false;
  for (const Variable& x : inputs) required |= x.requires_grad();
  if (required && grad_enabled() && is_floating(output.dtype())) {
    auto kept = detail::keep(saved, output, name);
    auto node = make_ref<detail::OperationOfMany<decltype(kept), Rule>>(name, inputs.size(),
                                                                        std::move(kept), rule);
    for (size_t i = 0; i < inputs.size(); ++i) node->edges[i] = edge_to(inputs[i]);
    set_history(output, Ref<Node>(node.get()));
  }
  return output;
}

/// The same for a y that shows x's own memory: writing to one then changes the other, in value and
/// in history.
template <class... Values, class Rule>
Variable record_view(const char* name, Tensor y, const std::tuple<const Values&...>& saved,
                     By<Rule> rule) {
  Variable output = record(name, std::move(y), saved, rule);
  set_view(output, rule.input);
  return output;
}

// --- writing in place ---
//
// A variable that is written to gets a new history: its value is now what the write made of the old
// one. When it is a view, that write is recorded for its base, and every other view of the base
// derives its history from there.

/// Raises unless x may be written to: a leaf that requires a gradient, or a view of one, may not
/// while grad mode is on.
void check_writable(const char* operation, const Variable& x);
/// Whether a write of values made from `others` into x is to be recorded.
bool records_write(const Variable& x, std::initializer_list<const Variable*> others = {});
/// x before a write that is recorded: the same history, the values copied.
Variable before_write(const Variable& x);
/// Writes y, shaped and typed as x, into x and makes y's history x's.
void write(const Variable& x, const Variable& y);

/// x = f(x) in x's memory, for a differentiable f; `others` are the variables that f also reads.
template <class F>
void in_place(const char* operation, const Variable& x, F f,
              std::initializer_list<const Variable*> others = {}) {
  check_writable(operation, x);
  if (records_write(x, others)) {
    write(x, f(before_write(x)));
  } else {
    copy_(x.data(), f(detach(x)).data());
    bump_version(x);
  }
}

}  // namespace tinytorch

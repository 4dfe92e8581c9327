// Variables: tensors that remember how they were made, so that gradients can flow back through it.
//
// Every result of a computation is made from its inputs by an operation whose derivatives are
// known. While the program runs forward, each operation leaves a node: the rules of its
// derivatives, the values these need, and edges to the nodes that made its inputs. `backward` then
// walks from a loss to the leaves, the variables that no operation made, and applies the chain rule
// at each node. This is reverse-mode differentiation (Linnainmaa, 1970): the gradient by a million
// parameters costs about two forward passes, whatever their number.
//
// One operation is written where it can be read as calculus:
//
//   Variable mul(const Variable& a, const Variable& b) {
//     return record("MulBackward0", a.data() * b.data(), saving(a, b),
//                   by(a, [](auto& grad, auto& a, auto& b) { return sum_to(grad * b, a.shape());
//                   }), by(b, [](auto& grad, auto& a, auto& b) { return sum_to(grad * a,
//                   b.shape()); }));
//   }
//
// `grad` is the gradient of the loss by the result. Each rule turns it into the gradient by one
// input, and runs only when somebody needs that one. Nothing is saved, and no node is made, when no
// input requires a gradient or inside `NoGrad`.
//
// Read in this order: here, backward.cpp, arithmetic.cpp and its neighbours, history.cpp.
#pragma once
#include <initializer_list>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "modules/tensor/tensor.h"

namespace tinytorch {

// --- grad mode
// -------------------------------------------------------------------------------------

/// Whether operations on this thread are recorded; they are until turned off.
bool grad_enabled();
void set_grad_enabled(bool on);

/// Grad mode for the extent of a block.                                      torch.no_grad
class GradMode {
 public:
  explicit GradMode(bool on) : outer_(grad_enabled()) { set_grad_enabled(on); }
  ~GradMode() { set_grad_enabled(outer_); }
  GradMode(const GradMode&) = delete;
  GradMode& operator=(const GradMode&) = delete;

 private:
  bool outer_;
};
struct NoGrad : GradMode {
  NoGrad() : GradMode(false) {}
};

/// Anomaly mode: backward checks every gradient for NaN, and its error names the operation and
/// where the program called it.                                  torch.autograd.set_detect_anomaly
struct Anomaly {
  bool enabled = false;
  bool check_nan = true;
};
Anomaly anomaly();
void set_anomaly(Anomaly mode);
/// What describes the place in the program that is running: Python's stack, set by the bindings.
void set_describe_caller(std::string (*describe)());

// --- the graph
// -------------------------------------------------------------------------------------

/// Where a gradient goes: to a node, which passes it on, or to a leaf, which keeps it.
struct Destination : RefCounted {
  /// Nodes are numbered as they are made, from 1; a leaf has 0.  An edge leads from a larger number
  /// to a smaller one, so that going through nodes by falling number is a topological order.
  uint64_t sequence = 0;
  /// The backward pass in which a gradient waits here, and at which place of it.
  const void* pass = nullptr;
  size_t place = 0;
};

struct Edge {
  Ref<Destination> to;  // null: nobody needs this gradient
  uint32_t output = 0;  // of a node with several outputs, which one
  DType dtype = DType::kFloat32;
};

/// A node's edges, one an input; up to three need no memory of their own.
class Edges {
 public:
  explicit Edges(size_t count) : count_(count) {
    if (count > kInline) more_ = std::make_unique<Edge[]>(count);
  }
  size_t size() const { return count_; }
  Edge* begin() { return more_ ? more_.get() : inline_; }
  Edge* end() { return begin() + count_; }
  Edge& operator[](size_t i) { return begin()[i]; }

 private:
  static constexpr size_t kInline = 3;
  size_t count_;
  Edge inline_[kInline];
  std::unique_ptr<Edge[]> more_;
};

/// Sees a gradient on its way.  Returns the one to go on with, or an undefined tensor for the same.
struct GradientHook : RefCounted {
  virtual Tensor operator()(const Tensor& grad) = 0;
};

struct VariableImpl;

/// What few nodes have.
struct NodeExtras {
  struct Hook {
    uint32_t output;
    Ref<GradientHook> call;
  };
  struct Retained {
    uint32_t output;
    VariableImpl* variable;  // takes itself out when it goes
  };
  std::vector<Hook> hooks;
  std::vector<Retained> retained;
  std::string caller;  // in anomaly mode
};

/// One operation of the forward pass, seen from behind.
struct Node : Destination {
  Node(const char* name, size_t inputs);
  /// Frees what only this node kept alive, however long the chain, without recursion.
  ~Node() override;

  /// results[i] = the gradient by input i, for each i with wanted[i].  grads[k]: the gradient by
  /// output k; undefined stands for zero.
  virtual void backward(const Tensor* grads, Tensor* results, const bool* wanted) = 0;
  /// Lets go of saved values; a later backward that needs them raises.
  virtual void free_saved() {}
  virtual uint32_t outputs() const { return 1; }
  NodeExtras& with_extras();

  const char* name;  // as PyTorch's, "MulBackward0"; lives for ever
  Edges edges;
  std::unique_ptr<NodeExtras> extras;
};

/// Counts writes, for a variable that must not share its storage's count.
struct Version : RefCounted {
  int64_t count = 0;
};

// --- variables
// -------------------------------------------------------------------------------------

struct VariableImpl final : Destination {
  explicit VariableImpl(Tensor values) : data(std::move(values)) {}
  ~VariableImpl() override;

  Tensor data;
  Ref<VariableImpl> grad;
  Ref<Node> grad_fn;    // what made it; null for a leaf
  uint32_t output = 0;  // of grad_fn
  bool requires_grad = false;
  bool retains_grad = false;
  bool untracked = false;    // a view made while grad mode was off
  Ref<VariableImpl> base;    // of a view: the variable whose memory it shows, itself no view
  int64_t view_version = 0;  // of a view: the version that grad_fn is right for
  Ref<Version> own_version;  // null: the storage counts
  std::unique_ptr<std::vector<Ref<GradientHook>>> hooks;  // of a leaf
};

/// A handle: copies are the same variable.
class Variable {
 public:
  Variable() = default;
  explicit Variable(Tensor data, bool requires_grad = false);
  explicit Variable(Ref<VariableImpl> impl) : impl_(std::move(impl)) {}

  bool defined() const { return static_cast<bool>(impl_); }
  const Ref<VariableImpl>& impl() const { return impl_; }
  const Tensor& data() const { return impl_->data; }
  const Shape& shape() const { return data().shape(); }
  DType dtype() const { return data().dtype(); }
  int64_t dim() const { return data().dim(); }
  int64_t numel() const { return data().numel(); }

  bool requires_grad() const {
    return impl_ && (impl_->base ? view_requires_grad() : impl_->requires_grad);
  }
  /// Made by no operation that was recorded.
  bool is_leaf() const { return !requires_grad() || !impl_->grad_fn; }
  /// What made it; brought up to date first where it is a view of something written to since.
  const Ref<Node>& grad_fn() const {
    requires_grad();
    return impl_->grad_fn;
  }
  /// The accumulated gradient; undefined when there is none.
  Variable grad() const { return Variable(impl_->grad); }

 private:
  bool view_requires_grad() const;
  Ref<VariableImpl> impl_;
};

/// Raises for a dtype without gradients, and for turning off what an operation turned on.
void set_requires_grad(const Variable& x, bool on = true);
/// Replaces the gradient; undefined removes it.  Raises unless shaped and typed as x.
void set_grad(const Variable& x, const Variable& grad);
/// The same values without history; writing to either is seen, and counted, by both.
Variable detach(const Variable& x);
/// The same values without history and with a count of writes of their own: writing to it is not
/// noticed by what saved x.                                                  torch.Tensor.data
Variable data_of(const Variable& x);
/// Makes x show other values; its history stays.
void set_data(const Variable& x, const Variable& values);
/// Keeps the gradient of a variable that is no leaf, too.
void retain_grad(const Variable& x);
/// Calls `hook` with the gradient by x in every backward pass, before it is used or kept.
void add_hook(const Variable& x, Ref<GradientHook> hook);

/// How often x's memory was written to in place.                            torch.Tensor._version
int64_t version(const Variable& x);
void bump_version(const Variable& x);

// --- differentiation
// -------------------------------------------------------------------------------

/// Adds to the .grad of every leaf the gradient of sum(output * gradient) over all outputs. A
/// missing or undefined gradient stands for 1, for an output of one element. Frees the saved values
/// on the way unless retain_graph. With `inputs`, only theirs are computed and kept.
void backward(const std::vector<Variable>& outputs, const std::vector<Variable>& gradients = {},
              bool retain_graph = false, const std::vector<Variable>& inputs = {});
inline void backward(const Variable& output, const Variable& gradient = {},
                     bool retain_graph = false) {
  backward(std::vector{output}, std::vector{gradient}, retain_graph);
}

/// The same gradients by `inputs`, returned and not kept.  One that no output depends on raises, or
/// is undefined with allow_unused.                                           torch.autograd.grad
std::vector<Variable> grad(const std::vector<Variable>& outputs,
                           const std::vector<Variable>& inputs,
                           const std::vector<Variable>& gradients = {}, bool retain_graph = false,
                           bool allow_unused = false);

// --- recording
// -------------------------------------------------------------------------------------

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
/// Makes `output`, whose memory is x's, a view of x.
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

// --- writing in place
// ------------------------------------------------------------------------------
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

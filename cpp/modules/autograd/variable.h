// Variables: tensors that remember how they were made, so that gradients can flow back through it.
//
// Every result of a computation is made from its inputs by an operation whose derivatives are
// known. While the program runs forward, each operation leaves a node: the rules of its
// derivatives, the values these need, and edges to the nodes that made its inputs. `backward` then
// walks from a loss to the leaves, the variables that no operation made, and applies the chain rule
// at each node. This is reverse-mode differentiation (Linnainmaa, 1970): the gradient by a million
// parameters costs about two forward passes, whatever their number.
//
// Read in this order: here, record.h, backward.cpp, arithmetic.cpp and its neighbours, history.cpp.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "modules/tensor/tensor.h"

namespace tinytorch {

// --- grad mode ---

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

// --- the graph ---

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

// --- variables ---

/// How a view came to be. Only the first kind may be written to while grad mode is on, and follows
/// what is written to its base.
enum class ViewKind : uint8_t { kTracked, kMadeInNoGrad, kOneOfSeveral };

struct VariableImpl final : Destination {
  explicit VariableImpl(Tensor values) : data(std::move(values)) {}
  ~VariableImpl() override;

  Tensor data;
  Ref<VariableImpl> grad;
  Ref<Node> grad_fn;    // what made it; null for a leaf
  uint32_t output = 0;  // of grad_fn
  bool requires_grad = false;
  bool retains_grad = false;
  ViewKind view_kind = ViewKind::kTracked;
  Ref<VariableImpl> base;    // of a view: the variable whose memory it shows, itself no view
  int64_t view_version = 0;  // of a view: the version that grad_fn is right for
  Ref<Version> own_version;  // null: the storage counts
  std::unique_ptr<std::vector<Ref<GradientHook>>> hooks;  // of a leaf
  void* shown_by = nullptr;  // the object of another language that stands for it; the bindings' own
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
  /// Raises where such a view does not follow its base.
  const Ref<Node>& grad_fn() const {
    if (impl_->base) follow_base();
    return impl_->grad_fn;
  }
  /// The accumulated gradient; undefined when there is none.
  Variable grad() const { return Variable(impl_->grad); }

 private:
  bool view_requires_grad() const;
  void follow_base() const;
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

// --- differentiation ---

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

}  // namespace tinytorch

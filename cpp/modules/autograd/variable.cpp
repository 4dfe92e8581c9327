// Variables, nodes and saved values: what they hold and how they go.
#include "modules/autograd/variable.h"

#include <algorithm>
#include <atomic>

#include "modules/autograd/record.h"

namespace tinytorch {
namespace {

thread_local bool grad_mode = true;
std::atomic<bool> anomaly_enabled{false}, anomaly_checks_nan{true};
std::string (*describe_caller)() = nullptr;
std::atomic<uint64_t> nodes_made{0};

void retain_at_node(VariableImpl& x) {
  x.grad_fn->with_extras().retained.push_back({x.output, &x});
}
void forget_at_node(VariableImpl& x) {
  std::erase_if(x.grad_fn->extras->retained,
                [&](const NodeExtras::Retained& r) { return r.variable == &x; });
}

}  // namespace

bool grad_enabled() { return grad_mode; }
void set_grad_enabled(bool on) { grad_mode = on; }

Anomaly anomaly() { return {anomaly_enabled, anomaly_checks_nan}; }
void set_anomaly(Anomaly mode) {
  anomaly_enabled = mode.enabled;
  anomaly_checks_nan = mode.check_nan;
}
void set_describe_caller(std::string (*describe)()) { describe_caller = describe; }

Node::Node(const char* operation, size_t inputs) : name(operation), edges(inputs) {
  sequence = nodes_made.fetch_add(1, std::memory_order_relaxed) + 1;
  if (anomaly_enabled.load(std::memory_order_relaxed) && describe_caller)
    with_extras().caller = describe_caller();
}

Node::~Node() {
  // A destination that only this edge keeps alive would be destroyed in here, and in it the next.
  // The outermost destructor takes such edges' ends one by one instead.
  static thread_local std::vector<Ref<Destination>>* orphans = nullptr;
  const auto hand_over = [&](std::vector<Ref<Destination>>& to) {
    for (Edge& edge : edges) {
      if (edge.to && edge.to->use_count() == 1) to.push_back(std::move(edge.to));
    }
  };
  if (orphans) {
    hand_over(*orphans);
    return;
  }
  std::vector<Ref<Destination>> mine;
  hand_over(mine);
  if (mine.empty()) return;
  orphans = &mine;
  while (!mine.empty()) {
    const Ref<Destination> next = std::move(mine.back());
    mine.pop_back();
  }
  orphans = nullptr;
}

NodeExtras& Node::with_extras() {
  if (!extras) extras = std::make_unique<NodeExtras>();
  return *extras;
}

VariableImpl::~VariableImpl() {
  if (retains_grad && grad_fn) forget_at_node(*this);
}

Variable::Variable(Tensor data, bool requires_grad)
    : impl_(make_ref<VariableImpl>(std::move(data))) {
  if (requires_grad) set_requires_grad(*this);
}

void set_requires_grad(const Variable& x, bool on) {
  check(!on || is_floating(x.dtype()),
        "only Tensors of floating point dtype can require gradients");
  check(on || x.is_leaf(),
        "you can only change requires_grad flags of leaf variables. If you want to use a computed "
        "variable in a subgraph that doesn't require differentiation use var_no_grad = "
        "var.detach().");
  x.impl()->requires_grad = on;
}

void set_grad(const Variable& x, const Variable& grad) {
  if (grad.defined()) {
    check(grad.impl() != x.impl(), "can't assign Variable as its own grad");
    check(grad.shape() == x.shape(), "attempting to assign a gradient of size ", grad.shape(),
          " to a tensor of size ", x.shape(),
          ". Please ensure that the gradient and the tensor are the same size");
    check(grad.dtype() == x.dtype(), "attempting to assign a gradient with dtype ", grad.dtype(),
          " to a tensor with dtype ", x.dtype());
  }
  x.impl()->grad = grad.impl();
}

Variable detach(const Variable& x) {
  Variable y(x.data());
  y.impl()->own_version = x.impl()->own_version;
  return y;
}

Variable data_of(const Variable& x) {
  Variable y(x.data());
  y.impl()->own_version = make_ref<Version>();
  return y;
}

void set_data(const Variable& x, const Variable& values) {
  check(!x.requires_grad() || is_floating(values.dtype()),
        "data set to a tensor that requires gradients must be floating point dtype");
  x.impl()->data = values.data();
}

void retain_grad(const Variable& x) {
  check(x.requires_grad(), "can't retain_grad on Tensor that has requires_grad=False");
  VariableImpl& impl = *x.impl();
  if (x.is_leaf() || impl.retains_grad) return;
  impl.retains_grad = true;
  retain_at_node(impl);
}

void add_hook(const Variable& x, Ref<GradientHook> hook) {
  check(x.requires_grad(), "cannot register a hook on a tensor that doesn't require gradient");
  VariableImpl& impl = *x.impl();
  if (impl.grad_fn) {
    impl.grad_fn->with_extras().hooks.push_back({impl.output, std::move(hook)});
    return;
  }
  if (!impl.hooks) impl.hooks = std::make_unique<std::vector<Ref<GradientHook>>>();
  impl.hooks->push_back(std::move(hook));
}

int64_t version(const Variable& x) {
  const VariableImpl& impl = *x.impl();
  if (impl.own_version) return impl.own_version->count;
  return impl.data.defined() ? impl.data.storage()->version() : 0;
}

void bump_version(const Variable& x) {
  const VariableImpl& impl = *x.impl();
  if (impl.own_version) ++impl.own_version->count;
  else if (impl.data.defined()) impl.data.storage()->bump_version();
}

Edge edge_to(const Variable& x) {
  if (!x.requires_grad()) return {};
  const Ref<Node>& maker = x.grad_fn();
  if (maker) return {Ref<Destination>(maker.get()), x.impl()->output, x.dtype()};
  return {Ref<Destination>(x.impl().get()), 0, x.dtype()};
}

void set_history(const Variable& output, Ref<Node> node, uint32_t index) {
  VariableImpl& impl = *output.impl();
  if (impl.retains_grad) forget_at_node(impl);
  impl.grad_fn = std::move(node);
  impl.output = index;
  impl.requires_grad = static_cast<bool>(impl.grad_fn);
  impl.retains_grad &= impl.requires_grad;
  if (impl.retains_grad) retain_at_node(impl);
}

Saved::Saved(const Variable& x)
    : tensor_(x.data()), own_version_(x.impl()->own_version), version_(current_version()) {
  if (!x.impl()->grad_fn) return;
  made_by_ = x.impl()->grad_fn->name;
  output_ = x.impl()->output;
}

Saved::Saved(Tensor x) : tensor_(std::move(x)), version_(current_version()) {}

int64_t Saved::current_version() const {
  if (own_version_) return own_version_->count;
  return tensor_.defined() ? tensor_.storage()->version() : 0;
}

void Saved::release() {
  tensor_ = Tensor();
  own_version_ = nullptr;
  released_ = true;
}

void Saved::fail_stale() const {
  check(!released_,
        "Trying to backward through the graph a second time (or directly access saved tensors "
        "after they have already been freed). Saved intermediate values of the graph are freed "
        "when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to "
        "backward through the graph a second time or if you need to access saved tensors after "
        "calling backward.");
  std::string made_by;
  if (made_by_)
    made_by = std::string(", which is output ") + std::to_string(output_) + " of " + made_by_ + ",";
  fail(
      "one of the variables needed for gradient computation has been modified by an inplace "
      "operation: [",
      tensor_.dtype(), " ", tensor_.shape(), "]", made_by, " is at version ", current_version(),
      "; expected version ", version_,
      " instead. Hint: enable anomaly detection to find the operation that failed to compute its "
      "gradient, with torch.autograd.set_detect_anomaly(True).");
}

}  // namespace tinytorch

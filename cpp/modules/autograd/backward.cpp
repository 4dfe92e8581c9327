// The backward pass: from the outputs to the leaves, node by node, each when its gradient is whole.
#include <algorithm>
#include <mutex>

#include "modules/autograd/record.h"

namespace tinytorch {
namespace {

bool is_leaf(const Destination& to) { return to.sequence == 0; }
VariableImpl& leaf(const Destination& to) {
  return static_cast<VariableImpl&>(const_cast<Destination&>(to));
}

// Nobody else sees this memory, and its elements are distinct.
bool is_ours_alone(const Tensor& x) { return x.is_contiguous() && x.storage()->use_count() == 1; }

// total += grad; an undefined total is zero.
void add_to(Tensor& total, Tensor&& grad) {
  if (!total.defined()) total = std::move(grad);
  else if (is_ours_alone(total)) binary(BinaryOp::kAdd, total, grad, &total);
  else total = total + grad;
}

/// Adds `grad` to a leaf's .grad. What the user sees there is no memory of anybody else's, and
/// those who hold it already see it grow.
void accumulate(VariableImpl& x, Tensor grad) {
  // TASK autograd.accumulate (3 points): keep the first, or a clone; add the others in place.
  if (!x.grad) {
    x.grad = Variable(is_ours_alone(grad) ? std::move(grad) : clone(grad)).impl();
  } else {
    const Variable kept(x.grad);
    binary(BinaryOp::kAdd, kept.data(), grad, &kept.data());
    bump_version(kept);
  }
  // END TASK
}

Tensor after_hook(GradientHook& hook, Tensor grad) {
  Tensor changed = hook(grad);
  return changed.defined() ? changed : grad;
}

/// The gradients by a destination's outputs, nearly always one.
class Gradients {
 public:
  explicit Gradients(uint32_t outputs = 1) {
    if (outputs > 1) many_.resize(outputs);
  }
  Tensor& operator[](uint32_t output) { return many_.empty() ? one_ : many_[output]; }
  const Tensor* data() const { return many_.empty() ? &one_ : many_.data(); }

 private:
  Tensor one_;
  std::vector<Tensor> many_;
};

/// One backward pass: the gradients that wait at destinations, and which destination is next.
class Pass {
 public:
  /// With `inputs`, gradients are caught there and kept nowhere else.
  Pass(bool retain_graph, const std::vector<Variable>* inputs) : retains_graph_(retain_graph) {
    if (!inputs) return;
    catches_ = true;
    caught_.reserve(inputs->size());
    for (const Variable& x : *inputs) {
      const Edge edge = edge_to(x);
      check(edge.to != nullptr, "One of the differentiated Tensors does not require grad");
      caught_.push_back({edge.to, edge.output, {}});
      first_needed_ = std::min(first_needed_, edge.to->sequence);
    }
  }
  ~Pass() {
    for (const Waiting& w : waiting_) {
      if (w.at) leave(w);
    }
  }
  Pass(const Pass&) = delete;
  Pass& operator=(const Pass&) = delete;

  bool done() const { return queue_.empty(); }
  bool retains_graph() const { return retains_graph_; }
  /// The results of one node, in memory that all nodes of the pass take turns to use.
  std::vector<Tensor>& fresh_results(size_t count) {
    results_.clear();
    results_.resize(count);
    return results_;
  }

  /// A destination with the whole gradients by its outputs.
  struct Arrival {
    Ref<Destination> at;
    Gradients grads;
  };
  /// The one made last among those that wait: nothing else can still send it a gradient.
  Arrival take_latest() {
    std::pop_heap(queue_.begin(), queue_.end());
    const size_t place = queue_.back().place;
    queue_.pop_back();
    Waiting& w = waiting_[place];
    leave(w);
    free_places_.push_back(place);
    return {std::move(w.at), std::move(w.grads)};
  }

  /// Whether a gradient along the edge is of use to anybody.
  bool wants(const Edge& edge) const {
    if (!edge.to) return false;
    if (!catches_) return true;
    return is_leaf(*edge.to) ? find(*edge.to, 0) != nullptr : edge.to->sequence >= first_needed_;
  }

  /// Adds a gradient to those that wait at the end of the edge.
  void deliver(const Edge& edge, Tensor&& grad) {
    if (grad.dtype() != edge.dtype) grad = to(grad, edge.dtype);
    Destination& at = *edge.to;
    if (is_leaf(at)) {
      check_leaf(leaf(at), grad);
      if (!catches_ && !leaf(at).hooks) return accumulate(leaf(at), std::move(grad));
    }
    if (at.pass != this) wait_at(edge.to);
    add_to(waiting_[at.place].grads[edge.output], std::move(grad));
  }

  /// The gradients are whole: hooks see them, and some variables keep or catch them.
  void settle(Arrival& arrival) {
    Destination& at = *arrival.at;
    if (is_leaf(at)) {
      if (leaf(at).hooks) {
        const std::vector<Ref<GradientHook>> hooks = *leaf(at).hooks;
        for (const auto& hook : hooks) arrival.grads[0] = after_hook(*hook, arrival.grads[0]);
      }
    } else if (auto& node = static_cast<Node&>(at); node.extras) {
      settle_extras(*node.extras, arrival.grads);
    }
    if (catches_) {
      for (Caught& c : caught_) {
        if (c.to.get() == &at) c.grad = arrival.grads[c.output];
      }
    } else if (is_leaf(at)) {
      accumulate(leaf(at), std::move(arrival.grads[0]));
    }
  }

  /// In the order of the inputs.
  std::vector<Tensor> caught() const {
    std::vector<Tensor> grads;
    for (const Caught& c : caught_) grads.push_back(c.grad);
    return grads;
  }

 private:
  struct Waiting {
    Ref<Destination> at;
    Gradients grads;
    const void* outer_pass;  // a hook may run a pass inside a pass
    size_t outer_place;
  };
  struct Turn {
    uint64_t sequence;
    size_t place;
    bool operator<(const Turn& other) const { return sequence < other.sequence; }
  };
  struct Caught {
    Ref<Destination> to;
    uint32_t output;
    Tensor grad;
  };

  void wait_at(const Ref<Destination>& at) {
    size_t place = waiting_.size();
    if (free_places_.empty()) {
      waiting_.emplace_back();
    } else {
      place = free_places_.back();
      free_places_.pop_back();
    }
    Waiting& w = waiting_[place];
    w.at = at;
    w.outer_pass = at->pass;
    w.outer_place = at->place;
    if (!is_leaf(*at) && static_cast<const Node&>(*at).outputs() > 1)
      w.grads = Gradients(static_cast<const Node&>(*at).outputs());
    at->pass = this;
    at->place = place;
    queue_.push_back({at->sequence, place});
    std::push_heap(queue_.begin(), queue_.end());
  }

  static void leave(const Waiting& w) {
    w.at->pass = w.outer_pass;
    w.at->place = w.outer_place;
  }

  const Caught* find(const Destination& at, uint32_t output) const {
    for (const Caught& c : caught_) {
      if (c.to.get() == &at && c.output == output) return &c;
    }
    return nullptr;
  }

  static void check_leaf(const VariableImpl& x, const Tensor& grad) {
    check(grad.shape() == x.data.shape(), "backward: a gradient of shape ", grad.shape(),
          " reached a leaf of shape ", x.data.shape());
  }

  static void settle_extras(NodeExtras& extras, Gradients& grads) {
    const std::vector<NodeExtras::Hook> hooks = extras.hooks;
    for (const auto& [output, call] : hooks) {
      if (grads[output].defined()) grads[output] = after_hook(*call, grads[output]);
    }
    for (const auto& [output, variable] : extras.retained) {
      if (grads[output].defined()) accumulate(*variable, grads[output]);
    }
  }

  bool retains_graph_;
  bool catches_ = false;
  uint64_t first_needed_ = UINT64_MAX;
  std::vector<Waiting> waiting_;
  std::vector<size_t> free_places_;
  std::vector<Tensor> results_;
  std::vector<Turn> queue_;  // a heap, the latest first
  std::vector<Caught> caught_;
};

// In anomaly mode a node knows where the program called its operation.
std::string called_at(const Node& node) {
  if (!node.extras || node.extras->caller.empty()) return "";
  return std::string(" Error detected in ") + node.name +
         ". Traceback of forward call that caused the error:\n" + node.extras->caller;
}

void check_anomaly(const Node& node, const std::vector<Tensor>& results) {
  for (size_t i = 0; i < results.size(); ++i) {
    const Tensor& grad = results[i];
    check(!grad.defined() || !item(any(unary(UnaryOp::kIsNan, grad))).to<bool>(), "Function '",
          node.name, "' returned nan values in its ", i, "th output.", called_at(node));
  }
}

/// The gradients by a node's inputs; undefined where nobody wants them.
std::vector<Tensor>& apply(Pass& pass, Node& node, Pass::Arrival& arrival) {
  std::vector<Tensor>& results = pass.fresh_results(node.edges.size());
  bool few[8];
  std::unique_ptr<bool[]> many;
  bool* wanted = few;
  if (results.size() > std::size(few)) many.reset(wanted = new bool[results.size()]);
  bool any_wanted = false;
  for (size_t i = 0; i < results.size(); ++i) any_wanted |= wanted[i] = pass.wants(node.edges[i]);
  if (any_wanted) {
    try {
      node.backward(arrival.grads.data(), results.data(), wanted);
    } catch (const Error& error) {
      if (called_at(node).empty()) throw;
      throw Error(error.what() + called_at(node));
    }
    if (!pass.retains_graph()) node.free_saved();
  }
  arrival.grads = Gradients();
  if (anomaly().enabled && anomaly().check_nan) check_anomaly(node, results);
  return results;
}

void run(Pass& pass) {
  // TASK autograd.backward (6 points): take_latest, settle, apply if a node, deliver along edges.
  while (!pass.done()) {
    Pass::Arrival arrival = pass.take_latest();
    pass.settle(arrival);
    if (is_leaf(*arrival.at)) continue;
    auto& node = static_cast<Node&>(*arrival.at);
    std::vector<Tensor>& results = apply(pass, node, arrival);
    for (size_t i = 0; i < results.size(); ++i) {
      if (results[i].defined()) pass.deliver(node.edges[i], std::move(results[i]));
    }
  }
  // END TASK
}

Tensor seed(const Variable& output, const Variable& gradient, size_t i) {
  if (!gradient.defined()) {
    check(output.numel() == 1, "grad can be implicitly created only for scalar outputs");
    return ones_like(output.data());
  }
  check(gradient.shape() == output.shape(), "Mismatch in shape: grad_output[", i,
        "] has a shape of ", gradient.shape(), " and output[", i, "] has a shape of ",
        output.shape(), ".");
  return gradient.data();
}

std::vector<Tensor> differentiate(const std::vector<Variable>& outputs,
                                  const std::vector<Variable>& gradients, bool retain_graph,
                                  const std::vector<Variable>* inputs) {
  // Destinations know the pass they wait in, so that threads take turns.
  static std::recursive_mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  const NoGrad no_grad;
  check(gradients.empty() || gradients.size() == outputs.size(), "got ", outputs.size(),
        " tensors and ", gradients.size(), " gradients");
  Pass pass(retain_graph, inputs);
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Edge edge = edge_to(outputs[i]);
    check(edge.to != nullptr, "element ", i,
          " of tensors does not require grad and does not have a grad_fn");
    Tensor start = seed(outputs[i], gradients.empty() ? Variable() : gradients[i], i);
    if (pass.wants(edge)) pass.deliver(edge, std::move(start));
  }
  if (!pass.done()) run(pass);
  return pass.caught();
}

}  // namespace

void backward(const std::vector<Variable>& outputs, const std::vector<Variable>& gradients,
              bool retain_graph, const std::vector<Variable>& inputs) {
  const std::vector<Tensor> grads =
      differentiate(outputs, gradients, retain_graph, inputs.empty() ? nullptr : &inputs);
  for (size_t i = 0; i < grads.size(); ++i) {
    if (grads[i].defined()) accumulate(*inputs[i].impl(), grads[i]);
  }
}

std::vector<Variable> grad(const std::vector<Variable>& outputs,
                           const std::vector<Variable>& inputs,
                           const std::vector<Variable>& gradients, bool retain_graph,
                           bool allow_unused) {
  std::vector<Variable> result;
  for (Tensor& grad : differentiate(outputs, gradients, retain_graph, &inputs)) {
    check(grad.defined() || allow_unused, "The differentiated Tensor at index ", result.size(),
          " appears to not have been used in the graph. Set allow_unused=True if this is the "
          "desired behavior.");
    result.push_back(grad.defined() ? Variable(contiguous(grad)) : Variable());
  }
  return result;
}

}  // namespace tinytorch

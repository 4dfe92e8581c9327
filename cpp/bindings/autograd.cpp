// Autograd: what a Tensor knows of its history, backward passes, hooks and functions from Python.
#include <set>

#include "bindings/tensor_shortcuts.h"
#include "bindings/tensor_type.h"
#include "bindings/units.h"
#include "modules/autograd/record.h"

namespace tinytorch {
namespace {

using Variables = std::vector<Variable>;

std::string type_name(py::handle value) {
  return py::cast<std::string>(py::type::of(value).attr("__name__"));
}

// A Python object that code without the GIL may let go of.
class Held {
 public:
  explicit Held(py::object object) : object_(std::move(object)) {}
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() {
    if (!Py_IsInitialized()) {
      object_.release();
      return;
    }
    const py::gil_scoped_acquire gil;
    object_ = py::object();
  }
  py::handle get() const { return object_; }

 private:
  py::object object_;
};

// The hooks of one variable, an OrderedDict from which a RemovableHandle takes them again.
struct PythonHooks final : GradientHook {
  explicit PythonHooks(py::object all) : hooks(std::move(all)) {}

  Tensor operator()(const Tensor& grad) override {
    const py::gil_scoped_acquire gil;
    Variable current(grad);
    for (const py::handle hook : py::list(hooks.get().attr("values")())) {
      const py::object result = hook(current);
      if (result.is_none()) continue;
      VariableImpl* box = box_from(result);
      check<TypeError>(box != nullptr, "expected Variable, but hook returned '", type_name(result),
                       "'");
      const Variable changed{Ref<VariableImpl>(box)};
      check(changed.shape() == grad.shape(), "hook '",
            py::cast<std::string>(py::getattr(hook, "__name__", py::str("hook"))),
            "' has changed the size of value");
      current = changed;
    }
    return current.data();
  }

  Held hooks;
};

// A node whose derivative is a Python function: gradients in, a tuple of gradients or None out.
struct PythonNode final : Node {
  struct Like {
    Shape shape;
    DType dtype;
  };

  PythonNode(const char* name, py::object function,
             const std::vector<std::optional<Variable>>& inputs, const Variables& outputs,
             bool fill_missing)
      : Node(name, inputs.size()), derivative(std::move(function)), materialize(fill_missing) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i]) edges[i] = edge_to(*inputs[i]);
      in.push_back(inputs[i] ? inputs[i]->shape() : Shape());
    }
    for (const Variable& y : outputs) out.push_back({y.shape(), y.dtype()});
  }

  uint32_t outputs() const override { return static_cast<uint32_t>(out.size()); }

  void backward(const Tensor* grads, Tensor* results, const bool* wanted) override {
    const py::gil_scoped_acquire gil;
    py::tuple arguments(out.size());
    for (size_t k = 0; k < out.size(); ++k) {
      if (grads[k].defined()) arguments[k] = Variable(grads[k]);
      else if (materialize) arguments[k] = Variable(zeros(out[k].shape, out[k].dtype));
      else arguments[k] = py::none();
    }
    const py::tuple answer = derivative.get()(*arguments);
    for (size_t i = 0; i < edges.size(); ++i) {
      const py::object grad = answer[i];
      if (grad.is_none() || !wanted[i]) continue;
      VariableImpl* box = box_from(grad);
      check<TypeError>(box != nullptr, "expected Variable or None (got ", type_name(grad), ")");
      results[i] = fitting(box->data, i);
    }
  }

  // A gradient of a shape that broadcasting made from the input's is summed back.
  Tensor fitting(const Tensor& grad, size_t i) const {
    bool fits = grad.dim() >= in[i].size();
    const int64_t added = grad.dim() - in[i].size();
    for (int64_t d = 0; fits && d < in[i].size(); ++d)
      fits = in[i][d] == grad.shape()[d + added] || in[i][d] == 1;
    check(fits, "Function ", std::string(name), " returned an invalid gradient at index ", i,
          " - got ", grad.shape(), " but expected shape compatible with ", in[i]);
    return sum_to(grad, in[i]);
  }

  Held derivative;
  bool materialize;
  std::vector<Shape> in;
  std::vector<Like> out;
};

const char* lasting(const std::string& name) {
  static std::set<std::string>& names = *new std::set<std::string>;
  return names.insert(name).first->c_str();
}

Ref<Node> record_function(const std::string& name, const py::object& derivative,
                          const std::vector<std::optional<Variable>>& inputs,
                          const Variables& outputs, const std::vector<bool>& differentiable,
                          bool materialize) {
  auto node = make_ref<PythonNode>(lasting(name), derivative, inputs, outputs, materialize);
  for (size_t k = 0; k < outputs.size(); ++k) {
    if (differentiable[k]) set_history(outputs[k], Ref<Node>(node.get()), static_cast<uint32_t>(k));
  }
  return Ref<Node>(node.get());
}

std::string python_stack() {
  const py::gil_scoped_acquire gil;
  const py::object lines = py::module_::import("traceback").attr("format_stack")();
  return py::cast<std::string>(py::str("").attr("join")(lines));
}

py::object optional(const Variable& x) { return x.defined() ? py::cast(x) : py::none(); }

void check_create_graph(bool create_graph) {
  check<NotImplemented>(!create_graph,
                        "backward: create_graph=True is not supported: gradients are computed "
                        "without a graph of their own");
}

Variables variables(const py::object& items) {
  Variables result;
  if (items.is_none()) return result;
  if (VariableImpl* box = box_from(items)) return {Variable(Ref<VariableImpl>(box))};
  for (const py::handle item : items)
    result.push_back(item.is_none() ? Variable() : py::cast<Variable>(item));
  return result;
}

void run_backward(const py::object& outputs, const py::object& gradients,
                  std::optional<bool> retain_graph, bool create_graph, const py::object& inputs) {
  check_create_graph(create_graph);
  const Variables of = variables(outputs), with = variables(gradients), by = variables(inputs);
  check(inputs.is_none() || !by.empty(), "`inputs` argument to `backward()` cannot be empty.");
  const py::gil_scoped_release release;
  backward(of, with, retain_graph.value_or(false), by);
}

// The parameters of a list that have a gradient, and their gradients, as two lists.
py::tuple with_gradients(const py::sequence& params) {
  py::list having, grads;
  for (const py::handle param : params) {
    const Variable grad = py::cast<Variable>(param).grad();
    if (!grad.defined()) continue;
    having.append(param);
    grads.append(object_of(grad.impl()));
  }
  return py::make_tuple(having, grads);
}

void forget_gradients(const py::sequence& params) {
  for (const py::handle param : params) set_grad(py::cast<Variable>(param), Variable());
}

py::tuple run_grad(const py::object& outputs, const py::object& inputs, const py::object& gradients,
                   std::optional<bool> retain_graph, bool create_graph, bool allow_unused) {
  check_create_graph(create_graph);
  const Variables of = variables(outputs), by = variables(inputs), with = variables(gradients);
  check<ValueError>(!by.empty(), "grad requires non-empty inputs.");
  Variables result;
  {
    const py::gil_scoped_release release;
    result = grad(of, by, with, retain_graph.value_or(false), allow_unused);
  }
  py::tuple answer(result.size());
  for (size_t i = 0; i < result.size(); ++i) answer[i] = optional(result[i]);
  return answer;
}

// Where a graph ends: the variable that keeps the gradient.
struct AccumulateGrad {
  Variable variable;
};

py::tuple next_functions(Node& node) {
  py::list result;
  for (const Edge& edge : node.edges) {
    py::object next = py::none();
    if (auto* maker = dynamic_cast<Node*>(edge.to.get())) {
      next = py::cast(Ref<Node>(maker));
    } else if (auto* leaf = dynamic_cast<VariableImpl*>(edge.to.get())) {
      next = py::cast(AccumulateGrad{Variable(Ref<VariableImpl>(leaf))});
    }
    result.append(py::make_tuple(next, edge.output));
  }
  return py::tuple(result);
}

std::string object_repr(const std::string& name, const void* at) {
  char text[32];
  std::snprintf(text, sizeof(text), " object at %p>", at);
  return "<" + name + text;
}

void bind_graph(py::module_& m) {
  py::class_<Node, Ref<Node>>(m, "Node", "An operation of the graph: a Tensor's grad_fn.")
      .def("name", [](const Node& node) { return node.name; })
      .def_property_readonly("next_functions", &next_functions)
      .def("__repr__", [](const Node& node) { return object_repr(node.name, &node); });
  py::class_<AccumulateGrad>(m, "AccumulateGrad", "The end of a graph: a leaf, its .variable.")
      .def("name", [](const AccumulateGrad&) { return "AccumulateGrad"; })
      .def_readonly("variable", &AccumulateGrad::variable)
      .def_property_readonly("next_functions", [](const AccumulateGrad&) { return py::tuple(); })
      .def("__repr__", [](const AccumulateGrad& end) {
        return object_repr("AccumulateGrad", end.variable.impl().get());
      });
}

void bind_history(TensorClass& tensor) {
  tensor.def_property(
      "requires_grad", [](const Variable& x) { return x.requires_grad(); },
      [](const Variable& x, bool on) { set_requires_grad(x, on); });
  tensor.def_property_readonly("is_leaf", [](const Variable& x) { return x.is_leaf(); });
  tensor.def_property_readonly("grad_fn", [](const Variable& x) -> py::object {
    const Ref<Node>& maker = x.grad_fn();
    return maker ? py::cast(maker) : py::none();
  });
  tensor.def_property_readonly("output_nr", [](const Variable& x) { return x.impl()->output; });
  tensor.def_property(
      "grad",
      [](const Variable& x) {
        if (!x.grad().defined() && !x.is_leaf() && !x.impl()->retains_grad &&
            PyErr_WarnEx(PyExc_UserWarning,
                         "The .grad attribute of a Tensor that is not a leaf Tensor is being "
                         "accessed. Its .grad attribute won't be populated during "
                         "autograd.backward(). If you indeed want the .grad field to be populated "
                         "for a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. If you "
                         "access the non-leaf Tensor by mistake, make sure you access the leaf "
                         "Tensor instead.",
                         1) < 0)
          throw py::error_already_set();
        return optional(x.grad());
      },
      [](const Variable& x, const py::object& value) {
        VariableImpl* box = box_from(value);
        check<TypeError>(box || value.is_none(),
                         "assigned grad expected to be a Tensor or None but got grad of type ",
                         type_name(value));
        set_grad(x, box ? Variable(Ref<VariableImpl>(box)) : Variable());
      });
  tensor.def_property("data", &data_of, &set_data);
  tensor.def_property_readonly("retains_grad",
                               [](const Variable& x) { return x.impl()->retains_grad; });
  tensor.def_property_readonly("_version", &version);
  tensor.def_property_readonly(
      "_base", [](const Variable& x) { return optional(Variable(x.impl()->base)); });
  tensor.def("_is_view", [](const Variable& x) { return static_cast<bool>(x.impl()->base); });
  tensor.def(
      "requires_grad_",
      [](const py::object& self, bool requires_grad) {
        set_requires_grad(py::cast<Variable>(self), requires_grad);
        return self;
      },
      py::arg("requires_grad") = true);
  tensor.def("detach", &detach);
  tensor.def("detach_", [](const py::object& self) {
    const auto x = py::cast<Variable>(self);
    check(!x.impl()->base, "Can't detach views in-place. Use detach() instead.");
    set_history(x, nullptr);
    return self;
  });
  tensor.def("retain_grad", &retain_grad);
  tensor.def(
      "backward",
      [](const Variable& self, const py::object& gradient, std::optional<bool> retain_graph,
         bool create_graph, const py::object& inputs) {
        check<TypeError>(gradient.is_none() || box_from(gradient),
                         "backward: expected gradient to be a Tensor or None, got ",
                         type_name(gradient));
        check_create_graph(create_graph);
        const Variables with = variables(gradient), by = variables(inputs);
        check(inputs.is_none() || !by.empty(),
              "`inputs` argument to `backward()` cannot be empty.");
        const py::gil_scoped_release release;
        backward({self}, with, retain_graph.value_or(false), by);
      },
      py::arg("gradient") = py::none(), py::arg("retain_graph") = py::none(),
      py::arg("create_graph") = false, py::arg("inputs") = py::none());
  shortcut(
      tensor.attr("backward"),
      [](const Variable& self) {
        const py::gil_scoped_release release;
        backward(self);
      },
      required<Variable>("self"));
  tensor.def(
      "register_hook",
      [](const Variable& x, const py::object& hook) {
        const py::object hooks = py::module_::import("collections").attr("OrderedDict")();
        const py::object handle =
            py::module_::import("tinytorch.utils.hooks").attr("RemovableHandle")(hooks);
        add_hook(x, Ref<GradientHook>(new PythonHooks(hooks)));
        hooks[handle.attr("id")] = hook;
        return handle;
      },
      py::arg("hook"));
}

// Tensor(x): x's values without its history.  Tensor(2, 3), Tensor([1, 2]) and Tensor(): sizes, or
// values in the default dtype, as tinytorch/_legacy.py reads them.
Ref<VariableImpl> tensor_of(const py::args& args, const py::kwargs& kwargs) {
  py::tuple given = args;
  py::object device = py::none();
  for (const auto& [key, value] : kwargs) {
    const auto name = key.cast<std::string>();
    check<TypeError>(name == "device" || (name == "data" && args.empty()),
                     "Tensor: expected sizes or data, got ", name);
    if (name == "data") given = py::make_tuple(value);
    else device = py::reinterpret_borrow<py::object>(value);
  }
  if (given.size() == 1) {
    if (Box* box = box_from(given[0])) return detach(Variable(Ref<Box>(box))).impl();
  }
  const py::object construct = py::module_::import("tinytorch._legacy").attr("construct");
  return py::cast<Variable>(construct(default_dtype(), false, given, device)).impl();
}

}  // namespace

void bind_autograd(py::module_& m) {
  bind_graph(m);
  TensorClass tensor(m.attr("Tensor"));
  set_tensor_maker(&tensor_of);
  bind_history(tensor);

  m.def("is_grad_enabled", &grad_enabled, "Whether operations on this thread are recorded.");
  m.def("_set_grad_enabled", [](bool on) {
    const bool before = grad_enabled();
    set_grad_enabled(on);
    return before;
  });
  m.def("_anomaly", [] { return std::pair(anomaly().enabled, anomaly().check_nan); });
  m.def("_set_anomaly", [](bool enabled, bool check_nan) { set_anomaly({enabled, check_nan}); });
  set_describe_caller(&python_stack);
  m.def("_with_gradients", &with_gradients, py::arg("params"));
  m.def("_forget_gradients", &forget_gradients, py::arg("params"));
  shortcut(
      m.attr("_with_gradients"),
      [](const Variables& params) {
        py::list having, grads;
        for (const Variable& param : params) {
          if (!param.grad().defined()) continue;
          having.append(object_of(param.impl()));
          grads.append(object_of(param.grad().impl()));
        }
        return py::object(py::make_tuple(having, grads));
      },
      required<Variables>("params"));
  shortcut(
      m.attr("_forget_gradients"),
      [](const Variables& params) {
        for (const Variable& param : params) set_grad(param, Variable());
      },
      required<Variables>("params"));
  m.def("_run_backward", &run_backward, py::arg("outputs"), py::arg("gradients"),
        py::arg("retain_graph"), py::arg("create_graph"), py::arg("inputs"));
  m.def("_grad", &run_grad, py::arg("outputs"), py::arg("inputs"), py::arg("gradients"),
        py::arg("retain_graph"), py::arg("create_graph"), py::arg("allow_unused"));
  m.def("_record_function", &record_function, py::arg("name"), py::arg("derivative"),
        py::arg("inputs"), py::arg("outputs"), py::arg("differentiable"), py::arg("materialize"));
}

}  // namespace tinytorch

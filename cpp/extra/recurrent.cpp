// The loops of recurrent nets over the steps of a sequence, forward and backward.
#include "extra/recurrent.h"

#include <algorithm>

#include "core/parallel.h"

namespace tinytorch {

int64_t gates_of(Cell cell) { return cell == Cell::kLstm ? 4 : cell == Cell::kGru ? 3 : 1; }

namespace {

// Rows first .. first + count of a matrix.
Tensor rows_of(const Tensor& x, int64_t first, int64_t count) {
  return slice(x, 0, first, first + count);
}

// y = f(x) for `count` numbers, through the kernel table.
template <class T>
void apply(const Kernel<activations::Map>& f, const T* x, T* y, int64_t count) {
  f.get<T>()({x, {count}}, {y, {count}});
}

// One step of one sequence of H numbers.  a, b: (G H), the inputs' and the memory's part of the
// gates; a is replaced by the gates themselves, b keeps the memory's part of a GRU's new gate.
template <class T>
void step(Cell cell, int64_t width, T* a, const T* b, const T* before, T* after, T* c, T* tanh_c) {
  const int64_t added = cell == Cell::kGru ? 2 * width : gates_of(cell) * width;
  for (int64_t j = 0; j < added; ++j) a[j] += b[j];
  if (cell == Cell::kTanh) {
    apply<T>(activations::tanh_kernel, a, a, width);
    std::copy_n(a, width, after);
  } else if (cell == Cell::kRelu) {
    apply<T>(activations::relu_kernel, a, a, width);
    std::copy_n(a, width, after);
  } else if (cell == Cell::kLstm) {
    T *const forget = a + width, *const seen = a + 2 * width, *const out = a + 3 * width;
    apply<T>(activations::sigmoid_kernel, a, a, 2 * width);
    apply<T>(activations::tanh_kernel, seen, seen, width);
    apply<T>(activations::sigmoid_kernel, out, out, width);
    for (int64_t j = 0; j < width; ++j) c[j] = forget[j] * c[j] + a[j] * seen[j];
    apply<T>(activations::tanh_kernel, c, tanh_c, width);
    for (int64_t j = 0; j < width; ++j) after[j] = out[j] * tanh_c[j];
  } else {
    T *const update = a + width, *const fresh = a + 2 * width;
    apply<T>(activations::sigmoid_kernel, a, a, 2 * width);
    for (int64_t j = 0; j < width; ++j) fresh[j] += a[j] * b[2 * width + j];
    apply<T>(activations::tanh_kernel, fresh, fresh, width);
    for (int64_t j = 0; j < width; ++j) after[j] = fresh[j] + update[j] * (before[j] - fresh[j]);
  }
}

// The same for the sequences of a step, shared among threads when there is enough to do.
template <class F>
void each_sequence(int64_t rows, int64_t gates, F f) {
  parallel_for(0, rows, std::max<int64_t>(1, 4096 / std::max<int64_t>(1, gates)),
               [&](int64_t first, int64_t last) {
                 for (int64_t n = first; n < last; ++n) f(n);
               });
}

// The gradients by a step's gates, from those by its result.  grad_h, grad_c: (H) by the memory
// after it; on return grad_c, and of a GRU grad_h, by the memory before it, apart from what went
// through the weight.  by_x, by_m: (G H) by both parts of the gates.
template <class T>
void step_backward(Cell cell, int64_t width, const T* a, const T* b, const T* before,
                   const T* c_before, const T* tanh_c, T* grad_h, T* grad_c, T* by_x, T* by_m) {
  if (cell == Cell::kTanh || cell == Cell::kRelu) {
    for (int64_t j = 0; j < width; ++j) {
      by_x[j] = grad_h[j] * (cell == Cell::kTanh ? 1 - a[j] * a[j] : static_cast<T>(a[j] > 0));
    }
  } else if (cell == Cell::kLstm) {
    const T *in = a, *forget = a + width, *seen = a + 2 * width, *out = a + 3 * width;
    T* __restrict by_in = by_x, * __restrict by_forget = by_x + width;
    T* __restrict by_seen = by_x + 2 * width, * __restrict by_out = by_x + 3 * width;
    T* __restrict by_c = grad_c;
    for (int64_t j = 0; j < width; ++j) {
      const T g = grad_h[j], shown = tanh_c[j];
      const T c = by_c[j] + g * out[j] * (1 - shown * shown);
      by_in[j] = c * seen[j] * in[j] * (1 - in[j]);
      by_forget[j] = c * c_before[j] * forget[j] * (1 - forget[j]);
      by_seen[j] = c * in[j] * (1 - seen[j] * seen[j]);
      by_out[j] = g * shown * out[j] * (1 - out[j]);
      by_c[j] = c * forget[j];
    }
  } else {
    const T *reset = a, *update = a + width, *fresh = a + 2 * width, *seen = b + 2 * width;
    T* __restrict x_reset = by_x, * __restrict x_update = by_x + width;
    T* __restrict x_fresh = by_x + 2 * width, * __restrict m_reset = by_m;
    T* __restrict m_update = by_m + width, * __restrict m_fresh = by_m + 2 * width;
    T* __restrict by_h = grad_h;
    for (int64_t j = 0; j < width; ++j) {
      const T g = by_h[j], by_fresh = g * (1 - update[j]) * (1 - fresh[j] * fresh[j]);
      const T by_reset = by_fresh * seen[j] * reset[j] * (1 - reset[j]);
      const T by_update = g * (before[j] - fresh[j]) * update[j] * (1 - update[j]);
      x_reset[j] = m_reset[j] = by_reset;
      x_update[j] = m_update[j] = by_update;
      x_fresh[j] = by_fresh;
      m_fresh[j] = by_fresh * reset[j];
      by_h[j] = g * update[j];
    }
  }
}

// The steps of a recurrence in the order in which they run: rows of the packed tensors.
struct Steps {
  explicit Steps(const Recurrence& how) : count(static_cast<int64_t>(how.batch_sizes.size())) {
    for (const int64_t rows : how.batch_sizes) starts.push_back(total), total += rows;
    reverse = how.reverse;
  }
  int64_t at(int64_t i) const { return reverse ? count - 1 - i : i; }

  int64_t count, total = 0;
  std::vector<int64_t> starts;
  bool reverse;
};

// What the forward pass leaves for the backward one, packed: the gates, the memory's part of them,
// the memory before each step, and of an LSTM c before, tanh of c after and h before its
// projection.
struct Trace {
  Tensor gates, parts, before, c_before, tanh_c, unprojected;
};

struct Forward {
  Tensor output, h, c;
  Trace trace;
};

Tensor data_or_none(const Variable& x) { return x.defined() ? x.data() : Tensor(); }

Forward run(const Recurrence& how, const Tensor& inputs, const Tensor& h0, const Tensor& c0,
            const Tensor& weight, const Tensor& bias, const Tensor& projection) {
  const Steps steps(how);
  const bool lstm = how.cell == Cell::kLstm;
  const int64_t all = weight.shape()[0], width = all / gates_of(how.cell);
  const DType dtype = inputs.dtype();
  Forward result;
  Trace& trace = result.trace;
  trace.gates = clone(contiguous(inputs));
  trace.parts = empty({steps.total, all}, dtype);
  trace.before = empty({steps.total, h0.shape()[1]}, dtype);
  trace.unprojected = empty({steps.total, width}, dtype);
  if (lstm) {
    trace.c_before = empty({steps.total, width}, dtype);
    trace.tanh_c = empty({steps.total, width}, dtype);
  }
  result.output =
      projection.defined() ? empty({steps.total, h0.shape()[1]}, dtype) : trace.unprojected;
  result.h = clone(contiguous(h0));
  if (lstm) result.c = clone(contiguous(c0));
  dispatch_floating("recur", dtype, [&]<class T>() {
    for (int64_t i = 0; i < steps.count; ++i) {
      const int64_t t = steps.at(i), rows = how.batch_sizes[static_cast<size_t>(t)];
      const int64_t start = steps.starts[static_cast<size_t>(t)];
      const Tensor h = rows_of(result.h, 0, rows);
      copy_(rows_of(trace.before, start, rows), h);
      copy_(rows_of(trace.parts, start, rows), linear(h, weight, bias));
      T* c = nullptr;
      if (lstm) {
        copy_(rows_of(trace.c_before, start, rows), rows_of(result.c, 0, rows));
        c = result.c.data<T>();
      }
      T* const after = trace.unprojected.data<T>() + start * width;
      each_sequence(rows, all, [&](int64_t n) {
        const int64_t at = start + n;
        step<T>(how.cell, width, trace.gates.data<T>() + at * all, trace.parts.data<T>() + at * all,
                trace.before.data<T>() + at * h0.shape()[1], after + n * width,
                lstm ? c + n * width : nullptr,
                lstm ? trace.tanh_c.data<T>() + at * width : nullptr);
      });
      if (projection.defined()) {
        copy_(rows_of(result.output, start, rows),
              linear(rows_of(trace.unprojected, start, rows), projection));
      }
      copy_(h, rows_of(result.output, start, rows));
    }
  });
  return result;
}

struct Gradients {
  Tensor inputs, h, c, weight, bias, projection;
};

// grad_output, grad_h, grad_c: undefined for zero.
Gradients run_backward(const Recurrence& how, const Trace& trace, const Tensor& weight,
                       const Tensor& projection, int64_t sequences, const Tensor* grads,
                       bool wants_weight, bool wants_bias, bool wants_projection) {
  const Steps steps(how);
  const bool lstm = how.cell == Cell::kLstm;
  const int64_t all = weight.shape()[0], width = all / gates_of(how.cell);
  const int64_t shown = trace.before.shape()[1];
  const DType dtype = trace.gates.dtype();
  Gradients result;
  result.inputs = empty(trace.gates.shape(), dtype);
  result.h = grads[1].defined() ? clone(contiguous(grads[1])) : zeros({sequences, shown}, dtype);
  if (lstm) {
    result.c = grads[2].defined() ? clone(contiguous(grads[2])) : zeros({sequences, width}, dtype);
  }
  const Tensor by_parts =
      how.cell == Cell::kGru ? empty(trace.gates.shape(), dtype) : result.inputs;
  const Tensor by_shown = projection.defined() ? empty({steps.total, shown}, dtype) : Tensor();
  dispatch_floating("recur_backward", dtype, [&]<class T>() {
    for (int64_t i = steps.count - 1; i >= 0; --i) {
      const int64_t t = steps.at(i), rows = how.batch_sizes[static_cast<size_t>(t)];
      const int64_t start = steps.starts[static_cast<size_t>(t)];
      const Tensor by_h = rows_of(result.h, 0, rows);
      if (grads[0].defined()) copy_(by_h, by_h + rows_of(grads[0], start, rows));
      Tensor inner = by_h;
      if (projection.defined()) {
        copy_(rows_of(by_shown, start, rows), by_h);
        inner = linear_backward_x(by_h, projection);
      }
      each_sequence(rows, all, [&](int64_t n) {
        const int64_t at = start + n;
        step_backward<T>(how.cell, width, trace.gates.data<T>() + at * all,
                         trace.parts.data<T>() + at * all, trace.before.data<T>() + at * shown,
                         lstm ? trace.c_before.data<T>() + at * width : nullptr,
                         lstm ? trace.tanh_c.data<T>() + at * width : nullptr,
                         inner.data<T>() + n * width,
                         lstm ? result.c.data<T>() + n * width : nullptr,
                         result.inputs.data<T>() + at * all, by_parts.data<T>() + at * all);
      });
      const Tensor through = linear_backward_x(rows_of(by_parts, start, rows), weight);
      copy_(by_h, how.cell == Cell::kGru ? by_h + through : through);
    }
  });
  if (wants_weight) result.weight = linear_backward_weight(by_parts, trace.before);
  if (wants_bias) result.bias = linear_backward_bias(by_parts);
  if (wants_projection) {
    result.projection = linear_backward_weight(by_shown, trace.unprojected);
  }
  return result;
}

struct RecurrenceNode final : Node {
  RecurrenceNode(const char* name, Recurrence recurrence, const Trace& left,
                 const Variable* const (&inputs)[6])
      : Node(name, 6),
        how(std::move(recurrence)),
        trace(left),
        weight(*inputs[3]),
        projection(inputs[5]->defined() ? Saved(*inputs[5]) : Saved(Tensor())),
        sequences(inputs[1]->shape()[0]),
        projects(inputs[5]->defined()) {
    for (size_t i = 0; i < 6; ++i) {
      if (inputs[i]->defined()) edges[i] = edge_to(*inputs[i]);
    }
  }
  uint32_t outputs() const override { return 3; }

  void backward(const Tensor* grads, Tensor* results, const bool* wanted) override {
    const Tensor by = projects ? projection.get() : Tensor();
    Tensor given[3] = {grads[0], grads[1], how.cell == Cell::kLstm ? grads[2] : Tensor()};
    const Gradients all = run_backward(how, trace, weight.get(), by, sequences, given, wanted[3],
                                       wanted[4], wanted[5]);
    const Tensor* const made[6] = {&all.inputs, &all.h,    &all.c,
                                   &all.weight, &all.bias, &all.projection};
    for (size_t i = 0; i < 6; ++i) {
      if (wanted[i]) results[i] = *made[i];
    }
  }
  void free_saved() override {
    weight.release();
    projection.release();
    trace = {};
  }

  Recurrence how;
  Trace trace;
  Saved weight, projection;
  int64_t sequences;
  bool projects;
};

void check_operands(const Recurrence& how, const Tensor& inputs, const Tensor& h, const Tensor& c,
                    const Tensor& weight, const Tensor& bias, const Tensor& projection) {
  const int64_t gates = gates_of(how.cell);
  check(inputs.dim() == 2 && h.dim() == 2 && weight.dim() == 2, "recur: expected matrices, got ",
        inputs.shape(), ", ", h.shape(), " and ", weight.shape());
  const int64_t all = weight.shape()[0], width = all / gates;
  int64_t total = 0, most = h.shape()[0];
  for (const int64_t rows : how.batch_sizes) {
    check(rows <= most && rows >= 0, "recur: expected batch sizes that do not rise above ",
          h.shape()[0], ", got ", rows);
    most = rows;
    total += rows;
  }
  check(all % gates == 0 && inputs.shape()[0] == total && inputs.shape()[1] == all &&
            weight.shape()[1] == h.shape()[1],
        "recur: inputs ", inputs.shape(), ", memory ", h.shape(), " and weight ", weight.shape(),
        " do not fit together");
  check(!bias.defined() || bias.shape() == Shape{all}, "recur: expected a bias of ", all,
        " numbers, got ", bias.shape());
  const bool lstm = how.cell == Cell::kLstm;
  check(lstm == c.defined(), "recur: a cell state goes with an LSTM");
  check(!lstm || c.shape() == Shape{h.shape()[0], width}, "recur: expected c of shape (",
        h.shape()[0], ", ", width, "), got ", c.shape());
  check(!projection.defined() || (lstm && projection.shape() == Shape{h.shape()[1], width}),
        "recur: expected a projection of shape (", h.shape()[1], ", ", width, "), got ",
        projection.shape());
  check(projection.defined() || h.shape()[1] == width, "recur: expected h of width ", width,
        ", got ", h.shape());
  for (const Tensor* x : {&h, &c, &weight, &bias, &projection}) {
    check(!x->defined() || x->dtype() == inputs.dtype(), "recur: expected operands of one dtype, ",
          "got ", inputs.dtype(), " and ", x->dtype());
  }
}

const char* name_of(Cell cell) {
  switch (cell) {
    case Cell::kLstm: return "LstmBackward0";
    case Cell::kGru: return "GruBackward0";
    default: return "RnnBackward0";
  }
}

}  // namespace

Remembered recur(const Recurrence& how, const Variable& inputs, const Variable& h,
                 const Variable& c, const Variable& weight, const Variable& bias,
                 const Variable& projection) {
  const Variable* const all[6] = {&inputs, &h, &c, &weight, &bias, &projection};
  check_operands(how, inputs.data(), h.data(), data_or_none(c), weight.data(), data_or_none(bias),
                 data_or_none(projection));
  const Forward result = run(how, inputs.data(), h.data(), data_or_none(c), weight.data(),
                             data_or_none(bias), data_or_none(projection));
  Remembered remembered{Variable(result.output), Variable(result.h),
                        result.c.defined() ? Variable(result.c) : Variable()};
  bool required = false;
  for (const Variable* x : all) required |= x->requires_grad();
  if (required && grad_enabled()) {
    const Ref<Node> node(new RecurrenceNode(name_of(how.cell), how, result.trace, all));
    set_history(remembered.output, node, 0);
    set_history(remembered.h, node, 1);
    if (remembered.c.defined()) set_history(remembered.c, node, 2);
  }
  return remembered;
}

}  // namespace tinytorch

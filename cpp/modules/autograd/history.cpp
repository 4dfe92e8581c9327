// Writing in place: views, what a write does to their base, and the history it leaves.
#include "modules/autograd/functions.h"

namespace tinytorch {
namespace {

// Where a tensor's elements lie in its storage.
struct Layout {
  explicit Layout(const Tensor& x) : Layout(x.shape(), x.strides(), x.offset()) {}
  Layout(Shape sizes, Strides steps, int64_t start)
      : shape(std::move(sizes)), strides(std::move(steps)), offset(start) {}

  Tensor in(const Tensor& memory, int64_t first) const {
    return as_strided(memory, shape, strides, offset - first);
  }
  // One past the last element.
  int64_t end() const {
    int64_t last = offset;
    for (int64_t d = 0; d < shape.size(); ++d) last += (shape[d] - 1) * strides[d];
    return numel(shape) ? last + 1 : offset;
  }
  // Whether two indices may lead to one element.
  bool overlaps() const {
    Dims order(shape.size(), 0);
    for (int64_t d = 0; d < shape.size(); ++d) order[d] = d;
    std::sort(order.begin(), order.end(),
              [&](int64_t a, int64_t b) { return strides[a] < strides[b]; });
    int64_t reach = 0;
    for (const int64_t d : order) {
      if (shape[d] <= 1) continue;
      if (strides[d] <= reach) return true;
      reach += (shape[d] - 1) * strides[d];
    }
    return false;
  }

  Shape shape;
  Strides strides;
  int64_t offset;
};

/// memory[layout] += values, also where the layout comes to an element more than once.
void add_at(const Tensor& memory, int64_t first, const Layout& layout, const Tensor& values) {
  if (is_half(values.dtype())) {
    const Tensor wide = widened(memory);
    add_at(wide, first, layout, widened(values));
    return copy_(memory, wide);
  }
  const Tensor from = contiguous(values);
  dispatch_floating("as_strided", values.dtype(), [&]<class T>() {
    T* to = memory.data<T>() + layout.offset - first;
    const T* value = from.data<T>();
    for (int64_t i = 0; i < from.numel(); ++i) {
      int64_t at = 0;
      for (int64_t d = layout.shape.size() - 1, rest = i; d >= 0; --d) {
        at += rest % layout.shape[d] * layout.strides[d];
        rest /= layout.shape[d];
      }
      to[at] += value[i];
    }
  });
}

/// The gradient by x of the elements that `part` shows of its storage.
Tensor as_strided_backward(const Tensor& grad, const Layout& x, const Layout& part) {
  const int64_t first = std::min(x.offset, part.offset), end = std::max(x.end(), part.end());
  const Tensor memory = zeros({end - first}, grad.dtype());
  if (part.overlaps()) add_at(memory, first, part, grad);
  else copy_(part.in(memory, first), grad);
  if (x.overlaps()) {  // each element of memory is several of x
    const Tensor times = zeros({end - first}, grad.dtype());
    add_at(times, first, x, ones(x.shape, grad.dtype()));
    return x.in(memory / times, first);
  }
  return x.in(memory, first);
}

// A gradient by x, in memory laid out as x's.
Tensor laid_out(const Tensor& grad, const Layout& x) {
  const Tensor memory = empty({x.end() - x.offset}, grad.dtype());
  copy_(x.in(memory, x.offset), grad);
  return memory;
}

// Raises for a view whose history cannot follow a write; `what` says which.
void check_view_kind(const Variable& x, const char* what) {
  const ViewKind kind = x.impl()->view_kind;
  if (!x.impl()->base || kind == ViewKind::kTracked) return;
  check(
      kind != ViewKind::kMadeInNoGrad, "A view was created in no_grad mode ", what,
      " with grad mode enabled. Given that this use case is ambiguous and error-prone, it is "
      "forbidden. You can clarify your code by moving both the view and the inplace either both "
      "inside the no_grad block (if you don't want the inplace to be tracked) or both outside (if "
      "you want the inplace to be tracked).");
  std::string made_by = x.impl()->grad_fn ? x.impl()->grad_fn->name : "";
  if (made_by.ends_with("Backward0")) made_by.resize(made_by.size() - 9);
  fail("Output ", int64_t{x.impl()->output}, made_by.empty() ? "" : " of ", made_by, " is a view ",
       what,
       ". This view is the output of a function that returns multiple views. Such functions do not "
       "allow the output views to be modified inplace. You should replace the inplace operation by "
       "an out-of-place one.");
}

}  // namespace

Variable as_strided(const Variable& x, const Shape& shape, const Strides& strides, int64_t offset) {
  return record_view("AsStridedBackward0", as_strided(x.data(), shape, strides, offset),
                     saving(Layout(x.data()), Layout(shape, strides, offset)),
                     by(x, [](auto& grad, auto& whole, auto& part) {
                       return as_strided_backward(grad, whole, part);
                     }));
}

void set_view(const Variable& output, const Variable& x) {
  VariableImpl& view = *output.impl();
  view.base = x.impl()->base ? x.impl()->base : x.impl();
  view.own_version = view.base->own_version;
  view.view_version = version(output);
  if (x.impl()->base && x.impl()->view_kind != ViewKind::kTracked)
    view.view_kind = x.impl()->view_kind;
  if (!grad_enabled()) view.view_kind = ViewKind::kMadeInNoGrad;
}

bool Variable::view_requires_grad() const {
  if (impl_->view_kind == ViewKind::kTracked) follow_base();
  return impl_->requires_grad || (Variable(impl_->base).requires_grad() && is_floating(dtype()));
}

void Variable::follow_base() const {
  VariableImpl& view = *impl_;
  const int64_t now = version(*this);
  if (view.view_version == now) return;
  const Variable base(view.base);
  if (base.requires_grad() && is_floating(dtype())) {
    check_view_kind(*this, "and its base or another view of its base has been modified inplace");
    const GradMode recording(true);
    const Tensor& x = view.data;
    const Variable again = as_strided(base, x.shape(), x.strides(), x.offset());
    set_history(*this, again.impl()->grad_fn);
  }
  view.view_version = now;
}

void check_writable(const char* operation, const Variable& x) {
  if (!grad_enabled()) return;
  if (x.requires_grad()) check_view_kind(x, "and is being modified inplace");
  check(!x.requires_grad() || !x.is_leaf(), operation,
        ": a leaf Variable that requires grad is being used in an in-place operation.");
  if (!x.impl()->base) return;
  const Variable base(x.impl()->base);
  check(!base.requires_grad() || !base.is_leaf() || !is_floating(x.dtype()), operation,
        ": a view of a leaf Variable that requires grad is being used in an in-place operation.");
}

bool records_write(const Variable& x, std::initializer_list<const Variable*> others) {
  if (!grad_enabled()) return false;
  if (x.requires_grad() || detail::any_requires_grad(others)) return true;
  return x.impl()->base && Variable(x.impl()->base).requires_grad();
}

Variable before_write(const Variable& x) {
  Variable old(clone(x.data()));
  const Edge edge = edge_to(x);
  if (edge.to) set_history(old, x.grad_fn(), x.impl()->output);
  return old;
}

void write(const Variable& x, const Variable& y) {
  check(y.shape() == x.shape(), "in place: a result of shape ", y.shape(),
        " cannot be written to shape ", x.shape());
  check(is_floating(x.dtype()) || !is_floating(y.dtype()), "in place: a result of dtype ",
        y.dtype(), " cannot be written to dtype ", x.dtype());
  check_view_kind(x, "and is being modified inplace");
  const Variable values = to(y, x.dtype());
  const Layout part(x.data());
  copy_(x.data(), values.data());
  bump_version(x);
  if (!x.impl()->base) return set_history(x, values.grad_fn(), values.impl()->output);
  const Variable base(x.impl()->base);
  const Variable changed = record("CopySlices", base.data(), saving(Layout(base.data()), part),
                                  by(base,
                                     [](auto& grad, auto& whole, auto& part) {
                                       const Tensor memory = laid_out(grad, whole);
                                       fill_(part.in(memory, whole.offset), Scalar(0));
                                       return whole.in(memory, whole.offset);
                                     }),
                                  by(values, [](auto& grad, auto& whole, auto& part) {
                                    const Tensor memory = laid_out(grad, whole);
                                    return contiguous(part.in(memory, whole.offset));
                                  }));
  set_history(base, changed.grad_fn(), changed.impl()->output);
}

void copy_(const Variable& dst, const Variable& src) {
  check_writable("copy_", dst);
  if (!records_write(dst, {&src})) {
    copy_(dst.data(), src.data());
    return bump_version(dst);
  }
  check(tensor::broadcast_shapes("copy_", dst.shape(), src.shape()) == dst.shape(), "copy_: shape ",
        src.shape(), " does not broadcast to ", dst.shape());
  const Tensor y = expand(to(src.data(), dst.dtype()), dst.shape());
  const auto by_source = by(src, [](auto& grad, auto& shape) { return sum_to(grad, shape); });
  if (dst.impl()->base)
    return write(dst, record("CopyBackwards", y, saving(src.shape()), by_source));
  write(dst, record("CopyBackwards", y, saving(src.shape()), by_source,
                    by(dst, [](auto& grad, auto&) { return zeros_like(grad); })));
}

void fill_(const Variable& x, const Scalar& value) {
  check_writable("fill_", x);
  if (!records_write(x)) {
    fill_(x.data(), value);
    return bump_version(x);
  }
  const Tensor y = expand(scalar_tensor(value, x.dtype()), x.shape());
  write(x,
        record("FillBackward0", y, saving(), by(x, [](auto& grad) { return zeros_like(grad); })));
}

void unary_(UnaryOp op, const Variable& x) {
  check_writable(name(op), x);
  if (records_write(x)) return write(x, unary(op, before_write(x)));
  unary(op, x.data(), &x.data());
  bump_version(x);
}

void binary_(BinaryOp op, const Variable& a, const Variable& b) {
  check_writable(name(op), a);
  if (!records_write(a, {&b})) {
    binary(op, a.data(), b.data(), &a.data());
    return bump_version(a);
  }
  // A rule that nobody asks for, or that reads shapes only, needs no copy of the old values.
  const bool keeps_old = op != BinaryOp::kAdd && op != BinaryOp::kSub &&
                         (b.requires_grad() || (op != BinaryOp::kMul && op != BinaryOp::kDiv));
  const Variable old = keeps_old ? before_write(a) : a;
  write(a, binary(op, old, b.impl() == a.impl() ? old : b));
}

}  // namespace tinytorch

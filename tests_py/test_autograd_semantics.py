"""What programs rely on around gradients: modes, history, in-place writes, hooks, Function."""

import gc
import threading
import weakref

import numpy as np
import pytest

import tinytorch as torch
from tinytorch.autograd import Function, gradcheck


def leaf(*values, dtype=None):
    return torch.tensor(values, dtype=dtype or torch.float64, requires_grad=True)


# --- what a tensor knows of its history ---


def test_leaves_results_and_their_nodes():
    x = leaf(1.0, 2.0)
    y = (x * 2).sum()
    assert x.is_leaf
    assert x.grad_fn is None
    assert not y.is_leaf
    assert y.grad_fn.name() == "SumBackward0"
    (mul, _), *_ = y.grad_fn.next_functions
    assert mul.name() == "MulBackward0"
    assert mul.next_functions[0][0].variable is x
    assert repr(y.grad_fn).startswith("<SumBackward0 object at 0x")


def test_grad_is_one_object():
    x = leaf(1.0)
    x.sum().backward()
    assert x.grad is x.grad
    kept = x.grad
    x.sum().backward()
    assert kept.tolist() == [2.0]
    x.grad = None
    assert x.grad is None


def test_only_floating_leaves_can_be_told_to_require_grad():
    with pytest.raises(RuntimeError, match="floating point dtype can require gradients"):
        torch.ones(2, dtype=torch.int64).requires_grad_()
    with pytest.raises(RuntimeError, match="only change requires_grad flags of leaf"):
        (leaf(1.0) * 2).requires_grad_(False)


def test_a_gradient_must_fit_its_tensor():
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match="attempting to assign a gradient of size"):
        x.grad = torch.ones(3, dtype=torch.float64)
    with pytest.raises(RuntimeError, match="dtype"):
        x.grad = torch.ones(2)
    with pytest.raises(TypeError, match="assigned grad expected to be a Tensor or None"):
        x.grad = 3


def test_numpy_of_a_tensor_that_requires_grad_is_refused():
    with pytest.raises(RuntimeError, match="detach"):
        leaf(1.0).numpy()


# --- backward ---


def test_backward_needs_a_gradient_for_more_than_one_element():
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match="grad can be implicitly created only for scalar"):
        (x * 2).backward()
    with pytest.raises(RuntimeError, match="Mismatch in shape"):
        (x * 2).backward(torch.ones(3, dtype=torch.float64))
    with pytest.raises(RuntimeError, match="does not require grad and does not have a grad_fn"):
        torch.ones(1).sum().backward()


def test_a_second_pass_needs_retain_graph():
    x = leaf(3.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [12.0]
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        y.backward()


def test_a_pass_that_needs_no_saved_value_can_be_repeated():
    x = leaf(3.0)
    y = (x + x).sum()
    y.backward()
    y.backward()
    assert x.grad.tolist() == [4.0]


def test_backward_with_inputs_leaves_the_others_alone():
    x, w = leaf(2.0), leaf(3.0)
    (x * w).sum().backward(inputs=[w])
    assert x.grad is None
    assert w.grad.tolist() == [2.0]
    with pytest.raises(RuntimeError, match="cannot be empty"):
        (x * w).sum().backward(inputs=[])


def test_grad_of_an_intermediate_value():
    x = leaf(2.0)
    h = x * x
    y = (h * h).sum()
    by_h, by_x = torch.autograd.grad(y, [h, x])
    assert by_h.tolist() == [8.0]
    assert by_x.tolist() == [32.0]
    assert x.grad is None


def test_grad_of_what_was_not_used():
    x, other = leaf(2.0), leaf(3.0)
    with pytest.raises(RuntimeError, match="not have been used in the graph"):
        torch.autograd.grad((x * 2).sum(), other)
    assert torch.autograd.grad((x * 2).sum(), other, allow_unused=True) == (None,)
    zeros = torch.autograd.grad((x * 2).sum(), other, materialize_grads=True)
    assert zeros[0].tolist() == [0.0]


def test_double_backward_is_refused_by_name():
    with pytest.raises(NotImplementedError, match="create_graph"):
        leaf(1.0).sum().backward(create_graph=True)


def test_gradients_take_the_dtype_of_their_tensor():
    x = leaf(1.0, dtype=torch.float32)
    (x * leaf(2.0)).sum().backward()
    assert x.grad.dtype is torch.float32


def test_backward_in_several_threads():
    shared = torch.ones(1000, requires_grad=True)

    def work():
        for _ in range(50):
            (shared * 2).sum().backward()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shared.grad.tolist() == [400.0] * 1000


def test_a_deep_graph_is_freed_without_recursion():
    y = leaf(1.0)
    for _ in range(200_000):
        y = y + 1
    del y


def test_a_graph_is_freed_when_its_result_is():
    x = leaf(1.0)
    y = x * 2

    class Watched(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x.exp())
            Watched.context = weakref.ref(ctx)
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad * 2

    z = Watched.apply(y)
    assert Watched.context() is not None
    del z
    gc.collect()
    assert Watched.context() is None


# --- modes ---


def test_no_grad_in_all_its_forms():
    x = leaf(1.0)

    @torch.no_grad()
    def decorated():
        return x * 2

    @torch.no_grad
    def bare():
        return x * 2

    with torch.no_grad():
        assert not (x * 2).requires_grad
        with torch.enable_grad():
            assert (x * 2).requires_grad
        assert not (x * 2).requires_grad
    assert not decorated().requires_grad
    assert not bare().requires_grad
    assert decorated.__name__ == "decorated"
    assert (x * 2).requires_grad


def test_no_grad_ends_with_an_exception():
    with pytest.raises(ValueError, match="out"), torch.no_grad():
        raise ValueError("out")
    assert torch.is_grad_enabled()


def test_a_decorated_generator_holds_the_mode_only_in_its_own_steps():
    @torch.no_grad()
    def numbers():
        for _ in range(2):
            yield torch.is_grad_enabled()

    assert [(inside, torch.is_grad_enabled()) for inside in numbers()] == [(False, True)] * 2


def test_set_grad_enabled_as_a_call_a_block_and_a_decorator():
    with torch.set_grad_enabled(False):
        assert not torch.is_grad_enabled()
    assert torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    assert not torch.is_grad_enabled()
    torch.set_grad_enabled(True)

    @torch.set_grad_enabled(False)
    def decorated():
        return torch.is_grad_enabled()

    assert torch.is_grad_enabled()
    assert not decorated()


def test_inference_mode():
    with torch.inference_mode():
        assert torch.autograd.is_inference_mode_enabled()
        assert not (leaf(1.0) * 2).requires_grad
    with torch.inference_mode(False):
        assert (leaf(1.0) * 2).requires_grad
    assert not torch.autograd.is_inference_mode_enabled()


def test_grad_mode_belongs_to_a_thread():
    seen = []
    with torch.no_grad():
        thread = threading.Thread(target=lambda: seen.append(torch.is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]


# --- Variable, of programs from before 2018 ---


def test_a_variable_is_a_tensor_without_history():
    from tinytorch.autograd.variable import Variable

    x = leaf(1.0, 2.0)
    made = Variable(x * 2, requires_grad=True)
    assert (made.is_leaf, made.requires_grad, Variable(x).requires_grad) == (True, True, False)
    assert (isinstance(x, Variable), isinstance(2.0, Variable)) == (True, False)
    assert Variable(x).data_ptr() == x.data_ptr()
    assert Variable().shape == (0,)
    assert torch.autograd.Variable is Variable
    with pytest.warns(UserWarning, match="volatile was removed"):
        Variable(x, volatile=True)
    with (
        pytest.warns(UserWarning, match="volatile was removed"),
        pytest.raises(ValueError, match="can't be volatile and require_grad"),
    ):
        Variable(x, requires_grad=True, volatile=True)
    with pytest.raises(TypeError, match="has to be a tensor, but got list"):
        Variable([1.0])


# --- writing in place ---


def test_a_leaf_that_requires_grad_is_written_to_only_without_grad():
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        x.add_(1)
    with pytest.raises(RuntimeError, match="a view of a leaf Variable that requires grad"):
        x[0] = 5.0
    with torch.no_grad():
        x -= 1
        x[0] = 5.0
    assert x.tolist() == [5.0, 1.0]
    assert x.requires_grad


def test_a_saved_value_that_was_modified_is_an_error():
    x = leaf(1.0, 2.0)
    y = x.exp()
    y.add_(1)
    with pytest.raises(
        RuntimeError, match=r"modified by an inplace operation.*output 0 of ExpBackward0.*version 1"
    ):
        y.sum().backward()


def test_versions_are_shared_by_views_and_detach_but_not_by_data():
    x = torch.zeros(4)
    view, detached, data = x[1:], x.detach(), x.data
    view.add_(1)
    detached.mul_(2)
    data.add_(1)
    assert (x._version, view._version, detached._version, data._version) == (2, 2, 2, 1)
    assert x.tolist() == [1.0, 3.0, 3.0, 3.0]


def test_items_assigned_carry_gradients():
    x = leaf(1.0, 2.0, 3.0)
    out = torch.zeros(2, 3, dtype=torch.float64)
    out[0] = x * 2
    out[1, 1:] = x[:2] * x[:2]
    out[1, 0] = 7.0
    (out * out).sum().backward()
    assert out.requires_grad
    assert x.grad.tolist() == [8.0 + 4.0, 16.0 + 32.0, 24.0]


def test_writing_through_a_view_changes_the_history_of_its_base():
    x = leaf(1.0, 2.0)
    y = x * 1
    view = y[0:1]
    view.mul_(10)
    assert y.grad_fn.name() == "CopySlices"
    (y.sum() + view.sum()).backward()
    assert x.grad.tolist() == [20.0, 1.0]


def test_a_view_made_before_its_base_was_written_to_follows():
    x = leaf(2.0, 3.0)
    y = x * 1
    view = y.view(2, 1)
    y.mul_(y)
    view.sum().backward()
    assert x.grad.tolist() == [4.0, 6.0]


def test_augmented_assignment_of_an_item():
    x = leaf(1.0, 2.0)
    y = x * 1
    y[0] += y[1]
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 2.0]


def test_a_masked_assignment_and_a_gathered_one():
    x = leaf(1.0, 2.0, 3.0)
    y = x * 1
    y[torch.tensor([True, False, False])] = 0.0
    y[torch.tensor([2, 2])] = y[torch.tensor([1, 1])] * 5
    y.sum().backward()
    assert y.tolist() == [0.0, 2.0, 10.0]
    assert x.grad[0].item() == 0.0


def test_a_view_made_without_grad_may_not_be_written_to_with_it():
    base = torch.zeros(2)
    with torch.no_grad():
        view = base[0:1]
    with pytest.raises(RuntimeError, match="A view was created in no_grad mode"):
        view.copy_(torch.ones(1, requires_grad=True))


def test_data_and_detach_alias_without_history():
    x = leaf(1.0, 2.0)
    y = x * 1
    assert not y.detach().requires_grad
    assert not x.data.requires_grad
    x.data[0] = 9.0
    assert x.tolist() == [9.0, 2.0]
    x.data = torch.zeros(2, dtype=torch.float64)
    assert x.tolist() == [0.0, 0.0]
    assert x.requires_grad


# --- hooks ---


def test_a_hook_sees_the_gradient_may_replace_it_and_can_be_removed():
    x = leaf(1.0, 2.0)
    seen = []
    y = x * 3
    first = y.register_hook(lambda grad: seen.append(grad.tolist()))
    y.register_hook(lambda grad: grad * 10)
    leaf_handle = x.register_hook(lambda grad: grad + 1)
    y.sum().backward(retain_graph=True)
    assert seen == [[1.0, 1.0]]
    assert x.grad.tolist() == [31.0, 31.0]
    first.remove()
    leaf_handle.remove()
    y.sum().backward()
    assert seen == [[1.0, 1.0]]
    assert x.grad.tolist() == [61.0, 61.0]


def test_a_hook_on_a_leaf_runs_once_on_the_whole_gradient():
    x, seen = leaf(1.0), []
    x.register_hook(lambda grad: seen.append(grad.tolist()))
    (x + x * 2 + x * 3).sum().backward()
    assert seen == [[6.0]]


def test_what_a_hook_may_not_return():
    for result, error, match in (
        (torch.ones(3), RuntimeError, "has changed the size of value"),
        (3, TypeError, "expected Variable, but hook returned 'int'"),
    ):
        y = leaf(1.0) * 1
        y.register_hook(lambda grad, result=result: result)
        with pytest.raises(error, match=match):
            y.sum().backward()
    with pytest.raises(RuntimeError, match="cannot register a hook on a tensor that doesn't"):
        torch.ones(1).register_hook(print)


def test_an_exception_in_a_hook_ends_the_pass_and_leaves_the_graph_usable():
    x = leaf(1.0)
    y = x * 1
    handle = y.register_hook(lambda grad: 1 / 0)
    loss = (y * 2).sum()
    with pytest.raises(ZeroDivisionError):
        loss.backward(retain_graph=True)
    handle.remove()
    loss.backward()
    assert x.grad.tolist() == [2.0]


def test_a_backward_pass_inside_a_hook():
    x, w = leaf(2.0), leaf(3.0)
    y = x * 2

    def hook(grad):
        assert not torch.is_grad_enabled()
        with torch.enable_grad():
            (w * w).sum().backward()

    y.register_hook(hook)
    (y + x).sum().backward()
    assert x.grad.tolist() == [3.0]
    assert w.grad.tolist() == [6.0]


def test_retained_gradients():
    x = leaf(1.0, 2.0)
    y = x * 2
    y.retain_grad()
    (y * y).sum().backward()
    assert y.retains_grad
    assert y.grad.tolist() == [4.0, 8.0]
    with pytest.raises(RuntimeError, match="can't retain_grad"):
        torch.ones(1).retain_grad()


# --- functions of one's own ---


class Cube(Function):
    @staticmethod
    def forward(ctx, x, scale):
        ctx.save_for_backward(x)
        ctx.scale = scale
        return scale * x**3

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        assert ctx.needs_input_grad == (True, False)
        return grad * 3 * ctx.scale * x**2, None


def test_a_function_with_its_own_derivative():
    x = leaf(1.0, 2.0)
    y = Cube.apply(x, 2.0)
    assert y.grad_fn.name() == "CubeBackward"
    assert gradcheck(lambda x: Cube.apply(x, 2.0), (x,))
    y.sum().backward()
    assert x.grad.tolist() == [6.0, 24.0]
    assert not Cube.apply(x.detach(), 2.0).requires_grad


def test_a_function_with_several_results():
    class Split(Function):
        @staticmethod
        def forward(ctx, x):
            order = x.argmax()
            ctx.mark_non_differentiable(order)
            return x * 2, x * 3, order

        @staticmethod
        def backward(ctx, by_double, by_triple, by_order):
            return by_double * 2 + by_triple * 3

    x = leaf(1.0, 5.0)
    double, triple, order = Split.apply(x)
    assert not order.requires_grad
    triple.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
    assert double.requires_grad


def test_a_function_that_returns_its_input_makes_a_new_tensor():
    class Reverse(Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, grad):
            return -grad

    x = leaf(1.0)
    y = Reverse.apply(x)
    assert y is not x
    y.sum().backward()
    assert x.grad.tolist() == [-1.0]


def test_a_function_with_setup_context():
    class Square(Function):
        @staticmethod
        def forward(x):
            return x * x

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx, grad):
            return 2 * ctx.saved_tensors[0] * grad

    assert gradcheck(Square.apply, (leaf(1.0, 2.0),))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda g: g, r"incorrect number of gradients \(expected 2, got 1\)"),
        (lambda g: (torch.ones(5), None), "returned an invalid gradient at index 0"),
        (lambda g: (3, None), r"expected Variable or None \(got int\)"),
        (lambda g: (g, g), "gradient different than None at position 2"),
    ],
)
def test_what_backward_may_not_return(answer, message):
    class Wrong(Function):
        @staticmethod
        def forward(ctx, x, scale):
            return x * scale

        @staticmethod
        def backward(ctx, grad):
            return answer(grad)

    with pytest.raises((RuntimeError, TypeError), match=message):
        Wrong.apply(leaf(1.0, 2.0), 3.0).sum().backward()


def test_a_tensor_saved_by_a_function_and_modified_is_noticed():
    x = leaf(1.0)
    h = x * 1
    y = Cube.apply(h, 2.0)
    h.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_a_saved_argument_is_the_argument_and_can_be_differentiated_by():
    seen = []

    class Product(Function):
        @staticmethod
        def forward(ctx, a, b):
            kept = a * 2
            ctx.save_for_backward(a, b, kept, None)
            return a * b

        @staticmethod
        def backward(ctx, grad):
            a, b, kept, nothing = ctx.saved_tensors
            seen.append((a is x, b is y, kept.requires_grad, nothing))
            with torch.enable_grad():
                c = b.detach().requires_grad_()
                again = (a * c).sum()
            return torch.autograd.grad(again, (a, c))

    x, y = leaf(2.0), leaf(3.0)
    Product.apply(x, y).sum().backward()
    assert seen == [(True, True, False, None)]
    assert (x.grad.item(), y.grad.item()) == (3.0, 2.0)


# --- anomaly mode and gradcheck ---


def test_anomaly_mode_names_the_operation_and_the_line():
    x = leaf(0.0)
    with torch.autograd.detect_anomaly():
        y = torch.sqrt(x) * 0  # 0 / 0 on the way back
        with pytest.raises(RuntimeError, match="'SqrtBackward0' returned nan") as caught:
            y.sum().backward()
    assert "y = torch.sqrt(x) * 0" in str(caught.value)
    assert not torch.autograd.is_anomaly_enabled()


def test_gradcheck_names_the_operation_the_input_and_the_element():
    class Wrong(Function):
        @staticmethod
        def forward(ctx, x, y):
            return x * y

        @staticmethod
        def backward(ctx, grad):
            return grad * 0, grad * 0

    x = leaf(0.0, 2.0)
    with pytest.raises(RuntimeError, match=r"input 0: WrongBackward gives 0 .* element \(1,\)"):
        gradcheck(Wrong.apply, (x, torch.tensor([1.0, 3.0], dtype=torch.float64) * x.detach()))
    assert not gradcheck(Wrong.apply, (x, x), raise_exception=False)
    with pytest.raises(ValueError, match="at least one input"):
        gradcheck(torch.exp, (torch.ones(2),))


def test_gradcheck_leaves_its_inputs_as_they_were():
    x = leaf(1.0, 2.0)
    assert gradcheck(torch.exp, x)
    assert np.array_equal(x.detach().numpy(), [1.0, 2.0])

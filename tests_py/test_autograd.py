"""The unit autograd: every rule is the derivative, and a pass takes gradients where they belong."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinytorch as torch
from tinytorch.tito.law import arrays, gradient, law, task

BROADCASTS = [
    ((3, 4), (3, 4)),
    ((3, 4), (4,)),
    ((4,), (3, 4)),
    ((3, 1), (4,)),
    ((), (2, 3)),
    ((2, 1, 3), (1, 4, 1)),
    ((0, 3), (3,)),
]
PRODUCTS = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 4)),
    ((2, 3), (3, 4)),
    ((5, 2, 3), (3, 4)),
    ((5, 2, 3), (3,)),
    ((3,), (5, 3, 4)),
    ((2, 3), (5, 3, 4)),
    ((5, 2, 3), (5, 3, 4)),
    ((6, 1, 2, 3), (5, 3, 4)),
    ((0, 3), (3, 4)),
    ((2, 0), (0, 4)),
]
REDUCTIONS = [(None, False), (0, False), (1, True), (-1, False), ((0, 2), False), ((0, 2), True)]


def uniform(*shape, seed=0):
    return np.random.default_rng(seed).uniform(-2, 2, shape)


def unbroadcast(grad, shape):
    """The gradient of broadcasting: the sum over every stretched or added dim."""
    grad = grad.sum(tuple(range(grad.ndim - len(shape))))
    stretched = tuple(d for d, size in enumerate(shape) if size == 1)
    return grad.sum(stretched, keepdims=True)


def both_gradients(torch_name, a, b, grad):
    """By a and b of a function of both; shipped to the worker."""
    a, b = torch.tensor(a, requires_grad=True), torch.tensor(b, requires_grad=True)
    y = getattr(torch, torch_name)(a, b)
    return torch.autograd.grad([y], [a, b], [torch.tensor(grad)])


# --- accumulate ---


@task("autograd.accumulate")
def test_a_value_used_twice_gets_the_sum(lab):
    def backward(x):
        x = torch.tensor(x, requires_grad=True)
        h = x * 2.0
        (h + h + h * h).sum().backward()
        return x.grad

    x = uniform(3)
    law("d (h + h + h h) / dx, h = 2 x", lab.run(backward, x), 4 + 8 * x, given=x)


@task("autograd.accumulate")
def test_adding_up_changes_nothing_that_others_hold(lab):
    def backward(x, grad):
        x, grad = torch.tensor(x, requires_grad=True), torch.tensor(grad)
        h = x * 1.0
        (h + h).backward(grad)
        return x.grad, grad

    x, grad = uniform(3), uniform(3, seed=1)
    by_x, given_grad = lab.run(backward, x, grad)
    law("the gradient is the sum", by_x, 2 * grad, given={"grad": grad})
    law(
        "the tensor given to backward is as it was",
        given_grad,
        grad,
        given={"grad": grad},
        hint="total may be the caller's own tensor, or another node's: is_ours_alone says when "
        "writing into it is safe",
    )


@task("autograd.accumulate")
def test_what_a_hook_kept_stays(lab):
    def backward(x):
        x = torch.tensor(x, requires_grad=True)
        kept = []
        h = x * 1.0
        a, b = h * 3.0, h * 4.0
        a.register_hook(kept.append)
        (a + b).backward(torch.ones(3, dtype=torch.float64))
        return kept[0], x.grad

    x = uniform(3)
    kept, by_x = lab.run(backward, x)
    law("the hook's gradient", kept, np.ones(3), given=x)
    law("the sum", by_x, np.full(3, 7.0), given=x)


# --- backward ---


@task("autograd.backward")
def test_every_path_counts(lab):
    """The gradient is the sum over all paths of the product of the slopes along each."""

    def backward(x):
        x = torch.tensor(x, requires_grad=True)
        a = x * 2.0
        b = a * a
        c = b * x
        (c + a * b + x).sum().backward()
        return x.grad

    x = uniform(4)
    # c + a b + x = 4 x^3 + 8 x^3 + x
    law("d (12 x^3 + x) / dx", lab.run(backward, x), 36 * x**2 + 1, given=x)


@task("autograd.backward")
def test_a_node_waits_for_its_whole_gradient(lab):
    """Sixty doublings have 2^60 paths; a pass that follows each of them does not end."""

    def backward():
        x = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
        y = x
        for _ in range(60):
            y = y + y
        y.backward()
        return x.grad

    law(
        "d 2^60 x / dx",
        lab.run(backward),
        np.float64(2.0**60),
        hint="a node's gradient is whole when no node made later still waits",
    )


@task("autograd.backward")
def test_paths_of_different_lengths_meet(lab):
    def backward():
        x = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
        near = x * 2.0
        far = near
        for _ in range(5):
            far = far * 1.0
        seen = []
        near.register_hook(seen.append)
        (near + far).backward()
        return len(seen), x.grad

    calls, by_x = lab.run(backward)
    law("the hook of a value runs once, on the whole gradient", calls, 1)
    law("the gradient", by_x, np.float64(4.0))


@task("autograd.backward")
def test_a_long_chain_needs_no_stack(lab):
    def backward():
        x = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
        y = x
        for _ in range(100_000):
            y = y + 1.0
        y.backward()
        return x.grad

    law("a chain of 100 000 nodes", lab.run(backward), np.float64(1.0))


@task("autograd.backward")
def test_only_what_requires_a_gradient_gets_one(lab):
    def backward(x, w):
        x, w = torch.tensor(x), torch.tensor(w, requires_grad=True)
        (x * w).sum().backward()
        (x * w).sum().backward()
        return x.grad is None, w.grad

    x, w = uniform(3), uniform(3, seed=1)
    no_grad_x, by_w = lab.run(backward, x, w)
    law("x.grad stays None", no_grad_x, True)
    law("two passes add up", by_w, 2 * x, given={"x": x})


# --- add, mul ---


@task("autograd.add")
@pytest.mark.parametrize(("a", "b"), BROADCASTS)
def test_add_undoes_broadcasting(lab, a, b):
    x, y = uniform(*a), uniform(*b, seed=1)
    grad = uniform(*np.broadcast_shapes(a, b), seed=2)
    by_a, by_b = lab.run(both_gradients, "add", x, y, grad)
    given_inputs = {"a": x, "b": y, "grad": grad}
    law("by a: the sum of grad over what a was stretched to", by_a, unbroadcast(grad, a),
        given=given_inputs)  # fmt: skip
    law("by b: the same", by_b, unbroadcast(grad, b), given=given_inputs)


@task("autograd.add")
@given(x=arrays(dtype="float64"))
def test_add_computes_the_sum_first(lab, x):
    def value(x):
        x = torch.tensor(x, requires_grad=True)
        y = torch.add(x, x)
        return y, y.requires_grad, y.grad_fn.name()

    y, recorded, name = lab.run(value, x)
    law("x + x", y, x + x, given=x)
    law("the result is recorded", (recorded, name), (True, "AddBackward0"), given=x)


@task("autograd.mul")
@pytest.mark.parametrize(("a", "b"), BROADCASTS)
def test_mul_has_the_other_factor_as_its_slope(lab, a, b):
    x, y = uniform(*a), uniform(*b, seed=1)
    grad = uniform(*np.broadcast_shapes(a, b), seed=2)
    by_a, by_b = lab.run(both_gradients, "mul", x, y, grad)
    given_inputs = {"a": x, "b": y, "grad": grad}
    law("by a: grad b", by_a, unbroadcast(grad * y, a), given=given_inputs)
    law("by b: grad a", by_b, unbroadcast(grad * x, b), given=given_inputs)


@task("autograd.mul")
def test_mul_notices_that_a_factor_was_modified(lab):
    def backward(x):
        a, b = torch.tensor(x, requires_grad=True), torch.tensor(x)
        y = torch.mul(a, b)
        b.add_(1.0)
        try:
            torch.autograd.grad([y], [a], [torch.ones_like(y)])
        except RuntimeError as error:
            return "modified by an inplace operation" in str(error)
        return False

    law("an error says that b was modified", lab.run(backward, uniform(3)), True)


@task("autograd.mul")
@given(x=arrays(dtype="float64"))
def test_mul_computes_the_product_first(lab, x):
    def value(x):
        x = torch.tensor(x, requires_grad=True)
        y = torch.mul(x, x)
        return y, y.grad_fn.name()

    y, name = lab.run(value, x)
    law("x x", y, x * x, given=x)
    law("its node", name, "MulBackward0", given=x)


# --- matmul ---


@task("autograd.matmul")
@pytest.mark.parametrize(("a", "b"), PRODUCTS)
def test_matmul_of_every_rank(lab, a, b):
    x, y = uniform(*a), uniform(*b, seed=1)
    grad = np.asarray(uniform(*np.shape(x @ y), seed=2))
    by_a, by_b = lab.run(both_gradients, "matmul", x, y, grad)
    given_inputs = {"a": x, "b": y, "grad": grad}
    for name, actual, expected in (
        ("a", by_a, gradient(lambda x: x @ y, x, grad)),
        ("b", by_b, gradient(lambda y: x @ y, y, grad)),
    ):
        law(f"by {name}", actual, expected, given=given_inputs, rtol=1e-6, atol=1e-7)


@task("autograd.matmul")
def test_matmul_of_transposed_views(lab):
    def backward(a, b):
        a, b = torch.tensor(a, requires_grad=True), torch.tensor(b, requires_grad=True)
        y = torch.matmul(a.transpose(0, 1), b.transpose(0, 1))
        return y, *torch.autograd.grad([y], [a, b], [torch.ones_like(y)])

    a, b = uniform(3, 2), uniform(4, 3, seed=1)
    y, by_a, by_b = lab.run(backward, a, b)
    law("a^T b^T", y, a.T @ b.T, given={"a": a, "b": b})
    law("by a", by_a, (np.ones((2, 4)) @ b).T, given={"a": a, "b": b})
    law("by b", by_b, (a @ np.ones((2, 4))).T, given={"a": a, "b": b})


# --- sum, amax ---


@task("autograd.sum")
@pytest.mark.parametrize(("dim", "keepdim"), REDUCTIONS)
def test_sum_gives_every_element_its_results_gradient(lab, dim, keepdim):
    def backward(x, grad, dim, keepdim):
        x = torch.tensor(x, requires_grad=True)
        dim = tuple(dim) if isinstance(dim, list) else dim
        y = torch.sum(x, dim, keepdim)
        return y, *torch.autograd.grad([y], [x], [torch.tensor(grad)])

    x = uniform(2, 3, 4)
    expected = np.sum(x, dim, keepdims=keepdim)
    grad = np.asarray(uniform(*expected.shape, seed=1))
    y, by_x = lab.run(backward, x, grad, dim, keepdim)
    spread = np.broadcast_to(grad.reshape(np.sum(x, dim, keepdims=True).shape), x.shape)
    law("the sum", y, expected, given={"x": x, "dim": dim, "keepdim": keepdim})
    law("its gradient", by_x, spread, given={"grad": grad, "dim": dim, "keepdim": keepdim})


@task("autograd.amax")
@given(rows=st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=1, max_size=4))
def test_amax_shares_its_gradient_among_equals(lab, rows):
    def backward(x, grad):
        x = torch.tensor(x, requires_grad=True)
        return torch.autograd.grad([torch.amax(x, 1)], [x], [torch.tensor(grad)])[0]

    x = np.array(rows, np.float64)
    grad = np.arange(1.0, len(rows) + 1)
    ties = x == x.max(1, keepdims=True)
    expected = ties * (grad / ties.sum(1))[:, None]
    law("grad / ties at each tie", lab.run(backward, x, grad), expected,
        given={"x": x, "grad": grad})  # fmt: skip


@task("autograd.amax")
def test_amin_over_all_dims(lab):
    def backward(x):
        x = torch.tensor(x, requires_grad=True)
        return torch.autograd.grad([torch.amin(x, (0, 1), True)], [x],
                                   [torch.ones(1, 1, dtype=torch.float64)])[0]  # fmt: skip

    x = np.array([[3.0, -1.0], [-1.0, 2.0]])
    law("half each", lab.run(backward, x), np.array([[0, 0.5], [0.5, 0]]), given=x)


# --- views ---


@task("autograd.embed")
@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_slice_sends_its_gradient_to_the_part(lab, step):
    def backward(x, grad, step):
        x = torch.tensor(x, requires_grad=True)
        return torch.autograd.grad([x[:, 1:4:step]], [x], [torch.tensor(grad)])[0]

    x = uniform(2, 5)
    grad = uniform(*x[:, 1:4:step].shape, seed=1)
    expected = np.zeros_like(x)
    expected[:, 1:4:step] = grad
    law("grad in the part, 0 outside", lab.run(backward, x, grad, step), expected,
        given={"x": x, "grad": grad, "step": step})  # fmt: skip


@task("autograd.embed")
@pytest.mark.parametrize("dim", [0, 1])
def test_a_row_or_column_sends_its_gradient_home(lab, dim):
    def backward(x, grad, dim):
        x = torch.tensor(x, requires_grad=True)
        return torch.autograd.grad([x.select(dim, -1)], [x], [torch.tensor(grad)])[0]

    x = uniform(3, 4)
    grad = uniform(x.shape[1 - dim], seed=1)
    expected = np.zeros_like(x)
    expected.swapaxes(0, dim)[-1] = grad
    law("grad at the index, 0 elsewhere", lab.run(backward, x, grad, dim), expected,
        given={"x": x, "grad": grad, "dim": dim})  # fmt: skip


# --- softmax ---


@task("autograd.softmax")
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_softmax_and_its_gradient(lab, dim):
    def backward(x, grad, dim):
        x = torch.tensor(x, requires_grad=True)
        y = torch.softmax(x, dim)
        return y, *torch.autograd.grad([y], [x], [torch.tensor(grad)])

    def softmax(x):
        e = np.exp(x - x.max(dim, keepdims=True))
        return e / e.sum(dim, keepdims=True)

    x, grad = uniform(3, 4), uniform(3, 4, seed=1)
    y, by_x = lab.run(backward, x, grad, dim)
    law("softmax", y, softmax(x), given={"x": x, "dim": dim})
    law("its gradient", by_x, gradient(softmax, x, grad), given={"x": x, "grad": grad, "dim": dim},
        rtol=1e-6, atol=1e-8)  # fmt: skip


@task("autograd.softmax")
def test_softmax_is_not_disturbed_by_a_later_write_to_its_input(lab):
    """Its rule needs the result: the input may change, and a change of the result is noticed."""

    def backward(x):
        x = torch.tensor(x, requires_grad=True)
        h = x * 1.0
        y = torch.softmax(h, 1)
        h.add_(1.0)
        (by_x,) = torch.autograd.grad([y], [x], [torch.ones_like(y)], retain_graph=True)
        y.add_(1.0)
        try:
            y.sum().backward()
        except RuntimeError as error:
            return by_x, "modified by an inplace operation" in str(error)
        return by_x, False

    by_x, noticed = lab.run(backward, uniform(2, 3))
    law("the gradient of a sum that is always 1", by_x, np.zeros((2, 3)), atol=1e-12)
    law("a write to the result is an error", noticed, True)

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
def test_gradients_add_up_in_a_leaf(lab):
    def twice(x, first, second):
        x = torch.tensor(x, requires_grad=True)
        x.backward(torch.tensor(first))
        before = x.grad.clone()
        x.backward(torch.tensor(second))
        return before, x.grad

    x, first, second = uniform(2, 3), uniform(2, 3, seed=1), uniform(2, 3, seed=2)
    once, both = lab.run(twice, x, first, second)
    law("the first gradient is kept", once, first, given={"grad": first})
    law("the second is added", both, first + second, given={"grad": second})


@task("autograd.accumulate")
def test_a_gradient_is_no_memory_of_anybody_else(lab):
    def shared(x, grad):
        x, grad = torch.tensor(x, requires_grad=True), torch.tensor(grad)
        x.backward(grad)
        x.grad.zero_()
        return grad

    x, grad = uniform(3), uniform(3, seed=1)
    law(
        "x.grad is changed, the tensor given to backward is not",
        lab.run(shared, x, grad),
        grad,
        given={"grad": grad},
        hint="is_ours_alone says whether anybody else sees this memory",
    )


@task("autograd.accumulate")
def test_who_holds_a_gradient_sees_it_grow(lab):
    def held(x, grad):
        x, grad = torch.tensor(x, requires_grad=True), torch.tensor(grad)
        x.backward(grad)
        kept, version = x.grad, x.grad._version
        x.backward(grad)
        return kept, x.grad is kept, x.grad._version > version

    x, grad = uniform(3), uniform(3, seed=1)
    kept, same, counted = lab.run(held, x, grad)
    law("the tensor that was x.grad", kept, 2 * grad, given={"grad": grad})
    law("it still is", same, True)
    law("the write is counted", counted, True)


@task("autograd.accumulate")
def test_a_stretched_gradient_is_kept_as_numbers_of_its_own(lab):
    def stretched(x, grad):
        x = torch.tensor(x, requires_grad=True)
        x.backward(torch.tensor(grad).expand(2, 3))
        x.grad[0, 0] = 9.0
        return x.grad

    expected = np.full((2, 3), 0.5)
    expected[0, 0] = 9
    actual = lab.run(stretched, uniform(2, 3), np.array(0.5))
    law("one element was changed, five were not", actual, expected)


# --- backward ---


@task("autograd.backward")
def test_every_path_counts(lab):
    """The gradient is the sum over all paths of the product of the slopes along each."""

    def backward(x):
        x = torch.tensor(x, requires_grad=True)
        a = x / 0.5
        b = a.square()
        y = (x / b) - (a / b) - b
        return torch.autograd.grad([y], [x], [torch.ones_like(y)])[0]

    x = uniform(4)
    # x / 4 x^2 - 2 x / 4 x^2 - 4 x^2
    law("d (-1 / 4 x - 4 x^2) / dx", lab.run(backward, x), 1 / (4 * x**2) - 8 * x, given=x)


@task("autograd.backward")
def test_a_node_waits_for_its_whole_gradient(lab):
    """Sixty doublings have 2^60 paths; a pass that follows each of them does not end."""

    def backward():
        x = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
        y = x
        for _ in range(60):
            y = y - (-y)
        return torch.autograd.grad([y], [x])[0]

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
        near = x / 0.5
        far = near
        for _ in range(5):
            far = -far
        seen = []
        near.register_hook(seen.append)
        by_x = torch.autograd.grad([near - far], [x])[0]
        return len(seen), by_x

    calls, by_x = lab.run(backward)
    law("the hook of a value runs once, on the whole gradient", calls, 1)
    law("the gradient", by_x, np.float64(4.0))


@task("autograd.backward")
def test_a_long_chain_needs_no_stack(lab):
    def backward():
        x = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
        y = x
        for _ in range(100_000):
            y = -y
        return torch.autograd.grad([y], [x])[0]

    law("a chain of 100 000 nodes", lab.run(backward), np.float64(1.0))


@task("autograd.backward")
def test_only_what_requires_a_gradient_gets_one(lab):
    def backward(x, w):
        x, w = torch.tensor(x), torch.tensor(w, requires_grad=True)
        for _ in range(2):
            (w / x).backward(torch.ones(3, dtype=torch.float64))
        return x.grad is None, w.grad

    x, w = uniform(3), uniform(3, seed=1)
    no_grad_x, by_w = lab.run(backward, x, w)
    law("x.grad stays None", no_grad_x, True)
    law("two passes add up", by_w, 2 / x, given={"x": x})


@task("autograd.backward")
def test_a_second_pass_is_refused_unless_the_first_kept_the_graph(lab):
    def backward(x, keep):
        x = torch.tensor(x, requires_grad=True)
        y = x.exp()
        torch.autograd.grad([y], [x], [torch.ones_like(y)], retain_graph=keep)
        try:
            return torch.autograd.grad([y], [x], [torch.ones_like(y)])[0]
        except RuntimeError as error:
            return "backward through the graph a second time" in str(error)

    x = uniform(3)
    law("with retain_graph", lab.run(backward, x, True), np.exp(x), given=x)
    law("without", lab.run(backward, x, False), True, given=x)


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
        except NotImplementedError:  # of a task that is not started
            raise
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


@task("autograd.sum")
@pytest.mark.parametrize("dim", [None, 1])
def test_a_sum_may_be_of_another_dtype(lab, dim):
    def backward(x, dim):
        x = torch.tensor(x, requires_grad=True)
        y = torch.sum(x, dim, dtype=torch.float64)
        return y, *torch.autograd.grad([y], [x], [torch.ones_like(y)])

    x = uniform(3, 4).astype(np.float32)
    y, by_x = lab.run(backward, x, dim)
    law("the sum in float64", y, x.sum(dim, np.float64), given={"x": x, "dim": dim})
    law("dtype", y.dtype.name, "float64", given={"x": x, "dim": dim})
    law("its gradient", by_x, np.ones_like(x), given={"x": x, "dim": dim})


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


def test_amin_over_all_dims(lab):
    def backward(x):
        x = torch.tensor(x, requires_grad=True)
        return torch.autograd.grad([torch.amin(x, (0, 1), True)], [x],
                                   [torch.ones(1, 1, dtype=torch.float64)])[0]  # fmt: skip

    x = np.array([[3.0, -1.0], [-1.0, 2.0]])
    law("half each", lab.run(backward, x), np.array([[0, 0.5], [0.5, 0]]), given=x)


# --- views ---


@task("autograd.slice")
@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_slice_sends_its_gradient_to_the_part(lab, step):
    def backward(x, grad, step):
        x = torch.tensor(x, requires_grad=True)
        y = x[:, 1:4:step]
        return y, *torch.autograd.grad([y], [x], [torch.tensor(grad)])

    x = uniform(2, 5)
    grad = uniform(*x[:, 1:4:step].shape, seed=1)
    expected = np.zeros_like(x)
    expected[:, 1:4:step] = grad
    y, by_x = lab.run(backward, x, grad, step)
    law("the slice", y, x[:, 1:4:step], given={"x": x, "step": step})
    law("grad in the part, 0 outside", by_x, expected, given={"grad": grad, "step": step})


@task("autograd.slice")
def test_a_slice_is_a_view(lab):
    def write(x):
        x = torch.tensor(x, requires_grad=True)
        h = x.clone()
        part = h[1:3]
        part.exp_()
        by_x = torch.autograd.grad([h], [x], [torch.ones_like(h)])[0]
        return h, by_x

    x = uniform(4)
    expected = np.concatenate([x[:1], np.exp(x[1:3]), x[3:]])
    slope = np.concatenate([[1], np.exp(x[1:3]), [1]])
    h, by_x = lab.run(write, x)
    law("writing to the slice writes to the whole", h, expected, given=x)
    law("and is part of its history", by_x, slope, given=x)


@task("autograd.slice")
def test_overlapping_slices_add_up(lab):
    def backward(x):
        x = torch.tensor(x, requires_grad=True)
        y = x[:3] - (-x[1:])
        return torch.autograd.grad([y], [x], [torch.ones_like(y)])[0]

    law("two in the middle", lab.run(backward, uniform(4)), np.array([1.0, 2.0, 2.0, 1.0]))


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
        h = x.clone()
        y = torch.softmax(h, 1)
        h.exp_()
        (by_x,) = torch.autograd.grad([y], [x], [torch.ones_like(y)], retain_graph=True)
        y.exp_()
        try:
            torch.autograd.grad([y], [x], [torch.ones_like(y)])
        except RuntimeError as error:
            return by_x, "modified by an inplace operation" in str(error)
        return by_x, False

    by_x, noticed = lab.run(backward, uniform(2, 3))
    law("the gradient of a sum that is always 1", by_x, np.zeros((2, 3)), atol=1e-12)
    law("a write to the result is an error", noticed, True)

"""The unit layers: linear is a matrix product; dropout and initial weights keep the scale."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinytorch as torch
from tinytorch.tito.law import gradient, law, task


def uniform(*shape, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).uniform(-2, 2, shape).astype(dtype)


@st.composite
def layers(draw):
    """x: (N, in), weight: (out, in), bias: (out,), grad: (N, out); either dim contiguous."""
    rows, inputs, outputs = (draw(st.integers(1, 6)) for _ in range(3))
    seed = draw(st.integers(0, 99))
    shapes = (rows, inputs), (outputs, inputs), (outputs,), (rows, outputs)
    return [
        np.asarray(uniform(*shape, seed=seed + i), order=draw(st.sampled_from("CF")))
        for i, shape in enumerate(shapes)
    ]


# --- linear ---


@task("layers.linear")
@given(layer=layers())
def test_linear_is_a_matrix_product_and_a_bias(lab, layer):
    x, weight, bias, _ = layer
    given = {"x": x, "weight": weight, "bias": bias}
    law("x W^T + b", lab.layers.linear(x, weight, bias), x @ weight.T + bias, given=given)
    law("x W^T", lab.layers.linear(x, weight), x @ weight.T, given=given)


@task("layers.linear")
def test_linear_is_linear(lab):
    a, b, weight = uniform(3, 4), uniform(3, 4, seed=1), uniform(5, 4, seed=2)
    together = lab.layers.linear(2 * a - b, weight)
    apart = 2 * lab.layers.linear(a, weight) - lab.layers.linear(b, weight)
    law("f(2 a - b) = 2 f(a) - f(b)", together, apart, given={"a": a, "b": b, "weight": weight})


@task("layers.linear")
def test_linear_of_the_identity_is_the_transposed_weight(lab):
    weight, bias = uniform(3, 4), uniform(3, seed=1)
    actual = lab.layers.linear(np.eye(4), weight, bias)
    law("I W^T + b", actual, weight.T + bias, given={"weight": weight, "bias": bias})


@task("layers.linear")
@pytest.mark.parametrize("lead", [(), (1,), (2, 3), (2, 1, 3), (0,)])
def test_linear_keeps_all_dims_but_the_last(lab, lead):
    x = uniform(*lead, 4, dtype=np.float32)
    weight, bias = uniform(5, 4, dtype=np.float32), uniform(5, dtype=np.float32)
    y = lab.layers.linear(x, weight, bias)
    law("(..., in) -> (..., out)", y.shape, (*lead, 5), given=x)
    law("x W^T + b", y, x.astype(np.float64) @ weight.T.astype(np.float64) + bias, given=x)
    law("the dtype stays", y.dtype.name, "float32", given=x)


@task("layers.linear")
def test_linear_without_inputs_is_the_bias(lab):
    bias = uniform(3)
    actual = lab.layers.linear(np.zeros((2, 0)), np.zeros((3, 0)), bias)
    law("nothing but b", actual, np.stack([bias, bias]), given={"bias": bias})


@task("layers.linear")
def test_linear_lets_a_nan_through(lab):
    x = np.zeros((2, 3))
    x[1, 2] = np.nan
    actual = np.isnan(lab.layers.linear(x, np.ones((2, 3))))
    law("one row is NaN", actual, np.array([[False, False], [True, True]]), given=x)


@task("layers.linear_backward_x")
@given(layer=layers())
def test_linear_backward_x_is_the_derivative(lab, layer):
    x, weight, _, grad = layer
    law(
        "linear_backward_x is the derivative",
        lab.layers.linear_backward_x(grad, weight),
        gradient(lambda x: x @ weight.T, x, grad),
        given={"grad": grad, "weight": weight},
        rtol=1e-6,
        atol=1e-8,
    )


@task("layers.linear_backward_weight")
@given(layer=layers())
def test_linear_backward_weight_is_the_derivative(lab, layer):
    x, weight, _, grad = layer
    law(
        "linear_backward_weight is the derivative",
        lab.layers.linear_backward_weight(grad, x),
        gradient(lambda weight: x @ weight.T, weight, grad),
        given={"grad": grad, "x": x},
        rtol=1e-6,
        atol=1e-8,
    )


@task("layers.linear_backward_bias")
@given(layer=layers())
def test_linear_backward_bias_is_the_derivative(lab, layer):
    x, weight, bias, grad = layer
    law(
        "linear_backward_bias is the derivative",
        lab.layers.linear_backward_bias(grad),
        gradient(lambda bias: x @ weight.T + bias, bias, grad),
        given={"grad": grad},
        rtol=1e-6,
        atol=1e-8,
    )


BACKWARDS = {
    "x": (lambda lab, grad, x, weight: lab.layers.linear_backward_x(grad, weight)),
    "weight": (lambda lab, grad, x, weight: lab.layers.linear_backward_weight(grad, x)),
    "bias": (lambda lab, grad, x, weight: lab.layers.linear_backward_bias(grad)),
}


def expected_backward(name, grad, x, weight):
    rows = grad.reshape(-1, grad.shape[-1])
    if name == "x":
        return grad @ weight
    return rows.T @ x.reshape(-1, x.shape[-1]) if name == "weight" else rows.sum(0)


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=task(f"layers.linear_backward_{n}")) for n in BACKWARDS]
)
@pytest.mark.parametrize("lead", [(), (3,), (2, 3), (0,)])
def test_linear_backward_of_any_rank(lab, name, lead):
    x, weight, grad = uniform(*lead, 4), uniform(5, 4, seed=1), uniform(*lead, 5, seed=2)
    actual = BACKWARDS[name](lab, grad, x, weight)
    expected = expected_backward(name, grad, x, weight)
    law(f"gradient by {name}", actual, expected, given={"grad": grad, "x": x, "weight": weight})


@task("layers.linear_backward_bias")
def test_linear_backward_bias_starts_from_zero_each_time(lab):
    """The memory of a result was often used before."""
    grad = uniform(50, 6)
    for _ in range(3):
        law(
            "sum over rows",
            lab.layers.linear_backward_bias(grad),
            grad.sum(0),
            given={"grad": grad},
        )


# --- dropout ---


def drop(x, p, seed):
    torch.manual_seed(seed)
    return torch.layers.dropout(x, p)


def uniforms(seed, count):
    """What PyTorch's generator draws for float64: numpy has the same Mersenne Twister."""
    words = np.random.RandomState(seed).randint(0, 2**32, 2 * count, dtype=np.uint32)
    high, low = words[::2].astype(np.uint64), words[1::2].astype(np.uint64)
    return ((high << np.uint64(32) | low) & np.uint64(2**53 - 1)).astype(np.float64) * 2.0**-53


@task("layers.dropout")
@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_dropout_keeps_the_mean(lab, p):
    y, mask = lab.run(drop, np.ones(20_000), p, 1)
    law("the mean stays 1", y.mean(), 1.0, given={"p": p}, atol=0.05)
    law("a share 1 - p is kept", mask.mean(), 1 - p, given={"p": p}, atol=0.02)


@task("layers.dropout")
@pytest.mark.parametrize("p", [0.25, 0.5])
def test_dropout_zeroes_or_scales(lab, p):
    x = uniform(7, 9)
    y, mask = lab.run(drop, x, p, 2)
    expected = np.where(mask, x / (1 - p), 0)
    law("x / (1 - p) where kept, else 0", y, expected, given={"x": x, "p": p})
    law("the mask is boolean", mask.dtype.name, "bool")


@task("layers.dropout")
@pytest.mark.parametrize("seed", [0, 3])
def test_dropout_draws_one_number_an_element_in_order(lab, seed):
    x = uniform(6, 5, dtype=np.float32)
    x[::2, 1] = 0  # what is zero already takes its draw as well
    _, mask = lab.run(drop, x, 0.3, seed)
    drawn = uniforms(seed, x.size).reshape(x.shape)
    law("kept where the draw is below 1 - p", mask, drawn < 0.7, given={"x": x, "seed": seed})


@task("layers.dropout")
def test_dropout_draws_in_the_order_of_memory(lab):
    x = uniform(5, 6, dtype=np.float32).T
    _, mask = lab.run(drop, x, 0.5, 4)
    drawn = uniforms(4, x.size).reshape(5, 6).T
    law("as x lies in memory", mask, drawn < 0.5, given=x)


def test_dropout_that_drops_nothing_or_everything_draws_nothing(lab):
    def drawn_after(x, p, training):
        torch.manual_seed(5)
        y, mask = torch.layers.dropout(x, p, training)
        return y, mask, torch.layers.dropout(np.ones(8), 0.5)[1]

    x = uniform(3, 4)
    for p, training, expected in ((0.0, True, x), (1.0, True, 0 * x), (0.5, False, x)):
        y, mask, following = lab.run(drawn_after, x, p, training)
        given = {"x": x, "p": p, "training": training}
        law("y", y, expected, given=given)
        law("no mask", mask, None, given=given)
        law("the stream has not moved", following, uniforms(5, 8) < 0.5, given=given)


def test_dropout_backward_has_the_same_mask(lab):
    grad, mask = uniform(4, 5), uniform(4, 5, seed=1) > 0
    actual = lab.layers.dropout_backward(grad, mask, 0.2)
    law("grad / (1 - p) where kept", actual, np.where(mask, grad / 0.8, 0), given={"mask": mask})
    law("all of it", lab.layers.dropout_backward(grad, None, 0.5, False), grad)
    law("none of it", lab.layers.dropout_backward(grad, None, 1.0), 0 * grad)


# --- how weights start ---


@task("layers.fans")
@given(shape=st.lists(st.integers(1, 9), min_size=2, max_size=5))
def test_fans_count_connections(lab, shape):
    fan_in, fan_out = lab.layers.fans(shape)
    window = math.prod(shape[2:])
    law("inputs of one unit", fan_in, shape[1] * window, given={"shape": shape})
    law("units of one input", fan_out, shape[0] * window, given={"shape": shape})


@task("layers.kaiming_std")
@given(fan=st.integers(1, 10_000), gain=st.floats(0.1, 10))
def test_kaiming_keeps_the_variance(lab, fan, gain):
    """A sum of `fan` products of unit variance by weights has variance fan * std^2."""
    std = lab.layers.kaiming_std(fan, gain)
    law("fan std^2 = gain^2", np.float64(fan * std**2), gain**2, given={"fan": fan, "gain": gain})
    law("std is positive", std > 0, True, given={"fan": fan, "gain": gain})


@given(fan_in=st.integers(1, 5000), fan_out=st.integers(1, 5000), gain=st.floats(0.1, 10))
def test_xavier_serves_both_directions(lab, fan_in, fan_out, gain):
    std = lab.layers.xavier_std(fan_in, fan_out, gain)
    given = {"fan_in": fan_in, "fan_out": fan_out, "gain": gain}
    variance = np.float64((fan_in + fan_out) / 2 * std**2)
    law("mean(fans) std^2 = gain^2", variance, gain**2, given=given)
    law("std is positive", std > 0, True, given=given)


@task("layers.uniform_bound")
@given(std=st.floats(0.01, 100))
def test_a_uniform_distribution_on_the_bound_has_that_deviation(lab, std):
    bound = lab.layers.uniform_bound(std)
    points = (np.arange(10_000) + 0.5) / 5000 - 1  # the middles of equal parts of [-1, 1]
    law("the deviation on [-b, b)", np.std(points * bound), std, given={"std": std}, rtol=1e-6)


# --- given code ---

WRONG = {
    r"linear: expected weight of shape \(out, in\).*\(2, 3\).*\(4, 5\)": ((2, 3), (4, 5), None),
    r"linear: expected bias of shape \(out,\).*\(4, 3\).*\(5,\)": ((2, 3), (4, 3), (5,)),
    r"linear: expected at least one dim": ((), (4, 3), None),
}


@pytest.mark.parametrize("message", WRONG)
def test_linear_names_what_does_not_fit(lab, message):
    shapes = WRONG[message]
    operands = [None if shape is None else np.zeros(shape) for shape in shapes]
    with pytest.raises(RuntimeError, match=message):
        lab.layers.linear(*operands)


def test_linear_refuses_mixed_dtypes(lab):
    with pytest.raises(
        RuntimeError, match="linear: expected equal dtypes, got float32 and float64"
    ):
        lab.layers.linear(np.zeros((2, 3), np.float32), np.zeros((4, 3)))


def test_the_backward_names_what_does_not_fit(lab):
    with pytest.raises(RuntimeError, match="linear_backward_x: expected weight"):
        lab.layers.linear_backward_x(np.zeros((2, 3)), np.zeros((4, 5)))
    with pytest.raises(RuntimeError, match="linear_backward_weight: expected grad and x to agree"):
        lab.layers.linear_backward_weight(np.zeros((2, 3)), np.zeros((4, 5)))


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_a_probability_outside_its_range_is_a_value_error(lab, p):
    with pytest.raises(ValueError, match="dropout: expected a probability"):
        lab.layers.dropout(np.ones(3), p)


def test_a_weight_of_one_dim_has_no_fans(lab):
    with pytest.raises(
        ValueError, match=r"fans: expected a weight of at least 2 dims, got.*\(3,\)"
    ):
        lab.layers.fans([3])

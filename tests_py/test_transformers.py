"""The unit transformers: norms and their backward, SwiGLU, the block, and what it learns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinytorch.tito.law import gradient, law, task


def uniform(*shape, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).uniform(-2, 2, shape).astype(dtype)


@st.composite
def rows(draw):
    """x and grad: (N, C); weight and bias: (C,), together or not at all."""
    count, width, seed = draw(st.integers(1, 5)), draw(st.integers(2, 7)), draw(st.integers(0, 99))
    shapes = (count, width), (count, width), (width,), (width,)
    x, grad, weight, bias = (uniform(*shape, seed=seed + i) for i, shape in enumerate(shapes))
    return (x, grad, weight, bias) if draw(st.booleans()) else (x, grad, None, None)


def layer_norm(x, weight=None, bias=None, eps=1e-5):
    mean = x.mean(-1, keepdims=True)
    y = (x - mean) / np.sqrt(((x - mean) ** 2).mean(-1, keepdims=True) + eps)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def rms_norm(x, weight=None, eps=1e-5):
    y = x / np.sqrt((x**2).mean(-1, keepdims=True) + eps)
    return y if weight is None else y * weight


def statistics(x, eps=1e-5):
    return x.mean(-1), 1 / np.sqrt(x.var(-1) + eps)


# --- layer_norm ---


@task("transformers.layer_norm")
@given(case=rows(), eps=st.sampled_from([1e-5, 0.1, 1.0]))
def test_layer_norm_is_its_definition(lab, case, eps):
    x, _, weight, bias = case
    y, mean, rstd = lab.transformers.layer_norm(x, weight, bias, eps)
    given = {"x": x, "weight": weight, "bias": bias, "eps": eps}
    law("(x - mean) rstd weight + bias", y, layer_norm(x, weight, bias, eps), given=given)
    law("mean", mean.ravel(), statistics(x, eps)[0], given=given)
    law("1 / sqrt(variance + eps)", rstd.ravel(), statistics(x, eps)[1], given=given)


@task("transformers.layer_norm")
def test_weight_and_bias_come_alone_too(lab):
    x, scale = uniform(3, 4), uniform(4, seed=1)
    y, _, _ = lab.transformers.layer_norm(x, None, scale)
    law("a bias alone", y, layer_norm(x, None, scale), given={"x": x, "bias": scale})
    y, _, _ = lab.transformers.layer_norm(x, scale, None)
    law("a weight alone", y, layer_norm(x, scale), given={"x": x, "weight": scale})


@task("transformers.layer_norm")
def test_rows_come_to_mean_zero_and_variance_one(lab):
    x = 5 + 3 * uniform(6, 50)
    y, _, _ = lab.transformers.layer_norm(x)
    law("mean 0", y.mean(-1), np.zeros(6), given=x, atol=1e-7)
    law("variance 1", y.var(-1), np.ones(6), given=x, atol=1e-4)


@task("transformers.layer_norm")
def test_a_scale_and_a_shift_of_the_row_do_not_matter(lab):
    x = uniform(3, 8)
    y, _, _ = lab.transformers.layer_norm(x, None, None, 1e-12)
    other, _, _ = lab.transformers.layer_norm(7 * x - 3, None, None, 1e-12)
    law("norm(7 x - 3) = norm(x)", other, y, given=x, rtol=1e-6, atol=1e-6)


@task("transformers.layer_norm")
def test_a_constant_row_becomes_the_bias(lab):
    x, bias = np.full((2, 4), 3.0), uniform(4)
    y, _, _ = lab.transformers.layer_norm(x, np.ones(4), bias)
    law("nothing but the bias", y, np.stack([bias, bias]), given=x)


@task("transformers.layer_norm")
def test_a_large_mean_does_not_eat_the_variance(lab):
    """The mean of squares minus the square of the mean would cancel."""
    x = (uniform(4, 64) + 3000).astype(np.float32)
    y, _, _ = lab.transformers.layer_norm(x)
    law("in float32", y, layer_norm(x.astype(np.float64)), given=x, rtol=1e-2, atol=1e-3)


@task("transformers.layer_norm_backward")
@given(case=rows())
def test_layer_norm_backward_is_the_derivative(lab, case):
    x, grad, weight, _ = case
    actual = lab.transformers.layer_norm_backward(grad, x, *statistics(x), weight)
    expected = gradient(lambda x: layer_norm(x, weight), x, grad)
    given = {"grad": grad, "x": x, "weight": weight}
    law("by x", actual, expected, given=given, rtol=1e-5, atol=1e-6)


@task("transformers.layer_norm_backward")
def test_a_shift_of_the_row_has_no_gradient(lab):
    x, grad = uniform(4, 6), uniform(4, 6, seed=1)
    actual = lab.transformers.layer_norm_backward(grad, x, *statistics(x))
    law("rows sum to zero", actual.sum(-1), np.zeros(4), given=grad, atol=1e-10)


@task("transformers.layer_norm_backward_weight")
@given(case=rows())
def test_layer_norm_backward_weight_is_the_derivative(lab, case):
    x, grad, _, _ = case
    by_weight, by_bias = lab.transformers.layer_norm_backward_weight(grad, x, *statistics(x))
    given = {"grad": grad, "x": x}
    law("by weight", by_weight, (grad * layer_norm(x)).sum(0), given=given)
    law("by bias", by_bias, grad.sum(0), given=given)


@task("transformers.layer_norm_backward_weight")
def test_layer_norm_backward_weight_starts_from_zero_each_time(lab):
    x, grad = uniform(50, 6), uniform(50, 6, seed=1)
    for _ in range(3):
        by_weight, by_bias = lab.transformers.layer_norm_backward_weight(grad, x, *statistics(x))
        law("by weight", by_weight, (grad * layer_norm(x)).sum(0), given=grad)
        law("by bias", by_bias, grad.sum(0), given=grad)


# --- rms_norm ---


@task("transformers.rms_norm")
@given(case=rows(), eps=st.sampled_from([1e-5, 0.1, 1.0]))
def test_rms_norm_is_its_definition(lab, case, eps):
    x, _, weight, _ = case
    y, rstd = lab.transformers.rms_norm(x, weight, eps)
    given = {"x": x, "weight": weight, "eps": eps}
    law("x rstd weight", y, rms_norm(x, weight, eps), given=given)
    expected = 1 / np.sqrt((x**2).mean(-1) + eps)
    law("1 / sqrt(mean square + eps)", rstd.ravel(), expected, given=given)


@task("transformers.rms_norm")
def test_rms_norm_leaves_the_mean_alone(lab):
    x = np.full((2, 4), 3.0)
    y, _ = lab.transformers.rms_norm(x)
    law("a constant becomes one", y, np.ones((2, 4)), given=x, atol=1e-5)


@task("transformers.rms_norm")
def test_rms_norm_squares_large_numbers(lab):
    x = (1e25 * uniform(2, 4)).astype(np.float32)
    y, _ = lab.transformers.rms_norm(x)
    law("whatever the size", y, rms_norm(x.astype(np.float64)), given=x, hint="square in double")


@task("transformers.rms_norm_backward")
@given(case=rows())
def test_rms_norm_backward_is_the_derivative(lab, case):
    x, grad, weight, _ = case
    rstd = 1 / np.sqrt((x**2).mean(-1) + 1e-5)
    actual = lab.transformers.rms_norm_backward(grad, x, rstd, weight)
    expected = gradient(lambda x: rms_norm(x, weight), x, grad)
    given = {"grad": grad, "x": x, "weight": weight}
    law("by x", actual, expected, given=given, rtol=1e-5, atol=1e-6)


# --- swiglu ---


@task("transformers.swiglu")
@pytest.mark.parametrize("shape", [(4, 5), (1,)])
def test_swiglu_is_its_definition(lab, shape):
    gate, up = 3 * uniform(*shape), uniform(*shape, seed=1)
    expected = gate / (1 + np.exp(-gate)) * up
    law("silu(gate) up", lab.transformers.swiglu(gate, up), expected, given={"gate": gate})


@task("transformers.swiglu")
def test_the_gate_closes_and_opens(lab):
    gate, up = np.array([-1e4, -800.0, 0.0, 800.0]), np.array([2.0, 2.0, 2.0, 2.0])
    actual = lab.transformers.swiglu(gate, up)
    law("shut, shut, shut, open", actual, np.array([0, 0, 0, 1600.0]), given={"gate": gate})


def test_swiglu_backward_is_the_derivative(lab):
    gate, up, grad = uniform(3, 4), uniform(3, 4, seed=1), uniform(3, 4, seed=2)
    by_gate, by_up = lab.transformers.swiglu_backward(grad, gate, up)
    silu = gate / (1 + np.exp(-gate))
    expected = gradient(lambda g: g / (1 + np.exp(-g)) * up, gate, grad)
    law("by gate", by_gate, expected, given={"gate": gate}, rtol=1e-6, atol=1e-8)
    law("by up", by_up, grad * silu, given={"gate": gate})


# --- parameters ---


@task("transformers.parameters")
@given(
    vocabulary=st.integers(1, 99),
    context=st.integers(1, 50),
    layers=st.integers(0, 6),
    width=st.integers(1, 40),
)
def test_every_number_is_counted_once(lab, vocabulary, context, layers, width):
    norm = 2 * width
    linears = [(width, 3 * width), (width, width), (width, 4 * width), (4 * width, width)]
    block = 2 * norm + sum(a * b + b for a, b in linears)
    expected = (vocabulary + context) * width + layers * block + norm
    sizes = {"vocabulary": vocabulary, "context": context, "layers": layers, "width": width}
    law("of all parts", lab.transformers.parameters(**sizes), expected, given=sizes)


@task("transformers.parameters")
def test_gpt2_has_124_million(lab):
    sizes = {"vocabulary": 50_257, "context": 1024, "layers": 12, "width": 768}
    law("GPT-2, the small one", lab.transformers.parameters(**sizes), 124_439_808, given=sizes)


# --- block ---


def weights_of(width, hidden, seed=0, bias=True):
    """The twelve of a block in their order; the norms' begin near one."""
    shapes = [
        (width,), (width,), (3 * width, width), (3 * width,), (width, width), (width,),
        (width,), (width,), (hidden, width), (hidden,), (width, hidden), (width,),
    ]  # fmt: skip
    weights = [0.3 * uniform(*shape, seed=seed + i) for i, shape in enumerate(shapes)]
    weights[0], weights[6] = weights[0] + 1, weights[6] + 1
    return [w if bias or i % 2 == 0 else None for i, w in enumerate(weights)]


def linear(x, weight, bias):
    return x @ weight.T + (0 if bias is None else bias)


def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def turned(x, table):
    if table is None:
        return x
    sine, cosine = table[:, ::2], table[:, 1::2]
    a, b = x[..., ::2], x[..., 1::2]
    return np.stack([a * cosine - b * sine, a * sine + b * cosine], -1).reshape(x.shape)


def block(x, weights, heads, table=None):
    batch, length, width = x.shape
    qkv = linear(layer_norm(x, *weights[0:2]), *weights[2:4])
    q, k, v = (
        part.reshape(batch, length, heads, -1).transpose(0, 2, 1, 3)
        for part in np.split(qkv, 3, -1)
    )
    q, k = turned(q, table), turned(k, table)
    scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(width // heads)
    scores = np.where(np.tril(np.ones((length, length))) > 0, scores, -np.inf)
    p = np.exp(scores - scores.max(-1, keepdims=True))
    y = (p / p.sum(-1, keepdims=True)) @ v
    h = x + linear(y.transpose(0, 2, 1, 3).reshape(x.shape), *weights[4:6])
    up = gelu(linear(layer_norm(h, *weights[6:8]), *weights[8:10]))
    return h + linear(up, *weights[10:12])


@task("transformers.block")
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("heads", "hidden"), [(1, 8), (2, 16), (4, 5)])
def test_a_block_is_its_definition(lab, heads, hidden, bias):
    x, weights = uniform(2, 5, 8), weights_of(8, hidden, bias=bias)
    actual = lab.transformers.block(x, weights, heads)
    law("x + attention, + MLP", actual, block(x, weights, heads), given=x)


@task("transformers.block")
def test_queries_and_keys_are_turned(lab):
    x, weights = uniform(2, 5, 8), weights_of(8, 16)
    angles = np.arange(5)[:, None] * np.array([1.0, 0.3])
    table = np.stack([np.sin(angles), np.cos(angles)], -1).reshape(5, 4)
    actual = lab.transformers.block(x, weights, 2, 0.0, table)
    law("rotary positions", actual, block(x, weights, 2, table), given=x)


@task("transformers.block")
def test_a_block_does_not_see_the_future(lab):
    x, weights = uniform(1, 6, 8), weights_of(8, 16)
    before = lab.transformers.block(x, weights, 2)
    x[:, 4:] = 9
    after = lab.transformers.block(x, weights, 2)
    law("the past stays", after[:, :4], before[:, :4], given=x)


@task("transformers.block")
def test_a_block_without_branches_is_a_residual(lab):
    x, weights = uniform(2, 3, 8), weights_of(8, 16)
    for i in (4, 5, 10, 11):
        weights[i] = np.zeros_like(weights[i])
    law("x itself", lab.transformers.block(x, weights, 2), x, given=x)


@task("transformers.block")
def test_dropout_of_everything_leaves_the_residual(lab):
    x, weights = uniform(2, 3, 8), weights_of(8, 16)
    law("x itself", lab.transformers.block(x, weights, 2, 1.0), x, given=x)


@task("transformers.block")
def test_dropout_reaches_the_attention_too(lab):
    def output(x, weights):
        torch.manual_seed(0)  # noqa: F821
        return torch.transformers.block(x, weights, 1, 0.5)  # noqa: F821

    x, weights = uniform(300, 1, 4), weights_of(4, 8)
    weights[4], weights[5] = np.eye(4), np.zeros(4)
    weights[10], weights[11] = np.zeros((4, 8)), np.zeros(4)
    branch = lab.run(output, x, weights) - x
    # Each place sees itself alone: its value, doubled by either dropout that keeps it.
    value = linear(layer_norm(x, *weights[0:2]), weights[2][8:], weights[3][8:])
    kept = np.isclose(branch, 4 * value, atol=1e-5)
    law("nothing, or four times the value", kept | np.isclose(branch, 0), np.ones(x.shape, bool))
    law("a quarter is kept", kept.mean(), 0.25, atol=0.06)


# --- given code ---


def test_of_nothing_there_is_nothing(lab):
    law("no rows", lab.transformers.layer_norm(np.zeros((0, 4)))[0].shape, (0, 4))
    law("no gates", lab.transformers.swiglu(np.zeros((0, 3)), np.zeros((0, 3))).shape, (0, 3))


def test_what_does_not_fit_is_named(lab):
    with pytest.raises(RuntimeError, match="expected weight to be of same shape"):
        lab.transformers.layer_norm(np.zeros((2, 4)), np.zeros(3))
    with pytest.raises(RuntimeError, match="expected bias of x's dtype float64"):
        lab.transformers.layer_norm(np.zeros((2, 4)), None, np.zeros(4, np.float32))
    with pytest.raises(RuntimeError, match="swiglu: expected operands of one shape"):
        lab.transformers.swiglu(np.zeros(3), np.zeros(4))
    with pytest.raises(ValueError, match="expected 12 weights, got 3"):
        lab.transformers.block(np.zeros((1, 2, 4)), [None] * 3, 1)
    with pytest.raises(ValueError, match="3 heads do not divide a width of 4"):
        lab.transformers.block(np.zeros((1, 2, 4)), weights_of(4, 4), 3)

"""float16 and bfloat16 beside PyTorch: conversion, arithmetic, gradients, views, draws."""

import numpy as np
import pytest

import tinytorch

torch = pytest.importorskip("torch")
HALVES = ["float16", "bfloat16"]
VALUES = [[0.1, -1.5, 2.25, 3.0], [-0.3, 100.0, 7.7, 1e-3], [4.0, 0.5, -2.0, 9.9]]


def pair(dtype):
    return [(t, t.tensor(VALUES, dtype=getattr(t, dtype))) for t in (tinytorch, torch)]


def seen(value):
    """Values, dtypes and shapes of a result, whichever library's."""
    if isinstance(value, (tuple, list)):
        return [seen(item) for item in value]
    if isinstance(value, (tinytorch.Tensor, torch.Tensor)):
        return str(value.dtype), tuple(value.shape), value.detach().float().flatten().tolist()
    return str(value)


def same(call, dtype, ulps=1):
    """Equal dtypes, shapes and, to the last bit or so, values."""
    ours, theirs = (seen(call(t, x)) for t, x in pair(dtype))
    step = 2.0 ** (-10 if dtype == "float16" else -7)

    def compare(a, b):
        if isinstance(a, list):
            assert len(a) == len(b)
            for left, right in zip(a, b, strict=True):
                compare(left, right)
        elif isinstance(a, tuple):
            assert a[:2] == b[:2]
            np.testing.assert_allclose(a[2], b[2], rtol=ulps * step, atol=ulps * step * 1e-3)
        else:
            assert a == b

    compare(ours, theirs)


EXACT = {
    "double": lambda t, x: x.double(),
    "int": lambda t, x: x.int(),
    "bool": lambda t, x: x.bool(),
    "half": lambda t, x: x.half(),
    "bfloat16": lambda t, x: x.bfloat16(),
    "from double": lambda t, x: t.tensor(VALUES, dtype=t.float64).to(x.dtype),
    "from int": lambda t, x: t.tensor([1, 2049, -70000, 65519]).to(x.dtype),
    "special": lambda t, x: t.tensor([1e-8, 6e-8, 65519.0, 65520.0, -1e30]).to(x.dtype),
    "transpose": lambda t, x: x.t().contiguous(),
    "slice": lambda t, x: x[1:, ::2],
    "index": lambda t, x: x[t.tensor([2, 0])],
    "mask": lambda t, x: x[x > 1],
    "cat": lambda t, x: t.cat([x, x], 1),
    "stack": lambda t, x: t.stack([x, x]),
    "where": lambda t, x: t.where(x > 0, x, x * 2),
    "gather": lambda t, x: x.gather(1, t.tensor([[0], [3], [1]])),
    "clone": lambda t, x: x.clone(),
    "expand": lambda t, x: x[0].expand(2, 4),
    "add": lambda t, x: x + x.flip(0),
    "number": lambda t, x: [x + 0.1, x * 0.1, 0.1 - x, x / 3, 1 / x, x**2, -x, abs(x)],
    "compare": lambda t, x: [x > 1, x == 0.1, x.ne(2.25), x <= x.flip(1), t.maximum(x, x.flip(0))],
    "promotion": lambda t, x: [
        x + t.ones(4),
        x * t.tensor(2.0),
        x + t.ones(4, dtype=t.int64),
        x[0, 0] + t.ones(2),
        x + t.ones(4, dtype=t.float64),
        t.ones(4, dtype=t.int32) * x[0, 0],
    ],
    "extrema": lambda t, x: [x.max(), x.min(0), x.argmax(), x.amax(1), x.sort(1), x.topk(2)],
    "truth": lambda t, x: [(x > 0).all(), t.isnan(x), t.isfinite(x)],
    "round": lambda t, x: [x.floor(), x.ceil(), x.round(), x.trunc(), x.sign(), x.clamp(-1, 1)],
    "full": lambda t, x: [t.full((2,), 0.1, dtype=x.dtype), t.zeros_like(x), t.ones_like(x)],
    "arange": lambda t, x: [t.arange(0, 3, 0.3, dtype=x.dtype), t.eye(2, dtype=x.dtype)],
    "linspace": lambda t, x: t.linspace(0, 1, 7, dtype=x.dtype),
    "tensor": lambda t, x: t.tensor(0.1, dtype=x.dtype).item(),
    "tolist": lambda t, x: x.tolist(),
    "relu": lambda t, x: t.relu(x),
    "numbers": lambda t, x: [float(x[0, 0]), int(x[0, 2]), bool(x[0, 0]), f"{x[0, 0]:.3f}"],
    "facts": lambda t, x: [x.element_size(), x.is_floating_point(), x.dtype.itemsize, x.type()],
    "repr": lambda t, x: [repr(x), repr(x[0, 0]), repr(t.zeros(0, dtype=x.dtype)), repr(x * 1e4)],
    "result_type": lambda t, x: [t.result_type(x, t.ones(1)), t.promote_types(x.dtype, t.int64)],
    "meet": lambda t, x: t.promote_types(t.float16, t.bfloat16),
}

CLOSE = {
    "functions": lambda t, x: [t.exp(x / 50), t.sin(x), t.tanh(x), t.sigmoid(x), t.sqrt(x.abs())],
    "sum": lambda t, x: [x.sum(), x.sum(0), x.mean(), x.mean(1, keepdim=True), x.prod(1)],
    "spread": lambda t, x: [x.var(), x.std(1), x.cumsum(1)],
    "softmax": lambda t, x: [t.softmax(x, 1), t.nn.functional.log_softmax(x, 0)],
    "sum in float32": lambda t, x: x.sum(0, dtype=t.float32),
    "gelu": lambda t, x: [t.nn.functional.gelu(x), t.nn.functional.silu(x)],
    "matmul": lambda t, x: [x @ x.t(), t.mm(x.t(), x), x.matmul(x[0])],
    "linear": lambda t, x: t.nn.functional.linear(x, x),
    "losses": lambda t, x: [
        t.nn.functional.mse_loss(x, x.flip(0)),
        t.nn.functional.cross_entropy(x, t.tensor([0, 3, 1])),
    ],
    "exponential": lambda t, x: t.logsumexp(x, 1),
}


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("name", EXACT)
def test_exactly_as_pytorch(name, dtype):
    same(EXACT[name], dtype, ulps=0)


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("name", CLOSE)
def test_to_the_last_bit_or_so(name, dtype):
    same(CLOSE[name], dtype, ulps=2)


def test_every_float16_converts_as_numpys():
    bits = np.arange(1 << 16, dtype=np.uint16)
    halves = bits.view(np.float16)
    wide = tinytorch.from_numpy(halves).float().numpy()
    np.testing.assert_array_equal(wide, halves.astype(np.float32))
    rng = np.random.default_rng(0)
    floats = rng.integers(0, 1 << 32, 100_000, dtype=np.uint32).view(np.float32)
    with np.errstate(all="ignore"):
        expected = floats.astype(np.float16)
    got = tinytorch.tensor(floats).half().numpy()
    np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
    np.testing.assert_array_equal(got[~np.isnan(got)], expected[~np.isnan(got)])
    theirs = torch.tensor(floats).bfloat16().float().numpy()
    np.testing.assert_array_equal(tinytorch.tensor(floats).bfloat16().float().numpy(), theirs)


@pytest.mark.parametrize("dtype", HALVES)
def test_gradients(dtype):
    def grads(t, x):
        x = x.clone().requires_grad_()
        w = t.ones(4, 2, dtype=x.dtype, requires_grad=True)
        y = t.tanh(x @ w) * 0.5 + x[:, :2].exp().mean() + x.float().sum() * 0.1
        y.float().sum().backward()
        return [x.grad, w.grad]

    ours, theirs = (grads(t, x / 50) for t, x in pair(dtype))
    for a, b in zip(ours, theirs, strict=True):
        assert str(a.dtype) == str(b.dtype) == f"torch.{dtype}"
        np.testing.assert_allclose(a.float().tolist(), b.float().tolist(), rtol=0.03, atol=0.01)


@pytest.mark.parametrize("dtype", HALVES)
def test_writing_in_place(dtype):
    def writes(t, x):
        x = x.clone()
        view = x[0]
        x.add_(1).mul_(0.5)
        x[1] = 7
        x[2, 1:] = t.tensor([1.0, 2.0, 3.0])
        x.clamp_(-1, 5)
        view += 0.25
        t.exp(view, out=view)
        x.t().neg_()
        x.masked_fill_(x > 3, 0.1)
        return [x, view]

    same(writes, dtype, ulps=2)


def test_views_share_memory():
    x = tinytorch.zeros(2, 3, dtype=tinytorch.float16)
    for view in (x.view(3, 2), x.t(), x[1], x.reshape(6), x.unsqueeze(0), x.swapaxes(0, 1), x.mT):
        view.fill_(1)
        assert x.float().sum().item() > 0
        x.zero_()


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("n", [5, 16, 37])
def test_draws_are_pytorchs(dtype, n):
    draws = [
        lambda t, d: t.rand(n, dtype=d),
        lambda t, d: t.randn(n, dtype=d),
        lambda t, d: t.randint(0, 100, (n,), dtype=d),
        lambda t, d: t.empty(n, dtype=d).uniform_(-2, 3),
        lambda t, d: t.empty(n, dtype=d).bernoulli_(0.3),
        lambda t, d: t.empty(n, dtype=d).exponential_(0.5),
    ]
    for draw in draws:
        results = []
        for t in (tinytorch, torch):
            t.manual_seed(3)
            results.append(draw(t, getattr(t, dtype)).float().tolist())
        np.testing.assert_allclose(*results, rtol=0.01, atol=1e-3)


@pytest.mark.parametrize("dtype", HALVES)
def test_models_of_halves(dtype):
    def run(t, x):
        layer = t.nn.Linear(4, 2)
        with t.no_grad():
            layer.weight.fill_(0.1)
            layer.bias.fill_(0.2)
        layer = layer.to(x.dtype)
        loss = layer(x).pow(2).mean()
        loss.backward()
        t.optim.SGD(layer.parameters(), lr=0.1).step()
        return [loss, layer.weight, layer.bias, layer.weight.grad]

    same(run, dtype, ulps=4)


@pytest.mark.filterwarnings("ignore:Mismatch dtype")
@pytest.mark.parametrize("dtype", HALVES)
def test_norms_follow_their_input_not_their_weights(dtype):
    def norms(t, x):
        f, weight = t.nn.functional, t.ones(4)
        pictures = x.reshape(1, 3, 2, 2)
        return (
            f.layer_norm(x, (4,), weight, weight),
            f.rms_norm(x, (4,), weight),
            f.instance_norm(pictures, weight=t.ones(3), bias=t.ones(3)),
        )

    same(norms, dtype, ulps=4)


def test_what_has_no_rule_is_refused_and_not_wrong():
    x = tinytorch.ones(2, 2, dtype=tinytorch.float16)
    with pytest.raises(RuntimeError, match=r"one dtype|equal dtypes|same dtype"):
        x @ tinytorch.ones(2, 2)
    with pytest.raises(RuntimeError, match=r"one dtype|equal dtypes|same dtype"):
        tinytorch.mm(x, tinytorch.ones(2, 2))
    with pytest.raises(RuntimeError, match="does not fit"):
        tinytorch.full((2,), 1e6, dtype=tinytorch.float16)
    with pytest.raises(AttributeError):
        tinytorch.complex64  # noqa: B018
    with pytest.raises(TypeError, match="BFloat16"):
        tinytorch.ones(2, dtype=tinytorch.bfloat16).numpy()

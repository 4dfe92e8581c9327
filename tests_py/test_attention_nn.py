"""scaled_dot_product_attention and MultiheadAttention beside PyTorch, and what memory they take."""

import io

import numpy as np
import pytest

import tinytorch
from tinytorch import nn
from tinytorch.nn import functional as F
from twice import gradients, twice

SIZES = [(5, 5), (3, 7), (7, 3), (1, 4), (130, 130), (70, 300)]
MASKS = {
    "none": lambda t, n, m: None,
    "bool": lambda t, n, m: t.rand(n, m) > 0.4,
    "an empty row": lambda t, n, m: (t.arange(n) > 0).unsqueeze(1).expand(n, m),
    "float": lambda t, n, m: t.randn(n, m),
    "by head": lambda t, n, m: t.rand(2, 1, n, m) > 0.3,
    "by key": lambda t, n, m: t.rand(2, 1, 1, m) > 0.3,
    "infinite": lambda t, n, m: t.zeros(n, m).masked_fill(t.rand(n, m) > 0.5, -float("inf")),
}


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_attention_as_in_pytorch(sizes, mask):
    length, others = sizes

    def program(t):
        q = t.randn(2, 3, length, 8, requires_grad=True)
        k = t.randn(2, 3, others, 8, requires_grad=True)
        v = t.randn(2, 3, others, 8, requires_grad=True)
        y = t.nn.functional.scaled_dot_product_attention(q, k, v, MASKS[mask](t, length, others))
        return y, gradients([y], q, k, v)

    twice(program, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])  # float64 runs the reference
@pytest.mark.parametrize("sizes", [*SIZES, (65, 64), (256, 257)], ids=str)
def test_a_causal_mask_as_in_pytorch(sizes, dtype):
    length, others = sizes

    def program(t):
        shapes = (2, 3, length, 6), (2, 3, others, 6), (2, 3, others, 6)
        q, k, v = (t.randn(s, dtype=getattr(t, dtype), requires_grad=True) for s in shapes)
        f = t.nn.functional.scaled_dot_product_attention
        y = f(q, k, v, is_causal=True, scale=0.7)
        return y, gradients([y], q, k, v)

    twice(program, rtol=1e-4, atol=2e-5)


SHAPES = [
    ((4, 5), (6, 5), (6, 5), {}),
    ((3, 4, 5), (3, 6, 5), (3, 6, 7), {}),
    ((2, 3, 4, 5), (2, 3, 6, 5), (2, 3, 6, 2), {}),
    ((1, 2, 3, 4, 5), (1, 2, 3, 6, 5), (1, 2, 3, 6, 5), {}),
    ((2, 3, 4, 5), (1, 3, 6, 5), (1, 3, 6, 5), {}),
    ((2, 3, 4, 5), (2, 1, 6, 5), (2, 1, 6, 5), {}),
    ((2, 6, 4, 5), (2, 3, 6, 5), (2, 3, 6, 5), {"enable_gqa": True}),
    ((2, 6, 4, 5), (2, 1, 6, 5), (2, 1, 6, 5), {"enable_gqa": True, "is_causal": True}),
    ((6, 4, 5), (2, 6, 5), (2, 6, 5), {"enable_gqa": True}),
    ((2, 3, 0, 5), (2, 3, 6, 5), (2, 3, 6, 5), {}),
    ((2, 3, 4, 5), (2, 3, 0, 5), (2, 3, 0, 5), {}),
    ((0, 3, 4, 5), (0, 3, 6, 5), (0, 3, 6, 5), {}),
    ((2, 3, 4, 5), (2, 3, 6, 5), (2, 3, 6, 5), {"scale": 0.0}),
    ((2, 3, 4, 5), (2, 3, 6, 5), (2, 3, 6, 5), {"scale": -2.0}),
    ((2, 3, 4, 5), (2, 3, 6, 5), (2, 3, 6, 5), {"dropout_p": 0.4}),
    ((2, 3, 4, 5), (2, 3, 4, 5), (2, 3, 4, 5), {"dropout_p": 0.4, "is_causal": True}),
    ((4, 5), (6, 5), (6, 5), {"dropout_p": 1.0}),
    ((2, 6, 4, 5), (2, 3, 6, 5), (2, 3, 6, 5), {"dropout_p": 0.4, "enable_gqa": True}),
    ((3, 4, 5), (3, 6, 5), (2, 1, 6, 5), {"dropout_p": 0.4}),
    ((2, 1, 70, 5), (2, 1, 300, 5), (2, 1, 300, 7), {"dropout_p": 0.1, "is_causal": True}),
]


@pytest.mark.parametrize(("q", "k", "v", "settings"), SHAPES, ids=str)
def test_shapes_heads_and_dropout(q, k, v, settings):
    def program(t):
        operands = [t.randn(s, requires_grad=True) for s in (q, k, v)]
        y = t.nn.functional.scaled_dot_product_attention(*operands, **settings)
        return y, gradients([y], *operands)

    twice(program)


def test_a_mask_may_learn():
    def program(t):
        q, k, v = (t.randn(2, 3, 4, 5, requires_grad=True) for _ in range(3))
        mask = t.randn(3, 4, 4, requires_grad=True)
        y = t.nn.functional.scaled_dot_product_attention(q, k, v, mask)
        return y, gradients([y], q, k, v, mask)

    twice(program)


def test_operands_that_are_views():
    def program(t):
        x = t.randn(2, 7, 3 * 12, requires_grad=True)
        q, k, v = (part.view(2, 7, 3, 4).transpose(1, 2) for part in x.split(12, 2))
        y = t.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        y = y.transpose(1, 2).contiguous().view(2, 7, 12)
        return y, gradients([y], x)

    twice(program)


def f(t, *shapes, **settings):
    return t.nn.functional.scaled_dot_product_attention(*(t.ones(s) for s in shapes), **settings)


WRONG = [
    lambda t: f(t, (5,), (6, 5), (6, 5)),
    lambda t: f(t, (4, 5), (6, 4), (6, 5)),
    lambda t: f(t, (2, 3, 4, 5), (2, 3, 6, 5), (2, 3, 6, 5), attn_mask=t.ones(4, 5) > 0),
    lambda t: f(t, (2, 3, 4, 5), (2, 3, 6, 5), (2, 3, 6, 5), attn_mask=t.ones(4, 6).long()),
    lambda t: f(t, (2, 3, 4, 5), (2, 3, 6, 5), (2, 3, 6, 5), attn_mask=t.ones(4, 6).double()),
    lambda t: f(t, (2, 3, 4, 5), (2, 3, 6, 5), (2, 3, 6, 5), attn_mask=t.ones(6)),
    lambda t: f(t, (2, 3, 4, 5), (2, 3, 6, 5), (2, 3, 6, 5), dropout_p=1.5),
    lambda t: f(t, (2, 3, 4, 5), (2, 2, 6, 5), (2, 2, 6, 5), enable_gqa=True),
    lambda t: f(
        t, (2, 4, 4, 5), (2, 2, 6, 5), (2, 2, 6, 5), attn_mask=t.ones(2, 4, 6) > 0, enable_gqa=True
    ),
    lambda t: f(t, (2, 3, 4, 5), (3, 3, 6, 5), (3, 3, 6, 5)),
    lambda t: f(t, (3, 4, 5), (3, 4, 5), (3, 4, 5), is_causal=1),
    lambda t: f(t, (3, 4, 5), (3, 4, 5), (3, 4, 5), enable_gqa=1),
    lambda t: t.nn.functional.scaled_dot_product_attention(
        t.ones(2, 2), t.ones(2, 2).double(), t.ones(2, 2)
    ),
    lambda t: t.nn.functional.scaled_dot_product_attention(*[t.ones(2, 2).long()] * 3),
    lambda t: t.nn.MultiheadAttention(6, 4),
    lambda t: t.nn.MultiheadAttention(0, 1),
    lambda t: t.nn.MultiheadAttention(4, 2)(*[t.ones(4)] * 3),
    lambda t: t.nn.MultiheadAttention(4, 2)(*[t.ones(3, 2, 5)] * 3),
    lambda t: t.nn.MultiheadAttention(4, 2)(t.ones(3, 2, 4), t.ones(3, 4), t.ones(3, 4)),
    lambda t: t.nn.MultiheadAttention(4, 2)(*[t.ones(3, 2, 4)] * 3, attn_mask=t.ones(3, 2) > 0),
    lambda t: t.nn.MultiheadAttention(4, 2)(*[t.ones(3, 2, 4)] * 3, attn_mask=t.ones(3, 3).long()),
    lambda t: t.nn.MultiheadAttention(4, 2)(*[t.ones(3, 2, 4)] * 3, is_causal=True),
    lambda t: t.nn.MultiheadAttention(4, 2)(*[t.ones(3, 2, 4)] * 3, attn_mask="a"),
    lambda t: t.nn.MultiheadAttention(4, 2)(*[t.ones(3, 2, 4)] * 3, key_padding_mask=[[1]]),
    lambda t: t.nn.MultiheadAttention(4, 2)(
        *[t.ones(3, 2, 4)] * 3, key_padding_mask=t.ones(3, 2) > 0
    ),
]


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_arguments_raise_what_pytorch_raises(wrong):
    twice(wrong)


def test_values_that_are_missing_are_not_invented():
    with pytest.raises(RuntimeError, match="as many values as keys"):
        f(tinytorch, (2, 3, 4, 5), (2, 3, 6, 5), (2, 3, 5, 5))


MODULES = [
    {},
    {"bias": False},
    {"batch_first": True},
    {"add_bias_kv": True},
    {"add_zero_attn": True},
    {"kdim": 5, "vdim": 7},
    {"kdim": 5, "batch_first": True, "add_bias_kv": True, "add_zero_attn": True},
    {"dropout": 0.3},
]
CALLS = [
    {},
    {"need_weights": False},
    {"average_attn_weights": False},
    {"attn_mask": "causal", "is_causal": True, "need_weights": False},
    {"attn_mask": "causal", "is_causal": True},
    {"attn_mask": "bool"},
    {"attn_mask": "heads", "need_weights": False},
    {"key_padding_mask": "bool"},
    {"key_padding_mask": "bool", "attn_mask": "bool", "need_weights": False},
    {"key_padding_mask": "bool", "attn_mask": "causal"},
]


def mask_of(t, name, argument, batch, length, others):
    if argument == "key_padding_mask":
        seen = t.ones(batch, others) > 0
        seen[:, 0] = False
        return (t.rand(batch, others) > 0.5) & seen
    if name == "causal":
        return t.triu(t.full((length, others), -float("inf")), 1)
    shape = (length, others) if name == "bool" else (batch * 2, length, others)
    mask = t.rand(shape) > 0.5
    mask[..., 0] = False
    return mask


@pytest.mark.parametrize("call", CALLS, ids=str)
@pytest.mark.parametrize("module", MODULES, ids=str)
def test_multihead_attention_as_in_pytorch(module, call):
    def program(t):
        layer = t.nn.MultiheadAttention(6, 2, **module)
        others = 4 if call.get("is_causal") or "causal" in call.values() else 5
        widths = 6, module.get("kdim", 6), module.get("vdim", 6)
        q, k, v = (
            t.randn(*((3, n) if module.get("batch_first") else (n, 3)), w, requires_grad=True)
            for n, w in zip((4, others, others), widths, strict=True)
        )
        settings = {
            name: mask_of(t, value, name, 3, 4, others) if isinstance(value, str) else value
            for name, value in call.items()
        }
        y, weights = layer(q, k, v, **settings)
        outputs = [y] if weights is None else [y, weights]
        names = list(layer.state_dict())
        return y, weights, names, gradients(outputs, q, k, v, *layer.parameters())

    twice(program)


@pytest.mark.parametrize("need_weights", [True, False])
def test_multihead_attention_to_itself_and_unbatched(need_weights):
    def program(t):
        layer = t.nn.MultiheadAttention(6, 3, batch_first=True)
        x, one = t.randn(2, 5, 6), t.randn(5, 6)
        mask = t.rand(3, 5, 5) > 0.8
        hidden = t.tensor([False, False, True, True, True])
        return (
            repr(layer), layer(x, x, x, need_weights=need_weights),
            layer(one, one, one, need_weights=need_weights, attn_mask=mask),
            layer(one, one, one, need_weights=need_weights, key_padding_mask=hidden),
            layer.eval()(one, one, one),
        )  # fmt: skip

    twice(program)


@pytest.mark.parametrize("shape", [(0, 2, 6), (3, 0, 6)])
@pytest.mark.parametrize("need_weights", [True, False])
def test_nobody_to_attend(shape, need_weights):
    def program(t):
        x = t.zeros(shape)
        return t.nn.MultiheadAttention(6, 2)(x, x, x, need_weights=need_weights)

    twice(program)


def test_state_goes_to_pytorch_and_back():
    torch = pytest.importorskip("torch")
    theirs, ours = torch.nn.MultiheadAttention(6, 2), nn.MultiheadAttention(6, 2)
    memory = io.BytesIO()
    torch.save(theirs.state_dict(), memory)
    memory.seek(0)
    ours.load_state_dict(tinytorch.load(memory))
    x = np.random.default_rng(0).normal(size=(4, 3, 6)).astype(np.float32)
    a, b = tinytorch.tensor(x), torch.tensor(x)
    mine, other = ours(a, a, a)[0].detach().numpy(), theirs(b, b, b)[0].detach().numpy()
    np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-6)


def peak(run):
    tinytorch._C.reset_peak_memory()
    before = tinytorch._C.memory_stats()["in_use"]
    run()
    return tinytorch._C.memory_stats()["peak_in_use"] - before


def test_memory_grows_with_the_length_and_not_with_its_square():
    def blockwise(length):
        q, k, v = (tinytorch.randn(1, 8, length, 16, requires_grad=True) for _ in range(3))
        F.scaled_dot_product_attention(q, k, v, is_causal=True).sum().backward()

    def explicit(length):
        q, k, v = (tinytorch.randn(1, 8, length, 16, requires_grad=True) for _ in range(3))
        scores = q @ k.transpose(-2, -1) / 4
        (tinytorch.softmax(scores, -1) @ v).sum().backward()

    with tinytorch.kernels("accelerated"):
        assert peak(lambda: blockwise(2048)) < 2.2 * peak(lambda: blockwise(1024))
        assert peak(lambda: blockwise(8192)) < peak(lambda: explicit(1024))

"""Calls as PyTorch's programs write them: numpy's names, sizes by keyword, out=, short errors."""

import numpy as np
import pytest

import tinytorch
from alike import assert_alike
from beside import beside_torch

CALLS = {
    "axis": lambda t: t.arange(6.0).view(2, 3).sum(axis=1),
    "axis and keepdims": lambda t: t.mean(t.arange(6.0).view(2, 3), axis=0, keepdims=True),
    "axis of several": lambda t: t.ones(2, 3, 4).amax(axis=(0, 2)),
    "axis of a pair": lambda t: t.tensor([[3, 1], [2, 5]]).max(axis=1),
    "axis of a list": lambda t: t.cat([t.zeros(1, 2), t.ones(1, 2)], axis=1),
    "x and x2": lambda t: t.add(x=t.ones(2), x2=t.ones(2)),
    "input and other": lambda t: t.mul(input=t.ones(2), other=3),
    "size": lambda t: t.arange(6).view(size=(3, 2)),
    "shape": lambda t: t.arange(6).reshape(shape=(3, 2)),
    "dims": lambda t: t.arange(6).view(2, 3).permute(dims=(1, 0)),
    "dims of flip": lambda t: t.arange(6).view(2, 3).flip(dims=(0,)),
    "expand": lambda t: t.ones(1, 2).expand(size=(3, 2)),
}

OUTS = {
    "fits": lambda t: t.add(t.ones(2, 3), 1, out=t.zeros(2, 3)),
    "is empty": lambda t: t.matmul(t.ones(2, 3), t.ones(3, 2), out=t.empty(0)),
    "converts": lambda t: t.add(t.ones(2, dtype=t.long), 1, out=t.zeros(2, dtype=t.float64)),
    "cannot hold floats": lambda t: t.exp(t.ones(2), out=t.zeros(2, dtype=t.int64)).dtype,
    "loses a gradient": lambda t: t.exp(t.ones(2, requires_grad=True), out=t.zeros(2)).dtype,
    "is a leaf": lambda t: t.exp(t.ones(2), out=t.zeros(2, requires_grad=True)).dtype,
    "takes a pair": lambda t: t.max(
        t.tensor([[3.0, 1.0]]), 1, out=(t.empty(0), t.empty(0, dtype=t.long))
    )[1],
    "of a sum decides how it is summed": lambda t: t.sum(
        t.ones(3, dtype=t.bfloat16) / 3, 0, out=t.zeros((), dtype=t.float64)
    ),
    "of a sum of floats is whole": lambda t: t.cumsum(
        t.ones(3) * 1.5, 0, out=t.zeros(3, dtype=t.int64)
    ),
    "of a sum is bool": lambda t: t.sum(t.tensor([0.5, 0.25]), 0, out=t.zeros((), dtype=t.bool)),
    "of a mean of integers": lambda t: t.mean(t.arange(3), 0, out=t.zeros(())),
    "of positions is int64": lambda t: t.argmax(t.ones(3), 0, out=t.zeros((), dtype=t.int32)),
    "of a bound is not converted": lambda t: t.clamp(
        t.ones(3), 0, 1, out=t.zeros(3, dtype=t.float64)
    ),
    "of a product of matrices is not": lambda t: t.mm(
        t.ones(2, 2), t.ones(2, 2), out=t.zeros(2, 2, dtype=t.float64)
    ),
    "is a slice": lambda t: t.neg(t.ones(2), out=t.zeros(2, 3)[:, 1]),
}


# Each raised SystemError once: a 0-d tensor among arguments that no overload takes.
REFUSED = {
    "min twice": lambda t: t.ones(3).clip(-1, t.tensor(2.0), min=0),
    "no dim": lambda t: t.ones(3).scatter(None, t.tensor(0), t.tensor(1.0)),
    "a dim of 1.0": lambda t: t.ones(3).index_select(1.0, t.tensor(0)),
    "a flag of 1": lambda t: t.ones(3).put(t.tensor(0), t.tensor(1.0), accumulate=1),
    "a list of no tensors": lambda t: t.stack([t.ones(2), 1]),
    "an index of True": lambda t: t.ones(2, 2).select(0, True),
}

# A number that the dtype does not hold is no inf, and no other number.
TOO_LARGE = {
    "full": lambda t: t.full((2,), 1e39),
    "fill_": lambda t: t.zeros(2).fill_(1e39),
    "clamp": lambda t: t.zeros(2).clamp(max=1e39),
    "clamp of integers": lambda t: t.zeros(2, dtype=t.int64).clamp(min=2**63 * 1.0),
    "pad": lambda t: t.nn.functional.pad(t.zeros(2), (1, 1), value=1e39),
    "a term of a sum is": lambda t: t.zeros(2) + 1e39,
    "a copy is": lambda t: t.zeros(2).copy_(1e39),
    "inf": lambda t: t.full((2,), -float("inf")),
}

# What a 0-d tensor has no dim for.
NO_DIM = {
    "size": lambda t, x: x.size(0),
    "stride": lambda t, x: x.stride(-1),
    "roll": lambda t, x: x.roll(1, 0),
    "narrow": lambda t, x: x.narrow(0, 0, 1),
    "flip": lambda t, x: x.flip(0),
    "flip from the end": lambda t, x: t.flip(x, (-1,)),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_keywords_of_numpy_and_of_sizes(call):
    beside_torch(call)


def kind(call):
    """The result, or only the type of what it raises: the wording is each library's own."""

    def run(library):
        try:
            return call(library)
        except Exception as error:
            return type(error).__name__

    return run


@pytest.mark.parametrize("call", OUTS.values(), ids=OUTS)
def test_out(call):
    beside_torch(kind(call))


@pytest.mark.parametrize("call", (REFUSED | TOO_LARGE).values(), ids=REFUSED | TOO_LARGE)
def test_refused(call):
    beside_torch(kind(call))


@pytest.mark.parametrize("call", NO_DIM.values(), ids=NO_DIM)
def test_no_dim(call):
    beside_torch(kind(lambda t: call(t, t.tensor(1.5))))


def test_a_floored_quotient_has_no_derivative():
    def run(t):
        y = t.ones(3, requires_grad=True) // 2
        return y, y.sum().backward()

    beside_torch(kind(run))
    beside_torch(lambda t: 5 // t.ones(3, requires_grad=True))


def test_out_is_returned_and_shared():
    out = tinytorch.zeros(2, 3)
    base = out.numpy()
    assert tinytorch.add(tinytorch.ones(2, 3), 1, out=out) is out
    assert (base == 2).all()


def test_a_larger_out_is_resized_with_a_warning():
    out = tinytorch.zeros(5)
    with pytest.warns(UserWarning, match="resized"):
        tinytorch.add(tinytorch.ones(2), 1, out=out)
    assert out.tolist() == [2, 2]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: tinytorch.sum([1, 2]), "sum(): got (list), expected (input: Tensor"),
        (lambda: tinytorch.ones(2).sum(foo=1), "sum(): got (Tensor, foo=int), expected"),
        (lambda: tinytorch.ones(2).sum(axis=0, dim=0), "sum(): got"),
        (lambda: tinytorch.add(tinytorch.ones(1), 1, out=3), "add: expected out to be a Tensor"),
    ],
)
def test_a_call_that_fits_nothing_says_so_in_a_line(call, told):
    with pytest.raises(TypeError) as raised:
        call()
    assert str(raised.value).startswith(told)
    assert "\n" not in str(raised.value)


# Calls that have a shortcut where each argument is of exactly the type of its parameter.
SHORT = {
    "transpose": lambda t, n: t.arange(6.0).view(2, 3).transpose(n(0), n(-1)),
    "transpose by keyword": lambda t, n: t.transpose(t.ones(2, 3), dim1=n(1), dim0=n(0)),
    "view": lambda t, n: t.arange(6.0).view(n(3), n(-1)),
    "view of a tuple": lambda t, n: t.arange(6.0).view((n(3), n(2))),
    "reshape of a Size": lambda t, n: t.arange(6.0).reshape(t.ones(n(2), 3).shape),
    "permute": lambda t, n: t.arange(6.0).view(1, 2, 3).permute(n(2), n(0), n(1)),
    "split": lambda t, _: t.arange(5.0).split(2, dim=0),
    "cat": lambda t, n: t.cat((t.ones(1, 2), t.zeros(1, 2)), dim=n(1)),
    "unsqueeze": lambda t, n: t.ones(2).unsqueeze(n(-1)),
    "layer_norm": lambda t, n: t.layer_norm(t.arange(6.0).view(2, 3), (n(3),)),
    "softmax": lambda t, n: t.softmax(t.arange(3.0), n(0)),
    "cross_entropy": lambda t, n: t.nn.functional.cross_entropy(
        t.arange(6.0).view(2, 3), t.tensor([0, 2]), ignore_index=n(2)
    ),
    "argmax": lambda t, n: t.tensor([1.0, 3.0, n(2)]).argmax(),
    "of no size": lambda t, n: t.ones(2).view(),
    "of too many": lambda t, n: t.ones(2).unsqueeze(n(0), n(0)),
    "of a wrong keyword": lambda t, n: t.transpose(t.ones(2, 3), dim0=n(0), dim2=n(1)),
    "twice": lambda t, n: t.transpose(t.ones(2, 3), n(0), n(1), dim0=n(0)),
    "past the end": lambda t, n: t.ones(2, 3).transpose(n(0), n(5)),
}


@pytest.mark.parametrize("number", [int, np.int64])
@pytest.mark.parametrize("call", SHORT.values(), ids=SHORT)
def test_shortcuts_change_nothing(call, number):
    beside_torch(kind(lambda library: call(library, number)))


def test_a_half_takes_no_shortcut():
    x = tinytorch.ones(2, 3, dtype=tinytorch.float16)
    assert tinytorch.cat([x, x]).dtype == tinytorch.float16
    assert tinytorch.softmax(x, 0).dtype == tinytorch.float16


# One expression each, of `x` = t.arange(6.).view(2, 3), `n` = t.tensor(2.) and `k` = t.tensor(1).
KINDS = """
x.add(x, alpha=n) | t.add(x, x, alpha=n) | x.add_(x, alpha=-n) | x.clamp(n, t.tensor(3.))
x.narrow(1, k, 1) | x.addcmul(x, x, value=n) | x.roll(k, 0) | x.index_fill(0, t.tensor([0]), n)
t.nn.functional.leaky_relu(-x, n) | t.nn.functional.hardtanh(x, -n, n) | t.renorm(x, 2, 0, n)
x.copy_(3.5) | x.long().copy_(2.7) | x.sum(True) | x.sum(0, 1) | x.sum(0, keepdim=None) | x.flip()
x.unsqueeze(False) | x.argmax(keepdim=1) | x.max(0, 1) | x.sort(descending=1) | x.std(True)
x.std(0, True, True) | x.var(0, False) | t.std_mean(x, False) | x.cumsum(True)
x.transpose(0, True)
x.logsumexp(True) | t.stack([x, x], True) | x.amax(0, keepdim=1) | x.unbind(True) | x.diagonal(True)
"a" in x | None in x | 2 in x | n in x | float(x) | int(x) | complex(x)
complex(n) | x.real | x.imag
t.cdist(1.0, x) | t.kron(1.0, x) | x.apply_(lambda a: a.foo) | x.bool().all(0, 1)
"""


@pytest.mark.parametrize(
    "expression", [case.strip() for line in KINDS.split("\n") for case in line.split(" | ") if case]
)
def test_numbers_flags_and_tensors_are_told_apart(expression):
    """A 0-d tensor is a number where one is asked for; True is no dim, and 1 no flag."""
    given = "x, n, k: " + expression
    assert_alike(f"(lambda {given})(t.arange(6.0).view(2, 3), t.tensor(2.0), t.tensor(1))")


# `u` = t.tensor(5, dtype=t.uint8), `w` = t.arange(3, dtype=t.uint8), `f` has what no int32 holds.
SMALL = """
u + -1 | u * -1 | u - 300 | u / -2 | u / 300 | 300 / u | u.div(-2) | u == 300
t.true_divide(u, 300)
u < -1 | u // -2 | w / -2 | w * 300 | w / 300 | u.div(-2, rounding_mode="floor") | w.char() == 300
f.int() | f.short() | f.char() | f.byte() | f.long()
f.double().int() | f.repeat(9).int() | f[2].int()
"""


@pytest.mark.parametrize(
    "expression", [case.strip() for line in SMALL.split("\n") for case in line.split(" | ") if case]
)
def test_numbers_that_a_small_integer_does_not_hold(expression):
    """Beside a tensor of no dims they wrap, and divide as they are; floats become the lowest."""
    f = "t.tensor([float('nan'), float('inf'), 3e38, 1e10, -1e10, 300.5, -1.5, 2.9e9])"
    u, w = "t.tensor(5, dtype=t.uint8)", "t.arange(3, dtype=t.uint8)"
    assert_alike(f"(lambda u, w, f: {expression})({u}, {w}, {f})")

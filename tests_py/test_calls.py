"""Calls as PyTorch's programs write them: numpy's names, sizes by keyword, out=, short errors."""

import numpy as np
import pytest

import tinytorch
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
    "is a slice": lambda t: t.neg(t.ones(2), out=t.zeros(2, 3)[:, 1]),
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

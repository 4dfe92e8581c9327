"""Copies, pickles, keys, weak references and classes derived from Tensor."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import tinytorch
from tinytorch import nn

DTYPES = ["bool", "int64", "float16", "bfloat16", "float32", "float64"]


class Mine(tinytorch.Tensor):
    pass


def leaf():
    x = tinytorch.ones(2, 3, requires_grad=True)
    x.grad = tinytorch.full((2, 3), 2.0)
    x.note = ["kept"]
    return x


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickles_of_every_protocol(dtype, protocol):
    x = tinytorch.ones(2, 3, dtype=getattr(tinytorch, dtype)).t()
    y = pickle.loads(pickle.dumps(x, protocol))
    assert y.dtype is x.dtype
    assert y.float().tolist() == x.float().tolist()
    assert y.stride() == x.stride()
    y.zero_()  # memory of its own
    assert x.float().sum().item() == 6


def test_pickles_keep_class_and_attributes():
    y = pickle.loads(pickle.dumps(leaf()))
    assert y.requires_grad
    assert y.note == ["kept"]
    assert y.grad is None
    p = pickle.loads(pickle.dumps(nn.Parameter(tinytorch.ones(2), requires_grad=False)))
    assert type(p) is nn.Parameter
    assert not p.requires_grad
    assert type(pickle.loads(pickle.dumps(Mine([1.0])))) is Mine
    assert pickle.loads(pickle.dumps(tinytorch.float16)) is tinytorch.float16
    assert pickle.loads(pickle.dumps((leaf() * 2).sum())).item() == 12


def test_copy_shares_and_deepcopy_does_not():
    x = leaf()
    shallow, deep = copy.copy(x), copy.deepcopy(x)
    assert shallow.data_ptr() == x.data_ptr()
    assert shallow is not x
    assert shallow.grad is None
    assert deep.data_ptr() != x.data_ptr()
    assert deep.grad.tolist() == x.grad.tolist()
    assert deep.grad is not x.grad
    assert deep.note == x.note
    assert deep.note is not x.note
    assert deep.requires_grad
    with pytest.raises(RuntimeError, match="leaf"):
        copy.deepcopy(x * 2)


def test_deepcopy_keeps_what_is_shared():
    x = tinytorch.zeros(4)
    a, b, c = copy.deepcopy([x, x[1:3], x])
    assert a is c
    a[1] = 5
    assert b.tolist() == [5, 0]
    assert x.tolist() == [0, 0, 0, 0]
    assert copy.deepcopy(tinytorch.ones(3).expand(2, 3)).stride() == (0, 1)
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    twin = copy.deepcopy(model)
    assert twin[1].weight is twin[0].weight
    assert twin[0].weight is not model[0].weight
    loaded = pickle.loads(pickle.dumps(model))
    assert loaded[1].weight is loaded[0].weight


def test_keys_and_weak_references():
    x, y = tinytorch.ones(2), tinytorch.ones(2)
    assert {x: 1, y: 2}[x] == 1
    assert len({x, y, x}) == 2
    assert x in {x}
    alive = weakref.ref(x)
    assert alive() is x
    del x
    gc.collect()
    assert alive() is None


def test_derived_classes():
    m = Mine([1.0, 2.0])
    assert isinstance(m, tinytorch.Tensor)
    assert (m + 1).tolist() == [2, 3]
    assert type(copy.deepcopy(m)) is Mine
    x = tinytorch.ones(2)
    assert type(x.as_subclass(Mine)) is Mine
    assert x.as_subclass(Mine).data_ptr() == x.data_ptr()
    made = tinytorch.Tensor._make_subclass(Mine, x, True)
    assert made.requires_grad
    (made * 3).sum().backward()
    assert made.grad.tolist() == [3, 3]
    with pytest.raises(TypeError, match="as_subclass"):
        x.as_subclass(int)


class Square(tinytorch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.own = np.ones(1)
        return x * x

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return 2 * x * grad


def test_functions_of_python_are_freed():
    def once():
        x = tinytorch.ones(2, requires_grad=True)
        y = Square.apply(x)
        alive = weakref.ref(y.grad_fn) if hasattr(type(y.grad_fn), "__weakref__") else None
        y.sum().backward()
        return weakref.ref(x), alive

    references = [reference for _ in range(3) for reference in once() if reference is not None]
    gc.collect()
    assert all(reference() is None for reference in references)

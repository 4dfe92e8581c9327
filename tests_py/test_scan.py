"""Scans, beside PyTorch and numpy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tinytorch
from alike import assert_alike

EXPRESSIONS = r"""
t.cummax(t.tensor([1,t.nan,t.nan,3]),0)
t.cummax(t.tensor([1,3,3,2]),0)
t.cummin(t.tensor([True,False]),0)
t.cumsum(t.tensor([True,True]),0)
t.cumsum(t.tensor([1,2],dtype=t.uint8),0)
t.cumsum(t.tensor([1.5,2]),0,dtype=t.int32)
t.tensor([200,100],dtype=t.uint8).cumsum_(0)
t.cumsum(t.tensor(3),0)
t.cumsum(t.tensor(3),1)
t.cumsum(t.zeros(2,2))
t.logcumsumexp(t.tensor([-t.inf,-t.inf,1,t.inf,t.nan]),0)
t.logcumsumexp(t.tensor([1,2]),0)
t.logsumexp(t.tensor([1,2]),0)
t.logsumexp(t.tensor([-t.inf,-t.inf]),0)
t.logsumexp(t.tensor([t.inf,-t.inf]),0)
t.logsumexp(t.tensor([]),0)
t.logsumexp(t.rand(2,3))
t.cumprod(t.tensor([2,3]),0,dtype=t.float64)
t.cumsum(input=t.ones(2),dim=0)
t.ones(2,3).cumsum(axis=1)
t.logsumexp(t.rand(2,3),axis=1)
t.logsumexp(t.rand(2,3),1)
t.logsumexp(t.rand(2,3),(0,1))
t.logsumexp(t.rand(2,3),(0,1),True)
t.logsumexp(t.rand(2,3)*1000,1)
t.logsumexp(t.tensor([[t.inf,1],[t.nan,1],[-t.inf,-t.inf],[t.inf,t.inf]]),1)
t.logsumexp(t.rand(2,3),2)
t.logsumexp(t.rand(0,3),0)
t.logsumexp(t.rand(0,3),1)
t.logsumexp(t.tensor([True,False]),0)
t.logsumexp(t.tensor(2.),0)
t.logsumexp(t.rand(3,4).t(),0)
t.cumsum(t.rand(3,4),1)
t.cumsum(t.rand(3,4),0,dtype=t.float64)
t.cumsum(t.randint(0,9,(3,4)),-1)
t.cumsum(t.rand(3,4).t(),0)
t.cumsum(t.rand(3,40,2),1)
t.cumsum(t.rand(0,4),0)
t.cumsum(t.rand(100000),0)
t.cumprod(t.rand(3,4)*2,1)
t.cumprod(t.tensor([True,False]),0)
t.cumprod(t.tensor([1,2,3],dtype=t.int32),0)
t.cumprod(t.tensor([t.inf,0,1.]),0)
t.rand(3,4).cumsum_(1)
t.rand(3,4).cumprod_(1)
t.rand(3,4).t().cumprod_(1)
t.ones(3,4,dtype=t.int32).cumsum_(1)
t.ones(3,4,dtype=t.int32).cumsum_(1,dtype=t.int64)
t.ones(3,4).cumsum_(3)
t.cummax(t.rand(3,4),1)
t.cummin(t.randint(0,4,(3,40)),1)
t.cummin(t.randint(0,4,(3,40)),0)
t.cummax(t.tensor(3.),0)
t.cummax(t.rand(0,3),0)
t.cummax(t.rand(0,3),1)
t.cummax(t.rand(3,4),3)
t.cummin(t.tensor([t.inf,t.nan,-t.inf]),0)
t.logcumsumexp(t.rand(3,4)*100,1)
t.logcumsumexp(t.rand(3,4)*100,0)
t.logcumsumexp(t.tensor([-t.inf,1,-t.inf]),0)
t.logcumsumexp(t.rand(0),0)
t.rand(3,4).logcumsumexp(dim=1)
t.rand(3,4).logsumexp(dim=1)
""".strip().splitlines()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_beside_pytorch(expression):
    assert_alike(expression)


def test_products_with_zeros_have_exact_gradients():
    for zeros in ([], [1], [0, 2], [3], [0], [1, 2, 3]):
        x = np.array([2.0, -3.0, 0.5, 4.0])
        x[zeros] = 0
        grads = []
        for library in (tinytorch, pytest.importorskip("torch")):
            leaf = library.tensor(x, requires_grad=True)
            (leaf.cumprod(0) * library.tensor([1.0, 2.0, 3.0, 4.0])).sum().backward()
            grads.append(leaf.grad.numpy())
        np.testing.assert_allclose(*grads, atol=1e-12)


def test_infinities_have_gradients():
    for values in ([-np.inf, 1.0, 2.0], [1.0, -np.inf, -np.inf], [3.0, -1000.0, 1000.0]):
        for name in ("logcumsumexp", "logsumexp"):
            x = tinytorch.tensor(values, dtype=tinytorch.float64, requires_grad=True)
            getattr(x, name)(0).sum().backward()
            assert bool(tinytorch.isfinite(x.grad).all()), (name, values, x.grad)


def test_in_place_scans_keep_history():
    x = tinytorch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 2
    assert y.cumsum_(0) is y
    y.sum().backward()
    assert x.grad.tolist() == [6.0, 4.0, 2.0]
    with pytest.raises(RuntimeError, match="leaf"):
        x.cumprod_(0)


@given(
    x=hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=7), elements=st.floats(-2, 2))
)
def test_scans_are_numpys(x):
    t = tinytorch.tensor(x)
    for dim in range(x.ndim):
        np.testing.assert_allclose(t.cumsum(dim).numpy(), np.cumsum(x, dim), atol=1e-12)
        np.testing.assert_allclose(t.cumprod(dim).numpy(), np.cumprod(x, dim), atol=1e-12)
        np.testing.assert_array_equal(t.cummax(dim).values.numpy(), np.maximum.accumulate(x, dim))

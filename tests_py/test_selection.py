"""Selection, scatter, diagonals and windows beside PyTorch, and beside numpy where it has them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import tinytorch
from beside import beside_torch


def x_of(t):
    return t.arange(6.0).reshape(2, 3)


def integers(t, *values):
    return t.tensor(values)


# What is returned, as text: values, dtype and shape.
CASES = {
    "masked_fill 0-d": lambda t: x_of(t).masked_fill(x_of(t) > 2, t.tensor(7)),
    "masked_fill integers": lambda t: t.arange(3).masked_fill(t.tensor([True, False, True]), 2.5),
    "masked_fill broadcasts x": lambda t: t.zeros(3).masked_fill(t.ones(2, 3).bool(), 1),
    "masked_select": lambda t: t.masked_select(t.arange(3.0), t.ones(2, 1).bool()),
    "masked_scatter": lambda t: x_of(t).masked_scatter(x_of(t) > 2, t.arange(9.0) * -1),
    "nonzero": lambda t: (t.nonzero(x_of(t) > 3), t.nonzero(t.tensor(3.0), as_tuple=True)),
    "nonzero 0-d": lambda t: (t.nonzero(t.tensor(3)).shape, t.argwhere(t.tensor(0)).shape),
    "where": lambda t: t.where(x_of(t) > 3),
    "count_nonzero": lambda t: (t.count_nonzero(x_of(t), 0), t.count_nonzero(x_of(t))),
    "isin": lambda t: (t.isin(x_of(t), t.tensor([1, 9, 4])), t.isin(1, x_of(t), invert=True)),
    "isin nan": lambda t: t.isin(t.tensor([float("nan"), 1]), t.tensor([float("nan"), 1])),
    "index_select": lambda t: t.index_select(x_of(t), -1, integers(t, 2, 0, 0)),
    "index_select 0-d": lambda t: t.index_select(t.tensor(3.0), 0, t.tensor(0)),
    "index_select of nothing": lambda t: t.zeros(0, 3).index_select(0, t.tensor([]).long()).shape,
    "index_add": lambda t: x_of(t).index_add(1, integers(t, 0, 0), t.ones(2, 2), alpha=2),
    "index_copy": lambda t: x_of(t).t().index_copy(0, integers(t, 2, 0), t.ones(2, 2)),
    "index_fill": lambda t: x_of(t).index_fill(1, integers(t, 0, -1), t.tensor(7)),
    "index_put": lambda t: x_of(t).index_put((integers(t, 0, 0),), t.tensor(1.0), accumulate=True),
    "take": lambda t: t.take(x_of(t).t(), t.tensor([[0, -1], [1, 1]])),
    "put": lambda t: x_of(t).put_(integers(t, 0, -1), t.tensor([7.0, 8.0])),
    "take_along_dim": lambda t: t.take_along_dim(x_of(t), t.tensor([[0], [2]]), 1),
    "gather 0-d": lambda t: t.gather(t.tensor(3.0), 0, integers(t, 0, 0)),
    "gather of nothing": lambda t: t.gather(x_of(t), 1, t.tensor([]).long()),
    "scatter": lambda t: x_of(t).scatter(1, t.tensor([[0, 1], [2, 0]]), t.ones(2, 3) * 9),
    "scatter value": lambda t: x_of(t).scatter_(0, t.tensor([[1, 0]]), 9),
    "scatter multiply": lambda t: x_of(t).scatter(1, t.tensor([[1, 1]]), 2.0, reduce="multiply"),
    "scatter mean": lambda t: (
        t.zeros(3)
        .long()
        .scatter_reduce(0, integers(t, 0, 0), integers(t, -3, -4), "mean", include_self=False)
    ),
    "scatter_reduce amax": lambda t: x_of(t).scatter_reduce(
        1, t.tensor([[0, 0]]), -t.ones(1, 2), "amax", include_self=False
    ),
    "tril": lambda t: (t.tril(t.ones(2, 3)), t.ones(3, 3).triu_(1), t.ones(2, 2).tril(-(10**12))),
    "tril of bool": lambda t: t.ones(2, 2, 2).bool().tril(),
    "indices": lambda t: (t.tril_indices(2, 3), t.triu_indices(3, 2, -1, dtype=t.int32)),
    "diagonal": lambda t: (t.diagonal(x_of(t), 1), x_of(t).diagonal(5).shape),
    "diagonal strides": lambda t: t.zeros(4, 5, 6).diagonal(1, 0, 2).stride(),
    "diag": lambda t: (t.diag(t.ones(2), -1), t.diag(x_of(t)), t.diagflat(x_of(t)[:, :1])),
    "diag_embed": lambda t: t.diag_embed(x_of(t), 1, 0, 2),
    "trace": lambda t: t.trace(t.arange(6).int().reshape(2, 3)),
    "unfold": lambda t: (t.arange(7).unfold(0, 3, 2), t.tensor(7).unfold(0, 1, 1)),
    "fill_diagonal_": lambda t: t.zeros(7, 3).fill_diagonal_(1, wrap=True),
    "scattered parts": lambda t: (
        x_of(t).select_scatter(t.ones(3), 0, 1),
        x_of(t).slice_scatter(t.ones(2, 1), 1, 1, 2),
        x_of(t).diagonal_scatter(t.ones(2)),
    ),
}
ERRORS = {
    "mask of integers": lambda t: x_of(t).masked_fill(t.tensor([1, 0, 1]), 2.0),
    "value of one dim": lambda t: x_of(t).masked_fill(x_of(t) > 2, t.ones(1)),
    "mask too large": lambda t: t.zeros(3).masked_fill_(t.ones(2, 3).bool(), 1),
    "too few": lambda t: x_of(t).masked_scatter(x_of(t) > 2, t.ones(1)),
    "index_select outside": lambda t: x_of(t).index_select(1, integers(t, 3)),
    "index_select of floats": lambda t: x_of(t).index_select(1, t.ones(1)),
    "index_select by a matrix": lambda t: x_of(t).index_select(1, t.zeros(1, 1).long()),
    "index_add sizes": lambda t: x_of(t).index_add(1, integers(t, 0, 0), t.ones(2, 3)),
    "index_add dtypes": lambda t: x_of(t).index_add(1, integers(t, 0), t.ones(2, 1).double()),
    "index_copy outside": lambda t: x_of(t).index_copy(1, integers(t, -1), t.ones(2, 1)),
    "index_fill outside": lambda t: x_of(t).index_fill(1, integers(t, 3), 1),
    "take outside": lambda t: t.take(x_of(t), integers(t, 6)),
    "put sizes": lambda t: x_of(t).put_(integers(t, 0, 0), t.ones(1)),
    "scatter outside": lambda t: x_of(t).scatter(1, t.tensor([[-1]]), 9),
    "scatter rank": lambda t: x_of(t).scatter(1, integers(t, 0), 9),
    "scatter reduce": lambda t: x_of(t).scatter(1, t.tensor([[0]]), 9, reduce="x"),
    "scatter_add of a number": lambda t: x_of(t).scatter_add(1, t.tensor([[0]]), 2.0),
    "gather outside": lambda t: x_of(t).gather(1, t.tensor([[3]])),
    "gather too long": lambda t: x_of(t).gather(1, t.tensor([[0], [1], [2]])),
    "index_put of an int": lambda t: x_of(t).index_put((1,), t.tensor(5.0)),
    "triangle of a vector": lambda t: t.tril(t.ones(3)),
    "negative rows": lambda t: t.tril_indices(-1, 3),
    "indices of floats": lambda t: t.tril_indices(2, 3, dtype=t.float32),
    "equal dims": lambda t: t.diagonal(x_of(t), 0, 0, 0),
    "diag of a cube": lambda t: t.diag(t.ones(2, 2, 2)),
    "window too large": lambda t: t.arange(3).unfold(0, 4, 1),
    "step of zero": lambda t: t.arange(3).unfold(0, 2, 0),
    "fill_diagonal_ of a box": lambda t: t.zeros(2, 3, 3).fill_diagonal_(1),
    "slice_scatter sizes": lambda t: x_of(t).slice_scatter(t.ones(2, 2), 1, 1, 2),
    "writes to a leaf": lambda t: t.ones(2, 2, requires_grad=True).tril_(),
}


@pytest.mark.parametrize("name", CASES)
def test_beside_pytorch(name):
    beside_torch(CASES[name])


@pytest.mark.parametrize("name", ERRORS)
def test_errors_have_the_types_of_pytorch(name):
    torch = pytest.importorskip("torch")
    kinds = []
    for library in (tinytorch, torch):
        with pytest.raises(Exception) as caught:  # noqa: PT011
            ERRORS[name](library)
        kinds.append(type(caught.value))
    assert kinds[0] is kinds[1]


def test_views_share_memory():
    x = tinytorch.zeros(3, 3)
    x.diagonal(1).fill_(2)
    x.unfold(0, 2, 1)[0, 0, 0] = 5
    assert x.tolist() == [[5, 2, 0], [0, 0, 2], [0, 0, 0]]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_gather_and_scatter_are_those_of_numpy(data):
    shape = data.draw(npst.array_shapes(min_dims=1, max_dims=3, max_side=4))
    dim = data.draw(st.integers(0, len(shape) - 1))
    at_shape = [data.draw(st.integers(1, n)) for n in shape]
    at_shape[dim] = data.draw(st.integers(1, 5))
    x = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    at = data.draw(npst.arrays(np.int64, at_shape, elements=st.integers(0, shape[dim] - 1)))
    inner = tuple(slice(n) if d != dim else slice(None) for d, n in enumerate(at_shape))
    expected = np.take_along_axis(x[inner], at, dim)
    order = data.draw(st.permutations(range(len(shape))))
    back = np.argsort(order)
    strided = tinytorch.tensor(np.ascontiguousarray(x.transpose(order))).permute(*map(int, back))
    got = strided.gather(dim, tinytorch.tensor(at))
    np.testing.assert_array_equal(got.numpy(), expected)
    total = np.zeros(shape)
    places = list(np.indices(at_shape))
    places[dim] = at
    np.add.at(total, tuple(places), expected)
    added = tinytorch.zeros(*shape, dtype=tinytorch.float64)
    added.scatter_add_(dim, tinytorch.tensor(at), tinytorch.tensor(expected))
    np.testing.assert_array_equal(added.numpy(), total)

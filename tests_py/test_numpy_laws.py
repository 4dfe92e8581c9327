"""What numpy has too, beside numpy: random shapes, strides and dtypes for every operation."""

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tinytorch as torch

if not hasattr(torch, "no_grad"):
    pytest.skip("needs autograd", allow_module_level=True)

FLOATS, INTEGERS = ("float32", "float64"), ("int32", "int64", "uint8")
NUMBERS = (*FLOATS, *INTEGERS)
EVERY = (*NUMBERS, "bool")


def rows(names, dtypes, low=-4.0, high=4.0, **others):
    """(tinytorch's name, numpy's, dtypes, bounds of the values)."""
    return [
        pytest.param(name, others.get(name, name), dtypes, low, high, id=name)
        for name in names.split()
    ]


UNARY = [
    *rows("sin cos tan sinh cosh tanh exp exp2 expm1 arctan arcsinh deg2rad rad2deg", FLOATS),
    *rows("log log2 log10 log1p sqrt reciprocal", FLOATS, 0.1, 9.0),
    *rows("arcsin arccos arctanh", FLOATS, -0.95, 0.95),
    *rows("arccosh", FLOATS, 1.1, 9.0),
    *rows("floor ceil trunc sinc signbit isnan isinf isfinite", FLOATS),
    *rows("neg abs square sign", ("float32", "float64", "int32", "int64"), neg="negative"),
    *rows("logical_not", EVERY),
    *rows("bitwise_not", INTEGERS),
]
BINARY = [
    *rows("add mul maximum minimum eq ne lt le gt ge", NUMBERS, mul="multiply", eq="equal",
          ne="not_equal", lt="less", le="less_equal", gt="greater", ge="greater_equal"),
    *rows("sub", ("float32", "float64", "int32", "int64"), sub="subtract"),
    *rows("atan2 hypot copysign fmax fmin logaddexp logaddexp2 nextafter", FLOATS, atan2="arctan2"),
    *rows("div float_power", FLOATS, 0.5, 4.0, div="true_divide"),
    *rows("floor_divide remainder fmod", NUMBERS, 1.0, 9.0),
    *rows("pow", FLOATS, 0.5, 3.0, pow="power"),
    *rows("bitwise_and bitwise_or bitwise_xor", (*INTEGERS, "bool")),
    *rows("logical_and logical_or logical_xor", EVERY),
    *rows("gcd lcm", ("int32", "int64"), 0, 30),
    *rows("heaviside", FLOATS),
]  # fmt: skip
REDUCTIONS = [
    *rows("sum prod", ("float32", "float64", "int64")),
    *rows("mean nansum nanmean std var", FLOATS),
    *rows("amax amin argmax argmin", NUMBERS),
    *rows("all any count_nonzero", EVERY),
]
ALONG = [
    *rows("cumsum cumprod", ("float32", "float64", "int64"), -2.0, 2.0),
    *rows("sort argsort", FLOATS),
    *rows("flip", EVERY),
    *rows("diff", ("float32", "float64", "int64")),
]
MATRICES = [
    *rows("tril triu trace diagonal", NUMBERS),
    *rows("matmul inner outer kron", ("float32", "float64", "int64")),
]


@st.composite
def arrays(draw, dtypes, low, high, shape=None):
    """An array of any layout: row by row, transposed, with steps."""
    if shape is None:
        shape = tuple(draw(st.lists(st.integers(0, 4), max_size=3)))
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    seed = draw(st.integers(0, 2**16))
    layout = draw(st.sampled_from(("rows", "columns", "steps")))
    rng = np.random.default_rng(seed)
    full = tuple(2 * n for n in shape) if layout == "steps" else shape
    if dtype.kind == "b":
        values = rng.random(full) < 0.5
    elif dtype.kind == "f":
        values = rng.uniform(low, high, full)
    else:
        values = rng.integers(max(int(low), 0 if dtype.kind == "u" else -9), int(high) + 1, full)
    values = np.asarray(values, dtype, order="F" if layout == "columns" else "C")
    return values[(..., *(slice(None, None, 2) for _ in shape))] if layout == "steps" else values


LAW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def numpys(name, *args, **kwargs):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return np.asarray(getattr(np, name)(*args, **kwargs))


def check(name, got, expected, given):
    shapes = ", ".join(f"{x.shape} {x.dtype}, strides {x.strides}" for x in given)
    assert tuple(got.shape) == expected.shape, f"{name} of {shapes}: shape {tuple(got.shape)}"
    single = any(x.dtype == np.float32 for x in given)
    np.testing.assert_allclose(
        got.numpy().astype(np.float64),
        expected.astype(np.float64),
        rtol=2e-5 if single else 1e-10,
        atol=2e-5 if single else 1e-10,
        err_msg=f"{name} of {shapes}",
    )


@pytest.mark.parametrize(("name", "theirs", "dtypes", "low", "high"), UNARY)
@LAW
@given(data=st.data())
def test_functions_of_one(name, theirs, dtypes, low, high, data):
    x = data.draw(arrays(dtypes, low, high))
    check(name, getattr(torch, name)(torch.from_numpy(x)), numpys(theirs, x), [x])


@pytest.mark.parametrize(("name", "theirs", "dtypes", "low", "high"), BINARY)
@LAW
@given(data=st.data())
def test_functions_of_two_broadcast(name, theirs, dtypes, low, high, data):
    dtype = data.draw(st.sampled_from(dtypes))
    x = data.draw(arrays((dtype,), low, high))
    shape = tuple(n if data.draw(st.booleans()) else 1 for n in x.shape)
    y = data.draw(arrays((dtype,), low, high, shape[data.draw(st.integers(0, len(shape))) :]))
    got = getattr(torch, name)(torch.from_numpy(x), torch.from_numpy(y))
    check(name, got, numpys(theirs, x, y), [x, y])


@pytest.mark.parametrize(("name", "theirs", "dtypes", "low", "high"), REDUCTIONS)
@LAW
@given(data=st.data())
def test_reductions(name, theirs, dtypes, low, high, data):
    x = data.draw(arrays(dtypes, low, high).filter(lambda x: x.size and min(x.shape, default=1)))
    dim = data.draw(st.sampled_from([None, *range(-x.ndim, x.ndim)]))
    others = {"correction": 0} if name in ("std", "var") else {}
    others |= {} if dim is None else {"dim": dim}
    got = getattr(torch, name)(torch.from_numpy(x), **others)
    check(name, got, numpys(theirs, x, axis=dim), [x])


@pytest.mark.parametrize(("name", "theirs", "dtypes", "low", "high"), ALONG)
@LAW
@given(data=st.data())
def test_functions_along_a_dim(name, theirs, dtypes, low, high, data):
    x = data.draw(arrays(dtypes, low, high).filter(lambda x: x.ndim and min(x.shape)))
    dim = data.draw(st.integers(-x.ndim, x.ndim - 1))
    argument = {"dims": (dim,)} if name == "flip" else {"dim": dim}
    got = getattr(torch, name)(torch.from_numpy(x), **argument)
    got = got.values if name == "sort" else got
    check(name, got, numpys(theirs, x, axis=dim), [x])


@pytest.mark.parametrize(("name", "theirs", "dtypes", "low", "high"), MATRICES)
@LAW
@given(data=st.data())
def test_functions_of_matrices(name, theirs, dtypes, low, high, data):
    n, m, k = (data.draw(st.integers(1, 4)) for _ in range(3))
    dtype = data.draw(st.sampled_from(dtypes))
    x = data.draw(arrays((dtype,), low, high, (n, m)))
    given = [x]
    if name == "matmul":
        given.append(data.draw(arrays((dtype,), low, high, (m, k))))
    elif name in ("inner", "kron"):
        given.append(data.draw(arrays((dtype,), low, high, (k, m))))
    elif name == "outer":
        given = [x[0], data.draw(arrays((dtype,), low, high, (k,)))]
    got = getattr(torch, name)(*map(torch.from_numpy, given))
    check(name, got, numpys(theirs, *given), given)

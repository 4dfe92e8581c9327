"""The unit setup: a x + y, and what happens to vectors that do not fit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinytorch as torch
from tinytorch.tito.law import arrays, law, task


def vector(size, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).uniform(-3, 3, size).astype(dtype)


@task("setup.axpy")
@given(x=arrays(rank=(1, 1)), a=st.floats(-10, 10, width=32))
def test_axpy_is_a_times_x_plus_y(lab, x, a):
    y = np.linspace(-1, 1, x.size, dtype=x.dtype)
    expected = a * x.astype(np.float64) + y
    given = {"a": a, "x": x, "y": y}
    law("a x + y", lab.setup.axpy(a, x, y), expected, given=given, atol=1e-4)


@task("setup.axpy")
def test_axpy_with_zero_and_one(lab):
    x, y = vector(5), vector(5, seed=1)
    law("0 x + y = y", lab.setup.axpy(0.0, x, y), y, given={"x": x, "y": y})
    law("1 x + 0 = x", lab.setup.axpy(1.0, x, np.zeros(5)), x, given=x)


@task("setup.axpy")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [0, 1, 7, 1000])
def test_axpy_of_any_size_keeps_the_dtype(lab, size, dtype):
    x, y = vector(size, dtype=dtype), vector(size, seed=1, dtype=dtype)
    z = lab.setup.axpy(0.5, x, y)
    law("a x + y", z, dtype(0.5) * x + y, given={"x": x, "y": y})
    law("the dtype stays", z.dtype.name, np.dtype(dtype).name)


# --- given code ---


def test_axpy_writes_into_neither_operand(lab):
    def operands(x, y):
        torch.setup.axpy(2.0, x, y)
        return x, y

    x, y = vector(4), vector(4, seed=1)
    after_x, after_y = lab.run(operands, x, y)
    law("x stays", after_x, x)
    law("y stays", after_y, y)


def test_axpy_reads_strided_vectors(lab):
    x, y = vector(12)[::3], vector(8, seed=1)[::-2]
    law("a x + y", lab.setup.axpy(2.0, x, y), 2 * x + y, given={"x": x, "y": y})


def test_axpy_names_what_does_not_fit(lab):
    for x, y in ((vector(3), vector(4)), (vector(3), vector(0))):
        with pytest.raises(
            RuntimeError, match=r"axpy: expected two vectors of one size, got \(3,\)"
        ):
            lab.setup.axpy(1.0, x, y)
    with pytest.raises(RuntimeError, match="axpy: expected vectors, got 2 dims"):
        lab.setup.axpy(1.0, vector((2, 3)), vector((2, 3)))
    with pytest.raises(RuntimeError, match="axpy: expected equal dtypes, got float32 and float64"):
        lab.setup.axpy(1.0, vector(3, dtype=np.float32), vector(3))
    with pytest.raises(TypeError, match="axpy: expected arrays of float32 or float64, got int64"):
        lab.setup.axpy(1.0, np.arange(3), np.arange(3))

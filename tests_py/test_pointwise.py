"""Functions of numbers beside PyTorch: every dtype, both kinds of operand, in place."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import tinytorch
from beside import beside_torch

UNARY = """
    acos acosh asin asinh atan atanh cosh sinh tan erf erfc erfinv exp2 expm1 log1p log2 log10 rsqrt
    frac fix sgn signbit digamma lgamma logit i0 deg2rad rad2deg nan_to_num isposinf isneginf isreal
    negative absolute angle round trunc
"""
BINARY = """
    atan2 fmod fmin fmax hypot copysign logaddexp logaddexp2 xlogy float_power gcd lcm
    bitwise_left_shift bitwise_right_shift clamp_min clamp_max subtract multiply divide
    floor_divide remainder maximum minimum
"""
SPECIAL = "entr erfcx i0e i1 i1e log_ndtr ndtr ndtri expit gammaln psi"
FLOATS = [0.0, -0.0, 0.3, -0.9, 1.0, -1.0, 2.5, -3.5, 17.2, 88.0, 1e-6, 1e3]
FLOATS += [math.inf, -math.inf, math.nan]
VALUES = {
    "bool": [True, False],
    "uint8": [0, 1, 2, 7, 128, 255],
    "int8": [0, 1, 2, 7, -1, -7, 127],
    "int64": [0, 1, 2, 7, -1, -7, 2**40],
    "float32": FLOATS,
    "float64": FLOATS,
}
TOLERANCE = {"float32": 2e-5, "float64": 1e-10}


def outcome(call):
    """The result as numpy, or the error's type."""
    try:
        y = call()
    except Exception as error:
        return type(error).__name__
    return str(y.dtype), y.numpy()


def assert_alike(call, dtype):
    torch = pytest.importorskip("torch")
    ours, theirs = outcome(lambda: call(tinytorch)), outcome(lambda: call(torch))
    if isinstance(theirs, str) or isinstance(ours, str):
        assert ours == theirs
        return
    assert ours[0] == theirs[0]
    tolerance = TOLERANCE.get(dtype, 1e-5)
    np.testing.assert_allclose(ours[1], theirs[1], tolerance, tolerance / 10)


@pytest.mark.parametrize("dtype", VALUES)
@pytest.mark.parametrize("name", UNARY.split())
def test_of_one_number(name, dtype):
    def call(t):
        return getattr(t, name)(t.tensor(VALUES[dtype], dtype=getattr(t, dtype)))

    def in_place(t):
        x = t.tensor(VALUES[dtype], dtype=getattr(t, dtype))
        return getattr(x, f"{name}_")()

    assert_alike(call, dtype)
    assert_alike(in_place, dtype)


@pytest.mark.parametrize("dtype", VALUES)
@pytest.mark.parametrize("name", BINARY.split())
def test_of_two_numbers(name, dtype):
    pairs = [(a, b) for a in VALUES[dtype] for b in VALUES[dtype]]
    if name in ("fmod", "floor_divide", "remainder") and "int" in dtype:
        pairs = [(a, b) for a, b in pairs if b != 0]

    def call(t):
        a, b = (t.tensor(list(x), dtype=getattr(t, dtype)) for x in zip(*pairs, strict=True))
        return getattr(t, name)(a, b)

    assert_alike(call, dtype)


@pytest.mark.parametrize("name", SPECIAL.split())
def test_special_functions(name):
    points = np.concatenate([np.linspace(-20, 20, 81), [1e-8, 0.01, 0.99, 1 - 1e-12, 1e-20]])
    assert_alike(lambda t: getattr(t.special, name)(t.from_numpy(points)), "float64")


arrays = npst.arrays(
    np.float64,
    npst.array_shapes(min_dims=0, max_dims=3, max_side=4),
    elements=st.floats(-50, 50),
)


@settings(max_examples=40, deadline=None)
@given(x=arrays, y=arrays, step=st.sampled_from([1, 2, -1]))
def test_broadcasting_and_strides_are_those_of_numpy(x, y, step):
    if step == 2 and x.ndim:
        x = x.T[::2]
    try:
        expected = np.hypot(x, y)
    except ValueError:
        with pytest.raises(RuntimeError):
            tinytorch.hypot(tinytorch.tensor(x), tinytorch.tensor(y))
        return
    got = tinytorch.hypot(tinytorch.tensor(x), tinytorch.tensor(y))
    assert tuple(got.shape) == expected.shape
    np.testing.assert_allclose(got.numpy(), expected, 1e-14)


CASES = {
    "trunc of integers": lambda t: t.div(t.tensor([-7, 7]), 2, rounding_mode="trunc").tolist(),
    "floor of integers": lambda t: t.div(t.tensor([-7, 7]), 2, rounding_mode="floor").tolist(),
    "least by -1": lambda t: (
        (t.tensor([-(2**63)]) // -1).tolist(),
        t.fmod(t.tensor([-(2**63)]), -1).tolist(),
    ),
    "alpha of a number": lambda t: t.add(t.tensor([1.0]), 2, alpha=3).item(),
    "shifts": lambda t: ((t.tensor([1, 2]) << 3).tolist(), (2 >> t.tensor([0, 1])).tolist()),
    "past the last bit": lambda t: (t.tensor([-5, 5]) >> 99).tolist(),
    "lerp by a number": lambda t: t.tensor([1.0]).lerp(t.tensor([3.0]), 0.25).item(),
    "addcmul of integers": lambda t: t.addcmul(t.tensor([1]), t.tensor([2]), t.tensor([3])).item(),
    "tensor bounds": lambda t: t.tensor([1.0, 5.0]).clamp(t.tensor(2.0), t.tensor([3.0])).tolist(),
    "crossed bounds": lambda t: t.tensor([1.0]).clamp(t.tensor([3.0]), t.tensor([2.0])).item(),
    "heaviside": lambda t: t.heaviside(t.tensor([-1.0, 0.0]), t.tensor([0.5])).tolist(),
    "round to tens": lambda t: t.tensor([123.0, 155.0]).round(decimals=-1).tolist(),
    "mvlgamma": lambda t: round(t.mvlgamma(t.tensor(3.0), 2).item(), 4),
    "polygamma": lambda t: round(t.polygamma(3, t.tensor(2.0)).item(), 4),
    "wide in place": lambda t: t.zeros(3).atan2_(t.ones(3)).tolist(),
}
ERRORS = {
    "a float into integers": lambda t: t.tensor([1]).clamp_(0.5),
    "a float pair into integers": lambda t: t.tensor([1]).copysign_(t.tensor([1.0])),
    "growing in place": lambda t: t.ones(3).atan2_(t.ones(2, 3)),
    "division by zero": lambda t: t.fmod(t.tensor([1]), 0),
    "negative power": lambda t: t.tensor([2]).pow(-1),
    "a fraction of integers": lambda t: t.add(t.tensor([1]), t.tensor([1]), alpha=0.5),
    "a number for a tensor": lambda t: t.atan2(t.tensor([1.0]), 2),
    "a number before a comparison": lambda t: t.eq(2, t.tensor([2])),
    "a number beside maximum": lambda t: t.maximum(t.tensor([2]), 2),
    "lerp of two dtypes": lambda t: t.lerp(t.ones(1), t.ones(1, dtype=t.float64), 0.5),
    "no bound": lambda t: t.ones(1).clamp(),
    "rounding mode": lambda t: t.div(t.ones(1), 2, rounding_mode="up"),
    "integers in addcdiv": lambda t: t.addcdiv(t.tensor([1]), t.tensor([1]), t.tensor([1])),
    "imag": lambda t: t.imag(t.ones(1)),
    "gcd of floats": lambda t: t.gcd(t.ones(1), t.ones(1)),
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

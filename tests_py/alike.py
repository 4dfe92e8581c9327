"""One expression on both libraries: the same types, dtypes, shapes, values, warnings and errors.

An expression is text in which `t` is the library and `np` numpy; both generators start at one seed.
"""

import warnings
from typing import Any

import numpy as np
import pytest

import tinytorch


def flat(value: Any) -> list[Any]:
    """The tensors and other results in nested tuples and lists."""
    if isinstance(value, (tuple, list)):
        return [leaf for item in value for leaf in flat(item)]
    return [value]


def evaluate(expression: str, library: Any) -> tuple[Any, list[str]]:
    """What it gives, or the exception that it raises, and the kinds of its warnings."""
    library.manual_seed(5)
    # What compiles with dynamo (flex_attention) turns this off in PyTorch, and leaves it off.
    library.distributions.Distribution.set_default_validate_args(True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = eval(expression, {"t": library, "np": np})
        except Exception as error:
            value = error
    return value, sorted({warning.category.__name__ for warning in caught})


def assert_alike(expression: str, tolerance: float = 5e-7) -> None:
    """Values agree within `tolerance`, of float64 within 1e-13; integers are equal."""
    torch = pytest.importorskip("torch")
    ours, our_warnings = evaluate(expression, tinytorch)
    theirs, their_warnings = evaluate(expression, torch)
    assert type(ours).__name__ == type(theirs).__name__, (ours, theirs)
    assert our_warnings == their_warnings
    if isinstance(theirs, Exception):
        return
    for mine, other in zip(flat(ours), flat(theirs), strict=True):
        if not isinstance(other, torch.Tensor):
            assert str(mine) == str(other)
            continue
        assert str(mine.dtype) == str(other.dtype)
        assert tuple(mine.shape) == tuple(other.shape)
        within = 1e-13 if other.dtype is torch.float64 else tolerance
        values = (x.detach().double().numpy() for x in (mine, other))
        np.testing.assert_allclose(*values, rtol=within, atol=within)

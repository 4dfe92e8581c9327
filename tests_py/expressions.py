"""Expressions in PyTorch's words, evaluated on both libraries: results and errors compared."""

import warnings
from typing import Any

import numpy as np
import pytest

import tinytorch


def expressions(table: str) -> list[str]:
    """The expressions of a table: one a line, or several with | between them."""
    return [part.strip() for line in table.strip().splitlines() for part in line.split(" | ")]


def names(library: Any) -> dict[str, Any]:
    """What an expression can use."""

    def made(*shape: int, seed: int = 0) -> Any:
        """Distinct float64 values."""
        return library.from_numpy(np.random.default_rng(seed).standard_normal(shape))

    return {
        "torch": library,
        "np": np,
        "inf": float("inf"),
        "nan": float("nan"),
        "r": made,
        "x": made(2, 3),
        "v": made(3, seed=1),
        "square": made(3, 3, seed=2),
        "i": library.arange(6).reshape(2, 3),
    }


def outcome(library: Any, expression: str) -> Any:
    """The value, or the error's type by name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return eval(expression, names(library))
        except Exception as error:
            return type(error)


def described(value: Any) -> Any:
    """A value as plain Python, numbers apart from what must be equal exactly."""
    if isinstance(value, type):
        return value.__name__.removeprefix("_"), None
    if hasattr(value, "dtype") and hasattr(value, "detach"):
        return ("tensor", str(value.dtype), tuple(value.shape)), value.detach().double().numpy()
    if isinstance(value, (tuple, list)):
        pairs = [described(item) for item in value]
        return [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return str(value), None


def same(a: Any, b: Any, tolerance: float) -> bool:
    if isinstance(a, list):
        return all(same(x, y, tolerance) for x, y in zip(a, b, strict=True))
    return a is None or np.allclose(a, b, tolerance, tolerance, equal_nan=True)


def agree(expression: str, tolerance: float = 1e-5) -> None:
    """Holds when both libraries give the same, or raise errors of the same type."""
    torch = pytest.importorskip("torch")
    ours, theirs = (outcome(library, expression) for library in (tinytorch, torch))
    (mine, my_numbers), (other, other_numbers) = described(ours), described(theirs)
    assert mine == other, expression
    assert same(my_numbers, other_numbers, tolerance), f"{expression}: {ours} and {theirs}"

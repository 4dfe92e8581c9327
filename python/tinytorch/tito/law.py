"""What a grading test says: the task it grades, the law that must hold, the story when it does not.

    @task("activations.softmax")
    @given(x=arrays())
    def test_rows_sum_to_one(lab, x):
        law("rows sum to one", lab.activations.softmax(x, -1).sum(-1), np.ones(len(x)), given=x)

Expected values are numpy's, computed here; `lab` calls the student's code in another process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies

task = pytest.mark.task

Array = np.ndarray[Any, Any]
TOLERANCE = {"float32": (2e-5, 1e-6), "float64": (1e-9, 1e-12)}


class Broken(AssertionError):
    """A law that does not hold.  Its words are the story but for where to read and how to rerun."""

    def __init__(
        self, name: str, lines: list[str], hint: str | None, read: str, shapes: list[str]
    ) -> None:
        super().__init__("\n".join([name, *lines]))
        self.name, self.lines, self.hint, self.read = name, lines, hint, read
        self.shapes = shapes  # of the inputs: what may be told of a hidden test


def law(
    name: str,
    actual: Any,
    expected: Any,
    *,
    given: Any = None,
    rtol: float | None = None,
    atol: float | None = None,
    hint: str | None = None,
    read: str = "",
) -> None:
    """Holds when `actual` is `expected`: the same shape, and equal values; floats within tolerance.

    given: the input, or a dict of inputs by name, for the story.  rtol, atol: by default what
    actual's dtype deserves.  read: a section of the unit's chapter.  Raises Broken.
    """
    difference = _difference(actual, expected, rtol, atol)
    if difference:
        inputs = given if isinstance(given, Mapping) else {} if given is None else {"x": given}
        lines = [*(f"{key}: {describe(value)}" for key, value in inputs.items()), *difference]
        shapes = [f"{key}: {shape(value)}" for key, value in inputs.items()]
        raise Broken(name, lines, hint, read, shapes)


def shape(value: Any) -> str:
    """`(3, 4) float32`: of an input, all but its values."""
    if isinstance(value, np.ndarray | np.generic):
        return f"{np.shape(value)} {value.dtype}"
    return type(value).__name__


def describe(value: Any) -> str:
    """`(3, 4) float32, first row [1. 2. 3. 4.]`"""
    if not isinstance(value, np.ndarray) or value.ndim == 0:
        return str(value)
    text = f"{value.shape} {value.dtype}"
    if value.size == 0:
        return text + ", empty"
    row = value.reshape(-1, value.shape[-1])[0]
    with np.printoptions(precision=6, threshold=8, edgeitems=4, linewidth=200):
        return f"{text}, {'first row ' if value.ndim > 1 else ''}{row}"


def _difference(actual: Any, expected: Any, rtol: float | None, atol: float | None) -> list[str]:
    numeric = (np.ndarray, np.generic)
    if not isinstance(actual, numeric) and not isinstance(expected, numeric):
        return [] if actual == expected else [f"expected {expected!r}, got {actual!r}"]
    a, e = np.asarray(actual), np.asarray(expected)
    if a.shape != e.shape:
        return [f"expected shape {e.shape}, got {a.shape}"]
    default = TOLERANCE.get(a.dtype.name, (0.0, 0.0))
    wrong = ~np.isclose(
        a, e, default[0] if rtol is None else rtol, default[1] if atol is None else atol, True
    )
    if not wrong.any():
        return []
    first = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
    place = ", ".join(str(int(i)) for i in first)
    where = f"at [{place}]: " if place else ""
    wanted = e[first].astype(a.dtype) if a.dtype.kind == "f" else e[first]
    story = [f"{where}expected {wanted!s}, got {a[first]!s}"]
    if wrong.sum() > 1:
        story.append(f"{int(wrong.sum())} of {wrong.size} elements are wrong")
    return story


def gradient(f: Callable[[Array], Array], x: Array, grad: Array) -> Array:
    """The gradient of sum(grad * f(x)) by x from central differences, in float64."""
    x = np.array(x, np.float64)
    result = np.zeros_like(x)
    step = 1e-5
    for at in np.ndindex(x.shape):
        value = x[at]
        x[at] = value + step
        above = f(x)
        x[at] = value - step
        below = f(x)
        x[at] = value
        result[at] = np.sum(grad * (above - below)) / (2 * step)
    return result


@strategies.composite
def arrays(
    draw: strategies.DrawFn,
    rank: tuple[int, int] = (1, 3),
    limit: float = 50.0,
    dtype: str = "float32",
) -> Array:
    """Arrays of up to 6 along a dim, of values with one decimal in [-limit, limit], some zero.

    Their dims lie in memory in any order.  Drawn from a seed: fast, and short to print.
    """
    sizes = strategies.integers(1, 6)
    shape = draw(strategies.lists(sizes, min_size=rank[0], max_size=rank[1]))
    spread = draw(strategies.sampled_from([1.0, min(10.0, limit), limit]))
    random = np.random.default_rng(draw(strategies.integers(0, 2**32 - 1)))
    order = random.permutation(len(shape))
    values = random.uniform(-spread, spread, [shape[dim] for dim in order]).round(1)
    return values.astype(dtype).transpose(np.argsort(order))

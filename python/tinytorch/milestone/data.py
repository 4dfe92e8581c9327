"""The examples that milestones learn from: points made on the spot, XOR, and handwritten digits."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


class DataError(Exception):
    """Data that cannot be had; the message is a sentence for the user."""


# What reading a file raises that holds something else than what was saved.
BROKEN = (
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
)


@dataclass(frozen=True)
class Points:
    """x: (N, 2) float32.  t: (N,) float32, +1 or -1."""

    x: Array
    t: Array


GAP = 0.05  # that a random line keeps from the points on both sides


def points_beside_a_line(seed: int, count: int = 100, gap: float = GAP) -> Points:
    """Points of the square [-1, 1]^2, +1 on one side of a random line, none within `gap` of it."""
    draw = np.random.default_rng(seed)
    angle, offset = draw.uniform(0, 2 * np.pi), draw.uniform(-0.3, 0.3)
    x = draw.uniform(-1, 1, (20 * count, 2))
    distance = x @ [np.cos(angle), np.sin(angle)] + offset
    clear = np.flatnonzero(np.abs(distance) >= gap)[:count]
    return Points(x[clear].astype(np.float32), np.sign(distance[clear]).astype(np.float32))


def xor() -> Points:
    """All of XOR: +1 where exactly one of the inputs is 1."""
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    return Points(x, np.array([-1, 1, 1, -1], np.float32))


@dataclass(frozen=True)
class Digits:
    """Images in [0, 1], x: (N, side * side) float32, and what they show, y: (N,) int64."""

    x: Array
    y: Array
    test_x: Array
    test_y: Array
    side: int


def bundled_digits() -> Digits:
    """The 1797 digits of 8 x 8 pixels in scikit-learn; every run keeps the same fifth for the test.

    Scanned from forms in the 1990s (Alpaydin and Kaynak, UCI).
    """
    try:
        from sklearn.datasets import load_digits  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        raise DataError(
            "digits: they come with scikit-learn: pip install 'tinytorch-cpp[milestones]'"
        ) from None

    images, y = load_digits(return_X_y=True)
    x = (images / 16).astype(np.float32)
    order = np.random.default_rng(1986).permutation(len(x))
    test, train = np.split(order, [len(x) // 5])
    return Digits(x[train], y[train], x[test], y[test], side=8)


def mnist_digits() -> Digits:
    """MNIST: 60,000 digits of 28 x 28 pixels, and 10,000 by other writers for the test."""
    from tinytorch.milestone import mnist

    x, y, test_x, test_y = mnist.load()
    return Digits(_unit(x), y.astype(np.int64), _unit(test_x), test_y.astype(np.int64), side=28)


def _unit(images: Array) -> Array:
    return images.reshape(len(images), -1).astype(np.float32) / 255


def moved_right(images: Array, side: int, pixels: int) -> Array:
    """The same images, so many pixels further to the right.  (N, side * side)."""
    moved = np.zeros((len(images), side, side), images.dtype)
    moved[:, :, pixels:] = images.reshape(-1, side, side)[:, :, :-pixels]
    return moved.reshape(images.shape)

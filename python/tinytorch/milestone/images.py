"""Images for convolutional networks: the bundled digits, MNIST, CIFAR-10; as bytes, in planes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tinytorch.milestone import data

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Images:
    """x: (N, C, H, W) uint8, y: (N,) int64; mean and deviation of each channel, of x / 255."""

    x: Array
    y: Array
    test_x: Array
    test_y: Array
    mean: Array
    deviation: Array
    names: tuple[str, ...]

    def scaled(self, images: Array) -> Array:
        """(N, C, H, W) float32, each channel of mean 0 and deviation 1."""
        unit = images.astype(np.float32) / np.float32(255)
        moved: Array = (unit - self.mean[:, None, None]) / self.deviation[:, None, None]
        return moved


def load(source: str) -> Images:
    """digits, mnist or cifar10.  Raises DataError when they cannot be had."""
    if source == "cifar10":
        return _cifar()
    digits = data.bundled_digits() if source == "digits" else data.mnist_digits()
    shape = (-1, 1, digits.side, digits.side)
    planes = [np.rint(x * 255).astype(np.uint8).reshape(shape) for x in (digits.x, digits.test_x)]
    return _measured(
        planes[0], digits.y, planes[1], digits.test_y, tuple(str(digit) for digit in range(10))
    )


def _measured(x: Array, y: Array, test_x: Array, test_y: Array, names: tuple[str, ...]) -> Images:
    unit = x[:10_000] / np.float32(255)
    mean, deviation = unit.mean((0, 2, 3)), unit.std((0, 2, 3))
    # As numbers that a program would write down.
    return Images(x, y, test_x, test_y, _short(mean), _short(deviation), names)


def _short(values: Array) -> Array:
    return np.round(values.astype(np.float64), 4).astype(np.float32)


def _cifar() -> Images:
    from tinytorch.vision.datasets import CIFAR10

    try:
        train, test = CIFAR10(train=True), CIFAR10(train=False)
    except (RuntimeError, ImportError) as error:
        raise data.DataError(
            f"cifar10: {error}. Put cifar-10-batches-py, data_batch_1..5.bin with test_batch.bin, "
            "or cifar10-jpeg.tar.xz into $TINYTORCH_DATA/cifar10"
        ) from None
    planes = [np.ascontiguousarray(part.data.transpose(0, 3, 1, 2)) for part in (train, test)]
    labels = [np.array(part.targets, np.int64) for part in (train, test)]
    return _measured(planes[0], labels[0], planes[1], labels[1], tuple(train.classes))


def window_of(images: Images, original: Array, shown: Array, padding: int, mirrors: bool) -> bool:
    """Whether `shown` (C, H, W), scaled, is the image, moved by at most `padding`, or mirrored."""
    _, height, width = original.shape
    around = ((0, 0), (padding, padding), (padding, padding))
    wide = np.pad(original, around)
    for candidate in (wide, wide[:, :, ::-1]) if mirrors else (wide,):
        windows = np.lib.stride_tricks.sliding_window_view(
            images.scaled(candidate), (height, width), axis=(1, 2)
        )  # (C, 2 padding + 1, 2 padding + 1, H, W)
        found = np.isclose(windows, shown[:, None, None], atol=1e-4).all((0, 3, 4))
        if found.any():
            return True
    return False

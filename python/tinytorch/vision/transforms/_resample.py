"""Tensors on another grid: resized, rotated, sheared, blurred.

Resizing is a matrix product along each axis: row i of the matrix weighs the inputs that output i
sees. Warps ask for each output where it comes from.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinytorch import _creation
from tinytorch.nn.functional._resampling import nearest
from tinytorch.vision.transforms._tensor import FLOATS, as_array, checked

Array = np.ndarray[Any, Any]


def _f32(values: Any) -> Any:
    return np.array(values, np.float32)


def _wide(img: Any) -> Array:
    """As floats, float64 kept."""
    array: Array = as_array(img)
    return array if array.dtype == np.float64 else array.astype(np.float32)


def _back(array: Array, img: Any, clamp: bool = False) -> Any:
    """As a tensor of the image's dtype; integers are rounded."""
    if img.dtype not in FLOATS:
        array = np.rint(array)
        if clamp:
            array = np.clip(array, 0, 255)
    return _creation.from_numpy(np.ascontiguousarray(array)).to(img.dtype)


# --- resizing -------------------------------------------------------------------------------------


def resize(img: Any, size: list[int], interpolation: str, antialias: bool | None) -> Any:
    checked(img)
    if min(size) <= 0 or min(img.shape[-2:]) <= 0:
        raise RuntimeError(
            "Input and output sizes should be greater than 0, but got "
            f"input (H: {img.shape[-2]}, W: {img.shape[-1]}) output (H: {size[0]}, W: {size[1]})"
        )
    if interpolation in ("nearest", "nearest-exact"):
        rows, columns = (
            nearest(before, out, None, interpolation == "nearest-exact")
            for out, before in zip(size, img.shape[-2:], strict=True)
        )
        return img[..., _creation.from_numpy(rows)[:, None], _creation.from_numpy(columns)]
    if interpolation not in ("bilinear", "bicubic"):
        raise ValueError(f"Interpolation mode '{interpolation}' is unsupported with Tensor input")
    array = _wide(img)
    kernel = _weights if antialias else _point_weights
    for axis, out in ((-1, size[1]), (-2, size[0])):
        before = array.shape[axis]
        if out == before:
            continue
        weights = kernel(out, before, interpolation).astype(array.dtype)
        array = array @ weights.T if axis == -1 else weights @ array
    return _back(array, img, clamp=interpolation == "bicubic")


def _triangle(x: float) -> float:
    return max(0.0, 1.0 - abs(x))


def _cubic(a: float) -> Callable[[float], float]:
    def value(x: float) -> float:
        x = abs(x)
        if x < 1:
            return ((a + 2) * x - (a + 3)) * x * x + 1
        return (((x - 5) * x + 8) * x - 4) * a if x < 2 else 0.0

    return value


def _weights(out: int, before: int, interpolation: str) -> Array:
    """(out, before): each output is a mean over all inputs that it covers."""
    scale = before / out
    stretch = max(scale, 1.0)
    cubic = interpolation == "bicubic"
    support = (2.0 if cubic else 1.0) * stretch
    kernel = _cubic(-0.5) if cubic else _triangle
    matrix = np.zeros((out, before))
    for i in range(out):
        center = scale * (i + 0.5)
        first, last = max(int(center - support + 0.5), 0), min(int(center + support + 0.5), before)
        row = np.array([kernel((j - center + 0.5) / stretch) for j in range(first, last)])
        matrix[i, first:last] = row / row.sum()
    return matrix


def _point_weights(out: int, before: int, interpolation: str) -> Array:
    """(out, before): each output is interpolated between the inputs around one point."""
    scale = before / out
    matrix = np.zeros((out, before))
    cubic = interpolation == "bicubic"
    for i in range(out):
        at = scale * (i + 0.5) - 0.5
        at = at if cubic else max(at, 0.0)
        base = math.floor(at)
        kernel, reach = (_cubic(-0.75), range(-1, 3)) if cubic else (_triangle, range(2))
        for step in reach:
            j = min(max(base + step, 0), before - 1)
            matrix[i, j] += kernel(at - base - step)
    return matrix


# --- warps ----------------------------------------------------------------------------------------


def affine(img: Any, matrix: list[float], interpolation: str, fill: Any) -> Any:
    height, width = img.shape[-2:]
    return _warped(img, matrix, height, width, interpolation, fill)


def rotate(img: Any, matrix: list[float], interpolation: str, expand: bool, fill: Any) -> Any:
    height, width = img.shape[-2:]
    if expand:
        width, height = _extent(matrix, width, height)
    return _warped(img, matrix, height, width, interpolation, fill)


def _extent(matrix: list[float], width: int, height: int) -> tuple[int, int]:
    """The size of the smallest frame that holds the whole rotated image."""
    corners = np.array(
        [
            [-0.5 * width, -0.5 * height, 1.0],
            [-0.5 * width, 0.5 * height, 1.0],
            [0.5 * width, 0.5 * height, 1.0],
            [0.5 * width, -0.5 * height, 1.0],
        ],
        np.float32,
    )
    moved = corners @ np.array(matrix, np.float32).reshape(2, 3).T
    low = moved.min(0) + _f32([width * 0.5, height * 0.5])
    high = moved.max(0) + _f32([width * 0.5, height * 0.5])
    tolerance = np.float32(1e-4)
    ends = np.ceil(np.trunc(high / tolerance) * tolerance)
    size = ends - np.floor(np.trunc(low / tolerance) * tolerance)
    return int(size[0]), int(size[1])


def _warped(
    img: Any, matrix: list[float], height: int, width: int, interpolation: str, fill: Any
) -> Any:
    """Output (i, j) comes from where `matrix` sends it; coordinates count from the centre."""
    checked(img)
    channels = img.shape[-3] if img.dim() > 2 else 1
    if isinstance(fill, (tuple, list)) and len(fill) > 1 and len(fill) != channels:
        raise ValueError(
            "The number of elements in 'fill' cannot broadcast to match the number of channels of "
            f"the image ({len(fill)} != {channels})"
        )
    if interpolation not in ("nearest", "bilinear"):
        raise ValueError(f"Interpolation mode '{interpolation}' is unsupported with Tensor input")
    array = _wide(img)
    h, w = array.shape[-2:]
    theta = np.array(matrix, np.float32).reshape(2, 3).T / _f32([0.5 * w, 0.5 * h])
    x = np.linspace(-width * 0.5 + 0.5, width * 0.5 - 0.5, width, dtype=np.float32)
    y = np.linspace(-height * 0.5 + 0.5, height * 0.5 - 0.5, height, dtype=np.float32)
    base = np.stack(
        [np.broadcast_to(x, (height, width)), np.broadcast_to(y[:, None], (height, width)),
         np.ones((height, width), np.float32)], axis=-1,
    )  # fmt: skip
    grid = base.reshape(-1, 3) @ theta.astype(np.float32)
    across = ((grid[:, 0] + 1) * w - 1) / 2
    down = ((grid[:, 1] + 1) * h - 1) / 2
    flat = array.reshape(*array.shape[:-2], h * w)
    if interpolation == "nearest":
        sampled, mask = _at(flat, np.rint(down), np.rint(across), h, w)
    else:
        sampled = np.zeros((*flat.shape[:-1], len(across)), array.dtype)
        mask = np.zeros(len(across), array.dtype)
        top, left = np.floor(down), np.floor(across)
        for row, part_y in ((top, top + 1 - down), (top + 1, down - top)):
            for column, part_x in ((left, left + 1 - across), (left + 1, across - left)):
                found, inside = _at(flat, row, column, h, w)
                sampled += found * (part_y * part_x)
                mask = mask + inside * (part_y * part_x)
    if fill is not None:
        colour = np.asarray(fill, array.dtype).reshape(-1, 1)
        if img.dim() == 2:
            colour = colour[0]
        if interpolation == "nearest":
            sampled = np.where(np.asarray(mask) < 0.5, colour, sampled)
        else:
            sampled = sampled * mask + (1 - np.asarray(mask)) * colour
    return _back(sampled.reshape(*array.shape[:-2], height, width).astype(array.dtype), img)


def _at(flat: Array, rows: Array, columns: Array, h: int, w: int) -> tuple[Array, Array]:
    """The pixels there, 0 outside of the image, and which are inside."""
    inside = (rows >= 0) & (rows < h) & (columns >= 0) & (columns < w)
    at = np.where(inside, rows * w + columns, 0).astype(np.int64)
    return flat[..., at] * inside, inside


def gaussian_blur(img: Any, kernel_size: list[int], sigma: list[float]) -> Any:
    checked(img)
    array = _wide(img)
    for axis, size, deviation in ((-1, kernel_size[0], sigma[0]), (-2, kernel_size[1], sigma[1])):
        half = size // 2
        if half >= array.shape[axis]:
            raise RuntimeError(
                f"gaussian_blur: kernel_size {size} is too large for an image of shape "
                f"{tuple(img.shape)}"
            )
        at = np.arange(-half, half + 1)
        bell = np.exp(-0.5 * (at / deviation) ** 2)
        bell = (bell / bell.sum()).astype(array.dtype)
        around = [(0, 0)] * array.ndim
        around[axis] = (half, half)
        wide = np.moveaxis(np.pad(array, around, mode="reflect"), axis, -1)
        length = array.shape[axis]
        total = sum(bell[k] * wide[..., k : k + length] for k in range(size))
        array = np.moveaxis(np.asarray(total), -1, axis)
    return _back(array, img)

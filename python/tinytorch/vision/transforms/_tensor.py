"""Transforms of tensors (..., C, H, W): flips, pads, colours.  Warps and resizing: _resample."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinytorch import _creation, dataloader
from tinytorch import _dtype as dtypes
from tinytorch._C import Tensor
from tinytorch.vision.transforms._pil import checked_padding, sides

FLOATS = (dtypes.float32, dtypes.float64, dtypes.float16, dtypes.bfloat16)
LARGEST = {
    dtypes.uint8: 255,
    dtypes.int8: 127,
    dtypes.int16: 32767,
    dtypes.int32: 2**31 - 1,
    dtypes.int64: 2**63 - 1,
}


def checked(img: Any) -> Tensor:
    if not isinstance(img, Tensor) or img.dim() < 2:
        raise TypeError("Tensor is not a torch image.")
    return img


def largest(dtype: Any) -> int:
    return LARGEST.get(dtype, 1)


def get_dimensions(img: Any) -> list[int]:
    checked(img)
    return [1 if img.dim() == 2 else img.shape[-3], *img.shape[-2:]]


def check_channels(img: Any, permitted: Sequence[int]) -> None:
    channels = get_dimensions(img)[0]
    if channels not in permitted:
        raise TypeError(
            f"Input image tensor permitted channel values are {list(permitted)}, "
            f"but found {channels}"
        )


def hflip(img: Any) -> Any:
    return checked(img).flip(-1)


def vflip(img: Any) -> Any:
    return checked(img).flip(-2)


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    _, h, w = get_dimensions(img)
    right, bottom = left + width, top + height
    if left < 0 or top < 0 or right > w or bottom > h:
        around = [
            max(-left + min(0, right), 0),
            max(-top + min(0, bottom), 0),
            max(right - max(w, left), 0),
            max(bottom - max(h, top), 0),
        ]
        return pad(img[..., max(top, 0) : bottom, max(left, 0) : right], around)
    return img[..., top:bottom, left:right]


def pad(img: Any, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> Any:
    checked(img)
    padding = checked_padding(padding, fill, padding_mode)
    fill = 0 if fill is None else fill
    if not isinstance(fill, (int, float)):
        raise TypeError("Got inappropriate fill arg")
    left, top, right, bottom = sides(padding)
    h, w = img.shape[-2:]
    if padding_mode != "constant":
        if padding_mode == "reflect" and (max(left, right) >= w or max(top, bottom) >= h):
            raise RuntimeError(
                "pad: with padding_mode reflect, padding must be smaller than the image, got "
                f"{(left, top, right, bottom)} for {h} x {w}"
            )
        rows, columns = _around(h, top, bottom, padding_mode), _around(w, left, right, padding_mode)
        return img[..., rows[:, None], columns]
    height, width = h + top + bottom, w + left + right
    if height < 0 or width < 0:
        raise RuntimeError(f"pad: nothing is left of {h} x {w} by {(left, top, right, bottom)}")
    padded = _creation.full((*img.shape[:-2], height, width), fill, dtype=img.dtype)
    inner = img[..., max(-top, 0) : h - max(-bottom, 0), max(-left, 0) : w - max(-right, 0)]
    top, left = max(top, 0), max(left, 0)
    padded[..., top : top + inner.shape[-2], left : left + inner.shape[-1]] = inner
    return padded


def _around(size: int, before: int, after: int, padding_mode: Any) -> Any:
    """The indices 0 .. size - 1 with what stands before and after them."""
    inner = np.arange(size)[max(-before, 0) : size - max(-after, 0)]
    wide: Any = np.pad(inner, (max(before, 0), max(after, 0)), mode=padding_mode)
    return _creation.from_numpy(wide)


# --- dtypes and scale -----------------------------------------------------------------------------


def convert_image_dtype(image: Any, dtype: Any = dtypes.float32) -> Any:
    if image.dtype == dtype:
        return image
    if image.dtype in FLOATS:
        if dtype in FLOATS:
            return image.to(dtype)
        if (image.dtype == dtypes.float32 and dtype in (dtypes.int32, dtypes.int64)) or (
            image.dtype == dtypes.float64 and dtype == dtypes.int64
        ):
            raise RuntimeError(
                f"The cast from {image.dtype} to {dtype} cannot be performed safely."
            )
        return image.mul(float(largest(dtype)) + 1.0 - 1e-3).to(dtype)
    highest = largest(image.dtype)
    if dtype in FLOATS:
        return image.to(dtype) / float(highest)
    wanted = largest(dtype)
    if highest > wanted:
        return image.div((highest + 1) // (wanted + 1), rounding_mode="floor").to(dtype)
    return image.to(dtype) * ((wanted + 1) // (highest + 1))


@functools.lru_cache(32)
def _channel_values(values: tuple[float, ...], dtype: Any, channels: int) -> tuple[Any, bool]:
    """One value a channel, and whether one is zero."""
    found = _creation.tensor(values, dtype=dtype)
    zero = bool((found == 0).any())
    return found.expand(channels).contiguous() if len(values) == 1 else found, zero


def normalize(img: Any, mean: Any, std: Any, inplace: bool = False) -> Any:
    checked(img)
    if img.dtype not in FLOATS:
        raise TypeError(f"Input tensor should be a float tensor. Got {img.dtype}.")
    if img.dim() < 3:
        raise ValueError(
            "Expected tensor to be a tensor image of size (..., C, H, W). Got tensor.size() = "
            f"{img.size()}"
        )
    dtype, channels = img.dtype, img.shape[-3]
    scale, zero = _as_values(std, dtype, channels)
    shift, _ = _as_values(mean, dtype, channels)
    if zero:
        raise ValueError(
            f"std evaluated to zero after conversion to {dtype}, leading to division by zero."
        )
    plain = dtype in (dtypes.float32, dtypes.float64) and not getattr(img, "requires_grad", False)
    if plain and not inplace and shift.shape == scale.shape == (channels,):
        if img.dim() == 3:
            return dataloader.normalize(img[None], shift, scale)[0]
        flat = img if img.dim() == 4 else img.reshape(-1, *img.shape[-3:])
        return dataloader.normalize(flat, shift, scale).view(img.shape)
    img = img if inplace else img.clone()
    return img.sub_(shift.view(-1, 1, 1)).div_(scale.view(-1, 1, 1))


def _as_values(values: Any, dtype: Any, channels: int) -> tuple[Any, bool]:
    if isinstance(values, (list, tuple)) and all(type(v) in (float, int) for v in values):
        return _channel_values(tuple(values), dtype, channels)
    found = _creation.as_tensor(values, dtype=dtype)
    zero = bool((found == 0).any())
    return found.view(1).expand(channels).contiguous() if found.numel() == 1 else found, zero


def window(img: Any, top: int, left: int, height: int, width: int, fill: float) -> Any:
    """A window of a plain image (C, H, W), `fill` outside of it; in one call."""
    corners = _creation.from_numpy(np.array([[top, left]]))
    return dataloader.crop(img[None], corners, _UPRIGHT, height, width, fill)[0]


_UPRIGHT = _creation.zeros(1, dtype=bool)


def is_plain(img: Any) -> bool:
    """A tensor (C, H, W) of bytes or floats that records no gradient."""
    return (
        type(img) is Tensor
        and img.dim() == 3
        and img.dtype in (dtypes.uint8, dtypes.float32, dtypes.float64)
        and not getattr(img, "requires_grad", False)
    )


# --- colours --------------------------------------------------------------------------------------


def blend(img: Any, other: Any, ratio: float) -> Any:
    ratio = float(ratio)
    mixed = ratio * img + (1.0 - ratio) * other
    return mixed.clamp(0, largest(img.dtype)).to(img.dtype)


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    if img.dim() < 3:
        raise TypeError(
            f"Input image tensor should have at least 3 dimensions, but found {img.dim()}"
        )
    check_channels(img, (1, 3))
    if num_output_channels not in (1, 3):
        raise ValueError("num_output_channels should be either 1 or 3")
    if img.shape[-3] == 3:
        r, g, b = (img.select(-3, c) for c in range(3))
        grey = (0.2989 * r + 0.587 * g + 0.114 * b).to(img.dtype).unsqueeze(-3)
    else:
        grey = img.clone()
    return grey.expand(*img.shape[:-3], 3, *img.shape[-2:]) if num_output_channels == 3 else grey


def _positive(factor: float, name: str) -> None:
    if factor < 0:
        raise ValueError(f"{name} ({factor}) is not non-negative.")


def adjust_brightness(img: Any, factor: float) -> Any:
    _positive(factor, "brightness_factor")
    check_channels(checked(img), (1, 3))
    return blend(img, _creation.zeros_like(img), factor)


def adjust_contrast(img: Any, factor: float) -> Any:
    _positive(factor, "contrast_factor")
    check_channels(checked(img), (3, 1))
    grey = rgb_to_grayscale(img) if get_dimensions(img)[0] == 3 else img
    wide = grey if img.dtype in FLOATS else grey.to(dtypes.float32)
    return blend(img, wide.mean((-3, -2, -1), keepdim=True), factor)


def adjust_saturation(img: Any, factor: float) -> Any:
    _positive(factor, "saturation_factor")
    check_channels(checked(img), (1, 3))
    return img if get_dimensions(img)[0] == 1 else blend(img, rgb_to_grayscale(img), factor)


def adjust_gamma(img: Any, gamma: float, gain: float = 1) -> Any:
    check_channels(checked(img), (1, 3))
    if gamma < 0:
        raise ValueError("Gamma should be a non-negative real number")
    unit = img if img.dtype in FLOATS else convert_image_dtype(img, dtypes.float32)
    return convert_image_dtype((gain * unit.pow(gamma)).clamp(0, 1), img.dtype)


def adjust_hue(img: Any, hue_factor: float) -> Any:
    if not -0.5 <= hue_factor <= 0.5:
        raise ValueError(f"hue_factor ({hue_factor}) is not in [-0.5, 0.5].")
    check_channels(checked(img), (1, 3))
    if get_dimensions(img)[0] == 1:
        return img
    unit = as_array(convert_image_dtype(img, dtypes.float32))
    turned = _creation.from_numpy(_turned(unit, np.float32(hue_factor)))
    return convert_image_dtype(turned, img.dtype)


def _turned(rgb: Any, turn: Any) -> Any:
    """(..., 3, H, W) with every hue moved by `turn`: to HSV and back."""
    r, g, b = (rgb[..., c, :, :] for c in range(3))
    high, low = rgb.max(-3), rgb.min(-3)
    grey, spread = high == low, high - low
    divisor = np.where(grey, np.float32(1), spread)
    rc, gc, bc = (high - r) / divisor, (high - g) / divisor, (high - b) / divisor
    hue = np.where(high == r, bc - gc, np.where(high == g, 2 + rc - bc, 4 + gc - rc))
    hue = np.fmod(hue / np.float32(6) + np.float32(1), np.float32(1))
    saturation = spread / np.where(grey, np.float32(1), high)
    hue = (hue + turn) % np.float32(1)
    sector = np.floor(hue * 6)
    part = hue * 6 - sector
    index = sector.astype(np.int32) % 6
    p = np.clip(high * (1 - saturation), 0, 1)
    q = np.clip(high * (1 - saturation * part), 0, 1)
    t = np.clip(high * (1 - saturation * (1 - part)), 0, 1)
    red = np.choose(index, (high, q, p, p, t, high))
    green = np.choose(index, (t, high, high, q, p, p))
    blue = np.choose(index, (p, p, t, high, high, q))
    return np.stack((red, green, blue), axis=-3).astype(np.float32)


def invert(img: Any) -> Any:
    check_channels(checked(img), (1, 3))
    return largest(img.dtype) - img


def erase(img: Any, i: int, j: int, h: int, w: int, v: Any, inplace: bool = False) -> Any:
    checked(img)
    img = img if inplace else img.clone()
    img[..., i : i + h, j : j + w] = v
    return img


def as_array(img: Any) -> Any:
    """The tensor's memory.  Raises RuntimeError where a gradient would be lost."""
    if getattr(img, "requires_grad", False):
        raise RuntimeError(
            "this transform of an image that requires grad has no gradient here; use img.detach()"
        )
    return img.numpy()

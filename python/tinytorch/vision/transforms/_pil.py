"""Transforms of Pillow images: as torchvision has Pillow do them."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from tinytorch.vision._pillow import is_pil_image, pillow


def _checked(img: Any) -> Any:
    if not is_pil_image(img):
        raise TypeError(f"img should be PIL Image. Got {type(img)}")
    return img


def get_dimensions(img: Any) -> list[int]:
    if not is_pil_image(img):
        raise TypeError(f"Unexpected type {type(img)}")
    return [len(img.getbands()), img.height, img.width]


def hflip(img: Any) -> Any:
    return _checked(img).transpose(pillow().Transpose.FLIP_LEFT_RIGHT)


def vflip(img: Any) -> Any:
    return _checked(img).transpose(pillow().Transpose.FLIP_TOP_BOTTOM)


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    return _checked(img).crop((left, top, left + width, top + height))


def resize(img: Any, size: list[int], interpolation: int) -> Any:
    return _checked(img).resize((size[1], size[0]), interpolation)


def parsed_fill(fill: Any, img: Any, name: str = "fillcolor") -> dict[str, Any]:
    """The colour as Pillow wants it: one number, or one for each band."""
    bands = len(img.getbands())
    fill = 0 if fill is None else fill
    if isinstance(fill, (int, float)) and bands > 1:
        fill = (fill,) * bands
    if isinstance(fill, (list, tuple)):
        if len(fill) == 1:
            fill = tuple(fill) * bands
        elif len(fill) != bands:
            raise ValueError(
                "The number of elements in 'fill' does not match the number of channels of the "
                f"image ({len(fill)} != {bands})"
            )
        fill = tuple(fill)
    if img.mode != "F":
        fill = tuple(int(x) for x in fill) if isinstance(fill, tuple) else int(fill)
    return {name: fill}


def checked_padding(padding: Any, fill: Any, padding_mode: Any) -> Any:
    """The padding as a number or a tuple of 2 or 4.  Raises TypeError or ValueError."""
    if not isinstance(padding, (numbers.Number, tuple, list)):
        raise TypeError("Got inappropriate padding arg")
    if fill is not None and not isinstance(fill, (numbers.Number, tuple, list)):
        raise TypeError("Got inappropriate fill arg")
    if not isinstance(padding_mode, str):
        raise TypeError("Got inappropriate padding_mode arg")
    if isinstance(padding, (tuple, list)):
        if len(padding) not in (1, 2, 4):
            raise ValueError(
                "Padding must be an int or a 1, 2, or 4 element tuple, not a "
                f"{len(padding)} element tuple"
            )
        padding = padding[0] if len(padding) == 1 else tuple(padding)
    if padding_mode not in ("constant", "edge", "reflect", "symmetric"):
        raise ValueError("Padding mode should be either constant, edge, reflect or symmetric")
    return padding


def sides(padding: Any) -> tuple[int, int, int, int]:
    """Left, top, right, bottom."""
    if not isinstance(padding, (tuple, list)):
        return padding, padding, padding, padding
    if len(padding) == 1:
        return (padding[0],) * 4
    return (*padding, *padding) if len(padding) == 2 else tuple(padding)


def pad(img: Any, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> Any:
    _checked(img)
    padding = checked_padding(padding, fill, padding_mode)
    palette = img.getpalette() if img.mode == "P" else None
    if padding_mode == "constant":
        from PIL import ImageOps

        padded = ImageOps.expand(img, border=padding, **parsed_fill(fill, img, "fill"))
    else:
        left, top, right, bottom = sides(padding)
        if min(left, top, right, bottom) < 0:
            box = (max(-left, 0), max(-top, 0))
            img = img.crop((*box, img.width - max(-right, 0), img.height - max(-bottom, 0)))
        around = [(max(top, 0), max(bottom, 0)), (max(left, 0), max(right, 0)), (0, 0)]
        pixels = np.asarray(img)
        mode: Any = padding_mode
        padded = pillow().fromarray(np.pad(pixels, around[: pixels.ndim], mode=mode))
    if palette is not None:
        padded.putpalette(palette)
    return padded


def rotate(img: Any, angle: float, interpolation: int, expand: bool, center: Any, fill: Any) -> Any:
    return _checked(img).rotate(angle, interpolation, expand, center, **parsed_fill(fill, img))


def affine(img: Any, matrix: list[float], interpolation: int, fill: Any) -> Any:
    method = pillow().Transform.AFFINE
    return _checked(img).transform(
        img.size, method, matrix, interpolation, **parsed_fill(fill, img)
    )


def enhanced(img: Any, what: str, factor: float) -> Any:
    """what: Brightness, Contrast, Color or Sharpness."""
    from PIL import ImageEnhance

    return getattr(ImageEnhance, what)(_checked(img)).enhance(factor)


def adjust_hue(img: Any, hue_factor: float) -> Any:
    if not -0.5 <= hue_factor <= 0.5:
        raise ValueError(f"hue_factor ({hue_factor}) is not in [-0.5, 0.5].")
    mode = _checked(img).mode
    if mode in ("L", "1", "I", "F"):
        return img
    Image = pillow()
    hue, saturation, value = img.convert("HSV").split()
    turned = np.array(hue, dtype=np.uint8)
    turned += np.int32(hue_factor * 255).astype(np.uint8)
    return Image.merge("HSV", (Image.fromarray(turned), saturation, value)).convert(mode)


def adjust_gamma(img: Any, gamma: float, gain: float = 1.0) -> Any:
    _checked(img)
    if gamma < 0:
        raise ValueError("Gamma should be a non-negative real number")
    table = [int((255 + 1 - 1e-3) * gain * pow(value / 255.0, gamma)) for value in range(256)]
    return img.convert("RGB").point(table * 3).convert(img.mode)


def to_grayscale(img: Any, num_output_channels: int) -> Any:
    if num_output_channels not in (1, 3):
        _checked(img)
        raise ValueError("num_output_channels should be either 1 or 3")
    grey = _checked(img).convert("L")
    return grey if num_output_channels == 1 else pillow().merge("RGB", (grey, grey, grey))


def operated(img: Any, what: str, *arguments: Any) -> Any:
    """what: invert, posterize, solarize, autocontrast or equalize."""
    from PIL import ImageOps

    return getattr(ImageOps, what)(_checked(img), *arguments)

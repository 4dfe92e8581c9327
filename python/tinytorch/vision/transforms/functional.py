"""Functions of an image: a Pillow image, or a tensor (..., C, H, W).

A transform of `transforms` draws its random numbers and calls one of these.
"""

from __future__ import annotations

import math
import numbers
import sys
import warnings
from enum import Enum
from typing import Any

import numpy as np

from tinytorch import _C, _creation, dataloader
from tinytorch import _dtype as dtypes
from tinytorch._C import Tensor
from tinytorch.vision._pillow import is_pil_image, pillow
from tinytorch.vision.transforms import _pil, _resample, _tensor


class InterpolationMode(Enum):
    """How a value between pixels is found.  Source: torchvision.transforms.InterpolationMode"""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


_FROM_INT = {
    0: InterpolationMode.NEAREST,
    1: InterpolationMode.LANCZOS,
    2: InterpolationMode.BILINEAR,
    3: InterpolationMode.BICUBIC,
    4: InterpolationMode.BOX,
    5: InterpolationMode.HAMMING,
}
pil_modes_mapping = {mode: number for number, mode in _FROM_INT.items()}
pil_modes_mapping[InterpolationMode.NEAREST_EXACT] = 0


def _interpolation_modes_from_int(i: int) -> InterpolationMode:
    return _FROM_INT[i]


def _mode(interpolation: Any) -> InterpolationMode:
    if isinstance(interpolation, InterpolationMode):
        return interpolation
    if isinstance(interpolation, int):
        return _FROM_INT[interpolation]
    raise TypeError(
        "Argument interpolation should be a InterpolationMode or a corresponding Pillow integer "
        "constant"
    )


# --- what an image is -------------------------------------------------------------------------


def get_dimensions(img: Any) -> list[int]:
    """[channels, height, width]."""
    return _tensor.get_dimensions(img) if isinstance(img, Tensor) else _pil.get_dimensions(img)


def get_image_size(img: Any) -> list[int]:
    """[width, height]."""
    _, height, width = get_dimensions(img)
    return [width, height]


def get_image_num_channels(img: Any) -> int:
    return get_dimensions(img)[0]


def to_tensor(pic: Any) -> Any:
    """A Pillow image or array (H, W, C) -> tensor (C, H, W); bytes become floats in [0, 1].

    Raises TypeError for other objects, ValueError for arrays of other ranks.
    Source: torchvision.transforms.functional.to_tensor
    """
    if isinstance(pic, np.ndarray):
        if pic.ndim not in (2, 3):
            raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
        pixels = pic[:, :, None] if pic.ndim == 2 else pic
    elif is_pil_image(pic):
        pixels = _pixels(pic)
    else:
        raise TypeError(f"pic should be PIL Image or ndarray. Got {type(pic)}")
    planes = pixels.transpose(2, 0, 1)
    if pixels.dtype != np.uint8:
        return _creation.from_numpy(planes).contiguous()
    if _C.get_default_dtype() == dtypes.float32:
        return dataloader.to_float(planes[None])[0]  # type: ignore[arg-type]
    return _creation.from_numpy(planes).contiguous().to(_C.get_default_dtype()).div(255)


def _pixels(pic: Any) -> Any:
    """(H, W, C) of a Pillow image."""
    little = sys.byteorder == "little"
    kinds = {"I": np.int32, "I;16" if little else "I;16B": np.int16, "F": np.float32}
    pixels = np.array(pic, kinds.get(pic.mode, np.uint8), copy=True)
    if pic.mode == "1":
        pixels = pixels * np.uint8(255)
    return pixels.reshape(pic.height, pic.width, len(pic.getbands()))


def pil_to_tensor(pic: Any) -> Any:
    """A Pillow image -> tensor (C, H, W), values as they are."""
    if not is_pil_image(pic):
        raise TypeError(f"pic should be PIL Image. Got {type(pic)}")
    pixels = np.array(pic, copy=True).reshape(pic.height, pic.width, len(pic.getbands()))
    return _creation.from_numpy(pixels).permute(2, 0, 1)


def convert_image_dtype(image: Any, dtype: Any = dtypes.float32) -> Any:
    """A tensor in another dtype, its scale with it: [0, 255] of bytes is [0, 1] of floats."""
    if not isinstance(image, Tensor):
        raise TypeError("Input img should be Tensor Image")
    return _tensor.convert_image_dtype(image, dtype)


_MODES = {2: ("LA",), 3: ("RGB", "YCbCr", "HSV"), 4: ("RGBA", "CMYK", "RGBX")}


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """A tensor (C, H, W) or array (H, W, C) -> Pillow image; floats in [0, 1] become bytes.

    Raises TypeError for other objects and dtypes, ValueError for other shapes or modes.
    Source: torchvision.transforms.functional.to_pil_image
    """
    if isinstance(pic, Tensor):
        pic = (pic.permute(1, 2, 0) if pic.dim() == 3 else pic).numpy(force=True)
    elif not isinstance(pic, np.ndarray):
        raise TypeError(f"pic should be Tensor or ndarray. Got {type(pic)}.")
    if pic.ndim == 2:
        pic = pic[:, :, None]
    if pic.ndim != 3:
        raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
    channels = pic.shape[-1]
    if channels > 4:
        raise ValueError(f"pic should not have > 4 channels. Got {channels} channels.")
    if np.issubdtype(pic.dtype, np.floating) and mode != "F":
        pic = (pic * 255).astype(np.uint8)
    if channels == 1:
        pic = pic[:, :, 0]
        sixteen = "I;16" if sys.byteorder == "little" else "I;16B"
        expected = {"uint8": "L", "int16": sixteen, "int32": "I", "float32": "F"}.get(
            pic.dtype.name
        )
        if mode is not None and mode != expected:
            raise ValueError(
                f"Incorrect mode ({mode}) supplied for input type {np.dtype}. Should be {expected}"
            )
        mode = expected
    else:
        permitted = _MODES[channels]
        if mode is not None and mode not in permitted:
            raise ValueError(f"Only modes {list(permitted)} are supported for {channels}D inputs")
        if mode is None and pic.dtype == np.uint8:
            mode = permitted[0]
    if mode is None:
        raise TypeError(f"Input type {pic.dtype} is not supported")
    image = pillow().fromarray(np.ascontiguousarray(pic))
    return image if image.mode == mode else _as_mode(pic, mode)


def _as_mode(pic: Any, mode: str) -> Any:
    return pillow().frombytes(
        mode, (pic.shape[1], pic.shape[0]), np.ascontiguousarray(pic).tobytes()
    )


def normalize(tensor: Any, mean: Any, std: Any, inplace: bool = False) -> Any:
    """(tensor - mean[c]) / std[c] for each channel.  Raises ValueError for a std of zero."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"img should be Tensor Image. Got {type(tensor)}")
    return _tensor.normalize(tensor, mean, std, inplace)


# --- where pixels lie -------------------------------------------------------------------------


def _resized_size(h: int, w: int, size: Any, max_size: int | None) -> list[int]:
    if len(size) == 2:
        return [size[0], size[1]]
    short, long = (w, h) if w <= h else (h, w)
    new_short, new_long = size[0], int(size[0] * long / short)
    if max_size is not None:
        if max_size <= size[0]:
            raise ValueError(
                f"max_size = {max_size} must be strictly greater than the requested size for the "
                f"smaller edge size = {size}"
            )
        if new_long > max_size:
            new_short, new_long = int(max_size * new_short / new_long), max_size
    return [new_long, new_short] if w <= h else [new_short, new_long]


def resize(
    img: Any,
    size: Any,
    interpolation: Any = InterpolationMode.BILINEAR,
    max_size: int | None = None,
    antialias: bool | None = True,
) -> Any:
    """To size (height, width), or its smaller edge to one number.

    Source: torchvision.transforms.functional.resize
    """
    interpolation = _mode(interpolation)
    if isinstance(size, (list, tuple)):
        if len(size) not in (1, 2):
            raise ValueError(
                f"Size must be an int or a 1 or 2 element tuple/list, not a {len(size)} element "
                "tuple/list"
            )
        if max_size is not None and len(size) != 1:
            raise ValueError(
                "max_size should only be passed if size specifies the length of the smaller edge, "
                "i.e. size should be an int or a sequence of length 1 in torchscript mode."
            )
    _, height, width = get_dimensions(img)
    wanted = _resized_size(height, width, [size] if isinstance(size, int) else size, max_size)
    if [height, width] == wanted:
        return img
    if isinstance(img, Tensor):
        return _resample.resize(img, wanted, interpolation.value, antialias)
    if antialias is False:
        warnings.warn(
            "Anti-alias option is always applied for PIL Image input. Argument antialias is "
            "ignored.",
            stacklevel=2,
        )
    return _pil.resize(img, wanted, pil_modes_mapping[interpolation])


def pad(img: Any, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> Any:
    """padding: one number, (left and right, top and bottom), or (left, top, right, bottom)."""
    return (_tensor if isinstance(img, Tensor) else _pil).pad(img, padding, fill, padding_mode)


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """A window; what of it lies outside of the image is zero."""
    return (_tensor if isinstance(img, Tensor) else _pil).crop(img, top, left, height, width)


def _pair(size: Any) -> Any:
    if isinstance(size, numbers.Number):
        return (int(size), int(size))  # type: ignore[call-overload]
    if isinstance(size, (tuple, list)) and len(size) == 1:
        return (size[0], size[0])
    return size


def center_crop(img: Any, output_size: Any) -> Any:
    """The window in the middle, of an image that is padded with zeros where it is smaller."""
    height, width = _pair(output_size)
    _, h, w = get_dimensions(img)
    if width > w or height > h:
        more_w, more_h = max(width - w, 0), max(height - h, 0)
        img = pad(img, [more_w // 2, more_h // 2, (more_w + 1) // 2, (more_h + 1) // 2], fill=0)
        _, h, w = get_dimensions(img)
        if (height, width) == (h, w):
            return img
    return crop(img, round((h - height) / 2.0), round((w - width) / 2.0), height, width)


def resized_crop(
    img: Any,
    top: int,
    left: int,
    height: int,
    width: int,
    size: Any,
    interpolation: Any = InterpolationMode.BILINEAR,
    antialias: bool | None = True,
) -> Any:
    return resize(crop(img, top, left, height, width), size, interpolation, antialias=antialias)


def hflip(img: Any) -> Any:
    """The mirror image."""
    return (_tensor if isinstance(img, Tensor) else _pil).hflip(img)


def vflip(img: Any) -> Any:
    """Upside down."""
    return (_tensor if isinstance(img, Tensor) else _pil).vflip(img)


def five_crop(img: Any, size: Any) -> tuple[Any, ...]:
    """Top left, top right, bottom left, bottom right, middle."""
    size = _pair(size)
    if len(size) != 2:
        raise ValueError("Please provide only two dimensions (h, w) for size.")
    _, h, w = get_dimensions(img)
    height, width = size
    if width > w or height > h:
        raise ValueError(f"Requested crop size {size} is bigger than input size {(h, w)}")
    corners = [(top, left) for top in (0, h - height) for left in (0, w - width)]
    return (
        *(crop(img, top, left, height, width) for top, left in corners),
        center_crop(img, [height, width]),
    )


def ten_crop(img: Any, size: Any, vertical_flip: bool = False) -> tuple[Any, ...]:
    """The five, and the five of the mirror image."""
    return five_crop(img, size) + five_crop(vflip(img) if vertical_flip else hflip(img), size)


def _inverse_affine(
    center: Any, angle: float, translate: Any, scale: float, shear: Any
) -> list[float]:
    """From a pixel of the result to where it comes from: the rows (a, b, c), (d, e, f)."""
    turn, sx, sy = (math.radians(x) for x in (angle, *shear))
    (cx, cy), (tx, ty) = center, translate
    a = math.cos(turn - sy) / math.cos(sy)
    b = -math.cos(turn - sy) * math.tan(sx) / math.cos(sy) - math.sin(turn)
    c = math.sin(turn - sy) / math.cos(sy)
    d = -math.sin(turn - sy) * math.tan(sx) / math.cos(sy) + math.cos(turn)
    matrix = [x / scale for x in (d, -b, 0.0, -c, a, 0.0)]
    matrix[2] += matrix[0] * (-cx - tx) + matrix[1] * (-cy - ty) + cx
    matrix[5] += matrix[3] * (-cx - tx) + matrix[4] * (-cy - ty) + cy
    return matrix


def _from_middle(img: Any, center: Any) -> list[float]:
    if center is None:
        return [0.0, 0.0]
    _, height, width = get_dimensions(img)
    return [center[0] - width * 0.5, center[1] - height * 0.5]


def rotate(
    img: Any,
    angle: float,
    interpolation: Any = InterpolationMode.NEAREST,
    expand: bool = False,
    center: Any = None,
    fill: Any = None,
) -> Any:
    """By so many degrees, against the clock.  Source: torchvision.transforms.functional.rotate"""
    interpolation = _mode(interpolation)
    if not isinstance(angle, (int, float)):
        raise TypeError("Argument angle should be int or float")
    if center is not None and not isinstance(center, (list, tuple)):
        raise TypeError("Argument center should be a sequence")
    if not isinstance(img, Tensor):
        return _pil.rotate(img, angle, pil_modes_mapping[interpolation], expand, center, fill)
    matrix = _inverse_affine(_from_middle(img, center), -angle, (0.0, 0.0), 1.0, (0.0, 0.0))
    return _resample.rotate(img, matrix, interpolation.value, expand, fill)


def affine(
    img: Any,
    angle: float,
    translate: Any,
    scale: float,
    shear: Any,
    interpolation: Any = InterpolationMode.NEAREST,
    fill: Any = None,
    center: Any = None,
) -> Any:
    """Rotated, moved, scaled and sheared.  Source: torchvision.transforms.functional.affine"""
    interpolation = _mode(interpolation)
    if not isinstance(angle, (int, float)):
        raise TypeError("Argument angle should be int or float")
    if not isinstance(translate, (list, tuple)):
        raise TypeError("Argument translate should be a sequence")
    if len(translate) != 2:
        raise ValueError("Argument translate should be a sequence of length 2")
    if scale <= 0.0:
        raise ValueError("Argument scale should be positive")
    if not isinstance(shear, (numbers.Number, list, tuple)):
        raise TypeError("Shear should be either a single value or a sequence of two values")
    if isinstance(shear, numbers.Number):
        shear = [shear, 0.0]
    if len(shear) == 1:
        shear = [shear[0], shear[0]]
    if len(shear) != 2:
        raise ValueError(f"Shear should be a sequence containing two values. Got {shear}")
    if center is not None and not isinstance(center, (list, tuple)):
        raise TypeError("Argument center should be a sequence")
    _, height, width = get_dimensions(img)
    if not isinstance(img, Tensor):
        middle = [width * 0.5, height * 0.5] if center is None else center
        matrix = _inverse_affine(middle, angle, translate, scale, shear)
        return _pil.affine(img, matrix, pil_modes_mapping[interpolation], fill)
    matrix = _inverse_affine(_from_middle(img, center), angle, translate, scale, shear)
    return _resample.affine(img, matrix, interpolation.value, fill)


# --- what colour they have --------------------------------------------------------------------


def adjust_brightness(img: Any, brightness_factor: float) -> Any:
    """0 is black, 1 the image, 2 twice as bright."""
    if isinstance(img, Tensor):
        return _tensor.adjust_brightness(img, brightness_factor)
    return _pil.enhanced(img, "Brightness", brightness_factor)


def adjust_contrast(img: Any, contrast_factor: float) -> Any:
    """0 is even grey, 1 the image."""
    if isinstance(img, Tensor):
        return _tensor.adjust_contrast(img, contrast_factor)
    return _pil.enhanced(img, "Contrast", contrast_factor)


def adjust_saturation(img: Any, saturation_factor: float) -> Any:
    """0 is black and white, 1 the image."""
    if isinstance(img, Tensor):
        return _tensor.adjust_saturation(img, saturation_factor)
    return _pil.enhanced(img, "Color", saturation_factor)


def adjust_hue(img: Any, hue_factor: float) -> Any:
    """Turns the circle of colours by so much of it, in [-0.5, 0.5]."""
    return (_tensor if isinstance(img, Tensor) else _pil).adjust_hue(img, hue_factor)


def adjust_gamma(img: Any, gamma: float, gain: float = 1) -> Any:
    """255 gain (x / 255)^gamma."""
    return (_tensor if isinstance(img, Tensor) else _pil).adjust_gamma(img, gamma, gain)


def invert(img: Any) -> Any:
    return _tensor.invert(img) if isinstance(img, Tensor) else _pil.operated(img, "invert")


def to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    if not is_pil_image(img):
        raise TypeError("Input should be PIL Image")
    return _pil.to_grayscale(img, num_output_channels)


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """0.2989 red + 0.587 green + 0.114 blue."""
    if isinstance(img, Tensor):
        return _tensor.rgb_to_grayscale(img, num_output_channels)
    return _pil.to_grayscale(img, num_output_channels)


def erase(img: Any, i: int, j: int, h: int, w: int, v: Any, inplace: bool = False) -> Any:
    """The tensor with a rectangle of value v."""
    if not isinstance(img, Tensor):
        raise TypeError(f"img should be Tensor Image. Got {type(img)}")
    return _tensor.erase(img, i, j, h, w, v, inplace)


def gaussian_blur(img: Any, kernel_size: Any, sigma: Any = None) -> Any:
    """Each pixel a mean over its surroundings.  kernel_size, sigma: across and down."""
    if not isinstance(kernel_size, (int, list, tuple)):
        raise TypeError(
            f"kernel_size should be int or a sequence of integers. Got {type(kernel_size)}"
        )
    kernel_size = [kernel_size] * 2 if isinstance(kernel_size, int) else list(kernel_size)
    if len(kernel_size) != 2:
        raise ValueError(
            f"If kernel_size is a sequence its length should be 2. Got {len(kernel_size)}"
        )
    if any(size % 2 == 0 or size < 0 for size in kernel_size):
        raise ValueError(f"kernel_size should have odd and positive integers. Got {kernel_size}")
    if sigma is None:
        sigma = [size * 0.15 + 0.35 for size in kernel_size]
    if not isinstance(sigma, (int, float, list, tuple)):
        raise TypeError(f"sigma should be either float or sequence of floats. Got {type(sigma)}")
    sigma = [float(sigma)] * 2 if isinstance(sigma, (int, float)) else list(sigma)
    sigma = sigma * 2 if len(sigma) == 1 else sigma
    if len(sigma) != 2:
        raise ValueError(f"If sigma is a sequence, its length should be 2. Got {len(sigma)}")
    if any(s <= 0.0 for s in sigma):
        raise ValueError(f"sigma should have positive values. Got {sigma}")
    if isinstance(img, Tensor):
        return _resample.gaussian_blur(img, kernel_size, sigma)
    if not is_pil_image(img):
        raise TypeError(f"img should be PIL Image or Tensor. Got {type(img)}")
    blurred = _resample.gaussian_blur(pil_to_tensor(img), kernel_size, sigma)
    return to_pil_image(blurred, mode=img.mode)

"""What values the pixels of an image have: brighter, grey, blurred, erased."""

from __future__ import annotations

from typing import Any

from tinytorch._C import Tensor
from tinytorch.vision._pillow import is_pil_image
from tinytorch.vision.transforms import _pil, _resample, _tensor
from tinytorch.vision.transforms._kinds import pil_to_tensor, to_pil_image


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

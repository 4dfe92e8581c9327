"""Colours and sharpness by chance: each changed by an amount of a range."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

from tinytorch import _random as draws
from tinytorch import nn
from tinytorch.vision.transforms import functional as F
from tinytorch.vision.transforms._basic import setup_size
from tinytorch.vision.transforms._draws import uniform


class ColorJitter(nn.Module):
    """Brightness, contrast, saturation and hue, each changed by chance and in random order.

    Each is a number, the most it changes, or a range.  Source: torchvision.transforms.ColorJitter
    """

    def __init__(
        self, brightness: Any = 0, contrast: Any = 0, saturation: Any = 0, hue: Any = 0
    ) -> None:
        super().__init__()
        self.brightness = self._check_input(brightness, "brightness")
        self.contrast = self._check_input(contrast, "contrast")
        self.saturation = self._check_input(saturation, "saturation")
        self.hue = self._check_input(hue, "hue", 0, (-0.5, 0.5), clip_first_on_zero=False)

    @staticmethod
    def _check_input(
        value: Any,
        name: str,
        center: float = 1,
        bound: tuple[float, float] = (0, float("inf")),
        clip_first_on_zero: bool = True,
    ) -> tuple[float, float] | None:
        if isinstance(value, numbers.Number):
            change = float(value)  # type: ignore[arg-type]
            if change < 0:
                raise ValueError(f"If {name} is a single number, it must be non negative.")
            span = [center - change, center + change]
            if clip_first_on_zero:
                span[0] = max(span[0], 0.0)
        elif isinstance(value, (tuple, list)) and len(value) == 2:
            span = [float(value[0]), float(value[1])]
        else:
            raise TypeError(f"{name} should be a single number or a list/tuple with length 2.")
        if not bound[0] <= span[0] <= span[1] <= bound[1]:
            raise ValueError(f"{name} values should be between {bound}, but got {span}.")
        return None if span[0] == span[1] == center else (span[0], span[1])

    @staticmethod
    def get_params(
        brightness: Any, contrast: Any, saturation: Any, hue: Any
    ) -> tuple[Any, float | None, float | None, float | None, float | None]:
        """The order of the four, and how much of each."""
        order = draws.randperm(4)
        b, c, s, h = (
            None if span is None else uniform(span[0], span[1])
            for span in (brightness, contrast, saturation, hue)
        )
        return order, b, c, s, h

    def forward(self, img: Any) -> Any:
        order, *factors = self.get_params(self.brightness, self.contrast, self.saturation, self.hue)
        for which in order.tolist():
            if factors[which] is not None:
                img = _ADJUST[which](img, factors[which])
        return img

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(brightness={self.brightness}, contrast={self.contrast}, "
            f"saturation={self.saturation}, hue={self.hue})"
        )


_ADJUST: Any = (F.adjust_brightness, F.adjust_contrast, F.adjust_saturation, F.adjust_hue)


class GaussianBlur(nn.Module):
    """Blurred by a Gaussian of random width.  Source: torchvision.transforms.GaussianBlur"""

    def __init__(self, kernel_size: Any, sigma: Any = (0.1, 2.0)) -> None:
        super().__init__()
        self.kernel_size = setup_size(
            kernel_size, "Kernel size should be a tuple/list of two integers"
        )
        if any(size <= 0 or size % 2 == 0 for size in self.kernel_size):
            raise ValueError("Kernel size value should be an odd and positive number.")
        if isinstance(sigma, numbers.Number):
            if sigma <= 0:  # type: ignore[operator]
                raise ValueError("If sigma is a single number, it must be positive.")
            sigma = (sigma, sigma)
        elif isinstance(sigma, Sequence) and len(sigma) == 2:
            if not 0.0 < sigma[0] <= sigma[1]:
                raise ValueError("sigma values should be positive and of the form (min, max).")
        else:
            raise ValueError("sigma should be a single number or a list/tuple with length 2.")
        self.sigma: Any = sigma

    @staticmethod
    def get_params(sigma_min: float, sigma_max: float) -> float:
        return uniform(sigma_min, sigma_max)

    def forward(self, img: Any) -> Any:
        sigma = self.get_params(self.sigma[0], self.sigma[1])
        return F.gaussian_blur(img, self.kernel_size, [sigma, sigma])

    def __repr__(self) -> str:
        return f"{type(self).__name__}(kernel_size={self.kernel_size}, sigma={self.sigma})"

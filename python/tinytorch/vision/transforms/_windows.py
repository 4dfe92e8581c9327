"""Windows by chance: what is cut out of an image, and what is erased from it."""

from __future__ import annotations

import math
import numbers
import warnings
from collections.abc import Sequence
from typing import Any

from tinytorch import _creation, nn
from tinytorch._dtype import float32, uint8
from tinytorch.vision.transforms import _tensor
from tinytorch.vision.transforms import functional as F
from tinytorch.vision.transforms._basic import TWO, mode_of, setup_size
from tinytorch.vision.transforms._draws import happens, integer, uniform
from tinytorch.vision.transforms.functional import InterpolationMode


class RandomCrop(nn.Module):
    """A window of the image, padded first.  Source: torchvision.transforms.RandomCrop

    Raises ValueError when the window is larger than the image, unless pad_if_needed.
    """

    def __init__(
        self,
        size: Any,
        padding: Any = None,
        pad_if_needed: bool = False,
        fill: Any = 0,
        padding_mode: str = "constant",
    ) -> None:
        super().__init__()
        self.size = tuple(setup_size(size, TWO))
        self.padding = padding
        self.pad_if_needed = pad_if_needed
        self.fill = fill
        self.padding_mode = padding_mode

    @staticmethod
    def get_params(img: Any, output_size: Any) -> tuple[int, int, int, int]:
        """Top, left, height and width of a window."""
        _, h, w = F.get_dimensions(img)
        height, width = output_size
        if h < height or w < width:
            raise ValueError(
                f"Required crop size {(height, width)} is larger than input image size {(h, w)}"
            )
        if (h, w) == (height, width):
            return 0, 0, h, w
        top = integer(0, h - height + 1)
        return top, integer(0, w - width + 1), height, width

    def forward(self, img: Any) -> Any:
        own = type(self) is RandomCrop and type(self.padding) is int and not self.pad_if_needed
        if own and _tensor.is_plain(img):
            found = self._at_once(img, int(self.padding))
            if found is not None:
                return found
        if self.padding is not None:
            img = F.pad(img, self.padding, self.fill, self.padding_mode)
        _, height, width = F.get_dimensions(img)
        if self.pad_if_needed and width < self.size[1]:
            img = F.pad(img, [self.size[1] - width, 0], self.fill, self.padding_mode)
        if self.pad_if_needed and height < self.size[0]:
            img = F.pad(img, [0, self.size[0] - height], self.fill, self.padding_mode)
        return F.crop(img, *self.get_params(img, self.size))

    def _at_once(self, img: Any, padding: int) -> Any:
        """Padded and cut out in one call; None for what only the two calls do."""
        plain = self.padding_mode == "constant" and type(self.fill) in (int, float)
        if not plain or padding < 0 or (img.dtype == uint8 and not 0 <= self.fill <= 255):
            return None
        _, h, w = img.shape
        height, width = self.size
        more_h, more_w = h + 2 * padding - height, w + 2 * padding - width
        if more_h < 0 or more_w < 0:
            return None
        top = left = -padding
        if more_h or more_w:
            top += integer(0, more_h + 1)
            left += integer(0, more_w + 1)
        return _tensor.window(img, top, left, height, width, self.fill)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size}, padding={self.padding})"


def _warn_unless_ordered(scale: Any, ratio: Any) -> None:
    if not isinstance(scale, Sequence):
        raise TypeError("Scale should be a sequence")
    if not isinstance(ratio, Sequence):
        raise TypeError("Ratio should be a sequence")
    if scale[0] > scale[1] or ratio[0] > ratio[1]:
        warnings.warn("Scale and ratio should be of kind (min, max)", stacklevel=3)


def _rectangle(area: float, scale: Any, log_ratio: Any) -> tuple[float, float]:
    """An area within `scale` of the whole, and the ratio of its sides."""
    part = area * uniform(scale[0], scale[1])
    ratio = _creation.tensor([uniform(log_ratio[0], log_ratio[1])]).exp().item()
    return part, float(ratio)


class RandomResizedCrop(nn.Module):
    """A window of random size and shape, resized.

    Source: torchvision.transforms.RandomResizedCrop
    """

    def __init__(
        self,
        size: Any,
        scale: Any = (0.08, 1.0),
        ratio: Any = (3.0 / 4.0, 4.0 / 3.0),
        interpolation: Any = InterpolationMode.BILINEAR,
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        self.size = setup_size(size, TWO)
        _warn_unless_ordered(scale, ratio)
        self.interpolation = mode_of(interpolation)
        self.antialias = antialias
        self.scale = scale
        self.ratio = ratio

    @staticmethod
    def get_params(img: Any, scale: Any, ratio: Any) -> tuple[int, int, int, int]:
        """Top, left, height and width of a window."""
        _, height, width = F.get_dimensions(img)
        log_ratio = _creation.tensor(list(ratio), dtype=float32).log().tolist()
        for _ in range(10):
            area, aspect = _rectangle(height * width, scale, log_ratio)
            w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
            if 0 < w <= width and 0 < h <= height:
                top = integer(0, height - h + 1)
                return top, integer(0, width - w + 1), h, w
        w, h = width, height
        if width / height < min(ratio):
            h = round(w / min(ratio))
        elif width / height > max(ratio):
            w = round(h * max(ratio))
        return (height - h) // 2, (width - w) // 2, h, w

    def forward(self, img: Any) -> Any:
        window = self.get_params(img, self.scale, self.ratio)
        return F.resized_crop(img, *window, self.size, self.interpolation, antialias=self.antialias)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(size={self.size}, "
            f"scale={tuple(round(s, 4) for s in self.scale)}, "
            f"ratio={tuple(round(r, 4) for r in self.ratio)}, "
            f"interpolation={self.interpolation.value}, antialias={self.antialias})"
        )


class RandomErasing(nn.Module):
    """A rectangle of a tensor erased with probability p.  value: a number, one a channel, "random".

    Zhong et al., 2017.  Source: torchvision.transforms.RandomErasing
    """

    def __init__(
        self,
        p: float = 0.5,
        scale: Any = (0.02, 0.33),
        ratio: Any = (0.3, 3.3),
        value: Any = 0,
        inplace: bool = False,
    ) -> None:
        super().__init__()
        if not isinstance(value, (numbers.Number, str, tuple, list)):
            raise TypeError("Argument value should be either a number or str or a sequence")
        if isinstance(value, str) and value != "random":
            raise ValueError("If value is str, it should be 'random'")
        _warn_unless_ordered(scale, ratio)
        if scale[0] < 0 or scale[1] > 1:
            raise ValueError("Scale should be between 0 and 1")
        if p < 0 or p > 1:
            raise ValueError("Random erasing probability should be between 0 and 1")
        self.p = p
        self.scale = scale
        self.ratio = ratio
        self.value = value
        self.inplace = inplace

    @staticmethod
    def get_params(
        img: Any, scale: Any, ratio: Any, value: Any = None
    ) -> tuple[int, int, int, int, Any]:
        """Top, left, height and width of the rectangle, and what it is filled with."""
        channels, height, width = img.shape[-3:]
        log_ratio = _creation.tensor(list(ratio), dtype=float32).log().tolist()
        for _ in range(10):
            area, aspect = _rectangle(height * width, scale, log_ratio)
            h, w = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
            if not (h < height and w < width):
                continue
            if value is None:
                filling = _creation.empty(channels, h, w, dtype=float32).normal_()
            else:
                filling = _creation.tensor(value)[:, None, None]
            top = integer(0, height - h + 1)
            return top, integer(0, width - w + 1), h, w, filling
        return 0, 0, height, width, img

    def forward(self, img: Any) -> Any:
        if not happens(self.p):
            return img
        value: Any = self.value
        if isinstance(value, (int, float)):
            value = [float(value)]
        elif isinstance(value, str):
            value = None
        else:
            value = [float(v) for v in value]
        if value is not None and len(value) not in (1, img.shape[-3]):
            raise ValueError(
                "If value is a sequence, it should have either a single value or "
                f"{img.shape[-3]} (number of input channels)"
            )
        drawn = self.get_params(img, self.scale, self.ratio, value)
        return F.erase(img, *drawn, self.inplace)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(p={self.p}, scale={self.scale}, ratio={self.ratio}, "
            f"value={self.value}, inplace={self.inplace})"
        )

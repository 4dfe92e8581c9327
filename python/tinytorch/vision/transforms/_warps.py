"""Warps by chance: rotated, moved, scaled and sheared by amounts of a range."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

from tinytorch import nn
from tinytorch._C import Tensor
from tinytorch.vision.transforms import functional as F
from tinytorch.vision.transforms._basic import mode_of
from tinytorch.vision.transforms._draws import uniform
from tinytorch.vision.transforms.functional import InterpolationMode


def _check_sequence(x: Any, name: str, sizes: tuple[int, ...]) -> None:
    told = " or ".join(str(size) for size in sizes)
    if not isinstance(x, Sequence):
        raise TypeError(f"{name} should be a sequence of length {told}.")
    if len(x) not in sizes:
        raise ValueError(f"{name} should be a sequence of length {told}.")


def _angles(x: Any, name: str, sizes: tuple[int, ...] = (2,)) -> list[float]:
    if isinstance(x, numbers.Number):
        if x < 0:  # type: ignore[operator]
            raise ValueError(f"If {name} is a single number, it must be positive.")
        x = [-x, x]  # type: ignore[operator]
    else:
        _check_sequence(x, name, sizes)
    return [float(angle) for angle in x]


def _checked_fill(fill: Any) -> Any:
    if fill is None:
        return 0
    if not isinstance(fill, (Sequence, numbers.Number)):
        raise TypeError("Fill should be either a sequence or a number.")
    return fill


def _fill_of(fill: Any, img: Any) -> Any:
    if not isinstance(img, Tensor):
        return fill
    if isinstance(fill, (int, float)):
        return [float(fill)] * F.get_dimensions(img)[0]
    return [float(value) for value in fill]


class RandomRotation(nn.Module):
    """Rotated by an angle of a range.  Source: torchvision.transforms.RandomRotation"""

    def __init__(
        self,
        degrees: Any,
        interpolation: Any = InterpolationMode.NEAREST,
        expand: bool = False,
        center: Any = None,
        fill: Any = 0,
    ) -> None:
        super().__init__()
        self.degrees = _angles(degrees, "degrees")
        if center is not None:
            _check_sequence(center, "center", (2,))
        self.center = center
        self.interpolation = mode_of(interpolation)
        self.expand = expand
        self.fill = _checked_fill(fill)

    @staticmethod
    def get_params(degrees: Any) -> float:
        return uniform(degrees[0], degrees[1])

    def forward(self, img: Any) -> Any:
        fill = _fill_of(self.fill, img)
        angle = self.get_params(self.degrees)
        return F.rotate(img, angle, self.interpolation, self.expand, self.center, fill)

    def __repr__(self) -> str:
        center = "" if self.center is None else f", center={self.center}"
        return (
            f"{type(self).__name__}(degrees={self.degrees}, "
            f"interpolation={self.interpolation.value}, expand={self.expand}{center}, "
            f"fill={self.fill})"
        )


class RandomAffine(nn.Module):
    """Rotated, moved, scaled and sheared by chance.  Source: torchvision.transforms.RandomAffine"""

    def __init__(
        self,
        degrees: Any,
        translate: Any = None,
        scale: Any = None,
        shear: Any = None,
        interpolation: Any = InterpolationMode.NEAREST,
        fill: Any = 0,
        center: Any = None,
    ) -> None:
        super().__init__()
        self.interpolation = mode_of(interpolation)
        self.degrees = _angles(degrees, "degrees")
        if translate is not None:
            _check_sequence(translate, "translate", (2,))
            if not all(0.0 <= t <= 1.0 for t in translate):
                raise ValueError("translation values should be between 0 and 1")
        if scale is not None:
            _check_sequence(scale, "scale", (2,))
            if not all(s > 0 for s in scale):
                raise ValueError("scale values should be positive")
        if center is not None:
            _check_sequence(center, "center", (2,))
        self.translate = translate
        self.scale = scale
        self.shear = None if shear is None else _angles(shear, "shear", (2, 4))
        self.fill = _checked_fill(fill)
        self.center = center

    @staticmethod
    def get_params(
        degrees: Any, translate: Any, scale_ranges: Any, shears: Any, img_size: Any
    ) -> tuple[float, tuple[int, int], float, tuple[float, float]]:
        angle = uniform(degrees[0], degrees[1])
        moved = (0, 0)
        if translate is not None:
            most = [float(t * size) for t, size in zip(translate, img_size, strict=True)]
            x = round(uniform(-most[0], most[0]))
            moved = (x, round(uniform(-most[1], most[1])))
        scale = 1.0 if scale_ranges is None else uniform(scale_ranges[0], scale_ranges[1])
        shear = (0.0, 0.0)
        if shears is not None:
            x_shear = uniform(shears[0], shears[1])
            shear = (x_shear, uniform(shears[2], shears[3]) if len(shears) == 4 else 0.0)
        return angle, moved, scale, shear

    def forward(self, img: Any) -> Any:
        fill = _fill_of(self.fill, img)
        _, height, width = F.get_dimensions(img)
        drawn = self.get_params(
            self.degrees, self.translate, self.scale, self.shear, [width, height]
        )
        return F.affine(
            img, *drawn, interpolation=self.interpolation, fill=fill, center=self.center
        )

    def __repr__(self) -> str:
        nearest = self.interpolation == InterpolationMode.NEAREST
        parts = [
            f"degrees={self.degrees}",
            *(() if self.translate is None else (f"translate={self.translate}",)),
            *(() if self.scale is None else (f"scale={self.scale}",)),
            *(() if self.shear is None else (f"shear={self.shear}",)),
            *(() if nearest else (f"interpolation={self.interpolation.value}",)),
            *(() if self.fill == 0 else (f"fill={self.fill}",)),
            *(() if self.center is None else (f"center={self.center}",)),
        ]
        return f"{type(self).__name__}({', '.join(parts)})"

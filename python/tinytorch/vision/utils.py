"""Many images as one: make_grid, save_image."""

from __future__ import annotations

import math
import os
import tempfile
from pathlib import Path
from typing import Any

from tinytorch import _C, _creation
from tinytorch._C import Tensor
from tinytorch._dtype import uint8
from tinytorch._grad_mode import no_grad
from tinytorch.vision._pillow import pillow

__all__ = ["make_grid", "save_image"]


def make_grid(
    tensor: Any,
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[float, float] | None = None,
    scale_each: bool = False,
    pad_value: float = 0.0,
) -> Any:
    """Images (N, C, H, W), or a list of (C, H, W), side by side in rows of nrow: (3, ..., ...).

    normalize: brings value_range, by default from the least to the largest value, to [0, 1];
    scale_each: of each image for itself.  Source: torchvision.utils.make_grid
    """
    if not isinstance(tensor, Tensor):
        if not isinstance(tensor, list):
            raise TypeError(f"tensor or list of tensors expected, got {type(tensor)}")
        for image in tensor:
            if not isinstance(image, Tensor):
                raise TypeError(
                    f"tensor or list of tensors expected, got a list containing {type(image)}"
                )
        tensor = _C.stack(tensor, 0)
    if value_range is not None and not isinstance(value_range, tuple):
        raise TypeError(
            "value_range has to be a tuple (min, max) if specified. min and max are numbers"
        )
    with no_grad():
        images = tensor.detach()
        if images.dim() == 2:
            images = images.unsqueeze(0)
        if images.dim() == 3:
            images = images.expand(3, *images.shape[1:]) if images.shape[0] == 1 else images
            images = images.unsqueeze(0)
        if images.dim() == 4 and images.shape[1] == 1:
            images = _C.cat([images] * 3, 1)
        if images.dim() != 4:
            raise ValueError(f"make_grid: expected images (N, C, H, W), got {tuple(tensor.shape)}")
        if normalize:
            images = images.clone()
            for part in images if scale_each else [images]:
                _to_unit(part, value_range)
        if images.shape[0] == 1:
            return images.squeeze(0)
        return _laid_out(images, nrow, padding, pad_value)


def _to_unit(image: Any, value_range: tuple[float, float] | None) -> None:
    low, high = value_range or (float(image.min()), float(image.max()))
    image.clamp_(min=low, max=high).sub_(low).div_(max(high - low, 1e-5))


def _laid_out(images: Any, nrow: int, padding: int, pad_value: float) -> Any:
    count, channels, height, width = images.shape
    columns = min(nrow, count)
    rows = math.ceil(count / columns)
    height, width = height + padding, width + padding
    shape = (channels, height * rows + padding, width * columns + padding)
    grid = _creation.full(shape, pad_value, dtype=images.dtype)
    for place in range(count):
        top = place // columns * height + padding
        left = place % columns * width + padding
        grid[:, top : top + height - padding, left : left + width - padding] = images[place]
    return grid


def save_image(tensor: Any, fp: Any, format: str | None = None, **kwargs: Any) -> None:
    """The grid of images as a picture file, or written to a file object.

    kwargs: of make_grid.  Source: torchvision.utils.save_image
    """
    grid = make_grid(tensor, **kwargs)
    # Values are rounded to the nearest of 256.
    pixels = grid.mul(255).add_(0.5).clamp_(0, 255).permute(1, 2, 0).to(uint8)
    image = pillow().fromarray(pixels.contiguous().numpy())
    if not isinstance(fp, (str, os.PathLike)):
        image.save(fp, format=format)
        return
    path = Path(fp)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=path.suffix, delete=False) as file:
        try:
            image.save(file, format=format or _format_of(path))
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def _format_of(path: Path) -> str:
    Image = pillow()
    Image.init()
    known: dict[str, str] = Image.registered_extensions()
    if path.suffix.lower() not in known:
        raise ValueError(f"unknown file extension: {path.suffix}")
    return known[path.suffix.lower()]

"""A chain of transforms for a whole batch at once, with the same random draws sample by sample.

Cropping, padding and flipping are all one thing: a window, read from one end or the other. So a
chain of them, with ToTensor and Normalize, is a few calls of C++ for a batch of any size.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinytorch import _C, _creation, dataloader
from tinytorch._dtype import float32
from tinytorch.vision.transforms import _basic, _chances, _windows
from tinytorch.vision.transforms._pil import sides

Step = Callable[[Any, Any], Any]  # of images (N, C, H, W) and the drawn numbers (N, draws)


class Plan:
    """What a chain does to a batch of images of one size, (N, C, H, W) bytes."""

    def __init__(self, channels: int, height: int, width: int) -> None:
        self.channels, self.height, self.width = channels, height, width
        self.floats = self.tensors = False  # what the images are so far
        self.draws: list[tuple[str, float]] = []
        self.steps: list[Step] = []

    def __call__(self, images: Any, generator: Any = None) -> Any:
        count = len(images)
        drawn = dataloader.draw(count, self.draws, generator) if self.draws else None
        for step in self.steps:
            images = step(images, drawn)
        return images if images.is_contiguous() else images.contiguous()

    def draw(self, kind: str, value: float) -> int:
        """The column of a number that each sample draws."""
        self.draws.append((kind, value))
        return len(self.draws) - 1

    def window(
        self, top: int, left: int, height: int, width: int, fill: float, columns: tuple[int, int]
    ) -> None:
        """A window at (top, left), plus the drawn numbers of the two columns, -1 for none."""
        self.steps.append(Window((top, left), (height, width), fill, columns))
        self.height, self.width = height, width

    def mirror(self, column: int) -> None:
        """Mirror images, where the drawn number of the column is 1."""
        last = self.steps[-1] if self.steps else None
        if not isinstance(last, Window) or last.mirror >= 0:
            last = Window((0, 0), (self.height, self.width), 0, (-1, -1))
            self.steps.append(last)
        last.mirror = column


class Window:
    """A window of each image, some of them mirrored."""

    def __init__(
        self, corner: tuple[int, int], size: tuple[int, int], fill: float, columns: tuple[int, int]
    ) -> None:
        self._corner, self._size, self._fill, self._columns = corner, size, fill, columns
        self.mirror = -1

    def __call__(self, images: Any, drawn: Any) -> Any:
        corners = _creation.tensor([self._corner]).expand(len(images), 2).contiguous()
        for axis, column in enumerate(self._columns):
            if column >= 0:
                corners[:, axis] += drawn[:, column]
        if self.mirror >= 0:
            mirrored = drawn[:, self.mirror] == 1
        else:
            mirrored = _creation.zeros(len(images), dtype=bool)
        return dataloader.crop(images, corners, mirrored, *self._size, self._fill)


def plan_of(transform: Any, channels: int, height: int, width: int) -> Plan | None:
    """The plan of a transform of Pillow images of this size; None unless it is all understood."""
    told = signature(transform)
    if told is None or _C.get_default_dtype() != float32:
        return None
    plan = Plan(channels, height, width)
    for part in _chain(transform):
        if not _PARTS[type(part)][0](plan, part):
            return None
    return plan if plan.tensors else None


def _chain(transform: Any) -> Any:
    return transform.transforms if type(transform) is _basic.Compose else (transform,)


def signature(transform: Any) -> list[Any] | None:
    """All that a plan depends on: a changed transform has another.  None where there is no plan."""
    told: list[Any] = []
    for part in _chain(transform):
        found = _PARTS.get(type(part))
        if found is None or part.__dict__.get("_forward_hooks"):
            return None
        told.append(type(part))
        told += [
            tuple(value) if type(value) is list else value
            for value in map(part.__dict__.get, found[1])
        ]
    return told


def _number(fill: Any, plan: Plan) -> bool:
    return type(fill) in (int, float) and (plan.floats or 0 <= fill <= 255)


def _pad(plan: Plan, part: _basic.Pad) -> bool:
    if part.padding_mode != "constant" or not _number(part.fill, plan):
        return False
    left, top, right, bottom = sides(part.padding)
    if min(left, top, right, bottom) < 0:
        return False
    height, width = plan.height + top + bottom, plan.width + left + right
    plan.window(-top, -left, height, width, _filled(part.fill, plan), (-1, -1))
    return True


def _filled(fill: Any, plan: Plan) -> float:
    return float(fill) if plan.floats else int(fill)


def _crop(plan: Plan, part: _windows.RandomCrop) -> bool:
    left = top = right = bottom = 0
    if part.padding is not None:
        if part.padding_mode != "constant" or not _number(part.fill, plan):
            return False
        left, top, right, bottom = sides(part.padding)
        if min(left, top, right, bottom) < 0:
            return False
    height, width = part.size
    h, w = plan.height + top + bottom, plan.width + left + right
    if part.pad_if_needed or height > h or width > w:
        return False
    columns = (-1, -1)
    if (h, w) != (height, width):
        columns = (plan.draw("integer", h - height + 1), plan.draw("integer", w - width + 1))
    fill = _filled(part.fill, plan) if part.padding is not None else 0
    plan.window(-top, -left, height, width, fill, columns)
    return True


def _center(plan: Plan, part: _basic.CenterCrop) -> bool:
    height, width = part.size
    if height > plan.height or width > plan.width:
        return False
    top, left = round((plan.height - height) / 2.0), round((plan.width - width) / 2.0)
    plan.window(top, left, height, width, 0, (-1, -1))
    return True


def _flip(plan: Plan, part: _chances.RandomHorizontalFlip) -> bool:
    if type(part.p) not in (int, float):
        return False
    plan.mirror(plan.draw("chance", part.p))
    return True


def _to_tensor(plan: Plan, part: Any) -> bool:
    if plan.floats or plan.tensors:
        return False
    plan.floats = plan.tensors = True
    plan.steps.append(_to_float)
    return True


def _convert(plan: Plan, part: _basic.ConvertImageDtype) -> bool:
    if not plan.tensors or part.dtype != float32:
        return False
    if not plan.floats:
        plan.floats = True
        plan.steps.append(_to_float)
    return True


def _to_float(images: Any, drawn: Any) -> Any:
    return dataloader.to_float(images)


def _normalize(plan: Plan, part: _basic.Normalize) -> bool:
    if not plan.floats or part.inplace:
        return False
    values = []
    for given in (part.mean, part.std):
        if not isinstance(given, (list, tuple)) or len(given) not in (1, plan.channels):
            return False
        if not all(type(value) in (int, float) for value in given):
            return False
        value = _creation.tensor(list(given) * (plan.channels // len(given)), dtype=float32)
        values.append(value)
    mean, deviation = values
    if bool((deviation == 0).any()):
        return False
    if plan.steps and plan.steps[-1] is _to_float:  # both at once, by a table of the 256 bytes
        plan.steps[-1] = lambda images, drawn: dataloader.to_float(images, mean, deviation)
    else:
        plan.steps.append(lambda images, drawn: dataloader.normalize(images, mean, deviation))
    return True


def _bytes(plan: Plan, part: Any) -> bool:
    if plan.tensors:
        return False
    plan.tensors = True
    return True


# How each kind of transform is planned, and on which of its attributes that depends.
_PARTS: dict[type, tuple[Callable[[Plan, Any], bool], tuple[str, ...]]] = {
    _basic.Pad: (_pad, ("padding", "fill", "padding_mode")),
    _basic.CenterCrop: (_center, ("size",)),
    _windows.RandomCrop: (
        _crop, ("size", "padding", "pad_if_needed", "fill", "padding_mode"),
    ),
    _chances.RandomHorizontalFlip: (_flip, ("p",)),
    _basic.ToTensor: (_to_tensor, ()),
    _basic.Normalize: (_normalize, ("mean", "std", "inplace")),
    _basic.PILToTensor: (_bytes, ()),
    _basic.ConvertImageDtype: (_convert, ("dtype",)),
}  # fmt: skip

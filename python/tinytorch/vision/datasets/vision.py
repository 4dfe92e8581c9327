"""The base of datasets of images: where they lie, and what happens to a sample."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tinytorch import _creation, dataloader
from tinytorch._C import Tensor
from tinytorch._dtype import uint8
from tinytorch.utils.data import Dataset
from tinytorch.utils.data.dataset import integers
from tinytorch.vision._pillow import pillow
from tinytorch.vision.transforms._plan import Plan, plan_of, signature

Transform = Callable[[Any], Any]


class StandardTransform:
    """A transform of the image and one of the target, as one of both."""

    def __init__(
        self, transform: Transform | None = None, target_transform: Transform | None = None
    ) -> None:
        self.transform = transform
        self.target_transform = target_transform

    def __call__(self, input: Any, target: Any) -> tuple[Any, Any]:
        if self.transform is not None:
            input = self.transform(input)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return input, target

    def __repr__(self) -> str:
        body = [type(self).__name__]
        for head, transform in (
            ("Transform: ", self.transform),
            ("Target transform: ", self.target_transform),
        ):
            if transform is not None:
                first, *rest = repr(transform).splitlines()
                body += [head + first, *(" " * len(head) + line for line in rest)]
        return "\n".join(body)


class VisionDataset(Dataset[Any]):
    """Images below a folder.  Source: torchvision.datasets.VisionDataset

    Raises ValueError for `transforms` beside one of the other two.
    """

    _repr_indent = 4

    def __init__(
        self,
        root: Any = None,
        transforms: Callable[..., Any] | None = None,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
    ) -> None:
        if isinstance(root, (str, os.PathLike)):
            root = os.path.expanduser(root)
        self.root = root
        if transforms is not None and (transform is not None or target_transform is not None):
            raise ValueError(
                "Only transforms or transform/target_transform can be passed as argument"
            )
        self.transform = transform
        self.target_transform = target_transform
        if transform is not None or target_transform is not None:
            transforms = StandardTransform(transform, target_transform)
        self.transforms = transforms

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def __repr__(self) -> str:
        body = [f"Number of datapoints: {len(self)}"]
        if self.root is not None:
            body.append(f"Root location: {self.root}")
        body += self.extra_repr().splitlines()
        if self.transforms is not None:
            body += [repr(self.transforms)]
        indent = " " * self._repr_indent
        return "\n".join([f"Dataset {type(self).__name__}", *(indent + line for line in body)])

    def extra_repr(self) -> str:
        return ""


class ImagesInMemory(VisionDataset):
    """Images as bytes in one array or tensor `data`, (N, H, W) or (N, H, W, C), and `targets`.

    A sample is a Pillow image and a number, after the transforms. Where the transform is a chain
    that can be planned, batches are made whole, and samples without Pillow.
    """

    data: Any
    targets: Any

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        target = self._target(index)
        if type(index) is int and self.target_transform is None:
            plan = self._plan()
            if plan is not None and -len(self.data) <= index < len(self.data):
                image = self._planes([index % len(self.data)])
                return plan(image)[0], target
        pixels = self.data[index]
        pixels = pixels.numpy() if isinstance(pixels, Tensor) else pixels
        image = pillow().fromarray(pixels)
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return image, target

    def _target(self, index: Any) -> Any:
        target = self.targets[index]
        return int(target) if isinstance(target, (Tensor, np.integer)) else target

    def __len__(self) -> int:
        return len(self.data)

    def _plan(self) -> Plan | None:
        """The plan of the transform as it is now, for the images as they are."""
        told = signature(self.transform)
        if told is None:
            return None
        data = self.data
        told += [data.dtype, data.shape]
        if self.__dict__.get("_planned_for") != told:
            self.__dict__["_planned_for"] = told
            channels = int(data.shape[3]) if len(data.shape) == 4 else 1
            plan = None
            if len(data.shape) in (3, 4) and channels in (1, 3) and data.dtype in (uint8, np.uint8):
                plan = plan_of(self.transform, channels, int(data.shape[1]), int(data.shape[2]))
            self.__dict__["_planned"] = plan
        found: Plan | None = self.__dict__["_planned"]
        return found

    def _planes(self, indices: list[int]) -> Any:
        """(N, C, H, W) bytes."""
        rows, data = _creation.tensor(indices), self.data
        if len(data.shape) == 3:
            return dataloader.gather(data, rows).unsqueeze(1)
        if isinstance(data, np.ndarray):
            planes = data.transpose(0, 3, 1, 2)
            if planes.flags.c_contiguous:
                return dataloader.gather(planes, rows)  # type: ignore[arg-type]
            if not data.flags.c_contiguous:  # gathering would copy all of it
                return _creation.from_numpy(planes[indices])
        return dataloader.gather(data, rows).permute(0, 3, 1, 2)

    def __getbatch__(self, indices: list[Any], generator: Any = None) -> Any:
        """Images and targets of a whole batch; None where it takes them one by one."""
        plan = self._plan()
        if plan is None or not integers(indices) or len(self.targets) != len(self.data):
            return None
        targets = [self._target(index) for index in indices]
        if not all(type(target) is int for target in targets):
            return None
        return [plan(self._planes(indices), generator), _creation.tensor(targets)]

    def _makes_batches(self) -> bool:
        return self.target_transform is None and self._plan() is not None

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        state.pop("_planned_for", None)  # a plan holds functions, and is soon made again
        state.pop("_planned", None)
        return state


def data_folders(root: Any, name: str) -> list[Path]:
    """Where a dataset may lie: below root, and below $TINYTORCH_DATA."""
    folders = [] if root is None else [Path(root)]
    if place := os.environ.get("TINYTORCH_DATA"):
        folders.append(Path(place).expanduser() / name)
    return folders


def checked_choice(value: Any, name: str, choices: tuple[str, ...]) -> Any:
    """Raises ValueError unless it is one of them."""
    if value not in choices:
        raise ValueError(
            f"Unknown value '{value}' for argument {name}. Valid values are "
            f"{{{', '.join(map(repr, choices))}}}."
        )
    return value

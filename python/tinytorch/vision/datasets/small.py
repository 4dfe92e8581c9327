"""Small datasets without files: the bundled digits, and random images."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinytorch import _creation, _random, _rng_state
from tinytorch.random import manual_seed
from tinytorch.vision.datasets.vision import ImagesInMemory, Transform, VisionDataset
from tinytorch.vision.transforms import functional as F


class Digits(ImagesInMemory):
    """The 1,797 digits of 8 x 8 pixels that come with scikit-learn; a fifth is the test set.

    `data` (N, 8, 8) uint8, `targets` (N,) int64.  Alpaydin and Kaynak, 1998.
    """

    classes = [str(digit) for digit in range(10)]  # noqa: RUF012

    def __init__(
        self,
        root: Any = None,
        train: bool = True,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        from tinytorch.milestone.data import bundled_digits

        digits = bundled_digits()
        x, y = (digits.x, digits.y) if train else (digits.test_x, digits.test_y)
        self.train = train
        self.data = _creation.from_numpy(np.rint(x * 255).astype(np.uint8).reshape(-1, 8, 8))
        self.targets = _creation.from_numpy(y.astype(np.int64))

    def extra_repr(self) -> str:
        return f"Split: {'Train' if self.train else 'Test'}"


class FakeData(VisionDataset):
    """Random images, the same for the same index.  Source: torchvision.datasets.FakeData"""

    def __init__(
        self,
        size: int = 1000,
        image_size: tuple[int, int, int] = (3, 224, 224),
        num_classes: int = 10,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        random_offset: int = 0,
    ) -> None:
        super().__init__(transform=transform, target_transform=target_transform)
        self.size = size
        self.num_classes = num_classes
        self.image_size = image_size
        self.random_offset = random_offset

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if index >= len(self):
            raise IndexError(f"{type(self).__name__} index out of range")
        state = _rng_state.get_rng_state()
        manual_seed(index + self.random_offset)
        img = _random.randn(*self.image_size)
        target: Any = _random.randint(0, self.num_classes, size=(1,))[0]
        _rng_state.set_rng_state(state)
        img = F.to_pil_image(img)
        if self.transform is not None:
            img = self.transform(img)
        target = target.item()
        if self.target_transform is not None:
            target = self.target_transform(target)
        return img, target

    def __len__(self) -> int:
        return self.size

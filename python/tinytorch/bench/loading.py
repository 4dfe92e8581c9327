"""Loading: an epoch over images in memory, cropped and mirrored, without a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

IMAGES, BATCH = 5120, 128
MEAN, DEVIATION = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)


def photographs() -> tuple[Any, Any]:
    """Bytes (N, 32, 32, 3) and labels (N,), as CIFAR-10 has them: the time is not in the motif."""
    draw = np.random.default_rng(0)
    return draw.integers(0, 256, (IMAGES, 32, 32, 3), np.uint8), draw.integers(0, 10, IMAGES)


def own(torch: Any) -> Any:
    """A dataset as programs write it: sample by sample, with the library's operations."""
    pad = torch.nn.functional.pad
    mean, deviation = (torch.tensor(v).view(3, 1, 1) for v in (MEAN, DEVIATION))

    class Photographs(torch.utils.data.Dataset):  # type: ignore[misc]
        def __init__(self) -> None:
            self.images, self.labels = photographs()

        def __len__(self) -> int:
            return len(self.images)

        def __getitem__(self, index: int) -> tuple[Any, int]:
            x = torch.from_numpy(self.images[index]).permute(2, 0, 1)
            x = pad(x, (4, 4, 4, 4))
            top, left = torch.randint(0, 9, (2,)).tolist()
            x = x[:, top : top + 32, left : left + 32]
            if torch.rand(1).item() < 0.5:
                x = x.flip(-1)
            return (x.float() / 255 - mean) / deviation, int(self.labels[index])

    return Photographs()


def planned(torch: Any) -> Any:
    """The same by torchvision's names on tinytorch, which makes whole batches; else `own`."""
    if torch.__name__ != "tinytorch":
        return own(torch)
    from tinytorch.vision.datasets.vision import ImagesInMemory

    transforms = torch.vision.transforms
    chain = [
        transforms.RandomCrop(32, padding=4),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        transforms.Normalize(MEAN, DEVIATION),
    ]
    dataset = ImagesInMemory(transform=transforms.Compose(chain))
    dataset.data, dataset.targets = photographs()
    return dataset


def epoch(torch: Any, dataset: Callable[[Any], Any], workers: int) -> Callable[[], None]:
    """One epoch; workers stay for the next, so that their start is not in the time."""
    loader = torch.utils.data.DataLoader(
        dataset(torch), BATCH, shuffle=True, num_workers=workers, persistent_workers=workers > 0
    )

    def step() -> None:
        for _ in loader:
            pass

    return step

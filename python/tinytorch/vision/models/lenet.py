"""LeNet-5, and a small network of today for the same images."""

from __future__ import annotations

from typing import Any

from tinytorch import nn


class LeNet5(nn.Module):
    """Two convolutions with pooling, three linear layers; LeCun, Bottou, Bengio and Haffner, 1998.

    (N, in_channels, size, size) -> (N, classes), size 28 or 32: digits of 28 are padded by 2.
    """

    def __init__(self, classes: int = 10, in_channels: int = 1, size: int = 28) -> None:
        super().__init__()
        if size not in (28, 32):
            raise ValueError(f"LeNet5: expected images of 28 or 32 pixels, got {size}")
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 6, 5, padding=2 if size == 28 else 0),
            nn.Tanh(),
            nn.AvgPool2d(2),
            nn.Conv2d(6, 16, 5),
            nn.Tanh(),
            nn.AvgPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(16 * 5 * 5, 120),
            nn.Tanh(),
            nn.Linear(120, 84),
            nn.Tanh(),
            nn.Linear(84, classes),
        )

    def forward(self, x: Any) -> Any:
        return self.classifier(self.features(x))


def unit(inputs: int, outputs: int, pool: bool = False) -> list[nn.Module]:
    """A 3 x 3 convolution, normalised, and what it found."""
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    ]
    return [*layers, nn.MaxPool2d(2)] if pool else layers


class SimpleCNN(nn.Module):
    """Blocks of convolution, batch norm, ReLU, pooling; each channel's largest value; linear.

    widths: channels block by block; all but the last are followed by pooling, and `double` blocks
    (counted from 0) have two convolutions. Any image size that halves often enough.
    """

    def __init__(
        self,
        classes: int = 10,
        in_channels: int = 3,
        widths: tuple[int, ...] = (32, 64, 128, 128),
        double: tuple[int, ...] = (),
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = in_channels
        for number, width in enumerate(widths):
            last = number == len(widths) - 1
            if number in double:
                layers += unit(before, width)
                before = width
            layers += unit(before, width, pool=not last)
            before = width
        self.features = nn.Sequential(*layers)
        self.pool = nn.AdaptiveMaxPool2d(1)
        self.classifier = nn.Linear(before, classes)

    def forward(self, x: Any) -> Any:
        return self.classifier(self.pool(self.features(x)).flatten(1))

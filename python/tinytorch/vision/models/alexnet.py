"""AlexNet: five convolutions, three linear layers and dropout.  Krizhevsky et al., 2012."""

from __future__ import annotations

from typing import Any

from tinytorch import nn


class AlexNet(nn.Module):
    """For images of 224 x 224; layers are named as torchvision names them.

    Source: torchvision.models.AlexNet
    """

    def __init__(self, num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, kernel_size=11, stride=4, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(64, 192, kernel_size=5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(192, 384, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(p=dropout),
            nn.Linear(256 * 6 * 6, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(p=dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Linear(4096, num_classes),
        )

    def forward(self, x: Any) -> Any:
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


def alexnet(*, weights: Any = None, progress: bool = True, **options: Any) -> AlexNet:
    """AlexNet with fresh weights.  Raises ValueError for `weights`: there are none to download."""
    refuse_weights("alexnet", weights, options)
    return AlexNet(**options)


def refuse_weights(name: str, weights: Any, options: dict[str, Any]) -> None:
    """`pretrained`, as weights were asked for once, is taken out of the options."""
    pretrained = options.pop("pretrained", False)
    if weights is not None or pretrained:
        asked = f"weights={weights!r}" if weights is not None else f"pretrained={pretrained!r}"
        raise ValueError(
            f"{name}: trained weights cannot be downloaded here; load_state_dict reads a file of "
            f"torchvision's, got {asked}"
        )


class SmallAlexNet(nn.Module):
    """AlexNet's form for (N, 3, 32, 32): the same five convolutions, narrower, on small strides."""

    def __init__(self, classes: int = 10, dropout: float = 0.5) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 48, kernel_size=5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
            nn.Conv2d(48, 96, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
            nn.Conv2d(96, 192, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(192, 128, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(128, 128, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(p=dropout),
            nn.Linear(128 * 4 * 4, 512),
            nn.ReLU(),
            nn.Dropout(p=dropout),
            nn.Linear(512, 256),
            nn.ReLU(),
            nn.Linear(256, classes),
        )

    def forward(self, x: Any) -> Any:
        return self.classifier(self.features(x))

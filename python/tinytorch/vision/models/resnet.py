"""Residual networks: each block adds what it found to what came in.  He et al., 2015."""

from __future__ import annotations

from typing import Any

from tinytorch import nn
from tinytorch.vision.models.alexnet import refuse_weights
from tinytorch.vision.models.lenet import unit


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut; names are torchvision's."""

    expansion = 1

    def __init__(self, inplanes: int, planes: int, stride: int = 1, downsample: Any = None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: Any) -> Any:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out = out + (x if self.downsample is None else self.downsample(x))
        return self.relu(out)


class ResNet(nn.Module):
    """Four stages of basic blocks for images of 224 x 224.  Source: torchvision.models.ResNet"""

    def __init__(
        self,
        block: type[BasicBlock],
        layers: list[int],
        num_classes: int = 1000,
        zero_init_residual: bool = False,
    ) -> None:
        super().__init__()
        self.inplanes = 64
        self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = self._make_layer(block, 64, layers[0])
        self.layer2 = self._make_layer(block, 128, layers[1], stride=2)
        self.layer3 = self._make_layer(block, 256, layers[2], stride=2)
        self.layer4 = self._make_layer(block, 512, layers[3], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512 * block.expansion, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(module, nn.BatchNorm2d):
                nn.init.constant_(module.weight, 1)
                nn.init.constant_(module.bias, 0)
        if zero_init_residual:
            for module in self.modules():
                if isinstance(module, BasicBlock):
                    nn.init.constant_(module.bn2.weight, 0)

    def _make_layer(
        self, block: type[BasicBlock], planes: int, blocks: int, stride: int = 1
    ) -> nn.Sequential:
        downsample = None
        if stride != 1 or self.inplanes != planes * block.expansion:
            downsample = nn.Sequential(
                nn.Conv2d(self.inplanes, planes * block.expansion, 1, stride=stride, bias=False),
                nn.BatchNorm2d(planes * block.expansion),
            )
        first = block(self.inplanes, planes, stride, downsample)
        self.inplanes = planes * block.expansion
        return nn.Sequential(first, *(block(self.inplanes, planes) for _ in range(1, blocks)))

    def forward(self, x: Any) -> Any:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).flatten(1))


def resnet18(*, weights: Any = None, progress: bool = True, **options: Any) -> ResNet:
    """ResNet-18 with fresh weights.  Source: torchvision.models.resnet18"""
    refuse_weights("resnet18", weights)
    return ResNet(BasicBlock, [2, 2, 2, 2], **options)


def resnet34(*, weights: Any = None, progress: bool = True, **options: Any) -> ResNet:
    """ResNet-34 with fresh weights.  Source: torchvision.models.resnet34"""
    refuse_weights("resnet34", weights)
    return ResNet(BasicBlock, [3, 4, 6, 3], **options)


class CifarResNet(ResNet):
    """ResNet for (N, 3, 32, 32): a 3 x 3 convolution begins it, without stride or pooling."""

    def __init__(self, layers: list[int], num_classes: int = 10) -> None:
        super().__init__(BasicBlock, layers, num_classes)
        self.conv1 = nn.Conv2d(3, 64, kernel_size=3, padding=1, bias=False)
        nn.init.kaiming_normal_(self.conv1.weight, mode="fan_out", nonlinearity="relu")
        self.maxpool = nn.Identity()  # type: ignore[assignment]


def resnet18_cifar(num_classes: int = 10) -> CifarResNet:
    """ResNet-18 for images of 32 x 32."""
    return CifarResNet([2, 2, 2, 2], num_classes)


class ResNet9(nn.Module):
    """Eight convolutions, two residual blocks among them, and a linear layer; for (N, 3, 32, 32).

    After Page, How to Train Your ResNet, 2018.  width: channels of the first convolution.
    """

    def __init__(self, classes: int = 10, in_channels: int = 3, width: int = 64) -> None:
        super().__init__()
        self.stem = nn.Sequential(*unit(in_channels, width), *unit(width, 2 * width, pool=True))
        self.residual1 = nn.Sequential(*unit(2 * width, 2 * width), *unit(2 * width, 2 * width))
        self.middle = nn.Sequential(
            *unit(2 * width, 4 * width, pool=True), *unit(4 * width, 8 * width, pool=True)
        )
        self.residual2 = nn.Sequential(*unit(8 * width, 8 * width), *unit(8 * width, 8 * width))
        self.pool = nn.AdaptiveMaxPool2d(1)
        self.classifier = nn.Linear(8 * width, classes)

    def forward(self, x: Any) -> Any:
        x = self.stem(x)
        x = self.middle(x + self.residual1(x))
        x = x + self.residual2(x)
        return self.classifier(self.pool(x).flatten(1))

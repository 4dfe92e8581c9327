"""Residual networks: each block adds what it found to what came in.  He et al., 2015."""

from __future__ import annotations

from collections.abc import Callable
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


class Bottleneck(nn.Module):
    """A 3 x 3 convolution between one that narrows and one that widens, beside a shortcut.

    groups, base_width: of the 3 x 3 convolution, as ResNeXt and wide ResNets have them.
    """

    expansion = 4

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: Any = None,
        groups: int = 1,
        base_width: int = 64,
    ) -> None:
        super().__init__()
        width = int(planes * (base_width / 64)) * groups
        self.conv1 = nn.Conv2d(inplanes, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, planes * self.expansion, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(planes * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: Any) -> Any:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        out = out + (x if self.downsample is None else self.downsample(x))
        return self.relu(out)


Block = type[BasicBlock] | type[Bottleneck]


class ResNet(nn.Module):
    """Four stages of blocks for images of 224 x 224.  Source: torchvision.models.ResNet"""

    def __init__(
        self,
        block: Block,
        layers: list[int],
        num_classes: int = 1000,
        zero_init_residual: bool = False,
        groups: int = 1,
        width_per_group: int = 64,
    ) -> None:
        super().__init__()
        self.inplanes = 64
        self.groups, self.base_width = groups, width_per_group
        if block is BasicBlock and (groups, width_per_group) != (1, 64):
            raise ValueError("BasicBlock only supports groups=1 and base_width=64")
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
                elif isinstance(module, Bottleneck):
                    nn.init.constant_(module.bn3.weight, 0)

    def _make_layer(self, block: Block, planes: int, blocks: int, stride: int = 1) -> nn.Sequential:
        downsample = None
        if stride != 1 or self.inplanes != planes * block.expansion:
            downsample = nn.Sequential(
                nn.Conv2d(self.inplanes, planes * block.expansion, 1, stride=stride, bias=False),
                nn.BatchNorm2d(planes * block.expansion),
            )
        form = (self.groups, self.base_width) if issubclass(block, Bottleneck) else ()
        first = block(self.inplanes, planes, stride, downsample, *form)
        self.inplanes = planes * block.expansion
        rest = (block(self.inplanes, planes, 1, None, *form) for _ in range(1, blocks))
        return nn.Sequential(first, *rest)

    def forward(self, x: Any) -> Any:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).flatten(1))


def _named(name: str, block: Block, layers: list[int], **form: Any) -> Callable[..., ResNet]:
    """torchvision.models.<name>, with fresh weights."""

    def make(*, weights: Any = None, progress: bool = True, **options: Any) -> ResNet:
        refuse_weights(name, weights, options)
        return ResNet(block, layers, **{**form, **options})

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"`ResNet` of {layers} blocks, fresh weights.  Source: torchvision.models.{name}"
    return make


resnet18 = _named("resnet18", BasicBlock, [2, 2, 2, 2])
resnet34 = _named("resnet34", BasicBlock, [3, 4, 6, 3])
resnet50 = _named("resnet50", Bottleneck, [3, 4, 6, 3])
resnet101 = _named("resnet101", Bottleneck, [3, 4, 23, 3])
resnet152 = _named("resnet152", Bottleneck, [3, 8, 36, 3])
resnext50_32x4d = _named("resnext50_32x4d", Bottleneck, [3, 4, 6, 3], groups=32, width_per_group=4)
wide_resnet50_2 = _named("wide_resnet50_2", Bottleneck, [3, 4, 6, 3], width_per_group=128)


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

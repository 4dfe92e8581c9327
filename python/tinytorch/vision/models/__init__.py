"""Convolutional networks from LeNet-5 to residual networks.

lenet      LeNet5 (1998) and a SimpleCNN of today, for small images
alexnet    AlexNet's form of 2012, small enough for images of 32 x 32
resnet     residual networks: for CIFAR, and torchvision's, resnet18 to resnet152
"""

from tinytorch.vision.models.alexnet import AlexNet as AlexNet
from tinytorch.vision.models.alexnet import SmallAlexNet as SmallAlexNet
from tinytorch.vision.models.alexnet import alexnet as alexnet
from tinytorch.vision.models.lenet import LeNet5 as LeNet5
from tinytorch.vision.models.lenet import SimpleCNN as SimpleCNN
from tinytorch.vision.models.resnet import BasicBlock as BasicBlock
from tinytorch.vision.models.resnet import Bottleneck as Bottleneck
from tinytorch.vision.models.resnet import CifarResNet as CifarResNet
from tinytorch.vision.models.resnet import ResNet as ResNet
from tinytorch.vision.models.resnet import ResNet9 as ResNet9
from tinytorch.vision.models.resnet import resnet18 as resnet18
from tinytorch.vision.models.resnet import resnet18_cifar as resnet18_cifar
from tinytorch.vision.models.resnet import resnet34 as resnet34
from tinytorch.vision.models.resnet import resnet50 as resnet50
from tinytorch.vision.models.resnet import resnet101 as resnet101
from tinytorch.vision.models.resnet import resnet152 as resnet152
from tinytorch.vision.models.resnet import resnext50_32x4d as resnext50_32x4d
from tinytorch.vision.models.resnet import wide_resnet50_2 as wide_resnet50_2

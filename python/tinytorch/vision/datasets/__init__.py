"""Datasets of images: torchvision.datasets."""

from tinytorch.vision.datasets.cifar import CIFAR10 as CIFAR10
from tinytorch.vision.datasets.cifar import CIFAR100 as CIFAR100
from tinytorch.vision.datasets.folder import DatasetFolder as DatasetFolder
from tinytorch.vision.datasets.folder import ImageFolder as ImageFolder
from tinytorch.vision.datasets.mnist import MNIST as MNIST
from tinytorch.vision.datasets.mnist import FashionMNIST as FashionMNIST
from tinytorch.vision.datasets.small import Digits as Digits
from tinytorch.vision.datasets.small import FakeData as FakeData
from tinytorch.vision.datasets.vision import VisionDataset as VisionDataset

"""Images: datasets, transforms, models and pictures, by torchvision's names.

    from tinytorch.vision import datasets, transforms

datasets     MNIST, FashionMNIST, CIFAR10, CIFAR100, folders of images, digits, fake data
transforms   what happens to an image on its way into a batch
models       LeNet-5, small CNNs, residual networks
utils        grids of images, saved as a picture
"""

import importlib
from typing import Any

__version__ = "0.28.0"  # of torchvision, whose names these are

_MODULES = ("datasets", "models", "transforms", "utils")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"tinytorch.vision.{name}")
    raise AttributeError(f"tinytorch does not have torchvision.{name}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})


def set_image_backend(backend: str) -> None:
    """Pillow is the only one.  Raises ValueError for another.  Source: torchvision"""
    if backend != "PIL":
        raise ValueError(f"Invalid backend '{backend}'. Options are 'PIL'")


def get_image_backend() -> str:
    """ "PIL".  Source: torchvision.get_image_backend"""
    return "PIL"

"""What programs use beside tensors and models: datasets and loaders, hook handles and more."""

import importlib
from typing import Any

from tinytorch.utils import data as data
from tinytorch.utils import dlpack as dlpack
from tinytorch.utils import hooks as hooks


def __getattr__(name: str) -> Any:
    if name == "checkpoint":
        return importlib.import_module("tinytorch.utils.checkpoint")
    raise AttributeError(f"tinytorch does not have torch.utils.{name}")

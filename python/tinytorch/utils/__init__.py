"""What programs use beside tensors and models: datasets and loaders, hook handles and more."""

import importlib
from typing import Any

from tinytorch import _C
from tinytorch.utils import dlpack as dlpack
from tinytorch.utils import hooks as hooks

if "dataloader" in _C.build_info()["units"]:
    from tinytorch.utils import data as data


def __getattr__(name: str) -> Any:
    if name in ("_pytree", "checkpoint", "model_zoo"):
        return importlib.import_module(f"tinytorch.utils.{name}")
    raise AttributeError(f"tinytorch does not have torch.utils.{name}")

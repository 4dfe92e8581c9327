"""The random numbers of transforms, each drawn as torchvision draws it from torch's generator."""

from typing import Any

import numpy as np

from tinytorch import _C, _creation
from tinytorch._dtype import float32, int64


def happens(p: Any) -> bool:
    """torch.rand(1) < p."""
    dtype = _C.get_default_dtype()
    drawn = _C._rand((1,), dtype, None).item()
    if dtype is float32 and type(p) in (float, int):  # PyTorch compares in the tensor's dtype
        return bool(drawn < np.float32(p))
    return bool(_creation.tensor([drawn], dtype=dtype) < p)


def integer(low: int, high: int) -> int:
    """torch.randint(low, high, (1,)).  Raises RuntimeError for an empty range."""
    return int(_C._randint(low, high, (1,), int64, None).item())


def uniform(low: Any, high: Any) -> float:
    """torch.empty(1).uniform_(low, high)."""
    x = _C._empty((1,), _C.get_default_dtype())
    return float(x.uniform_(float(low), float(high)).item())

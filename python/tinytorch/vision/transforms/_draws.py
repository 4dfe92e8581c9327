"""The random numbers of transforms, each drawn as torchvision draws it from torch's generator."""

from typing import Any

from tinytorch import _C, _random
from tinytorch._dtype import int64


def happens(p: Any) -> bool:
    """torch.rand(1) < p."""
    return bool(_random.rand(1) < p)


def integer(low: int, high: int) -> int:
    """torch.randint(low, high, (1,)).  Raises RuntimeError for an empty range."""
    return int(_C._randint(low, high, (1,), int64, None).item())


def uniform(low: Any, high: Any) -> float:
    """torch.empty(1).uniform_(low, high)."""
    x = _C._empty((1,), _C.get_default_dtype())
    return float(x.uniform_(float(low), float(high)).item())

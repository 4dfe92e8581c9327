"""torch.backends.cudnn: not there; its switches can be set."""

import sys
from contextlib import AbstractContextManager
from typing import Any

from tinytorch.backends._flags import kept

enabled = True
benchmark = False
benchmark_limit: int | None = None
deterministic = False
allow_tf32 = True
fp32_precision = "none"


def is_available() -> bool:
    return False


def version() -> int | None:
    return None


def is_acceptable(tensor: Any) -> bool:
    return False


def flags(
    enabled: bool = False,
    benchmark: bool = False,
    benchmark_limit: int = 10,
    deterministic: bool = False,
    allow_tf32: bool = True,
    fp32_precision: str = "none",
) -> AbstractContextManager[None]:
    """The switches for the length of a `with` block.  Source: torch.backends.cudnn.flags"""
    return kept(sys.modules[__name__], dict(locals()))

"""torch.backends.mkldnn: not there; its switches can be set."""

import sys
from contextlib import AbstractContextManager

from tinytorch.backends._flags import kept

enabled = True
deterministic = False
allow_tf32 = True
fp32_precision = "none"


def is_available() -> bool:
    return False


def flags(
    enabled: bool = False,
    deterministic: bool = False,
    allow_tf32: bool = True,
    fp32_precision: str = "none",
) -> AbstractContextManager[None]:
    """The switches for the length of a `with` block.  Source: torch.backends.mkldnn.flags"""
    return kept(sys.modules[__name__], dict(locals()))

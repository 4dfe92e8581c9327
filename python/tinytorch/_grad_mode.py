"""Grad mode and detaching for code that runs in every build, also in one without autograd."""

from contextlib import nullcontext
from typing import Any

from tinytorch._C import Tensor

HAS_AUTOGRAD = hasattr(Tensor, "requires_grad")


def no_grad() -> Any:
    """A context in which no operation is recorded."""
    return _autograd().no_grad() if HAS_AUTOGRAD else nullcontext()


def enable_grad() -> Any:
    """A context in which operations are recorded, also inside `no_grad`."""
    return _autograd().enable_grad() if HAS_AUTOGRAD else nullcontext()


def _autograd() -> Any:
    from tinytorch import autograd

    return autograd


def detached(x: Any) -> Any:
    """The same memory, unknown to autograd."""
    return x.detach() if HAS_AUTOGRAD else x

"""Grad mode and detaching for code that runs in every build, also in one without autograd."""

from contextlib import nullcontext
from typing import Any

from tinytorch import _C

HAS_AUTOGRAD = hasattr(_C.Tensor, "requires_grad")

if HAS_AUTOGRAD:
    from tinytorch.autograd import enable_grad as enable_grad
    from tinytorch.autograd import no_grad as no_grad
else:
    no_grad: Any = nullcontext
    enable_grad: Any = nullcontext


def detached(x: Any) -> Any:
    """The same memory, unknown to autograd."""
    return x.detach() if HAS_AUTOGRAD else x

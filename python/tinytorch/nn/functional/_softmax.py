"""Softmax and its kin: probabilities along a dimension."""

import warnings
from typing import Any

from tinytorch import _C, _creation
from tinytorch._C import Tensor


def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """exp(input) / sum exp(input) along dim: positive, summing to one.

    dtype: what the input is converted to first.
    Raises IndexError for a dim outside the input's.  Source: torch.nn.functional.softmax
    """
    if dim is None:
        dim = implicit_dim("softmax", input, _stacklevel)
    return _C.softmax(input if dtype is None else input.to(dtype), dim)


def softmin(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """softmax of -input.  Source: torch.nn.functional.softmin"""
    if dim is None:
        dim = implicit_dim("softmin", input, _stacklevel)
    negative = -input
    return _C.softmax(negative if dtype is None else negative.to(dtype), dim)


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """log(softmax(input)), exact where softmax is 0.  Source: torch.nn.functional.log_softmax"""
    if dim is None:
        dim = implicit_dim("log_softmax", input, _stacklevel)
    return _C.log_softmax(input if dtype is None else input.to(dtype), dim)


def gumbel_softmax(
    logits: Any, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """A sample of the categories along dim, differentiable by the logits (Jang et al., 2017).

    tau: the temperature; towards 0 samples become one-hot.  hard: one-hot values, with the soft
    ones' gradient.  Source: torch.nn.functional.gumbel_softmax
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    noise = -_creation.empty(logits.shape, dtype=logits.dtype).exponential_().log()
    soft: Any = _C.softmax((logits + noise) / tau, dim)
    if not hard:
        return soft  # type: ignore[no-any-return]
    if logits.dim() == 0:
        return soft / soft.detach()  # type: ignore[no-any-return]
    along = [1] * logits.dim()
    along[dim] = logits.shape[dim]
    classes = _creation.arange(logits.shape[dim]).reshape(along)
    one_hot = (classes == soft.detach().argmax(dim, keepdim=True)).to(logits.dtype)
    return one_hot - soft.detach() + soft  # type: ignore[no-any-return]


def implicit_dim(name: str, input: Tensor, stacklevel: int) -> int:
    """The dim that PyTorch once took where none was given; says so."""
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. "
        "Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if input.dim() in (0, 1, 3) else 1

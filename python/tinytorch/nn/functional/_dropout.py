"""Dropout: elements switched off at random while training."""

import math
from collections.abc import Callable
from typing import Any

from tinytorch import _C, _creation
from tinytorch._C import Tensor

# The value that selu tends to for large negative inputs, with its sign turned.
_ALPHA = 1.7580993408473766


def check_probability(p: float) -> None:
    """Raises ValueError for p outside [0, 1]."""
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """In training, zeroes each element with probability p and scales the others by 1 / (1 - p).

    Raises ValueError for p outside [0, 1].  Source: torch.nn.functional.dropout
    """
    check_probability(p)
    output = _C.dropout(input, p, training)
    if not (inplace and training):
        return output
    input.copy_(output)
    return input


def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Dropout for selu: what is dropped gets selu's lowest value, mean and variance are kept.

    Raises ValueError for p outside [0, 1].  Source: torch.nn.functional.alpha_dropout
    """
    return _alpha_dropout(input, p, training, inplace, _empty_as)


def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """alpha_dropout of whole channels.  input: (N, C, ...).

    Raises ValueError for p outside [0, 1].  Source: torch.nn.functional.feature_alpha_dropout
    """
    check_probability(p)
    if input.dim() < 2 and training and p not in (0, 1):
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")

    def noise_like(x: Tensor) -> Tensor:
        noise: Tensor = _creation.empty([*x.shape[:2], *[1] * (x.dim() - 2)], dtype=x.dtype)
        return noise

    return _alpha_dropout(input, p, training, inplace, noise_like)


def _alpha_dropout(
    input: Any, p: float, training: bool, inplace: bool, noise_like: Callable[[Any], Any]
) -> Tensor:
    check_probability(p)
    if p == 0 or not training or input.numel() == 0:
        return input  # type: ignore[no-any-return]
    if p == 1:
        output = input * 0
    elif not input.is_floating_point():
        raise RuntimeError(f"alpha_dropout: expected a floating dtype, got {input.dtype}")
    else:
        scale = 1.0 / math.sqrt((_ALPHA * _ALPHA * p + 1) * (1 - p))
        kept = noise_like(input).bernoulli_(1 - p)
        output = input * (kept * scale) + ((kept - 1) * (_ALPHA * scale) + _ALPHA * scale * p)
    return input.copy_(output) if inplace else output  # type: ignore[no-any-return]


def _empty_as(x: Any) -> Any:
    """Fresh memory for x, to be filled in the order in which x lies in its own."""
    strides = x.stride()
    if 0 in strides:
        return _creation.empty(x.shape, dtype=x.dtype)
    order = sorted(range(x.dim()), key=lambda d: -strides[d])
    fresh: Any = _creation.empty([x.shape[d] for d in order], dtype=x.dtype)
    return fresh.permute([order.index(d) for d in range(x.dim())])

"""Dropout: elements switched off at random while training."""

import math
import warnings
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


def feature_dropout(input: Any, p: float, training: bool, inplace: bool = False) -> Tensor:
    """Dropout of whole channels: one draw for each of N times C.  input: (N, C, ...)."""
    check_probability(p)
    if p == 0 or not training or input.numel() == 0:
        return input  # type: ignore[no-any-return]
    if p == 1:
        output = input * 0
    elif input.dim() < 2:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    elif not input.is_floating_point():
        raise RuntimeError(f"feature_dropout: expected a floating dtype, got {input.dtype}")
    else:
        shape = [*input.shape[:2], *[1] * (input.dim() - 2)]
        kept: Any = _creation.empty(shape, dtype=input.dtype)
        output = input * kept.bernoulli_(1 - p).div_(1 - p)
    return input.copy_(output) if inplace else output  # type: ignore[no-any-return]


def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """In training, zeroes each channel with probability p and scales the others by 1 / (1 - p).

    input: (N, C, L) or (C, L).  Raises ValueError for p outside [0, 1], RuntimeError for other
    dims.  Source: torch.nn.functional.dropout1d
    """
    check_probability(p)
    if input.dim() not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.dim()}D input. Note that "
            "dropout1d exists to provide channel-wise dropout on inputs with 1 spatial dimension, "
            "a channel dimension, and an optional batch dimension (i.e. 2D or 3D inputs)."
        )
    if input.dim() == 3:
        return feature_dropout(input, p, training, inplace)
    result: Any = feature_dropout(input.unsqueeze(0), p, training, inplace)
    return input if inplace else result.squeeze(0)  # type: ignore[no-any-return]


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Dropout of whole channels.  input: (N, C, H, W); (N, C, L) is taken, too, with a warning.

    Raises ValueError for p outside [0, 1].  Source: torch.nn.functional.dropout2d
    """
    check_probability(p)
    if input.dim() not in (3, 4):
        _warn_of_dims("dropout2d", input.dim(), 2, "3D or 4D")
    if input.dim() == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout "
            "behavior is desired - input is interpreted as shape (N, C, L), where C is the channel "
            "dim. This behavior will change in a future release to interpret the input as one "
            "without a batch dimension, i.e. shape (C, H, W). To maintain the 1D channel-wise "
            "dropout behavior, please switch to using dropout1d instead.",
            stacklevel=2,
        )
    return feature_dropout(input, p, training, inplace)


def dropout3d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Dropout of whole channels.  input: (N, C, D, H, W) or (C, D, H, W).

    Raises ValueError for p outside [0, 1].  Source: torch.nn.functional.dropout3d
    """
    check_probability(p)
    if input.dim() not in (4, 5):
        _warn_of_dims("dropout3d", input.dim(), 3, "4D or 5D")
    if input.dim() == 5:
        return feature_dropout(input, p, training, inplace)
    result: Any = feature_dropout(input.unsqueeze(0), p, training, inplace)
    return input if inplace else result.squeeze(0)  # type: ignore[no-any-return]


def _warn_of_dims(name: str, dims: int, spatial: int, expected: str) -> None:
    warnings.warn(
        f"{name}: Received a {dims}-D input to {name}, which is deprecated and will result in an "
        "error in a future release. To retain the behavior and silence this warning, please use "
        f"dropout instead. Note that {name} exists to provide channel-wise dropout on inputs with "
        f"{spatial} spatial dimensions, a channel dimension, and an optional batch dimension (i.e. "
        f"{expected} inputs).",
        stacklevel=3,
    )


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

"""Layer norm and RMS norm: the last dims of each sample brought to one scale."""

from collections.abc import Sequence
from typing import Any

from tinytorch import _C
from tinytorch._C import Tensor


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """(input - mean) / sqrt(variance + eps) * weight + bias over the last dims.

    normalized_shape: the sizes of those dims, which weight and bias have too.
    Raises RuntimeError where input does not end in normalized_shape.
    Source: torch.nn.functional.layer_norm
    """
    _check_sizes("layer_norm", normalized_shape)
    return _C.layer_norm(input, normalized_shape, weight, bias, eps)


def rms_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """input / sqrt(mean(input^2) + eps) * weight over the last dims.

    eps: the smallest step at 1 of input's dtype unless given.
    Raises RuntimeError where input does not end in normalized_shape.
    Source: torch.nn.functional.rms_norm
    """
    _check_sizes("rms_norm", normalized_shape)
    return _C.rms_norm(input, normalized_shape, weight, eps)


def _check_sizes(operation: str, normalized_shape: Any) -> None:
    if isinstance(normalized_shape, int):
        raise TypeError(
            f"{operation}(): argument 'normalized_shape' (position 2) must be tuple of ints, "
            "not int"
        )


def sizes_of(normalized_shape: Any) -> tuple[int, ...]:
    """A shape given as a number or as a sequence."""
    if isinstance(normalized_shape, int):
        return (normalized_shape,)
    return tuple(normalized_shape)

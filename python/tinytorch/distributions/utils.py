"""What distributions share: parameters of one shape, and probabilities as logits and back."""

from collections.abc import Callable
from typing import Any

import tinytorch as torch

NUMBERS = (int, float, bool)


def broadcast_all(*values: Any) -> tuple[Any, ...]:
    """Tensors of one shape; numbers become tensors of the first tensor's dtype.

    Raises ValueError for anything else.  Source: torch.distributions.utils.broadcast_all
    """
    if not all(isinstance(value, (torch.Tensor, *NUMBERS)) for value in values):
        raise ValueError(
            "Input arguments must all be instances of Number, torch.Tensor or objects implementing "
            "__torch_function__."
        )
    dtype = next((v.dtype for v in values if isinstance(v, torch.Tensor)), None)
    dtype = torch.get_default_dtype() if dtype is None else dtype
    tensors = [v if isinstance(v, torch.Tensor) else torch.tensor(v, dtype=dtype) for v in values]
    return tuple(torch.broadcast_tensors(*tensors))


def shape_of(parameter: Any, *given: Any) -> Any:
    """The batch shape: none where all that was given is numbers."""
    return torch.Size() if all(isinstance(v, NUMBERS) for v in given) else parameter.size()


def logits_to_probs(logits: Any, is_binary: bool = False) -> Any:
    return torch.sigmoid(logits) if is_binary else torch.nn.functional.softmax(logits, dim=-1)


def clamp_probs(probs: Any) -> Any:
    """Away from 0 and 1 by the dtype's eps.  Source: torch.distributions.utils.clamp_probs"""
    eps = torch.finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


def probs_to_logits(probs: Any, is_binary: bool = False) -> Any:
    clamped = clamp_probs(probs)
    return clamped.log() - (-clamped).log1p() if is_binary else clamped.log()


def sum_rightmost(value: Any, dims: int) -> Any:
    return value if dims == 0 else value.reshape(*value.shape[: value.dim() - dims], -1).sum(-1)


class lazy_property:
    """Computed when first asked for, then an attribute.  Source: torch.distributions.utils"""

    def __init__(self, wrapped: Callable[[Any], Any]) -> None:
        self.wrapped = wrapped
        self.__doc__ = wrapped.__doc__

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        with torch.enable_grad():
            value = self.wrapped(instance)
        setattr(instance, self.wrapped.__name__, value)
        return value

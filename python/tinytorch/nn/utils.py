"""Gradients and parameters taken together: clipping, and one vector of all of them."""

from collections.abc import Iterable
from typing import Any

from tinytorch import _C
from tinytorch._C import Tensor
from tinytorch._grad_mode import no_grad
from tinytorch._typename import typename


def _as_list(tensors: Tensor | Iterable[Tensor]) -> list[Any]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Any]:
    return [p.grad for p in _as_list(parameters) if p.grad is not None]


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Shrinks all gradients, in place, by the factor that brings their common norm to max_norm.

    Returns that norm as it was before; gradients within max_norm stay as they are.
    Raises RuntimeError for a norm of nan or inf with error_if_nonfinite.
    Source: torch.nn.utils.clip_grad_norm_
    """
    from tinytorch.training.gradients import clip_grad_norm

    with no_grad():
        gradients = _gradients(parameters)
        return clip_grad_norm(gradients, float(max_norm), float(norm_type), error_if_nonfinite)


def clip_grad_value_(
    parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None
) -> None:
    """Moves every element of every gradient into [-clip_value, clip_value], in place.

    Source: torch.nn.utils.clip_grad_value_
    """
    with no_grad():
        for grad in _gradients(parameters):
            grad.clamp_(-float(clip_value), float(clip_value))


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All parameters as one vector.  Source: torch.nn.utils.parameters_to_vector"""
    return _C.cat([parameter.reshape(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Copies into each parameter its slice of vec.

    Raises TypeError when vec is not a tensor, ValueError when its size is not that of all of them.
    Source: torch.nn.utils.vector_to_parameters
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {typename(vec)}")
    targets = list(parameters)
    sizes = [parameter.numel() for parameter in targets]
    if vec.dim() != 1 or vec.numel() != sum(sizes):
        raise ValueError(
            f"vector_to_parameters: expected a vector of {sum(sizes)} elements, got {vec.shape}"
        )
    start = 0
    with no_grad():
        for parameter, size in zip(targets, sizes, strict=True):
            parameter.copy_(vec[start : start + size].reshape(parameter.shape))
            start += size

"""A bound on gradients, between backward and step."""

import math
import types
import warnings
from collections.abc import Iterable
from typing import Any

from tinytorch import _C, _creation
from tinytorch._C import Tensor
from tinytorch._grad_mode import no_grad


def _as_list(tensors: Tensor | Iterable[Tensor]) -> list[Any]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Any]:
    return [p.grad for p in _as_list(parameters) if p.grad is not None]


def get_total_norm(
    tensors: Tensor | Iterable[Tensor],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The norm of all tensors joined into one long vector, 0-d.

    Raises RuntimeError for a norm of nan or inf with error_if_nonfinite.
    Source: torch.nn.utils.get_total_norm
    """
    from tinytorch.nn.functional._norm import norm

    vectors: list[Any] = [tensor.reshape(-1) for tensor in _as_list(tensors)]
    norm_type = float(norm_type)
    if not vectors:
        return Tensor(_creation.tensor(0.0))
    with no_grad():
        singles = _C.stack([norm(vector, norm_type, 0) for vector in vectors])
        total: Tensor = norm(singles, norm_type, 0)
    if error_if_nonfinite and not math.isfinite(total.item()):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, "
            "so it cannot be clipped. To disable this error and scale the gradients by the "
            "non-finite norm anyway, set `error_if_nonfinite=False`"
        )
    return total


def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    total_norm: Tensor,
    foreach: bool | None = None,
) -> None:
    """Shrinks all gradients, in place, by max_norm / (total_norm + 1e-6), where that is below 1.

    Source: torch.nn.utils.clip_grads_with_norm_
    """
    scale = _C.clamp(float(max_norm) / (total_norm + 1e-6), max=1.0)
    with no_grad():
        for grad in _gradients(parameters):
            grad.mul_(scale)


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

    given = _as_list(parameters)
    if not given and isinstance(parameters, types.GeneratorType):
        warnings.warn(
            "`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=2
        )
    norm_type = float(norm_type)
    with no_grad():
        if norm_type in (0.0, -math.inf):  # which the lesson leaves out
            total = get_total_norm(_gradients(given), norm_type, error_if_nonfinite)
            clip_grads_with_norm_(given, max_norm, total)
            return total
        return clip_grad_norm(_gradients(given), float(max_norm), norm_type, error_if_nonfinite)


def clip_grad_norm(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The older name of `clip_grad_norm_`.  Source: torch.nn.utils.clip_grad_norm"""
    warnings.warn(
        "`torch.nn.utils.clip_grad_norm` is now deprecated in favor of "
        "`torch.nn.utils.clip_grad_norm_`.",
        FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


def clip_grad_value_(
    parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None
) -> None:
    """Moves every element of every gradient into [-clip_value, clip_value], in place.

    Source: torch.nn.utils.clip_grad_value_
    """
    with no_grad():
        for grad in _gradients(parameters):
            grad.clamp_(-float(clip_value), float(clip_value))

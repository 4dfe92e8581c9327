"""Losses of predicted numbers: how far they are from their targets."""

import math
from collections.abc import Callable
from typing import Any

from tinytorch import _C, _dtype
from tinytorch._C import Tensor
from tinytorch._grad_mode import no_grad
from tinytorch.nn.functional._reduction import (
    check_reduction,
    common_shape,
    legacy_reduction,
    reduced,
    reduced_in,
    warn_of_broadcast,
)


def broadcast_pair(operation: str, input: Any, target: Any) -> tuple[Any, Any]:
    """Both in their common shape and dtype.  Raises RuntimeError where they have none."""
    if input.dtype is not target.dtype:
        dtype = _C.result_type(input, target)
        input, target = input.to(dtype), target.to(dtype)
    if input.shape != target.shape:
        shape = common_shape(operation, input, target)
        input, target = input.expand(shape), target.expand(shape)
    return input, target


def _weighted(loss: Any, weight: Any, input: Any, reduction: str, by_weight: bool) -> Tensor:
    """Single losses times weight; their mean is divided by the weights' sum, or by their number."""
    if weight.shape != input.shape:
        raise ValueError("Weights and input must have the same size.")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(
            f"Invalid reduction mode: {reduction}. Expected one of 'none', 'mean', 'sum'."
        )
    loss = loss * weight
    if reduction == "mean" and by_weight:
        return loss.sum() / weight.sum()  # type: ignore[no-any-return]
    return reduced(loss, reduction)


def _loss(
    name: str,
    apply: Callable[[Any, Any, str], Tensor],
    input: Any,
    target: Any,
    reduction: str,
    weight: Any,
    by_weight: bool = True,
) -> Tensor:
    if weight is None:
        check_reduction(reduction)
    x, t = input, target
    if input.shape != target.shape:
        warn_of_broadcast(input, target, stacklevel=4)
        # Before their dtypes meet: a 0-d operand counts for as much as the other.
        shape = common_shape(name, input, target)
        x, t = input.expand(shape), target.expand(shape)
    x, t = broadcast_pair(name, x, t)
    if weight is None:
        return apply(x, t, reduction)
    return _weighted(apply(x, t, "none"), weight, input, reduction, by_weight)


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """(input - target)^2, averaged; warns where the two broadcast.

    weight: of input's shape; the mean is then the weighted one.
    Returns a scalar, or the broadcast shape with reduction="none".
    Source: torch.nn.functional.mse_loss
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    if weight is None and _C._alike(input, target):
        return _C.mse_loss(input, target, reduction)
    return _loss("mse_loss", _C.mse_loss, input, target, reduction, weight)


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """|input - target|, averaged; warns where the two broadcast.

    weight: of input's shape; the mean is then the weighted one.
    Source: torch.nn.functional.l1_loss
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    if _dtype.bool in (input.dtype, target.dtype):
        raise RuntimeError("l1_loss: a difference is not defined for bool")
    return _loss("l1_loss", _l1, input, target, reduction, weight)


def _l1(x: Any, t: Any, reduction: str) -> Tensor:
    if x.is_floating_point():
        return _C._l1_loss(x, t, reduction)
    return reduced((x - t).abs(), reduction)


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """|input - target|, rounded off to a parabola where that is below beta.

    Raises RuntimeError for a negative beta.  Source: torch.nn.functional.smooth_l1_loss
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    if beta == 0:
        return l1_loss(input, target, reduction=reduction)

    def apply(x: Any, t: Any, reduction: str) -> Tensor:
        return _C._smooth_l1_loss(x, t, reduction, beta)

    return _loss("smooth_l1_loss", apply, input, target, reduction, None)


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """(input - target)^2 / 2, a straight line from |input - target| = delta on.

    Raises RuntimeError unless delta is positive.  Source: torch.nn.functional.huber_loss
    """
    check_reduction(reduction)
    if not delta > 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")

    def apply(x: Any, t: Any, reduction: str) -> Tensor:
        return reduced_in(
            input, x.dtype, lambda reduction: _C._huber_loss(x, t, reduction, delta), reduction
        )

    return _loss("huber_loss", apply, input, target, reduction, weight, by_weight=False)


def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Of counts under a Poisson distribution with rate exp(input), or input with log_input=False.

    full: with Stirling's approximation of log(target!) where target > 1.
    Source: torch.nn.functional.poisson_nll_loss
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    rate, log_rate = (input.exp(), input) if log_input else (input, (input + eps).log())
    loss = rate - target * log_rate
    if full:
        stirling = target * target.log() - target + 0.5 * (target * (2 * math.pi)).log()
        loss = loss + _C.where(target <= 1, 0.0, stirling)
    return reduced(loss, reduction)


def gaussian_nll_loss(
    input: Any,
    target: Any,
    var: Any,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """Of numbers under normal distributions with mean input and variance var, at least eps.

    var: a number, of input's shape, or with a last dim of 1 or none.  full: with log(2 pi) / 2.
    Raises ValueError for a negative or misshapen var.
    Source: torch.nn.functional.gaussian_nll_loss
    """
    if isinstance(var, float):
        if var < 0:
            raise ValueError("var has negative entry/entries")
        var = var * _C.where(input == input, 1.0, 1.0).to(input.dtype)
    elif (var < 0).any().item():
        raise ValueError("var has negative entry/entries")
    if var.shape != input.shape:
        if tuple(input.shape[:-1]) == tuple(var.shape):
            var = var.unsqueeze(-1)
        elif not (
            input.dim() == var.dim()
            and sum(y for x, y in zip(input.shape, var.shape, strict=True) if x != y) == 1
        ):
            raise ValueError("var is of incorrect size")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    var = var.clone()
    with no_grad():
        var.clamp_(min=eps)
    loss = 0.5 * (var.log() + (input - target) ** 2 / var)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return reduced(loss, reduction)

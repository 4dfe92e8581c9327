"""Losses of predicted classes and probabilities."""

import warnings
from typing import Any

from tinytorch import _C
from tinytorch._C import Tensor
from tinytorch.nn.functional._activations import logsigmoid
from tinytorch.nn.functional._reduction import (
    check_constants,
    check_reduction,
    legacy_reduction,
    reduced,
    reduced_in,
)
from tinytorch.nn.functional._regression_losses import broadcast_pair


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """-(target log input + (1 - target) log(1 - input)), logarithms no less than -100.

    input: probabilities.  target: the same shape.  weight: broadcast to it.
    Returns a scalar, or input's shape with reduction="none".
    Raises ValueError for different shapes, RuntimeError for an input outside [0, 1].
    Source: torch.nn.functional.binary_cross_entropy
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    if target.shape != input.shape:
        raise ValueError(
            f"Using a target size ({target.shape}) that is different to the input size "
            f"({input.shape}) is deprecated. Please ensure they have the same size."
        )
    if target.dtype is not input.dtype:
        raise RuntimeError(f"Found dtype {target.dtype} but expected {input.dtype}")
    check_constants("binary_cross_entropy", weight=weight)
    return _C.binary_cross_entropy(input, target, weight, reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """Binary cross entropy of sigmoid(input), exact for logits of any size.

    input: logits.  target: the same shape.  weight, pos_weight: broadcast to it.
    Returns a scalar, or input's shape with reduction="none".
    Raises ValueError for different shapes.
    Source: torch.nn.functional.binary_cross_entropy_with_logits
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    if target.shape != input.shape:
        raise ValueError(
            f"Target size ({target.shape}) must be the same as input size ({input.shape})"
        )
    if not input.is_floating_point():
        raise NotImplementedError(
            "binary_cross_entropy_with_logits: expected logits of a floating dtype, "
            f"got {input.dtype}"
        )
    if not target.is_floating_point():
        raise RuntimeError(
            "binary_cross_entropy_with_logits: expected a target of a floating dtype, "
            f"got {target.dtype}"
        )
    name = "binary_cross_entropy_with_logits"
    check_constants(name, weight=weight, pos_weight=pos_weight)
    x, t = broadcast_pair(name, input, target)
    factors = [None if factor is None else factor.to(x.dtype) for factor in (weight, pos_weight)]
    return reduced_in(
        target,
        x.dtype,
        lambda r: _C.binary_cross_entropy_with_logits(x, t, factors[0], r, factors[1]),
        reduction,
    )


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """-input[i, target[i]], averaged: the loss of log-probabilities.

    input: (N, C) log-probabilities, (C,) or (N, C, ...).  target: (N, ...) int64 classes in [0, C).
    Returns a scalar, or target's shape with reduction="none".
    Raises IndexError for a class outside [0, C) that is not ignore_index.
    Source: torch.nn.functional.nll_loss
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    if input.dim() == 0:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    check_constants("nll_loss", weight=weight)
    return _C.nll_loss(input, target, weight, ignore_index, reduction)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Negative log-likelihood of `target` under softmax(`input`).

    input: (N, C) logits, (C,) or (N, C, ...).  target: (N, ...) int64 classes in [0, C), or
    probabilities shaped as input.  weight: (C,).
    Returns a scalar, or (N, ...) with reduction="none".
    Raises IndexError for a class outside [0, C) that is not ignore_index.
    Source: torch.nn.functional.cross_entropy
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    check_constants("cross_entropy", weight=weight)
    return _C.cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)


def kl_div(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """target (log target - input): the divergence of distributions, input given as logarithms.

    reduction: "batchmean" divides the sum by input.shape[0].  log_target: target is a logarithm,
    too.  Source: torch.nn.functional.kl_div
    """
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce, reduction)
    elif reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size."
            "'batchmean' divides only by the batch size, and aligns with the KL div math "
            "definition.'mean' will be changed to behave the same as 'batchmean' in the next major "
            "release.",
            stacklevel=2,
        )
    by_batch = reduction == "batchmean"
    reduction = "sum" if by_batch else reduction
    check_reduction(reduction)
    if not (input.is_floating_point() and target.is_floating_point()):
        raise RuntimeError("kl_div: Integral inputs not supported.")
    x, t = broadcast_pair("kl_div", input, target)
    loss: Any = _C._kl_div_log(x, t, reduction) if log_target else _C._kl_div(x, t, reduction)
    return loss / input.shape[0] if by_batch and input.dim() else loss  # type: ignore[no-any-return]


def soft_margin_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """log(1 + exp(-target input)), for a target of 1 or -1.

    Source: torch.nn.functional.soft_margin_loss
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    check_constants("soft_margin_loss", target=target)
    x, t = broadcast_pair("soft_margin_loss", input, target)
    return reduced_in(input, x.dtype, lambda r: _C._soft_margin_loss(x, t, r), reduction)


def multilabel_soft_margin_loss(
    input: Any,
    target: Any,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean over the last dim of the binary cross entropies of sigmoid(input).

    weight: (C,).  Source: torch.nn.functional.multilabel_soft_margin_loss
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    if input.dim() == 0:
        raise IndexError("multilabel_soft_margin_loss: expected 1 or more dims, got 0")
    positive: Any = logsigmoid(input)
    loss = -(target * positive + (1 - target) * logsigmoid(-input))
    if weight is not None:
        loss = loss * weight
    return reduced(loss.sum(-1) / input.size(input.dim() - 1), reduction)

"""Losses of scores and distances: zero once the right one leads by a margin."""

from collections.abc import Callable
from typing import Any

from tinytorch import _C, _dtype
from tinytorch._C import Tensor
from tinytorch.nn.functional._distances import pairwise_distance
from tinytorch.nn.functional._reduction import (
    check_constants,
    check_reduction,
    legacy_reduction,
    reduced,
)

# Added to squared lengths, so that cosine_embedding_loss never divides by zero.
_EPSILON = 1e-12


def margin_ranking_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, margin - target (input1 - input2)): target 1 wants input1 above input2, -1 below.

    Source: torch.nn.functional.margin_ranking_loss
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.shape}, input2: {input2.shape}, target: {target.shape} "
        )
    loss: Any = (-target * (input1 - input2) + margin).clamp(min=0)
    return reduced(loss, reduction)


def hinge_embedding_loss(
    input: Any,
    target: Any,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """input where target is 1, max(0, margin - input) where it is -1.

    Source: torch.nn.functional.hinge_embedding_loss
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    apart: Any = _C.where(target != 1, (margin - input).clamp(min=0), 0.0)
    near: Any = _C.where(target != -1, input, 0.0)
    return reduced(apart + near, reduction)


def cosine_embedding_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """1 - cos(input1, input2) where target is 1, max(0, cos - margin) where it is -1.

    input1, input2: (N, D), target: (N,); or (D,) and a 0-d target.
    Raises RuntimeError for other shapes.  Source: torch.nn.functional.cosine_embedding_loss
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    if target.dim() not in (0, 1):
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    dims = target.dim() + 1
    if input1.dim() != dims or input2.dim() != dims:
        raise RuntimeError(
            f"{target.dim()}D target tensor expects {dims}D input tensors, but found inputs with "
            f"sizes {list(input1.shape)} and {list(input2.shape)}."
        )
    dot = (input1 * input2).sum(-1)
    lengths = (input1.square().sum(-1) + _EPSILON) * (input2.square().sum(-1) + _EPSILON)
    cosine = dot / lengths.sqrt()
    near: Any = _C.where(target == 1, 1 - cosine, 0.0)
    apart: Any = _C.where(target == -1, (cosine - margin).clamp(min=0), 0.0)
    return reduced(near + apart, reduction)


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, margin + |anchor - positive| - |anchor - negative|), p-norms along the last dim.

    swap: takes |positive - negative| where that is the smaller.
    Source: torch.nn.functional.triplet_margin_loss
    """
    reduction = legacy_reduction(size_average, reduce, reduction)

    def distance(x: Any, y: Any) -> Tensor:
        return pairwise_distance(x, y, p, eps)

    return _triplet(anchor, positive, negative, distance, margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """triplet_margin_loss with a distance of one's own.

    Source: torch.nn.functional.triplet_margin_with_distance_loss
    """
    distance = distance_function or pairwise_distance
    return _triplet(anchor, positive, negative, distance, margin, swap, reduction)


def _triplet(
    anchor: Any,
    positive: Any,
    negative: Any,
    distance: Callable[..., Any],
    margin: float,
    swap: bool,
    reduction: str,
) -> Tensor:
    check_reduction(reduction)
    if not margin > 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    dims = anchor.dim(), positive.dim(), negative.dim()
    if len(set(dims)) > 1:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of "
            f"dimensions, but got: anchor {dims[0]}D, positive {dims[1]}D, and negative {dims[2]}D "
            "inputs"
        )
    near = distance(anchor, positive)
    far = distance(anchor, negative)
    if swap:
        far = _C.minimum(far, distance(positive, negative))
    return reduced((margin + near - far).clamp(min=0), reduction)


def multi_margin_loss(
    input: Any,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """sum_j max(0, margin - input[target] + input[j])^p / C over the wrong classes j.

    input: (N, C) scores, or (C,).  target: (N,) int64 classes.  weight: (C,).  p: 1 or 2.
    Source: torch.nn.functional.multi_margin_loss
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.dim() != 1:
        raise ValueError("weight must be one-dimensional")
    check_constants("multi_margin_loss", weight=weight)
    rows = input.unsqueeze(0) if input.dim() == 1 else input
    classes = target.unsqueeze(0) if target.dim() == 0 else target
    loss: Any = _C._multi_margin_loss(rows, classes, int(p), margin, weight, reduction)
    alone = reduction == "none" and target.dim() == 0
    return loss.squeeze(0) if alone else loss  # type: ignore[no-any-return]


def multilabel_margin_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """sum_{k, j} max(0, 1 - input[k] + input[j]) / C over the listed classes k and the others j.

    input: (N, C) scores, or (C,).  target: the same shape, int64 classes up to the first -1.
    Source: torch.nn.functional.multilabel_margin_loss
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    if target.dtype is not _dtype.int64:
        raise RuntimeError(f"multilabel_margin_loss: expected int64 classes, got {target.dtype}")
    if input.shape != target.shape or input.dim() > 2:
        raise RuntimeError(
            f"inconsistent target size: {list(target.shape)} for input of size: {list(input.shape)}"
        )
    rows = (1,) * (2 - input.dim()) + tuple(input.shape)
    x, classes = input.reshape(rows), target.reshape(rows)
    loss: Any = _C._multilabel_margin_loss(x, classes, reduction)
    alone = reduction == "none" and input.dim() < 2
    return loss.squeeze(0) if alone else loss  # type: ignore[no-any-return]

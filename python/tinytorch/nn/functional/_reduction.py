"""How losses are reduced: "mean", "sum" or "none", and the flags that once said so."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from tinytorch import _C
from tinytorch._C import Tensor


def legacy_reduction(
    size_average: bool | None, reduce: bool | None, reduction: str, stacklevel: int = 3
) -> str:
    """The reduction that PyTorch's old pair of flags means; `reduction` where neither is given."""
    if size_average is None and reduce is None:
        return reduction
    meant = "none" if reduce is False else "sum" if size_average is False else "mean"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{meant}' instead.",
        stacklevel=stacklevel,
    )
    return meant


def check_reduction(reduction: str) -> None:
    """Raises ValueError for any other word."""
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")


def reduced(loss: Any, reduction: str) -> Tensor:
    """The mean or the sum of the single losses, or themselves."""
    check_reduction(reduction)
    result: Tensor = (
        loss if reduction == "none" else loss.mean() if reduction == "mean" else loss.sum()
    )
    return result


def reduced_in(operand: Any, dtype: Any, losses: Callable[[str], Any], reduction: str) -> Tensor:
    """losses(reduction), which are of `dtype`, in the dtype of the operand they are written into.

    Raises RuntimeError where that one holds no fractions.
    """
    if operand.dtype is dtype:
        return losses(reduction)  # type: ignore[no-any-return]
    if not operand.is_floating_point():
        raise RuntimeError(
            f"result type {dtype} can't be cast to the desired output type {operand.dtype}"
        )
    return reduced(losses("none").to(operand.dtype), reduction)


def warn_of_broadcast(input: Tensor, target: Tensor, stacklevel: int = 3) -> None:
    """Says that a loss will compare more pairs than there are predictions."""
    warnings.warn(
        f"Using a target size ({target.shape}) that is different to the input size "
        f"({input.shape}). This will likely lead to incorrect results due to broadcasting. "
        "Please ensure they have the same size.",
        stacklevel=stacklevel,
    )


def common_shape(operation: str, a: Any, b: Any) -> tuple[int, ...]:
    """The shape to which two tensors broadcast.  Raises RuntimeError where there is none."""
    try:
        return np.broadcast_shapes(tuple(a.shape), tuple(b.shape))
    except ValueError:
        raise RuntimeError(
            f"{operation}: the shapes {tuple(a.shape)} and {tuple(b.shape)} do not broadcast"
        ) from None


def check_constants(operation: str, **given: Any) -> None:
    """Raises RuntimeError for an argument by which no gradient is known, and is asked for."""
    for name, value in given.items():
        if getattr(value, "requires_grad", False) and _C.is_grad_enabled():
            raise RuntimeError(
                f"The function '{operation}' is not differentiable with respect to argument "
                f"'{name}'. This input cannot have requires_grad True."
            )

"""The functions of the layers and losses, for use without a module: torch.nn.functional.

The mathematics is in the extension; here are PyTorch's signatures, warnings and old arguments.
"""

import warnings
from typing import Any

from tinytorch import _C
from tinytorch._C import Tensor

# --- layers -----------------------------------------------------------------------------------


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`input @ weight.T + bias`.

    input: (..., in).  weight: (out, in).  bias: (out,).  Returns (..., out).
    Raises RuntimeError when the sizes do not fit.  Source: torch.nn.functional.linear
    """
    return _C.linear(input, weight, bias)


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """In training, zeroes each element with probability p and scales the others by 1 / (1 - p).

    Raises ValueError for p outside [0, 1].  Source: torch.nn.functional.dropout
    """
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    output = _C.dropout(input, p, training)
    if not (inplace and training):
        return output
    input.copy_(output)
    return input


# --- activations ------------------------------------------------------------------------------


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(input, 0).  Source: torch.nn.functional.relu"""
    return relu_(input) if inplace else _C.relu(input)


def relu_(input: Tensor) -> Tensor:
    """`relu` in place.  Source: torch.nn.functional.relu_"""
    # relu's backward needs what it was given, which the result is about to overwrite.
    input.copy_(_C.relu(input.clone()))
    return input


def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + exp(-input)).  Source: torch.nn.functional.sigmoid"""
    return _C.sigmoid(input)


def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent.  Source: torch.nn.functional.tanh"""
    return _C.tanh(input)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """input * Phi(input), Phi the normal distribution; approximate="tanh" as GPT-2 computes it.

    Raises RuntimeError for another `approximate`.  Source: torch.nn.functional.gelu
    """
    return _C.gelu(input, approximate)


def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """exp(input) / sum exp(input) along dim: positive, summing to one.

    dtype: what the input is converted to first.
    Raises IndexError for a dim outside the input's.  Source: torch.nn.functional.softmax
    """
    if dim is None:
        dim = _implicit_dim("softmax", input, _stacklevel)
    return _C.softmax(input if dtype is None else input.to(dtype), dim)


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """log(softmax(input)), exact where softmax is 0.  Source: torch.nn.functional.log_softmax"""
    if dim is None:
        dim = _implicit_dim("log_softmax", input, _stacklevel)
    return _C.log_softmax(input if dtype is None else input.to(dtype), dim)


def _implicit_dim(name: str, input: Tensor, stacklevel: int) -> int:
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. "
        "Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if input.dim() in (0, 1, 3) else 1


# --- losses -----------------------------------------------------------------------------------


def legacy_reduction(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """The reduction that PyTorch's old pair of flags means; `reduction` where neither is given."""
    if size_average is None and reduce is None:
        return reduction
    meant = "none" if reduce is False else "sum" if size_average is False else "mean"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{meant}' instead.",
        stacklevel=3,
    )
    return meant


def warn_of_broadcast(input: Tensor, target: Tensor) -> None:
    """Says that a loss will compare more pairs than there are predictions."""
    warnings.warn(
        f"Using a target size ({target.shape}) that is different to the input size "
        f"({input.shape}). This will likely lead to incorrect results due to broadcasting. "
        "Please ensure they have the same size.",
        stacklevel=3,
    )


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """(input - target)^2, averaged; warns where the two broadcast.

    Returns a scalar, or the broadcast shape with reduction="none".
    Source: torch.nn.functional.mse_loss
    """
    if input.shape != target.shape:
        warn_of_broadcast(input, target)
    return _C.mse_loss(input, target, legacy_reduction(size_average, reduce, reduction))


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
    if target.shape != input.shape:
        raise ValueError(
            f"Using a target size ({target.shape}) that is different to the input size "
            f"({input.shape}) is deprecated. Please ensure they have the same size."
        )
    reduction = legacy_reduction(size_average, reduce, reduction)
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
    if target.shape != input.shape:
        raise ValueError(
            f"Target size ({target.shape}) must be the same as input size ({input.shape})"
        )
    reduction = legacy_reduction(size_average, reduce, reduction)
    return _C.binary_cross_entropy_with_logits(input, target, weight, reduction, pos_weight)


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
    return _C.cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)

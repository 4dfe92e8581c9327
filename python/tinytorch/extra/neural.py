"""The functions of torch.nn.functional that PyTorch has at its top, and as methods, too."""

from typing import Any

from tinytorch._C import Tensor
from tinytorch.extra._surface import FUNCTIONS, both, function
from tinytorch.nn import functional as F
from tinytorch.nn.functional import _recurrent

_AS_THEY_ARE = (
    F.alpha_dropout,
    F.bilinear,
    F.celu_,
    F.cosine_similarity,
    F.feature_alpha_dropout,
    F.pairwise_distance,
    F.rrelu,
    F.rrelu_,
    F.selu_,
    F.threshold_,
)
for _function in (*_AS_THEY_ARE, *_recurrent.AT_THE_TOP):
    FUNCTIONS[_function.__name__] = _function


@function
def celu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """input where positive, else alpha (exp(input / alpha) - 1).  Source: torch.celu"""
    return F.celu(input, alpha)


@function
def selu(input: Tensor) -> Tensor:
    """elu scaled so that layers keep mean 0 and variance 1.  Source: torch.selu"""
    return F.selu(input)


@function
def threshold(input: Tensor, threshold: float, value: float) -> Tensor:
    """input where it is above threshold, else value.  Source: torch.threshold"""
    return F.threshold(input, threshold, value)


@both
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """input where positive, else weight * input.  Source: torch.prelu"""
    return F.prelu(input, weight)


@both
def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """input, but 0 where |input| <= lambd.  Source: torch.hardshrink"""
    return F.hardshrink(input, lambd)


@function
def dropout_(input: Tensor, p: float = 0.5, train: bool = True) -> Tensor:
    """Dropout in place.  Source: torch.dropout_"""
    return F.dropout(input, p, train, inplace=True)


@function
def norm_except_dim(v: Any, pow: int = 2, dim: int = 0) -> Tensor:
    """The length of each slice along dim, with other sizes 1.  Source: torch.norm_except_dim

    Raises NotImplementedError for another pow than 2.
    """
    from tinytorch.nn.utils.weight_norm import norm_except_dim as norm

    if pow != 2:
        raise NotImplementedError(f"norm_except_dim: expected pow of 2, got {pow}")
    result: Tensor = norm(v, dim)
    return result

"""Functions of numbers that are one line in terms of others; what is trivial for real numbers."""

import math
from typing import Any

from tinytorch import _C, _dtype
from tinytorch.extra._surface import both, function, method

Tensor = _C.Tensor


@function
def fill(input: Any, value: Any) -> Any:
    """A tensor like `input`, filled with a number or a 0-d tensor.  Source: torch.fill"""
    return input.clone().fill_(value)


@both
def positive(input: Any) -> Any:
    """`input` itself.  Raises RuntimeError for bool.  Source: torch.positive"""
    if input.dtype == _dtype.bool:
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


@both
def conj(input: Any) -> Any:
    """`input` itself: it is real.  Source: torch.conj"""
    return input


@both
def conj_physical(input: Any) -> Any:
    """A copy-free `conj`: numbers here are real.  Source: torch.conj_physical"""
    return input


@both
def resolve_conj(input: Any) -> Any:
    """`input` itself: there is nothing to resolve.  Source: torch.resolve_conj"""
    return input


@both
def resolve_neg(input: Any) -> Any:
    """`input` itself: there is nothing to resolve.  Source: torch.resolve_neg"""
    return input


@function
def real(input: Any) -> Any:
    """`input` itself: it is real.  Source: torch.real"""
    return input


@function
def imag(input: Any) -> Any:
    """Raises RuntimeError: there are no complex tensors.  Source: torch.imag"""
    raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")


def _complex(self: Any) -> complex:
    return complex(float(self))


# As attributes these are asked of tensors by programs that know complex ones, too.
setattr(Tensor, "real", property(real))  # noqa: B010
setattr(Tensor, "imag", property(imag))  # noqa: B010
setattr(Tensor, "__complex__", _complex)  # noqa: B010


@function
def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """other - alpha input.  Source: torch.rsub"""
    if not isinstance(input, Tensor):
        raise TypeError(f"rsub: expected a Tensor, got {type(input).__name__}")
    if input.dtype == _dtype.bool:
        raise RuntimeError("rsub: subtraction with a bool tensor is not supported")
    if isinstance(other, Tensor):
        return _C.sub(other, input, alpha=alpha)
    return _C.sub(other, input * alpha if alpha != 1 else input)


@both
def mvlgamma(input: Any, p: int) -> Any:
    """The logarithm of the multivariate gamma function of dimension `p`.

    Raises RuntimeError unless p >= 1.  Source: torch.mvlgamma
    """
    if input.dtype == _dtype.bool:
        raise RuntimeError("mvlgamma: The input tensor may not be a boolean tensor.")
    if p < 1:
        raise RuntimeError("mvlgamma: p has to be greater than or equal to 1")
    if p > 4096:
        raise RuntimeError(f"mvlgamma: p is too large, got {p}")
    terms = [(input - j / 2).lgamma() for j in range(p)]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total + p * (p - 1) / 4 * math.log(math.pi)


@method
def mvlgamma_(self: Any, p: int) -> Any:
    """`mvlgamma` in place.  Source: torch.Tensor.mvlgamma_"""
    if not self.is_floating_point():
        raise RuntimeError(f"mvlgamma_: a float result can't be cast to {self.dtype}")
    return self.copy_(mvlgamma(self.clone(), p))

"""torch.special: mathematics beyond the elementary functions, under the names scipy gave it."""

from typing import Any

from tinytorch import _C

_TOP = "digamma erf erfc erfinv exp2 expm1 i0 log1p log_softmax logit polygamma round sinc softmax"
_OWN = """
    bessel_j0 bessel_j1 bessel_y0 bessel_y1 entr erfcx gammainc gammaincc i0e i1 i1e log_ndtr ndtr
    ndtri xlog1py zeta
"""
globals().update({name: getattr(_C, name) for name in _TOP.split()})
globals().update({name: getattr(_C, f"_special_{name}") for name in _OWN.split()})

psi = _C.digamma
gammaln = _C.lgamma
expit = _C.sigmoid
xlogy = _C.xlogy


def logsumexp(input: Any, dim: Any, keepdim: bool = False) -> Any:
    """log(sum(exp(input))) along `dim`.  Source: torch.special.logsumexp"""
    import tinytorch

    return tinytorch.logsumexp(input, dim, keepdim)


def multigammaln(a: Any, p: int) -> Any:
    """The logarithm of the multivariate gamma function.  Source: torch.special.multigammaln"""
    from tinytorch.extra.pointwise import mvlgamma

    return mvlgamma(a, p)


__all__ = [
    *_TOP.split(),
    *_OWN.split(),
    "expit",
    "gammaln",
    "logsumexp",
    "multigammaln",
    "psi",
    "xlogy",
]

"""The p-norm along a dimension, with a slope everywhere: 0 where PyTorch says so."""

import math
from typing import Any

from tinytorch import _C


def norm(x: Any, p: float, dim: int, keepdim: bool = False) -> Any:
    """(sum |x|^p)^(1/p) along dim; the largest |x| for p = inf, the number of x != 0 for p = 0."""
    if p == 0:
        return (x != 0).to(x.dtype).sum(dim, keepdim=keepdim) + 0 * x.sum(dim, keepdim=keepdim)
    if p == 1:
        return x.abs().sum(dim, keepdim=keepdim)
    if p == math.inf:
        return x.abs().amax(dim, keepdim=keepdim)
    if p == -math.inf:
        return x.abs().amin(dim, keepdim=keepdim)
    if p == 2:
        return power(x.square().sum(dim, keepdim=keepdim), 0.5)
    return power(power(x.abs(), p).sum(dim, keepdim=keepdim), 1 / p)


def power(x: Any, exponent: float) -> Any:
    """x ** exponent for x >= 0, with slope 0 at 0 instead of infinity."""
    zero = x.detach() == 0
    raised = _C.where(zero, 1.0, x)
    raised = raised.sqrt() if exponent == 0.5 else raised**exponent
    return _C.where(zero, 0.0 if exponent > 0 else math.inf, raised)

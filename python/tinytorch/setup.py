"""The unit setup: one function on numpy vectors, to try the whole loop on.

`axpy(a, x, y)` returns a x + y for vectors of one size, float32 or float64.
"""

from tinytorch import _C

axpy = _C.setup.axpy

__all__ = ["axpy"]

"""finfo and iinfo: what numbers a dtype holds."""

from typing import Any

import numpy as np

from tinytorch import _C, _dtype
from tinytorch._dtype import dtype as DType
from tinytorch._from_data import check_dtype


def category(dtype: DType) -> int:
    """0 for bool, 1 for integers, 2 for floats."""
    return 0 if dtype is _dtype.bool else 1 + dtype.is_floating_point


def _name(dtype: DType) -> str:
    return str(dtype).removeprefix("torch.")


class finfo:
    """eps, min, max, tiny and more of a floating dtype, the default one without argument.

    Source: torch.finfo
    """

    def __init__(self, type: Any = None) -> None:
        dtype = check_dtype(type) or _C.get_default_dtype()
        if not dtype.is_floating_point:
            raise TypeError(
                f"torch.finfo() requires a floating point input type. Use torch.iinfo to handle "
                f"'{_name(dtype)}'"
            )
        self._dtype = dtype
        self.dtype = _name(dtype)
        self.bits = dtype.itemsize * 8
        if dtype is _dtype.bfloat16:
            self.resolution, self.eps = 0.01, 2.0**-7
            self.max, self.tiny = (2 - 2.0**-7) * 2.0**127, 2.0**-126
        else:
            found = np.finfo(self.dtype)
            self.resolution, self.eps = 10.0**-found.precision, float(found.eps)
            self.max, self.tiny = float(found.max), float(found.tiny)
        self.min, self.smallest_normal = -self.max, self.tiny

    def __repr__(self) -> str:
        names = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")
        values = ", ".join(f"{name}={getattr(self, name):g}" for name in names)
        return f"finfo({values}, dtype={self.dtype})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, finfo) and other._dtype is self._dtype

    def __hash__(self) -> int:
        return hash(self.dtype)


class iinfo:
    """min, max and bits of an integer dtype.  Source: torch.iinfo"""

    def __init__(self, type: Any) -> None:
        dtype = check_dtype(type)
        if dtype is None or dtype.is_floating_point:
            raise TypeError(
                "torch.iinfo() requires an integer input type. Use torch.finfo to handle "
                f"'{None if dtype is None else _name(dtype)}'"
            )
        if dtype is _dtype.bool:
            raise TypeError("torch.bool is not supported by torch.iinfo")
        self._dtype = dtype
        self.dtype = _name(dtype)
        found = np.iinfo(self.dtype)
        self.bits, self.min, self.max = int(found.bits), int(found.min), int(found.max)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, iinfo) and other._dtype is self._dtype

    def __hash__(self) -> int:
        return hash(self.dtype)

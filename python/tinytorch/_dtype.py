"""dtype: the objects `float32`, `int64` and so on."""

import builtins
from typing import Final


class dtype:
    """An element type.  There is one object a type, so `is` compares them.  Source: torch.dtype"""

    __slots__ = ("_name", "is_floating_point", "itemsize")

    def __init__(self, name: str, itemsize: builtins.int, is_floating_point: builtins.bool) -> None:
        self._name = name
        self.itemsize = itemsize
        self.is_floating_point = is_floating_point

    is_complex: Final = False

    @property
    def is_signed(self) -> builtins.bool:
        return self._name not in ("bool", "uint8")

    def to_real(self) -> "dtype":
        """The dtype itself: none of them is complex.  Source: torch.dtype.to_real"""
        return self

    def to_complex(self) -> "dtype":
        """Source: torch.dtype.to_complex"""
        raise NotImplementedError(f"{self!r}.to_complex: complex dtypes are not supported")

    def __repr__(self) -> str:
        return f"torch.{self._name}"

    def __reduce__(self) -> str:
        return self._name  # pickled as a name of this module, so that it loads as the same object


bool = dtype("bool", 1, False)
uint8 = dtype("uint8", 1, False)
int8 = dtype("int8", 1, False)
int16 = dtype("int16", 2, False)
int32 = dtype("int32", 4, False)
int64 = dtype("int64", 8, False)
float16 = dtype("float16", 2, True)
bfloat16 = dtype("bfloat16", 2, True)
float32 = dtype("float32", 4, True)
float64 = dtype("float64", 8, True)

short, int, long, half, float, double = int16, int32, int64, float16, float32, float64

ALL: Final = (bool, uint8, int8, int16, int32, int64, float16, bfloat16, float32, float64)

"""torch.types: the types that programs write in annotations."""

import builtins
import os
from collections.abc import Sequence
from typing import IO, Any, TypeAlias

from tinytorch import _device
from tinytorch._C import Tensor
from tinytorch._size import Size

_int = builtins.int
_float = builtins.float
_bool = builtins.bool
_complex = builtins.complex
_size: TypeAlias = Size | list[int] | tuple[int, ...]
_TensorOrTensors: TypeAlias = Tensor | Sequence[Any]
_TensorOrTensorsOrGradEdge: TypeAlias = Tensor | Sequence[Any]

Number: TypeAlias = int | float | bool
Device: TypeAlias = _device.device | str | int | None
IntLikeType: TypeAlias = int
FloatLikeType: TypeAlias = float
BoolLikeType: TypeAlias = bool
FileLike: TypeAlias = str | os.PathLike[str] | IO[bytes]

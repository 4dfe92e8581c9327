"""Padding as modules: the mode is the class, the lengths are (left, right, top, bottom, ...)."""

from typing import Any

from tinytorch._C import Tensor
from tinytorch.nn import functional as F
from tinytorch.nn.modules.module import Module
from tinytorch.nn.modules.utils import _ntuple


class _PadNd(Module):
    """padding: one length for all sides, or one each, those of the last dim first."""

    _sides = 0
    _mode = "constant"

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = _ntuple(self._sides)(padding)

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, self._mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPadNd(_PadNd):
    """A constant around."""

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPadNd):
    """`value` before and behind the last dim.  Source: torch.nn.ConstantPad1d"""

    _sides = 2


class ConstantPad2d(_ConstantPadNd):
    """`value` around pictures.  Source: torch.nn.ConstantPad2d"""

    _sides = 4


class ConstantPad3d(_ConstantPadNd):
    """`value` around volumes.  Source: torch.nn.ConstantPad3d"""

    _sides = 6


class ZeroPad1d(ConstantPad1d):
    """Zeros before and behind the last dim.  Source: torch.nn.ZeroPad1d"""

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad2d(ConstantPad2d):
    """Zeros around pictures.  Source: torch.nn.ZeroPad2d"""

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad3d(ConstantPad3d):
    """Zeros around volumes.  Source: torch.nn.ZeroPad3d"""

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ReflectionPadNd(_PadNd):
    """Mirrored without the border."""

    _mode = "reflect"


class ReflectionPad1d(_ReflectionPadNd):
    """Lines mirrored at both ends.  (N, C, L) or (C, L).  Source: torch.nn.ReflectionPad1d"""

    _sides = 2


class ReflectionPad2d(_ReflectionPadNd):
    """Pictures mirrored at their borders.  (N, C, H, W) or (C, H, W).

    Source: torch.nn.ReflectionPad2d
    """

    _sides = 4


class ReflectionPad3d(_ReflectionPadNd):
    """Volumes mirrored at their borders.  Source: torch.nn.ReflectionPad3d"""

    _sides = 6


class _ReplicationPadNd(_PadNd):
    """The border again."""

    _mode = "replicate"


class ReplicationPad1d(_ReplicationPadNd):
    """Lines with their ends repeated.  (N, C, L) or (C, L).  Source: torch.nn.ReplicationPad1d"""

    _sides = 2


class ReplicationPad2d(_ReplicationPadNd):
    """Pictures with their borders repeated.  Source: torch.nn.ReplicationPad2d"""

    _sides = 4


class ReplicationPad3d(_ReplicationPadNd):
    """Volumes with their borders repeated.  Source: torch.nn.ReplicationPad3d"""

    _sides = 6


class _CircularPadNd(_PadNd):
    """What stands at the other end."""

    _mode = "circular"


class CircularPad1d(_CircularPadNd):
    """Lines as if they were rings.  (N, C, L) or (C, L).  Source: torch.nn.CircularPad1d"""

    _sides = 2


class CircularPad2d(_CircularPadNd):
    """Pictures as if they went on at the other side.  Source: torch.nn.CircularPad2d"""

    _sides = 4


class CircularPad3d(_CircularPadNd):
    """Volumes as if they went on at the other side.  Source: torch.nn.CircularPad3d"""

    _sides = 6

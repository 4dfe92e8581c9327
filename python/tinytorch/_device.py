"""device: where a tensor lives. Here always the CPU; the names exist so that programs run."""

import re
from typing import Any

_KINDS = (
    "cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia",
    "xla", "lazy", "vulkan", "mps", "meta", "hpu", "mtia", "privateuseone",
)  # fmt: skip
_NO_ACCELERATOR = "Cannot access accelerator device when none is available."


class device:
    """`device("cpu")`.  Other kinds can be named and compared, but nothing can be put there.

    As a context manager, what is created inside lives there.  Source: torch.device
    """

    __slots__ = ("index", "type")
    index: int | None
    type: str

    def __init__(self, type: "str | device", index: int | None = None) -> None:
        if isinstance(type, device):
            index = type.index
            type = type.type
        if isinstance(type, int) and not isinstance(type, bool):
            raise RuntimeError(_NO_ACCELERATOR)
        if not isinstance(type, str):
            raise TypeError(f"device: expected a string, got {type!r}")
        if index is not None and (isinstance(index, bool) or not isinstance(index, int)):
            raise TypeError(f"device: expected an integer index, got {index!r}")
        if not type:
            raise RuntimeError("Device string must not be empty")
        kind, colon, number = type.partition(":")
        if kind not in _KINDS:
            raise RuntimeError(
                f"Expected one of {', '.join(_KINDS)} device type at start of device string: {type}"
            )
        if colon and not re.fullmatch(r"0|[1-9]\d{0,8}", number):
            raise RuntimeError(f"Invalid device string: '{type}'")
        if colon and index is not None:
            raise RuntimeError(
                "type (string) must not include an index because index was passed explicitly: "
                f"{type}"
            )
        if index is not None and index < 0:
            raise RuntimeError("Device index must not be negative")
        self.type = kind
        self.index = int(number) if colon else index

    def __repr__(self) -> str:
        where = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{where})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __reduce__(self) -> Any:
        return device, (str(self),)

    def __enter__(self) -> "device":
        check_cpu(self)
        return self

    def __exit__(self, *error: object) -> None:
        pass


cpu = device("cpu")


def check_cpu(where: Any) -> None:
    """Raises unless `where` names the CPU (or nothing)."""
    if where is None or where is cpu:
        return
    if not isinstance(where, (str, device, int)) or isinstance(where, bool):
        raise TypeError(f"device: expected a device, a string or None, got {where!r}")
    kind = device(where).type  # type: ignore[arg-type]
    if kind in ("cuda", "xpu"):
        raise AssertionError(f"Torch not compiled with {kind.upper()} enabled")
    if kind != "cpu":
        raise RuntimeError(f"tinytorch computes on the CPU; there is no device {str(where)!r} here")


def set_default_device(device: Any) -> None:
    """Where tensors are created that name no device: here the CPU.

    Source: torch.set_default_device
    """
    check_cpu(device)


def get_default_device() -> device:
    """Source: torch.get_default_device"""
    return cpu

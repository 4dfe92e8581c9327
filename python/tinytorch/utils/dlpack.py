"""DLPack: arrays of other libraries as tensors, and tensors as theirs, without a copy."""

import enum
from typing import Any

from tinytorch import _C
from tinytorch._device import check_cpu


class DLDeviceType(enum.IntEnum):
    """Where memory lies, in DLPack's numbers.  Source: torch.utils.dlpack.DLDeviceType"""

    kDLCPU = 1
    kDLCUDA = 2
    kDLCUDAHost = 3


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Any:
    """A tensor over the memory of another library's array, or of a capsule of `to_dlpack`.

    copy: True makes a copy, False refuses to.  Writing to memory that its owner gave as read-only
    raises.  Raises TypeError for dtypes that tensors do not have, RuntimeError for a capsule that
    was taken before.  Source: torch.from_dlpack
    """
    check_cpu(device)
    if type(ext_tensor).__name__ == "PyCapsule":
        tensor = _C._from_dlpack(ext_tensor)
        return tensor.clone() if copy else tensor
    if not hasattr(ext_tensor, "__dlpack__") or not hasattr(ext_tensor, "__dlpack_device__"):
        raise RuntimeError(
            f"from_dlpack: expected an object with __dlpack__, got {type(ext_tensor).__name__}"
        )
    kind = int(ext_tensor.__dlpack_device__()[0])
    if kind not in (DLDeviceType.kDLCPU, DLDeviceType.kDLCUDAHost):
        raise RuntimeError(f"from_dlpack: expected memory of the CPU, got device type {kind}")
    try:
        capsule = ext_tensor.__dlpack__(max_version=(1, 0), copy=copy)
    except TypeError:  # a producer from before version 1
        if copy is not None:
            raise
        capsule = ext_tensor.__dlpack__()
    return _C._from_dlpack(capsule)


def to_dlpack(tensor: Any) -> Any:
    """A capsule of the kind before version 1.  Source: torch.utils.dlpack.to_dlpack"""
    if not isinstance(tensor, _C.Tensor):
        raise TypeError(f"to_dlpack: expected a Tensor, got {type(tensor).__name__}")
    return tensor.__dlpack__()

"""Process-wide settings of PyTorch that change nothing on one CPU: kept, checked and told again."""

import warnings
from typing import Any

from tinytorch import _C, _device

__all__ = [
    "are_deterministic_algorithms_enabled",
    "compiled_with_cxx11_abi",
    "get_default_device",
    "get_deterministic_debug_mode",
    "get_device_module",
    "get_float32_matmul_precision",
    "get_num_interop_threads",
    "is_deterministic_algorithms_warn_only_enabled",
    "is_warn_always_enabled",
    "set_default_device",
    "set_deterministic_debug_mode",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_num_interop_threads",
    "set_warn_always",
    "use_deterministic_algorithms",
]

_DEBUG_MODES = ("default", "warn", "error")
_kept: dict[str, Any] = {"debug mode": 0, "precision": "highest", "warn always": False}


def _check(function: str, name: str, value: Any, kind: type) -> None:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(
            f"{function}(): argument '{name}' must be {kind.__name__}, not {type(value).__name__}"
        )


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Every algorithm here is deterministic already.  Source: torch.use_deterministic_algorithms"""
    _check("use_deterministic_algorithms", "mode", mode, bool)
    _check("use_deterministic_algorithms", "warn_only", warn_only, bool)
    _kept["debug mode"] = (1 if warn_only else 2) if mode else 0


def are_deterministic_algorithms_enabled() -> bool:
    return bool(_kept["debug mode"])


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    return bool(_kept["debug mode"] == 1)


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """0 or "default", 1 or "warn", 2 or "error".  Source: torch.set_deterministic_debug_mode"""
    if not isinstance(debug_mode, (int, str)):
        raise TypeError(f"debug_mode must be str or int, but got {type(debug_mode)}")
    if isinstance(debug_mode, str):
        if debug_mode not in _DEBUG_MODES:
            raise RuntimeError(
                "invalid value of debug_mode, expected one of `default`, "
                f"`warn`, `error`, but got {debug_mode}"
            )
        debug_mode = _DEBUG_MODES.index(debug_mode)
    if debug_mode not in (0, 1, 2):
        raise RuntimeError(
            f"invalid value of debug_mode, expected 0, 1, or 2, but got {debug_mode}"
        )
    _kept["debug mode"] = int(debug_mode)


def get_deterministic_debug_mode() -> int:
    return int(_kept["debug mode"])


def set_float32_matmul_precision(precision: str) -> None:
    """Products of float32 are float32 at each of them.  Source: set_float32_matmul_precision"""
    _check("set_float32_matmul_precision", "precision", precision, str)
    if precision not in ("highest", "high", "medium"):
        warnings.warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; the current"
            "setFloat32MatmulPrecision call has no effect.",
            UserWarning,
            stacklevel=2,
        )
        return
    _kept["precision"] = precision


def get_float32_matmul_precision() -> str:
    return str(_kept["precision"])


def set_num_interop_threads(num: int) -> None:
    """Operations run one after another; the number may be set once, as in PyTorch."""
    _check("set_num_interop_threads", "num", num, int)
    if num <= 0:
        raise RuntimeError("set_num_interop_threads expects a positive integer")
    if "interop threads" in _kept:
        raise RuntimeError(
            "Error: cannot set number of interop threads after parallel work has started or "
            "set_num_interop_threads called"
        )
    _kept["interop threads"] = num


def get_num_interop_threads() -> int:
    return int(_kept.get("interop threads", _C.get_num_threads()))


def set_flush_denormal(mode: bool) -> bool:
    """False: the smallest numbers are kept as they are.  Source: torch.set_flush_denormal"""
    _check("set_flush_denormal", "mode", mode, bool)
    return False


def set_warn_always(b: bool, /) -> None:
    """Warnings follow Python's own filters.  Source: torch.set_warn_always"""
    _check("set_warn_always", "b", b, bool)
    _kept["warn always"] = b


def is_warn_always_enabled() -> bool:
    return bool(_kept["warn always"])


def set_default_device(device: Any) -> None:
    """The CPU, or None for it.  Raises RuntimeError for others.  Source: set_default_device"""
    _device.check_cpu(device)


def get_default_device() -> _device.device:
    return _device.cpu


def get_device_module(device: Any = None) -> Any:
    """torch.cpu for the CPU, torch.cuda for "cuda" ...  Source: torch.get_device_module"""
    import tinytorch

    kind = "cpu" if device is None else _device.device(device).type
    module = getattr(tinytorch, kind, None)
    if module is None:
        raise RuntimeError(f"Invalid device type '{kind}'")
    return module


def compiled_with_cxx11_abi() -> bool:
    return True

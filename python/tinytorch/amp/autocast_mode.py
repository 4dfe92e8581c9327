"""autocast: accepted wherever programs write it; the operations compute in the dtypes they get."""

import functools
import warnings
from collections.abc import Callable
from typing import Any

from tinytorch import _dtype

__all__ = [  # of torch itself, too
    "autocast",
    "get_autocast_cpu_dtype",
    "get_autocast_dtype",
    "get_autocast_gpu_dtype",
    "is_autocast_cache_enabled",
    "is_autocast_cpu_enabled",
    "is_autocast_enabled",
    "set_autocast_cache_enabled",
    "set_autocast_dtype",
    "set_autocast_enabled",
]

_DEVICES = ("cpu", "cuda", "xpu", "mps", "hpu", "mtia", "maia", "xla", "ipu")
_HALVES = (_dtype.bfloat16, _dtype.float16)
_enabled: dict[str, bool] = {}
_dtypes: dict[str, Any] = {}
_cache = [True]


def _known(device_type: Any) -> str:
    if not isinstance(device_type, str):
        raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
    kind = device_type.partition(":")[0]
    if kind not in _DEVICES:
        raise RuntimeError(
            f"Expected one of {', '.join(_DEVICES)} device type at start of device string: "
            f"{device_type}"
        )
    return kind


def is_autocast_available(device_type: str) -> bool:
    """Whether `autocast(device_type)` is understood.  Source: torch.amp.is_autocast_available"""
    if not isinstance(device_type, str):
        raise TypeError(f"is_autocast_available: expected a string, got {device_type!r}")
    return device_type in _DEVICES


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Whether an `autocast` block that is not disabled is around.  Source: is_autocast_enabled"""
    return _enabled.get(_known(device_type), False)


def set_autocast_enabled(device_type: Any, enabled: bool | None = None) -> None:
    """(device_type, enabled), or as before PyTorch 2.4 (enabled), for CUDA."""
    if enabled is None:
        device_type, enabled = "cuda", device_type
    _enabled[_known(device_type)] = bool(enabled)


def get_autocast_dtype(device_type: str) -> Any:
    """The dtype that was asked for, or PyTorch's default.  Source: torch.get_autocast_dtype"""
    kind = _known(device_type)
    return _dtypes.get(kind, _dtype.bfloat16 if kind == "cpu" else _dtype.float16)


def set_autocast_dtype(device_type: str, dtype: Any) -> None:
    if not isinstance(dtype, _dtype.dtype):
        raise TypeError(f"set_autocast_dtype: expected a dtype, got {dtype!r}")
    _dtypes[_known(device_type)] = dtype


def is_autocast_cache_enabled() -> bool:
    return _cache[0]


def set_autocast_cache_enabled(enabled: bool) -> None:
    _cache[0] = bool(enabled)


def _older(name: str, answer: Callable[[str], Any], device_type: str) -> Callable[[], Any]:
    """The question as it was asked before PyTorch 2.4."""
    now = answer.__name__

    def ask() -> Any:
        warnings.warn(
            f"torch.{name}() is deprecated. Please use torch.{now}('{device_type}') instead.",
            DeprecationWarning,
            stacklevel=2,
        )
        return answer(device_type)

    ask.__name__ = ask.__qualname__ = name
    return ask


get_autocast_gpu_dtype = _older("get_autocast_gpu_dtype", get_autocast_dtype, "cuda")
get_autocast_cpu_dtype = _older("get_autocast_cpu_dtype", get_autocast_dtype, "cpu")
is_autocast_cpu_enabled = _older("is_autocast_cpu_enabled", is_autocast_enabled, "cpu")


class autocast:
    """A `with` block or a decorator within which PyTorch lets some operations compute in half.

    Here they do not: results keep the dtype of what they are computed from. The block warns when
    that differs from PyTorch, that is for the CPU; for CUDA it is disabled, as there without CUDA.
    Source: torch.amp.autocast
    """

    def __init__(
        self,
        device_type: str,
        dtype: Any = None,
        enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:
        self.device = _known(device_type)
        if dtype is not None and not isinstance(dtype, _dtype.dtype):
            raise TypeError(f"autocast: expected a dtype, got {dtype!r}")
        self.fast_dtype = get_autocast_dtype(self.device) if dtype is None else dtype
        self._cache_enabled = _cache[0] if cache_enabled is None else bool(cache_enabled)
        self._enabled = bool(enabled) and self._works()
        self._before: list[tuple[bool, Any, bool]] = []

    def _works(self) -> bool:
        """Whether PyTorch without CUDA would enable it; warns if not, or if only PyTorch would."""
        if self.device == "cuda":
            message = "CUDA is not available or torch_xla is imported. Disabling autocast."
        elif self.fast_dtype not in _HALVES:
            name = self.device.upper()
            message = (
                f"In {name} autocast, but the target dtype is not supported. Disabling autocast.\n"
                f"{name} Autocast only supports dtypes of torch.bfloat16, torch.float16 currently."
            )
        else:
            warnings.warn(
                f"autocast: tinytorch does not compute in {self.fast_dtype}; results keep the "
                "dtype of what they are computed from",
                UserWarning,
                stacklevel=4,
            )
            return True
        warnings.warn(message, UserWarning, stacklevel=4)
        return False

    def __enter__(self) -> "autocast":
        kind = self.device
        self._before.append((_enabled.get(kind, False), get_autocast_dtype(kind), _cache[0]))
        _enabled[kind], _dtypes[kind], _cache[0] = (
            self._enabled,
            self.fast_dtype,
            self._cache_enabled,
        )
        return self

    def __exit__(self, *error: object) -> None:
        _enabled[self.device], _dtypes[self.device], _cache[0] = self._before.pop()

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        if not callable(func):
            raise TypeError(
                f"autocast()(func) requires a callable, but got {type(func).__name__}. "
                "Did you mean to use autocast as a context manager? For example:\n"
                "    with torch.autocast(device_type=...):\n"
                "        output = model(input)"
            )

        @functools.wraps(func)
        def within(*args: Any, **kwargs: Any) -> Any:
            with self:
                return func(*args, **kwargs)

        return within


def custom_fwd(
    fwd: Callable[..., Any] | None = None, *, device_type: str, cast_inputs: Any = None
) -> Callable[..., Any]:
    """For the `forward` of an autograd.Function: nothing is cast here.  Source: torch.amp"""
    _known(device_type)
    return (lambda function: function) if fwd is None else fwd


def custom_bwd(bwd: Callable[..., Any] | None = None, *, device_type: str) -> Callable[..., Any]:
    """For the `backward` of an autograd.Function: nothing is cast here.  Source: torch.amp"""
    _known(device_type)
    return (lambda function: function) if bwd is None else bwd

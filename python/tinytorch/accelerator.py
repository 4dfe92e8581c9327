"""torch.accelerator where there is none: questions are answered, the rest raises."""

from collections.abc import Callable
from typing import Any

from tinytorch import _device


def _raising(name: str) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("Cannot access accelerator device when none is available.")

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"Raises RuntimeError: there is none.  Source: torch.accelerator.{name}"
    return call


_NEED_ONE = """
    current_device_index current_device_idx current_stream empty_cache get_memory_info
    max_memory_allocated max_memory_reserved memory_allocated memory_reserved memory_stats
    reset_accumulated_memory_stats reset_peak_memory_stats set_device_idx set_device_index
    set_stream synchronize get_device_capability
"""
for _name in _NEED_ONE.split():
    globals()[_name] = _raising(_name)


def is_available() -> bool:
    """False.  Source: torch.accelerator.is_available"""
    return False


def device_count() -> int:
    """0.  Source: torch.accelerator.device_count"""
    return 0


def current_accelerator(check_available: bool = False) -> _device.device | None:
    """None.  Source: torch.accelerator.current_accelerator"""
    return None


class device_index:
    """`with torch.accelerator.device_index(None)`: nothing; a number raises on entering."""

    def __init__(self, device: int | None, /) -> None:
        self.idx = device

    def __enter__(self) -> None:
        if self.idx is not None:
            _raising("device_index")()

    def __exit__(self, *error: object) -> None:
        return None

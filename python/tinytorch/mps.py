"""torch.mps where there is no Metal: questions are answered, the rest raises."""

from collections.abc import Callable
from typing import Any

_WORK = {
    "empty_cache": "emptyCache",
    "synchronize": "deviceSynchronize",
    "current_allocated_memory": "getCurrentAllocatedMemory",
    "driver_allocated_memory": "getDriverAllocatedMemory",
    "recommended_max_memory": "getRecommendedMaxMemory",
    "set_per_process_memory_fraction": "setMemoryFraction",
    "get_rng_state": "getDefaultGenerator",
    "set_rng_state": "getDefaultGenerator",
}


def _raising(name: str, work: str) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(f"Cannot execute {work}() without MPS backend.")

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"Raises RuntimeError: there is no Metal.  Source: torch.mps.{name}"
    return call


globals().update({name: _raising(name, work) for name, work in _WORK.items()})


def is_available() -> bool:
    return False


def device_count() -> int:
    return 0


def manual_seed(seed: int) -> None:
    """Nothing: there is no generator of a device.  Source: torch.mps.manual_seed"""
    int(seed)


def seed() -> None:
    """Nothing: there is no generator of a device.  Source: torch.mps.seed"""

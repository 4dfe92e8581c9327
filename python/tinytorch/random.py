"""torch.random: the generator that everything draws from."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tinytorch import _C
from tinytorch._creation import initial_seed as initial_seed
from tinytorch._creation import manual_seed as manual_seed
from tinytorch._rng_state import get_rng_state as get_rng_state
from tinytorch._rng_state import set_rng_state as set_rng_state

default_generator = _C.default_generator


def seed() -> int:
    """Seeds the generator with a number of the system's, which it returns."""
    return int(_C.default_generator.seed())


@contextmanager
def fork_rng(
    devices: Any = None,
    enabled: bool = True,
    _caller: str = "fork_rng",
    _devices_kw: str = "devices",
    device_type: str = "cuda",
) -> Iterator[None]:
    """After the block the generator goes on where it was before.  Source: torch.random.fork_rng"""
    if devices:
        raise AssertionError(f"{_caller}: there are no devices {list(devices)!r} here")
    if not enabled:
        yield
        return
    before = get_rng_state()
    try:
        yield
    finally:
        set_rng_state(before)

"""torch.random: the generator that everything draws from, its seeds and its states."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tinytorch import _C
from tinytorch._rng_state import get_rng_state as get_rng_state
from tinytorch._rng_state import set_rng_state as set_rng_state

default_generator = _C.default_generator


def manual_seed(seed: Any) -> Any:
    """Restarts the default generator; returns it.

    Raises ValueError for a seed outside [-2**63, 2**64).  Source: torch.manual_seed
    """
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Restarts it with a number of the system's, which it returns.  Source: torch.seed"""
    return int(default_generator.seed())


def initial_seed() -> int:
    """The seed of the default generator.  Source: torch.initial_seed"""
    return int(default_generator.initial_seed())


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

"""Switches of a backend, changed for the length of a block."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


@contextmanager
def kept(module: ModuleType, switches: dict[str, Any]) -> Iterator[None]:
    """Sets the switches that are not None, and then what they were before."""
    before = {name: getattr(module, name) for name in switches}
    for name, value in switches.items():
        if value is not None:
            setattr(module, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(module, name, value)

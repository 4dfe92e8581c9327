"""Anomaly mode: backward passes that say which operation made a NaN, and where it was called."""

from types import TracebackType
from typing import Self

from tinytorch import _C


def is_anomaly_enabled() -> bool:
    """Whether anomaly mode is on.  Source: torch.is_anomaly_enabled"""
    enabled: bool = _C._anomaly()[0]
    return enabled


class set_detect_anomaly:
    """Turns anomaly mode on or off, at once; as a context manager until its end.

    While it is on, each operation remembers where the program called it, and a backward pass that
    meets NaN, or a value modified in place, raises an error that shows this place.
    check_nan: look for NaN in every gradient.       Source: torch.autograd.set_detect_anomaly
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._before = _C._anomaly()
        _C._set_anomaly(mode, check_nan)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _C._set_anomaly(*self._before)


class detect_anomaly(set_detect_anomaly):
    """Anomaly mode for a block.  Source: torch.autograd.detect_anomaly"""

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__(True, check_nan)

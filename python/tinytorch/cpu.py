"""torch.cpu: the CPU under the names that torch.cuda has for its devices."""

from typing import Any


def is_available() -> bool:
    return True


def is_initialized() -> bool:
    return True


def device_count() -> int:
    return 1


def current_device() -> str:
    return "cpu"


def set_device(device: Any) -> None:
    """Nothing: there is one.  Source: torch.cpu.set_device"""


def synchronize(device: Any = None) -> None:
    """Nothing: every operation is done when it returns.  Source: torch.cpu.synchronize"""


class Stream:
    """A queue of work; on the CPU work is done at once.  Source: torch.cpu.Stream"""

    def __init__(self, priority: int = -1) -> None:
        self.priority = priority

    def synchronize(self) -> None:
        """Nothing: the work is done."""

    def wait_stream(self, stream: Any) -> None:
        """Nothing: the work is done."""

    def wait_event(self, event: Any) -> None:
        """Nothing: the work is done."""


class StreamContext:
    """`with torch.cpu.stream(s)`: a block that changes nothing.  Source: torch.cpu.StreamContext"""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: object) -> None:
        return None


def stream(stream: Any) -> StreamContext:
    return StreamContext(stream)


def current_stream(device: Any = None) -> Stream:
    return Stream()

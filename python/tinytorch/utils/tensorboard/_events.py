"""Event files: records of a length, a checksum, and a message in the form of protocol buffers."""

import itertools
import os
import socket
import struct
import threading
import time
from collections.abc import Iterable

_numbers = itertools.count()


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_TABLE = _crc_table()


def masked_crc(data: bytes) -> int:
    """CRC-32C, turned and shifted as record files have it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


# --- protocol buffers: a key (the field's number and kind), then the value


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def integer(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def double(field: int, value: float) -> bytes:
    return varint(field << 3 | 1) + struct.pack("<d", value)


def single(field: int, value: float) -> bytes:
    """A float; what is too large for one is infinite."""
    try:
        packed = struct.pack("<f", value)
    except OverflowError:
        packed = struct.pack("<f", float("inf") if value > 0 else float("-inf"))
    return varint(field << 3 | 5) + packed


def message(field: int, value: bytes | str) -> bytes:
    data = value.encode("utf-8", "replace") if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(data)) + data


def doubles(field: int, values: Iterable[float]) -> bytes:
    return message(field, b"".join(struct.pack("<d", value) for value in values))


# --- what TensorBoard shows


def scalar(tag: str, value: float) -> bytes:
    return message(1, message(1, tag) + single(2, value))


def text(tag: str, value: str) -> bytes:
    shape = message(2, message(2, integer(1, 1)))
    tensor = integer(1, 7) + shape + message(8, value)
    return message(
        1, message(1, tag + "/text_summary") + message(8, tensor) + message(9, _plugin("text"))
    )


def _plugin(name: str) -> bytes:
    return message(1, message(1, name))


def histogram(
    tag: str,
    least: float,
    largest: float,
    count: float,
    total: float,
    squares: float,
    limits: Iterable[float],
    counts: Iterable[float],
) -> bytes:
    ends = double(1, least) + double(2, largest) + double(3, count)
    sums = double(4, total) + double(5, squares)
    values = ends + sums + doubles(6, limits) + doubles(7, counts)
    return message(1, message(1, tag) + message(5, values))


class EventFile:
    """An event file in `folder`, under a name that TensorBoard looks for."""

    def __init__(self, folder: str, suffix: str = "") -> None:
        os.makedirs(folder, exist_ok=True)
        name = f"{int(time.time()):010d}.{socket.gethostname()}.{os.getpid()}.{next(_numbers)}"
        self.path = os.path.join(folder, f"events.out.tfevents.{name}{suffix}")
        self._file = open(self.path, "wb")  # noqa: SIM115
        self._lock = threading.Lock()
        self._write(double(1, time.time()) + message(3, "brain.Event:2"))

    def add(self, summary: bytes, step: int | None, wall_time: float | None) -> None:
        """One summary, as of `step`."""
        when = time.time() if wall_time is None else wall_time
        self._write(double(1, when) + integer(2, int(step or 0)) + message(5, summary))

    def _write(self, event: bytes) -> None:
        length = struct.pack("<Q", len(event))
        with self._lock:
            for part in (length, event):
                self._file.write(part + struct.pack("<I", masked_crc(part)))

    def flush(self) -> None:
        if not self._file.closed:
            self._file.flush()

    def close(self) -> None:
        self._file.close()

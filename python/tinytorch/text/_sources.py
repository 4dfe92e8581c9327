"""Where text comes from, and files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

Source = str | os.PathLike[str] | IO[Any] | Iterable[str]


def utf8(text: Any, operation: str) -> bytes:
    """The text as UTF-8.  Raises TypeError for what is no str, ValueError for half a character."""
    if not isinstance(text, str):
        raise TypeError(f"{operation}: expected a str, got {_named(text)}")
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise lone_surrogate(text, error.start, operation) from None


def lone_surrogate(text: str, place: int, operation: str) -> ValueError:
    """The error for a text that has no UTF-8."""
    return ValueError(
        f"{operation}: index {place} of the text is the lone surrogate U+{ord(text[place]):04X}, "
        "which has no UTF-8; bytes that are no text go through encode_bytes"
    )


def _named(value: object) -> str:
    kind = type(value).__name__
    return "bytes, which encode_bytes takes" if kind == "bytes" else kind


def texts(source: Source, operation: str) -> Iterator[bytes]:
    """The texts of a source as UTF-8: a str, a file (a path, or opened), or an iterable of str."""
    if isinstance(source, str):
        yield utf8(source, operation)
    elif isinstance(source, os.PathLike):
        yield _checked(Path(source).read_bytes(), os.fspath(source), operation)
    elif hasattr(source, "read"):
        content = source.read()
        if isinstance(content, bytes):
            yield _checked(content, getattr(source, "name", "the file"), operation)
        else:
            yield utf8(content, operation)
    elif isinstance(source, Iterable) and not isinstance(source, (bytes, bytearray)):
        for text in source:
            yield utf8(text, operation)
    else:
        raise TypeError(
            f"{operation}: expected a str, a path, an open file or an iterable of str, "
            f"got {type(source).__name__}"
        )


def _checked(content: bytes, name: object, operation: str) -> bytes:
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{operation}: {name} is not UTF-8: byte {error.start} is {content[error.start]:#04x}"
        ) from None
    return content


def write(path: Path, content: str | bytes) -> None:
    """Writes all of the file or none: whoever is interrupted leaves the old one."""
    data = content.encode() if isinstance(content, str) else content
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as new:
            new.write(data)
            new.flush()
            os.fsync(new.fileno())
        Path(temporary).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise

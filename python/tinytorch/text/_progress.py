"""A bar for training that takes long, drawn by rich on standard error."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

PATIENCE = 1.0  # seconds before a bar appears by itself


class Bar:
    """Called with the work done so far.  shown: None draws it in a terminal, once it takes long."""

    def __init__(self, title: str, total: int, shown: bool | None) -> None:
        self._title, self._total = title, total
        self._wanted = sys.stderr.isatty() if shown is None else shown
        self._patience = PATIENCE if shown is None else 0.0
        self._begin = time.monotonic()
        self._bar: Any = None

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, done: int) -> None:
        if not self._wanted or time.monotonic() - self._begin < self._patience:
            return
        if self._bar is None:
            from rich.console import Console
            from rich.progress import Progress

            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task(self._title, total=self._total)
        self._bar.update(self._task, completed=done)

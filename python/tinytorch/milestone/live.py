"""A trail that lasts: what the model writes, below its bar in a terminal; and steps done before."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.panel import Panel
from rich.progress import Progress
from rich.text import Text

from tinytorch.milestone.trail import Run, Trail

PAUSE = 15.0  # seconds between two looks


class _Shown(Progress):
    """The bar, and a text below it."""

    def __init__(self, like: Progress) -> None:
        super().__init__(*like.columns, console=like.console)
        self.text = ""

    def get_renderables(self) -> Any:
        parts: list[RenderableType] = [self.make_tasks_table(self.tasks)]
        if getattr(self, "text", ""):
            parts.append(Panel(Text(self.text), title="it writes", title_align="left"))
        yield from parts


class Live(Trail):
    """As a Trail, of the steps from len(done) to `steps`.

    chosen: the steps that are audited, by their number.  done: the losses of steps that another
    process has taken.
    """

    def __init__(
        self,
        weights: Mapping[str, Any],
        title: str,
        steps: int,
        chosen: Collection[int],
        done: Sequence[float] = (),
    ) -> None:
        super().__init__(weights, title, steps)
        self._progress = _Shown(self._progress)
        self._bar = self._progress.add_task(title, total=steps, completed=len(done), loss="-")
        self._chosen = chosen
        self._losses = list(done)
        self._looked = time.monotonic()

    @property
    def audits(self) -> bool:
        """Whether the step that comes next is one of those that are audited."""
        return len(self._losses) in self._chosen

    @property
    def losses(self) -> list[float]:
        return self._losses

    @property
    def due(self) -> bool:
        """Whether there is a terminal, and nothing was shown in it for a while."""
        return self._progress.console.is_terminal and time.monotonic() - self._looked > PAUSE

    def show(self, text: str) -> None:
        """Below the bar, in place of what was there."""
        if isinstance(self._progress, _Shown):
            self._progress.text = text
        self._looked = time.monotonic()

    def run(self) -> Run:
        """With gradients only of what has one: the optimizer's moments are noted as weights."""
        run = super().run()
        for name in [name for name in run["gradients"] if ":" in name]:
            del run["gradients"][name]
        return run


def spread(first: int, steps: int, count: int) -> list[int]:
    """About `count` steps of first ... steps - 1: the first, the last, one after each, and others
    evenly between."""
    last = steps - 1
    between = [first + round((last - first) * i / max(1, count - 3)) for i in range(count - 2)]
    return sorted({*between, min(first + 1, last), max(last - 1, first)} & set(range(first, steps)))

"""The calls of a failing test, for a debugger to make again."""

from __future__ import annotations

from typing import Any

import pytest

from tinytorch.tito import worker
from tinytorch.tito.grading import run_pytest, wanted_tasks
from tinytorch.tito.lab import Lab
from tinytorch.tito.overlay import Overlay
from tinytorch.tito.plugin import Grading, Story
from tinytorch.tito.workspace import Workspace


class RecordingLab(Lab):
    """Keeps what the current test asked for, and what the one before did."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.asked: list[bytes] = []
        self.before: list[bytes] = []

    def _ask(self, request: dict[str, object]) -> Any:
        self.asked.append(worker.pack(request))
        return super()._ask(request)

    def fresh(self) -> None:
        self.before, self.asked = self.asked, []
        super().fresh()


class FirstFailure(Grading):
    """Remembers the first test that fails, its last example: Hypothesis ends with the smallest."""

    calls: tuple[str, list[bytes]] | None = None

    def add(self, item: pytest.Item, story: Story) -> None:
        super().add(item, story)
        lab = self.lab
        if self.calls is None and story.status != "passed" and isinstance(lab, RecordingLab):
            self.calls = (story.title or story.status, lab.before[-1:])


def failing_calls(
    place: Workspace, unit: str, task: str, built: Overlay, keyword: str
) -> tuple[str, list[bytes]] | None:
    """The title of the first test that fails, and its calls; None when all pass."""
    (wanted,) = wanted_tasks(place, unit, task)
    with RecordingLab(built.parts([unit]), place.root / "modules", built.watch) as lab:
        grading = FirstFailure(lab, {wanted.id: wanted.hint}, frozenset([wanted.id]))
        run_pytest(place.course.test(unit), grading, keyword)
    return grading.calls

"""The trail of a training run: its losses, its cost, and what is needed to take its steps again."""

from __future__ import annotations

import time
from collections.abc import Container, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypedDict

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tinytorch import _C

Array = np.ndarray[Any, Any]
Weights = dict[str, Array]


class Run(TypedDict):
    """A run as the library reported it.  M steps are audited, each on B examples."""

    losses: Array  # (steps,)
    audited: Array  # (M,) which steps, counted from 0; the last is among them
    rows: Array  # (M, B) the examples that each saw
    before: Weights  # name -> (M, ...)
    gradients: Weights
    after: Weights
    seconds: float  # in the steps, without their audit
    peak_bytes: int  # of tensors, at most, at a time


def as_array(tensor: Any) -> Array:
    """A copy of a tensor's values."""
    return np.array(tensor.numpy(force=True))


class Trail:
    """Follows the weights through a loop, and draws its progress on standard error.

    with Trail(weights, "learning", steps=500) as trail:
        for rows in batches:
            trail.before_step()
            ...                                      # weights change in place
            trail.after_step(rows, loss, gradients)
    """

    def __init__(
        self, weights: Mapping[str, Any], title: str, steps: int, audited: int | None = None
    ) -> None:
        """`steps`: how many at most.  `audited`: how many of them, evenly spread; by default all.

        A run that may end before its last step needs them all.
        """
        self._weights = weights
        self._chosen: Container[int] = range(steps)
        if audited is not None and audited < steps:
            self._chosen = {round(step) for step in np.linspace(0, steps - 1, audited)}
        self._losses: list[float] = []
        self._audited: list[int] = []
        self._rows: list[Array] = []
        self._values: dict[str, list[Weights]] = {"before": [], "gradients": [], "after": []}
        self._seconds, self._started = 0.0, 0.0
        self._peak = 0
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._bar = self._progress.add_task(title, total=steps, loss="-")

    def __enter__(self) -> Self:
        self._progress.start()
        _C.reset_peak_memory()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._peak = _C.memory_stats()["peak_in_use"]
        if error is None:  # a loop may stop before its last step
            self._progress.update(self._bar, total=len(self._losses))
        self._progress.stop()

    @property
    def audits(self) -> bool:
        """Whether the step that comes next is one of those that are audited."""
        return len(self._losses) in self._chosen

    def before_step(self) -> None:
        if self.audits:
            self._note("before", self._weights)
        self._started = time.perf_counter()

    def after_step(self, rows: Any, loss: Any, gradients: Mapping[str, Any]) -> None:
        """rows: the examples of the step, of one number in all steps."""
        self._seconds += time.perf_counter() - self._started
        step = len(self._losses)
        self._losses.append(loss.item())
        if step in self._chosen:
            self._audited.append(step)
            self._rows.append(np.array(rows, np.int64))
            none = {name: weight * 0 for name, weight in self._weights.items()}
            found = {name: grad for name, grad in gradients.items() if grad is not None}
            self._note("gradients", none | found)
            self._note("after", self._weights)
        self._progress.update(self._bar, advance=1, loss=f"{self._losses[-1]:.4f}")

    def _note(self, what: str, tensors: Mapping[str, Any]) -> None:
        self._values[what].append({name: as_array(tensor) for name, tensor in tensors.items()})

    def run(self) -> Run:
        return Run(
            losses=np.array(self._losses),
            audited=np.array(self._audited),
            rows=np.stack(self._rows),
            before=_stacked(self._values["before"]),
            gradients=_stacked(self._values["gradients"]),
            after=_stacked(self._values["after"]),
            seconds=self._seconds,
            peak_bytes=self._peak,
        )


def _stacked(moments: Sequence[Weights]) -> Weights:
    return {name: np.stack([moment[name] for moment in moments]) for name in moments[0]}

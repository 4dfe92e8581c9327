"""Progress of a training run, drawn by rich on standard error."""

from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Protocol


class Progress(Protocol):
    """What a Trainer tells of its work."""

    def __enter__(self) -> "Progress": ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def epoch(
        self, batches: Iterable[Any], title: str, done: int, total: int | None
    ) -> Iterator[Any]:
        """Passes the batches on, and counts them from `done` to `total`."""
        ...

    def show(self, loss: float) -> None:
        """The loss of the latest step."""
        ...

    def report(self, record: Mapping[str, Any]) -> None:
        """An epoch is over: its entry in the history."""
        ...


class Silence:
    """No progress at all."""

    def __enter__(self) -> "Silence":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def epoch(
        self, batches: Iterable[Any], title: str, done: int, total: int | None
    ) -> Iterator[Any]:
        return iter(batches)

    def show(self, loss: float) -> None:
        pass

    def report(self, record: Mapping[str, Any]) -> None:
        pass


class Bar:
    """A bar for the current epoch with its running loss, and a line for each epoch behind it."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self._bar = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task("", total=None, loss="")

    def __enter__(self) -> "Bar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def epoch(
        self, batches: Iterable[Any], title: str, done: int, total: int | None
    ) -> Iterator[Any]:
        self._bar.reset(self._task, total=total, completed=done, description=title)
        for batch in batches:
            yield batch
            self._bar.advance(self._task)

    def show(self, loss: float) -> None:
        self._bar.update(self._task, loss=f"{loss:.4f}")

    def report(self, record: Mapping[str, Any]) -> None:
        measured = {"loss": record["loss"]}
        measured |= {f"validation {k}": v for k, v in record.get("validation", {}).items()}
        numbers = "  ".join(f"{name} {value:.4f}" for name, value in measured.items())
        self._bar.console.print(
            f"epoch {record['epoch']:>3}  {numbers}  {record['seconds']:.1f} s", highlight=False
        )

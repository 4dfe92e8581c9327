"""Trainer: the loop around `train_step`, with what a long run needs."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from os import PathLike
from typing import Any

from tinytorch import _random, serialization
from tinytorch._C import Tensor
from tinytorch.training.checkpoint import random_state, restore, set_random_state, snapshot
from tinytorch.training.gradients import gradient_norms
from tinytorch.training.progress import Bar, Progress, Silence
from tinytorch.training.steps import evaluate, train_step
from tinytorch.training.stopping import EarlyStopping

Batches = Iterable[tuple[Any, Any]]


@dataclass
class SoFar:
    """What has been done of the current epoch; loss is the sum over the samples."""

    batches: int = 0
    updates: int = 0
    samples: int = 0
    loss: float = 0.0


class Samples:
    """Two tensors as batches of one sample each: (x, y) -> (1, ...), (1, ...).

    shuffle: in a new random order each time it is iterated.
    Raises ValueError when x and y differ in length.
    """

    def __init__(self, x: Any, y: Any, shuffle: bool) -> None:
        if len(x) != len(y):
            raise ValueError(f"fit: expected as many x as y, got {len(x)} and {len(y)}")
        self.x = x
        self.y = y
        self.shuffle = shuffle

    def __len__(self) -> int:
        return len(self.x)

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        order = _random.randperm(len(self)).tolist() if self.shuffle else range(len(self))
        for i in order:
            yield self.x[i : i + 1], self.y[i : i + 1]


class Trainer:
    """Trains a model: epochs, validation, checkpoints, early stopping.

    loss(model(x), y): the mean over the samples of a batch.
    metrics: further measures(output, y) by name, taken on the validation data.
    scheduler: steps once an epoch, or after each update with scheduler_step="update".
    accumulate: how many batches make one update.
    max_norm: clips the gradient.
    early_stopping: watches the validation loss, or `monitor`; the training loss without validation.
    checkpoint: a file, written after each epoch and after every checkpoint_every updates.
    progress: a bar on standard error.
    """

    def __init__(
        self,
        model: Any,
        optimizer: Any,
        loss: Callable[[Any, Any], Any],
        *,
        scheduler: Any = None,
        scheduler_step: str = "epoch",
        metrics: Mapping[str, Callable[[Any, Any], Any]] | None = None,
        accumulate: int = 1,
        max_norm: float | None = None,
        early_stopping: EarlyStopping | None = None,
        monitor: str = "loss",
        checkpoint: str | PathLike[str] | None = None,
        checkpoint_every: int | None = None,
        progress: bool = True,
    ) -> None:
        if accumulate < 1:
            raise ValueError(f"Trainer: expected accumulate >= 1, got {accumulate}")
        if scheduler_step not in ("epoch", "update"):
            raise ValueError(
                f"Trainer: expected scheduler_step epoch or update, got {scheduler_step!r}"
            )
        if checkpoint_every is not None and (checkpoint is None or checkpoint_every < 1):
            raise ValueError(
                "Trainer: expected checkpoint_every >= 1 and a checkpoint file, "
                f"got {checkpoint_every} and {checkpoint}"
            )
        self.model = model
        self.optimizer = optimizer
        self.loss = loss
        self.scheduler = scheduler
        self.scheduler_step = scheduler_step
        self.metrics = dict(metrics or {})
        self.accumulate = accumulate
        self.max_norm = max_norm
        self.early_stopping = early_stopping
        self.monitor = monitor
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every
        self.progress = progress
        # One entry an epoch: epoch (from 1), loss, lr, seconds, gradient_norms, validation.
        self.history: list[dict[str, Any]] = []
        self.stopped = False
        # Epochs finished, and how far the current one is; the random generators when it began.
        self.epoch = 0
        self._so_far = SoFar()
        self._epoch_random: dict[str, Any] | None = None
        # The generator that shuffles the data, and where a loaded checkpoint left all of them.
        self._generator: Any = None
        self._resumed_random: dict[str, Any] | None = None

    # --- the loop -----------------------------------------------------------------------------

    def fit(
        self,
        data: Batches | tuple[Any, Any],
        epochs: int = 1,
        validation: Batches | tuple[Any, Any] | None = None,
        *,
        shuffle: bool = True,
    ) -> list[dict[str, Any]]:
        """Trains until `epochs` epochs are done in all, those of a loaded checkpoint included.

        data: anything that yields (x, y) batches anew each time it is iterated, or two tensors,
        which are taken sample by sample, in random order unless shuffle is False.
        Returns the history. Raises ValueError when an epoch has no batches.
        """
        batches = self._as_batches(data, shuffle)
        self._generator = getattr(batches, "generator", None)
        checks = None if validation is None else self._as_batches(validation, shuffle=False)
        with Bar() if self.progress else Silence() as progress:
            while self.epoch < epochs and not self.stopped:
                record = self._train_epoch(batches, f"epoch {self.epoch + 1}/{epochs}", progress)
                if checks is not None:
                    record["validation"] = self.evaluate(checks)
                self._finish_epoch(record)
                progress.report(record)
        return self.history

    def evaluate(self, data: Batches | tuple[Any, Any]) -> dict[str, float]:
        """The loss and all metrics, averaged over the samples of data; see `training.evaluate`."""
        return evaluate(
            self.model, self._as_batches(data, shuffle=False), {"loss": self.loss, **self.metrics}
        )

    @staticmethod
    def _as_batches(data: Batches | tuple[Any, Any], shuffle: bool) -> Batches:
        if isinstance(data, tuple) and all(isinstance(part, Tensor) for part in data):
            x, y = data
            return Samples(x, y, shuffle)
        return data

    def _train_epoch(self, batches: Batches, title: str, progress: Progress) -> dict[str, Any]:
        started = time.perf_counter()
        done, total = self._so_far.batches, _count(batches)
        remaining = progress.epoch(self._remaining(batches), title, done, total)
        group: list[tuple[Any, Any]] = []
        self.model.train()
        for x, y in remaining:
            group.append((x, y))
            if len(group) == self.accumulate:
                progress.show(self._update(group))
                group = []
        if group:
            progress.show(self._update(group))
        if self._so_far.samples == 0:
            raise ValueError(
                f"fit: expected at least one batch in epoch {self.epoch + 1}, got none "
                "(a generator can be iterated only once)"
            )
        return {
            "epoch": self.epoch + 1,
            "loss": self._so_far.loss / self._so_far.samples,
            "lr": [group["lr"] for group in self.optimizer.param_groups],
            "gradient_norms": gradient_norms(self.model),
            "seconds": time.perf_counter() - started,
        }

    def _remaining(self, batches: Batches) -> Iterator[tuple[Any, Any]]:
        """The batches of the current epoch that are still to come."""
        resumed, self._resumed_random = self._resumed_random, None
        if resumed is not None and self._epoch_random is not None and self._so_far.batches:
            # The order of the samples was drawn when the interrupted epoch began: draw it again.
            set_random_state(self._epoch_random, self._generator)
            iterator = iter(batches)
            for _ in range(self._so_far.batches):
                next(iterator, None)
            set_random_state(resumed, self._generator)
        else:
            if resumed is not None:
                set_random_state(resumed, self._generator)
            self._so_far = SoFar()
            self._epoch_random = random_state(self._generator)
            iterator = iter(batches)
        yield from iterator

    def _update(self, group: list[tuple[Any, Any]]) -> float:
        loss = train_step(self.model, self.optimizer, self.loss, group, self.max_norm)
        samples = sum(len(x) for x, _ in group)
        self._so_far.batches += len(group)
        self._so_far.updates += 1
        self._so_far.samples += samples
        self._so_far.loss += loss * samples
        if self.scheduler is not None and self.scheduler_step == "update":
            self.scheduler.step()
        every = self.checkpoint_every
        if self.checkpoint is not None and every and self._so_far.updates % every == 0:
            self.save(self.checkpoint)
        return loss

    def _finish_epoch(self, record: dict[str, Any]) -> None:
        watched = record.get("validation", record)[self.monitor]
        if self.scheduler is not None and self.scheduler_step == "epoch":
            if getattr(self.scheduler, "needs_metric", False):
                self.scheduler.step(watched)
            else:
                self.scheduler.step()
        if self.early_stopping is not None:
            self.stopped = self.early_stopping.update(watched)
        self.history.append(record)
        self.epoch += 1
        self._so_far = SoFar()
        if self.checkpoint is not None:
            self.save(self.checkpoint)

    # --- checkpoints --------------------------------------------------------------------------

    def _parts(self) -> dict[str, Any]:
        parts = {
            "model": self.model,
            "optimizer": self.optimizer,
            "scheduler": self.scheduler,
            "early_stopping": self.early_stopping,
        }
        return {name: part for name, part in parts.items() if part is not None}

    def save(self, file: Any) -> None:
        """Writes a checkpoint from which training goes on exactly as from here."""
        saved = snapshot(self._parts(), {"epoch": self.epoch}, self._generator)
        saved |= {
            "epoch_random": self._epoch_random,
            "so_far": asdict(self._so_far),
            "history": self.history,
            "stopped": self.stopped,
        }
        serialization.save(saved, file)

    def load(self, file: Any) -> None:
        """Goes on from a checkpoint: this Trainer's model, optimizer ... built as those saved.

        The next `fit` needs the same data; it skips the batches that the epoch had already taken.
        """
        saved = serialization.load(file)
        self.epoch = restore(self._parts(), saved)["epoch"]
        self.history = saved["history"]
        self.stopped = saved["stopped"]
        self._so_far = SoFar(**saved["so_far"])
        self._epoch_random = saved["epoch_random"]
        self._resumed_random = saved["random"]


def _count(batches: Any) -> int | None:
    """How many batches there are, where that is known."""
    try:
        return len(batches)
    except TypeError:
        return None

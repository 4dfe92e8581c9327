"""What a run of the CNN leaves: its audited steps for numpy, its state for the next run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import tinytorch as torch
from tinytorch.milestone.data import BROKEN, DataError
from tinytorch.milestone.trail import Weights, as_array


def note(audited: Any, x: Any, y: Any, lr: float, optimizer: Any, weights: Any) -> None:
    """What numpy needs to take the step again."""
    audited["x"].append(as_array(x))
    audited["y"].append(as_array(y))
    audited["rate"].append(np.float64(lr))
    velocity = {}
    for name, weight in weights.items():
        buffer = optimizer.state[weight].get("momentum_buffer")
        velocity[name] = as_array(weight) * 0 if buffer is None else as_array(buffer)
    audited["velocity"].append(velocity)


def running(model: Any) -> Weights:
    """The statistics that normalisation keeps for the exam."""
    return {name: as_array(value) for name, value in model.named_buffers() if "running" in name}


def stacked(values: list[Any]) -> Any:
    if isinstance(values[0], dict):
        return {name: np.stack([value[name] for value in values]) for name in values[0]}
    return np.stack(values)


# --- interrupted, and taken up again -------------------------------------------------------------


def resumed(
    state: str | None, model: Any, optimizer: Any, told: tuple[int, int]
) -> tuple[int, list[float]]:
    """The epochs that are done already, and what they reached; of the same settings only.

    Raises DataError for a file that is no such state.
    """
    if state is None or not Path(state).is_file():
        return 0, []
    try:
        saved = torch.load(state)
        if tuple(saved["told"]) != told or saved["epoch"] >= told[1]:
            return 0, []
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        return saved["epoch"], list(saved["exam"])
    except BROKEN as error:
        raise DataError(f"{state} is no state of this milestone's: {error}") from None


def save(
    state: str | None, model: Any, optimizer: Any, epoch: int, exam: list[float], told: Any
) -> None:
    """All that the next epochs depend on, into one file: the whole of it or nothing."""
    if state is None:
        return
    content = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "epoch": epoch,
        "exam": exam,
        "told": list(told),
    }
    torch.save(content, state)

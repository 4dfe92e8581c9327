"""How a GPT is trained: its recipe, a step of AdamW, and what an interrupted run leaves behind."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import tinytorch as torch
from tinytorch.milestone.data import BROKEN, DataError
from tinytorch.milestone.live import Live

Array = np.ndarray[Any, Any]
BETAS, CLIP = (0.9, 0.99), 1.0
Curve = list[tuple[int, float]]  # steps, and what was reached


@dataclass(frozen=True)
class Recipe:
    """A model and its training.  below: the nats a character that must be reached on Shakespeare.

    The rate rises to `lr` in `warm_up` steps and then falls in a straight line to nothing.
    decay: the part of the rate by which matrices shrink at each step. A text that is read over and
    over needs more of it than one that is read once.
    deviation: of the first weights. From GPT-2's 0.02 a narrow model looks everywhere alike for a
    thousand steps; from about 1 / sqrt(width) it learns sooner.
    waves: the table of positions begins as the sines and cosines of 2017, which say how far apart
    two places are before anything is learnt.
    """

    layers: int
    width: int
    context: int
    batch: int
    steps: int
    lr: float = 3e-3
    heads: int = 4
    warm_up: int = 200
    dropout: float = 0.0
    decay: float = 0.1
    deviation: float = 0.02
    waves: bool = False
    below: float = math.inf

    def sizes(self, vocabulary: int) -> dict[str, Any]:
        """As GPTConfig has them."""
        return {
            "vocab_size": vocabulary,
            "block_size": self.context,
            "n_layer": self.layers,
            "n_head": self.heads,
            "n_embd": self.width,
            "dropout": self.dropout,
            "initializer_range": self.deviation,
        }

    def flops(self, vocabulary: int) -> int:
        """Of one step: 2 a weight and token, attention's two products; backward twice that."""
        weights = 12 * self.layers * self.width**2 + vocabulary * self.width
        looks = 2 * self.layers * self.context * self.width
        return 3 * 2 * self.batch * self.context * (weights + looks)

    def rate(self, step: int, steps: int) -> float:
        if step < self.warm_up:
            return self.lr * (step + 1) / self.warm_up
        done = (step - self.warm_up) / max(1, steps - self.warm_up)
        return self.lr * (1 - done)


def model_of(plan: Recipe, vocabulary: int) -> Any:
    """A GPT, its weights drawn."""
    model = torch.models.GPT(torch.models.GPTConfig(**plan.sizes(vocabulary)))
    if plan.waves:
        waves = torch.embeddings.sinusoidal(plan.context, plan.width)
        with torch.no_grad():
            model.transformer["wpe"].weight.copy_(waves * (math.sqrt(2) * plan.deviation))
    return model


def optimizer_of(model: Any, decay: float) -> Any:
    """AdamW.  Matrices shrink a little at each step; biases and norms do not."""
    parameters = list(model.parameters())
    groups = [
        {"params": [p for p in parameters if p.dim() == 2], "weight_decay": decay},
        {"params": [p for p in parameters if p.dim() != 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=0.0, betas=BETAS)


class Training:
    """Steps of AdamW, of which some are left in a trail so that numpy can take them again.

    These are taken without dropout: numpy cannot know which numbers it would have dropped.
    """

    def __init__(self, model: Any, plan: Recipe, steps: int) -> None:
        self.model, self.plan, self.steps = model, plan, steps
        self.optimizer = optimizer_of(model, plan.decay)
        self.named = dict(model.named_parameters())
        nothing = {f"{m}:{name}": w.detach() * 0 for name, w in self.named.items() for m in "mv"}
        self.watched = {**self.named, **nothing}

    def follow(self) -> None:
        """The moments are the optimizer's from its first step on."""
        for name, w in self.named.items():
            if state := self.optimizer.state.get(w):
                self.watched[f"m:{name}"] = state["exp_avg"]
                self.watched[f"v:{name}"] = state["exp_avg_sq"]

    def step(self, trail: Live, rows: Any, ids: Any, targets: Any) -> None:
        number = len(trail.losses)
        lr = self.plan.rate(number, self.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        audited = trail.audits
        if audited or self.model.training is audited:
            self.model.train(not audited)
        trail.before_step()
        loss = self.model.loss(ids, targets)
        self.optimizer.zero_grad()
        loss.backward()
        slopes = {}
        if audited:
            slopes = {n: w.grad.clone() for n, w in self.named.items() if w.grad is not None}
        torch.nn.utils.clip_grad_norm_(self.named.values(), CLIP)
        self.optimizer.step()
        if number == 0:
            self.follow()
        trail.after_step(rows, loss, slopes)

    def look(self, asked: Array) -> Array:
        """The model's logits, as arrays.  asked: (B, T)."""
        self.model.eval()
        with torch.no_grad():
            found: Array = self.model(torch.from_numpy(asked)).numpy()
        return found

    # --- interrupted, and taken up again

    def save(self, state: str, losses: list[float], curve: Curve, settings: list[Any]) -> None:
        """All that the next steps depend on, into one file: the whole of it or nothing."""
        content = {
            "settings": settings,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "losses": torch.tensor(losses, dtype=torch.float64),
            "curve": [list(point) for point in curve],
            "random": torch.get_rng_state(),
        }
        torch.save(content, state)

    def resume(self, state: str, settings: list[Any]) -> tuple[list[float], Curve]:
        """The losses and the curve of an interrupted run of the same settings, taken up here.

        Empty where there is none.
        """
        if not Path(state).is_file():
            return [], []
        try:
            saved = torch.load(state)
            if saved["settings"] != settings or not len(saved["losses"]) < self.steps:
                return [], []
            self.model.load_state_dict(saved["model"])
            self.optimizer.load_state_dict(saved["optimizer"])
            self.follow()
            torch.set_rng_state(saved["random"])
        except BROKEN as error:
            raise DataError(f"{state} is no state of this milestone's: {error}") from None
        return saved["losses"].tolist(), [(int(at), float(loss)) for at, loss in saved["curve"]]


def seconds(run: Callable[[], object], times: int = 5) -> float:
    """Of one call, at best."""
    best = math.inf
    for _ in range(times):
        started = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - started)
    return best

"""The gate: takes the audited steps of a run again, in numpy alone and in float64.

A milestone writes its model's loss twice, in tinytorch's words and in numpy's. Nothing that the
library claims counts until the twin has found the same: the losses, their slopes, the steps down
those slopes, and the answers of the weights that the steps lead to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinytorch.milestone.trail import Run, Weights

Array = np.ndarray[Any, Any]
Checks = dict[str, bool]
Loss = Callable[[Weights, Array], float]  # of these weights on these rows of the training set
# Where a step leads: from the weights before, its gradients, its number among the audited.
Update = Callable[[Weights, Weights, int], Weights]

RELATIVE, ABSOLUTE = 1e-4, 1e-6  # float32 against float64, after a few sums
SLOPE_RELATIVE = 1e-3
STEP = 1e-6  # of finite differences: well above the rounding of float32


# Where to look when a check of `audit` fails.
HINTS = {
    "losses_are_finite": "steps that go too far: try a smaller --lr",
    "losses_agree": "a forward function: numpy gets another loss from the same weights",
    "gradients_are_slopes": "a backward function: the loss has a slope that its gradient denies",
    "gradients_reach_every_weight": "a backward function that passes nothing on",
    "steps_follow_gradients": "the update: a step is not lr times its gradient",
    "steps_are_connected": "the update: weights change between the steps",
    "weights_move": "the update: weights end where they began",
    "answers_agree": "a forward function: numpy gets other answers from the same weights",
}


@dataclass(frozen=True)
class Verdict:
    """What a milestone reached, as numpy measured it."""

    accuracy: float = 0.0  # a share
    loss: float = float("nan")
    checks: Checks = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)  # others, for tools

    @property
    def passed(self) -> bool:
        return bool(self.checks) and all(self.checks.values())


def audit(
    run: Run,
    loss: Loss,
    lr: float,
    at_least: int | None = None,
    update: Update | None = None,
    step: float = STEP,
    relative: float = SLOPE_RELATIVE,
) -> Checks:
    """Whether the run computed what it should have, by plain gradient descent at rate `lr`.

    `at_least`: how many audited steps it must show; by default every one.
    `update`: another rule for a step.  `step`: of finite differences; a small one for losses with
    very many bends, such as poolings have.  `relative`: by how much of its size a slope may differ.
    """

    def descend(weights: Weights, slopes: Weights, moment: int) -> Weights:
        return {name: weights[name] - lr * slopes[name] for name in weights}

    rule = update or descend
    steps, audited = len(run["losses"]), run["audited"].tolist()
    moments = range(len(audited))
    reported = run["losses"][audited]
    before, gradients, after = (
        [_at(run, key, m) for m in moments] for key in ("before", "gradients", "after")
    )
    again = np.array([loss(before[m], run["rows"][m]) for m in moments])
    directions = np.random.default_rng(0)
    slopes = [
        _slopes_agree(before[m], gradients[m], loss, run["rows"][m], directions, step, relative)
        for m in moments
    ]
    return {
        "trail_is_complete": audited == sorted({0, steps - 1, *audited})
        and len(audited) >= min(steps, at_least or steps),
        "losses_are_finite": bool(np.isfinite(run["losses"]).all()),
        "losses_agree": _close(reported, again),
        "gradients_are_slopes": all(slopes),
        "gradients_reach_every_weight": all(
            np.isfinite(g).all() and g.any() for g in run["gradients"].values()
        ),
        "steps_follow_gradients": all(
            _close(after[m][name], expected)
            for m in moments
            for name, expected in rule(before[m], gradients[m], m).items()
        ),
        "steps_are_connected": all(
            np.array_equal(after[m][name], before[m + 1][name])
            for m in moments[:-1]
            if audited[m + 1] == audited[m] + 1
            for name in before[m]
        ),
        "weights_move": all(
            np.abs(run["after"][name] - start).max() > ABSOLUTE
            for name, start in initial_weights(run).items()
        ),
    }


def final_weights(run: Run) -> Weights:
    """The weights after the last step, in float64."""
    return _at(run, "after", -1)


def initial_weights(run: Run) -> Weights:
    """The weights before the first step, in float64."""
    return _at(run, "before", 0)


def _at(run: Run, key: str, moment: int) -> Weights:
    stacked: Weights = run[key]  # type: ignore[literal-required]
    return {name: values[moment].astype(np.float64) for name, values in stacked.items()}


def _close(claimed: Array, expected: Array) -> bool:
    return bool(np.allclose(claimed, expected, rtol=RELATIVE, atol=ABSOLUTE))


def _slopes_agree(
    weights: Weights,
    gradients: Weights,
    loss: Loss,
    rows: Array,
    directions: np.random.Generator,
    step: float,
    relative: float,
) -> bool:
    """Along a random direction the loss must change as the gradient says.

    One direction moves all elements of a weight together, so a single one whose gradient is wrong
    shows, and two evaluations suffice however many there are. Where a relu bends at this very place
    the slopes ahead and behind differ, and the gradient may say either.
    """
    here = loss(weights, rows)
    for name, gradient in gradients.items():
        direction = directions.normal(size=weights[name].shape)
        ahead = (loss(weights | {name: weights[name] + step * direction}, rows) - here) / step
        behind = (here - loss(weights | {name: weights[name] - step * direction}, rows)) / step
        claimed = float(np.sum(gradient * direction))
        size = max(float(np.linalg.norm(gradient)), abs(ahead), abs(behind))
        allowed = relative * size + ABSOLUTE
        low, high = min(ahead, behind) - allowed, max(ahead, behind) + allowed
        if gradient.shape != weights[name].shape or not low <= claimed <= high:
            return False
    return True

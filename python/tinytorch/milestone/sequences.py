"""Digits to reverse, copy or sort: questions whose answers need every position to look around."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from tinytorch.milestone import gpt
from tinytorch.milestone.trail import Weights

Array = np.ndarray[Any, Any]
LENGTH = 6  # of a sequence
EXAM = 600
REVERSE, COPY, SORT, IS = 10, 11, 12, 13  # the ids after the digits
WAYS = {REVERSE: "reverses", COPY: "copies", SORT: "sorts"}
NAMES = (*"0123456789", "reverse", "copy", "sort", "=")
BEGUN = LENGTH + 2  # ids before the answer


@cache
def questions() -> tuple[Array, Array]:
    """What to do, digits, IS, the answer: (N, 2 LENGTH + 2), to train on and for the exam."""
    draw = np.random.default_rng(2017)
    digits = np.unique(draw.integers(0, 10, (33_000, LENGTH)), axis=0)
    draw.shuffle(digits)
    way = draw.integers(REVERSE, IS, (len(digits), 1))
    answers = np.where(way == REVERSE, digits[:, ::-1], np.where(way == COPY, digits, 0))
    answers = np.where(way == SORT, np.sort(digits, 1), answers)
    whole = np.concatenate([way, digits, np.full_like(way, IS), answers], 1)
    return whole[EXAM:], whole[:EXAM]


def asked_of(rows: Array) -> tuple[Array, Array]:
    """ids and targets, (B, 2 LENGTH + 1), of which only the answer's count."""
    chosen = questions()[0][rows]
    targets = chosen[:, 1:].copy()
    targets[:, : LENGTH + 1] = gpt.UNASKED
    return chosen[:, :-1].copy(), targets


def next_digits(w: Weights, begun: Array, answers: Array, heads: int, **options: Any) -> Array:
    """What the same model in numpy holds for likeliest at each place of these answers.

    Where that is the answer itself, it is what the model would have written.
    """
    ids = np.concatenate([begun, answers[:, :-1]], 1)
    logits = gpt.forward(w, ids, heads, **options)
    found: Array = logits[:, begun.shape[1] - 1 :].argmax(-1)
    return found

"""The choice of a token: greedy, or drawn from what temperature, top-k and top-p leave."""

from __future__ import annotations

import math
import operator
from typing import Any

from tinytorch import _C, _dtype
from tinytorch._C import Tensor


class Choice:
    """choice(logits, ids) -> ids: one of each row of logits (B, V), after ids (B, T).

    In this order: the repetition penalty, the temperature, top-k, top-p, and a draw from the
    softmax of what is left, as torch.multinomial(probs, 1) draws. At temperature 0 the largest.
    """

    def __init__(
        self,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        repetition_penalty: float = 1.0,
        generator: Any = None,
    ) -> None:
        self.temperature = _number(temperature, "temperature")
        if self.temperature < 0:
            raise ValueError(
                f"generate: expected a temperature of 0 (greedy) or more, got {temperature}"
            )
        self.top_k = None if top_k is None else _integer(top_k, "top_k")
        if self.top_k is not None and self.top_k < 1:
            raise ValueError(f"generate: expected top_k of 1 or more, or None, got {top_k}")
        self.top_p = None if top_p is None else _number(top_p, "top_p")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise ValueError(f"generate: expected top_p in (0, 1], or None, got {top_p}")
        self.repetition_penalty = _number(repetition_penalty, "repetition_penalty")
        if self.repetition_penalty <= 0:
            raise ValueError(
                "generate: expected a repetition_penalty > 0 (1 for none), "
                f"got {repetition_penalty}"
            )
        if generator is not None and not isinstance(generator, _C.Generator):
            raise TypeError(f"generate: expected a torch.Generator, got {type(generator).__name__}")
        self.generator = generator

    def __call__(self, logits: Tensor, ids: Tensor) -> Tensor:
        unit = _C.generation
        logits = logits.detach()
        if logits.dtype not in (_dtype.float32, _dtype.float64):
            logits = logits.float()
        unit.check_logits(logits)
        if self.repetition_penalty != 1:
            logits = unit.penalize(logits, ids, self.repetition_penalty)
        if self.temperature == 0:
            return logits.argmax(-1)
        if self.temperature != 1:
            logits = unit.apply_temperature(logits, self.temperature)
        if self.temperature != 1 or self.repetition_penalty != 1:
            self._check_reach(logits)
        if self.top_k is not None:
            logits = unit.keep_top_k(logits, self.top_k)
        if self.top_p is not None and self.top_p < 1:
            logits = unit.keep_top_p(logits, self.top_p)
        chosen: Tensor = unit.sample(_C.softmax(logits, -1), self.generator)
        return chosen

    def _check_reach(self, logits: Tensor) -> None:
        """Raises ValueError for logits that were finite before."""
        if not all(map(math.isfinite, logits.amax(-1).tolist())):
            raise ValueError(
                f"generate: a temperature of {self.temperature} and a repetition_penalty of "
                f"{self.repetition_penalty} make logits that {logits.dtype} cannot hold"
            )


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        raise TypeError(f"generate: expected a number as {name}, got {type(value).__name__}")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"generate: expected a finite {name}, got {value}")
    return number


def _integer(value: Any, name: str) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"generate: expected an int as {name}, got {type(value).__name__}")
    return operator.index(value)

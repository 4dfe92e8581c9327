"""The loop: ask the model, choose, append, ask again."""

from collections.abc import Callable, Iterator
from typing import Any

from tinytorch import _C
from tinytorch._C import Tensor

Model = Callable[[Tensor], Any]
# The ids chosen, (B,), of logits (B, V) and the ids before, (B, T).
Choose = Callable[[Tensor, Tensor], Tensor]


def tokens(
    model: Model, ids: Tensor, count: int, choose: Choose, context: int | None = None
) -> Iterator[Tensor]:
    """Chooses `count` tokens after ids (B, T), and yields each, (B,), when it is chosen.

    model(ids) gives logits (B, T, V), of which the last position's, (B, V), are what comes next.
    It is shown at most the last `context` ids; choose(logits, ids) sees them all.
    """
    # TASK generation.tokens (4 points): what was chosen is asked about in the next round; slicing
    # with [:, -context:] keeps the last ones.
    for _ in range(count):
        seen = ids if context is None else ids[:, -context:]
        chosen = choose(model(seen)[:, -1, :], ids)
        yield chosen
        ids = _C.cat([ids, chosen.unsqueeze(1)], 1)
    # END TASK

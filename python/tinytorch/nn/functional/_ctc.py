"""The loss of labels in sequence under frames that nobody aligned with them."""

from collections.abc import Sequence
from typing import Any

from tinytorch import _C, _creation
from tinytorch._C import Tensor
from tinytorch.nn.functional._reduction import check_reduction


def _lengths(name: str, given: Any) -> list[int]:
    if isinstance(given, Tensor):
        if given.is_floating_point() or str(given.dtype) == "torch.bool":
            raise RuntimeError(f"{name} must be integral")
        given = given.reshape(-1).tolist()
    if not isinstance(given, Sequence) or not all(hasattr(n, "__index__") for n in given):
        raise TypeError(
            f"ctc_loss(): {name} must be a Tensor or a tuple of ints, not {given!r:.60}"
        )
    return [int(n) for n in given]


def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """-log of the summed probability of all ways to say `targets` in the frames.

    log_probs: (T, N, C) or (T, C), a log_softmax.  targets: (N, S), or all sequences one after
    another.  input_lengths, target_lengths: how many frames and labels count, (N).  "mean" divides
    each loss by its target's length first.  zero_infinity: 0, without a gradient, for targets too
    long for their frames.
    Raises RuntimeError where lengths, labels or shapes do not fit.
    Source: torch.nn.functional.ctc_loss
    """
    check_reduction(reduction)
    frames = _lengths("input_lengths", input_lengths)
    labels = _lengths("target_lengths", target_lengths)
    batched = log_probs.dim() == 3
    if not batched:
        log_probs = log_probs.unsqueeze(1)
    losses: Any = _C._ctc_loss(
        log_probs, targets.long(), frames, labels, blank, bool(zero_infinity)
    )
    if reduction == "mean":
        lengths: Any = _creation.tensor([max(n, 1) for n in labels], dtype=losses.dtype)
        return (losses / lengths).mean()  # type: ignore[no-any-return]
    if reduction == "sum":
        return losses.sum()  # type: ignore[no-any-return]
    return losses if batched else losses.squeeze(0)  # type: ignore[no-any-return]

"""What generation begins with: ids of a prompt, how many more, and what the model can see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tinytorch import _creation, _dtype
from tinytorch._C import Tensor
from tinytorch.generation.choice import _integer

# Where models keep the number of positions they were made for.
NAMES = ("context", "context_length", "block_size", "n_positions", "max_seq_len")


def context_of(model: Any) -> int | None:
    """How many ids the model can see: an attribute of it or of its `config`; None where unknown."""
    for owner in (model, getattr(model, "config", None)):
        for name in NAMES:
            size = getattr(owner, name, None)
            if isinstance(size, int) and not isinstance(size, bool):
                return size
    return None


def ids_of(prompt: Any) -> tuple[Tensor, bool]:
    """The prompt as ids (B, T), and whether it came as a single one, (T,)."""
    if not isinstance(prompt, Tensor):
        try:
            prompt = _creation.tensor(prompt)
        except (TypeError, ValueError, RuntimeError) as error:
            raise TypeError(f"generate: expected ids as the prompt: {error}") from None
    if prompt.numel() == 0:
        raise ValueError(
            f"generate: the prompt is empty, shape {tuple(prompt.shape)}; a model continues at "
            "least one token, such as a line break"
        )
    if prompt.dim() not in (1, 2):
        raise ValueError(
            f"generate: expected prompt ids of shape (T,) or (B, T), got {tuple(prompt.shape)}"
        )
    if prompt.is_floating_point() or prompt.dtype == _dtype.bool:
        raise TypeError(f"generate: expected ints as prompt ids, got {prompt.dtype}")
    ids = prompt.detach().long()
    if int(ids.min()) < 0:
        raise IndexError(f"generate: expected prompt ids of 0 or more, got {int(ids.min())}")
    return (ids.unsqueeze(0), True) if ids.dim() == 1 else (ids, False)


def checked_context(
    model: Any, size: int, count: int, context: int | None, crop: bool
) -> int | None:
    """The context.  Raises ValueError where prompt and new tokens do not fit, unless cropped."""
    limit = context_of(model) if context is None else _integer(context, "context")
    if limit is None:
        return None
    if limit < 1:
        raise ValueError(f"generate: expected a context of 1 or more, got {limit}")
    # The last token is chosen, and not read again.
    if not crop and size + max(count - 1, 0) > limit:
        what = (
            f"a prompt of {size}" if size > limit else f"a prompt of {size} and {count} new tokens"
        )
        raise ValueError(
            f"generate: {what} is beyond the model's context of {limit}; crop=True shows it only "
            f"the last {limit}"
        )
    return limit


@contextmanager
def quiet(model: Any) -> Iterator[Callable[[Tensor], Tensor]]:
    """The model's logits, without gradients and without dropout; its mode comes back afterwards."""
    from tinytorch.autograd import no_grad

    training = bool(getattr(model, "training", False)) and hasattr(model, "eval")
    if training:
        modes = [(module, module.training) for module in model.modules()]
        model.eval()

    def logits(ids: Tensor) -> Tensor:
        with no_grad():
            result = model(ids)
        if isinstance(result, tuple):  # (logits, loss)
            result = result[0]
        if not isinstance(result, Tensor) or result.dim() != 3 or result.shape[:2] != ids.shape:
            shape = tuple(result.shape) if isinstance(result, Tensor) else type(result).__name__
            raise ValueError(
                f"generate: expected logits (B, T, V) of ids {tuple(ids.shape)}, got {shape}"
            )
        return result

    try:
        yield logits
    finally:
        if training:
            for module, mode in modes:
                module.training = mode

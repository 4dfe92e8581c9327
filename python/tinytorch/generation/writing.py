"""Ids, or text as it comes: the loop with a choice, a place to stop and someone who reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from tinytorch import _C
from tinytorch._C import Tensor
from tinytorch.generation import loop
from tinytorch.generation.choice import Choice, _integer
from tinytorch.generation.prompts import checked_context, ids_of, quiet

Stops = int | Sequence[int] | Sequence[Sequence[int]]


def generate(
    model: Any,
    prompt_ids: Any,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    repetition_penalty: float = 1.0,
    stop: Stops | None = None,
    context: int | None = None,
    crop: bool = False,
    generator: Any = None,
    on_token: Callable[[Any], object] | None = None,
) -> Tensor:
    """The prompt (B, T) or (T,) and what the model writes after it: as many rows, longer.

    model(ids): logits (B, T, V) for ids (B, T), or a tuple that begins with them.  A Module is put
    into eval() meanwhile, and no gradients are recorded.
    temperature: 0 takes the likeliest token, always.  top_k, top_p, repetition_penalty: see Choice.
    stop: an id, ids, or sequences of ids; the first of them that is written ends it, and stays. For
    one prompt alone.
    context: how many ids the model can see; by default model.context, .block_size or those of its
    config.  With `crop` it is shown the last of them; else too many raise ValueError.
    generator: draws the tokens, so that the same seed writes the same.
    on_token: called with each new id, or with a list of B.
    Raises ValueError for an empty prompt and for logits that are NaN.
    """
    ids, single = ids_of(prompt_ids)
    count = _count(max_new_tokens)
    choice = Choice(temperature, top_k, top_p, repetition_penalty, generator)
    stops = _stops(stop)
    if stops and ids.shape[0] > 1:
        raise ValueError(f"generate: stop is for one prompt, got {ids.shape[0]}")
    limit = checked_context(model, ids.shape[1], count, context, crop)
    parts, written = [ids], []
    with quiet(model) as logits:
        for chosen in loop.tokens(logits, ids, count, choice, limit):
            parts.append(chosen.unsqueeze(1))
            new = chosen.tolist()
            written.append(new[0])
            if on_token is not None:
                on_token(new[0] if single else new)
            if any(written[-len(end) :] == end for end in stops):
                break
    whole: Tensor = _C.cat(parts, 1)
    return whole[0] if single else whole


def stream(
    model: Any,
    tokenizer: Any,
    prompt: str,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    repetition_penalty: float = 1.0,
    stop: str | Sequence[str] = (),
    context: int | None = None,
    crop: bool = False,
    generator: Any = None,
) -> Iterator[str]:
    """Yields what the model writes after the prompt, piece by piece, in whole characters.

    stop: texts; the first of them that is written ends it and is not yielded, also when it lies
    across tokens.  The other arguments are those of generate.  Joined, the pieces are
    tokenizer.decode of the ids, up to the stop.
    """
    ids, _ = ids_of(tokenizer.encode(prompt))
    count = _count(max_new_tokens)
    choice = Choice(temperature, top_k, top_p, repetition_penalty, generator)
    if not isinstance(stop, Iterable):
        raise TypeError(f"generate: expected texts as stop, got {stop!r}")
    stops = [stop] if isinstance(stop, str) else list(stop)
    if not all(isinstance(text, str) and text for text in stops):
        raise ValueError(f"generate: expected stop texts that are not empty, got {stop!r}")
    limit = checked_context(model, ids.shape[1], count, context, crop)
    return _pieces(model, tokenizer, ids, count, choice, [text.encode() for text in stops], limit)


def _pieces(
    model: Any,
    tokenizer: Any,
    ids: Tensor,
    count: int,
    choice: Choice,
    stops: list[bytes],
    limit: int | None,
) -> Iterator[str]:
    pending = b""
    with quiet(model) as logits:
        for chosen in loop.tokens(logits, ids, count, choice, limit):
            pending += tokenizer.decode_bytes(chosen.tolist())
            end = min((at for text in stops if (at := pending.find(text)) >= 0), default=-1)
            if end >= 0:
                pending = pending[:end]
                break
            unit = _C.generation
            held = max(unit.held_back(pending, stops), unit.incomplete(pending))
            ready = len(pending) - held
            # A held stop may begin inside a character: that one waits, too.
            ready -= unit.incomplete(pending[:ready])
            if ready:
                yield pending[:ready].decode("utf-8", "replace")
                pending = pending[ready:]
    if pending:
        yield pending.decode("utf-8", "replace")


def write(model: Any, tokenizer: Any, prompt: str, max_new_tokens: int, **options: Any) -> str:
    """What the model writes after the prompt, as one text.  options: those of stream."""
    return "".join(stream(model, tokenizer, prompt, max_new_tokens, **options))


def _count(max_new_tokens: Any) -> int:
    count = _integer(max_new_tokens, "max_new_tokens")
    if count < 0:
        raise ValueError(f"generate: expected max_new_tokens of 0 or more, got {count}")
    return count


def _stops(stop: Any) -> list[list[int]]:
    """Sequences of ids, each of which ends the text."""
    if stop is None:
        return []
    if isinstance(stop, str):
        raise TypeError("generate: expected ids as stop, got str; stream stops at texts")
    if not isinstance(stop, Iterable):
        return [[_integer(stop, "stop")]]
    ends = []
    for entry in stop:
        ids = list(entry) if isinstance(entry, Iterable) else [entry]
        if not ids:
            raise ValueError("generate: a stop sequence is empty")
        ends.append([_integer(id, "stop") for id in ids])
    return ends

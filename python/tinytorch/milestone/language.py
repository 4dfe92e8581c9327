"""The gate of language models: steps of AdamW taken again, probes of attention, text and samples.

As everywhere, `train` leaves evidence and numpy judges it: the model is written a second time in
`milestone.gpt`, every gradient of an audited step is compared, element by element, and the model is
asked what no model without a causal mask, without places or without attention could answer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from tinytorch.milestone import gpt
from tinytorch.milestone.gate import Checks
from tinytorch.milestone.trail import Run, Weights

Array = np.ndarray[Any, Any]
Batch = Callable[[Array], tuple[Array, Array]]  # rows -> ids and targets, (B, T)

RELATIVE, SMALL = 1e-3, 1e-4  # float32 against float64; SMALL of the largest element
FEW = 8  # sequences at a time, which a cache can hold
SURPRISE = 5.0  # standard deviations that a sample's likelihood may be off

HINTS = {
    "logits_agree": "a forward function: numpy gets other logits from the same weights",
    "moments_follow_gradients": "AdamW: a moment is a running mean of gradients or their squares",
    "the_past_ignores_the_future": "the causal mask: a later id changed an earlier answer",
    "order_matters": "positions: the same ids in another order gave the same answer",
    "attention_chooses": "attention: its weights are as even as before training",
    "ids_are_the_text": "the tokenizer: its ids do not spell the text",
    "greedy_takes_the_likeliest": "generation: at temperature 0 the largest logit",
    "samples_follow_the_logits": "sampling: what was drawn is not what the logits make likely",
    "samples_keep_to_the_top": "top_k: a token was drawn that is not among the k likeliest",
    "losses_are_those_of_the_text": "evaluation: numpy gets another loss on the last tenth",
}


def audit(
    run: Run, batch: Batch, heads: int, rate: Callable[[int], float], decay: float, clip: float,
    least: int, first: int = 0,
) -> Checks:  # fmt: skip
    """Whether the audited steps are those of AdamW down the slopes of the loss.

    run: a Trail's, in whose `before` and `after` the moments of weight w are "m:w" and "v:w".
    batch: the data by the rows that a step saw.  rate: of a step, counted from 0.  least: how many
    audited steps it must show.  first: the step it began with, after an interruption.
    """
    audited, steps = run["audited"].tolist(), len(run["losses"])
    names = list(run["gradients"])
    right: dict[str, list[bool]] = {
        "losses_agree": [], "gradients_are_slopes": [], "steps_follow_gradients": [],
        "moments_follow_gradients": [],
    }  # fmt: skip
    for m, step in enumerate(audited):
        before = _at(run, "before", m)
        after, reported = _at(run, "after", m), _at(run, "gradients", m)
        weights = {name: before[name] for name in names}
        loss, slopes = gpt.loss_and_gradients(weights, *batch(run["rows"][m]), heads)
        right["losses_agree"].append(bool(np.isclose(run["losses"][step], loss, rtol=1e-4)))
        right["gradients_are_slopes"] += [
            close(reported[name], slopes[name]) for name in names if slopes[name].any()
        ]
        used = gpt.clipped(reported, clip)
        for name in names:
            if step == 0:
                start = np.zeros_like(before[name])
                moments = (start, start)
            else:
                moments = (before[f"m:{name}"], before[f"v:{name}"])
            lr, shrink = rate(step), decay if before[name].ndim == 2 else 0.0
            there, *expected = gpt.adamw(before[name], used[name], *moments, step + 1, lr, shrink)
            rounding = 2.0**-22 * np.abs(before[name]).max() + 1e-3 * lr
            right["steps_follow_gradients"].append(
                bool(np.abs(after[name] - there).max() <= rounding)
            )
            right["moments_follow_gradients"] += [
                close(after[f"{which}:{name}"], moment)
                for which, moment in zip("mv", expected, strict=True)
            ]
    checks = {
        "trail_is_complete": audited == sorted({first, steps - 1, *audited})
        and len(audited) >= min(steps - first, least),
        "losses_are_finite": bool(np.isfinite(run["losses"]).all()),
    }
    checks |= {name: all(held) for name, held in right.items()}
    return checks | {
        "gradients_reach_every_weight": all(
            np.isfinite(g).all() and g.any() for g in run["gradients"].values()
        ),
        "steps_are_connected": all(
            np.array_equal(values[m], run["before"][name][m + 1])
            for name, values in run["after"].items()
            for m in range(len(audited) - 1)
            if audited[m + 1] == audited[m] + 1
        ),
        "weights_move": all(
            np.abs(run["after"][name][-1] - run["before"][name][0]).max() > 1e-6 for name in names
        ),
    }


def final_weights(run: Run) -> Weights:
    """The weights after the last step, in float64, without the optimizer's moments."""
    return {name: run["after"][name][-1].astype(np.float64) for name in run["gradients"]}


def first_weights(run: Run) -> Weights:
    return {name: run["before"][name][0].astype(np.float64) for name in run["gradients"]}


def _at(run: Run, key: str, moment: int) -> Weights:
    stacked: Weights = run[key]  # type: ignore[literal-required]
    return {name: values[moment].astype(np.float64) for name, values in stacked.items()}


def close(claimed: Array, expected: Array) -> bool:
    """Alike, element by element; small ones may be off by a little of the largest."""
    most = SMALL * float(np.abs(expected).max(initial=0))
    return claimed.shape == expected.shape and bool(
        np.allclose(claimed, expected, rtol=RELATIVE, atol=most)
    )


# --- probes -------------------------------------------------------------------------------------


def probes(ids: Array, vocabulary: int) -> Array:
    """(3, T): ids; the same with another second half; the same with the first half turned round.

    ids: (T,).
    """
    half = len(ids) // 2
    future, order = ids.copy(), ids.copy()
    future[half:] = (ids[half:] + 1 + np.arange(len(ids) - half) % (vocabulary - 1)) % vocabulary
    order[:half] = ids[:half][::-1]
    return np.stack([ids, future, order])


def examine(w: Weights, heads: int, asked: Array, answers: Array, start: Weights | None) -> Checks:
    """asked: (3, T) of `probes`.  answers: (3, T, V), the library's logits.  start: the weights
    before training, where they are known."""
    half = asked.shape[1] // 2
    same, future, order = answers
    own = gpt.forward(w, asked, heads)

    def moved(a: Array, b: Array) -> float:
        return float(np.abs(a - b).max())

    return {
        "logits_agree": answers.shape == own.shape and close(answers, own),
        "the_past_ignores_the_future": moved(same[:half], future[:half]) < 1e-4
        and moved(same[half:], future[half:]) > 1e-2,
        "order_matters": moved(same[-1], order[-1]) > 1e-3,
        "attention_chooses": _chooses(w, start, asked[:1], heads),
    }


def _chooses(w: Weights, start: Weights | None, ids: Array, heads: int) -> bool:
    """Whether some head looks around less evenly than any did before training."""
    now = entropy(w, ids, heads)
    before = 1.0 if start is None else float(entropy(start, ids, heads).min())
    return bool(np.isfinite(now).all() and now.min() < 0.8 * before and now.max() > 1e-3)


def entropy(w: Weights, ids: Array, heads: int) -> Array:
    """How evenly each head looks around: from 0, at one place, to 1, at all.  (layers, heads)."""
    found = []
    for p in gpt.maps(w, ids, heads):  # (B, H, T, T)
        each = -(p * np.log(np.maximum(p, 1e-30))).sum(-1)[..., 1:]
        found.append((each / np.log(np.arange(2, p.shape[-1] + 1))).mean((0, 2)))
    return np.stack(found)


# --- text ---------------------------------------------------------------------------------------

PIECE = re.compile(r"'(?:[sdmt]|ll|ve|re)| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+")
PIECES = 2_000  # that are split again


def windows(ids: Array, context: int, batch: int = 64) -> list[tuple[Array, Array]]:
    """The whole text in pieces that do not overlap, as batches (B, T) of ids and of what follows.

    The last piece, which is shorter, is a batch of its own.
    """
    count = (len(ids) - 1) // context
    found = []
    for first in range(0, count, batch):
        last = min(first + batch, count)
        x = ids[first * context : last * context]
        y = ids[first * context + 1 : last * context + 1]
        found.append((x.reshape(-1, context), y.reshape(-1, context)))
    if rest := len(ids) - 1 - count * context:
        found.append((ids[None, -rest - 1 : -1], ids[None, -rest:]))
    return found


def text_nats(w: Weights, ids: Array, context: int, heads: int) -> float:
    """The nats of all ids but the first.  In float32, which is what the time allows."""
    single = {name: value.astype(np.float32) for name, value in w.items()}
    return sum(
        float(gpt.nats(gpt.forward(single, x, heads), y).sum(dtype=np.float64))
        for x, y in windows(ids, context, FEW)
    )


def spells(ids: Array, tokens: list[bytes], text: str) -> bool:
    return b"".join(tokens[int(id)] for id in ids) == text.encode()


def characters_agree(tokens: list[bytes], text: str) -> bool:
    """One token for each character that occurs, in ascending order."""
    return tokens == [c.encode() for c in sorted(set(text))]


def merges_agree(merges: list[Any], tokens: list[bytes], ids: Array, text: str) -> bool:
    """Whether byte pairs were learnt from the text and applied in their order.

    The first merge must be of the commonest pair, and a part of the text split again in Python
    must give the same tokens.
    """
    pieces = PIECE.findall(text)
    counts: Counter[tuple[str, str]] = Counter()
    for piece, times in Counter(pieces).items():
        for pair in pairwise(piece):
            counts[pair] += times
    first = merges[0][0].decode("latin-1"), merges[0][1].decode("latin-1")
    ranks = {(bytes(a), bytes(b)): n for n, (a, b) in enumerate(merges)}
    split = [part for piece in pieces[:PIECES] for part in _split(piece.encode(), ranks)]
    said = [tokens[int(id)] for id in ids[: len(split)]]
    return counts[first] == max(counts.values()) and said == split


def _split(piece: bytes, ranks: dict[tuple[bytes, bytes], int]) -> list[bytes]:
    parts = [piece[i : i + 1] for i in range(len(piece))]
    while len(parts) > 1:
        rank = {i: ranks.get(pair, len(ranks)) for i, pair in enumerate(pairwise(parts))}
        lowest = min(rank.values())
        if lowest == len(ranks):
            break
        at = min(i for i, r in rank.items() if r == lowest)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts


def pairs_loss(train: str, text: str) -> float:
    """Nats a character of a model that knows how often each character follows each, and no more."""
    letters = sorted(set(train + text))
    number = {c: i for i, c in enumerate(letters)}
    counts = np.ones((len(letters), len(letters)))
    seen = np.array([number[c] for c in train])
    np.add.at(counts, (seen[:-1], seen[1:]), 1)
    p = counts / counts.sum(1, keepdims=True)
    asked = np.array([number[c] for c in text])
    return float(-np.log(p[asked[:-1], asked[1:]]).mean())


# --- samples ------------------------------------------------------------------------------------


def next_logits(w: Weights, ids: Array, prompt: int, context: int, heads: int) -> Array:
    """Of each id after the prompt, what the model had to choose from.  (N - prompt, V).

    The model sees the last `context` ids: up to there one pass tells all, then each has its own.
    """
    inside = gpt.forward(w, ids[None, :context], heads)[0, prompt - 1 : len(ids) - 1]
    later = [ids[end - context : end] for end in range(context + 1, len(ids))]
    parts = [inside]
    for some in np.array_split(np.array(later), max(1, len(later) // FEW)) if later else ():
        parts.append(gpt.forward(w, some, heads)[:, -1])
    found: Array = np.concatenate(parts)
    return found


def greedy_check(w: Weights, ids: Array, prompt: int, context: int, heads: int) -> Checks:
    """Whether each id after the prompt is the likeliest, up to rounding."""
    logits = next_logits(w, ids, prompt, context, heads)
    taken = np.take_along_axis(logits, ids[prompt:, None], 1)[:, 0]
    held = len(ids) > prompt and bool((taken >= logits.max(1) - 1e-3).all())
    return {"greedy_takes_the_likeliest": held}


def sample_checks(
    w: Weights, ids: Array, prompt: int, context: int, heads: int, temperature: float, top_k: int
) -> Checks:
    """Whether ids after the prompt were drawn from what temperature and top-k leave.

    The sum of -log p less the entropies is a martingale: of mean 0, with a variance that is known.
    """
    logits = next_logits(w, ids, prompt, context, heads) / temperature
    taken = np.take_along_axis(logits, ids[prompt:, None], 1)
    edge = np.sort(logits, 1)[:, -min(top_k, logits.shape[1])][:, None] - 1e-3
    p = gpt.softmax(np.where(logits >= edge, logits, -np.inf))
    surprise = -np.log(np.maximum(p, 1e-300))
    mean = (p * surprise).sum(1)
    variance = float((p * (surprise - mean[:, None]) ** 2).sum())
    off = float((np.take_along_axis(surprise, ids[prompt:, None], 1)[:, 0] - mean).sum())
    return {
        "samples_keep_to_the_top": len(ids) > prompt and bool((taken >= edge).all()),
        "samples_follow_the_logits": variance > 0 and off * off <= SURPRISE**2 * variance,
    }

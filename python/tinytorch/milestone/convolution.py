"""A convolutional network in numpy alone: what the judge of the CNN milestone computes with.

Images lie as (N, H, W, C) here, so that what a window of 3 x 3 sees is nine rows of channels, and
a convolution one product of matrices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinytorch.milestone.gpt import gelu

Array = np.ndarray[Any, Any]
EPSILON = 1e-5  # of batch normalisation


@dataclass(frozen=True)
class Block:
    """Convolution 3 x 3, perhaps pooling 2 x 2, batch normalisation, which shifts, and relu.

    convolution, norm: the names that their weights begin with.  gelu: in the place of relu.
    """

    convolution: str
    norm: str
    pooled: bool
    gelu: bool = False


def convolve(x: Array, weight: Array) -> Array:
    """x: (N, H, W, C), weight: (K, C, 3, 3) -> (N, H, W, K), zeros around the image."""
    *_, height, width, channels = x.shape
    wide = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    around = [wide[:, r : r + height, s : s + width] for r in range(3) for s in range(3)]
    columns = np.concatenate(around, axis=3).reshape(-1, 9 * channels)
    y: Array = columns @ weight.transpose(2, 3, 1, 0).reshape(9 * channels, len(weight))
    return y.reshape(*x.shape[:3], len(weight))


def pool(x: Array) -> Array:
    """The largest of each 2 x 2; what is left over at the edge is dropped."""
    n, height, width, channels = x.shape
    even = x[:, : height // 2 * 2, : width // 2 * 2]
    largest: Array = even.reshape(n, height // 2, 2, width // 2, 2, channels).max((2, 4))
    return largest


Statistics = Mapping[str, tuple[Array, Array]]  # mean and variance of each norm


def features(
    weights: Mapping[str, Array],
    blocks: Sequence[Block],
    x: Array,
    running: Statistics | None = None,
    seen: dict[str, tuple[Array, Array]] | None = None,
) -> Array:
    """x: (N, C, H, W) -> (N, H', W', K).

    running: the statistics to normalise with; without them those of the batch, which are put into
    `seen` then.
    """
    x = x.transpose(0, 2, 3, 1)
    for block in blocks:
        x = convolve(x, weights[f"{block.convolution}.weight"])
        x = pool(x) if block.pooled else x
        if running is None:
            mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
            if seen is not None:
                count = x.shape[0] * x.shape[1] * x.shape[2]
                seen[block.norm] = mean, variance * count / (count - 1)
        else:
            mean, variance = running[block.norm]
        x = (x - mean) / np.sqrt(variance + EPSILON) + weights[f"{block.norm}.bias"]
        x = gelu(x)[0] if block.gelu else np.maximum(x, 0)
    return x


def statistics(values: Mapping[str, Array], norm: str) -> tuple[Array, Array]:
    """The mean and variance that a norm has kept."""
    return values[f"{norm}.running_mean"], values[f"{norm}.running_var"]


def kept(run: Any, audited: Any, layers: Sequence[Block]) -> bool:
    """Whether running statistics go a tenth of the way to those of each audited batch."""
    for m in range(len(run["audited"])):
        weights = {name: v[m].astype(np.float64) for name, v in run["before"].items()}
        seen: dict[str, tuple[Array, Array]] = {}
        features(weights, layers, audited["x"][m].astype(np.float64), seen=seen)
        for norm, found in seen.items():
            for name, value in zip(("running_mean", "running_var"), found, strict=True):
                before, after = audited["running"][f"{norm}.{name}"][2 * m : 2 * m + 2]
                if not np.allclose(after, 0.9 * before + 0.1 * value, rtol=1e-3, atol=1e-4):
                    return False
    return True


def logits(
    weights: Mapping[str, Array],
    blocks: Sequence[Block],
    head: str,
    x: Array,
    running: Statistics | None = None,
    seen: dict[str, tuple[Array, Array]] | None = None,
) -> Array:
    """(N, C, H, W) -> (N, classes): the largest value of each channel, then a linear layer."""
    top = features(weights, blocks, x, running, seen).max((1, 2))
    scores: Array = top @ weights[f"{head}.weight"].T + weights[f"{head}.bias"]
    return scores


def cross_entropy(scores: Array, y: Array, smoothing: float = 0.0) -> float:
    """The mean over the images; `smoothing` of each target is spread over all classes."""
    scores = scores - scores.max(axis=1, keepdims=True)
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    picked = log_p[np.arange(len(y)), y]
    return float(-np.mean((1 - smoothing) * picked + smoothing * log_p.mean(axis=1)))


def flops(blocks_widths: Sequence[tuple[int, int, int]], batch: int) -> int:
    """Of one step: (inputs, outputs, pixels) of each convolution; backward costs twice forward."""
    each = [2 * 9 * batch * inputs * outputs * pixels for inputs, outputs, pixels in blocks_widths]
    return 3 * sum(each) - each[0]

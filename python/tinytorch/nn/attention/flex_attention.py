"""Attention whose scores a function of your own changes: torch.nn.attention.flex_attention.

The scores are computed as one matrix, so that memory grows with the square of the length.
"""

import math
from collections.abc import Callable
from typing import Any

import tinytorch as torch
from tinytorch.nn import functional as F

__all__ = ["BlockMask", "and_masks", "create_block_mask", "create_mask", "flex_attention",
           "noop_mask", "or_masks"]  # fmt: skip


def _places(*sizes: int) -> list[Any]:
    """The index along each dim, shaped to broadcast with the others."""
    return [
        torch.arange(n).reshape([-1 if j == k else 1 for j in range(len(sizes))])
        for k, n in enumerate(sizes)
    ]


def noop_mask(batch: Any, head: Any, token_q: Any, token_kv: Any) -> Any:
    """Everything is seen."""
    return torch.ones((), dtype=torch.bool)


def create_mask(
    mod_fn: Callable[..., Any], B: int | None, H: int | None, Q_LEN: int, KV_LEN: int,
    device: Any = None,
) -> Any:  # fmt: skip
    """(B, H, Q_LEN, KV_LEN): what mask_mod(b, h, q, kv) says of each place; 1 for a None.

    The function is called once, with indices that broadcast.
    """
    shape = (B or 1, H or 1, Q_LEN, KV_LEN)
    return mod_fn(*_places(*shape)).expand(shape)


class BlockMask:
    """Which places a query sees.  Source: torch.nn.attention.flex_attention.BlockMask"""

    def __init__(self, mask: Any, mask_mod: Callable[..., Any]) -> None:
        self.mask = mask
        self.mask_mod = mask_mod

    @property
    def shape(self) -> Any:
        return tuple(self.mask.shape)

    def to_dense(self) -> Any:
        return self.mask

    def to(self, device: Any) -> "BlockMask":
        return self


def create_block_mask(
    mask_mod: Callable[..., Any], B: int | None, H: int | None, Q_LEN: int, KV_LEN: int,
    device: Any = None, BLOCK_SIZE: Any = 128, _compile: bool = False,
) -> BlockMask:  # fmt: skip
    """The mask of a function.  Source: torch.nn.attention.flex_attention.create_block_mask"""
    return BlockMask(create_mask(mask_mod, B, H, Q_LEN, KV_LEN), mask_mod)


def and_masks(*mask_mods: Callable[..., Any]) -> Callable[..., Any]:
    """Seen where all say so."""

    def both(b: Any, h: Any, q: Any, kv: Any) -> Any:
        result = mask_mods[0](b, h, q, kv)
        for mod in mask_mods[1:]:
            result = result & mod(b, h, q, kv)
        return result

    return both


def or_masks(*mask_mods: Callable[..., Any]) -> Callable[..., Any]:
    """Seen where any says so."""

    def either(b: Any, h: Any, q: Any, kv: Any) -> Any:
        result = mask_mods[0](b, h, q, kv)
        for mod in mask_mods[1:]:
            result = result | mod(b, h, q, kv)
        return result

    return either


def flex_attention(
    query: Any,
    key: Any,
    value: Any,
    score_mod: Callable[..., Any] | None = None,
    block_mask: BlockMask | None = None,
    scale: float | None = None,
    enable_gqa: bool = False,
    return_lse: bool = False,
    kernel_options: Any = None,
) -> Any:
    """softmax(score_mod(query key^T scale, b, h, q, kv)) value, where block_mask lets it.

    query: (B, H, Q, E), key: (B, G, K, E), value: (B, G, K, V); G = H, or divides it with
    enable_gqa.  score_mod is called once, with indices that broadcast.  A row that sees nothing is
    0.  Raises ValueError where shapes do not fit.
    Source: torch.nn.attention.flex_attention.flex_attention
    """
    if query.dim() != 4 or key.dim() != 4 or value.dim() != 4:
        raise ValueError("flex_attention: expected query, key and value to have 4 dims")
    batch, heads, rows, width = query.shape
    groups = key.shape[1]
    if groups != heads:
        if not enable_gqa or heads % groups:
            raise ValueError(
                f"flex_attention: expected as many heads of key as of query, got {groups} and "
                f"{heads}; enable_gqa lets key have fewer"
            )
        key = key.repeat_interleave(heads // groups, 1)
        value = value.repeat_interleave(heads // groups, 1)
    factor = 1 / math.sqrt(width) if scale is None else scale
    scores = query @ key.transpose(-2, -1) * factor
    if score_mod is not None:
        scores = score_mod(scores, *_places(batch, heads, rows, key.shape[2]))
    empty = None
    if block_mask is not None:
        seen = block_mask.mask[..., :rows, : key.shape[2]]
        scores = scores.masked_fill(~seen, -math.inf)
        empty = ~seen.any(-1, keepdim=True)
    weights: Any = F.softmax(scores, dim=-1)
    if empty is not None and bool(empty.any()):
        weights = weights.masked_fill(empty, 0.0)
    result = weights @ value
    return (result, scores.logsumexp(-1)) if return_lse else result

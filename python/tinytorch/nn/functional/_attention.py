"""Attention: scaled dot products, alone and with the projections of several heads."""

import math
import warnings
from typing import Any

from tinytorch import _C, _creation, _dtype
from tinytorch._C import Tensor


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """softmax(scale query key^T + attn_mask) value, row by row.

    query: (..., L, E), key: (..., S, E), value: (..., S, Ev) -> (..., L, Ev).
    attn_mask: broadcast to (..., L, S); bool (true takes part) or added to the scores.
    is_causal: position i sees 0 .. i only.  scale: 1 / sqrt(E) unless given.
    enable_gqa: heads (dim -3) of query share those of key and value evenly.
    A row that sees nothing gives zeros.  Without dropout no L x S matrix is stored in float32.
    Source: torch.nn.functional.scaled_dot_product_attention
    """
    return _C._scaled_dot_product_attention(
        query, key, value, attn_mask, dropout_p, is_causal, scale, enable_gqa
    )


def mask_dtype(mask: Any, mask_name: str) -> Any:
    """None without a mask.  Raises TypeError for what is no Tensor."""
    if mask is not None and not isinstance(mask, Tensor):
        raise TypeError(f"{mask_name} must be Tensor, not {type(mask).__name__}")
    return None if mask is None else mask.dtype


def canonical_mask(
    mask: Any, mask_name: str, other_type: Any, other_name: str, dtype: Any, check: bool = True
) -> Any:
    """The mask as numbers to add: minus infinity where a bool mask is true."""
    if mask_dtype(mask, mask_name) is None:
        return None
    if mask.dtype != _dtype.bool and not mask.is_floating_point():
        raise AssertionError(f"only bool and floating types of {mask_name} are supported")
    if check and other_type is not None and mask.dtype != other_type:
        warnings.warn(
            f"Support for mismatched {mask_name} and {other_name} is deprecated. "
            "Use same type for both instead.",
            stacklevel=3,
        )
    if mask.dtype == _dtype.bool:
        return _creation.zeros(mask.shape, dtype=dtype).masked_fill_(mask, -math.inf)
    return mask


def _is_batched(query: Any, key: Any, value: Any, padding: Any, mask: Any, heads: int) -> bool:
    """Whether query is (L, N, E) and not (L, E); raises AssertionError where dims do not agree."""
    if query.dim() not in (2, 3):
        raise AssertionError(
            "query should be unbatched 2D or batched 3D tensor but received "
            f"{query.dim()}-D query tensor"
        )
    batched = query.dim() == 3
    kind, dims = ("batched (3-D)", 3) if batched else ("unbatched (2-D)", 2)
    if key.dim() != dims or value.dim() != dims:
        raise AssertionError(
            f"For {kind} `query`, expected `key` and `value` to be {dims}-D but found "
            f"{key.dim()}-D and {value.dim()}-D tensors respectively"
        )
    if padding is not None and padding.dim() != dims - 1:
        raise AssertionError(
            f"For {kind} `query`, expected `key_padding_mask` to be `None` or {dims - 1}-D but "
            f"found {padding.dim()}-D tensor instead"
        )
    if mask is not None and mask.dim() not in (2, 3):
        raise AssertionError(
            f"For {kind} `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found "
            f"{mask.dim()}-D tensor instead"
        )
    if mask is not None and mask.dim() == 3 and not batched:
        expected = (heads, query.shape[0], key.shape[0])
        if tuple(mask.shape) != expected:
            raise AssertionError(
                f"Expected `attn_mask` shape to be {expected} but got {mask.shape}"
            )
    return bool(batched)


def _project(x: tuple[Any, Any, Any], weight: Any, bias: Any) -> Any:
    """Queries, keys and values under one packed weight: in one product where they are the same."""
    query, key, value = x
    if key is value and query is key:
        return _C.linear(query, weight, bias).chunk(3, -1)
    weights = weight.chunk(3)
    biases = (None, None, None) if bias is None else bias.chunk(3)
    return [_C.linear(*parts) for parts in zip(x, weights, biases, strict=True)]


def _with_column(mask: Any) -> Any:
    """The mask with one more key, which everybody may see."""
    if mask is None:
        return None
    column = _creation.zeros((*mask.shape[:-1], 1), dtype=mask.dtype)
    return _C.cat([mask, column], -1)


def _check_mask_size(mask: Any, batch: int, heads: int, length: int, others: int) -> None:
    if mask.dim() == 2 and tuple(mask.shape) != (length, others):
        raise RuntimeError(
            f"The shape of the 2D attn_mask is {mask.shape}, but should be {(length, others)}."
        )
    if mask.dim() == 3 and tuple(mask.shape) != (batch * heads, length, others):
        raise RuntimeError(
            f"The shape of the 3D attn_mask is {mask.shape}, but should be "
            f"{(batch * heads, length, others)}."
        )


def _check_widths(
    query: Any, key: Any, value: Any, expected: int, heads: int, separate: bool
) -> None:
    width = query.shape[-1]
    if width != expected:
        raise AssertionError(f"was expecting embedding dimension of {expected}, but got {width}")
    if width // heads * heads != width:
        raise AssertionError(f"embed_dim {width} not divisible by num_heads {heads}")
    if separate and key.shape[:2] != value.shape[:2]:
        raise AssertionError(
            f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}"
        )
    if not separate and key.shape != value.shape:
        raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")
    if key.shape[1] != query.shape[1]:
        raise RuntimeError(
            f"multi_head_attention_forward: query has a batch of {query.shape[1]}, "
            f"key of {key.shape[1]}"
        )


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """The forward pass of nn.MultiheadAttention on (L, N, E), or (L, E) unbatched.

    Returns the output, shaped as query, and the weights: (N, L, S), or (N, heads, L, S) without
    average_attn_weights, or None without need_weights.
    Raises AssertionError and RuntimeError for shapes that do not fit.
    Source: torch.nn.functional.multi_head_attention_forward
    """
    q_in: Any = query
    k_in: Any = key
    v_in: Any = value
    mask: Any = attn_mask
    padding: Any = key_padding_mask
    other_dtype = mask_dtype(mask, "attn_mask")
    mask_dtype(padding, "key_padding_mask")
    batched = _is_batched(q_in, k_in, v_in, padding, mask, num_heads)
    if not batched:
        same_key, same_query = k_in is v_in, q_in is k_in
        q_in = q_in.unsqueeze(1)
        k_in = q_in if same_query else k_in.unsqueeze(1)
        v_in = k_in if same_key else v_in.unsqueeze(1)
        padding = None if padding is None else padding.unsqueeze(0)
    length, batch, width = q_in.shape
    others = k_in.shape[0]
    padding = canonical_mask(padding, "key_padding_mask", other_dtype, "attn_mask", q_in.dtype)
    if is_causal and mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module "
            "method `generate_square_subsequent_mask` to create this mask."
        )
    _check_widths(q_in, k_in, v_in, embed_dim_to_check, num_heads, use_separate_proj_weight)
    if is_causal and padding is None and not need_weights:
        mask = None
    else:
        mask = canonical_mask(mask, "attn_mask", None, "", q_in.dtype, False)
        is_causal = False
    if use_separate_proj_weight:
        biases: Any = (None,) * 3 if in_proj_bias is None else in_proj_bias.chunk(3)
        weights: Any = (q_proj_weight, k_proj_weight, v_proj_weight)
        for name, weight in zip("qkv", weights, strict=True):
            if weight is None:
                raise AssertionError(
                    f"use_separate_proj_weight is True but {name}_proj_weight is None"
                )
        parts = zip((q_in, k_in, v_in), weights, biases, strict=True)
        q, k, v = (_C.linear(*part) for part in parts)
    elif in_proj_weight is None:
        raise AssertionError("use_separate_proj_weight is False but in_proj_weight is None")
    else:
        q, k, v = _project((q_in, k_in, v_in), in_proj_weight, in_proj_bias)
    if mask is not None:
        _check_mask_size(mask, batch, num_heads, length, others)
        heads = num_heads if mask.dim() == 3 else 1
        mask = mask.reshape(batch if mask.dim() == 3 else 1, heads, length, others)
    if (bias_k is None) != (bias_v is None):
        missing, there = ("bias_v", "bias_k") if bias_v is None else ("bias_k", "bias_v")
        raise AssertionError(f"{there} is set but {missing} is None")
    if bias_k is not None and bias_v is not None:
        if static_k is not None or static_v is not None:
            which = "key" if static_k is not None else "value"
            raise AssertionError(f"bias cannot be added to static {which}.")
        k = _C.cat([k, bias_k.expand(1, batch, width)])
        v = _C.cat([v, bias_v.expand(1, batch, width)])
        mask, padding = _with_column(mask), _with_column(padding)

    head = width // num_heads

    def heads_of(x: Any, static: Any) -> Any:
        if static is not None:
            rows = batch * num_heads
            if static.shape[0] != rows or static.shape[2] != head:
                raise AssertionError(
                    f"expecting static keys and values of shape ({rows}, S, {head}), "
                    f"but got {tuple(static.shape)}"
                )
            return static.reshape(batch, num_heads, static.shape[1], head)
        return x.reshape(x.shape[0], batch, num_heads, head).permute(1, 2, 0, 3)

    q, k, v = heads_of(q, None), heads_of(k, static_k), heads_of(v, static_v)
    if add_zero_attn:
        nothing = _creation.zeros((batch, num_heads, 1, head), dtype=k.dtype)
        k, v = _C.cat([k, nothing], 2), _C.cat([v, nothing], 2)
        mask, padding = _with_column(mask), _with_column(padding)
    others = k.shape[2]
    if padding is not None:
        if tuple(padding.shape) != (batch, others):
            raise AssertionError(
                f"Expected key_padding_mask of shape {(batch, others)}, but got "
                f"{tuple(padding.shape)}"
            )
        padding = padding.reshape(batch, 1, 1, others)
        mask = padding if mask is None else mask + padding
    p = dropout_p if training else 0.0
    told: Any = None
    if need_weights:
        scores = _C.matmul(q * math.sqrt(1.0 / q.shape[-1]), k.transpose(-2, -1))
        told = _C.softmax(scores if mask is None else scores + mask, -1)
        if p > 0.0:
            told = _C.dropout(told, p)
        y = _C.matmul(told, v)
    else:
        y = scaled_dot_product_attention(q, k, v, mask, p, is_causal)
    y = y.permute(2, 0, 1, 3).reshape(length, batch, width)
    output: Any = _C.linear(y, out_proj_weight, out_proj_bias)
    if told is not None and average_attn_weights:
        told = told.mean(1)
    if not batched:
        output = output.squeeze(1)
        told = None if told is None else told.squeeze(0)
    return output, told

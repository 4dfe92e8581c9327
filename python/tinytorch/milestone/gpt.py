"""A GPT in numpy, forward and backward, with the step of AdamW: what the gate believes.

Shapes as in the field: B sequences of T ids, C numbers a position, H heads. Weights go by the names
of tinytorch.models.GPT's parameters; positions are learned and the output shares the ids' table.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinytorch.milestone.trail import Weights

Array = np.ndarray[Any, Any]
EPS = 1e-5
ROOT = float(np.sqrt(2 / np.pi))
IDS, PLACES, LAST = "transformer.wte.weight", "transformer.wpe.weight", "transformer.ln_f."
UNASKED = -100  # a target that does not count


def block(layer: int) -> str:
    return f"transformer.h.{layer}."


def depth(w: Weights) -> int:
    return sum(name.endswith("ln_1.weight") for name in w)


# --- forward: each part returns what its backward needs -----------------------------------------


def linear(w: Weights, name: str, x: Array) -> Array:
    y: Array = x @ w[name + ".weight"].T + w[name + ".bias"]
    return y


def norm(w: Weights, name: str, x: Array) -> tuple[Array, tuple[Array, Array]]:
    """y, and of its backward: x normalised, and what it was divided by."""
    centred = x - x.mean(-1, keepdims=True)
    rstd = 1 / np.sqrt((centred * centred).mean(-1, keepdims=True) + EPS)
    normed = centred * rstd
    return normed * w[name + "weight"] + w[name + "bias"], (normed, rstd)


def gelu(x: Array) -> tuple[Array, Array]:
    """The tanh form, and the tanh, which its slope needs."""
    t = np.tanh(ROOT * (x + 0.044715 * x * x * x))
    return 0.5 * x * (1 + t), t


def gelu_slope(x: Array, t: Array) -> Array:
    slope: Array = 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * ROOT * (1 + 3 * 0.044715 * x * x)
    return slope


def heads_of(x: Array, heads: int) -> Array:
    """(B, T, C) -> (B, H, T, C / H)."""
    return x.reshape(*x.shape[:2], heads, -1).transpose(0, 2, 1, 3)


def merged(x: Array) -> Array:
    return x.transpose(0, 2, 1, 3).reshape(x.shape[0], x.shape[2], -1)


def attend(q: Array, k: Array, causal: bool = True) -> Array:
    """The weights with which each position looks at each.  q, k: (B, H, T, E) -> (B, H, T, T)."""
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]).astype(q.dtype)
    if causal:
        scores[..., np.triu(np.ones(scores.shape[-2:], bool), 1)] = -np.inf
    return softmax(scores)


def softmax(x: Array) -> Array:
    e = np.exp(x - x.max(-1, keepdims=True))
    p: Array = e / e.sum(-1, keepdims=True)
    return p


def forward(
    w: Weights, ids: Array, heads: int, saved: list[Any] | None = None, attention: bool = True
) -> Array:
    """ids: (B, T) -> logits (B, T, V).  saved: gets what backward needs.  attention: without, no
    position looks at another."""
    x = w[IDS][ids] + w[PLACES][: ids.shape[1]]
    for layer in range(depth(w)):
        at = block(layer)
        h1, kept1 = norm(w, at + "ln_1.", x)
        q, k, v = (
            heads_of(part, heads) for part in np.split(linear(w, at + "attn.c_attn", h1), 3, -1)
        )
        p = attend(q, k)
        y = merged(p @ v)
        if attention:
            x = x + linear(w, at + "attn.c_proj", y)
        h2, kept2 = norm(w, at + "ln_2.", x)
        wide = linear(w, at + "mlp.c_fc", h2)
        up, t = gelu(wide)
        x = x + linear(w, at + "mlp.c_proj", up)
        if saved is not None:
            saved.append((h1, kept1, q, k, v, p, y, h2, kept2, wide, up, t))
    h, kept = norm(w, LAST, x)
    if saved is not None:
        saved.append((h, kept))
    logits: Array = h @ w[IDS].T
    return logits


def nats(logits: Array, targets: Array) -> Array:
    """-log p of each target.  logits: (..., V), targets: (...) -> (...)."""
    top = logits.max(-1, keepdims=True)
    total = np.log(np.exp(logits - top).sum(-1)) + top[..., 0]
    found: Array = total - np.take_along_axis(logits, targets[..., None], -1)[..., 0]
    return found


def maps(w: Weights, ids: Array, heads: int) -> list[Array]:
    """Where each head of each layer looks: (B, H, T, T) a layer."""
    saved: list[Any] = []
    forward(w, ids, heads, saved)
    return [layer[5] for layer in saved[:-1]]


# --- backward -----------------------------------------------------------------------------------


def _linear_backward(w: Weights, name: str, grad: Array, x: Array, g: Weights) -> Array:
    rows = grad.reshape(-1, grad.shape[-1])
    g[name + ".weight"] = rows.T @ x.reshape(-1, x.shape[-1])
    g[name + ".bias"] = rows.sum(0)
    back: Array = grad @ w[name + ".weight"]
    return back


def _norm_backward(
    w: Weights, name: str, grad: Array, kept: tuple[Array, Array], g: Weights
) -> Array:
    normed, rstd = kept
    g[name + "weight"] = (grad * normed).sum((0, 1))
    g[name + "bias"] = grad.sum((0, 1))
    s = grad * w[name + "weight"]
    back: Array = rstd * (
        s - s.mean(-1, keepdims=True) - normed * (s * normed).mean(-1, keepdims=True)
    )
    return back


def loss_and_gradients(w: Weights, ids: Array, targets: Array, heads: int) -> tuple[float, Weights]:
    """The mean of -log p over the targets that count, and its slopes.  ids, targets: (B, T)."""
    saved: list[Any] = []
    logits = forward(w, ids, heads, saved)
    asked = targets != UNASKED
    named = np.where(asked, targets, 0)
    loss = float(nats(logits, named)[asked].mean())
    grad = softmax(logits)
    b, t = np.indices(ids.shape)
    grad[b, t, named] -= 1
    grad *= (asked / asked.sum())[..., None]

    g: Weights = {}
    h, kept = saved.pop()
    g[IDS] = grad.reshape(-1, grad.shape[-1]).T @ h.reshape(-1, h.shape[-1])
    x = _norm_backward(w, LAST, grad @ w[IDS], kept, g)
    for layer in reversed(range(depth(w))):
        at = block(layer)
        h1, kept1, q, k, v, p, y, h2, kept2, wide, up, t = saved.pop()
        back = _linear_backward(w, at + "mlp.c_proj", x, up, g) * gelu_slope(wide, t)
        back = _linear_backward(w, at + "mlp.c_fc", back, h2, g)
        x = x + _norm_backward(w, at + "ln_2.", back, kept2, g)
        back = heads_of(_linear_backward(w, at + "attn.c_proj", x, y, g), heads)
        grad_p = back @ v.swapaxes(-1, -2)
        grad_a = p * (grad_p - (p * grad_p).sum(-1, keepdims=True)) / np.sqrt(q.shape[-1])
        parts = (grad_a @ k, grad_a.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ back)
        back = np.concatenate([merged(part) for part in parts], -1)
        back = _linear_backward(w, at + "attn.c_attn", back, h1, g)
        x = x + _norm_backward(w, at + "ln_1.", back, kept1, g)
    np.add.at(g[IDS], ids, x)  # an id that stands in many places adds as often
    g[PLACES] = np.zeros_like(w[PLACES])
    g[PLACES][: ids.shape[1]] = x.sum(0)
    return loss, g


# --- a step -------------------------------------------------------------------------------------


def clipped(gradients: Weights, most: float) -> Weights:
    """Shrunk together so that their common norm is at most that."""
    total = np.sqrt(sum(float(np.sum(g * g)) for g in gradients.values()))
    factor = min(1.0, most / (total + 1e-6))
    return {name: g * factor for name, g in gradients.items()}


def adamw(
    weight: Array, g: Array, m: Array, v: Array, step: int, lr: float, decay: float,
    betas: tuple[float, float] = (0.9, 0.99), eps: float = 1e-8,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """The weight and its two moments after step number `step`, from 1 on."""
    m = betas[0] * m + (1 - betas[0]) * g
    v = betas[1] * v + (1 - betas[1]) * g * g
    far = np.sqrt(v / (1 - betas[1] ** step)) + eps
    return weight - lr * (decay * weight + m / (1 - betas[0] ** step) / far), m, v

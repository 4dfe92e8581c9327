"""torch._foreach_*: one operation on each tensor of a list, as fused optimizers call it."""

from collections.abc import Callable
from typing import Any

import tinytorch as torch

_UNARY = [
    "abs",
    "acos",
    "asin",
    "atan",
    "ceil",
    "cos",
    "cosh",
    "erf",
    "erfc",
    "exp",
    "expm1",
    "floor",
    "frac",
    "lgamma",
    "log",
    "log10",
]
_UNARY += [
    "log1p",
    "log2",
    "neg",
    "reciprocal",
    "round",
    "rsqrt",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
    "trunc",
]
_BINARY = ["add", "sub", "mul", "div", "pow", "maximum", "minimum", "clamp_max", "clamp_min"]


def _lists(*lists: Any) -> None:
    for other in lists[1:]:
        if len(other) != len(lists[0]):
            raise RuntimeError(
                "Tensor lists must have the same number of tensors, got "
                f"{len(lists[0])} and {len(other)}"
            )


def _each(value: Any, count: int) -> list[Any]:
    """`value` for each of `count` tensors: a list as it is, a number or tensor repeated."""
    if isinstance(value, (list, tuple)):
        return list(value)
    return [value] * count


def _unary(name: str) -> Callable[..., Any]:
    return lambda self: tuple(getattr(x, name)() for x in self)


def _combined(name: str, x: Any, y: Any, **how: Any) -> Any:
    if name in ("maximum", "minimum", "clamp_max", "clamp_min"):
        if isinstance(y, torch.Tensor):
            return torch.maximum(x, y) if name in ("maximum", "clamp_min") else torch.minimum(x, y)
        return x.clamp(min=y) if name in ("maximum", "clamp_min") else x.clamp(max=y)
    return getattr(torch, name)(x, y, **how)


def _binary(name: str) -> Callable[..., Any]:
    def f(self: Any, other: Any, **how: Any) -> Any:
        if name == "pow" and not isinstance(self, (list, tuple)):
            return tuple(torch.pow(self, y) for y in other)  # one base, many exponents
        others = _each(other, len(self))
        _lists(self, others)
        return tuple(_combined(name, x, y, **how) for x, y in zip(self, others, strict=True))

    return f


def _scaled(name: str) -> Callable[..., Any]:
    def f(self: Any, tensor1: Any, tensor2: Any, value: Any = 1, scalars: Any = None) -> Any:
        values = value if scalars is None else scalars
        if isinstance(values, torch.Tensor):
            values = values.tolist()
        values = _each(values, len(self))
        _lists(self, tensor1, tensor2, values)
        together = zip(self, tensor1, tensor2, values, strict=True)
        return tuple(getattr(torch, name)(x, a, b, value=v) for x, a, b, v in together)

    return f


def _lerp(self: Any, tensors1: Any, weight: Any = None, weights: Any = None) -> Any:
    each = _each(weight if weights is None else weights, len(self))
    _lists(self, tensors1, each)
    return tuple(torch.lerp(x, y, w) for x, y, w in zip(self, tensors1, each, strict=True))


def _in_place(f: Callable[..., Any]) -> Callable[..., Any]:
    def g(self: Any, *args: Any, **kwargs: Any) -> None:
        for x, y in zip(self, f(self, *args, **kwargs), strict=True):
            x.copy_(y)

    return g


_RETURNING = {name: _unary(name) for name in _UNARY}
_RETURNING |= {name: _binary(name) for name in _BINARY}
_RETURNING |= {name: _scaled(name) for name in ("addcmul", "addcdiv")}
_RETURNING["lerp"] = _lerp
for _name, _function in _RETURNING.items():
    globals()[f"_foreach_{_name}"] = _function
    globals()[f"_foreach_{_name}_"] = _in_place(_function)


def _foreach_norm(self: Any, ord: Any = 2, dtype: Any = None) -> Any:
    return tuple(torch.linalg.vector_norm(x, ord, dtype=dtype) for x in self)


def _foreach_max(self: Any) -> Any:
    return tuple(x.max() for x in self)


def _foreach_zero_(self: Any) -> None:
    for x in self:
        x.zero_()


def _foreach_copy_(self: Any, src: Any, non_blocking: bool = False) -> None:
    _lists(self, src)
    for x, y in zip(self, src, strict=True):
        x.copy_(y)


def _foreach_copy(self: Any, src: Any, non_blocking: bool = False) -> Any:
    _lists(self, src)
    return tuple(y.to(x.dtype).expand(x.shape).clone() for x, y in zip(self, src, strict=True))

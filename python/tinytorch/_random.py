"""Fresh random tensors; drawn from PyTorch's streams, so that the same seed gives the same numbers.

Keyword arguments common to all: generator (else the default one), and those of creation.
"""

from typing import Any

from tinytorch import _C, _dtype
from tinytorch._creation import _dtype_beside, _finish, _like, _sizes

Tensor = _C.Tensor


def _fresh(x: Any, keywords: dict[str, Any], out: Any = None) -> Any:
    """x, or `out` with its values, as the keywords of creation ask for it."""
    if out is None and not keywords:
        return x
    keywords["out"] = out
    return _finish(
        x, keywords.pop("device", None), keywords.pop("requires_grad", False), **keywords
    )


def _ready(out: Any, size: Any) -> Any:
    """`out`, of this size, to be filled in its own order."""
    if tuple(out.shape) != ((size,) if isinstance(size, int) else tuple(size)):
        _C._resize(out, size)
    return out


def _plain(sizes: tuple[Any, ...]) -> bool:
    """Whether they are sizes as most programs give them: some integers, nothing to look into."""
    return len(sizes) > 0 and {int}.issuperset(map(type, sizes))


def rand(
    *sizes: Any, size: Any = None, generator: Any = None, out: Any = None,
    dtype: Any = None, **keywords: Any,
) -> Any:  # fmt: skip
    """Uniform on [0, 1).  Source: torch.rand"""
    if size is out is dtype is None and not keywords and _plain(sizes):
        return _C._rand(sizes, _C.get_default_dtype(), generator)
    chosen = _dtype_beside(out, dtype, _C.get_default_dtype())
    shape = _sizes(sizes, size)
    if out is not None:
        return _fresh(_ready(out, shape).uniform_(generator=generator), keywords)
    return _fresh(_C._rand(shape, chosen, generator), keywords)


def randn(
    *sizes: Any, size: Any = None, generator: Any = None, out: Any = None,
    dtype: Any = None, **keywords: Any,
) -> Any:  # fmt: skip
    """Normal, mean 0 and variance 1.  Source: torch.randn"""
    chosen = _dtype_beside(out, dtype, _C.get_default_dtype())
    shape = _sizes(sizes, size)
    if out is not None:
        return _fresh(_ready(out, shape).normal_(generator=generator), keywords)
    return _fresh(_C._randn(shape, chosen, generator), keywords)


def randint(
    *bounds: Any, low: Any = None, high: Any = None, size: Any = None, generator: Any = None,
    out: Any = None, dtype: Any = None, **keywords: Any,
) -> Any:  # fmt: skip
    """Integers in [low, high): randint(high, size) from 0, or randint(low, high, size).

    Source: torch.randint
    """
    if len(bounds) == 3 and low is high is size is out is dtype is None and not keywords:
        first, stop, shape = bounds
        if type(first) is type(stop) is int and type(shape) is tuple:
            return _C._randint(first, stop, shape, _dtype.int64, generator)
    given = list(bounds)
    if size is None:
        if not given:
            raise TypeError("randint: expected a size")
        size = given.pop()
    if high is None and given:
        high = given.pop()
    if low is None:
        low = given.pop() if given else 0
    if given or high is None or not isinstance(size, (tuple, list)):
        raise TypeError(
            f"randint: expected (high, size) or (low, high, size), got {bounds!r:.60} "
            f"with low={low!r}, high={high!r}, size={size!r:.60}"
        )
    chosen = _dtype_beside(out, dtype, _dtype.int64)
    if out is not None:
        low, high = _integer(low), _integer(high)
        return _fresh(_ready(out, size).random_(low, high, generator=generator), keywords)
    x = _C._randint(_integer(low), _integer(high), tuple(size), chosen, generator)
    return _fresh(x, keywords)


def _integer(value: Any) -> int:
    if isinstance(value, Tensor):
        value = value.item()
    if isinstance(value, float) or not hasattr(value, "__index__"):
        raise TypeError(f"randint: expected integers as bounds, got {value!r:.60}")
    bound: int = value.__index__()
    return bound


def randperm(
    n: int, *, generator: Any = None, out: Any = None, dtype: Any = None, **keywords: Any
) -> Any:
    """A random permutation of 0 .. n-1.  Source: torch.randperm"""
    chosen = _dtype_beside(out, dtype, _dtype.int64)
    return _fresh(_C._randperm(n, chosen, generator), keywords, out)


def _empty_as(operation: str, input: Any, dtype: Any) -> Any:
    """Memory that lies as input's does, which is the order in which it is filled."""
    return _C._empty_as(_like(operation, input), _dtype_beside(None, dtype, input.dtype))


def rand_like(input: Any, *, generator: Any = None, dtype: Any = None, **keywords: Any) -> Any:
    """Uniform on [0, 1), shaped as `input`.  Source: torch.rand_like"""
    return _fresh(_empty_as("rand_like", input, dtype).uniform_(generator=generator), keywords)


def randn_like(input: Any, *, generator: Any = None, dtype: Any = None, **keywords: Any) -> Any:
    """Normal, shaped as `input`.  Source: torch.randn_like"""
    return _fresh(_empty_as("randn_like", input, dtype).normal_(generator=generator), keywords)


def randint_like(
    input: Any, *bounds: Any, low: Any = None, high: Any = None, generator: Any = None,
    dtype: Any = None, **keywords: Any,
) -> Any:  # fmt: skip
    """Integers in [low, high), shaped as `input`: randint_like(input, high) from 0.

    Source: torch.randint_like
    """
    given = list(bounds)
    high = given.pop() if high is None and given else high
    low = given.pop() if low is None and given else low
    if given or high is None:
        raise TypeError(f"randint_like: expected (input, high) or (input, low, high), got {bounds}")
    x = _empty_as("randint_like", input, dtype)
    x.random_(0 if low is None else _integer(low), _integer(high), generator=generator)
    return _fresh(x, keywords)


def normal(
    mean: Any = 0.0, std: Any = 1.0, size: Any = None, *, generator: Any = None, out: Any = None,
    dtype: Any = None, **keywords: Any,
) -> Any:  # fmt: skip
    """Normal with this mean and deviation: numbers and a size, or tensors of one each element.

    Raises RuntimeError for a negative deviation.  Source: torch.normal
    """
    given = [x for x in (mean, std) if isinstance(x, Tensor)]
    if bool(given) is (size is not None):
        raise TypeError("normal: expected a size beside numbers, and none beside tensors")
    if not given:
        x = _C._empty(_sizes((), size), _dtype_beside(out, dtype, _C.get_default_dtype()))
        return _fresh(x.normal_(mean, std, generator=generator), keywords, out)
    if dtype is not None:
        raise TypeError("normal: expected no dtype beside tensors")
    mean, std = (
        x.detach() if isinstance(x, Tensor) and hasattr(x, "detach") else x for x in (mean, std)
    )
    if isinstance(std, Tensor) and bool((std < 0).any()):
        raise RuntimeError("normal: expected all elements of std >= 0")
    shape = given[0].shape if len(given) == 1 else (mean + std).shape
    x = _C._empty(tuple(shape), given[0].dtype)
    scale = 1.0 if isinstance(std, Tensor) else std
    x.normal_(0.0, scale, generator=generator)
    x = x.mul_(std) if isinstance(std, Tensor) else x
    return _fresh(x.add_(mean), keywords, out)


def bernoulli(input: Any, p: Any = None, *, generator: Any = None, out: Any = None) -> Any:
    """1 with the probability that input has there, or p everywhere, else 0; shaped as input.

    Raises RuntimeError for a probability outside [0, 1].  Source: torch.bernoulli
    """
    x = _C._empty(tuple(_like("bernoulli", input).shape), input.dtype)
    x.bernoulli_(input if p is None else p, generator=generator)
    return _fresh(x, {}, out)


def _bernoulli(self: Any, p: Any = None, *, generator: Any = None) -> Any:
    """The same as a method.  Source: torch.Tensor.bernoulli"""
    return bernoulli(self, p, generator=generator)


Tensor.bernoulli = _bernoulli

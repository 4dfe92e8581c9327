"""Padding: more elements around the last dims, or fewer."""

from collections.abc import Callable, Sequence
from typing import Any

from tinytorch import _C
from tinytorch._C import Tensor
from tinytorch._creation import tensor
from tinytorch._dtype import int64
from tinytorch.nn.functional._sizes import check_tensors


def pad(input: Any, pad: Any, mode: str = "constant", value: float | None = None) -> Tensor:
    """`input` with pad[0] elements before and pad[1] behind the last dim, pad[2] and pad[3] ...

    mode: "constant" (`value`, or 0), "reflect" (mirrored without the border), "replicate" (the
    border again) or "circular" (from the other end). Negative lengths cut off.
    Raises RuntimeError for lengths that do not fit, NotImplementedError for another mode.
    Source: torch.nn.functional.pad
    """
    check_tensors("pad", input)
    lengths = _lengths(pad)
    if len(lengths) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(lengths) > 2 * input.dim():
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got "
            f"padding length {len(lengths)} and input of dimension {input.dim()}"
        )
    if mode == "constant":
        return _C._constant_pad(input, lengths, 0 if value is None else value)
    if mode not in _SOURCES:
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    if value is not None and value != 0:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    dims = len(lengths) // 2
    if dims == 0 or dims > 3 or input.dim() not in (dims + 1, dims + 2):
        raise NotImplementedError(
            f"Padding size {len(lengths)} is not supported for {input.dim()}D input tensor."
        )
    _check_sizes(input, dims, mode)
    if mode == "circular" and min(lengths, default=0) < 0:  # goes on in what was not cut off
        input = _C._constant_pad(input, [min(n, 0) for n in lengths], 0)
        lengths = [max(n, 0) for n in lengths]
    for i in range(dims):
        before, after = lengths[2 * i : 2 * i + 2]
        input = _mirrored(input, input.dim() - 1 - i, before, after, mode)
    return input  # type: ignore[no-any-return]


def _lengths(pad: Any) -> Sequence[int]:
    if not isinstance(pad, tuple | list):
        raise TypeError(f"pad(): argument 'pad' must be tuple of ints, not {type(pad).__name__}")
    if {int}.issuperset(map(type, pad)):
        return pad
    try:
        return [n.__index__() for n in pad]
    except (AttributeError, TypeError):
        kinds = {type(n).__name__ for n in pad if not isinstance(n, int)}
        raise TypeError(
            f"pad(): argument 'pad' must be tuple of ints, but found {', '.join(sorted(kinds))}"
        ) from None


def _check_sizes(x: Any, dims: int, mode: str) -> None:
    batched = x.dim() == dims + 2
    sizes = x.shape[1:] if batched else x.shape
    if mode != "circular" and 0 in sizes:
        raise RuntimeError(
            f"Expected {dims + 1}D or {dims + 2}D (batch mode) tensor with possibly 0 batch size "
            f"and other non-zero dimensions for input, but got: {list(x.shape)}"
        )


def _reflected(place: int, size: int) -> int:
    place = abs(place)
    return place if place < size else 2 * (size - 1) - place


# Which element of a dim stands at a place in front of it or behind it.
_SOURCES: dict[str, Callable[[int, int], int]] = {
    "reflect": _reflected,
    "replicate": lambda place, size: min(max(place, 0), size - 1),
    "circular": lambda place, size: place % size,
}


def _mirrored(x: Any, dim: int, before: int, after: int, mode: str) -> Any:
    size = x.shape[dim]
    if mode == "reflect" and (before >= size or after >= size):
        raise RuntimeError(
            "Argument #4: Padding size should be less than the corresponding input dimension, but "
            f"got: padding ({before}, {after}) at dimension {dim} of input {list(x.shape)}"
        )
    if mode == "circular" and (before > size or after > size):
        raise RuntimeError("Padding value causes wrapping around more than once.")
    result = size + before + after
    if result < 1 and mode != "circular":
        raise RuntimeError(f"input ({size}) is too small. Calculated output: {result}")
    if result < 0:
        raise RuntimeError("Negative padding value is resulting in an empty dimension")
    if before == after == 0:
        return x
    source = _SOURCES[mode]
    places = [source(p, size) for p in range(-before, size + after)]
    return x.index_select(dim, tensor(places, dtype=int64))

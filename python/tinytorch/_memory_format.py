"""memory_format and layout: in which order a tensor's elements lie in memory."""

from typing import Any, Final


class _Named:
    """An object of which there is one a name."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"torch.{self._name}"

    def __reduce__(self) -> str:
        return self._name  # pickled as a name of this module


class memory_format(_Named):
    """Row by row (contiguous_format), or with the channels last.  Source: torch.memory_format"""

    __slots__ = ()


class layout(_Named):
    """Every tensor here is strided.  Source: torch.layout"""

    __slots__ = ()


contiguous_format: Final = memory_format("contiguous_format")
preserve_format: Final = memory_format("preserve_format")
channels_last: Final = memory_format("channels_last")
channels_last_3d: Final = memory_format("channels_last_3d")
strided: Final = layout("strided")

_RANKS: Final = {"channels_last": 4, "channels_last_3d": 5}


def _orders(x: Any, wanted: Any) -> tuple[list[int], list[int]]:
    """The permutation that puts channels last, and its inverse."""
    rank = _RANKS[wanted._name]
    if x.dim() != rank:
        raise RuntimeError(f"required rank {rank} tensor to use {wanted._name} format")
    return [0, *range(2, rank), 1], [0, rank - 1, *range(1, rank - 1)]


def _check(wanted: Any) -> None:
    if not isinstance(wanted, memory_format):
        raise TypeError(f"memory_format: expected a torch.memory_format, got {wanted!r}")


def is_contiguous(x: Any, wanted: Any) -> bool:
    """Whether x's elements lie in the wanted order without gaps."""
    _check(wanted)
    if wanted._name not in _RANKS:
        return bool(x.is_contiguous())
    if x.dim() != _RANKS[wanted._name]:
        return False
    return bool(x.permute(_orders(x, wanted)[0]).is_contiguous())


def arranged(x: Any, wanted: Any) -> Any:
    """x with its elements in the wanted order; x itself where they are."""
    _check(wanted)
    if wanted is preserve_format or is_contiguous(x, wanted):
        return x
    if wanted is contiguous_format:
        return x.contiguous()
    there, back = _orders(x, wanted)
    return x.permute(there).contiguous().permute(back)


def copied(x: Any, wanted: Any) -> Any:
    """A copy of x with its elements in the wanted order."""
    _check(wanted)
    if wanted._name not in _RANKS:
        return x.clone()
    there, back = _orders(x, wanted)
    return x.permute(there).clone().permute(back)


def check_fresh(memory: Any, arrangement: Any = None) -> None:
    """What fresh tensors are asked for: here always row by row."""
    if arrangement is not None and arrangement is not strided:
        raise NotImplementedError(f"layout: only torch.strided is supported, got {arrangement!r}")
    if memory is not None:
        _check(memory)

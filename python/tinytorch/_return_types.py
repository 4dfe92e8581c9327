"""The named tuples that `max(x, dim)` and its kin return."""

from operator import itemgetter
from typing import Any


class _Pair(tuple[Any, Any]):
    """(values, indices), made from one sequence.  Source: torch.return_types"""

    __slots__ = ()

    values = property(itemgetter(0))
    indices = property(itemgetter(1))

    def __repr__(self) -> str:
        name = type(self).__name__
        return f"torch.return_types.{name}(\nvalues={self.values!r},\nindices={self.indices!r})"


class max(_Pair):
    __slots__ = ()


class min(_Pair):
    __slots__ = ()


class sort(_Pair):
    __slots__ = ()


class topk(_Pair):
    __slots__ = ()

"""The named tuples that `max(x, dim)` and its kin return."""

from collections import namedtuple

max = namedtuple("max", ["values", "indices"])
min = namedtuple("min", ["values", "indices"])
sort = namedtuple("sort", ["values", "indices"])
topk = namedtuple("topk", ["values", "indices"])

for _type in (max, min, sort, topk):
    # PyTorch's take one sequence, and print themselves as torch.return_types.max(...).
    _plain_new = _type.__new__
    _type.__new__ = lambda cls, values, _plain_new=_plain_new: _plain_new(cls, *values)  # type: ignore[assignment]
    _type._make = classmethod(lambda cls, values: cls(tuple(values)))  # type: ignore[assignment]
    _type.__repr__ = lambda self: (  # type: ignore[method-assign]
        f"torch.return_types.{type(self).__name__}(\n"
        + ",\n".join(f"{field}={value!r}" for field, value in zip(self._fields, self, strict=True))
        + ")"
    )

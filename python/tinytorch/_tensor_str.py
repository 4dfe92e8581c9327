"""The printed form of a tensor, character by character PyTorch's."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tinytorch import _C
from tinytorch._grad_mode import detached

Array = np.ndarray[Any, Any]


@dataclass
class PrintOptions:
    """precision: digits after the point.  threshold: elements from which the middle is left out.
    edgeitems: elements kept at either end.  linewidth: characters a line.
    sci_mode: scientific notation always, never, or (None) where numbers are far apart.
    """

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_options = PrintOptions()
_PROFILES = {
    "default": PrintOptions(),
    "short": PrintOptions(precision=2, edgeitems=2),
    "full": PrintOptions(threshold=math.inf),
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Sets how tensors are printed; what is not given stays, but sci_mode, which becomes None.

    profile: "default", "short" or "full", first.  Source: torch.set_printoptions
    """
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    given = {name: value for name, value in given.items() if value is not None}
    for name, value in given.items():
        whole = name != "threshold" or value != math.inf  # "all of it" is a threshold, too
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            raise TypeError(f"set_printoptions: expected {name} to be an integer, got {value!r}")
        if value < 0:
            raise ValueError(f"set_printoptions: expected {name} >= 0, got {value}")
        if name == "precision" and value > 1000:  # Python's own limit is where memory ends
            raise ValueError(f"set_printoptions: expected precision <= 1000, got {value}")
    if sci_mode is not None and not isinstance(sci_mode, bool):
        raise TypeError(f"set_printoptions: expected sci_mode to be a bool, got {sci_mode!r}")
    if profile is not None:
        if profile not in _PROFILES:
            raise ValueError(
                f"set_printoptions: expected profile in {list(_PROFILES)}, got {profile!r}"
            )
        vars(_options).update(asdict(_PROFILES[profile]))
    vars(_options).update(given)
    _options.sci_mode = sci_mode


def get_printoptions() -> dict[str, Any]:
    """The options as a dictionary for `set_printoptions`.  Source: torch.get_printoptions"""
    return asdict(_options)


@contextmanager
def printoptions(**changed: Any) -> Iterator[None]:
    """`set_printoptions` for the length of a `with` block.  Source: torch.printoptions"""
    before = get_printoptions()
    set_printoptions(**changed)
    try:
        yield
    finally:
        set_printoptions(**before)


class _Format:
    """One way to write every number of an array, so that its columns line up."""

    def __init__(self, values: Array) -> None:
        self.is_float = values.dtype.kind == "f"
        self.integral = True
        self.scientific = False
        self.width = 1
        if not self.is_float:
            self.width = max([1, *(len(str(value)) for value in values.ravel().tolist())])
            return
        finite = values[np.isfinite(values) & (values != 0)].astype(np.float64)
        if finite.size == 0:
            return
        sizes = np.abs(finite)
        self.integral = bool((finite == np.ceil(finite)).all())
        smallest, largest = float(sizes.min()), float(sizes.max())
        self.scientific = (
            _options.sci_mode
            if _options.sci_mode is not None
            else (largest / smallest > 1000.0 or largest > 1.0e8 or smallest < 1.0e-4)
        )
        self.width = max(1, *(len(self._number(value)) for value in finite.tolist()))

    def _number(self, value: float) -> str:
        if self.scientific:
            return f"{value:.{_options.precision}e}"
        if self.integral:
            return f"{value:.0f}." if math.isfinite(value) else f"{value:.0f}"
        return f"{value:.{_options.precision}f}"

    def __call__(self, value: Any) -> str:
        return (self._number(value) if self.is_float else str(value)).rjust(self.width)


def _edges(values: Array) -> Array:
    """The elements that are printed when the middle of each long dimension is left out."""
    for dim, size in enumerate(values.shape):
        if size > 2 * _options.edgeitems:
            kept = [*range(_options.edgeitems), *range(size - _options.edgeitems, size)]
            values = values.take(kept, axis=dim)
    return values


def _body(values: Array, indent: int, summarize: bool, write: _Format) -> str:
    """Nested brackets; `indent` characters stand before the first one."""
    if values.ndim == 0:
        return write(values.item())
    edge = _options.edgeitems
    shortened = summarize and len(values) > 2 * edge
    rows = [*values[:edge], *values[len(values) - edge :]] if shortened else list(values)
    if values.ndim > 1:
        items = [_body(row, indent + 1, summarize, write) for row in rows]
        if shortened:
            items.insert(edge, "...")
        return "[" + ("," + "\n" * (values.ndim - 1) + " " * (indent + 1)).join(items) + "]"
    if summarize and not edge:
        items = ["..."]
    else:
        items = [write(row.item()) for row in rows]
        if shortened:
            items.insert(edge, " ...")
    per_line = max(1, (_options.linewidth - indent) // (write.width + 2))
    lines = [", ".join(items[at : at + per_line]) for at in range(0, len(items), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def _suffixes(tensor: Any) -> list[str]:
    """What follows the numbers: size, dtype, where it came from."""
    suffixes = []
    default = _C.get_default_dtype()
    if tensor.numel() == 0:
        if tensor.dim() != 1:
            suffixes.append(f"size={tuple(tensor.shape)}")
        told = tensor.dtype == default
    else:
        if not _options.edgeitems:
            suffixes.append(f"size={tuple(tensor.shape)}")
        told = tensor.dtype == default or str(tensor.dtype) in ("torch.int64", "torch.bool")
    if not told:
        suffixes.append(f"dtype={tensor.dtype}")
    function = getattr(tensor, "grad_fn", None)
    if function is not None:
        suffixes.append(f"grad_fn=<{function.name()}>")
    elif getattr(tensor, "requires_grad", False):
        suffixes.append("requires_grad=True")
    return suffixes


def numbers_str(tensor: Any, indent: int) -> str:
    """`[[1., 2.]]`, aligned and shortened, where `indent` characters stand before it."""
    shown = detached(tensor)
    values: Array = (
        shown.float() if shown.dtype.is_floating_point and shown.itemsize == 2 else shown
    ).numpy()
    if values.size == 0:
        return "[]"
    summarize = values.size > _options.threshold
    write = _Format(_edges(values) if summarize else values)
    return _body(values, indent, summarize, write)


def tensor_str(tensor: Any) -> str:
    """`tensor([[1., 2.]], requires_grad=True)`: numbers aligned, long dimensions shortened."""
    prefix = "tensor("
    text = prefix + numbers_str(tensor, len(prefix))
    column = len(text) - text.rfind("\n") + 1
    for suffix in _suffixes(tensor):
        if column + len(suffix) + 2 > _options.linewidth:
            text += ",\n" + " " * len(prefix) + suffix
            column = len(prefix) + len(suffix)
        else:
            text += ", " + suffix
            column += len(suffix) + 2
    return text + ")"

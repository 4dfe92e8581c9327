"""What the spatial functions take in several forms: sizes, and inputs with and without a batch."""

from collections.abc import Callable
from typing import Any

from tinytorch._C import Tensor


def check_tensor(name: str, argument: str, value: Any) -> None:
    """Raises TypeError for what is no tensor."""
    if not isinstance(value, Tensor):
        kind = type(value).__name__
        raise TypeError(f"{name}(): argument '{argument}' must be Tensor, not {kind}")


def check_tensors(name: str, input: Any, **others: Any) -> None:
    """Raises TypeError unless they are tensors; all but the first may be None."""
    check_tensor(name, "input", input)
    for argument, value in others.items():
        if value is not None:
            check_tensor(name, argument, value)


def numbers(name: str, what: str, given: Any, dims: int, of_rows: int) -> tuple[int, int]:
    """(for rows, for columns) of one int or one a dim; a line is a picture of one row."""
    values = tuple(given) if isinstance(given, tuple | list) else (given,)
    if len(values) == 1:
        values = values * dims
    word = "a single int, or a tuple of two ints" if dims == 2 else "a single int"
    if len(values) != dims:
        raise RuntimeError(f"{name}: {what} must either be {word}, but got {given}")
    for value in values:
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            raise TypeError(
                f"{name}(): argument '{what}' must be {word}, not {type(value).__name__}"
            )
    rows, columns = values if dims == 2 else (of_rows, *values)
    return int(rows), int(columns)


def as_pictures(name: str, x: Any, dims: int) -> tuple[Any, Callable[[Any], Any]]:
    """(N, C, H, W) of (C, L), (N, C, L), (C, H, W) or (N, C, H, W), and the way back."""
    check_tensors(name, x)
    if x.dim() not in (dims + 1, dims + 2):
        raise RuntimeError(
            f"{name}(): Expected {dims + 1}D or {dims + 2}D tensor, but got {list(x.shape)}"
        )
    if dims == 2 and x.dim() == 4:
        return x, lambda y: y
    if dims == 2:
        return x.unsqueeze(0), lambda y: y.squeeze(0)
    if x.dim() == 3:
        return x.unsqueeze(2), lambda y: y.squeeze(2)
    return x.unsqueeze(0).unsqueeze(2), lambda y: y.squeeze(2).squeeze(0)


def output_sizes(name: str, given: Any, x: Any, dims: int) -> list[int]:
    """The sizes of an adaptive pooling: one for all dims or one each; None keeps a length."""
    check_tensors(name, x)
    if isinstance(given, tuple | list) and len(given) == dims and x.dim() <= dims:
        raise ValueError(f"Input dimension should be at least {dims + 1}")
    lengths = x.shape[-dims:]
    values = list(given) if isinstance(given, tuple | list) else [given] * dims
    if len(values) != dims:
        raise RuntimeError(f"{name}: output_size must be {dims}")
    sizes = [length if v is None else v for v, length in zip(values, lengths, strict=True)]
    for value in sizes:
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            raise TypeError(
                f"{name}(): argument 'output_size' must be tuple of ints, not "
                f"{type(value).__name__}"
            )
    return [int(size) for size in sizes]

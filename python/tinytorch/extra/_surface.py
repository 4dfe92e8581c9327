"""Where a function of this package appears: as `torch.name`, as a method of Tensor, or as both.

Each takes what the extension's own functions take beside their parameters: numpy's names for dim
and keepdim, and as `torch.name` an `out=` that the result is written into.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from tinytorch import _C
from tinytorch._C import Tensor

F = TypeVar("F", bound=Callable[..., Any])
FUNCTIONS: dict[str, Callable[..., Any]] = {}

_NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim", "x": "input", "x2": "other"}
# Parameters that are integers, where True would pass for a 1.
_COUNTS = {"dim", "dims", "dim0", "dim1", "dim2", "axis0", "axis1", "dimension", "diagonal", "k"}
_FLAGS = {"keepdim", "descending", "stable", "right"}
_TENSORS = {"input", "other", "index", "mask", "source", "vec", "vec1", "vec2", "mat", "mat1"}
_TENSORS |= {"mat2", "x1", "x2", "tensor1", "tensor2", "end"}


def _refuse_wrong_kinds(name: str, parameters: list[str], args: Any, kwargs: Any) -> None:
    given = [*zip(parameters, args, strict=False), *kwargs.items()]
    for parameter, value in given:
        if parameter in _COUNTS and isinstance(value, bool):
            raise TypeError(f"{name}(): argument '{parameter}' must be int, not bool")
        if parameter in _FLAGS and not isinstance(value, bool):
            raise TypeError(
                f"{name}(): argument '{parameter}' must be bool, not {type(value).__name__}"
            )


def _first_that_is_no_tensor(parameters: list[str], args: Any, kwargs: Any) -> tuple[str, str]:
    for parameter, value in (*zip(parameters, args, strict=False), *kwargs.items()):
        if parameter in _TENSORS and not isinstance(value, Tensor):
            return parameter, type(value).__name__
    return "", ""


def _forgiving(f: Callable[..., Any]) -> Callable[..., Any]:
    """`f`, with numpy's names and `out=` wherever it does not have them itself."""
    parameters = inspect.signature(f).parameters
    names = list(parameters)
    renamed = {
        alias: name
        for alias, name in _NUMPY_NAMES.items()
        if name in parameters and alias not in parameters
    }
    writes = "out" not in parameters
    # Older overloads have a flag where these have dim: std_mean(input, unbiased).
    checked = not (_COUNTS | _FLAGS).isdisjoint(names) and "unbiased" not in names

    @functools.wraps(f)
    def call(*args: Any, **kwargs: Any) -> Any:
        if checked and (kwargs or len(args) > 1):
            _refuse_wrong_kinds(f.__name__, names, args, kwargs)
        out = kwargs.pop("out", None) if kwargs and writes else None
        try:
            result = f(*args, **{renamed.get(name, name): kwargs[name] for name in kwargs})
        except AttributeError:
            name, kind = _first_that_is_no_tensor(names, args, kwargs)
            if name:
                raise TypeError(
                    f"{f.__name__}(): argument '{name}' must be Tensor, not {kind}"
                ) from None
            raise
        return result if out is None else _C._write_out(f.__name__, result, out)

    return call


def function(f: F) -> F:
    """`torch.name(...)`."""
    assert f.__name__ not in FUNCTIONS, f"torch.{f.__name__} is there already"
    FUNCTIONS[f.__name__] = _forgiving(f)
    return f


def method(f: F) -> F:
    """`Tensor.name(...)`."""
    assert f.__name__ not in vars(Tensor), f"Tensor.{f.__name__} is there already"
    setattr(Tensor, f.__name__, _forgiving(f))
    return f


def both(f: F) -> F:
    """`torch.name(input, ...)` and `Tensor.name(...)`."""
    return method(function(f))


def alias(f: Callable[..., Any], *names: str) -> None:
    """Other names of `f`, wherever it appears."""
    for name in names:
        if f.__name__ in FUNCTIONS and inspect.unwrap(FUNCTIONS[f.__name__]) is f:
            FUNCTIONS[name] = FUNCTIONS[f.__name__]
        as_method = vars(Tensor).get(f.__name__)
        if as_method is not None and inspect.unwrap(as_method) is f:
            setattr(Tensor, name, as_method)

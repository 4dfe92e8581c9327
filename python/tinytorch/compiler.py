"""compile, and torch.compiler: there is nothing to compile; functions run as they are written."""

from collections.abc import Callable
from typing import Any

__all__ = [
    "allow_in_graph",
    "assume_constant_result",
    "compile",
    "cudagraph_mark_step_begin",
    "disable",
    "is_compiling",
    "is_dynamo_compiling",
    "is_exporting",
    "list_backends",
    "reset",
    "set_stance",
]

_MODES = ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs", "lite")


def compile(
    model: Callable[..., Any] | None = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: str | Callable[..., Any] | None = None,
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    name: str | None = None,
    disable: bool = False,
    recompile_limit: int | None = None,
    isolate_recompiles: bool = False,
    shapes_spec: Any = None,
) -> Any:
    """`model`, a function or module, itself; without it a decorator.  Source: torch.compile

    Nothing is changed and no graph is captured, so a `backend` of your own is never called; the
    other settings cannot change a result.
    """

    def same(function: Callable[..., Any] | None) -> Any:
        if mode is not None and options is not None:
            raise RuntimeError(
                "Either mode or options can be specified, "
                "but both can't be specified at the same time."
            )
        if mode is not None and mode not in _MODES:
            raise RuntimeError(f"Unrecognized mode={mode}, should be one of: {', '.join(_MODES)}")
        if function is None:
            raise RuntimeError("Model can't be None")
        if not callable(function):
            raise TypeError(f"compile: expected a function or a module, got {function!r:.60}")
        return function

    return same if model is None else same(model)


def is_compiling() -> bool:
    return False


def is_dynamo_compiling() -> bool:
    return False


def is_exporting() -> bool:
    return False


def reset() -> None:
    """Nothing: nothing was compiled.  Source: torch.compiler.reset"""


def cudagraph_mark_step_begin() -> None:
    """Nothing: there are no graphs.  Source: torch.compiler.cudagraph_mark_step_begin"""


def list_backends(exclude_tags: Any = ("debug", "experimental")) -> list[str]:
    return []


def allow_in_graph(fn: Any) -> Any:
    """`fn` itself.  Source: torch.compiler.allow_in_graph"""
    return fn


def assume_constant_result(fn: Any) -> Any:
    """`fn` itself.  Source: torch.compiler.assume_constant_result"""
    return fn


def disable(fn: Any = None, recursive: bool = True, *, reason: str | None = None) -> Any:
    """`fn` itself; without it a decorator.  Source: torch.compiler.disable"""
    return (lambda function: function) if fn is None else fn


class set_stance:
    """Accepted as a call, a block and a decorator.  Source: torch.compiler.set_stance"""

    def __init__(self, stance: str = "default", **settings: Any) -> None:
        self.stance = stance

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: object) -> None:
        return None

    def __call__(self, fn: Any) -> Any:
        return fn

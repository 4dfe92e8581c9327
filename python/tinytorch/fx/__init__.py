"""torch.fx: nothing is traced, so that what would tell a tracer something says nothing."""

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["wrap"]

F = TypeVar("F", str, Callable[..., Any])


def wrap(fn_or_name: F) -> F:
    """`fn_or_name` itself, a function that a tracer would not look into.  Source: torch.fx.wrap"""
    if not callable(fn_or_name) and not isinstance(fn_or_name, str):
        raise RuntimeError(
            "Unsupported type for global function! Must be either a callable or string name"
        )
    return fn_or_name


def __getattr__(name: str) -> Any:
    raise AttributeError(f"tinytorch does not have torch.fx.{name}: nothing is traced")

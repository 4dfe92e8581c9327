"""Checkpointing: PyTorch computes a part of the graph again in backward, to save memory.

Here the function is called once and what it saves is kept: the numbers are the same.
"""

import warnings
from collections.abc import Callable
from typing import Any

__all__ = [
    "checkpoint",
    "checkpoint_sequential",
    "get_device_states",
    "noop_context_fn",
    "set_checkpoint_early_stop",
    "set_device_states",
]


def noop_context_fn() -> tuple[Any, Any]:
    import contextlib

    return contextlib.nullcontext(), contextlib.nullcontext()


def _warn(name: str, use_reentrant: bool | None) -> None:
    if use_reentrant is None:
        warnings.warn(
            f"{name}: the use_reentrant parameter should be passed explicitly. "
            "use_reentrant=False is recommended; here both are the same.",
            UserWarning,
            stacklevel=3,
        )


def get_device_states(*args: Any) -> tuple[list[int], list[Any]]:
    """None: the CPU's random state is not among them.  Source: torch.utils.checkpoint"""
    return [], []


def set_device_states(devices: Any, states: Any, *, device_type: str | None = None) -> None:
    """Puts back what get_device_states gave: nothing.  Source: torch.utils.checkpoint"""
    if list(devices):
        raise RuntimeError(f"set_device_states: there is only the CPU, got devices {devices!r}")


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], tuple[Any, Any]] = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """function(*args, **kwargs).  Source: torch.utils.checkpoint.checkpoint"""
    _warn("torch.utils.checkpoint", use_reentrant)
    kwargs.pop("preserve_rng_state", True)
    if use_reentrant is not False and kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    with context_fn()[0]:
        return function(*args, **kwargs)


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """The functions one after another.  Source: torch.utils.checkpoint.checkpoint_sequential"""
    _warn("torch.utils.checkpoint.checkpoint_sequential", use_reentrant)
    kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    steps = list(functions.children()) if hasattr(functions, "children") else list(functions)
    for step in steps:
        input = step(input)
    return input


class set_checkpoint_early_stop:
    """A block that changes nothing.  Source: torch.utils.checkpoint.set_checkpoint_early_stop"""

    def __init__(self, enable: bool) -> None:
        self.enable = enable

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: object) -> None:
        return None

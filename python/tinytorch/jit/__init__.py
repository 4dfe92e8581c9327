"""torch.jit: what would be compiled runs as the Python it is."""

import functools
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from tinytorch.nn import Module as _Module

__all__ = [
    "Attribute",
    "Final",
    "ScriptFunction",
    "ScriptModule",
    "annotate",
    "export",
    "fork",
    "freeze",
    "ignore",
    "interface",
    "is_scripting",
    "is_tracing",
    "isinstance",
    "load",
    "optimize_for_inference",
    "optimized_execution",
    "save",
    "script",
    "script_if_tracing",
    "script_method",
    "trace",
    "trace_module",
    "unused",
    "wait",
]

T = TypeVar("T")


class ScriptModule(_Module):
    """A Module, which runs as it is written.  Source: torch.jit.ScriptModule"""


ScriptFunction = type(lambda: None)
_isinstance = isinstance


def script(
    obj: Any,
    optimize: Any = None,
    _frames_up: int = 0,
    _rcb: Any = None,
    example_inputs: Any = None,
) -> Any:
    """`obj`, a function, class or module, itself.  Source: torch.jit.script"""
    if not callable(obj) and not _isinstance(obj, (dict, list)):
        raise TypeError(f"script: expected a function, a class or a module, got {obj!r:.60}")
    return obj


def trace(
    func: Any,
    example_inputs: Any = None,
    optimize: Any = None,
    check_trace: bool = True,
    check_inputs: Any = None,
    check_tolerance: float = 1e-5,
    strict: bool = True,
    _force_outplace: bool = False,
    _module_class: Any = None,
    _compilation_unit: Any = None,
    example_kwarg_inputs: Any = None,
    _store_inputs: bool = True,
) -> Any:
    """`func`, a function or module, itself, which unlike a trace still follows its `if`s."""
    if not callable(func):
        raise TypeError(f"trace: expected a function or a module, got {func!r:.60}")
    if example_inputs is None and example_kwarg_inputs is None:
        raise RuntimeError("example_kwarg_inputs should be a dict")
    return func


def trace_module(mod: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
    """`mod` itself.  Source: torch.jit.trace_module"""
    return mod


def is_scripting() -> bool:
    return False


def is_tracing() -> bool:
    return False


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """The function itself; as `@ignore` or `@ignore(drop=True)`.  Source: torch.jit.ignore"""
    return drop if callable(drop) else (lambda function: function)


def unused(fn: T) -> T:
    """`fn` itself.  Source: torch.jit.unused"""
    return fn


def export(fn: T) -> T:
    """`fn` itself.  Source: torch.jit.export"""
    return fn


def interface(obj: T) -> T:
    """`obj` itself.  Source: torch.jit.interface"""
    return obj


def script_method(fn: T) -> T:
    """`fn` itself.  Source: torch.jit.script_method"""
    return fn


def script_if_tracing(fn: T) -> T:
    """`fn` itself.  Source: torch.jit.script_if_tracing"""
    return fn


def annotate(the_type: Any, the_value: T) -> T:
    """`the_value`.  Source: torch.jit.annotate"""
    return the_value


def Attribute(value: T, type: Any) -> T:
    """`value`.  Source: torch.jit.Attribute"""
    return value


def isinstance(obj: Any, target_type: Any) -> bool:
    """Python's, which does not look into containers.  Source: torch.jit.isinstance"""
    return _isinstance(obj, target_type)


def freeze(mod: Any, preserved_attrs: Any = None, optimize_numerics: bool = True) -> Any:
    """`mod` itself, which must not be in training.  Source: torch.jit.freeze"""
    if getattr(mod, "training", False):
        raise RuntimeError(
            "Freezing is currently only implemented for modules in eval mode. "
            "Please call .eval() on your module before freezing."
        )
    return mod


def optimize_for_inference(mod: Any, other_methods: Any = None) -> Any:
    """`mod` itself.  Source: torch.jit.optimize_for_inference"""
    return mod


@contextmanager
def optimized_execution(should_optimize: bool) -> Any:
    """A block that changes nothing.  Source: torch.jit.optimized_execution"""
    yield


def fork(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The work, done by the time `wait` asks.  Source: torch.jit.fork"""
    return functools.partial(_given, func(*args, **kwargs))


def _given(value: Any) -> Any:
    return value


def wait(future: Any) -> Any:
    return future()


def save(m: Any, f: Any, _extra_files: Any = None) -> None:
    """Raises NotImplementedError.  Source: torch.jit.save"""
    raise NotImplementedError(
        "torch.jit.save: tinytorch does not write TorchScript; use torch.save(m.state_dict(), f)"
    )


def load(f: Any, map_location: Any = None, _extra_files: Any = None) -> Any:
    """Raises NotImplementedError.  Source: torch.jit.load"""
    raise NotImplementedError(
        "torch.jit.load: tinytorch does not read TorchScript; save a state_dict and torch.load it"
    )

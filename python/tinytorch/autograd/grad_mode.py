"""Grad mode: whether operations on this thread are recorded, for a block or a whole function."""

import functools
import inspect
from collections.abc import Callable, Generator
from types import TracebackType
from typing import Any, Self

from tinytorch import _C

is_grad_enabled = _C.is_grad_enabled

_inference_depth = 0


def is_inference_mode_enabled() -> bool:
    """Whether this runs inside `inference_mode`.  Source: torch.is_inference_mode_enabled"""
    return _inference_depth > 0


class _Mode:
    """A context manager that sets grad mode, and as a decorator does so in every call."""

    _on = False

    def __new__(cls, function: Any = None) -> Any:
        """Also usable as a decorator without parentheses."""
        self = super().__new__(cls)
        if callable(function):
            self.__init__()  # type: ignore[misc]
            return self(function)
        return self

    def __init__(self) -> None:
        self._before: list[bool] = []

    def __enter__(self) -> Self:
        self._before.append(_C._set_grad_enabled(self._on))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _C._set_grad_enabled(self._before.pop())

    def _again(self) -> "_Mode":
        """A mode of its own for each call, since calls may overlap."""
        return type(self)()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def generate(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
                # Only the generator's own steps run in this mode, not what its caller does between.
                steps = function(*args, **kwargs)
                sent: Any = None
                while True:
                    try:
                        with self._again():
                            value = steps.send(sent)
                    except StopIteration as end:
                        return end.value
                    try:
                        sent = yield value
                    except GeneratorExit:
                        steps.close()
                        raise

            return generate

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return function(*args, **kwargs)

        return call


class no_grad(_Mode):
    """Nothing is recorded: results require no gradient.  Source: torch.no_grad"""


class enable_grad(_Mode):
    """Operations are recorded, also inside `no_grad`.  Source: torch.enable_grad"""

    _on = True


class set_grad_enabled(_Mode):
    """Turns recording on or off, at once; as a context manager until its end.

    Source: torch.set_grad_enabled
    """

    def __new__(cls, mode: bool) -> Any:
        return object.__new__(cls)

    def __init__(self, mode: bool) -> None:
        self._on = mode
        self._before = [_C._set_grad_enabled(mode)]

    def __enter__(self) -> Self:
        if not self._before:
            self._before.append(_C._set_grad_enabled(self._on))
        return self

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if self._before:  # a decorator changes nothing until the function is called
            _C._set_grad_enabled(self._before.pop())
        return super().__call__(function)

    def _again(self) -> "_Mode":
        return set_grad_enabled(self._on)


class inference_mode(_Mode):
    """`no_grad` for code that will never want a gradient.  Source: torch.inference_mode"""

    def __new__(cls, mode: Any = True) -> Any:
        return super().__new__(cls, None if isinstance(mode, bool) else mode)

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self._mode = mode
        self._on = not mode

    def __enter__(self) -> Self:
        global _inference_depth
        self._before.append(_C.is_grad_enabled())
        if self._mode:
            _C._set_grad_enabled(False)
            _inference_depth += 1
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        global _inference_depth
        super().__exit__(kind, error, trace)
        _inference_depth -= self._mode

    def _again(self) -> "_Mode":
        return inference_mode(self._mode)

"""The lab: how a grading test calls a student's code without loading it.

    lab.activations.softmax(x, -1)     tinytorch.activations.softmax in a worker process
    lab.run(train, x, y)               the source of `train` there, with torch, np and its arguments

Arrays go and come; tensors come back as arrays. An exception in the worker is raised here with its
type and words. What is no result at all is an Outcome: a task not started, a crash, a call that
does not end. Outcomes are not Exceptions, so that no test catches one by accident and Hypothesis
does not repeat a crash to find a smaller one.
"""

from __future__ import annotations

import builtins
import dis
import inspect
import os
import signal
import socket
import textwrap
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import CodeType, FunctionType, TracebackType
from typing import Any, Self

from tinytorch.tito import sanitizer, stack, worker
from tinytorch.tito.nursery import DEFAULT_TIMEOUT, Launcher, Nursery
from tinytorch.tito.workspace import WorkspaceError

LONGEST = 1e6  # seconds that anyone may ask for


class Outcome(BaseException):
    """Why a call has no result."""

    status = "failed"


class NotStarted(Outcome):
    status = "not started"

    def __init__(self, task: str) -> None:
        super().__init__(f"{task} is not started")
        self.task = task


class Crashed(Outcome):
    status = "crashed"

    def __init__(self, how: str, where: str = "", printed: str = "") -> None:
        super().__init__(how + (f" at {where}" if where else ""))
        self.how, self.where, self.printed = how, where, printed


class TimedOut(Outcome):
    status = "timeout"

    def __init__(self, why: str, where: str = "", printed: str = "") -> None:
        super().__init__(why + (f", at {where}" if where else ""))
        self.where, self.printed = where, printed


class Raised(Exception):
    """An exception that a worker's code raised; also an IndexError, a ValueError ... as there."""

    line = ""  # of the shipped function that was running
    place = ""  # in the student's Python: file, number and words of the innermost line


KINDS = {
    kind.__name__: type(kind.__name__, (Raised, kind), {})
    for kind in (
        ArithmeticError, AssertionError, AttributeError, ImportError, IndexError, KeyError,
        LookupError, MemoryError, NameError, NotImplementedError, OSError, OverflowError,
        RuntimeError, TypeError, ValueError, ZeroDivisionError,
    )
}  # fmt: skip


def raised(name: str, message: str, line: str, place: str = "") -> Raised:
    """A worker's exception, as one of the same type, or as a RuntimeError that names its type."""
    error: Raised
    error = KINDS[name](message) if name in KINDS else KINDS["RuntimeError"](f"{name}: {message}")
    error.line, error.place = line, place
    return error


class Lab:
    def __init__(
        self,
        parts: Sequence[Path] = (),
        sources: Path = Path("/"),
        watch: Path | None = None,
        timeout: float | None = None,
        environment: Mapping[str, str] | None = None,
        launcher: Launcher | None = None,
    ) -> None:
        """A lab on the library, with `parts` in place of its own: what was built from `sources`.

        Shared libraries come in order of their needs, and a folder is a package in Python.
        environment: variables of its processes, beside this one's.  launcher: starts them, in a
        sandbox where they are a stranger's.
        """
        self._launcher = launcher
        self._unloadable: Outcome | None = None
        self._has_loaded = False
        self._parts, self._sources, self._watch = tuple(parts), sources, watch
        self._environment = environment or {}
        self.timeout = timeout or _patience()
        self._nursery: Nursery | None = None
        self._channel: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def __getattr__(self, unit: str) -> _Names:
        if unit.startswith("_"):
            raise AttributeError(unit)
        return _Names(self, unit)

    def call(self, path: str, *args: object, **named: object) -> Any:
        """tinytorch's function of that dotted name."""
        return self._ask({"call": path, "args": list(args), "named": named})

    def run(self, function: FunctionType, *args: object) -> Any:
        """`function(*args)` in the worker, from its source."""
        return self._ask(
            {"source": shipped(function), "name": function.__name__, "args": list(args)}
        )

    def prepare(self) -> None:
        """Starts loading the libraries, without waiting for it."""
        if self._nursery is None or not self._nursery.alive:
            self._nursery = Nursery(
                self._parts, self._watch, self.timeout, self._environment, self._launcher
            )

    def fresh(self) -> None:
        """Ends the worker, so that the next call meets a process in which nothing has run."""
        if self._channel is not None:
            self._end()

    def close(self) -> None:
        self.fresh()
        if self._nursery is not None:
            self._nursery.close()
            self._nursery = None

    def printed(self) -> str:
        """What the worker has printed since it started."""
        return stack.split(self._nursery.output())[1] if self._nursery else ""

    def _ask(self, request: dict[str, object]) -> Any:
        message = worker.pack(request)
        if self._unloadable is not None:  # the next time it would not load either
            raise self._unloadable
        try:
            nursery, channel = self._started()
            channel.settimeout(self.timeout)
            deadline = time.monotonic() + self.timeout
            channel.sendall(message)
            reply = nursery.receive(channel, deadline)
        except TimeoutError:
            raise self._remembered(self._stopped(f"no result after {self.timeout:g} s")) from None
        except KeyboardInterrupt:
            raise self._stopped("stopped by Ctrl-C") from None
        except (EOFError, OSError):
            raise self._remembered(self._crashed()) from None
        except worker.WireError as error:
            self._end()
            raise Crashed(f"it answered with {error}") from None
        return _result(reply)

    def _remembered(self, outcome: Outcome) -> Outcome:
        if not self._has_loaded:
            self._unloadable = outcome
        return outcome

    def _started(self) -> tuple[Nursery, socket.socket]:
        self.prepare()
        assert self._nursery is not None
        if self._channel is None:
            self._channel = self._nursery.fork()
            self._has_loaded = True
        return self._nursery, self._channel

    def _end(self, with_stack: bool = False) -> int | None:
        """Ends the worker; how it had ended, or None where that is unknown."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._nursery is None:
            return None
        status = self._nursery.end(worker.STACK if with_stack else worker.END)
        if status is None:
            self._nursery.kill()
        return status

    @property
    def _look(self) -> stack.Runner | None:
        return self._launcher.look if self._launcher else None

    def _story(self) -> tuple[str, str, str]:
        """The task that was running, where, and what it had printed."""
        found, printed = stack.split(self._nursery.output() if self._nursery else "")
        return *stack.locate(found, self._parts, self._sources, self._look), printed

    def _stopped(self, why: str) -> TimedOut:
        self._end(with_stack=True)
        _, where, printed = self._story()
        return TimedOut(why, where, printed)

    def _crashed(self) -> Crashed:
        loading = self._channel is None
        status = self._end()
        task, where, printed = self._story()
        report, printed = sanitizer.split(printed, self._sources)
        if report:
            inside = f" in {task}" if task else ""
            return Crashed(f"{report.sentence}{inside}", report.where or where, printed)
        if loading:
            before, _, last = printed.rpartition("\n")
            words = stack.readable(last, self._look)
            return Crashed(f"the library does not load: {words or 'it ended'}", where, before)
        if status is None:
            return Crashed("it ended the process that started it", where, printed)
        if os.WIFEXITED(status):
            return Crashed(f"it called exit({os.WEXITSTATUS(status)})", where, printed)
        name = signal.Signals(os.WTERMSIG(status)).name
        if name == "SIGKILL":
            return Crashed("it closed its connection, or was killed", where, printed)
        return Crashed(name + (f" in {task}" if task else ""), where, printed)


def _patience() -> float:
    """Seconds a call may take where nobody says otherwise."""
    told = os.environ.get("TINYTORCH_TIMEOUT", "")
    try:
        seconds = float(told or DEFAULT_TIMEOUT)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= LONGEST:
        raise WorkspaceError(f"TINYTORCH_TIMEOUT: expected seconds, such as 10, got `{told}`")
    return seconds


class _Names:
    """`lab.activations.softmax`, attribute by attribute."""

    def __init__(self, lab: Lab, path: str) -> None:
        self._lab, self._path = lab, path

    def __getattr__(self, name: str) -> _Names:
        return _Names(self._lab, f"{self._path}.{name}")

    def __call__(self, *args: object, **named: object) -> Any:
        return self._lab.call(self._path, *args, **named)


def shipped(function: FunctionType) -> str:
    """The source of a function that uses only torch, np and its arguments."""
    code = function.__code__  # the same for each call of a test that has the function in it
    if code not in _shipped:
        known = {"torch", "np", *dir(builtins)}
        outside = sorted({*code.co_freevars, *_global_names(code)} - known)
        if outside or function.__name__ == "<lambda>":
            raise ValueError(
                f"lab.run: expected a def that uses only its arguments, torch and np, got "
                f"{function.__name__}" + (f" with {', '.join(outside)}" if outside else "")
            )
        _shipped[code] = textwrap.dedent(inspect.getsource(function))
    return _shipped[code]


_shipped: dict[CodeType, str] = {}


def _global_names(code: CodeType) -> set[str]:
    """Names that are looked up outside of a function and of the functions in it."""
    loads = (step for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL")
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return {str(step.argval) for step in loads}.union(*map(_global_names, inner))


def _result(reply: Any) -> Any:
    if isinstance(reply, dict):
        if "value" in reply:
            return reply["value"]
        if isinstance(reply.get("not started"), str):
            raise NotStarted(reply["not started"])
        words = [reply.get(key) for key in ("type", "message", "line", "place")]
        name, message, line, place = (word if isinstance(word, str) else "" for word in words)
        if name.isidentifier():
            raise raised(name, message, line, place)
    raise Crashed("it answered with something that is no result")

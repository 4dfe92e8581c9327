"""Two processes take turns at the tests of one run, so that a verdict comes in half the time.

The second is forked when the tests are collected, with all that is imported, and has a lab of its
own. Whoever is free takes the next test; at the end the second tells the first what it found.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import warnings
from collections.abc import Callable
from contextlib import suppress

import pytest

from tinytorch.tito.lab import Lab
from tinytorch.tito.plugin import Grading
from tinytorch.tito.workspace import WorkspaceError

FEWEST = 8  # tests that are worth a second process
NUMBER = struct.Struct("!H")


def cores() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Turns:
    """A plugin of pytest's, beside a Grading.  another: a lab for the second process."""

    def __init__(self, grading: Grading, another: Callable[[], Lab]) -> None:
        self._grading, self._another = grading, another
        self._numbers: dict[pytest.Item, int] = {}
        self._mine = -1  # the number of the test that is this process's turn
        self._second: int | None = None  # its process id; 0 in itself
        self._turns = self._told = -1  # where numbers are taken from, and where it tells

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if not FEWEST <= len(items) < 1 << 12 or self._second is not None:
            return
        self._numbers = {item: number for number, item in enumerate(items)}
        self._turns, numbers = os.pipe()
        os.write(numbers, b"".join(map(NUMBER.pack, self._numbers.values())))
        os.close(numbers)
        self._told, tells = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numpy's threads have nothing to do
            self._second = os.fork()
        if self._second:
            os.close(tells)
            return
        os.close(self._told)
        self._told = tells
        self._grading.lab = self._another()
        self._grading.lab.prepare()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Passes over what the other has taken."""
        if self._second is None:
            return None
        number = self._numbers[item]
        if self._mine < number:
            taken = os.read(self._turns, NUMBER.size)
            self._mine = NUMBER.unpack(taken)[0] if taken else len(self._numbers)
        return None if self._mine == number else True

    def join(self, code: int) -> int:
        """Ends the second process, and adds what it found; the exit status of both."""
        if self._second is None:
            return code
        grading = self._grading
        if self._second == 0:
            try:
                grading.lab.close()
                with open(self._told, "wb") as file:
                    pickle.dump((int(code), grading.stories, grading.problems), file)
            finally:
                os._exit(0)
        os.close(self._turns)
        try:
            with open(self._told, "rb") as file:  # of a process of ours
                other, stories, problems = pickle.load(file)
        except EOFError:
            raise WorkspaceError("the tests were stopped from outside; run them again") from None
        except BaseException:
            with suppress(ProcessLookupError):
                os.kill(self._second, signal.SIGTERM)
            raise
        finally:
            os.waitpid(self._second, 0)
        grading.problems += problems
        order = {item.name.partition("[")[0]: number for item, number in self._numbers.items()}
        for task, told in stories.items():
            found = [*grading.stories.get(task, ()), *told]
            grading.stories[task] = sorted(found, key=lambda story: order.get(story.test, 0))
        return code or other

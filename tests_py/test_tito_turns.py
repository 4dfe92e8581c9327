"""Two processes share the tests of a run: each test runs once, and all that was found is told."""

import os
import time

import pytest

from tinytorch.tito.grading import run_pytest
from tinytorch.tito.plugin import Grading
from tinytorch.tito.turns import FEWEST, Turns
from tinytorch.tito.workspace import WorkspaceError

TESTS = """\
import os
import signal

import pytest

from tinytorch.tito.law import task


@pytest.mark.parametrize("number", range({number}))
@task("unit.first")
def test_first(lab, number):
    lab.note(number)
    if lab.second and {killed}:
        os.kill(os.getpid(), signal.SIGKILL)
    assert number % 5 != 3


@task("unit.second")
def test_second(lab):
    lab.note("second")
"""


class Notes:
    """In the place of a lab: notes which test ran in which process."""

    def __init__(self, path, second=False, both=True):
        self.path, self.second, self._wait = path, second, both
        self.prepared = self.closed = False

    def prepare(self):
        self.prepared = True

    def close(self):
        with self.path.open("a") as file:
            file.write(f"{os.getpid()} closed {self.prepared}\n")

    def note(self, what):
        with self.path.open("a") as file:
            file.write(f"{os.getpid()} {what}\n")
        end = time.monotonic() + 60
        while self._wait and len(self.processes()) < 2:  # so that neither takes all
            assert time.monotonic() < end, "there is no second process"
            time.sleep(0.01)
        self._wait = False

    def lines(self):
        return [line.split() for line in self.path.read_text().splitlines()]

    def processes(self):
        return {line[0] for line in self.lines()}


def play(folder, number, killed=False, both=True):
    """Runs the tests by turns: what was noted, and the grading."""
    tests, notes = folder / "test_unit.py", folder / "notes"
    tests.write_text(TESTS.format(number=number, killed=killed))
    grading = Grading(Notes(notes, both=both), {}, frozenset({"unit.first", "unit.second"}))
    turns = Turns(grading, lambda: Notes(notes, second=True))
    run_pytest(tests, grading, "", turns)
    return Notes(notes), grading


def test_each_test_runs_once_in_one_of_two_processes(tmp_path):
    notes, grading = play(tmp_path, 11)
    ran = [line[1] for line in notes.lines() if line[1] != "closed"]
    assert sorted(ran) == sorted([*map(str, range(11)), "second"])
    assert len(notes.processes()) == 2
    (closed,) = (line for line in notes.lines() if line[1] == "closed")
    assert closed[0] != str(os.getpid())
    assert closed[2] == "True"
    first, second = grading.stories["unit.first"], grading.stories["unit.second"]
    assert sorted(story.status for story in first) == ["failed"] * 2 + ["passed"] * 9
    assert [story.status for story in second] == ["passed"]
    assert grading.status("unit.first") == "failed"
    assert grading.status("unit.second") == "passed"


def test_a_few_tests_are_not_worth_a_second_process(tmp_path):
    notes, grading = play(tmp_path, FEWEST - 2, both=False)
    assert notes.processes() == {str(os.getpid())}
    assert len(grading.stories["unit.first"]) == FEWEST - 2


def test_a_second_process_that_is_killed_passes_nothing(tmp_path):
    with pytest.raises(WorkspaceError, match="stopped from outside; run them again"):
        play(tmp_path, 11, killed=True)

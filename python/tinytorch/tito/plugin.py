"""The pytest plugin of grading tests: the marker `task`, the fixture `lab`, and stories as reports.

A plain `pytest` grades the library itself. `tito test` runs pytest with a Grading, which brings the
lab on a student's libraries and collects what became of each task; no student code is ever loaded
in this process.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

import hypothesis
import pytest
from hypothesis import Phase

from tinytorch.tito import law
from tinytorch.tito.lab import Crashed, Lab, NotStarted, Outcome, Raised, TimedOut

SEVERITY = ("compile error", "crashed", "timeout", "failed", "not started", "passed")

hypothesis.settings.register_profile(
    "tinytorch",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=50,
    report_multiple_bugs=False,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)


@dataclass(frozen=True)
class Story:
    """What became of one test, told to the one who wrote the task."""

    status: str
    title: str = ""
    lines: tuple[str, ...] = ()
    read: str = ""
    again: str = ""
    shapes: tuple[str, ...] = ()  # of the inputs, where a law does not hold
    test: str = ""
    hidden: bool = False  # from the student

    def text(self, task: str) -> str:
        words = [f"{task}  {self.status.upper()}  {self.title}".rstrip()]
        words += [f"  {line}" for line in self.lines]
        if self.again:
            words.append(f"  read {self.read}      again: {self.again}")
        return "\n".join(words)


@dataclass(eq=False)
class Grading:
    """One run: the lab, the tasks with the hint of each, and the stories of their tests."""

    lab: Lab
    hints: Mapping[str, str]
    only: frozenset[str]  # the tasks whose tests run
    stories: dict[str, list[Story]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    voided: tuple[str, ...] = ()  # patterns of names of tests that count no more
    hidden: Callable[[pytest.Item], bool] = field(default=lambda item: False)
    deadline: float = math.inf  # of time.monotonic()
    void: set[str] = field(default_factory=set)  # tasks with voided tests
    empty: frozenset[str] = frozenset()  # tasks that nobody has written
    collected: int = 0  # tests that were found

    def status(self, task: str) -> str:
        found = {story.status for story in self.stories.get(task, ())}
        if task in self.empty and found <= {"failed", "not started", "passed"}:
            return "not started"  # a test may have met another empty task first
        return next((status for status in SEVERITY if status in found), "not started")

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        self.collected += len(items)
        chosen = []
        for item in items:
            if any(fnmatchcase(_name(item), pattern) for pattern in self.voided):
                self.void.update(_tasks(item))
            elif self.only.intersection(_tasks(item)):
                chosen.append(item)
        dropped = [item for item in items if item not in chosen]
        config.hook.pytest_deselected(items=dropped)
        items[:] = chosen

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        stopped = [task for task in _tasks(item) if self.status(task) == "timeout"]
        if stopped:
            pytest.skip(f"{stopped[0]} has already used up its time")
        if time.monotonic() > self.deadline:
            late = Story("timeout", "the time for all tests together is over")
            self.add(item, late)
            pytest.skip(late.title)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.problems.append(report.longreprtext)

    def pytest_internalerror(self, excrepr: object) -> None:
        self.problems.append(str(excrepr))

    def add(self, item: pytest.Item, story: Story) -> None:
        story = replace(story, test=_name(item), hidden=self.hidden(item))
        for task in _tasks(item):
            if task in self.only:
                self.stories.setdefault(task, []).append(story)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "task(id): the test grades this task; its points count only when all such pass"
    )
    hypothesis.settings.load_profile("tinytorch")


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """The lab that this run grades: a student's libraries under tito, else the library's own."""
    grading = _grading(request.config)
    if grading:
        yield grading.lab
    else:
        with Lab() as own:
            yield own


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    grading = _grading(item.config)
    used = getattr(item, "funcargs", {}).get("lab")
    if call.when == "call" and isinstance(used, Lab):
        printed = used.printed()
        used.fresh()
    else:
        printed = ""
    if call.when != "call" and not report.failed:
        return report
    error, changing = _cause(call.excinfo.value if call.excinfo else None)
    hints = grading.hints if grading else {}
    story = tell(item, error, hints, [*changing, *_tail(printed)])
    if grading is None and isinstance(error, NotStarted):  # a library of stubs, as a class gets it
        story = replace(story, status="not started")
    if isinstance(error, law.Broken | Raised | Outcome):
        report.longrepr = story.text((*_tasks(item), item.name)[0])
    if grading:
        grading.add(item, story)
    return report


def _grading(config: pytest.Config) -> Grading | None:
    plugins = config.pluginmanager.get_plugins()
    return next((plugin for plugin in plugins if isinstance(plugin, Grading)), None)


def _cause(error: BaseException | None) -> tuple[BaseException | None, list[str]]:
    """The error itself, out of the group in which Hypothesis reports one that comes and goes."""
    if not isinstance(error, BaseExceptionGroup):
        return error, []
    return _cause(error.exceptions[0])[0], ["the same call does not always give the same result"]


def tell(
    item: pytest.Item, error: BaseException | None, hints: Mapping[str, str], more: list[str]
) -> Story:
    """The story of a test that ended with `error`."""
    if error is None:
        return Story("passed")
    tasks = _tasks(item)
    unit = tasks[0].partition(".")[0] if tasks else ""
    read, hint = f"docs/{unit}.md", hints.get(tasks[0], "") if tasks else ""
    name = _name(item).removeprefix("test_")
    again = f"tito test {tasks[0]} -k {name}" if tasks else ""
    if isinstance(error, law.Broken):
        read += f"#{error.read}" if error.read else ""
        advice = error.hint or hint
        lines = [*error.lines, *([advice] if advice else []), *more]
        return Story("failed", error.name, tuple(lines), read, again, tuple(error.shapes))
    title = name.replace("_", " ")
    if isinstance(error, NotStarted):
        if error.task in tasks or not tasks:
            return Story("not started", "", (hint,) if hint else ())
        return Story("failed", title, (f"it calls {error}",), read, again)
    if isinstance(error, Crashed | TimedOut):
        lines = [str(error), *_tail(error.printed)]
        return Story(error.status, title, tuple(lines), read, again)
    if isinstance(error, Raised):
        where = [f"at {error.place}"] if error.place else []
        where += [f"in: {error.line}"] if error.line else []
        lines = [f"{type(error).__name__}: {error}", *where, *more]
        return Story("failed", title, tuple(lines), read, again)
    if isinstance(error, Outcome):
        return Story(error.status, title, (str(error),), read, again)
    return Story("failed", title, tuple(f"{type(error).__name__}: {error}".splitlines()))


def _tail(printed: str) -> list[str]:
    lines = printed.splitlines()[-5:]
    return [f"printed: {line[:200]}" for line in lines]


def _name(item: pytest.Item) -> str:
    """The test's name without its parameters."""
    return item.name.partition("[")[0]


def _tasks(item: pytest.Item) -> list[str]:
    return [str(name) for mark in item.iter_markers("task") for name in mark.args]

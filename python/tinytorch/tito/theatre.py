"""A milestone on a student's code: trained in a worker, judged here, and every own task's calls."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from tinytorch import curriculum
from tinytorch.curriculum import near
from tinytorch.milestone.gate import Verdict
from tinytorch.milestone.stage import Evidence, Milestone
from tinytorch.tito import belongings, overlay, state, tasks
from tinytorch.tito.lab import Crashed, Lab, NotStarted, Outcome, Raised
from tinytorch.tito.workspace import Workspace, WorkspaceError


def scripts(place: Workspace) -> dict[str, Path]:
    """The scripts that this version carries, by milestone."""
    folder = place.course.milestones
    found = {}
    for name, milestone in curriculum.load().milestones.items():
        path = folder / f"{name}_{milestone.year}.py"
        if path.is_file():
            found[name] = path
    return found


def load(path: Path) -> ModuleType:
    """A milestone's script as a module of this process, for its judge."""
    spec = importlib.util.spec_from_file_location(f"milestone_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = script
    spec.loader.exec_module(script)
    return script


def written(place: Workspace, unit: str) -> bool:
    """Whether the student has filled in any task of the module."""
    if unit not in place.units():
        return False
    stubs = place.course.files(unit)
    for path in tasks.sources(place.folder(unit)):
        text = path.read_text(encoding="utf-8", errors="replace")
        try:
            own = belongings.bodies(text, path)
            if path.name in stubs and own != belongings.bodies(stubs[path.name], path):
                return True
        except tasks.MarkerError:
            return True
    return False


def cast_of(place: Workspace, name: str) -> tuple[list[str], list[str]]:
    """The modules that a milestone can run, in order: those that are the student's, the others."""
    course = curriculum.load()
    needed: dict[str, None] = {}
    for part in course.milestones[name].parts:
        for need in (*part.needs, *part.either):
            needed |= dict.fromkeys((*course.all_needs(need), need))
    order = [unit for unit in course.track().units if unit in needed]
    own = [unit for unit in order if written(place, unit)]
    return own, [unit for unit in order if unit not in own]


def perform(path: str, settings: dict[str, Any]) -> Any:
    """Trains, in the worker.  Its source is sent there, so it knows torch and what it imports."""
    import importlib.util
    import sys

    from tinytorch.milestone.data import DataError

    spec: Any = importlib.util.spec_from_file_location("milestone_script", path)
    script = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    try:
        evidence = script.MILESTONE.train(**settings)
    except DataError as error:
        return {"no data": str(error)}
    return {"evidence": evidence, "calls": dict(torch._C.task_calls())}  # type: ignore[name-defined]  # noqa: F821


@dataclass
class Company:
    """Trains on the student's modules; a stage.Troupe."""

    place: Workspace
    script: Path
    own: Sequence[str]
    built: overlay.Overlay
    timeout: float
    calls: dict[str, int] = field(default_factory=dict)
    needed: tuple[str, ...] = ()  # modules that every run of these parts must reach
    lent: tuple[str, ...] = ()  # the reference's, of what it takes for the milestone to be theirs
    line: dict[str, Any] = field(default_factory=dict)

    def train(self, milestone: Milestone, parts: int | None, settings: dict[str, Any]) -> Evidence:
        played = curriculum.load().milestones[milestone.name].parts[:parts]
        self.needed = tuple(dict.fromkeys(need for part in played for need in part.needs))
        self.lent = tuple(_missing(played, self.own))
        sources = self.place.root / "modules"
        with Lab(self.built.parts(self.own), sources, self.built.watch, self.timeout) as lab:
            try:
                answer = lab.run(perform, str(self.script), settings)  # type: ignore[arg-type]
            except Outcome as error:
                _tell(milestone.name, error)
                return {}
            except Raised as error:
                where = f"\n  at {error.place}" if error.place else ""
                print(f"{milestone.name}: {type(error).__name__}: {error}{where}", file=sys.stderr)
                return {}
        if "no data" in answer:
            from tinytorch.milestone.data import DataError

            raise DataError(answer["no data"])
        calls = answer.get("calls", {})
        self.calls = {task: int(n) for task, n in calls.items() if _unit(task) in self.own}
        evidence: Evidence = answer.get("evidence", {})
        return evidence

    def has(self, unit: str) -> bool:
        return unit in self.own

    def of(self, unit: str) -> int:
        """Calls of the tasks of one module."""
        return sum(number for task, number in self.calls.items() if _unit(task) == unit)

    def checks(self) -> dict[str, bool]:
        reached = {
            f"your_{unit}_is_called": self.of(unit) > 0 for unit in self.needed if unit in self.own
        }
        return {"your_code_is_called": sum(self.calls.values()) > 0} | reached

    def finish(self, verdict: Verdict, line: dict[str, Any]) -> None:
        _, others = cast_of(self.place, line["milestone"])
        lent = self.lent
        self.line = line | {
            "calls": self.calls,
            "modules": {"yours": list(self.own), "reference": others},
            "counts": verdict.passed and not lent,
        }
        noted = {
            "passed": verdict.passed and not lent,
            "lent": lent,
            "at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "sources": {unit: state.module_source(self.place, unit) for unit in self.own},
        }
        with state.changing(self.place) as now:
            now.milestones[line["milestone"]] = noted


def _missing(parts: Sequence[curriculum.Part], own: Sequence[str]) -> list[str]:
    """What the parts need, directly or not, and is not among `own`."""
    course, needed = curriculum.load(), dict[str, None]()
    for part in parts:
        chosen = [unit for unit in part.either if unit in own] or part.either[:1]
        for need in (*part.needs, *chosen):
            needed |= dict.fromkeys((*course.all_needs(need), need))
    return [unit for unit in needed if unit not in own]


def _unit(task: str) -> str:
    return task.partition(".")[0]


def _tell(name: str, error: Outcome) -> None:
    if isinstance(error, NotStarted):
        unit = _unit(error.task)
        told = (
            f"it calls {error.task}, which is not started: write it, or leave {unit} to the "
            f"reference with --without {unit}"
        )
    else:
        told = str(error)
        printed = error.printed.splitlines()[-5:] if isinstance(error, Crashed) else []
        told += "".join(f"\n  printed: {line[:200]}" for line in printed)
    print(f"{name}: {told}", file=sys.stderr)


def company(
    place: Workspace, name: str, without: Sequence[str], timeout: float
) -> tuple[Company, dict[str, tuple[str, ...]]]:
    """Who plays a milestone, built without checks of indices, and the tasks that do not compile."""
    found = scripts(place)
    course = curriculum.load()
    if name not in course.milestones:
        cure = near(name, course.milestones) or f"milestones: {', '.join(course.milestones)}"
        raise WorkspaceError(f"there is no milestone `{name}`; {cure}")
    if name not in found:
        raise WorkspaceError(
            f"this version has no milestone `{name}` yet; see: tito milestone list"
        )
    own, others = cast_of(place, name)
    for unit in without:
        if unit not in (*own, *others):
            raise WorkspaceError(f"--without: {name} does not use `{unit}`")
    own = [unit for unit in own if unit not in without]
    if not own:
        first = next((unit for unit in (*others, *without)), "tensor")
        raise WorkspaceError(
            f"{name}: none of your code would run; write a module first: tito start {first}"
        )
    built = overlay.build(place, own, overlay.FAST)
    return Company(place, found[name], own, built, timeout), dict(built.broken)

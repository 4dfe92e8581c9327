"""Where you are: `tito status`, `info`, `checkpoint` and `track`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

import tinytorch
from tinytorch import curriculum
from tinytorch.curriculum import CurriculumError, Milestone, Track
from tinytorch.tito import state
from tinytorch.tito.commands import COURSE, Directory, Json, app, say
from tinytorch.tito.state import Standing, State
from tinytorch.tito.workspace import Workspace, WorkspaceError, known, workspace

tracks = typer.Typer(no_args_is_help=True, help="The orders in which the course can be taught.")
app.add_typer(tracks, name="track", rich_help_panel=COURSE)


# --- the map ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Module:
    """A module of the course as it stands in this workspace."""

    name: str
    number: int
    tasks: tuple[Standing, ...]
    started: bool

    @property
    def score(self) -> int:
        return sum(task.points for task in self.tasks)

    @property
    def max(self) -> int:
        return sum(task.max for task in self.tasks)

    @property
    def word(self) -> str:
        if not self.tasks:
            return "not in this version"
        if state.complete(self.tasks):
            return "complete"
        if any(task.stale for task in self.tasks):
            return "changed since tested"
        return "started" if self.started else "not started"

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "number": self.number,
            "title": curriculum.load().units[self.name].title,
            "state": self.word,
            "score": self.score,
            "max": self.max,
            "tasks": [task.as_json() for task in self.tasks],
        }


def survey(place: Workspace, now: State) -> list[Module]:
    """The modules of the chosen track, in its order."""
    track, started = now.chosen(), place.units()
    return [
        Module(name, number, state.standing(place, now, name), name in started)
        for name, number in track.numbers.items()
    ]


def missing(milestone: Milestone, found: Sequence[Module]) -> list[str]:
    """The modules a milestone waits for: what its parts need and is not complete."""
    course = curriculum.load()
    done = {module.name for module in found if state.complete(module.tasks)}
    needed: dict[str, None] = {}
    for part in milestone.parts:
        either = () if not part.either or done & {*part.either} else part.either[:1]
        for need in (*part.needs, *either):
            needed |= dict.fromkeys((*course.all_needs(need), need))
    return [need for need in needed if need not in done]


def stage_of(place: Workspace, milestone: Milestone, now: State, found: Sequence[Module]) -> str:
    """passed, changed since passed, open or locked."""
    noted = now.milestones.get(milestone.name, {})
    if noted.get("passed"):
        return "changed since passed" if state.moved(place, noted.get("sources", {})) else "passed"
    return "locked" if missing(milestone, found) else "open"


@app.command(rich_help_panel=COURSE)
def status(directory: Directory = None, as_json: Json = False) -> None:
    """Show the map: modules, tasks, points, and which milestones are open.

    A point counts when its task passed in `tito test` and its file has not changed since. A
    milestone is open when all that it needs is complete, and runs at any time. Programs read
    `tito status --json`.
    """
    place = workspace(directory)
    now = state.read(place)
    found = survey(place, now)
    course = curriculum.load()
    milestones = [
        {
            "name": milestone.name,
            "year": milestone.year,
            "title": milestone.title,
            "state": stage_of(place, milestone, now, found),
            "missing": missing(milestone, found),
        }
        for milestone in course.milestones.values()
    ]
    score, most = sum(m.score for m in found), sum(m.max for m in found)
    if as_json:
        print(
            json.dumps(
                {
                    "workspace": str(place.root),
                    "track": now.chosen().name,
                    "score": score,
                    "max": most,
                    "modules": [module.as_json() for module in found],
                    "milestones": milestones,
                }
            )
        )
        return
    console = Console(highlight=False)
    table = Table("", "module", "tasks", "points", "", box=None, pad_edge=False)
    for module in found:
        done = sum(task.holds for task in module.tasks)
        none = not module.tasks
        table.add_row(
            str(module.number),
            module.name,
            "" if none else _bar(done, len(module.tasks)),
            "" if none else f"{module.score}/{module.max}",
            Text(module.word, style=_style(module.word)),
        )
    console.print(table)
    console.print(f"\n{score} of {most} points, track {now.chosen().name}\n")
    table = Table("milestone", "", "", box=None, pad_edge=False)
    for milestone, entry in zip(course.milestones.values(), milestones, strict=True):
        waits = [m.name for m in found if m.name in missing(milestone, found)]
        later = any(m.name in waits and not m.tasks for m in found)
        told = "" if not waits else f"needs {', '.join(waits)}"
        told = "needs modules that this version does not have yet" if later else told
        word = str(entry["state"])
        table.add_row(
            f"{entry['year']} {entry['name']}",
            Text(word, style={"passed": "green", "open": "bold"}.get(word, "dim")),
            Text(told, style="dim"),
        )
    console.print(table)
    if now.version != tinytorch.__version__:
        say(f"\nYour files are of version {now.version}, and {tinytorch.__version__} is installed.")
        say("Next: tito update")
        return
    here = next((m for m in found if m.tasks and not state.complete(m.tasks)), None)
    if here is not None:
        verb = "test" if here.started else "start"
        say(f"\nNext: tito {verb} {here.name}")


def _style(word: str) -> str:
    return {"complete": "green", "changed since tested": "yellow", "started": "bold"}.get(
        word, "dim"
    )


def _bar(done: int, number: int) -> str:
    return "■" * done + "·" * (number - done)


@app.command(rich_help_panel=COURSE)
def info(
    unit: Annotated[
        str | None, typer.Argument(metavar="[MODULE]", help="One module, told in full.")
    ] = None,
    directory: Directory = None,
    as_json: Json = False,
) -> None:
    """Show the course: modules in order, their tasks, and what is started.

    `tito info activations` tells one module: what it is about, what it needs, its tasks and files.
    """
    place = workspace(directory)
    now = state.read(place)
    found = survey(place, now)
    if unit is not None:
        _tell(place, now, unit, as_json)
        return
    course = curriculum.load()
    if as_json:
        print(json.dumps({"track": now.chosen().name, "modules": [m.as_json() for m in found]}))
        return
    table = Table("", "module", "title", "tasks", "points", "", box=None)
    for module in found:
        table.add_row(
            str(module.number),
            module.name,
            course.units[module.name].title,
            str(len(module.tasks) or ""),
            str(module.max or ""),
            "started" if module.started else "",
        )
    Console().print(table)


def _tell(place: Workspace, now: State, name: str, as_json: bool) -> None:
    unit, found = known(name), state.standing(place, now, name)
    if as_json:
        number = now.chosen().numbers.get(name, 0)
        told = Module(name, number, found, name in place.units()).as_json()
        about = {"needs": unit.needs, "hours": unit.hours, "chapter": unit.chapter}
        print(json.dumps(told | about | {"objectives": unit.objectives}))
        return
    say(unit.title, style="bold")
    say(f"about {unit.hours} h; needs {', '.join(unit.needs) or 'nothing'}; chapter {unit.chapter}")
    say(f"\n{unit.concept}\n")
    for objective in unit.objectives:
        say(f"  {objective}")
    if not found:
        say("\nThis version has no tasks for it yet.")
        return
    files = {task.id: task for task in place.course.tasks(name)}
    say()
    for task in found:
        word = f"{task.status}, changed since" if task.stale else task.status
        say(f"  {task.id}  {task.max} p  {files[task.id].path.name}  {word}")
        say(f"      {files[task.id].hint}", style="dim")
    say(f"\nNext: tito {'test' if name in place.units() else 'start'} {name}")


# --- checkpoint ---------------------------------------------------------------------------------


@app.command(rich_help_panel=COURSE)
def checkpoint(
    unit: Annotated[
        str | None, typer.Argument(metavar="[MODULE]", help="By default all that is started.")
    ] = None,
    directory: Directory = None,
    as_json: Json = False,
) -> None:
    """Ask what you can do now, and answer by evidence.

    `tito checkpoint activations` asks the questions of one module, "Can I ...?". A question
    is answered *yes* when the tasks behind it passed on your files as they are; what no test can
    see is left to you, and said so.
    """
    place = workspace(directory)
    now = state.read(place)
    names = [unit] if unit else list(place.units())
    if not names:
        raise WorkspaceError("nothing is started here; run: tito start tensor")
    asked: list[dict[str, Any]] = []
    for name in names:
        asked += [
            {"module": name, **_answer(place, now, name, number)}
            for number in range(len(known(name).checkpoint))
        ]
    if as_json:
        print(json.dumps({"questions": asked}))
        return
    colours = {"yes": "green", "not yet": "yellow"}
    last = ""
    for entry in asked:
        if entry["module"] != last:
            last = entry["module"]
            say(f"\n{last}" if last != asked[0]["module"] else last, style="bold")
        console = Console(highlight=False)
        answer = str(entry["answer"])
        line = Text(f"  {answer:8}", style=colours.get(answer, "dim"))
        console.print(line.append(entry["question"], style="default"), soft_wrap=True)
        for told in entry["because"]:
            say(f"          {told}", style="dim")


def _answer(place: Workspace, now: State, name: str, number: int) -> dict[str, Any]:
    """A question, whether the evidence answers it, and the evidence."""
    unit = curriculum.load().units[name]
    question = unit.checkpoint[number]
    known = {task.id: task for task in state.standing(place, now, name)}
    wanted = unit.evidence[number] if unit.evidence else tuple(known)
    because, holds = [], []
    for item in wanted:
        if item in known:
            task = known[item]
            holds.append(task.holds)
            if task.holds:
                because.append(f"{item} passed on {task.at[:10]}, source {task.source}")
            elif task.stale and task.status == "passed":
                because.append(f"{item} passed, but its file has changed; run: tito test {item}")
            else:
                because.append(f"{item} is {task.status}; run: tito test {item}")
        elif item in curriculum.load().milestones:
            passed = bool(now.milestones.get(item, {}).get("passed"))
            holds.append(passed)
            said = "passed" if passed else f"has not passed yet; run: tito milestone run {item}"
            because.append(f"milestone {item} {said}")
    if not holds:
        where = f"read docs/{name}.md, and answer aloud"
        return {"question": question, "answer": "yours", "because": [f"no test sees this: {where}"]}
    answer = "yes" if all(holds) else "not yet"
    return {"question": question, "answer": answer, "because": because}


# --- tracks -------------------------------------------------------------------------------------


@tracks.command("list")
def list_tracks(directory: Directory = None, as_json: Json = False) -> None:
    """Show every track with its order; modules in brackets share a number."""
    chosen = state.read(workspace(directory)).chosen().name
    found = curriculum.load().tracks.values()
    if as_json:
        rows = [
            {"name": t.name, "title": t.title, "order": t.groups, "chosen": t.name == chosen}
            for t in found
        ]
        print(json.dumps({"tracks": rows}))
        return
    for track in found:
        groups = [group[0] if len(group) == 1 else f"[{' '.join(group)}]" for group in track.groups]
        marks = [
            word
            for word, holds in (("default", track.default), ("yours", track.name == chosen))
            if holds
        ]
        mark = f" ({', '.join(marks)})" if marks else ""
        print(f"{track.name}{mark}: {track.title}\n  {', '.join(groups)}")


@tracks.command("use")
def use_track(
    name: Annotated[str, typer.Argument(help="A name that `tito track list` shows.")],
    directory: Directory = None,
) -> None:
    """Follow another track: only numbers and the order of the map change.

    `tito track use textbook`. Files, progress and hints stay; what passed under one track counts
    under every other.
    """
    place = workspace(directory)
    track = curriculum.load().track(name)
    with state.changing(place) as now:
        now.track = track.name
    say(f"{track.name}: {track.title}")
    kept = [unit for unit in place.units() if unit not in track.units]
    if kept:
        say(
            f"It omits {', '.join(kept)}, which you have started: their files stay, and are tested."
        )
    say("Next: tito status")


@tracks.command("check")
def check_track(
    order: Annotated[
        list[str] | None, typer.Argument(metavar="[MODULE]...", help="An order of your own.")
    ] = None,
) -> None:
    """Check the course's tracks, or an order of modules of your own.

    `tito track check tensor activations losses` says whether each comes after all it needs.
    """
    course = curriculum.load()
    if order:
        groups = tuple((unit,) for unit in order)
        course.check(Track("yours", "", groups))
        print(f"{len(order)} units in an order that can be taught")
        return
    for track in course.tracks.values():
        try:
            course.check(track)
        except CurriculumError as error:
            raise CurriculumError(f"track `{track.name}`: {error}") from None
        print(f"{track.name}: {len(track.units)} units, {len(track.groups)} numbers")

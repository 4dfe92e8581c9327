"""`tito export`: the course as a table for a syllabus or a learning-management system."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from tinytorch import curriculum
from tinytorch.tito.commands import TEACHING, app, count, say
from tinytorch.tito.workspace import WorkspaceError, course


@app.command(rich_help_panel=TEACHING)
def export(
    style: Annotated[str, typer.Option("--format", help="json or markdown.")] = "json",
    track: Annotated[
        str | None, typer.Option(help="The order; by default the default track.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="A file; by default standard output.")] = None,
) -> None:
    """Write the map from modules to checkpoints.

    `tito export --format markdown --out syllabus.md` lists every module in order with its number,
    hours, tasks and points, the questions of its checkpoint, and the milestones that it opens.
    """
    if style not in ("json", "markdown"):
        raise WorkspaceError(f"--format: expected json or markdown, got {style}")
    found = syllabus(track)
    text = json.dumps(found, indent=1) + "\n" if style == "json" else _markdown(found)
    if out is None:
        print(text, end="")
    else:
        from tinytorch.tito.grader.store import write_text

        write_text(out, text)
        say(f"wrote {out}")


def syllabus(track_name: str | None) -> dict[str, Any]:
    """The course in a track's order, as plain data."""
    known, place = curriculum.load(), course()
    track = known.track(track_name)
    modules = []
    for index, name in enumerate(track.units):
        unit = known.units[name]
        tasks: list[dict[str, Any]]
        try:
            tasks = [{"id": task.id, "points": task.points} for task in place.tasks(name)]
        except WorkspaceError:
            tasks = []
        so_far, before = track.units[: index + 1], track.units[:index]
        opened = [
            milestone.name
            for milestone in known.milestones.values()
            if all(part.runs_with(so_far) for part in milestone.parts)
            and not all(part.runs_with(before) for part in milestone.parts)
        ]
        modules.append(
            {
                "number": track.numbers[name],
                "module": name,
                "title": unit.title,
                "hours": unit.hours,
                "needs": list(unit.needs),
                "optional": name in track.optional,
                "chapter": unit.chapter,
                "concept": unit.concept,
                "objectives": list(unit.objectives),
                "checkpoint": list(unit.checkpoint),
                "tasks": tasks,
                "points": sum(task["points"] for task in tasks),
                "milestones": opened,
            }
        )
    return {"track": track.name, "title": track.title, "modules": modules}


def _markdown(found: dict[str, Any]) -> str:
    lines = [f"# {found['title'] or found['track']}", ""]
    for module in found["modules"]:
        name = f"{module['number']}. {module['title']} (`{module['module']}`)"
        lines += [f"## {name}", ""]
        facts = [count(module["hours"], "hour")]
        if module["tasks"]:
            facts += [count(len(module["tasks"]), "task"), count(module["points"], "point")]
        if module["needs"]:
            facts.append("needs " + ", ".join(module["needs"]))
        if module["optional"]:
            facts.append("optional")
        lines += [", ".join(facts) + f". Chapter: {module['chapter']}.", "", "Checkpoint:", ""]
        lines += [f"- [ ] {question}" for question in module["checkpoint"]]
        if module["milestones"]:
            lines += ["", "Opens: " + ", ".join(module["milestones"])]
        lines.append("")
    return "\n".join(lines)

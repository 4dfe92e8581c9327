"""What is whose in a student's file: bodies are theirs, the lines around them the course's.

So a file of a newer course takes the bodies of the old one, a task is reset without touching its
neighbours, and whatever is replaced is kept in .tito/backups/<time>/ first.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import tinytorch
from tinytorch.tito import state, tasks
from tinytorch.tito.tasks import MarkerError
from tinytorch.tito.workspace import Workspace, WorkspaceError
from tinytorch.tito.writing import write_safely


def bodies(text: str, path: Path) -> dict[str, list[str]]:
    """The lines of each task's body, by id.  Raises MarkerError."""
    lines = text.splitlines(keepends=True)
    return {task.id: lines[task.body - 1 : task.last - 1] for task in tasks.find(text, path)}


def around(text: str, path: Path) -> list[str]:
    """The lines outside of tasks; each task is its id, so that its hint may change."""
    lines = text.splitlines()
    for task in reversed(tasks.find(text, path)):
        lines[task.first - 1 : task.last] = [f"TASK {task.id}"]
    return [line.rstrip() for line in lines]


def with_bodies(text: str, path: Path, own: Mapping[str, list[str]]) -> str:
    """`text` with these bodies in place of its own."""
    lines = text.splitlines(keepends=True)
    for task in reversed(tasks.find(text, path)):
        if task.id in own:
            body = list(own[task.id])
            if body and not body[-1].endswith("\n"):
                body[-1] += "\n"
            lines[task.body - 1 : task.last - 1] = body
    return "".join(lines)


def back_up(place: Workspace, paths: Iterable[Path]) -> Path:
    """Copies files of the workspace into a folder of this moment, which is returned."""
    folder = place.state / "backups" / state.stamp()
    for path in paths:
        target = folder / path.relative_to(place.root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    return folder


# --- update -------------------------------------------------------------------------------------


@dataclass
class Update:
    """What an update did, or would do: sentences, and whether something is left to the student."""

    done: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    backup: Path | None = None


def update(place: Workspace, renames: Mapping[str, str]) -> Update:
    """Brings the course's newer files into the workspace, and keeps what is the student's.

    A file that was not touched is replaced; where only bodies were written they move into the new
    file; where lines around them changed on both sides, nothing is changed and it is said.
    """
    found = Update()
    _rename_modules(place, renames, found)
    for unit in place.units():
        try:
            new = place.course.files(unit)
        except WorkspaceError as error:
            found.left.append(f"{unit}: {error}; its files stay as they are")
            continue
        _update_unit(place, unit, new, renames, found)
    _rename_progress(place, renames)
    return found


def renamed(name: str, renames: Mapping[str, str]) -> str:
    """The name that a module or task has now; a renamed module takes its tasks along."""
    for _ in range(len(renames) + 1):
        unit, dot, task = name.partition(".")
        new = renames.get(name) or (renames[unit] + dot + task if unit in renames else name)
        if new == name:
            break
        name = new
    return name


def _rename_modules(place: Workspace, renames: Mapping[str, str], found: Update) -> None:
    for old in renames:
        new, folder = renamed(old, renames), place.root / "modules" / old
        if "." in old or not folder.is_dir():
            continue
        if place.folder(new).exists():
            found.left.append(f"modules/{old} is called {new} now, and both are here: merge them")
            continue
        folder.rename(place.folder(new))
        if place.origin(old).is_dir():
            place.origin(old).rename(place.origin(new))
        found.done.append(f"modules/{old} is called {new} now, and moved there")


def _with_new_names(text: str, renames: Mapping[str, str]) -> str:
    """Ids in the markers and in calls of todo, by their new names."""

    def new(match: re.Match[str]) -> str:
        return match[1] + renamed(match[2], renames)

    text = re.sub(rf"((?://|#) TASK )({tasks.NAME})", new, text)
    return re.sub(rf'((?:todo|NotImplementedError)\(")({tasks.NAME})', new, text)


def _update_unit(
    place: Workspace,
    unit: str,
    new: Mapping[str, str],
    renames: Mapping[str, str],
    found: Update,
) -> None:
    folder, origin = place.folder(unit), place.origin(unit)
    mine = {
        path.name: _with_new_names(_text(path), renames)
        for path in sorted(folder.iterdir())
        if path.suffix in (*tasks.SOURCES, ".h")
    }
    base = {
        path.name: _with_new_names(_text(path), renames)
        for path in (sorted(origin.iterdir()) if origin.is_dir() else ())
    }
    try:
        written = _written(mine, {**base, **new})
    except MarkerError as error:
        found.left.append(f"{unit}: {error}; mend that line, then run tito update again")
        return
    changes: dict[str, str] = {}
    for name, text in new.items():
        path = folder / name
        if name not in mine:
            changes[name] = with_bodies(text, path, written)
            found.done.append(f"wrote modules/{unit}/{name}")
        elif path.suffix == ".h":
            if mine[name] != text:
                changes[name] = text
                found.done.append(f"modules/{unit}/{name} is the new contract")
        else:
            merged = _merged(mine[name], base.get(name), text, path, written)
            if merged is None:
                incoming = place.state / "incoming" / unit / name
                write_safely(incoming, text)
                added = sorted(_ids(text, path) - _ids(mine[name], path))
                told = f"; new in it: {', '.join(added)}" if added else ""
                found.left.append(
                    f"modules/{unit}/{name} stays as it is: you changed lines outside of "
                    f"its tasks, and so did the new version{told}. It is in "
                    f"{incoming.relative_to(place.root)}: take over what you want by hand"
                )
            elif merged != _text(path):
                changes[name] = merged
                added = sorted(_ids(text, path) - _ids(mine[name], path))
                told = f", new in it: {', '.join(added)}" if added else ""
                found.done.append(f"modules/{unit}/{name} is brought up to date{told}")
    gone = [
        name
        for name in base.keys() - new.keys()
        if name in mine and _ids(mine[name], folder / name) <= _all_ids(new)
    ]
    here = [folder / name for name in (*changes, *gone) if (folder / name).is_file()]
    if here:
        found.backup = back_up(place, here)
    for name, text in changes.items():
        place.hand_out(unit, name, text)
    for name in gone:
        (folder / name).unlink()
        found.done.append(f"modules/{unit}/{name} is no longer part of it; its tasks moved")
    for name, text in new.items():
        if not any(f"modules/{unit}/{name} stays" in told for told in found.left):
            write_safely(origin / name, text)
    for name in gone:
        (origin / name).unlink(missing_ok=True)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _ids(text: str, path: Path) -> set[str]:
    return {task.id for task in tasks.find(text, path)}


def _all_ids(files: Mapping[str, str]) -> set[str]:
    return {task for name, text in files.items() for task in _ids(text, Path(name))}


def _written(mine: Mapping[str, str], stubs: Mapping[str, str]) -> dict[str, list[str]]:
    """The bodies that are more than a stub's, wherever in the module they are."""
    found: dict[str, list[str]] = {}
    empty = {
        task: body
        for name, text in stubs.items()
        for task, body in bodies(text, Path(name)).items()
    }
    for name, text in mine.items():
        if Path(name).suffix in tasks.SOURCES:
            for task, body in bodies(text, Path(name)).items():
                if body != empty.get(task):
                    found[task] = body
    return found


def _merged(
    mine: str, base: str | None, new: str, path: Path, written: Mapping[str, list[str]]
) -> str | None:
    """The new file with the student's bodies; None where both sides changed what is around them."""
    own, theirs = around(mine, path), around(new, path)
    if own == theirs or (base is not None and own == around(base, path)):
        return with_bodies(new, path, written)
    if base is not None and theirs == around(base, path):
        return _with_new_heads(mine, new, path)
    return None


def _with_new_heads(mine: str, new: str, path: Path) -> str:
    """The student's file with the new version's hints and points."""
    lines, fresh = mine.splitlines(keepends=True), new.splitlines(keepends=True)
    heads = {task.id: fresh[task.first - 1 : task.body - 1] for task in tasks.find(new, path)}
    for task in reversed(tasks.find(mine, path)):
        if task.id in heads:
            lines[task.first - 1 : task.body - 1] = heads[task.id]
    return "".join(lines)


def _rename_progress(place: Workspace, renames: Mapping[str, str]) -> None:
    with state.changing(place) as now:
        now.version = tinytorch.__version__
        for entries in (now.tasks, now.hints):
            for name in list(entries):
                new = renamed(name, renames)
                if new != name:
                    entry = entries.pop(name)
                    entries.setdefault(new, entry)  # type: ignore[arg-type]

"""What surrounds a student's files: a README, git's ignore list, and settings for an editor.

clangd reads compile_commands.json and .clangd, so completion, errors and jumps work in any editor
that speaks to it. Both name the headers of this installation.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import tinytorch
from tinytorch import curriculum
from tinytorch.tito import overlay, tasks
from tinytorch.tito.workspace import Workspace
from tinytorch.tito.writing import write_safely

README = """\
# My framework

Each folder of `modules/` is a part of a machine-learning framework, and yours to write.

    tito status                 # where you are
    tito start {first}            # writes modules/{first}/, its tasks empty
    tito test {first}             # builds what you wrote, and grades it
    tito hint {first}.{task}       # stuck? the first of three hints

Open a file, find a line that says `TASK`, write the body between it and `END TASK`, save, test.
Lines outside of tasks may change too, as long as the `TASK` and `END TASK` lines stay.

| | |
|---|---|
| `modules/<name>/*.h` | the contract: what each function does, with its shapes; for reading |
| `modules/<name>/*.cpp`, `*.py` | yours |
| `docs/<name>.md` | the chapter: the idea, the shapes, what a machine makes of it |
| `.tito/` | your progress and backups; keep it |
| `build/` | what was compiled; may be deleted |

`tito --help` lists the commands, and `tito test --help` explains one.
"""

IGNORED = """\
/build/
/.cache/
/compile_commands.json
/.clangd
/.tito/lock
__pycache__/
"""

VSCODE = {
    "C_Cpp.default.compileCommands": "${workspaceFolder}/compile_commands.json",
    "C_Cpp.default.cppStandard": "c++20",
    "C_Cpp.intelliSenseEngine": "disabled",
    "clangd.arguments": ["--header-insertion=never"],
    "files.exclude": {"build": True},
    "editor.rulers": [100],
}
RECOMMENDED = {"recommendations": ["llvm-vs-code-extensions.vscode-clangd", "ms-python.python"]}
TASKS = {
    "version": "2.0.0",
    "tasks": [
        {
            "label": "tito test",
            "type": "shell",
            "command": "tito test ${fileDirnameBasename}",
            "group": {"kind": "test", "isDefault": True},
        }
    ],
}


def furnish(place: Workspace) -> list[Path]:
    """Writes what is not there yet; returns the new files."""
    first = next(
        (unit for unit in curriculum.load().track().units if _has_tasks(place, unit)), "tensor"
    )
    task = place.course.tasks(first)[0].id.partition(".")[2]
    content = {
        "README.md": README.format(first=first, task=task),
        ".gitignore": IGNORED,
        ".vscode/settings.json": json.dumps(VSCODE, indent=2) + "\n",
        ".vscode/extensions.json": json.dumps(RECOMMENDED, indent=2) + "\n",
        ".vscode/tasks.json": json.dumps(TASKS, indent=2) + "\n",
    }
    written = []
    (place.root / "modules").mkdir(parents=True, exist_ok=True)
    for name, text in content.items():
        path = place.root / name
        if not path.exists():
            write_safely(path, text)
            written.append(path)
    for path in point_editors(place):
        written.append(path)
    return written


def _has_tasks(place: Workspace, unit: str) -> bool:
    return any(tasks.teaches(root / unit) for root in place.course.modules)


def point_editors(place: Workspace) -> list[Path]:
    """Writes compile_commands.json, and .clangd for the files it does not know; returns the new."""
    compiler = shlex.split(overlay.compiler())
    include = str(tinytorch.include_dir())
    # What every file is compiled with; clangd reads headers on its own.
    common = [*overlay.FLAGS, "-include", "core/task.h", f"-I{include}"]
    commands = [
        {
            "directory": str(place.root),
            "file": str(path),
            "arguments": [
                *compiler, *common, f"-I{path.parent}", "-c", str(path),
                "-o", str(place.build / "obj" / unit / f"{path.stem}.o"),
            ],
        }
        for unit in place.units()
        for path in tasks.sources(place.folder(unit))
        if path.suffix == ".cpp"
    ]  # fmt: skip
    lines = "".join(f"    - {json.dumps(flag)}\n" for flag in common)
    content = {
        "compile_commands.json": json.dumps(commands, indent=1) + "\n",
        ".clangd": f"# Written by tito.\nCompileFlags:\n  Add:\n{lines}",
    }
    written = []
    for name, text in content.items():
        path = place.root / name
        if not path.exists():
            written.append(path)
        elif path.read_text(encoding="utf-8", errors="replace") == text:
            continue
        elif name == ".clangd" and not path.read_text(errors="replace").startswith("# Written by"):
            continue  # theirs
        write_safely(path, text)
    return written

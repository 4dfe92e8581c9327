"""`tito release`: the course's tree for a class, without its solutions, and the proof of that.

From a clone comes the whole source tree: given code as it is, every task a stub, no fast twins of
the loops that are the tasks. From an installed package, which carries no solutions anyway, comes a
workspace with every module started.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import tinytorch
from tinytorch import curriculum
from tinytorch.tito import tasks
from tinytorch.tito.workspace import Course, Workspace, WorkspaceError, course

# What a clone has and a class gets; `{unit}` stands for every released module.
TREE = (
    "CMakeLists.txt",
    "CMakePresets.json",
    "LICENSE",
    "README.md",
    "pyproject.toml",
    ".clang-format",
    ".gitignore",
    "cmake",
    "cpp/core",
    "cpp/extra",
    "cpp/bindings",
    "cpp/modules/{unit}",
    "python/tinytorch",
    "python/tinytorch_tito",
    "milestones",
    "docs/quickstart.md",
    "docs/failures.md",
    "docs/{unit}.md",
    "tests_py/conftest.py",
    "tests_py/test_{unit}.py",
)
PASSED_OVER = {"__pycache__", "out", "build", ".mypy_cache", ".pytest_cache", ".ruff_cache"}
TEXT = {".cpp", ".h", ".py", ".md", ".toml", ".txt", ".json", ".in", ".cmake", ".yml", ".c", ".pyi"}
WARNINGS = "-Wall -Wextra -Wno-unused"  # a stub uses none of its parameters
COMMENT = re.compile(r"(?://[/!]?|#)\s*")
FEWEST, IN_A_ROW = 3, 5  # lines of a solution that stand together by no accident


@dataclass(frozen=True)
class Released:
    units: tuple[str, ...]
    files: int
    lines: int  # of solutions that were looked for


def clone_around(folder: Path | None) -> Path | None:
    """The clone that holds `folder`, or this package, or the current folder."""
    places = [folder] if folder else [Path.cwd(), Path(tinytorch.__file__).resolve().parent]
    for place in places:
        for outer in (place, *place.parents):
            if (outer / "cpp" / "modules").is_dir() and (outer / "pyproject.toml").is_file():
                return outer
    return None


def chosen_units(course: Course, track: str | None, through: str | None) -> tuple[str, ...]:
    """The modules with tasks, in the track's order, up to and with `through`."""
    known = curriculum.load()
    order = known.track(track).units
    if through is not None:
        order = tuple(unit.name for unit in known.through(track, through))
    return tuple(
        unit for unit in order if any(tasks.teaches(root / unit) for root in course.modules)
    )


def check_empty(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise WorkspaceError(f"{out} is there already; a release is written to a new folder")


# --- from a clone ---


def write_tree(clone: Path, out: Path, units: Sequence[str]) -> Released:
    """Writes the tree and scans it.  Raises WorkspaceError, and writes nothing, for a leak."""
    check_empty(out)
    kept = f".{out.name}.part"
    part = out.with_name(kept)
    shutil.rmtree(part, ignore_errors=True)
    try:
        files = _copy(clone, part, units)
        lines = scan(clone, part)
        if out.exists():
            out.rmdir()
        part.rename(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Released(tuple(units), files, lines)


def _copy(clone: Path, out: Path, units: Sequence[str]) -> int:
    left_out = {unit for unit in curriculum.load().units if unit not in units}
    given = given_lines(clone)
    secret = solution_lines(clone) - given
    count = 0
    for source in _listed(clone, units):
        relative = source.relative_to(clone)
        if _belongs_to(relative, left_out):
            continue
        target = out / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        count += 1
        if source.suffix not in TEXT:
            shutil.copyfile(source, target)
            continue
        text = source.read_text(encoding="utf-8")
        if _holds_tasks(relative):
            text = tasks.stub(text, source)
        elif source.suffix == ".md":  # a chapter may show a solution as its example
            text = "".join(
                re.sub(r"\S.*", "...", line) if _bare(line) in secret else line
                for line in text.splitlines(keepends=True)
            )
        elif relative.name == "CMakeLists.txt" and len(relative.parts) == 1:
            text = _for_stubs(text)
        target.write_text(text, encoding="utf-8")
    return count


def _listed(clone: Path, units: Sequence[str]) -> Iterable[Path]:
    for pattern in TREE:
        names = [pattern.format(unit=unit) for unit in units] if "{" in pattern else [pattern]
        for name in names:
            path = clone / name
            if path.is_file():
                yield path
            elif path.is_dir():
                for inner in sorted(path.rglob("*")):
                    parts = inner.relative_to(clone).parts
                    if inner.is_file() and not PASSED_OVER.intersection(parts):
                        yield inner


def _belongs_to(relative: Path, left_out: set[str]) -> bool:
    """Whether a binding is of a module that the class does not get (yet)."""
    if relative.parts[:2] != ("cpp", "bindings"):
        return False
    matched = re.match(r"[a-z]+", relative.stem)
    unit = matched[0] if matched else ""
    return relative.suffix == ".cpp" and (
        unit in left_out or (unit == "extra" and "autograd" in left_out)
    )


def _holds_tasks(relative: Path) -> bool:
    if relative.suffix not in tasks.SOURCES:
        return False
    parts = relative.parts
    return parts[:2] in (("cpp", "modules"), ("python", "tinytorch")) and len(parts) == 4


def _for_stubs(text: str) -> str:
    """The build without fast twins, and without the warnings that stubs cannot but raise."""
    text = text.replace('every loop is the reference" ON)', 'every loop is the reference" OFF)')
    return re.sub(r"-Wall\s+-Wextra\s+-Werror", WARNINGS, text)


def scan(clone: Path, out: Path) -> int:
    """Looks for every line of every solution; how many there are.  Raises WorkspaceError.

    A line that stands in code that is given anyway is no leak, but several in a row are.
    """
    secret, rows = solution_lines(clone) - given_lines(clone), _rows(clone)
    found = []
    for path in sorted(out.rglob("*")):
        if path.is_file() and path.suffix in TEXT:
            text = path.read_text(encoding="utf-8", errors="replace")
            told = [(number, _bare(line)) for number, line in enumerate(text.splitlines(), 1)]
            told = [(number, line) for number, line in told if _says_something(line)]
            leaks = {number: line for number, line in told if line in secret}
            for count in range(FEWEST, IN_A_ROW + 1):
                for several in zip(*(told[start:] for start in range(count)), strict=False):
                    if tuple(line for _, line in several) in rows:
                        leaks |= several
            found += [f"{path.relative_to(out)}:{at}: {leaks[at]}" for at in sorted(leaks)]
    if found:
        raise WorkspaceError("lines of solutions would be released:\n" + "\n".join(found[:20]))
    return len(secret)


def _task_files(clone: Path) -> list[Path]:
    folders = [clone / "cpp" / "modules", clone / "python" / "tinytorch"]
    return [
        path
        for folder in folders
        for path in sorted(folder.glob("*/*"))
        if path.suffix in tasks.SOURCES
    ]


def solution_lines(clone: Path) -> set[str]:
    """Every line inside of a task that says something."""
    return {line for body in _bodies(clone) for line in body}


def _bodies(clone: Path) -> Iterator[list[str]]:
    for path in _task_files(clone):
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        for task in tasks.find(text, path):
            body = map(_bare, lines[task.body - 1 : task.last - 1])
            yield [line for line in body if _says_something(line)]


def _rows(clone: Path) -> set[tuple[str, ...]]:
    """Lines of one solution in a row; of a short one all."""
    return {
        tuple(body[start : start + IN_A_ROW])
        for body in _bodies(clone)
        if len(body) >= FEWEST
        for start in range(max(len(body) - IN_A_ROW, 0) + 1)
    }


def _bare(line: str) -> str:
    """Without white space and without what makes it a comment."""
    return COMMENT.sub("", line.strip())


def _says_something(line: str) -> bool:
    return sum(character.isalnum() for character in line) > 1


def given_lines(clone: Path) -> set[str]:
    """Every line of code outside of tasks that a class gets."""
    found = set()
    inside = {path: path.read_text(encoding="utf-8") for path in _task_files(clone)}
    for path in _listed(clone, [*curriculum.load().units]):
        if path.suffix not in (".cpp", ".h", ".py", ".pyi"):
            continue
        text = inside.get(path) or path.read_text(encoding="utf-8")
        lines = text.splitlines()
        hidden = {
            number
            for task in (tasks.find(text, path) if path in inside else ())
            for number in range(task.body - 1, task.last - 1)
        }
        found |= {line.strip() for number, line in enumerate(lines) if number not in hidden}
    return found


# --- from an installed package ---


def write_handout(out: Path, units: Sequence[str]) -> Released:
    """A workspace with every module started, from what the package carries."""
    from tinytorch.tito import scaffold

    check_empty(out)
    place = Workspace(out, course())
    for unit in units:
        place.start(unit)
    scaffold.furnish(place)
    for name in ("compile_commands.json", ".clangd"):  # they name places on this machine
        (out / name).unlink(missing_ok=True)
    files = sum(1 for path in out.rglob("*") if path.is_file())
    return Released(tuple(units), files, 0)


# --- GitHub ---

WORKFLOW = """\
# Grades every push and tells GitHub Classroom.  Written by `tito release`.
name: Autograding
on: [push, workflow_dispatch]
permissions:
  checks: write
  actions: read
  contents: read
jobs:
  grade:
    runs-on: ubuntu-latest
    if: github.actor != 'github-classroom[bot]'
    timeout-minutes: 30
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - name: The sandbox
        run: |
          sudo apt-get update && sudo apt-get install -y bubblewrap
          sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 || true
      # A wheel of the class in the repository's folder wheels/, or the one on the index.
      - name: tinytorch
        run: |
          wheel=$(ls wheels/tinytorch_cpp-*.whl 2>/dev/null | head -n 1)
          pip install --find-links wheels "${{wheel:-tinytorch-cpp}}[course]"
      - name: Grade
        id: tito
        run: >
          tito grade . --out "$RUNNER_TEMP/grades"
          --github "$GITHUB_OUTPUT" --junit "$RUNNER_TEMP/grades/junit.xml"
      - name: Why points were lost
        if: always()
        run: cat "$RUNNER_TEMP"/grades/reports/*.md >> "$GITHUB_STEP_SUMMARY"
      - name: Tell GitHub Classroom
        if: always()
        uses: classroom-resources/autograding-grading-reporter@v1
        env:
{environment}
        with:
          runners: {runners}
"""


def write_workflow(out: Path, units: Sequence[str]) -> Path:
    """The workflow of a class's repositories: a runner for each task, so that points are exact."""
    names = [task.id.replace(".", "_") for unit in units for task in course().tasks(unit)]
    environment = [
        f"          {name.upper()}_RESULTS: ${{{{ steps.tito.outputs.{name} }}}}" for name in names
    ]
    text = WORKFLOW.format(environment="\n".join(environment), runners=",".join(names))
    path = out / ".github" / "workflows" / "classroom.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path

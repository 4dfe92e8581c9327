"""What a grade becomes for its readers: student, instructor, Gradescope, GitHub, a build server.

Of a hidden test, what is for the student says the law and the inputs' shapes, and no value.
"""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from xml.etree import ElementTree

from tinytorch.tito.grader.rules import Rules
from tinytorch.tito.grader.store import Finding, Grade, Store, TaskGrade, write_text

HASHES = {
    "submission": "the submission changed",
    "tests": "the tests changed",
    "rules": "the rules in course.toml changed",
    "curriculum": "the course changed",
    "package": "another version of tinytorch",
}


def write(store: Store, rules: Rules, grades: Sequence[Grade]) -> None:
    """The class's table and every student's report, from all grades that are kept."""
    kept = {(grade.submission, grade.module): grade for grade in store.all()}
    kept |= {(grade.submission, grade.module): grade for grade in grades}
    everyone: dict[str, list[Grade]] = {}
    for (name, _), grade in sorted(kept.items()):
        everyone.setdefault(name, []).append(grade)
    for name, of in everyone.items():
        write_text(store.root / "reports" / f"{name}.md", markdown(of, rules))
    write_text(store.root / "class.csv", table(everyone, rules))


# --- for the student ---


def told(story: Finding) -> list[str]:
    """What a student may know of a test that does not pass."""
    if not story.hidden:
        return [*([story.title] if story.title else []), *story.lines]
    return [f"hidden test: {story.title}", *story.shapes]


def markdown(grades: Sequence[Grade], rules: Rules) -> str:
    """Where the points went, task by task: the answer to 'why did I lose points?'."""
    lines = [f"# {_escaped(grades[0].submission)}", ""]
    for grade in grades:
        final, penalty = after(grade, rules)
        lines += [f"## {grade.module}: {final:g} of {grade.max:g} points", ""]
        if penalty:
            lines += [f"{grade.score:g} points, less {penalty * 100:g} % for being late.", ""]
        lines += [f"- {_escaped(note)}" for note in grade.notes]
        lines += [""] if grade.notes else []
        lines += ["| task | points | status |", "|---|---|---|"]
        lines += [f"| {t.id} | {t.points:g}/{t.max:g} | {t.status} |" for t in grade.tasks]
        lost = [task for task in grade.tasks if task.status != "passed"]
        if lost:
            lines += ["", "### Why points were lost", ""]
        for task in lost:
            lines += _why(task, grade.module)
        lines.append("")
    return "\n".join(lines)


def _why(task: TaskGrade, module: str) -> list[str]:
    lost = task.max - task.points
    lines = [f"**{task.id}** ({lost:g} point{'s' * (lost != 1)}): {task.status}", ""]
    if task.status == "not started":
        lines += ["The body is still empty, or nothing was handed in.", ""]
    shown = [story for story in task.stories if story.status == task.status]
    for story in shown[:3]:
        lines += [f"    {_printable(line)}" for line in told(story)] + [""]
    if len(shown) > 3:
        lines += [f"and {len(shown) - 3} more laws that do not hold.", ""]
    if not any(story.hidden for story in shown) and shown:
        lines += [f"Again, in your workspace: `tito test {task.id}`", ""]
    return lines


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>()#|!" else c for c in _printable(text))


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


# --- points ---


def after(grade: Grade, rules: Rules) -> tuple[float, float]:
    """The final points, and the part that being late has cost."""
    penalty = rules.penalty(grade.module, grade.arrived)
    return round(grade.score * (1 - penalty), 6), penalty


def table(everyone: Mapping[str, Sequence[Grade]], rules: Rules) -> str:
    """The class as CSV: points raw, lost by being late, and final, by module and together."""
    modules = list(dict.fromkeys(grade.module for of in everyone.values() for grade in of))
    modules.sort(key=lambda unit: rules.order.index(unit) if unit in rules.order else 0)
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    parts = ("raw", "late", "final", "max")
    heads = [f"{module} {part}" for module in modules for part in parts]
    writer.writerow(["submission", *heads, *parts, "percent"])
    for name, of in everyone.items():
        found = {grade.module: grade for grade in of}
        row: list[str] = []
        sums = [0.0, 0.0, 0.0, 0.0]
        weighted = weights = 0.0
        for module in modules:
            grade = found.get(module)
            if grade is None:
                row += [""] * len(parts)
                continue
            final, _ = after(grade, rules)
            numbers = (grade.score, grade.score - final, final, grade.max)
            sums = [total + number for total, number in zip(sums, numbers, strict=True)]
            row += [f"{number:g}" for number in numbers]
            weight = rules.module(module).weight
            weights += weight
            weighted += weight * (final / grade.max if grade.max else 1.0)
        percent = 100 * weighted / weights if weights else 0.0
        total = [f"{number:g}" for number in sums]
        writer.writerow([_cell(name), *row, *total, f"{percent:.2f}"])
    return file.getvalue()


def _cell(text: str) -> str:
    """A name that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in "=+-@" else text


# --- for programs ---


def junit(grades: Sequence[Grade]) -> str:
    """A suite for each submission and module, a case for each task."""
    root = ElementTree.Element("testsuites")
    for grade in grades:
        bad = [task for task in grade.tasks if task.status not in ("passed", "not started")]
        errors = sum(task.status != "failed" for task in bad)
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=_xml(f"{grade.submission}.{grade.module}"),
            tests=str(len(grade.tasks)),
            failures=str(len(bad) - errors),
            errors=str(errors),
            skipped=str(sum(task.status == "not started" for task in grade.tasks)),
            time=f"{grade.seconds:.3f}",
        )
        for task in grade.tasks:
            names = {"classname": f"{grade.submission}.{grade.module}", "name": task.id}
            case = ElementTree.SubElement(suite, "testcase", {k: _xml(v) for k, v in names.items()})
            if task.status == "passed":
                continue
            kinds = {"failed": "failure", "not started": "skipped"}
            result = ElementTree.SubElement(case, kinds.get(task.status, "error"))
            result.set("message", task.status)
            if task.status != "not started":
                result.set("type", task.status)
                result.text = _xml(_text(task))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _text(task: TaskGrade) -> str:
    """The stories of a task as a student may read them."""
    shown = [story for story in task.stories if story.status == task.status][:3]
    return "\n".join(line for story in shown for line in told(story))


def _xml(text: str) -> str:
    """Without the characters that XML has no way to write."""
    return "".join(
        c if c in "\n\t" or (c >= " " and not 0xD7FF < ord(c) < 0xE000) else "?" for c in text
    )


def gradescope(grades: Sequence[Grade], rules: Rules) -> str:
    """results.json of Gradescope's autograders, of one submission."""
    tests = [
        {
            "name": task.id,
            "number": str(number),
            "score": task.points,
            "max_score": task.max,
            "status": "passed" if task.status == "passed" else "failed",
            "output": task.status + (f"\n\n{_text(task)}" if _text(task) else ""),
            "output_format": "text",
            "visibility": "visible",
        }
        for grade in grades
        for number, task in enumerate(grade.tasks, 1)
    ]
    final = sum(after(grade, rules)[0] for grade in grades)
    notes = [note for grade in grades for note in grade.notes]
    result = {
        "score": final,
        "execution_time": round(sum(grade.seconds for grade in grades), 1),
        "output": "\n".join(notes),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {"hashes": {grade.module: dict(grade.hashes) for grade in grades}},
    }
    return json.dumps(result, indent=1) + "\n"


def classroom(tasks: Iterable[TaskGrade], version: int) -> dict[str, object]:
    """A result as GitHub Classroom's autograding runners give it; version 1 or 3."""
    found = list(tasks)
    passed = all(task.status == "passed" for task in found)
    tests = []
    for number, task in enumerate(found, 1):
        ok = task.status == "passed"
        test: dict[str, object] = {
            "name": task.id,
            "status": "pass" if ok else "fail" if task.status == "failed" else "error",
            "score": task.points,
            "message": None if ok else f"{task.status}\n{_text(task)}".strip(),
            "test_code": f"tito test {task.id}",
        }
        if version == 1:
            test |= {"filename": "", "line_no": 0, "execution_time": 0}
        else:
            test |= {"task_id": number, "filename": "", "line_no": 0, "duration": 0}
        tests.append(test)
    broken = any(test["status"] == "error" for test in tests)
    return {
        "version": version,
        "status": "pass" if passed else "error" if broken else "fail",
        "max_score": sum(task.max for task in found),
        "tests": tests,
    }


def github(grades: Sequence[Grade]) -> str:
    """Outputs of a step, for $GITHUB_OUTPUT.

    `result` and `result_v3` hold all tasks. Classroom's reporter divides a runner's points evenly
    among its tests; for exact points there is one more output for each task: `activations_relu`.
    """
    tasks = [task for grade in grades for task in grade.tasks]
    lines = [
        f"result={_encoded(classroom(tasks, 1))}",
        f"result_v3={_encoded(classroom(tasks, 3))}",
        f"score={sum(task.points for task in tasks):g}",
        f"max={sum(task.max for task in tasks):g}",
    ]
    lines += [f"{t.id.replace('.', '_')}={_encoded(classroom([t], 1))}" for t in tasks]
    return "\n".join(lines) + "\n"


def _encoded(result: dict[str, object]) -> str:
    return base64.b64encode(json.dumps(result).encode()).decode()


# --- after a regrade ---


def changes(grades: Sequence[Grade], before: Mapping[tuple[str, str], Grade | None]) -> list[str]:
    """Whose points are others than last time, and why."""
    lines = []
    for grade in grades:
        old = before.get((grade.submission, grade.module))
        if old is None or (old.score, old.max) == (grade.score, grade.max):
            continue
        reasons = [
            words for key, words in HASHES.items() if old.hashes.get(key) != grade.hashes.get(key)
        ]
        lines.append(
            f"{grade.submission} {grade.module}: {old.score:g}/{old.max:g} -> "
            f"{grade.score:g}/{grade.max:g}, as {' and '.join(reasons) or 'the run went otherwise'}"
        )
        lines += _changed_tasks(old, grade)
    return lines


def _changed_tasks(old: Grade, new: Grade) -> list[str]:
    lines = []
    was = {task.id: task for task in old.tasks}
    now = {task.id: task for task in new.tasks}
    for name in dict.fromkeys([*was, *now]):
        before, after = was.get(name), now.get(name)
        if before is None or after is None:
            lines.append(f"  {name}: {'counts no more' if after is None else 'is new'}")
            continue
        if (before.status, before.points, before.max) == (after.status, after.points, after.max):
            continue
        failed = [{s.test for s in task.stories if s.test} for task in (before, after)]
        tests = [f"{test} passes now" for test in sorted(failed[0] - failed[1])]
        tests += [f"{test} fails now" for test in sorted(failed[1] - failed[0])]
        words = f"{before.status} {before.points:g}/{before.max:g} -> "
        words += f"{after.status} {after.points:g}/{after.max:g}"
        lines.append(f"  {name}: {words}" + (f" ({'; '.join(tests)})" if tests else ""))
    return lines

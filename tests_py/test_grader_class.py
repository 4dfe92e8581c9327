"""A class is graded: right and wrong, hostile and looping, stopped half-way, and graded again."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
import zipfile

import pytest

import hostile
from submissions import UNIT

pytestmark = pytest.mark.slow

TITO = [sys.executable, "-P", "-c", "from tinytorch.tito.cli import main; main()"]
ORDINARY = ("right", "relu_of_nan", "null", "loops")
HOSTILE = ("exits", "kills_everyone", "calls_python", "reads_the_tests")

HIDDEN = """
import numpy as np
from tinytorch.tito.law import law, task

SECRET = np.array([[3.25, -7.5]], np.float32)

@task("activations.relu")
def test_relu_of_secret_numbers(lab):
    law("relu keeps what is positive", lab.activations.relu(SECRET), {relu}, given=SECRET)

@task("activations.care")
def test_softmax_of_one_column(lab):
    law("one column is sure", lab.activations.softmax(np.ones((2, 1)), -1), np.ones((2, 1)))
"""
RIGHT_LAW, WRONG_LAW = "np.maximum(SECRET, 0)", "np.abs(SECRET)"
RULES = """\
[late]
percent_per_day = 10
[modules.activations]
due = 2026-01-01
extra = { "activations.care" = 5 }
"""


class Class:
    def __init__(self, root):
        self.root = root
        self.inbox, self.hidden, self.out = root / "inbox", root / "hidden", root / "out"
        for folder in (self.inbox, self.hidden):
            folder.mkdir()
        (root / "secret.py").write_text("secret = 1\n")
        os.chmod(root / "secret.py", 0o644)
        self.cases = {case.name: case for case in hostile.all_cases(root)}

    def hand_in(self, *names):
        for name in names:
            self.cases[name].write(self.inbox)

    def command(self, *arguments):
        return [*TITO, "grade", *arguments, "--out", str(self.out), "--json",
                str(self.root / "grades.json"), "-j", "2"]  # fmt: skip

    def grade(self, *arguments, code=0):
        run = subprocess.run(
            self.command(*arguments), capture_output=True, text=True, check=False, cwd=self.root
        )
        assert run.returncode == code, run.stdout + run.stderr
        if code:
            return run.stderr
        self.printed = run.stdout
        told = json.loads((self.root / "grades.json").read_text())
        return {grade["submission"]: grade for grade in told}


def statuses(grade):
    return {task["id"].partition(".")[2]: task["status"] for task in grade["tasks"]}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class with one of each, graded once."""
    own = Class(tmp_path_factory.mktemp("class"))
    own.hand_in(*ORDINARY, *HOSTILE)
    own.result = own.grade("inbox", "--module", UNIT, "--timeout", "2")
    return own


@pytest.mark.parametrize("name", ORDINARY + HOSTILE)
def test_everyone_gets_what_was_earned(graded, name):
    case = graded.cases[name]
    assert statuses(graded.result[name]) == case.statuses()
    grade = graded.result[name]
    assert grade["score"] == case.score()
    assert set(grade) - {"notes"} == {"submission", "module", "seconds", "score", "max", "tasks"}
    assert grade["max"] == 23


def test_nobody_else_was_harmed(graded):
    assert sorted(path.name for path in graded.root.iterdir()) == [
        "grades.json", "hidden", "inbox", "out", "secret.py",
    ]  # fmt: skip
    assert not [path for path in (graded.out / ".work").iterdir() if UNIT in path.name]
    assert {path.stem for path in (graded.out / "reports").iterdir()} == graded.result.keys()
    with (graded.out / "class.csv").open(newline="") as file:
        found = {row["submission"]: row for row in csv.DictReader(file)}
    assert found["right"]["percent"] == "100.00"
    assert "no result after 2 s" in (graded.out / "reports" / "loops.md").read_text()


def test_what_is_graded_is_not_graded_again(graded):
    before = {path: path.stat().st_mtime_ns for path in graded.out.glob("grades/*/*.json")}
    assert graded.grade("inbox", "--module", UNIT, "--regrade") == graded.result
    assert "8 grades, 8 of them kept from before" in graded.printed
    assert "no points changed" in graded.printed
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_stopped_at_any_moment_no_finished_grade_is_lost(tmp_path):
    own = Class(tmp_path)
    own.hand_in("right", "half", "relu_is_absolute")
    process = subprocess.Popen(
        own.command("inbox", "--module", UNIT, "-j", "1"),
        cwd=own.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    while not (done := list(own.out.glob("grades/*/*.json"))):
        assert process.poll() is None
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    kept = {path: path.read_text() for path in done}
    result = own.grade("inbox", "--module", UNIT)
    assert {name: grade["score"] for name, grade in result.items()} == {
        name: own.cases[name].score() for name in result
    }
    assert {path: path.read_text() for path in kept} == kept


def test_a_mended_test_is_a_regrade_with_reasons(tmp_path):
    """Hidden tests, extra points and lateness; an archive that is refused is a grade as well."""
    own = Class(tmp_path)
    own.hand_in("right", "relu_is_absolute")
    with zipfile.ZipFile(own.inbox / "evil.zip", "w") as archive:
        archive.writestr("../../evil.cpp", "")
    hidden = own.hidden / f"test_{UNIT}.py"
    hidden.write_text(HIDDEN.replace("{relu}", WRONG_LAW))
    (own.root / "course.toml").write_text(RULES)
    (own.root / "times.csv").write_text(
        "submission,time\nright,2026-01-02T12:00\nrelu_is_absolute,2025-12-31\n"
    )
    options = ("inbox", "--tests", "hidden", "--times", "times.csv")
    result = own.grade(*options)
    assert result["right"]["score"] == 23 - 2 + 5
    assert result["right"]["max"] == 23 + 5
    assert result["evil"]["score"] == 0
    assert "leads out of it" in result["evil"]["notes"][0]
    report = (own.out / "reports" / "right.md").read_text()
    assert "hidden test: relu keeps what is positive" in report
    assert "x: (1, 2) float32" in report
    assert "3.25" not in report
    assert "less 10 % for being late" in report
    hidden.write_text(HIDDEN.replace("{relu}", RIGHT_LAW))
    result = own.grade(*options, "--regrade")
    assert result["right"]["score"] == 28
    words = own.printed.splitlines()
    assert f"right {UNIT}: 26/28 -> 28/28, as the tests changed" in words
    assert (
        "  activations.relu: failed 0/2 -> passed 2/2 (test_relu_of_secret_numbers passes now)"
        in words
    )
    assert not any(line.startswith(("relu_is_absolute activations", "evil act")) for line in words)
    assert len(list(own.out.glob("history/*/*.json"))) == 3
    rules = RULES + 'voided = ["test_relu_*", "test_gelu_*"]\n'
    (own.root / "course.toml").write_text(rules)
    result = own.grade(*options, "--regrade")
    assert result["right"]["max"] == 28 - 2 - 2 - 3  # relu, its backward and gelu
    assert "as the rules in course.toml changed" in own.printed


def test_mistakes_are_sentences(tmp_path):
    own = Class(tmp_path)
    assert "there is no nothing" in own.grade("nothing", code=2)
    assert "holds no submissions" in own.grade("inbox", code=2)
    own.hand_in("right")
    assert "is not a unit of the course" in own.grade("inbox", "-m", "nothing", code=2)
    (own.root / "course.toml").write_text(RULES)
    words = own.grade("inbox", "-m", UNIT, code=2)
    assert 'modules.activations.extra: no test is marked with @task("activations.care")' in words
    (own.root / "course.toml").unlink()
    (own.hidden / f"test_{UNIT}.py").write_text("import nothing_of_that_name\n")
    words = own.grade("inbox", "-m", UNIT, "--tests", "hidden", code=2)
    assert "the grading tests do not run" in words
    assert "Traceback" not in words.partition("the grading tests do not run")[0]

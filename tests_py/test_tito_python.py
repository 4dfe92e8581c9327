"""The student's loop in Python: stubs, every outcome, and the place in the library."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tinytorch as torch
from tinytorch import curriculum
from tinytorch.tito import overlay, stack, tasks
from tinytorch.tito.lab import Crashed, Lab
from tinytorch.tito.workspace import Course, Workspace, course

UNIT = "training"
LIBRARY = Path(torch.__file__).resolve().parent / UNIT
TASKS = {task.id.partition(".")[2]: task for task in tasks.tasks_of(LIBRARY)}


# --- the course ---


def test_the_library_marks_its_tasks_by_the_rules():
    folders = [LIBRARY.parent / unit for unit in curriculum.load().units]
    for folder in filter(tasks.teaches, folders):
        for path in tasks.sources(folder):
            tasks.check(tasks.find(path.read_text(), path), path.read_text(), folder.name)
    assert 3 <= len(TASKS) <= 8


def test_a_package_without_tasks_is_not_taught():
    assert tasks.teaches(LIBRARY)
    assert not tasks.teaches(LIBRARY.parent / "autograd")
    assert all(name.endswith((".cpp", ".h")) for name in course().files("autograd"))


def test_a_wheel_carries_the_stubs_and_no_solution(tmp_path):
    """Written as the build does; a course of stubs gives a student the same files."""
    script = Path(tasks.__file__)
    command = [sys.executable, "-I", script, LIBRARY, LIBRARY.parent / "autograd", tmp_path]
    subprocess.run(command, check=True)
    assert [folder.name for folder in tmp_path.iterdir()] == [UNIT]
    carried = Course((tmp_path,), Path())
    assert carried.files(UNIT) == course().files(UNIT)
    for task in TASKS.values():
        text = (tmp_path / UNIT / task.path.name).read_text()
        assert f'raise NotImplementedError("{task.id} is not started")\n' in text
        body = task.path.read_text().splitlines()[task.body - 1 : task.last - 1]
        assert "\n".join(body) not in text


# --- the instrumented copy ---


def test_the_copy_keeps_every_line_where_it_was():
    for path in tasks.sources(LIBRARY):
        text = path.read_text()
        marked = {task.first: task.id for task in tasks.find(text, path)}
        *copy, empty, origin = tasks.instrument(text, path, Path("/home/me") / path.name).split(
            "\n"
        )
        assert (empty, origin) == ("", f"# /home/me/{path.name}")
        for number, (was, line) in enumerate(zip(text.splitlines(), copy, strict=True), 1):
            wanted = f'__task__("{marked[number]}")' if number in marked else was
            assert line.strip() == wanted.strip()
        for task in tasks.find(text, path):
            without = tasks.instrument(text, path, path, {task.id}).split("\n")
            assert not any(without[task.body - 1 : task.last - 1])
            assert len(without) == len(copy) + 2


# --- a stack of Python ---


def test_a_stack_of_python_is_split_from_what_was_printed(tmp_path):
    own = tmp_path / "grün" / UNIT / "steps.py"
    own.parent.mkdir(parents=True)
    own.write_text(
        "def step():\n    # TASK training.step (1 point): go.\n    abort()\n    # END TASK\n"
    )
    name = str(own).replace("ü", "\\xfc")
    output = (
        "hello\nFatal Python error: Aborted\n\nThread 0x00007f0a (most recent call first):\n"
        f'  File "/usr/lib/python3/os.py", line 9 in abort\n  File "{name}", line 3 in step\n'
        '  File "<test>", line 7 in f\n\nExtension modules: numpy.core (total: 1)\n'
    )
    found, printed = stack.split(output)
    assert printed == "hello"
    assert stack.locate(found, [], own.parents[1]) == ("training.step", "steps.py:3")
    assert stack.locate(found, [], tmp_path / "elsewhere") == ("", "")


# --- end to end ---


class Student:
    """A workspace of the unit, and the command line."""

    def __init__(self, root):
        self.root = root
        self.folder = root / "modules" / UNIT

    def tito(self, *arguments, exit_code=0):
        code = "from tinytorch.tito.cli import main; main()"
        run = subprocess.run(
            [sys.executable, "-P", "-c", code, *arguments, "--dir", str(self.root)],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.root,
        )
        assert run.returncode == exit_code, run.stdout + run.stderr
        return run.stdout

    def solve(self):
        shutil.rmtree(self.folder)
        shutil.copytree(LIBRARY, self.folder, ignore=shutil.ignore_patterns("__pycache__"))

    def write(self, task, *body):
        """Replaces the body of one task; returns the number of its first line."""
        path = self.folder / TASKS[task].path.name
        found = {each.id: each for each in tasks.find(path.read_text(), path)}[f"{UNIT}.{task}"]
        lines = path.read_text().splitlines()
        indent = lines[found.first - 1].partition("#")[0]
        lines[found.body - 1 : found.last - 1] = [indent + line for line in body]
        path.write_text("\n".join(lines) + "\n")
        return found.body

    def build(self):
        """What is left out, and why."""
        broken = overlay.build(Workspace(self.root, course()), [UNIT]).broken
        return {name.partition(".")[2]: story for name, story in broken.items()}

    def lab(self):
        built = overlay.build(Workspace(self.root, course()), [UNIT])
        assert (built.libraries, built.watch, built.broken) == ({}, None, {})
        return Lab(built.parts([UNIT]), self.folder.parent)


def table(report):
    return dict(re.findall(r"^  training\.(\w+) +\d+/\d+ +(\w.*)$", report, re.MULTILINE))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    student = Student(tmp_path_factory.mktemp("work space"))
    student.tito("start", UNIT)
    return student


@pytest.fixture
def student(workspace):
    workspace.solve()
    return workspace


def test_a_started_unit_is_all_stubs_worth_nothing(workspace):
    assert {path.name for path in workspace.folder.iterdir()} == {
        path.name for path in LIBRARY.glob("*.py")
    }
    report = json.loads(workspace.tito("test", UNIT, "--json", exit_code=1))
    assert {task["status"] for task in report["tasks"]} == {"not started"}
    assert report["score"] == 0
    assert report["max"] == sum(task.points for task in TASKS.values())
    assert not list(workspace.root.glob("build/*.ninja")), "Python needs no compiler"


def test_seven_outcomes_each_for_its_task(student):
    """Right, wrong, not started, endless, an exception, no Python, and a crash."""
    student.write("cosine_schedule", "return lr")
    student.write("snapshot", 'raise NotImplementedError("training.snapshot is not started")')
    student.write("early_stopping", 'print("waiting")', "while True:", "    self.waited = 0")
    line = student.write("train_step", "", "return model.nothing")
    student.write("clip_grad_norm", "total = (0.0", "return total")
    aborts = student.write("restore", "import os", "os.abort()")
    shown = student.tito("test", UNIT, "--timeout", "0.5", exit_code=1)
    assert table(shown) == {
        "snapshot": "not started",
        "restore": "crashed",
        "clip_grad_norm": "compile error",
        "gradient_norms": "passed",
        "cosine_schedule": "failed",
        "train_step": "failed",
        "evaluate": "passed",
        "early_stopping": "timeout",
    }
    place = rf"gradients\.py:{TASKS['clip_grad_norm'].body}"
    for words in (
        r"training\.cosine_schedule  FAILED  [\s\S]+ expected [\s\S]+ tito test training\.cosine",
        r"training\.early_stopping  TIMEOUT  .*\n  no result after 0.5 s, at stopping\.py:\d+\n"
        r"  printed: waiting",
        r"training\.train_step  FAILED  .*\n  AttributeError: .*\n"
        rf"  at steps\.py:{line + 1}: return model\.nothing\n  in: losses = ",
        rf"  modules/training/{place}: SyntaxError: '\(' was never closed\n +total = \(0\.0\n +\^",
        rf"SIGABRT in training\.restore at checkpoint\.py:{aborts + 1}\n",
        r"training: 5/23 points",
    ):
        assert re.search(words, shown), words + "\n" + shown


def test_a_task_that_is_no_python_is_left_out_alone(student):
    """Wherever Python sees the error: these fail at or after the end of the task."""
    student.write("train_step", "for x, y in batches:")
    student.write("snapshot", '"""an open string')
    student.write("early_stopping", "if value:", "  return True", " return False")
    broken = student.build()
    assert broken.keys() == {"train_step", "snapshot", "early_stopping"}
    assert "expected an indented block after 'for'" in broken["train_step"][0]
    assert "unterminated triple-quoted string" in broken["snapshot"][0]
    assert "modules/training/stopping.py:" in broken["early_stopping"][0]
    copy = (student.root / "build" / "src" / UNIT / "steps.py").read_text()
    assert '; raise NotImplementedError("training.train_step is not started")\n' in copy
    assert "def evaluate(" in copy


def test_an_error_outside_the_tasks_fails_what_the_file_holds(student):
    """And all of the unit where it holds no task; so does a marker that is lost."""
    steps = student.folder / "steps.py"
    steps.write_text(steps.read_text() + "x = = 1\n")
    assert student.build().keys() == {"train_step", "evaluate"}
    steps.write_text("\0")
    assert student.build().keys() == {"train_step", "evaluate"}
    steps.unlink()
    assert "steps.py is missing; tito start training" in student.build()["evaluate"][0]
    student.solve()
    steps.write_text(steps.read_text().replace("    # END TASK\n", "", 1))
    assert "the line END TASK of training.train_step is missing" in student.build()["evaluate"][0]
    student.solve()
    (student.folder / "progress.py").write_text("def\n")
    assert student.build().keys() == TASKS.keys()


def test_a_file_of_ones_own_is_imported_until_it_is_deleted(student):
    own = student.folder / "mine.py"
    own.write_text("def twice(x):\n    return 2 * x\n")
    student.write(
        "gradient_norms", "from tinytorch.training.mine import twice", "return {'': twice(0.0)}"
    )
    assert student.build() == {}
    copy = student.root / "build" / "src" / UNIT / "mine.py"
    assert copy.is_file()
    own.unlink()
    assert student.build() == {}
    assert not copy.exists()


def test_an_error_while_importing_says_where(student):
    path = student.folder / "steps.py"
    path.write_text(path.read_text() + "nothing()\n")
    number = len(path.read_text().splitlines())
    error = f"does not load: steps.py:{number}: NameError: name 'nothing' is not defined"
    with student.lab() as lab, pytest.raises(Crashed, match=re.escape(error)):
        lab.run(places)


def places():
    """Where the library's names come from, and how often tasks were called."""
    from tinytorch.training import cosine_schedule, trainer

    cosine_schedule(0, 10, 1.0)
    model = torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
    files = [module.__file__ for module in (torch.training, trainer, torch.nn)]
    return files, cosine_schedule.__code__.co_filename, dict(torch._C.task_calls())


def test_the_students_package_takes_the_librarys_place_and_calls_are_counted(student):
    with student.lab() as lab:
        (package, trainer, nn), file, calls = lab.run(places)
    copies = student.root / "build" / "src" / UNIT
    assert (package, trainer) == (str(copies / "__init__.py"), str(copies / "trainer.py"))
    assert Path(nn).resolve().is_relative_to(LIBRARY.parent)
    assert file == str(student.folder / "schedules.py")
    assert calls.keys() == {"training.cosine_schedule"}
    assert calls["training.cosine_schedule"] >= 1
    assert Path(sys.modules["tinytorch.training"].__file__).resolve().parent == LIBRARY
    with Lab() as lab:
        (package, *_), _, calls = lab.run(places)
    assert Path(package).resolve().parent == LIBRARY
    assert calls == {}

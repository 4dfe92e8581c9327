"""The student's loop: tasks and stubs, compile errors, and every outcome end to end."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tinytorch.tito import diagnostics, stack, tasks
from tinytorch.tito.tasks import MarkerError

CLONE = Path(__file__).resolve().parents[1]
MODULES = CLONE / "cpp" / "modules"
UNITS = sorted(folder.name for folder in MODULES.iterdir() if any(folder.glob("*.cpp")))


# --- tasks ---

SOURCE = """\
template <class T>
void relu(View<const T, 1> x, View<T, 1> y) {
  // TASK unit.relu (2 points): which comparison
  // keeps a NaN?
  for (int64_t i = 0; i < x.size(0); ++i) {
    y(i) = x(i) < 0 ? 0 : x(i);  // the "}" of a string
  }
  // END TASK
}
"""
PATH = Path("relu.cpp")


def test_a_task_is_found_with_its_hint_and_lines():
    (task,) = tasks.find(SOURCE, PATH)
    assert task == tasks.Task(
        "unit.relu", 2, "which comparison keeps a NaN?", PATH, first=3, body=5, last=8
    )
    assert task.unit == "unit"
    tasks.check([task], SOURCE, "unit")


def test_a_stub_keeps_the_markers_and_says_what_is_missing():
    assert tasks.stub(SOURCE, PATH).splitlines()[2:6] == [
        "  // TASK unit.relu (2 points): which comparison",
        "  // keeps a NaN?",
        '  todo("unit.relu");',
        "  // END TASK",
    ]
    assert tasks.stub(tasks.stub(SOURCE, PATH), PATH) == tasks.stub(SOURCE, PATH)


def test_the_instrumented_copy_keeps_every_line_where_it_was():
    copy = tasks.instrument(SOURCE, PATH, Path("/home/me/relu.cpp")).splitlines()
    assert copy[0] == '#line 1 "/home/me/relu.cpp"'
    assert copy[3] == '  const ::tinytorch::TaskScope task_scope_("unit.relu");'
    assert copy[1:3] + copy[4:] == SOURCE.splitlines()[:2] + SOURCE.splitlines()[3:]
    without = tasks.instrument(SOURCE, PATH, PATH, {"unit.relu"}).splitlines()
    assert without[3].endswith('::tinytorch::todo("unit.relu");')
    assert without[5:8] == ["", "", ""]
    assert len(without) == len(copy)


def test_a_python_task_has_the_same_markers():
    source = (
        "def step(x):\n    # TASK unit.step (1 point): add one.\n    return x + 1\n    # END TASK\n"
    )
    found = tasks.find(source, Path("step.py"))
    tasks.check(found, source, "unit")
    stub = tasks.stub(source, Path("step.py"))
    assert '    raise NotImplementedError("unit.step is not started")\n' in stub


def edited(*pairs):
    text = SOURCE
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (edited(("  // END TASK\n", "")), "the line END TASK of unit.relu is missing"),
        (edited(("unit.relu", "unit.relu2")), "names without numbers"),
        (edited((" (2 points)", "")), "expected `TASK unit.name (4 points): hint`"),
        (edited(("(2 points)", "(0 points)")), "worth no points"),
        (edited(("unit.relu", "other.relu")), "stands in unit `unit`"),
        (edited(("    y(i)", "    {y(i)")), "does not run to the end of one function"),
        (edited(("END TASK\n", "END TASK\n  y(0) = 1;\n")), "does not run to the end"),
        (edited(("    y(i)", "    y(i);\n" * 30 + "    y(i)")), "a body of 1 to 30 lines"),
        (SOURCE + SOURCE, "already a task in relu.cpp:3"),
        ("// END TASK\n" + SOURCE, "END TASK without a TASK"),
        (
            "void f() {\n  if (x) {\n    // TASK unit.f (1 point): a\n    g();\n"
            "    // END TASK\n  }\n}\n",
            "does not run to the end of one function",
        ),
    ],
)
def test_markers_that_delimit_no_task_are_refused(text, sentence):
    with pytest.raises(MarkerError, match=re.escape(sentence)):
        tasks.check(tasks.find(text, PATH), text, "unit")


def test_a_name_may_hold_a_number_that_is_a_words_own():
    text = edited(("unit.relu", "unit.max_pool2d_backward"))
    assert [task.id for task in tasks.find(text, PATH)] == ["unit.max_pool2d_backward"]


@pytest.mark.parametrize("unit", UNITS)
def test_the_library_marks_its_tasks_by_the_rules(unit):
    for path in tasks.sources(MODULES / unit):
        tasks.check(tasks.find(path.read_text(), path), path.read_text(), unit)
    assert len(tasks.tasks_of(MODULES / unit)) >= 1


def test_the_tree_of_stubs_holds_no_line_of_a_solution(tmp_path):
    tasks.write_stubs([MODULES / unit for unit in UNITS], tmp_path)
    for unit in UNITS:
        for task in tasks.tasks_of(MODULES / unit):
            lines = task.path.read_text().splitlines()[task.body - 1 : task.last - 1]
            stubbed = (tmp_path / unit / task.path.name).read_text()
            assert "\n".join(lines) not in stubbed, task.id
            assert f'todo("{task.id}");' in stubbed


# --- compile errors ---

GCC = """\
FAILED: obj/u/a.o
c++ -std=c++20 -c src/u/a.cpp -o obj/u/a.o
/ws/a.cpp: In function 'void relu(View<const T, 1>, View<T, 1>)':
/ws/a.cpp:12:15: error: 'tpo' was not declared in this scope
   12 |     y(i) = tpo;
      |            ^~~
/ws/a.cpp:12:15: note: suggested alternative
/ws/a.cpp:60:2: warning: unused variable
In file included from /ws/a.cpp:3:
/inc/core/view.h: In instantiation of 'T& View<T, N>::operator()(Index ...) const':
/ws/a.cpp:25:9:   required from 'void softmax(View<const T, 2>)'
/ws/a.cpp:61:20:   required from here
/inc/core/view.h:51:29: error: static assertion failed: one index per dimension
[1/2] c++ -std=c++20 -c src/u/b.cpp
"""
CLANG = """\
/inc/core/view.h:51:5: error: static assertion failed: one index per dimension
/ws/a.cpp:25:9: note: in instantiation of function template specialization requested here
"""
LINKER = """\
/usr/bin/ld: obj/u/a.o: in function `void f()':
/ws/a.cpp:25: undefined reference to `helper(double)'
collect2: error: ld returned 1 exit status
"""


def a_task(name, first, last):
    return tasks.Task(name, 1, "", Path("/ws/a.cpp"), first, first + 1, last)


@pytest.mark.parametrize(
    ("output", "blamed"),
    [(GCC, ["u.relu", "u.softmax"]), (CLANG, ["u.softmax"]), (LINKER, ["u.softmax"])],
)
def test_an_error_is_given_to_the_task_it_lies_in(output, blamed):
    found = [a_task("u.relu", 10, 14), a_task("u.softmax", 20, 30)]
    errors = diagnostics.parse(output)
    path = Path("/ws/a.cpp")
    assert [error.blames(found, path).id for error in errors] == blamed
    assert all(error.blames([a_task("u.other", 40, 50)], path) is None for error in errors)
    assert not any(error.touches(Path("/ws/b.cpp")) for error in errors)


def test_errors_are_trimmed_to_the_first():
    shown = diagnostics.trimmed(diagnostics.parse(GCC), Path("/ws"))
    assert shown[:3] == (
        "a.cpp:12:15: error: 'tpo' was not declared in this scope",
        "   12 |     y(i) = tpo;",
        "      |            ^~~",
    )
    assert "note" not in " ".join(shown)
    assert shown[3:] == (
        "a.cpp:25: this line leads to",
        "/inc/core/view.h:51:29: error: static assertion failed: one index per dimension",
    )
    assert diagnostics.trimmed(diagnostics.parse(GCC) * 5, Path("/ws")) == shown
    many = "".join(f"/ws/a.cpp:{line}:1: error: number {line}\n" for line in range(1, 9))
    assert diagnostics.trimmed(diagnostics.parse(many), Path("/ws")) == (
        "a.cpp:1:1: error: number 1",
        "a.cpp:2:1: error: number 2",
        "a.cpp:3:1: error: number 3",
        "and 5 more errors, perhaps of the same cause",
    )


def test_a_stack_is_split_from_what_was_printed():
    output = "hello\ntito: SIGSEGV u.relu\ntito: /lib/a b.so 1f\nworld\ntito: nonsense"
    found, printed = stack.split(output)
    assert found == stack.Stack("SIGSEGV", "u.relu", (("/lib/a b.so", 31),))
    assert printed == "hello\nworld"


# --- end to end: a workspace, edited and graded as a student would ---


class Student:
    """A workspace of the unit activations, and the command line."""

    def __init__(self, root):
        self.root = root
        self.modules = root / "modules"

    def tito(self, *arguments):
        code = "from tinytorch.tito.cli import main; main()"
        return subprocess.run(
            [sys.executable, "-P", "-c", code, *arguments, "--dir", str(self.root)],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.root,
        )

    def grade(self, *arguments, exit_code=1):
        """The statuses by task name, and the whole report."""
        run = self.tito("test", *arguments, "--json")
        assert run.returncode == exit_code, run.stdout + run.stderr
        report = json.loads(run.stdout)
        return {task["id"].partition(".")[2]: task["status"] for task in report["tasks"]}, report

    def copy_solutions(self, unit="activations"):
        for path in (MODULES / unit).glob("*.cpp"):
            (self.modules / unit / path.name).write_text(path.read_text())

    def write(self, task, *body):
        """Replaces the body of one task."""
        unit = task.partition(".")[0]
        for path in tasks.sources(self.modules / unit):
            for found in tasks.find(path.read_text(), path):
                if found.id == task:
                    lines = path.read_text().splitlines()
                    lines[found.body - 1 : found.last - 1] = body
                    path.write_text("\n".join(lines) + "\n")
                    return
        raise AssertionError(f"no {task} in the workspace")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    student = Student(tmp_path_factory.mktemp("work space"))
    run = student.tito("start", "activations")
    assert run.returncode == 0, run.stderr
    return student


@pytest.fixture
def student(workspace):
    """The shared workspace, every task solved."""
    workspace.copy_solutions()
    return workspace


ALL = (
    "relu",
    "relu_backward",
    "sigmoid",
    "sigmoid_backward",
    "gelu",
    "softmax",
    "softmax_backward",
    "log_softmax",
)


def test_a_started_unit_is_all_stubs_worth_nothing(workspace):
    folder = workspace.modules / "activations"
    assert {path.name for path in folder.iterdir()} == {
        path.name for path in (MODULES / "activations").iterdir()
    }
    assert not os.access(folder / "activations.h", os.W_OK) or os.geteuid() == 0
    statuses, report = workspace.grade("activations")
    assert statuses == dict.fromkeys(ALL, "not started")
    assert report["score"] == 0
    assert report["max"] == sum(task["max"] for task in report["tasks"]) == 23


def test_start_never_overwrites(student):
    path = student.modules / "activations" / "rows.cpp"
    path.write_text("// mine\n")
    missing = student.modules / "activations" / "pointwise.cpp"
    missing.unlink()
    run = student.tito("start", "activations")
    assert run.returncode == 0
    assert path.read_text() == "// mine\n"
    assert "wrote" in run.stdout
    assert missing.is_file()


def test_the_reference_scores_full_marks(student):
    statuses, report = student.grade("activations", exit_code=0)
    assert statuses == dict.fromkeys(ALL, "passed")
    assert report["score"] == report["max"] == 23
    assert set(report) == {"module", "seconds", "score", "max", "tasks"}
    assert report["tasks"][0] == {
        "id": "activations.relu",
        "status": "passed",
        "points": 2,
        "max": 2,
    }


def test_seven_outcomes_each_for_its_task(student):
    student.write(
        "activations.relu_backward",
        "  for (int64_t i = 0; i < x.size(0); ++i) grad_x(i) = grad(i);",
    )
    student.write("activations.sigmoid", '  todo("activations.sigmoid");')
    student.write(
        "activations.sigmoid_backward",
        "  volatile int64_t i = 0;",
        "  while (i < y.size(0)) grad_x(0) = grad(0);",
    )
    student.write("activations.gelu", "  const T half = 0.5", "  y(0) = hafl * x(0);")
    student.write(
        "activations.softmax",
        "  for (int64_t i = 0; i < x.size(0); ++i)",
        "    for (int64_t j = 0; j <= x.size(1); ++j) y(i, j) = x(i, j);",
    )
    student.write(
        "activations.softmax_backward",
        "  T* nothing = nullptr;",
        "  nothing[y.size(0)] = grad(0, 0);",
        "  grad_x(0, 0) = 0;",
    )
    run = student.tito("test", "activations", "--timeout", "2")
    assert run.returncode == 1
    table = dict(re.findall(r"^  activations\.(\w+) +\d+/\d+ +(\w.*)$", run.stdout, re.MULTILINE))
    assert table == {
        "relu": "passed",
        "relu_backward": "failed",
        "sigmoid": "not started",
        "sigmoid_backward": "timeout",
        "gelu": "compile error",
        "softmax": "failed",
        "softmax_backward": "crashed",
        "log_softmax": "passed",
    }
    for line in (
        "activations.relu_backward  FAILED  relu_backward is the derivative",
        "a gate: what was cut off learns nothing.",
        "read docs/activations.md      again: tito test activations.relu_backward -k "
        "relu_backward_equals_finite_differences",
        "no result after 2 s, at pointwise.cpp:",
        "modules/activations/pointwise.cpp:",
        "error: expected ',' or ';' before 'y'",
        "IndexError: activations.softmax: index (0, ",
        "SIGSEGV in activations.softmax_backward at rows.cpp:",
        "activations: 5/23 points",
    ):
        assert line in run.stdout


def test_one_task_or_some_tests_can_be_graded_alone(student):
    student.write("activations.softmax", '  todo("activations.softmax");')
    statuses, report = student.grade("activations.relu", exit_code=0)
    assert statuses == {"relu": "passed"}
    assert report["max"] == 2
    statuses, _ = student.grade("activations", "-k", "keeps_a_nan", exit_code=0)
    assert statuses == dict.fromkeys(("relu", "sigmoid", "gelu"), "passed")
    run = student.tito("test", "activations.nothing")
    assert run.returncode == 2
    assert "tito: `activations.nothing` is not a task" in run.stderr


def test_an_error_outside_the_tasks_fails_its_file_alone(student):
    """While in the other file a task calls a function that nobody wrote."""
    rows = student.modules / "activations" / "rows.cpp"
    rows.write_text(rows.read_text() + "int x = ;\n")
    student.write("activations.gelu", "  extern T helper(T);", "  y(0) = helper(x(0));")
    statuses, _ = student.grade("activations")
    assert statuses == {
        name: "compile error" if "softmax" in name or name == "gelu" else "passed" for name in ALL
    }


def test_the_task_whose_braces_do_not_pair_up_is_the_one_to_blame(student):
    """While the other file has lost a marker."""
    student.write("activations.softmax", "  for (int64_t i = 0; i < x.size(0); ++i) {")
    pointwise = student.modules / "activations" / "pointwise.cpp"
    pointwise.write_text(pointwise.read_text().replace("  // END TASK\n", "", 1))
    run = student.tito("test", "activations")
    assert run.returncode == 1
    for name in ALL:
        passes = name in ("softmax_backward", "log_softmax")
        status = "passed" if passes else "compile error"
        assert re.search(rf"activations\.{name} +./. +{status}", run.stdout), name
    assert "the braces in this task do not pair up" in run.stdout
    assert "pointwise.cpp:11: the line END TASK of activations.relu is missing" in run.stdout


def test_only_what_changed_is_built_again(student):
    student.grade("activations.relu", exit_code=0)
    objects = student.root / "build" / "obj" / "activations"
    before = {path.name: path.stat().st_mtime_ns for path in objects.iterdir()}
    student.write("activations.softmax", "  y(0, 0) = x(0, 0);")
    student.grade("activations.softmax")
    after = {path.name: path.stat().st_mtime_ns for path in objects.iterdir()}
    assert {name for name in before if before[name] != after[name]} == {"rows.o"}


def test_a_library_that_ends_the_process_while_it_loads_passes_nothing(student):
    path = student.modules / "activations" / "rows.cpp"
    path.write_text("#include <cstdlib>\n" + path.read_text())
    path.write_text(path.read_text() + "static int ended = (std::exit(0), 0);\n")
    statuses, _ = student.grade("activations.relu")
    assert statuses == {"relu": "crashed"}


def test_another_unit_counts_only_when_integrated(student):
    """With a second unit of the student's that cannot even be loaded."""
    assert student.tito("start", "setup").returncode == 0
    path = student.modules / "setup" / "axpy.cpp"
    path.write_text(path.read_text() + "#include <cstdlib>\nstatic int e = (std::abort(), 0);\n")
    statuses, _ = student.grade("activations.relu", exit_code=0)
    assert statuses == {"relu": "passed"}
    statuses, _ = student.grade("activations.relu", "--integrated")
    assert statuses == {"relu": "crashed"}
    for path in (student.modules / "setup").iterdir():
        path.unlink()
    (student.modules / "setup").rmdir()


def test_a_unit_in_python_runs_on_the_students_libraries_when_integrated(student):
    """What crashes or does not end is found in either language."""
    assert student.tito("start", "training").returncode == 0
    folder = student.modules / "training"
    for path in tasks.sources(CLONE / "python" / "tinytorch" / "training"):
        (folder / path.name).write_text(path.read_text())
    student.write("activations.relu", "  volatile int64_t i = 0;", "  while (i == 0) y(0) = x(0);")
    student.write(
        "training.cosine_schedule",
        "    from tinytorch import activations, tensor",
        "    activations.relu(tensor([1.0]))",
    )
    student.write("training.early_stopping", "        import os", "        os.abort()")
    options = ("--integrated", "--timeout", "1")
    run = student.tito("test", "training", *options)
    assert re.search(r"no result after 1 s, at pointwise\.cpp:\d+\n", run.stdout), run.stdout
    assert re.search(r"SIGABRT in training\.early_stopping at stopping\.py:\d+\n", run.stdout)
    assert re.search(r"training\.evaluate +3/3 +passed\n", run.stdout)
    shutil.rmtree(folder)


def test_help_teaches_and_mistakes_are_sentences(student):
    run = student.tito("start", "nothing")
    assert run.returncode == 2
    assert run.stderr == "tito: `nothing` is not a module of the course; see: tito info\n"
    run = student.tito("test", "tensor")
    assert run.returncode == 2
    assert run.stderr == "tito: `tensor` is not started here; run: tito start tensor\n"

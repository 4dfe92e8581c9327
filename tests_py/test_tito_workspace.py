"""The workspace: init, progress as evidence, hints, diff, reset, update, tracks and the doctor."""

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import pytest

from tinytorch import curriculum
from tinytorch.curriculum import CurriculumError
from tinytorch.tito import belongings, cli, doctor, mishaps, sanitizer, state, tasks, watching
from tinytorch.tito.commands import hint
from tinytorch.tito.commands.debug import search
from tinytorch.tito.lab import Lab
from tinytorch.tito.workspace import Course, Workspace, WorkspaceError, course

CLONE = Path(__file__).resolve().parents[1]


class Told:
    """What a command printed, and its exit status."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out)


def tito(root, *arguments):
    """Runs a command on the workspace in this process."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    argv, sys.argv = sys.argv, ["tito", *arguments]
    if root is not None:
        sys.argv += ["--dir", str(root)]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            cli.main()
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.argv = argv
    return Told(code, out.getvalue(), err.getvalue())


@pytest.fixture
def root(tmp_path):
    """A workspace with the module activations started."""
    root = tmp_path / "my work"
    assert tito(None, "init", str(root)).code == 0
    assert tito(root, "start", "activations").code == 0
    return root


def place(root):
    return Workspace(root, course())


def passes(root, *names):
    """Notes these tasks as passed, as a run of the tests does."""
    here = place(root)
    for name in names:
        unit = name.partition(".")[0]
        result = {name: {"status": "passed", "points": 1, "max": 1}}
        state.record(here, result, state.sources(here, unit))


def write(root, task, *body):
    path = task_file(root, task)
    changed = belongings.with_bodies(path.read_text(), path, {task: [f"{x}\n" for x in body]})
    path.write_text(changed)


def task_file(root, task):
    unit = task.partition(".")[0]
    for path in tasks.sources(root / "modules" / unit):
        if task in belongings.bodies(path.read_text(), path):
            return path
    raise AssertionError(task)


# --- what goes wrong around us ---


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("CXX", "'", "which is no command; run: unset CXX"),
        ("CXX", "/nowhere/g++", "no C++ compiler `/nowhere/g++` found; see: tito doctor"),
        ("PATH", "/nowhere", "found; see: tito doctor"),
    ],
)
def test_a_strange_environment_is_a_sentence(root, monkeypatch, variable, value, sentence):
    monkeypatch.setenv(variable, value)
    told = tito(root, "test", "activations")
    assert told.code == 2
    assert sentence in told.err


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("TINYTORCH_ISA", "avx9000", "tito: TINYTORCH_ISA=avx9000, but installed are: "),
        ("TINYTORCH_KERNELS", "fast", "tito: TINYTORCH_KERNELS='fast', expected 'accelerated' or"),
    ],
)
def test_a_tinytorch_that_does_not_load_is_a_sentence(variable, value, sentence):
    command = "import runpy, sys; sys.argv[0] = 'tito'; runpy.run_path(sys.argv.pop())['main']()"
    told = subprocess.run(
        [
            sys.executable,
            "-P",
            "-c",
            command,
            "status",
            CLONE / "python/tinytorch_tito/__init__.py",
        ],
        env={**os.environ, variable: value},
        capture_output=True,
        text=True,
    )
    assert told.returncode == 2
    assert told.stderr.startswith(sentence)
    assert told.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["start", "activation"], "not a module of the course; did you mean `activations`?"),
        (["info", "Tensor"], "not a module of the course; did you mean `tensor`?"),
        (["checkpoint", "tensors"], "did you mean `tensor`?"),
        (["test", "activations.sofmax"], "not a task; did you mean `activations.softmax`?"),
        (["hint", "activations.rleu"], "not a task; did you mean `activations.relu`?"),
        (["reset", "activations."], "not a task; the tasks of activations: activations.relu, "),
        (["test", ""], "`` is not a module of the course; see: tito info"),
        (["track", "use", "textbok"], "there is no track `textbok`; did you mean `textbook`?"),
        (["milestone", "info", "perceptro"], "did you mean `perceptron`?"),
        (["milestone", "run", "perceptro"], "did you mean `perceptron`?"),
        (["milestone", "run", "zzz"], "milestones: perceptron, xor, "),
    ],
)
def test_a_name_that_is_nearly_right_is_told_the_right_one(root, arguments, sentence):
    told = tito(root, *arguments)
    assert told.code == 2
    assert sentence in told.err


def test_a_folder_that_is_not_there_is_no_workspace(tmp_path):
    told = tito(tmp_path / "none", "status")
    assert told.code == 2
    assert "there is no folder" in told.err
    assert not (tmp_path / "none").exists()


def test_a_folder_where_a_file_is_expected_is_named(root):
    file = root / "modules" / "activations" / "rows.cpp"
    file.unlink()
    file.mkdir()
    told = tito(root, "reset", "activations")
    assert told.code == 2
    assert f"{file}: Is a directory; a file is expected there" in told.err


@pytest.mark.parametrize("value", ["abc", "nan", "-1", "inf"])
def test_a_strange_timeout_is_a_sentence(root, monkeypatch, value):
    told = tito(root, "test", "activations", "--timeout", value)
    assert told.code == 2
    assert "expected seconds" in told.err
    monkeypatch.setenv("TINYTORCH_TIMEOUT", value)
    with pytest.raises(WorkspaceError, match="expected seconds"):
        Lab()


def test_a_damaged_record_of_a_milestone_is_put_aside_and_one_of_an_old_module_is_stale(root):
    file = root / ".tito" / "progress.json"
    kept = json.loads(file.read_text())
    kept["milestones"] = {"xor": {"passed": True, "sources": {"gone": "0"}}}
    file.write_text(json.dumps(kept))
    stages = {
        entry["name"]: entry["state"] for entry in tito(root, "status", "--json").json["milestones"]
    }
    assert stages["xor"] == "changed since passed"
    for rubbish in ({"xor": {"sources": 3}}, {"xor": 3}):
        file.write_text(json.dumps(kept | {"milestones": rubbish}))
        told = tito(root, "status")
        assert told.code == 0
        assert "is damaged" in told.err


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device"), "the disk is full; make room on it"),
        (PermissionError(13, "Permission denied", "/x/build"), "/x/build: Permission denied; work"),
        (OSError(30, "Read-only file system", "/x"), "tito init ~/framework"),
        (FileNotFoundError(2, "No such file or directory"), "cd to one that is there"),
        (ModuleNotFoundError("no", name="pytest"), "pytest is not installed; run: pip install"),
        (MemoryError(), "not enough memory"),
        (KeyError("x"), "a mistake of tito's own, not of yours: KeyError: 'x'"),
    ],
)
def test_what_ends_a_command_is_a_sentence_with_its_cure(error, words, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    told = mishaps.sentence(error)
    assert words in told
    assert len(list(tmp_path.iterdir())) == isinstance(error, KeyError)


# --- init and start ---


def test_no_name_is_not_the_current_folder(root):
    assert "the name of a folder" in re.sub(r"\W+", " ", tito(None, "init", "").err)


def test_a_chapter_in_a_workspace_is_plain_markdown(root):
    tito(root, "start", "setup")
    chapter = (root / "docs" / "setup.md").read_text()
    assert "{unit" not in chapter
    assert "**Needs:** nothing." in chapter
    assert "| `setup.axpy` | 1 |" in chapter


def test_init_makes_all_an_editor_needs_and_never_overwrites(root):
    for name in ("README.md", ".gitignore", ".clangd", ".vscode/settings.json", "modules"):
        assert (root / name).exists(), name
    for name in (".vscode/settings.json", ".vscode/tasks.json", "compile_commands.json"):
        json.loads((root / name).read_text())
    (root / "README.md").write_text("mine\n")
    again = tito(None, "init", str(root))
    assert again.code == 0
    assert "nothing was changed" in again.out
    assert (root / "README.md").read_text() == "mine\n"
    assert (root / "modules" / "activations" / "rows.cpp").is_file()


def test_the_commands_for_clangd_compile(root):
    commands = json.loads((root / "compile_commands.json").read_text())
    assert {Path(entry["file"]).name for entry in commands} >= {"pointwise.cpp", "rows.cpp"}
    entry = next(entry for entry in commands if entry["file"].endswith("rows.cpp"))
    arguments = [word for word in entry["arguments"] if word != "-c"] + ["-fsyntax-only"]
    checked = subprocess.run(arguments, cwd=entry["directory"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_a_folder_that_cannot_be_a_workspace_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    assert "is a file" in tito(None, "init", str(tmp_path / "file")).err
    (tmp_path / "cpp" / "modules").mkdir(parents=True)
    assert "run: tito init workspace" in tito(None, "init", str(tmp_path)).err


def test_start_refuses_no_order_and_says_what_it_skips(root):
    told = tito(root, "start", "losses")
    assert told.code == 0
    assert "You skip setup, tensor, activations, layers;" in told.out
    here = place(root)
    passes(root, *(task.id for task in here.course.tasks("activations")))
    assert "You skip setup, tensor, layers;" in tito(root, "start", "losses").out


def test_the_chapter_comes_along_and_notes_in_it_stay(root):
    assert tito(root, "start", "losses").code == 0
    chapter = root / "docs" / "losses.md"
    assert chapter.read_text().startswith("# ")
    chapter.write_text("my notes")
    tito(root, "start", "losses")
    assert chapter.read_text() == "my notes"


def test_a_workspace_is_found_from_below(root, monkeypatch):
    monkeypatch.chdir(root / "modules" / "activations")
    assert tito(None, "status", "--json").json["workspace"] == str(root)


# --- progress ---


def test_status_counts_what_passed_until_its_file_changes(root):
    passes(root, "activations.relu", "activations.softmax")
    (found,) = (m for m in tito(root, "status", "--json").json["modules"] if m["score"])
    assert (found["name"], found["score"], found["state"]) == ("activations", 6, "started")
    write(root, "activations.gelu", "  y(0) = x(0);")  # in the file of relu
    found = {m["name"]: m for m in tito(root, "status", "--json").json["modules"]}["activations"]
    assert (found["score"], found["state"]) == (4, "changed since tested")
    by_id = {task["id"]: task for task in found["tasks"]}
    assert by_id["activations.relu"]["stale"]
    assert not by_id["activations.softmax"]["stale"]
    assert "activations" in tito(root, "status").out


def test_a_file_without_tasks_makes_every_task_stale(root):
    passes(root, "activations.relu", "activations.softmax")
    (root / "modules" / "activations" / "mine.cpp").write_text("// helpers\n")
    assert tito(root, "status", "--json").json["score"] == 0


def test_a_track_changes_the_numbers_and_loses_nothing(root):
    passes(root, "activations.relu")
    before = tito(root, "status", "--json").json
    assert tito(root, "track", "use", "core-first").code == 0
    after = tito(root, "status", "--json").json
    assert after["track"] == "core-first"
    assert before["score"] == after["score"] == 2
    numbers = [{m["name"]: m["number"] for m in s["modules"]} for s in (before, after)]
    assert (numbers[0]["activations"], numbers[1]["activations"]) == (3, 2)
    assert "core-first (yours)" in tito(root, "track", "list").out
    assert tito(root, "track", "use", "nothing").err.startswith("tito: there is no track")


@pytest.mark.parametrize(
    "content",
    ["", "{", "[1]", "null", '{"format": 0}', '{"format": 1, "tasks": [], "milestones": {}}',
     '{"format": 1, "tasks": {"a.b": {}}, "milestones": {}, "hints": {}}', "\x00\xff"],
)  # fmt: skip
def test_damaged_progress_is_put_aside_with_a_sentence(root, content):
    path = state.path(place(root))
    path.write_bytes(content.encode("latin-1"))
    told = tito(root, "status", "--json")
    assert told.code == 0
    assert told.json["score"] == 0
    assert "progress.json is damaged" in told.err
    (aside,) = path.parent.glob("progress.damaged-*.json")
    assert aside.read_bytes() == content.encode("latin-1")
    passes(root, "activations.relu")
    assert tito(root, "status", "--json").err == ""


def test_progress_of_a_newer_version_is_left_alone(root):
    path = state.path(place(root))
    path.write_text('{"format": 9}')
    assert "written by a newer version" in tito(root, "status").err
    assert "written by a newer version" in tito(root, "start", "losses").err
    assert not (root / "modules" / "losses").exists()
    assert path.read_text() == '{"format": 9}'


def test_a_write_that_is_interrupted_leaves_the_old_file(root, monkeypatch):
    passes(root, "activations.relu")
    path = state.path(place(root))
    before = path.read_bytes()

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        passes(root, "activations.softmax")
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.glob(".progress*")] == []


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "modules" / "setup").mkdir(parents=True)
    (tmp_path / ".tito").write_text("a file in the way")
    told = tito(tmp_path, "track", "use", "textbook")
    assert told.code == 2
    assert told.err.startswith("tito: ")
    assert "Traceback" not in told.err


def test_info_tells_the_course_and_one_module(root):
    assert len(tito(root, "info", "--json").json["modules"]) == 23
    told = tito(root, "info", "activations")
    assert "activations.softmax  4 p  rows.cpp  not started" in told.out
    assert tito(root, "info", "losses", "--json").json["needs"] == ["activations"]
    assert tito(root, "info", "nothing").code == 2


# --- checkpoint ---


def test_a_checkpoint_is_answered_by_evidence(root):
    questions = tito(root, "checkpoint", "activations", "--json").json["questions"]
    assert [entry["answer"] for entry in questions] == ["not yet"] * 3
    passes(root, "activations.softmax")
    questions = tito(root, "checkpoint", "--json").json["questions"]
    assert [entry["answer"] for entry in questions] == ["yes", "not yet", "not yet"]
    assert "activations.softmax passed on" in questions[0]["because"][0]
    write(root, "activations.softmax", "  y(0, 0) = 1;")
    assert "its file has changed" in tito(root, "checkpoint").out


def test_what_no_test_sees_is_left_to_the_reader(root):
    first = tito(root, "checkpoint", "layers", "--json").json["questions"][0]
    assert first["answer"] == "yours"


def test_evidence_names_tasks_and_milestones_that_exist():
    known = set(curriculum.load().milestones)
    for unit in curriculum.load().units.values():
        for names in unit.evidence:
            known |= {task.id for task in course().tasks(unit.name)}
            assert set(names) <= known, unit.name
    data = tomllib.loads(curriculum.FILE.read_text())
    data["modules"][0]["evidence"] = [["setup.axpy"]]
    with pytest.raises(CurriculumError, match="`evidence` needs a list for each of 2 questions"):
        curriculum.build(data)


# --- hints ---


def test_hints_come_one_at_a_time(root):
    for read in (1, 2, 3, 3):
        told = tito(root, "hint", "activations.softmax", "--json").json
        assert (len(told["hints"]), told["of"]) == (read, 3)
    assert len(tito(root, "hint", "activations.relu", "--again", "--json").json["hints"]) == 0
    assert "activations.nothing` is not a task" in tito(root, "hint", "activations.nothing").err


def test_a_hint_without_a_name_is_for_the_first_task_that_does_not_pass(root):
    passes(root, "activations.relu")
    assert tito(root, "hint", "--json").json["task"] == "activations.relu_backward"


def test_status_asks_for_an_update_after_an_upgrade(root):
    with state.changing(place(root)) as now:
        now.version = "0.0.1"
    assert "Next: tito update" in tito(root, "status").out
    tito(root, "update")
    assert "Next: tito update" not in tito(root, "status").out


def test_every_task_has_three_hints_and_none_is_a_solution():
    places = (CLONE / "cpp" / "modules", CLONE / "python" / "tinytorch")
    folders = [place / unit for unit in curriculum.load().units for place in places]
    known = set()
    for task in (task for folder in folders if folder.is_dir() for task in tasks.tasks_of(folder)):
        known.add(task.id)
        found = hint.hints(task.id)
        assert len(found) == 3, task.id
        body = task.path.read_text().splitlines()[task.body - 1 : task.last - 1]
        for line in (line.strip().rstrip(";") for line in body):
            assert len(line) < 16 or not any(line in text for text in found), (task.id, line)
    with hint.FILE.open("rb") as file:
        data = tomllib.load(file)
    assert {f"{unit}.{name}" for unit in data for name in data[unit]} == known


# --- diff and reset ---


def test_diff_shows_what_was_written_and_no_solution(root):
    assert "no difference" in tito(root, "diff").out
    write(root, "activations.relu", "  y(0) = 42;")
    told = tito(root, "diff", "activations.relu").out
    assert "+  y(0) = 42;" in told
    assert '-  todo("activations.relu");' in told
    assert tito(root, "diff", "activations.softmax").out.startswith("no difference")
    assert list(tito(root, "diff", "--json").json["files"]) == ["modules/activations/pointwise.cpp"]


def test_reset_of_a_task_leaves_its_neighbours(root):
    write(root, "activations.relu", "  y(0) = 42;")
    write(root, "activations.gelu", "  y(0) = 7;")
    before = task_file(root, "activations.relu").read_text()
    assert tito(root, "reset", "activations.relu").code == 0
    text = task_file(root, "activations.relu").read_text()
    assert "42" not in text
    assert "y(0) = 7;" in text
    (kept,) = (root / ".tito" / "backups").rglob("pointwise.cpp")
    assert kept.read_text() == before
    assert "nothing was changed" in tito(root, "reset", "activations.relu").out


def test_reset_of_a_module_hands_out_all_and_keeps_what_was_there(root):
    folder = root / "modules" / "activations"
    (folder / "rows.cpp").write_text("mine")
    (folder / "pointwise.cpp").unlink()
    (folder / "helper.cpp").write_text("// mine, too\n")
    assert "line TASK activations.softmax is missing" in (
        tito(root, "reset", "activations.softmax").err
    )
    assert tito(root, "reset", "activations").code == 0
    assert tito(root, "diff", "activations", "--json").json["files"].keys() == {
        "modules/activations/helper.cpp"
    }
    (kept,) = (root / ".tito" / "backups").rglob("rows.cpp")
    assert kept.read_text() == "mine"


# --- update ---

OLD = """\
// A file.
void one() {
  // TASK setup.one (1 point): first.
  do_one();
  // END TASK
}
"""
NEW = """\
// A file, with more.
void one() {
  // TASK setup.uno (2 points): first, in new words.
  do_one();
  // END TASK
}
void two() {
  // TASK setup.two (1 point): second.
  do_two();
  // END TASK
}
"""
RENAMES = {"setup.one": "setup.uno"}


@pytest.fixture
def aging(tmp_path):
    """A workspace with a module of an old course, and how to make that course newer."""
    folder = tmp_path / "course" / "setup"
    folder.mkdir(parents=True)
    here = Workspace(tmp_path / "work", Course((folder.parent,), tmp_path))

    def publish(text):
        (folder / "a.cpp").write_text(text)
        (folder / "a.h").write_text(f"// {len(text)}\n")

    publish(OLD)
    here.start("setup")
    return here, publish


def mine(here):
    return (here.folder("setup") / "a.cpp").read_text()


def test_update_takes_written_bodies_into_the_new_file(aging):
    here, publish = aging
    path = here.folder("setup") / "a.cpp"
    path.write_text(mine(here).replace('todo("setup.one");', "mine();\n  and_more();"))
    result = {"setup.one": {"status": "passed", "points": 1, "max": 1}}
    state.record(here, result, {"setup.one": "abc"})
    publish(NEW)
    found = belongings.update(here, RENAMES)
    assert not found.left
    assert any("new in it: setup.two" in line for line in found.done)
    expected = tasks.stub(NEW, path).replace('todo("setup.uno");', "mine();\n  and_more();")
    assert mine(here) == expected
    assert "mine();" in (found.backup / "modules" / "setup" / "a.cpp").read_text()
    assert state.read(here).tasks.keys() == {"setup.uno"}
    again = belongings.update(here, RENAMES)
    assert (again.done, again.left, again.backup) == ([], [], None)


def test_update_replaces_what_was_not_touched(aging):
    here, publish = aging
    publish(NEW)
    belongings.update(here, RENAMES)
    assert mine(here) == tasks.stub(NEW, Path("a.cpp"))
    assert (here.folder("setup") / "a.h").read_text() == f"// {len(NEW)}\n"


def test_update_keeps_lines_of_the_students_where_the_course_changed_none(aging):
    here, publish = aging
    path = here.folder("setup") / "a.cpp"
    path.write_text("#include <cmath>\n" + mine(here))
    publish(OLD.replace("first.", "first, in other words."))
    assert not belongings.update(here, {}).left
    assert mine(here).startswith("#include <cmath>\n// A file.\n")
    assert "in other words" in mine(here)


def test_update_tells_when_both_sides_changed_and_overwrites_nothing(aging):
    here, publish = aging
    path = here.folder("setup") / "a.cpp"
    path.write_text("#include <cmath>\n" + mine(here).replace("todo(", "mine(); todo("))
    before = mine(here)
    publish(NEW)
    for _ in range(2):
        found = belongings.update(here, RENAMES)
        (told,) = found.left
        assert "stays as it is" in told
        assert "new in it: setup.two" in told
        assert mine(here) == before
    assert (here.state / "incoming" / "setup" / "a.cpp").read_text() == tasks.stub(NEW, path)


def test_update_names_a_line_that_is_missing_and_changes_nothing(aging):
    here, publish = aging
    path = here.folder("setup") / "a.cpp"
    path.write_text(mine(here).replace("  // END TASK\n", ""))
    publish(NEW)
    found = belongings.update(here, RENAMES)
    assert "END TASK of setup.uno is missing" in found.left[0]
    assert "todo" in mine(here)


def test_a_renamed_module_moves_with_its_tasks(aging):
    here, publish = aging
    path = here.folder("setup") / "a.cpp"
    text = mine(here).replace("setup.one", "beginning.one").replace("todo(", "mine(); todo(")
    path.write_text(text)
    shutil.move(here.folder("setup"), here.root / "modules" / "beginning")
    shutil.move(here.origin("setup"), here.origin("beginning"))
    with state.changing(here) as now:
        now.tasks["beginning.one"] = {"status": "passed", "source": "abc"}
        now.hints["beginning.one"] = 2
    publish(NEW)
    found = belongings.update(here, {"beginning": "setup", **RENAMES})
    assert not found.left
    assert "mine();" in mine(here)
    assert state.read(here).tasks.keys() == {"setup.uno"}
    assert state.read(here).hints == {"setup.uno": 2}


def test_update_of_this_version_changes_nothing(root):
    write(root, "activations.relu", "  y(0) = 42;")
    before = task_file(root, "activations.relu").read_text()
    assert "nothing was changed" in tito(root, "update").out
    assert task_file(root, "activations.relu").read_text() == before


@pytest.mark.parametrize(
    ("renames", "sentence"),
    [
        ({"tensor": "setup"}, "`tensor` is still a unit"),
        ({"old": "setup.axpy"}, "expected another name"),
        ({"old.task": "nothing.task"}, "`nothing.task` is not in the course"),
    ],
)
def test_renames_that_lead_nowhere_are_refused(renames, sentence):
    data = tomllib.loads(curriculum.FILE.read_text())
    with pytest.raises(CurriculumError, match=sentence):
        curriculum.build(data | {"renames": renames})


# --- doctor ---


def test_the_doctor_finds_this_machine_fit(root):
    told = tito(root, "doctor", "--json")
    assert told.code == 0, told.out
    names = {check["name"] for check in told.json["checks"]}
    assert names >= {"compiler", "C++20", "Ninja", "numpy", "pytest", "SIMD", "threads", "disk"}


def test_the_doctor_names_the_command_that_mends(root, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    told = tito(root, "doctor")
    assert told.code == 1
    assert "no `no-such-compiler`" in told.out
    assert doctor.install("g++") in told.out


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("g++ (Debian 12.2.0-14) 12.2.0\nCopyright (C) 2022 Free Software Foundation", ("g++", 12)),
        ("Debian clang version 15.0.6\nTarget: x86_64", ("clang", 15)),
        ("Apple clang version 16.0.0 (clang-1600)", ("Apple clang", 16)),
        ("icpx 2024", None),
    ],
)
def test_a_compiler_is_known_by_its_words(text, found):
    assert doctor.compiler_version(text) == found


# --- watching, and sanitizers' reports ---


def test_a_saved_file_is_noticed(tmp_path):
    path = tmp_path / "a.cpp"
    path.write_text("1")
    before = watching.snapshot([tmp_path])
    (tmp_path / "a.o").write_text("not a source")
    assert watching.snapshot([tmp_path]) == before
    path.write_text("12")
    assert watching.snapshot([tmp_path]) != before


def test_watching_runs_again_after_a_change_and_ends_with_the_last_status(tmp_path, monkeypatch):
    path, log = tmp_path / "a.cpp", tmp_path / "log"
    path.write_text("")

    def run():
        with log.open("a") as file:
            file.write("ran\n")
        return 3

    def sleep(_):
        if len(log.read_text().splitlines()) == 2:
            raise KeyboardInterrupt
        path.write_text("changed")

    monkeypatch.setattr(watching.time, "sleep", sleep)
    with pytest.raises(SystemExit) as ended:
        watching.again_and_again(run, [tmp_path])
    assert ended.value.code == 3


ASAN = """\
hello
=================================================================
==7==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000014 at pc 0x7f
WRITE of size 4 at 0x602000000014 thread T0
    #0 0x7f1 in void tinytorch::relu<float>() /ws/modules/a/p.cpp:12
    #1 0x7f2 in f /usr/include/x.h:3

0x602000000014 is located 0 bytes after 4-byte region [0x602000000010,0x602000000014)
==7==ABORTING
"""
UBSAN = "hi\n/ws/modules/a/p.cpp:5:7: runtime error: signed integer overflow: 1 + 2\n"


def test_a_sanitizers_report_is_a_sentence_with_the_students_line():
    report, rest = sanitizer.split(ASAN, Path("/ws/modules"))
    assert report.where == "p.cpp:12"
    assert report.sentence == (
        "AddressSanitizer, heap-buffer-overflow: it leaves the memory of an array; "
        "it writes 4 bytes, 0 bytes after a block of 4 bytes"
    )
    assert rest == "hello"
    report, rest = sanitizer.split(UBSAN, Path("/ws/modules"))
    assert (report.where, rest) == ("p.cpp:5", "hi")
    assert "signed integer overflow" in report.sentence
    assert sanitizer.split("all is well", Path("/ws")) == (None, "all is well")


# --- a workspace that is built, once ---


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """activations as the reference has it, and setup with an error that only sanitizers see."""
    root = tmp_path_factory.mktemp("built")
    assert tito(None, "init", str(root)).code == 0
    for unit in ("activations", "setup"):
        assert tito(root, "start", unit).code == 0
    for path in (CLONE / "cpp" / "modules" / "activations").glob("*.cpp"):
        (root / "modules" / "activations" / path.name).write_text(path.read_text())
    write(root, "setup.axpy", "  for (int64_t i = 0; i < x.size(0); ++i) y(i) = a * x(i) + y(i);",
          "  volatile T beyond = x.data[x.size(0)];", "  (void)beyond;")  # fmt: skip
    return root


@pytest.mark.slow
def test_a_test_run_is_the_evidence(built):
    told = tito(built, "test", "activations", "--json")
    assert told.code == 0, told.out + told.err
    assert told.json["score"] == told.json["max"]
    modules = {m["name"]: m for m in tito(built, "status", "--json").json["modules"]}
    assert modules["activations"]["state"] == "complete"
    part = tito(built, "test", "activations", "-k", "keeps_a_nan", "--json")
    assert part.code == 0
    recorded = state.read(place(built)).tasks
    assert recorded["activations.softmax"]["status"] == "passed"


@pytest.mark.slow
def test_a_sanitizers_report_is_the_tasks_result(built):
    try:
        sanitizer.environment("c++")
    except LookupError as error:
        pytest.skip(str(error))
    told = tito(built, "test", "setup.axpy", "--sanitize")
    assert told.code == 1
    assert "setup.axpy  CRASHED" in told.out
    assert "heap-buffer-overflow" in told.out
    assert " at axpy.cpp:" in told.out


@pytest.mark.slow
def test_a_milestone_runs_on_the_students_code_and_counts_its_calls(built):
    told = tito(built, "milestone", "run", "perceptron", "--json")
    assert told.code == 0, told.out + told.err
    result = told.json
    assert result["passed"]
    assert result["calls"]["activations.relu"] > 100
    assert result["modules"]["yours"] == ["activations"]
    assert not result["counts"]  # tensor and layers are the reference's
    known = {m["name"]: m for m in tito(built, "milestone", "list", "--json").json["milestones"]}
    assert known["perceptron"]["state"] == "locked"
    there = {path.stem.rpartition("_")[0] for path in course().milestones.glob("*_*.py")}
    missing = {name for name, m in known.items() if m["state"] == "not in this version"}
    assert missing == known.keys() - there


@pytest.mark.slow
def test_a_milestone_that_does_not_call_the_students_code_fails(built):
    told = tito(built, "milestone", "run", "xor", "--part", "1", "--json")
    assert told.code == 1
    assert told.json["checks"]["your_code_is_called"] is False


@pytest.mark.slow
def test_a_milestone_says_what_is_not_started_or_not_there(built, root):
    told = tito(root, "milestone", "run", "xor")
    assert told.code == 2
    assert "none of your code would run" in told.err
    assert "no milestone `nothing`" in tito(root, "milestone", "run", "nothing").err
    there = {path.stem.rpartition("_")[0] for path in course().milestones.glob("*_*.py")}
    for name in curriculum.load().milestones.keys() - there:
        assert f"no milestone `{name}` yet" in tito(root, "milestone", "run", name).err
    told = tito(built, "milestone", "run", "perceptron", "--colour", "red")
    assert (told.code, "No such option" in told.err) == (2, True)
    path = task_file(built, "activations.relu_backward")
    before = path.read_text()
    write(built, "activations.relu_backward", '  todo("activations.relu_backward");')
    told = tito(built, "milestone", "run", "perceptron")
    path.write_text(before)
    assert told.code == 1
    assert "it calls activations.relu_backward, which is not started" in told.err


def test_the_package_carries_the_milestones():
    assert {path.stem for path in course().milestones.glob("*_*.py")} >= {"xor_1969"}


# --- the documents ---


def test_every_command_of_the_quickstart_exists():
    """And every option that it is shown with."""
    text = (CLONE / "docs" / "quickstart.md").read_text()
    found = re.findall(r"^(?:\S.* && )?tito (.*?)(?: +#.*)?$", text, re.MULTILINE)
    assert len(found) > 25
    for line in found:
        words = [word for word in line.partition(" && ")[0].split() if re.match(r"[a-z]+$", word)]
        options = re.findall(r"--[a-z-]+", line)
        group = words[0] in ("track", "milestone")
        told = tito(None, *words[: 1 + group], "--help")
        assert told.code == 0, line
        assert all(option in told.out for option in options), line


# --- debug, bisect, bench ---


@pytest.mark.slow
def test_debug_makes_the_failing_calls_again_on_the_students_code(built):
    path = task_file(built, "activations.relu")
    before = path.read_text()
    write(built, "activations.relu", "", "  for (int64_t i = 0; i < x.size(0); ++i) y(i) = 42;")
    told = tito(built, "debug", "activations.relu", "--show")
    path.write_text(before)
    if "neither gdb nor lldb" in told.err:
        pytest.skip(told.err)
    assert told.code == 0, told.err
    title, command = told.out.strip().split("\n", 1)
    assert title.startswith("activations.relu: ")
    words = shlex.split(command)
    assert any(word.endswith("-line 13") or "--line 13" in word for word in words)
    program = words[words.index(sys.executable) :]
    ran = subprocess.run(program, capture_output=True, text=True, timeout=60)
    assert "replay: activations.relu" in ran.stdout
    assert "42." in ran.stdout


@pytest.mark.slow
def test_debug_says_when_nothing_fails(built):
    assert "no test of activations.gelu fails" in tito(built, "debug", "activations.gelu").err


@pytest.mark.parametrize(
    ("guilty", "found"),
    [([], []), (["b"], ["b"]), (["a", "c"], ["a", "c"]), (["a", "b", "c"], ["a", "b", "c"])],
)
def test_bisect_finds_the_smallest_set_that_fails(guilty, found):
    def fails(chosen):
        return bool(guilty) and set(guilty) <= set(chosen)

    assert search(["a", "b", "c"], fails) == found


@pytest.mark.slow
def test_bisect_of_what_passes_finds_nothing(built):
    told = tito(built, "bisect", "activations.relu", "--json")
    assert (told.code, told.json["culprits"]) == (0, [])


@pytest.mark.slow
def test_bench_times_the_students_code_beside_the_library(built):
    told = tito(built, "bench", "softmax", "--rounds", "1", "--json")
    assert told.code == 0, told.err
    (row,) = told.json["workloads"]
    assert row["calls"]["activations.softmax"] > 0
    assert row["seconds"].keys() == {"yours", "reference", "library"}
    assert "matmul-64" in tito(None, "bench", "--list").out
    assert "no such workload" in tito(built, "bench", "nothing").err

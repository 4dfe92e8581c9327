"""The grader's parts: what comes in, a class's rules, reports, the sandbox, a release."""

import base64
import csv
import datetime as dt
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import socket
import sys
import tarfile
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

import submissions
from tinytorch.tito import tasks
from tinytorch.tito.commands.export import syllabus
from tinytorch.tito.grader import (
    examine,
    gradescope,
    imports,
    intake,
    packing,
    release,
    reports,
    rules,
    sandbox,
)
from tinytorch.tito.grader.intake import Refused
from tinytorch.tito.grader.store import Finding, Grade, Store, TaskGrade, write_text
from tinytorch.tito.workspace import Workspace, WorkspaceError, course

CLONE = Path(__file__).resolve().parents[1]
COURSE = course()
FILES = {name: text.encode() for name, text in submissions.solution().items()}

# --- submissions as they come in ---


def a_zip(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def a_tar(path, entries, kind=tarfile.REGTYPE, target=""):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in entries.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, target
            entry.size = len(content) if kind == tarfile.REGTYPE else 0
            archive.addfile(entry, io.BytesIO(content))
    return path


@pytest.mark.parametrize("prefix", ["modules/activations", "me/modules/activations", "activations"])
@pytest.mark.parametrize("make", [a_zip, a_tar])
def test_an_archive_holds_a_workspace_wherever_it_begins(tmp_path, make, prefix):
    ending = ".zip" if make is a_zip else ".tar.gz"
    path = make(tmp_path / f"me{ending}", {f"{prefix}/{k}": v for k, v in FILES.items()})
    (one,) = intake.find([path])
    assert one.name == "me"
    contents = intake.read(path, COURSE)
    assert contents.files == {"activations": FILES}
    folder = tmp_path / "folder" / prefix
    folder.mkdir(parents=True)
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    assert intake.read(tmp_path / "folder", COURSE).fingerprint("activations") == (
        contents.fingerprint("activations")
    )


def test_what_the_course_does_not_know_is_passed_over(tmp_path):
    entries = {f"modules/activations/{name}": content for name, content in FILES.items()}
    junk = {
        "modules/activations/activations.h": b"#error a header of one's own",
        "modules/activations/tests/test_activations.py": b"",
        "modules/activations/build.sh": b"",
        "build/src/activations/rows.cpp": b"int x;",
        ".tito/stubs/activations/rows.cpp": b"int x;",
        "__MACOSX/modules/activations/rows.cpp": b"int x;",
        "tests_py/conftest.py": b"",
    }
    path = a_zip(tmp_path / "a.zip", junk | entries)
    assert intake.read(path, COURSE).files == {"activations": FILES}
    flat = a_zip(tmp_path / "flat.zip", FILES)
    assert intake.read(flat, COURSE, "activations").files == {"activations": FILES}


def test_a_name_that_a_terminal_would_obey_is_told_in_plain_letters(tmp_path):
    odd = "modules/activations/\033[2J" + "x" * 900 + ".cpp"
    (note,) = intake.read(a_zip(tmp_path / "a.zip", {odd: b""} | FILES), COURSE).notes
    assert "not a plain one" in note
    assert note.isprintable()
    assert len(note) <= 500
    with pytest.raises(Refused) as refused:
        intake.read(a_zip(tmp_path / "b.zip", {f"../{odd}": b""}), COURSE)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda p: a_zip(p / "a.zip", {"../../etc/x.cpp": b""}), "leads out of it"),
        (lambda p: a_zip(p / "a.zip", {"/etc/x.cpp": b""}), "leads out of it"),
        (lambda p: a_tar(p / "a.tar.gz", {"a/../../x.cpp": b""}), "leads out of it"),
        (lambda p: a_tar(p / "a.tgz", {"modules": b""}, tarfile.SYMTYPE, "/etc"), "holds a link"),
        (lambda p: a_tar(p / "a.tgz", {"x.cpp": b""}, tarfile.LNKTYPE, "/etc/passwd"), "a link"),
        (lambda p: a_tar(p / "a.tgz", {"x.cpp": b""}, tarfile.FIFOTYPE), "something else than"),
        (lambda p: a_tar(p / "a.tgz", {"x.cpp": b""}, tarfile.CHRTYPE), "something else than"),
        (lambda p: a_zip(p / "a.zip", {"activations/x.cpp": bytes(2 << 20)}), "larger than 1 MB"),
        (lambda p: a_zip(p / "a.zip", {f"{i}.txt": b"" for i in range(20_001)}), "more than 20000"),
        (lambda p: a_tar(p / "a.tgz", {"big.bin": bytes(300 << 20)}), "unpacks to more than"),
        (lambda p: a_zip(p / "a.zip", {}).with_name("a.zip"), None),
    ],
)
def test_an_archive_that_means_harm_is_refused(tmp_path, make, sentence):
    path = make(tmp_path)
    if sentence is None:
        path.write_bytes(b"PK\x03\x04 and then nothing")
        sentence = "cannot be read"
    with pytest.raises(Refused, match=sentence):
        intake.read(path, COURSE)
    assert {child.name for child in tmp_path.iterdir()} == {path.name}


def test_an_archive_that_takes_too_much_to_open_is_refused(tmp_path, monkeypatch):
    (tmp_path / "modules").mkdir()
    whole = a_zip(tmp_path / "whole.zip", {f"activations/{name}": FILES[name] for name in FILES})
    assert intake.read_apart(whole, COURSE).files == {"activations": FILES}
    assert intake.read_apart(tmp_path, COURSE).files == {}
    with pytest.raises(Refused, match="leads out of it"):
        intake.read_apart(a_zip(tmp_path / "a.zip", {"../x.cpp": b""}), COURSE)
    monkeypatch.setattr(intake, "MEMORY", 64 << 20)
    records = b"".join(b"14 k%08d=\n" % number for number in range(1_000_000))
    header = tarfile.TarInfo("header")
    header.type, header.size = tarfile.XHDTYPE, len(records)
    with gzip.open(tmp_path / "b.tar.gz", "wb", compresslevel=1) as file:
        file.write(header.tobuf(tarfile.USTAR_FORMAT) + records + bytes(-len(records) % 512))
        file.write(tarfile.TarInfo("x.cpp").tobuf() + bytes(1024))
    with pytest.raises(Refused, match="than any honest one"):
        intake.read_apart(tmp_path / "b.tar.gz", COURSE)


@pytest.mark.parametrize(
    "name",
    ["dlsym", "__libc_dlopen_mode", "fork", "__fork", "__vfork", "daemon", "forkpty", "fexecve",
     "_IO_popen", "_IO_proc_open", "rcmd", "shmat", "mmap64", "Py_CompileString", "setenv"],
)  # fmt: skip
def test_names_that_no_solution_needs(name):
    assert imports.REFUSED.fullmatch(name)


@pytest.mark.parametrize(
    "name", ["exp", "memcpy", "malloc", "write", "fopen", "printf", "pthread_create", "_Znwm"]
)
def test_names_that_a_solution_may_need(name):
    assert not imports.REFUSED.fullmatch(name)


def test_a_link_in_a_zip_and_in_a_folder_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        entry = zipfile.ZipInfo("modules/activations/rows.cpp")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(Refused, match="something else than files"):
        intake.read(tmp_path / "a.zip", COURSE)
    folder = tmp_path / "me" / "modules" / "activations"
    folder.mkdir(parents=True)
    (folder / "rows.cpp").symlink_to("/etc/passwd")
    with pytest.raises(Refused, match="is it a link"):
        intake.read(tmp_path / "me", COURSE)
    (folder / "rows.cpp").unlink()
    os.mkfifo(folder / "rows.cpp")
    with pytest.raises(Refused, match="no plain file"):
        intake.read(tmp_path / "me", COURSE)


def test_a_folder_of_submissions_is_each_of_them(tmp_path):
    for name in ("ada", "bob"):
        (tmp_path / name / "modules" / "activations").mkdir(parents=True)
    a_zip(tmp_path / "=cid.zip", {})
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "grades").mkdir()
    found = intake.find([tmp_path], skip=[tmp_path / "grades"])
    assert [one.name for one in found] == ["_cid", "ada", "bob"]
    with pytest.raises(WorkspaceError, match="there is no"):
        intake.find([tmp_path / "nobody"])
    with pytest.raises(WorkspaceError, match="is not a submission"):
        intake.find([tmp_path / "notes.txt"])


# --- tito submit ---


def test_the_same_files_make_the_same_archive(tmp_path):
    place = Workspace(tmp_path, COURSE)
    place.start("activations")
    files = packing.collect(place, ["activations"])
    data = packing.pack(files)
    os.utime(tmp_path / "modules" / "activations" / "rows.cpp", (0, 0))
    assert packing.pack(packing.collect(place, ["activations"])) == data
    (tmp_path / "a.zip").write_bytes(data)
    contents = intake.read(tmp_path / "a.zip", COURSE)
    assert contents.files == files
    assert contents.notes == ()
    changed = files | {"activations": files["activations"] | {"rows.cpp": b"int x;"}}
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("submission.json", json.dumps(packing.manifest(files)))
        for name, content in changed["activations"].items():
            archive.writestr(f"modules/activations/{name}", content)
    notes = intake.read(tmp_path / "b.zip", COURSE).notes
    assert notes == ("activations/rows.cpp was changed after `tito submit`",)


# --- the rules of a class ---

CLASS = """\
title = "Autumn"
order = ["tensor", "activations"]
[late]
percent_per_day = 10
at_most = 50
grace_minutes = 15
[modules.activations]
weight = 2
due = 2026-10-01T12:00:00Z
closes = 2026-10-08T12:00:00Z
voided = ["test_softmax_*"]
points = { "activations.gelu" = 4 }
extra = { "activations.speed" = 2.5 }
"""


def the_rules(tmp_path, text=CLASS):
    path = tmp_path / "course.toml"
    path.write_text(text)
    return rules.load(path)


def test_lateness_costs_what_the_class_agreed_on(tmp_path):
    of = the_rules(tmp_path)
    due = dt.datetime(2026, 10, 1, 12, tzinfo=dt.UTC).timestamp()
    hour, day = 3600, 86400
    for late, lost in ((-day, 0), (0, 0), (600, 0), (hour, 0.1), (2 * day - 1, 0.2),
                       (6 * day, 0.5), (7 * day + hour, 1)):  # fmt: skip
        assert of.penalty("activations", due + late) == lost, late
    assert of.penalty("tensor", due + 100 * day) == 0
    grade = a_grade(arrived=due + hour)
    assert reports.after(grade, of) == (4.5, 0.1)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"tensor", "activations"', '"activations", "tensor"', "needs `tensor`, which comes later"),
        ("weight", "wieght", "`wieght` means nothing here; known: weight, due"),
        ("weight = 2", 'weight = "2"', "expected `weight` to be a number"),
        ("weight = 2", "weight = nan", "expected `weight` to be a number"),
        ("activations.gelu", "gelu", 'expected ids such as "activations.name"'),
        ("[modules.activations]", "[modules.spatial]", "is not a module of this course's order"),
        ("closes = 2026-10-08", "closes = 2026-09-08", "closes before it is due"),
        ("due = 2026-10-01T12:00:00Z", "due = 12", "expected `due` to be a date or a time"),
        ('["test_softmax_*"]', '"test_softmax"', "expected `voided` to be a list"),
        ('title = "Autumn"', 'tests = "nowhere"', "there is no folder"),
        ('title = "Autumn"', "title = ", "course.toml"),
    ],
)
def test_rules_that_mean_nothing_are_sentences(tmp_path, old, new, sentence):
    assert old in CLASS
    with pytest.raises(WorkspaceError, match=re.escape(sentence)):
        the_rules(tmp_path, CLASS.replace(old, new, 1))


# --- grades ---

LAW = Finding(
    "test_rows", "failed", "rows sum to one", ("x: (2, 3) float32, [1 2 3]", "expected 1, got 7"),
    ("x: (2, 3) float32",), "docs/activations.md",
)  # fmt: skip


def a_grade(name="ada", hidden=False, arrived=0.0, status="failed"):
    found = (
        TaskGrade("activations.relu", "passed", 5, 5),
        TaskGrade(
            "activations.softmax", status, 0, 4, (replace(LAW, status=status, hidden=hidden),)
        ),
        TaskGrade("activations.gelu", "not started", 0, 3),
    )
    return Grade(name, "activations", 1.5, found, {"submission": "a", "tests": "b"}, arrived)


def test_a_grade_is_kept_whole_or_not_at_all(tmp_path):
    store = Store(tmp_path)
    store.save(a_grade())
    assert store.load("ada", "activations") == a_grade()
    assert store.all() == [a_grade()]
    path = store.path("ada", "activations")
    assert [child.name for child in path.parent.iterdir()] == ["activations.json"]
    for broken in ("", "{", "[]", '{"format": 0}', path.read_text()[:-30]):
        path.write_text(broken)
        assert store.load("ada", "activations") is None
    with pytest.raises(TypeError):
        write_text(path, None)
    assert [child.name for child in path.parent.iterdir()] == ["activations.json"]


def test_a_report_says_why_points_were_lost():
    text = reports.markdown([a_grade()], rules.Rules())
    for line in ("## activations: 5 of 12 points", "| activations.softmax | 0/4 | failed |",
                 "**activations.softmax** (4 points): failed", "    expected 1, got 7",
                 "Again, in your workspace: `tito test activations.softmax`"):  # fmt: skip
        assert line in text.splitlines()


def test_of_a_hidden_test_no_value_is_told():
    grade = a_grade(hidden=True)
    texts = (
        reports.markdown([grade], rules.Rules()),
        reports.junit([grade]),
        reports.gradescope([grade], rules.Rules()),
        base64.b64decode(reports.github([grade]).split("\n")[0].partition("=")[2]).decode(),
    )
    for text in texts:
        assert "rows sum to one" in text
        assert "(2, 3) float32" in text
        assert "1 2 3" not in text
        assert "got 7" not in text


def test_what_a_student_prints_is_no_markup():
    story = replace(LAW, title="```\n# 23/23 </td> ]]>\x1b[2J\x00 |", lines=("\x00\x08&<",))
    grade = replace(
        a_grade("=HYPERLINK(1)"), tasks=(replace(a_grade().tasks[1], stories=(story,)),)
    )
    assert not re.search(r"^(```|# 23)", reports.markdown([grade], rules.Rules()), re.MULTILINE)
    ElementTree.fromstring(reports.junit([grade]))
    rows = list(csv.reader(io.StringIO(reports.table({"=HYPERLINK(1)": [grade]}, rules.Rules()))))
    assert rows[1][0] == "'=HYPERLINK(1)"


def test_the_class_is_a_table(tmp_path):
    of = the_rules(tmp_path)
    late = dt.datetime(2026, 10, 2, tzinfo=dt.UTC).timestamp()
    other = replace(a_grade("bob"), module="tensor")
    everyone = {"ada": [a_grade(arrived=late)], "bob": [a_grade("bob"), other]}
    ada, bob = csv.DictReader(io.StringIO(reports.table(everyone, of)))
    assert (ada["activations raw"], ada["activations late"], ada["final"]) == ("5", "0.5", "4.5")
    assert (ada["tensor raw"], ada["percent"]) == ("", "37.50")
    assert (bob["raw"], bob["max"], bob["percent"]) == ("10", "24", "41.67")


def test_programs_read_the_same_points():
    grades = [a_grade(), a_grade("bob", status="crashed")]
    told = json.loads(reports.gradescope(grades[:1], rules.Rules()))
    assert told["score"] == 5
    assert [test["score"] for test in told["tests"]] == [5, 0, 0]
    assert {test["status"] for test in told["tests"]} == {"passed", "failed"}
    suites = ElementTree.fromstring(reports.junit(grades))
    assert [suite.get("failures") for suite in suites] == ["1", "0"]
    assert [suite.get("errors") for suite in suites] == ["0", "1"]
    outputs = dict(line.split("=", 1) for line in reports.github(grades[:1]).splitlines())
    for name, version in (("result", 1), ("result_v3", 3)):
        result = json.loads(base64.b64decode(outputs[name]))
        assert (result["version"], result["max_score"], result["status"]) == (version, 12, "error")
        assert [test["score"] for test in result["tests"]] == [5, 0, 0]
    one = json.loads(base64.b64decode(outputs["activations_relu"]))
    assert (one["max_score"], one["status"]) == (5, "pass")
    assert a_grade().as_json()["tasks"][0] == {
        "id": "activations.relu", "status": "passed", "points": 5, "max": 5,
    }  # fmt: skip


def test_a_regrade_says_whose_points_changed_and_why():
    old = a_grade()
    now = replace(
        old,
        hashes={"submission": "a", "tests": "c"},
        tasks=(old.tasks[0], TaskGrade("activations.softmax", "passed", 4, 4), old.tasks[2]),
    )
    before = {("ada", "activations"): old, ("bob", "activations"): a_grade("bob")}
    lines = reports.changes([now, a_grade("bob")], before)
    assert lines == [
        "ada activations: 5/12 -> 9/12, as the tests changed",
        "  activations.softmax: failed 0/4 -> passed 4/4 (test_rows passes now)",
    ]


# --- the sandbox ---


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    folder = tmp_path_factory.mktemp("box")
    trial = folder / "trial"
    trial.mkdir()
    choice = sandbox.choose("auto", trial)
    if choice.kind != "bwrap":
        pytest.skip(f"no bubblewrap: {choice.why}")
    own = folder / "own"
    own.mkdir()
    made = choice.sandbox(own)
    sandbox.own(made, own)
    return replace(made, limits=replace(sandbox.RUNNING, cpu=5, memory=1 << 29, seconds=5.0))


def python(box, code):
    return box.run([sys.executable, "-I", "-c", code], os.environ)


def test_the_sandbox_runs_what_a_worker_needs(box):
    status, output = python(box, "import numpy, tinytorch; print(tinytorch.__version__)")
    assert (status, output) == (0, output)


def test_the_sandbox_shows_nothing_but_the_installation(box, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("answer")
    (box.folder.parent / "other").mkdir(exist_ok=True)
    for path in (secret, box.folder.parent / "other", Path(__file__), Path.home() / ".bashrc",
                 Path("/etc/passwd"), Path("/proc/self/maps"), Path("/var/tmp"),
                 CLONE / "cpp"):  # fmt: skip
        status, output = python(box, f"import os; print(os.path.exists({str(path)!r}))")
        assert (path, output) == (path, "False\n")
    status, _ = python(box, f"open({str(box.folder / 'x')!r}, 'w')")
    assert status != 0


def test_the_sandbox_has_no_network_and_no_neighbours(box):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 1)"
        assert python(box, code)[0] != 0
    code = f"import os; os.kill({os.getpid()}, 0)"
    assert python(box, code)[0] != 0
    python(box, "import os, signal; os.kill(os.getppid(), 9); os.kill(-1, 9)")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("loop", "while True: pass"),
        ("sleep", "import time; time.sleep(1000)"),
        ("forks", "import os\nwhile True:\n try: os.fork()\n except OSError: pass"),
        ("sessions", "import os\nwhile True:\n try:\n  if os.fork() == 0: os.setsid()\n"
         " except OSError: pass"),
        ("memory", "x = []\nwhile True: x.append(bytearray(1 << 24))"),
        ("output", "import os\nwhile True: os.write(1, bytes(1 << 16))"),
        ("disk", "import os, tempfile\nfor place in ('/tmp', '.', '/', '/dev/shm'):\n"
         " for i in range(9):\n  try:\n   f = open(f'{place}/f{i}', 'wb')\n"
         "   while True: f.write(bytes(1 << 20))\n  except OSError: pass"),
    ],
)  # fmt: skip
def test_the_sandbox_ends_what_does_not_end(box, name, code):
    begin = time.monotonic()
    box = replace(box, limits=replace(box.limits, seconds=2.0))
    before = set(sandbox.descendants(os.getpid()))  # other tests' workers
    status, output = python(box, code)
    assert time.monotonic() - begin < 20
    assert status != 0 or name == "disk"
    assert len(output) <= sandbox.KEPT_OUTPUT + (1 << 17)
    assert set(sandbox.descendants(os.getpid())) <= before
    assert not [path for path in box.folder.iterdir() if path.name.startswith("f")]


def test_the_answers_are_hidden_from_those_who_are_asked(box):
    masks = sandbox.reference_masks("activations", None, None)
    hidden = [str(target) for target, _ in masks]
    assert any(target.endswith("libtinytorch_activations.so") for target in hidden)
    code = f"import os; print([os.path.isfile(p) and os.path.getsize(p) for p in {hidden!r}])"
    _, output = python(replace(box, masks=tuple(masks)), code)
    assert not any(json.loads(output.lower())), output


def test_names_that_no_solution_needs_are_known():
    for name in ("dlsym", "dlopen", "fork", "execve", "system", "syscall", "mprotect", "popen",
                 "PyRun_SimpleString", "_PyObject_New", "ptrace", "dl_iterate_phdr", "iconv_open",
                 "setenv", "putenv", "clearenv", "__environ", "wordexp"):  # fmt: skip
        assert imports.REFUSED.fullmatch(name), name
    for name in ("memcpy", "exp", "expf", "malloc", "_ZSt4cout", "printf", "abort", "pow", "free",
                 "pthread_create", "__tls_get_addr", "execute", "systems", "getenv"):  # fmt: skip
        assert not imports.REFUSED.fullmatch(name) or name == "execute", name


def test_machine_code_is_pointed_out():
    assert examine.suspicions(FILES) == []
    for words in ('__asm__("syscall")', "asm (x)", "extern int _DYNAMIC[];", '"/proc/self/maps"'):
        (note,) = examine.suspicions(FILES | {"rows.cpp": words.encode()})
        assert note.startswith("rows.cpp says `")


# --- release and export ---


@pytest.mark.skipif(not (CLONE / "cpp" / "modules").is_dir(), reason="needs a clone")
def test_a_release_holds_no_line_of_a_solution(tmp_path):
    result = release.write_tree(CLONE, tmp_path / "class", ["tensor", "activations"])
    tree = tmp_path / "class"
    assert result.lines > 100
    assert sorted(path.name for path in (tree / "cpp/modules").iterdir()) == [
        "activations",
        "tensor",
    ]
    assert not (tree / "cpp/accelerated").exists()
    assert (tree / "docs/failures.md").is_file()
    assert (tree / "python/tinytorch_tito/__init__.py").is_file()
    assert not (tree / "cpp/bindings/losses.cpp").exists()
    for task in tasks.tasks_of(CLONE / "cpp/modules/activations"):
        text = (tree / "cpp/modules/activations" / task.path.name).read_text()
        assert f'todo("{task.id}");' in text
    assert "-Werror" not in (tree / "CMakeLists.txt").read_text()
    with pytest.raises(WorkspaceError, match="is there already"):
        release.write_tree(CLONE, tree, ["tensor"])
    leak = next(iter(release.solution_lines(CLONE) - release.given_lines(CLONE)))
    (tree / "README.md").write_text(f"    {leak}\n")
    with pytest.raises(WorkspaceError, match=re.escape(f"README.md:1: {leak}")):
        release.scan(CLONE, tree)


@pytest.mark.skipif(not (CLONE / "cpp" / "modules").is_dir(), reason="needs a clone")
def test_a_solution_is_found_where_given_code_has_each_of_its_lines(tmp_path):
    clone, sources = tmp_path / "clone", "cpp/modules/activations"
    shutil.copytree(CLONE / sources, clone / sources)
    text = (clone / sources / "rows.cpp").read_text()
    task = tasks.find(text, Path("rows.cpp"))[0]
    lines = text.splitlines()[task.body - 1 : task.last - 1]
    header = clone / sources / "activations.h"
    header.write_text(header.read_text() + "\n".join(lines))  # a copy that somebody forgot
    with pytest.raises(WorkspaceError, match=r"activations\.h:"):
        release.write_tree(clone, tmp_path / "class", ["activations"])
    header.write_text("#pragma once\n" + "\n".join(f"  // {line}" for line in lines))
    with pytest.raises(WorkspaceError, match=r"activations\.h:"):
        release.write_tree(clone, tmp_path / "class", ["activations"])


def test_the_workflow_has_a_runner_for_each_task(tmp_path):
    text = release.write_workflow(tmp_path, ["activations"]).read_text()
    runners = re.search(r"runners: (\S+)", text)[1].split(",")
    assert runners == [task.id.replace(".", "_") for task in COURSE.tasks("activations")]
    for name in runners:
        assert f"{name.upper()}_RESULTS: ${{{{ steps.tito.outputs.{name} }}}}" in text


def test_gradescopes_zip_is_complete(tmp_path):
    wheel = tmp_path / "tinytorch_cpp-0.1.0-cp312-cp312-linux_x86_64.whl"
    wheel.write_bytes(b"wheel")
    others = tmp_path / "wheels"
    others.mkdir()
    (others / "numpy-2.0-cp312.whl").write_bytes(b"numpy")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_activations.py").write_text("")
    out = tmp_path / "a.zip"
    gradescope.write(out, wheel, others, "activations", None, tmp_path / "tests")
    first = hashlib.sha256(out.read_bytes()).hexdigest()
    gradescope.write(out, wheel, others, "activations", None, tmp_path / "tests")
    assert hashlib.sha256(out.read_bytes()).hexdigest() == first
    with zipfile.ZipFile(out) as archive:
        names = set(archive.namelist())
        assert names == {"setup.sh", "run_autograder", f"wheels/{wheel.name}",
                         "wheels/numpy-2.0-cp312.whl", "tests/test_activations.py"}  # fmt: skip
        assert archive.getinfo("run_autograder").external_attr >> 16 == 0o100755
        assert "PYTHON:-python3.12" in archive.read("setup.sh").decode()
        assert "--module activations" in archive.read("run_autograder").decode()
    with pytest.raises(WorkspaceError, match="is not a wheel of tinytorch"):
        gradescope.write(out, tmp_path / "nothing.whl", others, None, None, None)


def test_the_syllabus_lists_every_module_with_its_checkpoint():
    found = syllabus(None)
    names = [module["module"] for module in found["modules"]]
    assert names[:3] == ["setup", "tensor", "activations"]
    assert all(module["checkpoint"] for module in found["modules"])
    assert found["modules"][2]["points"] == 23
    assert any("mlp" in module["milestones"] for module in found["modules"])

"""The course as data: every track can be taught; an order that cannot is refused in a sentence."""

import itertools
import json
import random
import re
import subprocess
import sys
import tomllib
from dataclasses import replace

import pytest

from tinytorch import curriculum
from tinytorch.curriculum import CurriculumError, Track

COURSE = curriculum.load()


def track(*groups, optional=()):
    """A track from units, and from lists of units that share a number."""
    return Track(
        name="mine",
        title="a test",
        groups=tuple((group,) if isinstance(group, str) else tuple(group) for group in groups),
        optional=frozenset(optional),
    )


def test_the_course_has_its_units_tracks_and_milestones():
    assert len(COURSE.units) == 23
    assert {name: len(found.groups) for name, found in COURSE.tracks.items()} == {
        "discovery": 20,
        "plan-of-record": 18,
        "textbook": 20,
        "textbook-data-last": 20,
        "core-first": 20,
    }
    assert COURSE.track().name == "discovery"
    assert list(COURSE.milestones) == ["perceptron", "xor", "mlp", "cnn", "transformer", "systems"]


def test_names_carry_no_number():
    for name in COURSE.units:
        assert re.fullmatch(r"[a-z]+", name)


@pytest.mark.parametrize("unit", COURSE.units.values(), ids=lambda unit: unit.name)
def test_every_unit_asks_what_its_reader_can_do_now(unit):
    assert all(re.fullmatch(r"Can I .*\?", question) for question in unit.checkpoint)
    assert len(unit.checkpoint) >= 2
    assert len(unit.objectives) >= 2


@pytest.mark.parametrize("name", COURSE.tracks)
def test_every_prefix_of_a_track_has_what_it_needs(name):
    units = COURSE.tracks[name].units
    for count in range(len(units) + 1):
        first = [unit.name for unit in COURSE.first_units(name, count)]
        assert first == list(units[:count])
        for unit in first:
            assert set(COURSE.all_needs(unit)) <= set(first)


def test_numbers_are_places():
    numbers = COURSE.track().numbers
    assert numbers["setup"] == 1
    assert numbers["transformers"] == numbers["generation"] == 14
    assert numbers["capstone"] == 20
    assert COURSE.track("core-first").numbers["tensor"] == 1


def test_all_needs_lists_each_unit_after_its_own():
    needs = COURSE.all_needs("autograd")
    assert needs == ("tensor", "activations", "layers", "losses")


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        (track("tensor", "autograd"), "`autograd` needs `activations`, which the track omits"),
        (
            track("tensor", "activations", "layers", "autograd", "losses"),
            "`autograd` needs `losses`, which comes later",
        ),
        (track("tensor", "tensor"), "`tensor` is listed twice"),
        (track("tensor", "spatal"), "`spatal` is not a unit of the course"),
        (track(["activations", "tensor"]), "`activations` needs `tensor`, which comes later"),
        (
            track("tensor", "activations", optional=["tensor"]),
            "`activations` needs `tensor`, which is marked optional",
        ),
        (
            track("tensor", optional=["layers"]),
            "`layers` is marked optional, but the track omits it",
        ),
    ],
)
def test_an_order_that_cannot_be_taught_is_refused(order, sentence):
    with pytest.raises(CurriculumError, match=re.escape(sentence)):
        COURSE.check(order)


@pytest.mark.parametrize(
    "order",
    [
        track(),
        track("tensor"),
        track("tensor", "optimizers", "dataloader", "layers", "activations", "losses", "autograd"),
        track(["tensor", "activations"], "losses"),
        track("tensor", "activations", "losses", optional=["activations", "losses"]),
        track("tokenization", "setup", "tensor"),
    ],
)
def test_any_order_that_respects_needs_is_valid(order):
    COURSE.check(order)


def test_a_change_of_order_is_one_edit():
    """Moving a unit in the default track's list renumbers the rest; nothing else knows numbers."""
    data = tomllib.loads(curriculum.FILE.read_text())
    order = data["tracks"][0]["order"]
    order.insert(2, order.pop(order.index("tokenization")))
    moved = curriculum.build(data).track()
    assert moved.numbers["tokenization"] == 3
    assert moved.numbers["activations"] == COURSE.track().numbers["activations"] + 1


def reordered(seed):
    """The course with its default order drawn anew, as its needs allow."""
    data, draw, order = tomllib.loads(curriculum.FILE.read_text()), random.Random(seed), []
    while len(order) < len(COURSE.units):
        ready = [unit for unit in COURSE.units.values() if {*unit.needs} <= {*order}]
        order.append(draw.choice([unit.name for unit in ready if unit.name not in order]))
    data["tracks"][0]["order"] = order
    return curriculum.build(data), order


@pytest.mark.parametrize("seed", range(20))
def test_any_order_that_needs_allow_can_be_taught(seed):
    course, order = reordered(seed)
    assert list(course.track().units) == order
    for early, late in itertools.pairwise(order):
        swapped = [{early: late, late: early}.get(unit, unit) for unit in order]
        if early in COURSE.units[late].needs:
            with pytest.raises(CurriculumError, match=f"`{late}` needs `{early}`"):
                COURSE.check(track(*swapped))
        else:
            COURSE.check(track(*swapped))


def test_tito_follows_another_order_without_another_edit(monkeypatch, tmp_path, capsys):
    from tinytorch.tito import cli

    course, order = reordered(1)
    assert order != list(COURSE.track().units)
    monkeypatch.setattr(curriculum, "load", lambda: course)

    def told(*arguments):
        monkeypatch.setattr(sys, "argv", ["tito", *arguments])
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert not end.value.code
        return json.loads(capsys.readouterr().out)

    status = told("status", "--json", "--dir", str(tmp_path))
    assert [(m["number"], m["name"]) for m in status["modules"]] == [*enumerate(order, 1)]
    syllabus = told("export", "--format", "json")
    assert [m["module"] for m in syllabus["modules"]] == order


def test_a_broken_file_is_refused_with_its_place():
    data = tomllib.loads(curriculum.FILE.read_text())
    data["tracks"][2]["order"].reverse()
    with pytest.raises(CurriculumError, match=r"track `textbook`: `mlops` needs `generation`"):
        curriculum.build(data)
    data = tomllib.loads(curriculum.FILE.read_text())
    data["modules"][1]["needs"] = ["autograd"]
    with pytest.raises(CurriculumError, match=r"needs form a circle: .*tensor"):
        curriculum.build(data)
    del data["modules"][1]["hours"]
    with pytest.raises(CurriculumError, match="`tensor`: expected `hours` to be a int, got None"):
        curriculum.build(data)


def test_units_through_one_of_them():
    assert [unit.name for unit in COURSE.through("core-first", "losses")] == [
        "tensor",
        "activations",
        "layers",
        "losses",
    ]
    with pytest.raises(CurriculumError, match="track `core-first` omits `setup`"):
        COURSE.through("core-first", "setup")
    with pytest.raises(CurriculumError, match="expected 0 to 22 units, got 23"):
        COURSE.first_units("core-first", 23)
    with pytest.raises(CurriculumError, match="there is no track `x`"):
        COURSE.track("x")


def test_a_part_of_a_milestone_opens_with_what_it_needs():
    inference, training = COURSE.milestones["xor"].parts
    assert inference.runs_with(["tensor", "activations", "losses"])
    assert not training.runs_with(["losses"])
    assert training.runs_with(["losses", "optimizers"])
    assert training.runs_with(["losses", "autograd"])
    assert not replace(training, needs=("layers",)).runs_with(["losses", "autograd"])


def run(*arguments):
    """The file as the build runs it: nothing installed, standard library only."""
    command = [sys.executable, "-I", "-S", curriculum.__file__, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_build_reads_units_in_order_without_an_installation():
    assert run("--cmake", "--through", "losses", "--track", "core-first").stdout.splitlines() == [
        "tensor:",
        "activations: tensor",
        "layers: tensor",
        "losses: activations",
    ]
    assert run("--cmake", "--first", "2").stdout == "setup:\ntensor:\n"
    assert len(run("--cmake").stdout.splitlines()) == 23
    refused = run("--through", "nothing")
    assert refused.returncode == 1
    assert refused.stderr == "curriculum: `nothing` is not a unit of the course\n"

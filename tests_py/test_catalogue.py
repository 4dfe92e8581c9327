"""Every task has its wrong solutions in the catalogue, and each is one change in the task's body.

Whether they fail is for scripts/check_mutants.py, which builds them.
"""

import pytest

import catalogue


@pytest.mark.parametrize("unit", catalogue.units())
def test_every_task_has_three_mutants_each_one_change(unit):
    assert catalogue.problems(unit) == []


def test_a_catalogue_that_does_not_hold_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    assert catalogue.problems("setup") == ["there is no mutants/setup.toml"]
    path = tmp_path / "setup.toml"
    path.write_text("[[mutants]]\ntask = 1\n")
    assert "expected [[mutants]] with new, old, task, why" in catalogue.problems("setup")[0]
    entry = '[[mutants]]\ntask = "setup.{}"\nwhy = "a guess"\nold = "{}"\nnew = "x(i)"\n'
    entries = [("axpy", "x(i)"), ("axpy", "i"), ("axpy", "nothing"), ("nothing", "a")]
    path.write_text("".join(entry.format(*each) for each in entries))
    told = "\n".join(catalogue.problems("setup"))
    for words in ("it is the solution", "not once", "occurs 0 times", "there is no such task"):
        assert words in told
    path.write_text(entry.format("axpy", "a *") * 2)
    told = "\n".join(catalogue.problems("setup"))
    assert "setup.axpy has 2 mutants, and needs 3" in told
    assert "the same mutant twice" in told

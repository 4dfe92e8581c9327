"""Instruction sets: the best installed variant this CPU runs is loaded, any other is refused."""

import os
import subprocess
import sys

import pytest

from tinytorch import _cpu, _isa

ALL = ("x86-64-v4", "x86-64-v3", "baseline")


@pytest.mark.parametrize(
    ("installed", "runnable", "wanted", "chosen"),
    [
        (["x86-64-v4", "x86-64-v3", "baseline"], ALL, None, "x86-64-v4"),
        (["x86-64-v4", "x86-64-v3", "baseline"], ALL[1:], None, "x86-64-v3"),
        (["x86-64-v4", "x86-64-v3", "baseline"], ALL[2:], None, "baseline"),
        (["baseline"], ALL, None, "baseline"),
        (["x86-64-v4", "baseline"], ALL, "baseline", "baseline"),
    ],
)
def test_the_best_variant_that_runs_is_chosen(installed, runnable, wanted, chosen):
    assert _isa.choose(installed, runnable, wanted) == chosen


@pytest.mark.parametrize(
    ("installed", "runnable", "wanted", "sentence"),
    [
        (
            ["x86-64-v4"],
            ALL[1:],
            None,
            "this installation is for x86-64-v4, and this CPU runs at most x86-64-v3; reinstall",
        ),
        (
            ["x86-64-v4", "x86-64-v3"],
            ALL[2:],
            "x86-64-v4",
            "TINYTORCH_ISA=x86-64-v4, but this CPU runs at most baseline",
        ),
        (
            ["x86-64-v3", "baseline"],
            ALL,
            "x86-64-v4",
            "TINYTORCH_ISA=x86-64-v4, but installed are: x86-64-v3, baseline",
        ),
        (["baseline"], ALL, "avx9000", "TINYTORCH_ISA=avx9000, but installed are: baseline"),
    ],
)
def test_a_variant_that_cannot_run_is_refused_with_a_sentence(
    installed, runnable, wanted, sentence
):
    with pytest.raises(ImportError) as refused:
        _isa.choose(installed, runnable, wanted)
    assert str(refused.value).startswith(f"tinytorch: {sentence}")


def test_levels_come_best_first_and_every_cpu_runs_the_baseline():
    levels = _cpu.levels()
    assert levels == tuple(level for level in _isa.LEVELS if level in levels)
    assert levels[-1] == "baseline"


def test_what_is_installed_is_what_was_loaded():
    assert _isa.library_dir().name in _isa.installed_variants()
    assert _isa.library_dir().name in _cpu.levels()


def import_with(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


def test_importing_on_a_cpu_that_is_too_old_ends_in_a_sentence():
    """Not in an illegal instruction: the check comes before any code of the variant is loaded."""
    program = (
        "import sys, types; cpu = types.ModuleType('tinytorch._cpu'); "
        "cpu.levels = lambda: ('none-of-them',); sys.modules['tinytorch._cpu'] = cpu; "
        "import tinytorch"
    )
    finished = import_with(program, TINYTORCH_ISA="")
    assert finished.returncode == 1
    assert "ImportError: tinytorch: this installation is for" in finished.stderr
    assert "this CPU runs at most none-of-them; reinstall from source" in finished.stderr


def test_importing_an_unknown_variant_ends_in_a_sentence():
    finished = import_with("import tinytorch", TINYTORCH_ISA="avx9000")
    assert finished.returncode == 1
    assert "ImportError: tinytorch: TINYTORCH_ISA=avx9000, but installed are:" in finished.stderr

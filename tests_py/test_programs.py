"""Programs written for PyTorch run unchanged, and print the same numbers for the same seed."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
EXAMPLES = sorted((HERE.parent / "docs" / "examples").glob("*.py"))
PROGRAMS = sorted((HERE / "programs").glob("*.py")) + EXAMPLES
SHORT = {"STEPS": "8"}  # of the examples
NUMBER = re.compile(r"-?\d+(?:\.\d*)?(?:e[+-]?\d+)?")


def run_all(library):
    command = [sys.executable, str(HERE / "run_programs.py"), library, *map(str, PROGRAMS)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, check=False, env=os.environ | SHORT
    )
    assert done.returncode == 0, f"{library} ended with {done.returncode}:\n{done.stderr[-2000:]}"
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def ours():
    return run_all("tinytorch")


@pytest.fixture(scope="module")
def theirs():
    if importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not installed")
    return run_all("torch")


def last_place(number):
    """One unit in the last decimal that was printed; nothing for an integer."""
    mantissa, _, exponent = number.partition("e")
    decimals = len(mantissa.partition(".")[2])
    return 10.0 ** (int(exponent or 0) - decimals) if "." in mantissa or exponent else 0.0


def differs(mine, theirs):
    """Whether two lines differ by more than rounding in the last place."""
    if NUMBER.sub("#", mine).split() != NUMBER.sub("#", theirs).split():
        return True
    pairs = zip(NUMBER.findall(mine), NUMBER.findall(theirs), strict=True)
    return any(
        abs(float(a) - float(b)) > 1.01 * max(last_place(a), last_place(b)) + 1e-4 * abs(float(b))
        for a, b in pairs
        if a != b
    )


@pytest.mark.parametrize("path", PROGRAMS, ids=[path.stem for path in PROGRAMS])
def test_runs(path, ours):
    """Whether PyTorch is there to compare with or not."""
    outcome = ours[str(path)]
    assert not outcome["error"], f"{path.name}:\n{outcome['error']}"
    assert outcome["printed"].strip(), f"{path.name} printed nothing"


@pytest.mark.slow
@pytest.mark.parametrize("path", PROGRAMS, ids=[path.stem for path in PROGRAMS])
def test_prints_what_pytorch_prints(path, ours, theirs):
    expected = theirs[str(path)]
    assert not expected["error"], f"{path.name} on PyTorch:\n{expected['error']}"
    mine, other = ours[str(path)]["printed"].splitlines(), expected["printed"].splitlines()
    for number, (got, wanted) in enumerate(zip(mine, other, strict=False), 1):
        assert not differs(got, wanted), (
            f"{path.name}, line {number}:\n  PyTorch prints   {wanted}\n  tinytorch prints {got}"
        )
    assert len(mine) == len(other), f"{path.name} prints {len(mine)} lines instead of {len(other)}"

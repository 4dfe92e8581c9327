"""The house keeps its rules: includes, names without numbers, files that say what they are."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import tinytorch
from tinytorch import curriculum

ROOT = Path(__file__).resolve().parent.parent
UNITS = tuple(curriculum.load().units)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def house_files() -> list[Path]:
    """Every file of the tree that is, or is about to be, checked in; relative to ROOT."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [Path(name) for name in listed.stdout.split("\0") if name]
    return [path for path in files if (ROOT / path).is_file()]


# --- includes


def check_includes(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "scripts/check_includes.py", root], capture_output=True, text=True
    )


def test_no_include_points_the_wrong_way():
    checked = check_includes(ROOT)
    assert checked.returncode == 0, checked.stdout


VIOLATIONS = {
    ("core/a.h", "modules/tensor/tensor.h"): "core includes only core",
    ("core/a.h", "pybind11/pybind11.h"): "only bindings include pybind11",
    ("core/a.h", "xsimd/xsimd.hpp"): "only core/simd.h includes xsimd",
    ("modules/tensor/a.cpp", "accelerated/gemm.h"): "modules includes only core, modules",
    ("modules/tensor/a.cpp", "extra/sort.h"): "modules includes only core, modules",
    ("modules/tensor/a.cpp", "bindings/units.h"): "modules includes only core, modules",
    ("modules/tensor/a.cpp", "../layers/layers.h"): "it does not need layers",
    ("modules/tensor/a.cpp", "../../accelerated/gemm.h"): "modules includes only core, modules",
    ("modules/losses/a.cpp", "modules/autograd/variable.h"): "it does not need autograd",
    ("modules/optimizers/a.h", "modules/activations/a.h"): "it does not need activations",
    ("modules/novelty/a.cpp", "modules/tensor/tensor.h"): "novelty is not a unit",
    ("accelerated/a.cpp", "bindings/pytensor.h"): "accelerated includes only",
    ("accelerated/a.cpp", "extra/sort.h"): "accelerated includes only",
    ("accelerated/a.cpp", "xsimd/xsimd.hpp"): "only core/simd.h includes xsimd",
    ("bindings/a.cpp", "accelerated/gemm.h"): "bindings includes only",
    ("elsewhere/a.cpp", "core/check.h"): "cpp/elsewhere is not a part of the house",
}
ALLOWED = [
    ("core/simd.h", "xsimd/xsimd.hpp"),
    ("core/a.h", "core/check.h"),
    ("modules/losses/a.cpp", "modules/tensor/tensor.h"),  # through activations
    ("modules/losses/a.cpp", "../activations/activations.h"),
    ("modules/losses/a.cpp", "vector"),
    ("modules/training/a.cpp", "modules/layers/layers.h"),
    ("accelerated/a.cpp", "modules/autograd/variable.h"),
    ("extra/a.cpp", "modules/tensor/tensor.h"),
    ("bindings/a.cpp", "pybind11/numpy.h"),
    ("bindings/a.cpp", "extra/sort.h"),
]


def house_with(folder: Path, file: str, include: str) -> Path:
    """A tree with the curriculum and one source file, whose third line is the include."""
    data = folder / "python/tinytorch/curriculum.toml"
    data.parent.mkdir(parents=True)
    shutil.copy(curriculum.FILE, data)
    source = folder / "cpp" / file
    source.parent.mkdir(parents=True)
    source.write_text(f'// A fixture.\n\n#include "{include}"\n')
    return folder


@pytest.mark.parametrize(("place", "rule"), VIOLATIONS.items(), ids=lambda value: str(value))
def test_a_wrong_include_is_found_with_its_line_and_rule(tmp_path, place, rule):
    file, include = place
    checked = check_includes(house_with(tmp_path, file, include))
    line = 1 if "elsewhere" in file else 3
    assert checked.returncode == 1
    assert checked.stdout.startswith(f"cpp/{file}:{line}: ")
    assert rule in checked.stdout


@pytest.mark.parametrize(("file", "include"), ALLOWED)
def test_a_right_include_is_not_complained_about(tmp_path, file, include):
    checked = check_includes(house_with(tmp_path, file, include))
    assert checked.returncode == 0, checked.stdout


# --- names


def carries_a_number(path: str) -> bool:
    """Whether a place in an order of the course appears in a path."""
    unit = "|".join(UNITS)
    return bool(
        re.search(r"(^|/)([0-9]{1,2}[_-]|(module|unit|chapter|lesson|m|ch)[_-]?[0-9])", path)
        or re.search(
            rf"(?<![a-z])({unit})[_-]?[0-9]|(?<![0-9])[0-9]{{1,2}}[_-]?({unit})(?![a-z])", path
        )
    )


@pytest.mark.parametrize(
    "path",
    [
        "docs/03_activations.md",
        "cpp/modules/m02/a.cpp",
        "tests_py/test_losses5.py",
        "chapter-4/index.md",
        "cpp/modules/4tensor/a.cpp",
        "milestones/05-xor.py",
    ],
)
def test_a_number_of_the_order_is_recognised(path):
    assert carries_a_number(path)


def test_no_path_carries_a_number_of_the_order():
    numbered = [str(path) for path in house_files() if carries_a_number(path.as_posix())]
    assert not numbered


def test_kernels_are_named_after_the_unit_that_teaches_them():
    """The table holds exactly the slots that the sources of the built units define."""
    table = tinytorch._C.kernel_table()
    slot = re.compile(r'Kernel<\w+>\s+\w+\s*[({]\s*"([^"]*)"')
    built = tinytorch._C.build_info()["units"]
    defined = {
        name: path.parent.name
        for path in (ROOT / "cpp/modules").rglob("*.cpp")
        for name in slot.findall(path.read_text())
        if path.parent.name in built
    }
    assert set(table) == set(defined)
    for name, unit in defined.items():
        assert re.fullmatch(rf"{unit}\.[a-z][a-z0-9_]*", name), f"{name} is defined in {unit}"


def test_the_accelerated_set_is_loaded_wherever_it_was_built():
    """A library that is there but not loaded would leave every loop the reference, silently."""
    program = "import tinytorch; print(tinytorch._C.kernel_table()['tensor.matmul'])"
    built = any(Path(tinytorch.library_dir()).glob("libtinytorch_accelerated.*"))
    for kernels, expected in (("accelerated", built), ("reference", False)):
        environment = dict(os.environ, TINYTORCH_KERNELS=kernels)
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True
        )
        assert done.stdout.strip() == str(expected), f"{kernels}: {done.stdout}{done.stderr}"


# --- files


def opens_with_a_sentence(path: Path) -> bool:
    """Whether the first line, after a #!, is a comment or docstring of several words."""
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines() or [""]
    if lines[0].startswith("#!"):
        lines = lines[1:] or [""]
    opening = '"""' if path.suffix in (".py", ".pyi") else "// "
    return lines[0].startswith(opening) and len(lines[0].removeprefix(opening).split()) >= 3


def test_every_source_opens_by_saying_what_it_is():
    sources = [path for path in house_files() if path.suffix in (".py", ".pyi", ".c", ".h", ".cpp")]
    assert len(sources) > 50
    assert not [str(path) for path in sources if not opens_with_a_sentence(path)]


# --- what a newcomer meets first


def test_the_readme_opens_with_two_commands():
    block = re.search(r"```\w*\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert block is not None
    lines = [line for line in block[1].splitlines() if line.strip()]
    assert len(lines) == 2
    assert not [line for line in lines if line.startswith("#") or line.endswith("\\")]


def test_one_version_everywhere():
    version = PROJECT["version"]
    assert tinytorch.__version__ == version
    assert f"project(tinytorch VERSION {version} " in (ROOT / "CMakeLists.txt").read_text()
    assert re.search(rf"^## \[{re.escape(version)}\]", (ROOT / "CHANGELOG.md").read_text(), re.M)


def test_no_extra_requires_pytorch():
    for name, requirements in PROJECT["optional-dependencies"].items():
        packages = {re.split(r"[\[<>=~! ]", requirement)[0] for requirement in requirements}
        assert not packages & {"torch", "torchvision"}, name

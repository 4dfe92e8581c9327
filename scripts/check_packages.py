"""Checks that a source distribution and a wheel hold what they should and nothing else.

    python scripts/check_packages.py dist

Prints every file that should not be there and every kind of file that is missing.
"""

import re
import sys
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

LIBRARY = r"(so|dylib)"
# What a wheel may hold; each pattern must be met at least once.
WHEEL = [
    r"tinytorch/(\w+/)*\w+\.py",
    r"tinytorch/py\.typed",
    r"tinytorch/_C\.pyi",
    r"tinytorch/_cpu\.pyi",
    rf"tinytorch/_cpu\.[\w-]+\.{LIBRARY}",
    r"tinytorch/curriculum\.toml",
    r"tinytorch/tito/crash\.cpp",
    r"tinytorch/tito/hints\.toml",
    r"tinytorch/text/shakespeare\.txt",
    r"tinytorch_tito/__init__\.py",
    rf"tinytorch/lib/[\w-]+/_C\.[\w-]+\.{LIBRARY}",
    rf"tinytorch/lib/[\w-]+/libtinytorch_core\.{LIBRARY}",
    rf"tinytorch/lib/[\w-]+/libtinytorch_accelerated\.{LIBRARY}",
    rf"tinytorch/lib/[\w-]+/libtinytorch_[a-z]+\.{LIBRARY}",
    r"tinytorch/include/(core|modules/[a-z]+)/\w+\.h",
    r"tinytorch/course/modules/[a-z]+/\w+\.(cpp|h|py)",
    r"tinytorch/course/tests/test_[a-z]+\.py",
    r"tinytorch/course/docs/[a-z]+\.md",
    r"tinytorch/course/milestones/\w+\.py",
    r"tinytorch_cpp-[\d.]+\.dist-info/(METADATA|RECORD|WHEEL|entry_points\.txt)",
    r"tinytorch_cpp-[\d.]+\.dist-info/licenses/LICENSE",
]
SDIST = [
    r"CMakeLists\.txt|CMakePresets\.json|pyproject\.toml",
    r"README\.md|CHANGELOG\.md|LICENSE|PKG-INFO",
    r"cmake/\w+\.(cmake|h\.in)",
    r"cpp/(core|accelerated|extra|bindings|modules/[a-z]+)/\w+\.(c|cpp|h)",
    r"python/tinytorch/(\w+/)*\w+\.(py|pyi|toml|typed|cpp)",
    r"tests_cpp/(CMakeLists\.txt|\w+\.(cpp|h))",
    r"python/tinytorch/text/shakespeare\.txt",
    r"python/tinytorch_tito/__init__\.py",
    r"tests_py/(programs/)?\w+\.py",
    r"tests_py/mutants/[a-z]+\.toml",
    r"milestones/\w+\.(py|md)",
    r"docs/[a-z]+\.md",
    r"scripts/\w+(\.py)?",
]


def problems(names: Iterable[str], allowed: list[str]) -> list[str]:
    files = sorted(name for name in names if not name.endswith("/"))
    unexpected = [name for name in files if not any(re.fullmatch(rule, name) for rule in allowed)]
    missing = [rule for rule in allowed if not any(re.fullmatch(rule, name) for name in files)]
    return [f"should not be there: {name}" for name in unexpected] + [
        f"nothing matches: {rule}" for rule in missing
    ]


def solutions(wheel: zipfile.ZipFile) -> list[str]:
    """Files of the course in which a task is more than a stub."""
    found = []
    for name in wheel.namelist():
        if re.match(r"tinytorch/course/modules/.*\.(cpp|py)$", name):
            text = wheel.read(name).decode()
            stubs = re.findall(
                r"^ +(todo|raise NotImplementedError)\(\"\S+( is not started)?\"\);?$", text, re.M
            )
            if len(re.findall(r"^ +(//|#) TASK ", text, re.M)) != len(stubs):
                found.append(f"holds a solution: {name}")
    return found


def main() -> int:
    folder = Path(sys.argv[1])
    (sdist,) = folder.glob("*.tar.gz")
    (wheel,) = folder.glob("*.whl")
    with tarfile.open(sdist) as archive:
        inside = [member.name.partition("/")[2] for member in archive if member.isfile()]
    found = {sdist.name: problems(inside, SDIST)}
    with zipfile.ZipFile(wheel) as packed:
        found[wheel.name] = problems(packed.namelist(), WHEEL) + solutions(packed)
    for name, lines in found.items():
        print(f"{name}: {'as it should be' if not lines else f'{len(lines)} problems'}")
        print("".join(f"  {line}\n" for line in lines), end="")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())

"""Checks the order of a track: for every k its first k units build, import and pass their tests.

    python scripts/check_first_units.py [--track NAME] [--build-dir FOLDER] [--thorough]

For each k the tests of unit k run, which is where it is new; --thorough runs those of all k, as the
nightly workflow does. One build directory serves every k, so a unit is compiled once. The
interpreter that runs this needs what the tests need (the extra `test`) and no installed tinytorch:
each step is installed into a prefix of its own. Units that have no code yet are passed over.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "python/tinytorch"))
import curriculum  # noqa: E402

# Light optimisation: what is checked is that the parts fit together.
CONFIGURATION = [
    "-DCMAKE_BUILD_TYPE=Debug",
    "-DCMAKE_CXX_FLAGS_DEBUG=-O1",
    "-DTINYTORCH_ACCELERATED=OFF",
]


def run(*command: str | Path, environment: dict[str, str] | None = None) -> None:
    finished = subprocess.run(
        [str(part) for part in command], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    if finished.returncode != 0:
        print(finished.stdout[-6000:], finished.stderr[-6000:], sep="\n")
        raise SystemExit(f"failed: {' '.join(map(str, command))}")


def is_written(unit: str) -> bool:
    """Whether the unit has code: in C++, in Python, or both."""
    package = ROOT / "python/tinytorch"
    return (
        any((ROOT / "cpp/modules" / unit).glob("*.cpp"))
        or (package / unit).is_dir()
        or (package / f"{unit}.py").is_file()
    )


def tests_of(units: list[str]) -> list[Path]:
    files = [ROOT / "tests_py" / f"test_{unit}.py" for unit in units]
    missing = [str(file.relative_to(ROOT)) for file in files if not file.is_file()]
    if missing:
        raise SystemExit(f"units without tests: {', '.join(missing)}")
    return files


def configure(build: Path, count: int, track: str) -> None:
    import pybind11

    launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    run(
        "cmake", "-S", ROOT, "-B", build, "-G", "Ninja", *CONFIGURATION, *launcher,
        f"-DPython_EXECUTABLE={sys.executable}", f"-Dpybind11_DIR={pybind11.get_cmake_dir()}",
        f"-DTINYTORCH_FIRST={count}", f"-DTINYTORCH_TRACK={track}",
    )  # fmt: skip


def install(build: Path, prefix: Path) -> None:
    """The package as a wheel would lay it out: Python's files, and what CMake installs."""
    shutil.rmtree(prefix, ignore_errors=True)
    shutil.copytree(
        ROOT / "python/tinytorch", prefix / "tinytorch",
        ignore=shutil.ignore_patterns("__pycache__", "lib", "include", "*.so"),
    )  # fmt: skip
    run("cmake", "--install", build, "--prefix", prefix, "--component", "library")


def check(build: Path, count: int, track: str, units: list[str]) -> None:
    """The first `count` units of the track, and the tests of `units`."""
    tests = tests_of(units)
    configure(build, count, track)
    run("cmake", "--build", build)
    prefix = build / "prefix"
    install(build, prefix)
    environment = {**os.environ, "PYTHONPATH": str(prefix)}
    built = "import tinytorch; print(tinytorch.__file__)"
    where = subprocess.run(
        [sys.executable, "-c", built], cwd=build, env=environment, capture_output=True, text=True
    )
    if where.returncode != 0 or not Path(where.stdout.strip()).is_relative_to(prefix):
        raise SystemExit(f"import tinytorch: {where.stderr or 'not the one built here'}")
    run(sys.executable, "-m", "pytest", "-q", "-x", *tests, environment=environment)


def main() -> int:
    parser = argparse.ArgumentParser(description="Every prefix of a track builds and passes.")
    parser.add_argument("--track", help="the order to check (default: the default track)")
    parser.add_argument("--build-dir", type=Path, default=ROOT / "build/first")
    parser.add_argument("--thorough", action="store_true", help="each time the tests of all units")
    options = parser.parse_args()
    track = curriculum.load().track(options.track)
    units: list[str] = []
    for count, unit in enumerate(track.units, 1):
        if not is_written(unit):
            continue
        units.append(unit)
        start = time.monotonic()
        tested = units if options.thorough else units[-1:]
        check(options.build_dir.resolve(), count, track.name, tested)
        print(f"{track.name}, first {count}: {unit} passes  {time.monotonic() - start:.0f} s")
    print(f"{track.name}: {len(units)} prefixes build, import and pass")
    return 0


if __name__ == "__main__":
    sys.exit(main())

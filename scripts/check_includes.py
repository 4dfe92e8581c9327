"""Checks which part of the C++ tree includes which: data flows one way.

    python scripts/check_includes.py [ROOT]

Prints file:line and the rule for every `#include` that breaks one; exits with 1 when any does.
"""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
CODE = (".c", ".cpp", ".h", ".hpp")
# What each folder of cpp/ may include of the others; modules are looked at one by one.
MAY_INCLUDE = {
    "core": {"core"},
    "modules": {"core", "modules"},
    "accelerated": {"core", "modules", "accelerated"},
    "extra": {"core", "modules", "extra"},
    "bindings": {"core", "modules", "extra", "bindings"},
}


def transitive_needs(modules: list[dict[str, list[str]]]) -> dict[str, set[str]]:
    """Of every unit, itself and all it needs, directly or not."""
    needs = {str(module["name"]): module["needs"] for module in modules}

    def closure(unit: str) -> set[str]:
        return {unit}.union(*(closure(need) for need in needs[unit]))

    return {unit: closure(unit) for unit in needs}


def broken_rule(place: Path, target: str, needs: Mapping[str, set[str]]) -> str | None:
    """The rule that `place`, a path inside cpp/, breaks by including `target`."""
    part = place.parts[0]
    if target.startswith("pybind11/") and part != "bindings":
        return "only bindings include pybind11"
    if target.startswith("xsimd/") and place != Path("core/simd.h"):
        return "only core/simd.h includes xsimd"
    wanted = target.split("/")
    if len(wanted) > 1 and wanted[0] in MAY_INCLUDE and wanted[0] not in MAY_INCLUDE[part]:
        allowed = ", ".join(sorted(MAY_INCLUDE[part]))
        return f"{part} includes only {allowed}"
    if part == "modules" and wanted[0] == "modules":
        unit, other = place.parts[1], wanted[1]
        if unit not in needs:
            return f"{unit} is not a unit of the curriculum"
        if other not in needs[unit]:
            return f"{unit} includes only core and what it needs; it does not need {other}"
    return None


def violations(root: Path) -> Iterator[str]:
    with (root / "python/tinytorch/curriculum.toml").open("rb") as file:
        needs = transitive_needs(tomllib.load(file)["modules"])
    cpp = root / "cpp"
    for path in sorted(path for path in cpp.rglob("*") if path.suffix in CODE):
        place = path.relative_to(cpp)
        if place.parts[0] not in MAY_INCLUDE:
            yield f"{path.relative_to(root)}:1: cpp/{place.parts[0]} is not a part of the house"
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found = INCLUDE.match(line)
            rule = found and broken_rule(place, resolve(found[1], path, cpp), needs)
            if rule:
                yield f"{path.relative_to(root)}:{number}: {rule}: {line.strip()}"


def resolve(target: str, path: Path, cpp: Path) -> str:
    """`target` as seen from cpp/, also where it is relative to its file: `../losses/losses.h`."""
    beside = (path.parent / target).resolve()
    if beside.is_relative_to(cpp.resolve()) and (beside.is_file() or ".." in Path(target).parts):
        return beside.relative_to(cpp.resolve()).as_posix()
    return target


def main() -> int:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent
    found = list(violations(root))
    print("\n".join(found) or "includes: every rule holds")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

"""Grades a class of generated submissions and holds every point to what it must be.

    python scripts/check_grader.py              right, partial, wrong, crashing, looping and hostile
    python scripts/check_grader.py exits null   these of them
    python scripts/check_grader.py --speed 200  as many ordinary ones, against the clock

The interpreter that runs this needs tinytorch[course] installed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests_py"))
import hostile  # noqa: E402
import submissions  # noqa: E402

TITO = [sys.executable, "-P", "-c", "from tinytorch.tito.cli import main; main()"]


def grade(root: Path, *options: str) -> tuple[dict[str, dict[str, object]], float]:
    """The grades by submission, and the seconds that it took."""
    begin = time.monotonic()
    command = [
        *TITO,
        "grade",
        str(root / "inbox"),
        "--out",
        str(root / "out"),
        "--json",
        str(root / "grades.json"),
        *options,
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    told = json.loads((root / "grades.json").read_text())
    return {grade["submission"]: grade for grade in told}, time.monotonic() - begin


def check_points(root: Path, jobs: str, only: list[str]) -> int:
    outside = root / "outside"
    outside.mkdir()
    (outside / "secret.py").write_text("secret = 1\n")
    outside.chmod(0o777)
    cases = [case for case in hostile.all_cases(outside) if not only or case.name in only]
    for case in cases:
        case.write(root / "inbox")
    grades, seconds = grade(root, "-j", jobs, "--timeout", "5", "--sandbox", "bwrap")
    wrong = 0
    for case in cases:
        found = {
            task["id"].partition(".")[2]: task["status"] for task in grades[case.name]["tasks"]
        }
        if found != case.statuses() or grades[case.name]["score"] != case.score():
            wrong += 1
            other = {k: v for k, v in found.items() if v != case.statuses()[k]}
            print(f"{case.kind} {case.name}: expected {case.expected}, got {other}")
    if [path.name for path in outside.iterdir()] != ["secret.py"]:
        wrong += 1
        print(f"something was written outside: {sorted(outside.iterdir())}")
    for path in (root / "out").rglob("*.*"):
        text = path.read_text(encoding="utf-8") if path.suffix in (".md", ".csv", ".json") else ""
        if any(ord(letter) < 32 and letter not in "\n\t\r" for letter in text):
            wrong += 1
            print(f"{path.name} holds what a terminal obeys")
    print(f"{len(cases)} submissions in {seconds:.0f} s, {wrong} with other points than expected")
    return wrong


def check_speed(root: Path, count: int, jobs: str) -> int:
    ordinary = [*submissions.RIGHT, *submissions.WRONG]
    for number in range(count):
        case = ordinary[number % len(ordinary)]
        case.write(root / "part").rename(root / "inbox" / f"student{number}")
    grades, seconds = grade(root, "-j", jobs)
    wrong = sum(
        grades[f"student{number}"]["score"] != ordinary[number % len(ordinary)].score()
        for number in range(count)
    )
    print(f"{count} submissions in {seconds:.0f} s, {wrong} with other points than expected")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", metavar="NAME", help="by default all of them")
    parser.add_argument("--speed", type=int, metavar="COUNT")
    parser.add_argument("-j", "--jobs", default=str(os.cpu_count() or 2))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        (root / "inbox").mkdir()
        if options.speed:
            return min(check_speed(root, options.speed, options.jobs), 1)
        return min(check_points(root, options.jobs, options.only), 1)


if __name__ == "__main__":
    sys.exit(main())

"""Checks that a grade cannot lie: what is right scores all, what is wrong or missing does not.

    python scripts/check_mutants.py                         every unit
    python scripts/check_mutants.py layers tensor.matmul    these units and tasks
    python scripts/check_mutants.py --fast                  a quarter of the units, a task of each

A unit's solution gets full marks; as it is handed out it is worth nothing, and every task is not
started. With one task knocked out, every test that claims it stops, and no other does but for the
very task, which it calls. Every mutant in tests_py/mutants compiles, and fails.

All are built and graded as `tito test` does. The interpreter that runs this needs
tinytorch[course] installed.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests_py"))
import catalogue  # noqa: E402
from catalogue import Mutant, Trial  # noqa: E402
from tinytorch.tito.overlay import Kit  # noqa: E402

DEAD = ("failed", "crashed", "timeout")


@dataclass(frozen=True)
class Plan:
    """What is tried of one unit."""

    unit: str
    whole: bool  # as the library has it, and as it is handed out
    knocked_out: Sequence[str]
    mutants: Sequence[Mutant]


def plans(only: Sequence[str], fast: bool, seed: int) -> Iterator[Plan]:
    known = catalogue.units()
    asked = [
        unit for unit in known if not only or unit in {name.partition(".")[0] for name in only}
    ]
    if fast:
        asked = asked[seed % 4 :: 4]
    for unit in asked:
        tasks = [task for task in catalogue.ids(unit) if not only or {unit, task} & {*only}]
        mutants = [each for each in catalogue.mutants(unit) if each.task in tasks]
        if fast:
            tasks, mutants = [tasks[seed % len(tasks)]], [mutants[seed % len(mutants)]]
        yield Plan(unit, fast or not only or unit in only, tasks, mutants)


def check(folder: Path, kit: Kit, verbose: bool, plan: Plan) -> int:
    """Tries what is planned; how much of it is not as it should be."""
    trial, wrong = Trial.of(plan.unit, folder, kit), 0
    for problem in (
        *whole(trial, plan),
        *knock_outs(trial, plan),
        *survivors(trial, plan, verbose),
    ):
        wrong += 1
        print(problem, flush=True)
    return wrong


def whole(trial: Trial, plan: Plan) -> Iterator[str]:
    if not plan.whole:
        return
    for task in trial.grade(catalogue.solution(plan.unit)).tasks:
        if task.status != "passed":
            yield f"{task.id}: the solution is {task.status}: {task.stories[0].test}"
    for task in trial.grade(catalogue.stub(plan.unit)).tasks:
        if task.status != "not started" or task.points:
            yield f"{task.id}: as it is handed out it is {task.status}: {task.stories[0].test}"


def knock_outs(trial: Trial, plan: Plan) -> Iterator[str]:
    for task in plan.knocked_out:
        found = trial.stories(catalogue.stubbed(task))
        if not found.get(task):
            yield f"{task}: no test claims it"
        claimed = {story.test for story in found.get(task, ())}
        for story in found.get(task, ()):
            if story.status != "not started":
                yield f"{task}: {story.test} claims it, and is {story.status} without it"
        others = {story for name in found for story in found[name] if story.test not in claimed}
        for story in sorted(others, key=lambda story: story.test):
            if story.status != "passed" and story.lines != (f"it calls {task} is not started",):
                yield f"{task}: {story.test} does not claim it, and is {story.status} without it"


def survivors(trial: Trial, plan: Plan, verbose: bool) -> Iterator[str]:
    for mutant in plan.mutants:
        result = trial.dies(mutant)
        if result.status in DEAD:
            if verbose:
                laws = [story.test for story in result.stories if story.status == result.status]
                print(f"{mutant}: {result.status}, {'; '.join(dict.fromkeys(laws))}", flush=True)
        elif result.status == "passed":
            yield f"{mutant}: it SURVIVES"
        else:
            lines = result.stories[0].lines[:4] if result.stories else ()
            yield "\n    ".join([f"{mutant}: {result.status}", *lines])


def main() -> int:
    parser = argparse.ArgumentParser(description="The solution scores all, a wrong one does not.")
    parser.add_argument("only", nargs="*", metavar="UNIT|TASK", help="by default all units")
    parser.add_argument("--fast", action="store_true", help="a sample, another one each day")
    parser.add_argument("--seed", type=int, help="which sample", default=int(time.time()) // 86_400)
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("-v", "--verbose", action="store_true", help="say which tests fail")
    options = parser.parse_args()
    problems = [
        problem
        for unit in catalogue.units()
        if not options.only or unit in {name.partition(".")[0] for name in options.only}
        for problem in catalogue.problems(unit)
    ]
    if problems:
        print(*problems, sep="\n")
        return 1
    planned = [*plans(options.only, options.fast, options.seed)]
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        kit = catalogue.prepare(Path(folder) / "common")
        work = partial(check, Path(folder), kit, options.verbose)
        with ProcessPoolExecutor(options.jobs, max_tasks_per_child=1) as pool:
            wrong = sum(pool.map(work, planned))
    print(
        f"{sum(plan.whole for plan in planned)} units whole and empty, "
        f"{sum(len(plan.knocked_out) for plan in planned)} knock-outs and "
        f"{sum(len(plan.mutants) for plan in planned)} mutants in "
        f"{time.monotonic() - begin:.0f} s: {wrong} not as they should be"
    )
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())

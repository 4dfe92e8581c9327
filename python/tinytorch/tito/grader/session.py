"""A session of grading: many submissions, a few at a time, and every finished grade is safe.

The processes that examine are forked from one that has imported everything already. This one only
starts them, watches time and memory, and shows how far it is; it can be killed at any moment, and
the next one goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType

import tinytorch
from tinytorch import curriculum
from tinytorch.tito import law, overlay
from tinytorch.tito.grader import examine, imports, intake, sandbox
from tinytorch.tito.grader.examine import Job
from tinytorch.tito.grader.intake import Contents, Refused, Submission
from tinytorch.tito.grader.rules import Rules
from tinytorch.tito.grader.store import Grade, Store
from tinytorch.tito.workspace import Course, WorkspaceError, course

MEMORY = 4 << 30  # bytes that one submission's processes may have together
LOOK = 0.25  # seconds between two looks at them


@dataclass
class Session:
    """What is graded, by which rules, and where to."""

    store: Store
    rules: Rules
    choice: sandbox.Choice
    tests: Path | None = None  # hidden ones
    only: str | None = None
    timeout: float = 10.0
    seconds: float = 240.0
    jobs: int = 2
    times: Mapping[str, float] = field(default_factory=dict)  # of arrival, by submission
    course: Course = field(default_factory=course)

    def plan(self, submissions: Sequence[Submission]) -> list[Job]:
        """A job for each module of each submission.

        Which modules: the one that was asked for; else those that course.toml lists; else what was
        handed in, and for a submission without anything what the others handed in.
        """
        read = {submission: self._contents(submission) for submission in submissions}
        order = self.rules.order or curriculum.load().track().units
        seen = {unit for contents in read.values() for unit in contents.files}
        found = []
        for submission, contents in read.items():
            if self.only:
                units = [self.only]
            else:
                asked = self.rules.modules or contents.files or seen
                units = [unit for unit in order if unit in asked]
            found += [self._job(submission, unit, contents) for unit in units]
        if not found:
            notes = [f"{one.name}: {note}" for one, of in read.items() for note in of.notes]
            raise WorkspaceError(
                "there is no module to grade in this; name it with --module\n" + "\n".join(notes)
            )
        return found

    def _contents(self, submission: Submission) -> Contents:
        try:
            return intake.read_apart(submission.path, self.course, self.only)
        except Refused as error:
            return Contents({}, (f"refused: {error}",))

    def _job(self, submission: Submission, unit: str, contents: Contents) -> Job:
        files = contents.files.get(unit, {})
        mine = tuple(note for note in contents.notes)
        return Job(
            submission.name,
            unit,
            files,
            self.tests_of(unit),
            self.rules.module(unit),
            self.hashes(unit) | {"submission": intake.fingerprint(files)},
            self.times.get(submission.name, submission.arrived),
            mine,
            self.store,
            self.store.root / ".work" / "common",
            self.store.root / ".work" / f"{submission.name}.{unit}",
            self.choice,
            self.timeout,
            self.seconds,
        )

    def tests_of(self, unit: str) -> tuple[tuple[Path, bool], ...]:
        """The course's own tests of a unit, and the hidden ones."""
        hidden = self.tests or self.rules.tests
        found = [(self.course.test(unit), False)]
        if hidden is not None:
            names = (f"test_{unit}.py", f"test_{unit}_*.py")
            found += [(path, True) for name in names for path in sorted(hidden.glob(name))]
        return tuple(found)

    def hashes(self, unit: str) -> dict[str, str]:
        """Of all that a grade rests on, but the submission."""
        if unit not in self._hashes:
            own = self.rules.module(unit)
            rules = [own.voided, own.visible, own.hidden, dict(own.points), dict(own.extra)]
            tests = [(path.name, path.read_bytes()) for path, _ in self.tests_of(unit)]
            for task in own.extra:  # else nobody could pass it
                if not any(task.encode() in text for _, text in tests):
                    raise WorkspaceError(
                        f"course.toml: modules.{unit}.extra: no test is marked with "
                        f'@task("{task}"); give the folder of tests that has one: --tests'
                    )
            tests.append(("law.py", Path(law.__file__).read_bytes()))
            stubs = self.course.files(unit)
            self._hashes[unit] = {
                "tests": intake.fingerprint(
                    {f"{number}/{name}": text for number, (name, text) in enumerate(tests)}
                ),
                "rules": hashlib.sha256(json.dumps(rules, sort_keys=True).encode()).hexdigest(),
                "curriculum": intake.fingerprint(
                    {name: text.encode() for name, text in stubs.items()}
                    | {"curriculum.toml": curriculum.FILE.read_bytes()}
                ),
                "package": tinytorch.__version__,
            }
        return self._hashes[unit]

    _hashes: dict[str, dict[str, str]] = field(default_factory=dict)

    def kept(self, job: Job) -> Grade | None:
        """The grade of this very job, where there is one."""
        grade = self.store.load(job.submission, job.unit)
        if grade is None or dict(grade.hashes) != dict(job.hashes):
            return None
        return grade

    def run(self, jobs: Sequence[Job], done: Callable[[Job, Grade], None]) -> None:
        """Grades them, `jobs` at a time.  Raises WorkspaceError where the tests do not run."""
        if not jobs:
            return
        units = {job.unit for job in jobs}
        overlay.prepare_common(jobs[0].common, overlay.CHECKED, self.course, units)
        for unit in units:
            imports.write_exports(jobs[0].common, unit)
        os.chmod(jobs[0].common, 0o755)
        self._check_builds(jobs[0])
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([examine.__name__, "tinytorch.tito.law"])
        waiting = list(reversed(jobs))
        running: dict[int, Running] = {}
        try:
            while waiting or running:
                while waiting and len(running) < self.jobs:
                    one = Running.start(context, waiting.pop())
                    running[one.process.sentinel] = one
                ready = wait([*running], LOOK)
                for sentinel, one in list(running.items()):
                    if sentinel not in ready and not one.is_over():
                        continue
                    del running[sentinel]
                    done(one.job, one.end(self.store))
        finally:
            for one in running.values():
                one.kill()

    def _check_builds(self, job: Job) -> None:
        """Builds the course's own stubs first: what is missing here is no student's mistake."""
        known = job.common / f"{job.unit}.builds"
        how = f"{self.choice.kind} {tinytorch.__version__} {overlay.compiler()}"
        if known.is_file() and known.read_text(encoding="utf-8") == how:
            return
        stubs = {name: text.encode() for name, text in self.course.files(job.unit).items()}
        work = job.work.with_name("stubs")
        words = examine.builds(replace(job, files=stubs, work=work))
        shutil.rmtree(work, ignore_errors=True)
        if words:
            raise WorkspaceError(f"the course's own files do not build here:\n{words}")
        known.write_text(how, encoding="utf-8")


@dataclass
class Running:
    """A process that examines one job."""

    job: Job
    process: BaseProcess
    deadline: float
    why: str = ""

    @classmethod
    def start(cls, context: multiprocessing.context.ForkServerContext, job: Job) -> Running:
        examine.problem_of(job.work).unlink(missing_ok=True)
        job.store.keep_old(job.submission, job.unit)
        process = context.Process(target=examine.examine, args=(job,), daemon=False)
        # What is the main program here is none there, and is not to be run again.
        main, sys.modules["__main__"] = sys.modules["__main__"], ModuleType("__main__")
        try:
            process.start()
        finally:
            sys.modules["__main__"] = main
        return cls(job, process, time.monotonic() + job.limit)

    def is_over(self) -> bool:
        """Whether it has used up its time, or its processes their memory."""
        if time.monotonic() > self.deadline:
            self.why = "timeout"
            return True
        pid = self.process.pid
        # The one that examines counts, too: an answer may be a size, for a test to count up to.
        if pid is not None and sum(sandbox.descendants(pid, with_root=True).values()) > MEMORY:
            self.why = "crashed"
            return True
        return False

    def kill(self) -> None:
        pid = self.process.pid
        if pid is not None and self.process.is_alive():
            sandbox.kill_descendants(pid)
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.join()

    def end(self, store: Store) -> Grade:
        """What became of it.  Raises WorkspaceError where no submission is to blame."""
        self.kill()
        job = self.job
        problem = examine.problem_of(job.work)
        if problem.is_file():
            text = problem.read_text(encoding="utf-8")
            problem.unlink()
            raise WorkspaceError(f"{job.submission}: {text}")
        grade = store.load(job.submission, job.unit)
        if grade is None or dict(grade.hashes) != dict(job.hashes):
            if self.why == "timeout":
                words = f"it was stopped: not finished after {job.limit:.0f} s"
            elif self.why:
                words = f"it was stopped: its processes had more than {MEMORY >> 30} GB together"
            else:
                words = "the process that examined it was ended"
            grade = examine.all_with(job, self.why or "crashed", words, note=words)
            store.save(grade)
        examine.log_of(job.work).unlink(missing_ok=True)
        return grade

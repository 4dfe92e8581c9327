"""The proof of a release: it builds, no task is started, and it is worth nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tinytorch.tito.grader import intake, sandbox
from tinytorch.tito.grader.rules import Rules
from tinytorch.tito.grader.session import Session
from tinytorch.tito.grader.store import Store
from tinytorch.tito.workspace import WorkspaceError


def worthless(tree: Path, units: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Module by module, with the number of its tasks.  Raises WorkspaceError for any point."""
    with tempfile.TemporaryDirectory(prefix="tito") as folder:
        root = Path(folder)
        trial = root / ".work" / "trial"
        trial.mkdir(parents=True)
        session = Session(Store(root), Rules(), sandbox.choose("auto", trial))
        jobs = session.plan([intake.Submission("release", tree.resolve(), 0.0)])
        jobs = [job for job in jobs if job.unit in units]
        missing = set(units).difference(job.unit for job in jobs)
        if missing:
            raise WorkspaceError(f"the release holds no files of {', '.join(sorted(missing))}")
        session.run(jobs, lambda job, grade: None)
        for job in jobs:
            grade = session.kept(job)
            started = [
                task.id for task in (grade.tasks if grade else ()) if task.status != "not started"
            ]
            if grade is None or grade.score or started:
                raise WorkspaceError(
                    f"the release's {job.unit} is worth {grade.score if grade else 0:g} points; "
                    f"expected every task to be not started, got {', '.join(started)}"
                )
            yield job.unit, len(grade.tasks)

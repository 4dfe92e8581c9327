"""Rivals: a process for each library, which take turns."""

from __future__ import annotations

import importlib
import importlib.util
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from tinytorch.bench.workloads import WORKLOADS, Step

LIBRARIES = {"tinytorch": "tinytorch", "torch": "PyTorch", "jax": "JAX"}
ROUND = 0.02  # seconds that a library's turn takes at least
CANNOT = "cannot"


def installed() -> list[str]:
    return [name for name in LIBRARIES if importlib.util.find_spec(name)]


def _step(library: str, workload: str) -> Step:
    if library == "jax":
        from tinytorch.bench import on_jax

        return on_jax.step(workload)
    torch = importlib.import_module(library)
    torch.manual_seed(0)
    return WORKLOADS[workload].make(torch)


def _count(step: Step) -> int:
    """The calls that fill a turn."""
    count = 1
    for _ in range(3):
        step()
    while True:
        began = time.perf_counter()
        for _ in range(count):
            step()
        if time.perf_counter() - began > ROUND:
            return count
        count *= 2


def serve(library: str, threads: int) -> None:
    """A library's process: reads a workload's name, prints the seconds of one call of its step."""
    if library != "jax":
        importlib.import_module(library).set_num_threads(threads)
    steps: dict[str, tuple[Step, int]] = {}
    for line in sys.stdin:
        name = line.strip()
        if name not in steps:
            try:
                step = _step(library, name)
                steps[name] = step, _count(step)
            except (AttributeError, KeyError, NotImplementedError) as error:
                print(CANNOT, error, flush=True)
                continue
        step, count = steps[name]
        began = time.perf_counter()
        for _ in range(count):
            step()
        print((time.perf_counter() - began) / count, flush=True)


def memory(library: str, workload: str, threads: int) -> int:
    """Peak bytes by which a library's own process grows in 50 steps.  Linux and macOS."""
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    if library != "jax":
        importlib.import_module(library).set_num_threads(threads)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    step = _step(library, workload)
    for _ in range(50):
        step()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit


def command(library: str, threads: int, *more: str) -> list[str]:
    return [sys.executable, "-m", "tinytorch.bench", "--serve", library,
            "--threads", str(threads), *more]  # fmt: skip


def environment(threads: int) -> dict[str, str]:
    """What gives every library the same number of threads."""
    return {
        **os.environ,
        "OMP_NUM_THREADS": str(threads),
        "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'} "
        f"intra_op_parallelism_threads={threads}",
        "JAX_PLATFORMS": "cpu",
    }


class Rival:
    """A library's process."""

    def __init__(self, name: str, threads: int) -> None:
        self.name = name
        self._process = subprocess.Popen(
            command(name, threads), env=environment(threads), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def time(self, workload: str) -> float | None:
        """Seconds of one call; None where the library cannot run it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(workload, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.name} failed in the workload {workload}")
        return None if answer.startswith(CANNOT) else float(answer)

    def close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait()


def measure(
    names: Sequence[str], threads: int, rounds: int, advance: Callable[[], None]
) -> list[dict[str, Any]]:
    """One row a workload: median seconds of each library, and the others' over ours with spread."""
    rivals = [Rival(name, threads) for name in installed()]
    try:
        return [_row(name, rivals, rounds, advance) for name in names]
    finally:
        for rival in rivals:
            rival.close()


def _row(
    name: str, rivals: Sequence[Rival], rounds: int, advance: Callable[[], None]
) -> dict[str, Any]:
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        for rival in rivals:
            seconds = rival.time(name)
            if seconds is not None:
                times.setdefault(rival.name, []).append(seconds)
        advance()
    ours = times.get("tinytorch", [])
    ratios = {
        other: sorted(b / a for a, b in zip(ours, theirs, strict=True))
        for other, theirs in times.items()
        if other != "tinytorch" and ours
    }
    return {
        "workload": name,
        "what": WORKLOADS[name].what,
        "seconds": {library: statistics.median(t) for library, t in times.items()},
        "ratio": {other: statistics.median(r) for other, r in ratios.items()},
        "spread": {other: [r[0], r[-1]] for other, r in ratios.items()},
    }

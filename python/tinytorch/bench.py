"""Benchmarks: the same small programs on tinytorch and on PyTorch, side by side.

    python -m tinytorch.bench                    every workload, one thread
    python -m tinytorch.bench xor mnist --threads 2
    python -m tinytorch.bench --json

Each library runs in a process of its own; the two take turns, so that both see the same machine.
A figure is the median over the rounds of a round's mean time. Without PyTorch installed, only
tinytorch is timed.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

Step = Callable[[], Any]


def _training_step(torch: Any, model: Any, x: Any, y: Any, loss: Any, optimizer: Any) -> Step:
    def step() -> None:
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()

    return step


def _xor(torch: Any, optimizer: str) -> Step:
    nn = torch.nn
    model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    x = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = torch.tensor([[0.0], [1.0], [1.0], [0.0]])
    update = getattr(torch.optim, optimizer)(model.parameters(), lr=0.01)
    return _training_step(torch, model, x, y, nn.MSELoss(), update)


def _mnist(torch: Any, optimizer: str) -> Step:
    nn = torch.nn
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    x, y = torch.rand(64, 784), torch.randint(0, 10, (64,))
    update = getattr(torch.optim, optimizer)(model.parameters(), lr=0.001)
    return _training_step(torch, model, x, y, nn.CrossEntropyLoss(), update)


def _add(torch: Any, backward: bool) -> Step:
    a, b = torch.ones(1, requires_grad=backward), torch.ones(1)
    if not backward:
        return lambda: a + b
    return lambda: (a + b).backward()


def _chain(torch: Any) -> Step:
    x = torch.ones(1, requires_grad=True)

    def step() -> None:
        y = x
        for _ in range(10):
            y = y * 0.9 + 0.1
        y.backward()

    return step


def _matmul(torch: Any, m: int, k: int, n: int) -> Step:
    a, b = torch.rand(m, k), torch.rand(k, n)
    return lambda: a @ b


WORKLOADS: dict[str, Callable[[Any], Step]] = {
    "add": lambda torch: _add(torch, False),
    "add-backward": lambda torch: _add(torch, True),
    "chain": _chain,
    "xor-sgd": lambda torch: _xor(torch, "SGD"),
    "xor-adam": lambda torch: _xor(torch, "Adam"),
    "mnist-sgd": lambda torch: _mnist(torch, "SGD"),
    "mnist-adam": lambda torch: _mnist(torch, "Adam"),
    "matmul-64": lambda torch: _matmul(torch, 64, 64, 64),
    "matmul-256": lambda torch: _matmul(torch, 256, 256, 256),
    "matmul-512": lambda torch: _matmul(torch, 512, 512, 512),
    "matmul-1024": lambda torch: _matmul(torch, 1024, 1024, 1024),
    "matmul-odd": lambda torch: _matmul(torch, 129, 517, 67),
    "gelu": lambda torch: (lambda x: lambda: torch.nn.functional.gelu(x))(torch.randn(1 << 18)),
    "tanh": lambda torch: (lambda x: lambda: torch.tanh(x))(torch.randn(1 << 18)),
    "softmax": lambda torch: (lambda x: lambda: torch.softmax(x, -1))(torch.randn(1024, 256)),
    "add-large": lambda torch: (lambda x: lambda: x + x)(torch.rand(4096, 4096)),
}
WHAT = {
    "add": "add of 1-element tensors",
    "add-backward": "the same, forward and backward",
    "chain": "20 operations on a scalar, forward and backward",
    "xor-sgd": "XOR MLP 2-4-1 step, SGD",
    "xor-adam": "XOR MLP 2-4-1 step, Adam",
    "mnist-sgd": "MNIST MLP 784-128-10 step, batch 64, SGD",
    "mnist-adam": "MNIST MLP 784-128-10 step, batch 64, Adam",
    "matmul-64": "matrix product, 64",
    "matmul-256": "matrix product, 256",
    "matmul-512": "matrix product, 512",
    "matmul-1024": "matrix product, 1024",
    "matmul-odd": "matrix product, 129 x 517 x 67",
    "gelu": "GELU of 256 k elements",
    "tanh": "tanh of 256 k elements",
    "softmax": "softmax of 1024 x 256",
    "add-large": "add of 4096 x 4096",
}


def _serve(library: str, threads: int) -> None:
    """A library's process: reads a workload's name, prints the seconds of one call of its step."""
    torch = importlib.import_module(library)
    torch.set_num_threads(threads)
    steps: dict[str, tuple[Step, int]] = {}
    for line in sys.stdin:
        name = line.strip()
        if name not in steps:
            torch.manual_seed(0)
            step, count = WORKLOADS[name](torch), 1
            for _ in range(3):
                step()
            while True:  # as many calls as take 20 ms
                began = time.perf_counter()
                for _ in range(count):
                    step()
                if time.perf_counter() - began > 0.02:
                    break
                count *= 2
            steps[name] = step, count
        step, count = steps[name]
        began = time.perf_counter()
        for _ in range(count):
            step()
        print((time.perf_counter() - began) / count, flush=True)


class _Library:
    def __init__(self, name: str, threads: int) -> None:
        self.name = name
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tinytorch.bench", "--serve", name, "--threads", str(threads)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "OMP_NUM_THREADS": str(threads)},
        )  # fmt: skip

    def time(self, workload: str) -> float:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(workload, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.name} failed in the workload {workload}")
        return float(answer)

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def measure(names: list[str], threads: int, rounds: int) -> list[dict[str, Any]]:
    """One row a workload: the median seconds of each library, and PyTorch's over ours."""
    libraries = ["tinytorch"] + (["torch"] if importlib.util.find_spec("torch") else [])
    running = [_Library(name, threads) for name in libraries]
    rows = []
    try:
        with Progress(console=Console(stderr=True), transient=True) as progress:
            bar = progress.add_task("benchmarks", total=len(names) * rounds)
            for name in names:
                times: dict[str, list[float]] = {library: [] for library in libraries}
                for _ in range(rounds):
                    for library in running:
                        times[library.name].append(library.time(name))
                    progress.advance(bar)
                medians = {library: statistics.median(t) for library, t in times.items()}
                row: dict[str, Any] = {"workload": name, "what": WHAT[name], "seconds": medians}
                if "torch" in medians:
                    ratios = [
                        b / a for a, b in zip(times["tinytorch"], times["torch"], strict=True)
                    ]
                    row["ratio"] = statistics.median(ratios)
                    row["spread"] = [min(ratios), max(ratios)]
                rows.append(row)
    finally:
        for library in running:
            library.close()
    return rows


def show(rows: list[dict[str, Any]], threads: int) -> None:
    """A table of the rows on standard output."""
    table = Table(title=f"{threads} thread{'s' if threads > 1 else ''}, medians")
    table.add_column("workload", no_wrap=True)
    for heading in ("tinytorch", "PyTorch", "PyTorch / tinytorch", "(spread)"):
        table.add_column(heading, justify="right")
    for row in rows:
        ours, theirs = row["seconds"]["tinytorch"], row["seconds"].get("torch")
        cells = [row["what"], f"{ours * 1e6:,.2f} us"]
        if theirs is not None:
            low, high = row["spread"]
            cells += [f"{theirs * 1e6:,.2f} us", f"{row['ratio']:.2f}", f"{low:.2f} .. {high:.2f}"]
        table.add_row(*cells)
    console = Console()
    console.print(table, width=max(console.width, 110))


def main(
    workloads: Annotated[
        list[str] | None, typer.Argument(help="Names, or parts of names; all by default.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, max=1024)] = 1,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each library a workload.")] = 9,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list on stdout.")] = False,
    serve: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Times small programs on tinytorch and, where it is installed, on PyTorch."""
    if serve is not None:
        return _serve(serve, threads)
    names = [n for n in WORKLOADS if not workloads or any(part in n for part in workloads)]
    if not names:
        raise typer.BadParameter(f"no such workload; there are: {', '.join(WORKLOADS)}")
    rows = measure(names, threads, rounds)
    if as_json:
        print(json.dumps(rows))
    else:
        show(rows, threads)
    return None


if __name__ == "__main__":
    typer.run(main)

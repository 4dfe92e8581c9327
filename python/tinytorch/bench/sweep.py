"""Sweeps: time against size, so that a cliff is seen where there is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tinytorch.bench import workloads
from tinytorch.bench.workloads import Step, Workload

ELEMENTS = tuple(1 << n for n in range(0, 25, 2))
SQUARES = (8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048)


def _vector(call: Callable[[Any, Any], Any]) -> Callable[[int], Callable[[Any], Step]]:
    def of(size: int) -> Callable[[Any], Step]:
        def make(torch: Any) -> Step:
            x = torch.rand(size)
            return lambda: call(torch, x)

        return make

    return of


def _matmul(size: int) -> Callable[[Any], Step]:
    def make(torch: Any) -> Step:
        a, b = torch.rand(size, size), torch.rand(size, size)
        return lambda: a @ b

    return make


def _linear_step(size: int) -> Callable[[Any], Step]:
    def make(torch: Any) -> Step:
        model, x = torch.nn.Linear(size, size), torch.rand(64, size)
        update = torch.optim.SGD(model.parameters(), lr=1e-9)
        loss = torch.nn.MSELoss()
        return workloads.training_step(torch, model, x, torch.rand(64, size), loss, update)

    return make


SWEEPS: dict[str, tuple[Sequence[int], Callable[[int], Callable[[Any], Step]]]] = {
    "add": (ELEMENTS, _vector(lambda torch, x: x + x)),
    "exp": (ELEMENTS, _vector(lambda torch, x: x.exp())),
    "gelu": (ELEMENTS, _vector(lambda torch, x: torch.nn.functional.gelu(x))),
    "sum": (ELEMENTS, _vector(lambda torch, x: x.sum())),
    "matmul": (SQUARES, _matmul),
    "linear-step": (SQUARES, _linear_step),
}


PREFIX = "sweep-"


def name_of(sweep: str, size: int) -> str:
    return f"{PREFIX}{sweep}-{size}"


def add_to_workloads() -> None:
    """Makes every point of every sweep a workload, known to all processes."""
    for sweep, (sizes, make) in SWEEPS.items():
        for size in sizes:
            name = name_of(sweep, size)
            workloads.WORKLOADS.setdefault(name, Workload(f"{sweep} of {size}", make(size)))


def plot(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """One picture a sweep: seconds of a call against size, a curve for each library."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    from tinytorch.bench.rivals import LIBRARIES

    figure, grid = pyplot.subplots(2, 3, figsize=(15, 8), layout="constrained")
    found = {row["workload"]: row["seconds"] for row in rows}
    for axes, (sweep, (sizes, _)) in zip(grid.flat, SWEEPS.items(), strict=True):
        for library, label in LIBRARIES.items():
            points = [
                (size, found[name_of(sweep, size)][library] * 1e6)
                for size in sizes
                if library in found.get(name_of(sweep, size), {})
            ]
            if points:
                axes.loglog(*zip(*points, strict=True), marker="o", markersize=3, label=label)
        axes.set_title(sweep)
        axes.set_xlabel("elements" if sizes is ELEMENTS else "rows and columns")
        axes.set_ylabel("microseconds a call")
        axes.grid(alpha=0.3, which="both")
        axes.legend()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)

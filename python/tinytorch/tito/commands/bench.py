"""`tito bench`: how fast your code is, beside the reference's loops and the library."""

from __future__ import annotations

import json
import statistics
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tinytorch.tito import overlay
from tinytorch.tito.commands import COURSE, Directory, Json, app, say
from tinytorch.tito.lab import Lab, NotStarted, Outcome, Raised
from tinytorch.tito.workspace import WorkspaceError, workspace

CHOSEN = ("matmul-256", "softmax", "gelu", "xor-sgd", "mnist-sgd")


def timed(name: str) -> Any:
    """Seconds of one call of a workload, in the worker, and the calls of the student's tasks."""
    import time

    from tinytorch import bench

    torch.set_num_threads(1)  # type: ignore[name-defined]  # noqa: F821
    torch.manual_seed(0)  # type: ignore[name-defined]  # noqa: F821
    step, count = bench.WORKLOADS[name].make(torch), 1  # type: ignore[name-defined]  # noqa: F821
    step()
    while True:  # as many calls as take 50 ms
        began = time.perf_counter()
        for _ in range(count):
            step()
        seconds = time.perf_counter() - began
        if seconds > 0.05:
            return seconds / count, dict(torch._C.task_calls())  # type: ignore[name-defined]  # noqa: F821
        count *= 2


@app.command(rich_help_panel=COURSE)
def bench(
    workloads: Annotated[
        list[str] | None, typer.Argument(help="Names, or parts of names; a few by default.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each; the median counts.")] = 3,
    listing: Annotated[bool, typer.Option("--list", help="Show the names and stop.")] = False,
    roof: Annotated[
        bool, typer.Option("--roof", help="The library beside PyTorch, and the machine's limits.")
    ] = False,
    threads: Annotated[int, typer.Option(min=1, max=1024, help="With --roof.")] = 1,
    directory: Directory = None,
    as_json: Json = False,
) -> None:
    """Time your code on small programs, beside the reference's loops and the library.

    `tito bench matmul` times matrix products on one thread. The three take turns, so that they see
    the same machine; a workload that calls none of your tasks says so. `tito bench --roof` measures
    what this machine can do at most, and what share of it the library reaches; there is more in
    `python -m tinytorch.bench --help`.
    """
    from tinytorch import bench as programs
    from tinytorch.tito import theatre

    if listing:
        for name, workload in programs.WORKLOADS.items():
            say(f"{name:18} {workload.what}")
        return
    if roof:
        from tinytorch.bench import __main__ as library

        library.main(workloads, threads=threads, rounds=rounds, with_roof=True, as_json=as_json)
        return
    wanted = workloads or CHOSEN
    names = [name for name in programs.WORKLOADS if any(part in name for part in wanted)]
    if not names:
        known = ", ".join(programs.WORKLOADS)
        raise WorkspaceError(f"no such workload; there are: {known}")
    place = workspace(directory)
    own = [unit for unit in place.units() if theatre.written(place, unit)]
    if not own:
        raise WorkspaceError("none of your code would run; write a module first: tito start tensor")
    built = overlay.build(place, own, overlay.FAST)
    sources = place.root / "modules"
    labs = {
        "yours": Lab(built.parts(), sources, built.watch, 120),
        "reference": Lab(timeout=120, environment={"TINYTORCH_KERNELS": "reference"}),
        "library": Lab(timeout=120, environment={"TINYTORCH_KERNELS": "accelerated"}),
    }
    rows = []
    try:
        with Progress(console=Console(stderr=True), transient=True) as progress:
            bar = progress.add_task("benchmarks", total=len(names) * rounds)
            for name in names:
                rows.append(_row(labs, name, rounds, lambda: progress.advance(bar)))
    finally:
        for lab in labs.values():
            lab.close()
    if as_json:
        print(json.dumps({"modules": own, "workloads": rows}))
        return
    table = Table("workload", "yours", "reference", "library", "yours / library", box=None)
    for row in rows:
        times = row["seconds"]
        mine = times.get("yours")
        told = f"{mine * 1e6:,.1f} us" if mine else row["why"]
        others = [f"{times[key] * 1e6:,.1f} us" for key in ("reference", "library")]
        ratio = f"{mine / times['library']:.1f}" if mine else ""
        table.add_row(row["workload"], told, *others, ratio)
    Console(highlight=False).print(table)
    idle = [row["workload"] for row in rows if not row["calls"] and "yours" in row["seconds"]]
    if idle:
        say(f"\nnone of your tasks is called in {', '.join(idle)}", style="dim")
    say(f"\non your {', '.join(own)}; one thread, median of {rounds}", style="dim")


def _row(labs: dict[str, Lab], name: str, rounds: int, advance: Any) -> dict[str, Any]:
    times: dict[str, list[float]] = {key: [] for key in labs}
    calls: dict[str, int] = {}
    why = ""
    for _ in range(rounds):
        for key, lab in labs.items():
            lab.fresh()
            if key == "yours" and why:
                continue
            try:
                seconds, called = lab.run(timed, name)  # type: ignore[arg-type]
            except NotStarted as error:
                why = f"needs {error.task}"
            except (Outcome, Raised) as error:
                if key != "yours":
                    raise WorkspaceError(f"{name}: {error}") from None
                why = str(error)
            else:
                times[key].append(seconds)
                calls = called if key == "yours" else calls
        advance()
    medians = {key: statistics.median(found) for key, found in times.items() if found}
    return {"workload": name, "seconds": medians, "calls": calls, "why": why}

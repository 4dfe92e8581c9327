"""The command line of the benchmarks: python -m tinytorch.bench --help."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tinytorch.bench import rivals, roof, sweep
from tinytorch.bench.workloads import WORKLOADS


def _selected(parts: list[str] | None) -> list[str]:
    known = [name for name in WORKLOADS if not name.startswith(sweep.PREFIX)]
    names = [name for name in known if not parts or any(part in name for part in parts)]
    if not names:
        raise typer.BadParameter(f"no such workload; there are: {', '.join(known)}")
    return names


def _measured(names: list[str], threads: int, rounds: int) -> list[dict[str, Any]]:
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("benchmarks", total=len(names) * rounds)
        return rivals.measure(names, threads, rounds, lambda: progress.advance(bar))


def _time(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1e6:,.2f} us"


def _show(rows: list[dict[str, Any]], threads: int) -> None:
    others = [name for name in rivals.LIBRARIES if any(name in row["ratio"] for row in rows)]
    table = Table(title=f"{threads} thread{'s' if threads > 1 else ''}, medians", box=None)
    table.add_column("workload", no_wrap=True)
    table.add_column("tinytorch", justify="right", no_wrap=True)
    for other in others:
        table.add_column(rivals.LIBRARIES[other], justify="right", no_wrap=True)
        table.add_column("/ ours", justify="right", no_wrap=True)
        table.add_column("(spread)", justify="right", no_wrap=True)
    shares = any("share of the roof" in row for row in rows)
    if shares:
        table.add_column("of the roof", justify="right", no_wrap=True)
    for row in rows:
        cells = [row["what"], _time(row["seconds"].get("tinytorch"))]
        for other in others:
            cells.append(_time(row["seconds"].get(other)))
            if other in row["ratio"]:
                low, high = row["spread"][other]
                cells += [f"{row['ratio'][other]:.2f}", f"{low:.2f}-{high:.2f}"]
            else:
                cells += ["", ""]
        if shares:
            share = row.get("share of the roof")
            cells.append("" if share is None else f"{share:.0%}")
        table.add_row(*cells)
    # As wide as the figures are: whoever reads this from a file wants all of it.
    Console(width=max(Console().width, 100 + 30 * len(others))).print(table)


def _show_roof(limits: roof.Roof) -> None:
    levels = ", ".join(
        f"{name} {rate / 1e9:.0f} GB/s"
        for name, rate in zip(roof.LEVELS, limits.bandwidth.values(), strict=True)
    )
    print(f"this machine: {limits.flops / 1e9:.0f} GFLOP/s of float32, triad {levels}")


def _memory(names: list[str], threads: int) -> list[dict[str, Any]]:
    rows = []
    for name in names:
        peaks = {}
        for library in rivals.installed():
            told = subprocess.run(
                rivals.command(library, threads, "--memory", name),
                capture_output=True, text=True, check=False, env=rivals.environment(threads),
            )  # fmt: skip
            if told.returncode == 0:
                peaks[library] = int(told.stdout)
        rows.append({"workload": name, "what": WORKLOADS[name].what, "peak bytes": peaks})
    return rows


def _show_memory(rows: list[dict[str, Any]]) -> None:
    libraries = [
        name for name in rivals.LIBRARIES if any(name in row["peak bytes"] for row in rows)
    ]
    table = Table("workload", title="growth of the process in 50 steps, at its peak", box=None)
    for name in libraries:
        table.add_column(rivals.LIBRARIES[name], justify="right")
    for row in rows:
        peaks = row["peak bytes"]
        cells = [f"{peaks[name] / 1e6:.1f} MB" if name in peaks else "" for name in libraries]
        table.add_row(row["what"], *cells)
    Console().print(table)


def main(
    workloads: Annotated[
        list[str] | None, typer.Argument(help="Names, or parts of names; all by default.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, max=1024)] = 1,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each library a workload.")] = 9,
    with_roof: Annotated[
        bool, typer.Option("--roof", help="Measure this machine's limits, and our share of them.")
    ] = False,
    sweep_to: Annotated[
        Path | None, typer.Option("--sweep", help="Time against size, drawn into this picture.")
    ] = None,
    memory: Annotated[
        bool, typer.Option("--memory", help="Peak memory in place of time, in new processes.")
    ] = False,
    listing: Annotated[bool, typer.Option("--list", help="Show the names and stop.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list on stdout.")] = False,
    serve: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Time small programs on tinytorch and, where they are installed, on PyTorch and JAX."""
    sweep.add_to_workloads()
    if serve is not None and memory:
        print(rivals.memory(serve, _selected(workloads)[0], threads))
        return
    if serve is not None:
        rivals.serve(serve, threads)
        return
    points = [name for name in WORKLOADS if name.startswith(sweep.PREFIX)]
    if sweep_to is not None:
        rows = _measured(points, threads, rounds)
        sweep.plot(rows, sweep_to)
        print(json.dumps(rows) if as_json else f"drawn into {sweep_to}")
        return
    names = _selected(workloads)
    if listing:
        for name in names:
            print(f"{name:18} {WORKLOADS[name].what}")
        return
    if memory:
        rows = _memory(names, threads)
        print(json.dumps(rows)) if as_json else _show_memory(rows)
        return
    rows = _measured(names, threads, rounds)
    if with_roof:
        import tinytorch

        tinytorch.set_num_threads(threads)
        limits = roof.measure()
        for row in rows:
            row["share of the roof"] = roof.share(limits, row, threads)
        if not as_json:
            _show_roof(limits)
    print(json.dumps(rows)) if as_json else _show(rows, threads)


if __name__ == "__main__":
    typer.run(main)

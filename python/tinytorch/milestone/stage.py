"""The stage: a milestone's options, its report, its verdict, and the JSON line that tools read."""

from __future__ import annotations

import json
import math
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, NoReturn, Protocol

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tinytorch import _C, curriculum
from tinytorch.milestone.data import DataError
from tinytorch.milestone.gate import HINTS, Verdict
from tinytorch.milestone.trail import Run

Evidence = dict[str, Any]  # what a run says of itself: numbers, strings, arrays, and dicts of them


@dataclass(frozen=True)
class Reflection:
    """What a run cost, what hurt, and the unit that cures it."""

    costs: Mapping[str, str]
    pain: str
    cure: str


@dataclass(frozen=True)
class Milestone:
    """The parts of a milestone. All take its settings by name; the others the evidence first.

    train      runs on tinytorch, in whatever process, and returns evidence
    judge      takes it again in numpy
    draw       writes pictures into a folder
    reflect    says what it cost
    hints      say what to try when a check of its own fails
    keep       writes what is of use later into the folder of pictures; takes the verdict, too
    """

    name: str
    train: Callable[..., Evidence]
    judge: Callable[..., Verdict]
    draw: Callable[..., Sequence[Path]]
    reflect: Callable[..., Reflection]
    hints: Mapping[str, str] = field(default_factory=dict)
    keep: Callable[..., Sequence[Path]] | None = None


# --- options ------------------------------------------------------------------------------------


def _positive(value: float | None) -> float | None:
    if value is not None and not (math.isfinite(value) and value > 0):
        raise typer.BadParameter(f"expected a finite number above 0, got {value}")
    return value


Seed = Annotated[
    int, typer.Option(help="Of the random start and whatever else is drawn.", min=0, max=2**32 - 1)
]
Epochs = Annotated[
    int, typer.Option(help="How often every example is seen, at most.", min=1, max=10**6)
]
Rate = Annotated[
    float, typer.Option("--lr", help="The learning rate: how far a step goes.", callback=_positive)
]
Out = Annotated[Path, typer.Option(help="The folder for pictures.", show_default="milestones/out")]
Json = Annotated[bool, typer.Option("--json", help="End with one line of JSON for tools.")]


def run(main: Callable[..., None], story: str) -> None:
    """Runs a script's `main` with the options its parameters describe; `story` is the help."""
    app = typer.Typer(
        add_completion=False, rich_markup_mode="markdown", pretty_exceptions_enable=False
    )
    app.command(help=story)(main)
    app()


# --- the play -----------------------------------------------------------------------------------


class Troupe(Protocol):
    """Who trains in place of this process: a student's library, in one of its own."""

    def train(self, milestone: Milestone, parts: int | None, settings: dict[str, Any]) -> Evidence:
        """The evidence; none when it does not come to an end."""

    def has(self, unit: str) -> bool:
        """Whether the unit is the student's."""

    def checks(self) -> dict[str, bool]:
        """What must hold of the run beside the judge's checks."""

    def finish(self, verdict: Verdict, line: dict[str, Any]) -> None:
        """After the verdict; `line`: as for JSON."""


troupe: ContextVar[Troupe | None] = ContextVar("troupe", default=None)


def play(
    milestone: Milestone, out: Path, as_json: bool, parts: int | None = None, **settings: Any
) -> NoReturn:
    """Trains, judges, draws and reports.  Exits with 0 for passed, 1 for failed, 2 for not run.

    `parts`: how many of the milestone's parts this run plays, by default all.
    """
    others = troupe.get()
    _check_stage(milestone.name, out, parts)
    started = time.perf_counter()
    try:
        if others:
            evidence = others.train(milestone, parts, settings)
        else:
            evidence = attempt(milestone, **settings)
    except DataError as error:
        _refuse(str(error))
    seconds = time.perf_counter() - started
    verdict = judged(milestone, evidence, **settings)
    if others:
        verdict = replace(verdict, checks=verdict.checks | others.checks())
    if math.isfinite(verdict.loss):
        _show(milestone, milestone.reflect(evidence, verdict, **settings))
        for path in milestone.draw(evidence, out, **settings) if _draws() else ():
            print(f"picture  {path}")
        if milestone.keep is not None:
            for path in milestone.keep(evidence, out, verdict, **settings):
                print(f"saved    {path}")
    _show_verdict(milestone, verdict)
    if others:
        others.finish(verdict, told(milestone.name, verdict, seconds))
    elif as_json:
        print(json_line(milestone.name, verdict, seconds))
    sys.stdout.flush()
    raise typer.Exit(0 if verdict.passed else 1)


def attempt(milestone: Milestone, **settings: Any) -> Evidence:
    """Trains.  Without evidence when the library raises; what it said goes to standard error."""
    try:
        return milestone.train(**settings)
    except DataError:
        raise
    except Exception as error:
        _tell_error(milestone, error)
        return {}


def judged(milestone: Milestone, evidence: Evidence, **settings: Any) -> Verdict:
    """The judge's verdict.  A run without evidence fails, and so does evidence of another form."""
    if not evidence:
        return Verdict(checks={"runs": False})
    try:
        with np.errstate(all="ignore"):
            return milestone.judge(evidence, **settings)
    except Exception as error:
        print(f"{milestone.name}: the evidence is not complete: {error!r}", file=sys.stderr)
        return Verdict(checks={"evidence_is_complete": False})


def told(name: str, verdict: Verdict, seconds: float) -> dict[str, Any]:
    """A run, for tools."""
    return {
        "milestone": name,
        "passed": verdict.passed,
        "accuracy": verdict.accuracy,
        "loss": verdict.loss if math.isfinite(verdict.loss) else None,
        "seconds": round(seconds, 6),
        "checks": verdict.checks,
    } | {name: value if math.isfinite(value) else None for name, value in verdict.figures.items()}


def json_line(name: str, verdict: Verdict, seconds: float) -> str:
    return json.dumps(told(name, verdict, seconds), allow_nan=False)


def _draws() -> bool:
    return find_spec("matplotlib") is not None


def missing(unit: str) -> bool:
    """Whether this build is without that unit, or a student has not written it."""
    others = troupe.get()
    if others:
        return not others.has(unit)
    return unit not in _C.build_info()["units"]


def _check_stage(name: str, out: Path, parts: int | None) -> None:
    units = _C.build_info()["units"]
    for part in curriculum.load().milestones[name].parts[:parts]:
        if not part.runs_with(units):
            needs = " and ".join([*part.needs, *filter(None, [" or ".join(part.either)])])
            _refuse(f"{name}: `{part.title}` needs the units {needs}; built are {', '.join(units)}")
    if not _draws() and troupe.get() is None:
        _refuse(f"{name}: the pictures need matplotlib: pip install 'tinytorch-cpp[milestones]'")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _refuse(f"{name}: cannot write pictures to {out}: {error.strerror}")


def _refuse(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    raise typer.Exit(2)


def _tell_error(milestone: Milestone, error: Exception) -> None:
    """An exception as a sentence, with the line of the milestone that was running."""
    file = milestone.train.__code__.co_filename
    lines = [at for at in traceback.extract_tb(error.__traceback__) if at.filename == file]
    where = f"\n  {Path(file).name}:{lines[-1].lineno}: {lines[-1].line}" if lines else ""
    print(f"{milestone.name}: {type(error).__name__}: {error}{where}", file=sys.stderr)


# --- the report ---------------------------------------------------------------------------------


def costs(run: Run, parameters: int, flops: int) -> dict[str, str]:
    """What training cost; `flops` are the floating-point operations of one step, by formula."""
    steps = len(run["losses"])
    each = run["seconds"] / steps
    return {
        "parameters": f"{parameters:,}, as float32 {_amount(4 * parameters, 'B')}",
        "steps": f"{steps:,} in {run['seconds']:.2f} s, {each * 1e6:,.0f} us each",
        "arithmetic": f"{flops:,} FLOP a step by formula, so {_amount(flops / each, 'FLOP/s')}",
        "memory": f"at most {_amount(run['peak_bytes'], 'B')} of tensors, "
        f"{run['peak_bytes'] / (4 * parameters):.1f} times the parameters",
    }


def mlp_flops(rows: int, *widths: int) -> int:
    """Of one step on `rows` examples through linear layers of these widths, inputs first.

    A layer is 2 rows in out operations: a product and a sum each. Backward it costs that twice,
    once for its weight's gradient and once for its input's; the first layer's input needs none.
    """
    layers = [2 * rows * n_in * n_out for n_in, n_out in pairwise(widths)]
    return 3 * sum(layers) - layers[0]


def _amount(count: float, unit: str) -> str:
    """Three digits and a prefix: 19.2 kB."""
    for prefix in ("", "k", "M"):
        if count < 999.5:
            return f"{count:.3g} {prefix}{unit}"
        count /= 1000
    return f"{count:.3g} G{unit}"


def _show(milestone: Milestone, reflection: Reflection) -> None:
    course = curriculum.load().milestones[milestone.name]
    console = Console(highlight=False, width=100)
    table = Table("", "", box=None, show_header=False, pad_edge=False)
    for name, value in reflection.costs.items():
        table.add_row(Text(name, style="dim"), value)
    console.print(f"\n[bold]{course.year}  {course.title}[/bold]\n")
    console.print("[bold]What it cost[/bold]", table, "", sep="\n")
    console.print("[bold]What hurts[/bold]", reflection.pain, "", sep="\n")
    console.print("[bold]What cures it[/bold]", reflection.cure, "", sep="\n")


def _show_verdict(milestone: Milestone, verdict: Verdict) -> None:
    console = Console(highlight=False, width=100)
    hints = HINTS | dict(milestone.hints)
    console.print()
    for check, held in verdict.checks.items():
        mark = "[green]holds[/green]" if held else "[red]FAILS[/red]"
        hint = "" if held or check not in hints else f"  [dim]{hints[check]}[/dim]"
        console.print(f"  {mark}  {check.replace('_', ' ')}{hint}", soft_wrap=True)
    word = "[bold green]passed[/bold green]" if verdict.passed else "[bold red]failed[/bold red]"
    reached = f"accuracy {verdict.accuracy:.1%}, loss {verdict.loss:.4g}"
    console.print(f"\n{milestone.name}: {word}, {reached}")

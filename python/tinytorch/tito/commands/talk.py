"""`tito try`: type a beginning, and the model that your milestone has trained goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from tinytorch.tito.commands import COURSE, Directory, app, say
from tinytorch.tito.workspace import Workspace, WorkspaceError, workspace

NAME = "transformer"
TIMEOUT = 120.0  # seconds for one token, on plain loops


def _opened(path: str) -> Any:
    """Loads the model, in the worker."""
    from pathlib import Path

    from tinytorch.milestone import trying

    model, tokenizer, told = trying.load(Path(path))
    trying.OPEN["write"] = trying.writer(model, tokenizer)
    return told


def _begun(prompt: str, options: dict[str, Any]) -> None:
    from tinytorch.milestone import trying

    trying.OPEN["pieces"] = trying.OPEN["write"](prompt, trying.Choice(**options))


def _more() -> Any:
    """The next piece of text, or None."""
    from tinytorch.milestone import trying

    return next(trying.OPEN["pieces"], None)


@app.command("try", rich_help_panel=COURSE)
def talk(
    prompt: Annotated[
        str | None, typer.Argument(help="What it goes on with; by default you are asked.")
    ] = None,
    tokens: Annotated[int, typer.Option(help="How many it writes.", min=1, max=100_000)] = 300,
    temperature: Annotated[
        float, typer.Option(help="0 takes the likeliest, above 1 gets wild.", min=0, max=100)
    ] = 0.8,
    top_k: Annotated[
        int, typer.Option(help="Only the likeliest so many; 0 for all.", min=0, max=10**6)
    ] = 40,
    seed: Annotated[
        int | None, typer.Option(help="Makes it write the same again.", min=0, max=2**63 - 1)
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="A model that was saved elsewhere.", dir_okay=False)
    ] = None,
    library: Annotated[
        bool, typer.Option("--library", help="On the library's code, not on yours.")
    ] = False,
    directory: Directory = None,
) -> None:
    """Type a beginning, and the model that you have trained goes on.

    `tito milestone run transformer` trains it. What you have written of its modules runs; what you
    have not is the reference's. Each piece appears when it is written; Ctrl-C stops it, and an
    empty line ends.
    """
    from tinytorch.milestone import trying
    from tinytorch.milestone.data import DataError

    place = workspace(directory)
    path = _found(place, model)
    choice = trying.Choice(tokens, temperature, top_k, seed)
    own = [] if library else _own(place)
    if not own:
        try:
            loaded, tokenizer, told = trying.load(path)
        except DataError as error:
            raise WorkspaceError(str(error)) from None
        say(trying.about(told), style="dim")
        answered = trying.converse(trying.writer(loaded, tokenizer), choice, prompt)
    else:
        answered = _on_yours(place, path, own, choice, prompt)
    raise typer.Exit(0 if answered else 1)


def _found(place: Workspace, model: Path | None) -> Path:
    """The model's file: the one that is named, the workspace's, or the script's own."""
    from tinytorch.milestone import trying

    places = (place.root / "milestones" / NAME, place.course.milestones / "out")
    paths = [model] if model else [folder / trying.FILE for folder in places]
    for path in paths:
        if path.is_file():
            return path
    if model:
        raise WorkspaceError(f"there is no model at {model}")
    raise WorkspaceError(
        f"no model has been trained yet; train one: tito milestone run {NAME} (it would be in "
        f"{places[0]})"
    )


def _own(place: Workspace) -> list[str]:
    from tinytorch.tito import theatre

    own, _ = theatre.cast_of(place, NAME)
    return own


def _on_yours(
    place: Workspace, path: Path, own: list[str], choice: Any, prompt: str | None
) -> bool:
    """The same with the student's modules, in a process of their own."""
    from tinytorch.milestone import trying
    from tinytorch.tito import overlay
    from tinytorch.tito.lab import Lab, Outcome, Raised

    built = overlay.build(place, own, overlay.FAST)
    for task in built.broken:
        say(f"{task}  COMPILE ERROR")
    sources = place.root / "modules"
    with Lab(built.parts(own), sources, built.watch, TIMEOUT) as lab:

        def write(beginning: str, chosen: trying.Choice) -> Iterator[str]:
            lab.run(_begun, beginning, asdict(chosen))  # type: ignore[arg-type]
            while (piece := lab.run(_more)) is not None:  # type: ignore[arg-type]
                yield piece

        try:
            told = lab.run(_opened, str(path.resolve()))  # type: ignore[arg-type]
            say(f"{trying.about(told)}; on your {', '.join(own)}", style="dim")
            return trying.converse(write, choice, prompt)
        except (Outcome, Raised) as error:
            raise WorkspaceError(str(error)) from None

"""A model that a milestone has trained: saved, loaded, and asked to go on with what one types."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import typer

from tinytorch.milestone.data import BROKEN, DataError
from tinytorch.milestone.trail import Weights

FILE = "transformer_model.pt"
HELP = "Type a beginning, and the model goes on.  An empty line ends."

OPEN: dict[str, Any] = {}  # of a worker: the model it has loaded, and what is being written


@dataclass(frozen=True)
class Choice:
    """How tokens are chosen.  temperature: 0 takes the likeliest.  top_k: 0 for all."""

    tokens: int = 300
    temperature: float = 0.8
    top_k: int = 40
    seed: int | None = None


# Goes on with a text, piece by piece.
Writer = Callable[[str, Choice], Iterator[str]]


def save(
    path: Path, weights: Weights, config: dict[str, Any], tokens: list[bytes],
    merges: list[tuple[bytes, bytes]], told: dict[str, Any],
) -> None:  # fmt: skip
    """All of the file or nothing.  config: of a GPT.  merges: none where tokens are characters."""
    import tinytorch as torch

    content = {
        "config": config,
        "weights": {name: torch.from_numpy(w.astype(np.float32)) for name, w in weights.items()},
        "tokens": tokens,
        "merges": [list(pair) for pair in merges],
        "told": told,
    }
    torch.save(content, path)


def load(path: Path) -> tuple[Any, Any, dict[str, Any]]:
    """The model, its tokenizer and what is told of it.  Raises DataError with what to do."""
    import tinytorch as torch

    if not path.is_file():
        raise DataError(
            f"there is no model in {path.parent} yet; train one first, with the milestone "
            "transformer"
        )
    try:
        saved = torch.load(path)
        model = torch.models.GPT(torch.models.GPTConfig(**saved["config"]))
        weights = saved["weights"]
        model.load_state_dict(weights | {"lm_head.weight": weights["transformer.wte.weight"]})
        tokens, merges = saved["tokens"], [tuple(pair) for pair in saved["merges"]]
        tokenizer: Any
        if merges:
            tokenizer = torch.text.BPETokenizer({t: i for i, t in enumerate(tokens)}, merges)
        else:
            tokenizer = torch.text.CharTokenizer("".join(t.decode() for t in tokens))
        if len(tokenizer) != model.config.vocab_size:
            raise ValueError(f"{len(tokenizer)} tokens for {model.config.vocab_size} ids")
        told = dict(saved["told"])
        about(told)
    except BROKEN as error:
        raise DataError(f"{path} is no model of this milestone's: {error}") from None
    model.eval()
    return model, tokenizer, told


def writer(model: Any, tokenizer: Any) -> Writer:
    """Writes in this process."""
    import tinytorch as torch

    def write(prompt: str, choice: Choice) -> Iterator[str]:
        generator = torch.Generator()
        if choice.seed is None:
            generator.seed()
        else:
            generator.manual_seed(choice.seed)
        pieces: Iterator[str] = torch.generation.stream(
            model, tokenizer, prompt, choice.tokens, temperature=choice.temperature,
            top_k=choice.top_k or None, crop=True, generator=generator,
        )  # fmt: skip
        return pieces

    return write


def about(told: dict[str, Any]) -> str:
    return (
        f"{told['parameters']:,} parameters, {told['val_loss']:.3f} nats a character on text that "
        "it has not seen"
    )


def converse(write: Writer, choice: Choice, prompt: str | None) -> bool:
    """Goes on with the prompt, or with each line that is typed, until an empty one.

    Whether it could: a prompt may have characters that the model has never seen.
    """
    if prompt is not None:
        return answer(write, prompt, choice)
    if sys.stdin.isatty():
        print(HELP, file=sys.stderr)
    while True:
        try:
            line = input("> " if sys.stdin.isatty() else "")
        except (EOFError, KeyboardInterrupt):
            print(file=sys.stderr)
            return True
        except UnicodeDecodeError as error:
            print(f"what was typed is no text: {error}", file=sys.stderr)
            return False
        if not line:
            return True
        answer(write, line, choice)


def answer(write: Writer, prompt: str, choice: Choice) -> bool:
    """Prints the prompt and what follows, while it comes; Ctrl-C ends it."""
    try:
        pieces = write(prompt, choice)
        print(prompt, end="", flush=True)
        for piece in pieces:
            print(piece, end="", flush=True)
    except ValueError as error:  # a character that the model has never seen
        print(error, file=sys.stderr)
        return False
    except KeyboardInterrupt:
        pass
    print("\n")
    return True


def alone(path: Path, choice: Choice | None = None, prompt: str | None = None) -> NoReturn:
    """A conversation in this process.  Exits with 0, or with 2 where there is no model."""
    try:
        model, tokenizer, told = load(path)
    except DataError as error:
        print(f"transformer: {error}", file=sys.stderr)
        raise typer.Exit(2) from None
    print(about(told), file=sys.stderr)
    answered = converse(writer(model, tokenizer), choice or Choice(), prompt)
    raise typer.Exit(0 if answered else 1)

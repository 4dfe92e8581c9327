"""1986: back-propagation teaches a network to read handwritten digits.

David Rumelhart, Geoffrey Hinton and Ronald Williams showed that gradients, carried backwards layer
by layer, make hidden units learn what is useful to know about an image. Here a network with one
hidden layer learns to read real digits, and is examined on digits that it never trained on.

`--data digits` is scikit-learn's set: 1,797 images of 8 x 8 pixels, a fifth kept for the exam.
`--data mnist` is 70,000 images of 28 x 28, from `$TINYTORCH_DATA/mnist` or downloaded.

It needs the units *autograd* and *optimizers*. Try `--hidden 1`, 2, 4, 8: how few units can read?
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

import tinytorch as torch
from tinytorch.milestone import data, gate, pictures, stage
from tinytorch.milestone.trail import Trail, Weights

Array = np.ndarray[Any, Any]
NEEDED = 0.95  # of the exam's digits
AUDITED = 12  # steps that are taken again in numpy


class Source(StrEnum):
    digits = "digits"
    mnist = "mnist"


EPOCHS = {Source.digits: 30, Source.mnist: 5}
HIDDEN = {Source.digits: 64, Source.mnist: 128}
BATCH = {Source.digits: 16, Source.mnist: 64}


@cache
def load(source: str) -> data.Digits:
    return data.bundled_digits() if source == Source.digits else data.mnist_digits()


def train(
    seed: int, epochs: int, lr: float, hidden: int, batch: int, source: str
) -> stage.Evidence:
    torch.manual_seed(seed)
    digits = load(source)
    x, y = torch.from_numpy(digits.x), torch.from_numpy(digits.y)  # (N, pixels), (N,)
    test_x = torch.from_numpy(digits.test_x)

    nn = torch.nn
    model = nn.Sequential(nn.Linear(x.shape[1], hidden), nn.ReLU(), nn.Linear(hidden, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    weights = dict(model.named_parameters())
    per_epoch = len(x) // batch
    exam = []
    with Trail(weights, f"reading {source}", epochs * per_epoch, AUDITED) as trail:
        for _ in range(epochs):
            order = torch.randperm(len(x))[: per_epoch * batch]  # a few wait for the next epoch
            for rows in order.view(per_epoch, batch):
                trail.before_step()
                loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                trail.after_step(rows, loss, {name: p.grad for name, p in weights.items()})
            with torch.no_grad():
                answers = model(test_x).argmax(1).numpy()
            exam.append(float(np.mean(answers == digits.test_y)))
    return {"run": trail.run(), "answers": answers, "exam": np.array(exam)}


# --- the same in numpy, for the gate ------------------------------------------------------------


def logits(w: Weights, x: Array) -> Array:
    """(N, pixels) -> (N, 10)."""
    hidden: Array = np.maximum(x @ w["0.weight"].T + w["0.bias"], 0)
    z: Array = hidden @ w["2.weight"].T + w["2.bias"]
    return z


def cross_entropy(w: Weights, x: Array, y: Array) -> float:
    z = logits(w, x)
    z = z - z.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]))


def judge(evidence: stage.Evidence, lr: float, source: str, **_: Any) -> gate.Verdict:
    digits, run = load(source), evidence["run"]

    def loss(w: Weights, rows: Array) -> float:
        return cross_entropy(w, digits.x[rows], digits.y[rows])

    weights = gate.final_weights(run)
    answers = logits(weights, digits.test_x).argmax(axis=1)
    accuracy = float(np.mean(answers == digits.test_y))
    checks = gate.audit(run, loss, lr, AUDITED) | {
        "answers_agree": float(np.mean(evidence["answers"] == answers)) > 0.999,
        "reads_95_percent_of_new_digits": accuracy >= NEEDED,
    }
    return gate.Verdict(accuracy, cross_entropy(weights, digits.test_x, digits.test_y), checks)


# --- what it looks like, and what it cost -------------------------------------------------------


def draw(evidence: stage.Evidence, out: Path, source: str, **_: Any) -> list[Path]:
    digits, losses, exam = load(source), evidence["run"]["losses"], evidence["exam"]
    said = logits(gate.final_weights(evidence["run"]), digits.test_x).argmax(axis=1)
    wrong = int(np.sum(said != digits.test_y))
    return [
        pictures.noisy_curve(
            out / "mlp_loss.png",
            "Back-propagation at work",
            losses,
            exam,
            NEEDED,
        ),
        pictures.confusion(
            out / "mlp_confusion.png",
            f"{len(said)} new digits, {wrong} of them misread",
            said,
            digits.test_y,
        ),
        pictures.misread(
            out / "mlp_misread.png",
            f"Misread: {min(wrong, 10)} of {wrong}",
            digits.test_x,
            said,
            digits.test_y,
            digits.side,
        ),
    ]


def reflect(
    evidence: stage.Evidence, verdict: gate.Verdict, hidden: int, batch: int, source: str, **_: Any
) -> stage.Reflection:
    digits, run = load(source), evidence["run"]
    pixels, step = digits.side**2, digits.side // 8
    weights = gate.final_weights(run)
    moved = data.moved_right(digits.test_x, digits.side, step)
    shifted = np.mean(logits(weights, moved).argmax(axis=1) == digits.test_y)
    first = weights["0.weight"].size
    parameters = sum(w.size for w in weights.values())
    return stage.Reflection(
        costs=stage.costs(run, parameters, stage.mlp_flops(batch, pixels, hidden, 10)),
        pain=(
            f"It reads {verdict.accuracy:.1%} of new digits, but {shifted:.1%} of the same moved "
            f"{step} of {digits.side} pixels to the right. To this network an image is a list: "
            "what it learned about a stroke in one place it does not know in the next, and the "
            f"layer that learns every place anew holds {first / parameters:.0%} of the weights."
        ),
        cure=(
            "spatial: a convolution looks for the same thing everywhere, with a few weights.\n"
            "And this loop was written by hand once more; training makes it one that lasts."
        ),
    )


HINTS = {"reads_95_percent_of_new_digits": "more --epochs, more --hidden, or another --lr"}
MILESTONE = stage.Milestone("mlp", train, judge, draw, reflect, HINTS)

Epochs = Annotated[
    int | None,
    typer.Option(
        help="How often every digit is seen.", min=1, max=10**4, show_default="30, or 5 of MNIST"
    ),
]
Hidden = Annotated[
    int | None,
    typer.Option(help="Hidden units.", min=1, max=10_000, show_default="64, or 128 for MNIST"),
]


def main(
    seed: stage.Seed = 0,
    epochs: Epochs = None,
    lr: stage.Rate = 0.5,
    hidden: Hidden = None,
    source: Annotated[Source, typer.Option("--data", help="Which digits.")] = Source.digits,
    out: stage.Out = Path(__file__).parent / "out",
    as_json: stage.Json = False,
) -> None:
    stage.play(
        MILESTONE,
        out,
        as_json,
        seed=seed,
        epochs=epochs or EPOCHS[source],
        lr=lr,
        hidden=hidden or HIDDEN[source],
        batch=BATCH[source],
        source=source.value,
    )


if __name__ == "__main__":
    stage.run(main, __doc__)

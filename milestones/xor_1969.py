"""1969: XOR needs a hidden layer, and with one it can be learned.

Marvin Minsky and Seymour Papert proved what a perceptron cannot do; XOR is the smallest example.
Two hidden units are enough for it: one says OR, one says AND, and *or but not and* is XOR.

**Part 1** sets such weights by hand; it needs the unit *losses*. **Part 2** finds weights by
training. It needs *autograd*, which derives gradients, or *optimizers*, and then we derive them.

Try `--hidden 2` with seeds from 0 to 9: two units suffice, but does training find them? And 3, 4?
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import getsource
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

import tinytorch as torch
from tinytorch.milestone import data, gate, pictures, stage
from tinytorch.milestone.trail import Trail, Weights

Array = np.ndarray[Any, Any]
Tensors = dict[str, Any]
AUDITED = 1000  # steps, at most, that are taken again in numpy

# Each column of w1 is a hidden unit. tanh of a large number is +-1, so the first unit says OR, the
# second AND, and w2 adds them up to "or, but not and".
BY_HAND = {
    "w1": np.array([[10, 10], [10, 10]], np.float32),  # (2, H)
    "b1": np.array([-5, -15], np.float32),  # (H,)
    "w2": np.array([[5], [-5]], np.float32),  # (H, 1)
    "b2": np.array([-5], np.float32),  # (1,)
}


def network(x: Any, w: Tensors) -> tuple[Any, Any]:
    """x: (N, 2) -> logits, (N, 1), above 0 for yes; and what the hidden units say, (N, H)."""
    hidden = (x @ w["w1"] + w["b1"]).tanh()
    return hidden @ w["w2"] + w["b2"], hidden


def inference(x: Any, y: Any) -> stage.Evidence:
    """Part 1: the weights set by hand, and how wrong they are."""
    logits, _ = network(x, {name: torch.from_numpy(value) for name, value in BY_HAND.items()})
    loss = torch.losses.bce_with_logits(logits, y)
    return {"hand_logits": logits.numpy(), "hand_loss": loss.item()}


def step_by_hand(x: Any, y: Any, w: Tensors, lr: float) -> tuple[Any, Tensors]:
    """One step downhill, the chain rule done on paper: backwards through each line of `network`."""
    logits, hidden = network(x, w)
    loss = torch.losses.bce_with_logits(logits, y)
    grad_logits = torch.losses.bce_with_logits_backward(torch.tensor(1.0), logits, y)  # (N, 1)
    grad_hidden = grad_logits @ w["w2"].T  # (N, H)
    grad_sums = torch.activations.tanh_backward(grad_hidden, hidden)  # (N, H)
    gradients = {
        "w1": x.T @ grad_sums,
        "b1": grad_sums.sum(0),
        "w2": hidden.T @ grad_logits,
        "b2": grad_logits.sum(0),
    }
    torch.optimizers.sgd_step(list(w.values()), list(gradients.values()), [], lr)
    return loss, gradients


def step_by_autograd(x: Any, y: Any, w: Tensors, lr: float) -> tuple[Any, Tensors]:
    """One step downhill: autograd goes backwards, the update is still ours."""
    logits, _ = network(x, w)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, y)
    loss.backward()
    gradients = {name: p.grad for name, p in w.items()}
    with torch.no_grad():
        for p in w.values():
            p -= lr * p.grad
            p.grad = None
    return loss, gradients


def training(x: Any, y: Any, epochs: int, lr: float, hidden: int, by_hand: bool) -> stage.Evidence:
    """Part 2: weights found by going downhill from a random start, all four examples a step."""
    shapes = {"w1": (2, hidden), "b1": (hidden,), "w2": (hidden, 1), "b2": (1,)}
    w = {name: torch.randn(*shape) for name, shape in shapes.items()}
    step: Callable[..., tuple[Any, Tensors]] = step_by_hand
    if not by_hand:
        step = step_by_autograd
        for p in w.values():
            p.requires_grad_()
    with Trail(w, "by hand" if by_hand else "by autograd", epochs, AUDITED) as trail:
        for _ in range(epochs):
            trail.before_step()
            loss, gradients = step(x, y, w, lr)
            trail.after_step(range(4), loss, gradients)
    logits, _ = network(x, w)
    return {"run": trail.run(), "logits": logits.numpy(force=True)}


def train(
    seed: int, epochs: int, lr: float, hidden: int, by_hand: bool, part: int
) -> stage.Evidence:
    torch.manual_seed(seed)
    x, y = map(torch.from_numpy, examples())
    evidence = inference(x, y)
    return evidence | training(x, y, epochs, lr, hidden, by_hand) if part == 2 else evidence


def examples() -> tuple[Array, Array]:
    """x: (4, 2), y: (4, 1), 1 for yes and 0 for no."""
    points = data.xor()
    return points.x, (points.t[:, None] + 1) / 2


# --- the same in numpy, for the gate ------------------------------------------------------------


def score(w: Weights, x: Array) -> Array:
    z: Array = np.tanh(x @ w["w1"] + w["b1"]) @ w["w2"] + w["b2"]
    return z[:, 0]


def loss_in_numpy(w: Weights, rows: Array) -> float:
    """Binary cross-entropy of the logits z: the mean of log(1 + exp(z)) - y z."""
    x, y = examples()
    z = score(w, x[rows])
    return float(np.mean(np.logaddexp(0, z) - y[rows, 0] * z))


def judge(evidence: stage.Evidence, lr: float, part: int, **_: Any) -> gate.Verdict:
    x, y = examples()
    every = np.arange(4)

    def result(w: Weights, logits: Array) -> tuple[float, float, bool]:
        z = score(w, x)
        accuracy = float(np.mean((z > 0) == (y[:, 0] > 0)))
        return accuracy, loss_in_numpy(w, every), np.allclose(logits[:, 0], z, rtol=1e-4, atol=1e-5)

    accuracy, loss, agree = result(BY_HAND, evidence["hand_logits"])
    checks = {
        "weights_by_hand_solve_it": accuracy == 1,
        "answers_by_hand_agree": agree,
        "loss_by_hand_agrees": bool(np.isclose(evidence["hand_loss"], loss, rtol=1e-4)),
    }
    if part == 2:
        accuracy, loss, agree = result(gate.final_weights(evidence["run"]), evidence["logits"])
        checks |= gate.audit(evidence["run"], loss_in_numpy, lr, AUDITED)
        checks |= {"answers_agree": agree, "training_solves_it": accuracy == 1}
    return gate.Verdict(accuracy, loss, checks)


# --- what it looks like, and what it cost -------------------------------------------------------


def draw(evidence: stage.Evidence, out: Path, part: int, **_: Any) -> list[Path]:
    points = data.xor()

    def panel(w: Weights) -> tuple[pictures.Score, Array, Array]:
        return lambda x: score(w, x), points.x, points.t

    panels = {"Two hidden units, set by hand": panel(BY_HAND)}
    if part == 1:
        return [pictures.boundaries(out / "xor_boundary.png", panels)]
    run = evidence["run"]
    panels[f"{run['before']['b1'].shape[1]} hidden units, trained"] = panel(gate.final_weights(run))
    losses = run["losses"]
    return [
        pictures.boundaries(out / "xor_boundary.png", panels),
        pictures.curves(
            out / "xor_loss.png",
            ("Downhill from a random start", "steps", "binary cross-entropy"),
            {"training": (np.arange(1, len(losses) + 1), losses)},
            level=("always answering one half: log 2", np.log(2)),
            log=True,
        ),
    ]


def reflect(
    evidence: stage.Evidence, verdict: gate.Verdict, hidden: int, by_hand: bool, part: int, **_: Any
) -> stage.Reflection:
    if part == 1:
        return stage.Reflection(
            costs={"parameters": "9, every one of them set by hand"},
            pain="Nine numbers took a proof on paper. The network of mlp_1986.py has 4,810.",
            cure="Going downhill on the loss: optimizers, or autograd, then part 2.",
        )
    run = evidence["run"]
    parameters = 4 * hidden + 1
    flops = stage.mlp_flops(4, 2, hidden, 1)
    slow = int(np.argmax(run["losses"] < 0.01))
    if by_hand:
        lines = [_lines_with(step_by_hand, "grad_"), _lines_with(network, "@")]
        return stage.Reflection(
            costs=stage.costs(run, parameters, flops),
            pain=(
                f"The network is {lines[1]} lines, its gradients are {lines[0]}: derived on paper, "
                "for this network only. With a factor wrong they would still run; only a check by "
                "finite differences, as the one below, would tell."
            ),
            cure="autograd: it writes these lines while the network runs, for any network.",
        )
    return stage.Reflection(
        costs=stage.costs(run, parameters, flops),
        pain=(
            f"Four examples, and {slow} steps until the loss is below 0.01: every weight moves at "
            "one rate, and what a step learned of the slope is forgotten at the next. Two hidden "
            "units could do it, but of 400 random starts with two 221 were stuck; with eight, none."
        ),
        cure="optimizers: momentum remembers the slope, Adam gives every weight a rate of its own.",
    )


def _lines_with(function: Callable[..., Any], word: str) -> int:
    return sum(word in line.partition("#")[0] for line in getsource(function).splitlines()[1:])


HINTS = {"training_solves_it": "stuck, or too early: another --seed, more --hidden or --epochs"}
MILESTONE = stage.Milestone("xor", train, judge, draw, reflect, HINTS)

Hidden = Annotated[int, typer.Option(help="Hidden units.", min=1, max=10_000)]
Part = Annotated[int, typer.Option(help="1: inference only. 2: then training.", min=1, max=2)]
Way = Annotated[
    bool | None,
    typer.Option(
        "--by-hand/--by-autograd",
        help="Whose gradients part 2 uses; autograd's, where it is built.",
        show_default=False,
    ),
]


def main(
    seed: stage.Seed = 0,
    epochs: stage.Epochs = 500,
    lr: stage.Rate = 1.0,
    hidden: Hidden = 8,
    by_hand: Way = None,
    part: Part = 2,
    out: stage.Out = Path(__file__).parent / "out",
    as_json: stage.Json = False,
) -> None:
    stage.play(
        MILESTONE,
        out,
        as_json,
        parts=part,
        seed=seed,
        epochs=epochs,
        lr=lr,
        hidden=hidden,
        by_hand=stage.missing("autograd") if by_hand is None else by_hand,
        part=part,
    )


if __name__ == "__main__":
    stage.run(main, __doc__)

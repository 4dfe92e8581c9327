"""1998: convolutions see.

Yann LeCun, Leon Bottou, Yoshua Bengio and Patrick Haffner let a network look for the same small
pattern everywhere in an image, and found the patterns by back-propagation. Here such a network,
with the batch normalisation of 2015, learns digits or the photographs of CIFAR-10, and is examined
on images that it never trained on.

`--data digits` is scikit-learn's set: 1,797 images of 8 x 8 pixels, a fifth kept for the exam.
`--data mnist` is 70,000 images of 28 x 28, from `$TINYTORCH_DATA/mnist` or downloaded.
`--data cifar10` is 60,000 photographs of 32 x 32 in colour, from `$TINYTORCH_DATA/cifar10`.

`--recipe quick`, `default` and `long` are networks of growing size for CIFAR-10, and longer
training; `long` looks at each image six times in the exam, moved and mirrored. `own` is for plain
loops: it saves its state after each epoch, and goes on from there when it is started again.
`--kernels reference` runs any of them on the loops that the course teaches.

It needs the units *spatial*, *dataloader* and *optimizers*.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

import tinytorch as torch
from tinytorch.milestone import convolution, gate, images, pictures, stage
from tinytorch.milestone import data as data
from tinytorch.milestone.convolution import kept, statistics
from tinytorch.milestone.paces import mlp, speed
from tinytorch.milestone.seeing import note, resumed, running, save, stacked
from tinytorch.milestone.trail import Trail, Weights

Array = np.ndarray[Any, Any]
BEND = 1e-8  # of finite differences: relu and pooling bend the loss in millions of places
# Where two of a window are as large but for float32's last bit, either may pass the gradient on:
# seen to turn up to 0.4 % of a weight's gradient, which a random direction shows threefold at most.
TIES = 0.012
SHARE = 2_000  # of the exam's images, at most: asked between epochs, and answered again by numpy


class Source(StrEnum):
    digits = "digits"
    mnist = "mnist"
    cifar10 = "cifar10"


class Name(StrEnum):
    quick = "quick"
    default = "default"
    long = "long"
    own = "own"


class Kernels(StrEnum):
    accelerated = "accelerated"
    reference = "reference"


@dataclass(frozen=True)
class Recipe:
    """How a network is made, trained and examined."""

    blocks: tuple[tuple[int, ...], ...]  # channels of its convolutions; all but the last block pool
    epochs: int
    batch: int
    lr: float  # the peak, at a fifth of the steps
    needed: float  # of the exam
    gelu: bool = False  # in the place of relu
    last: float = 0.0  # the share of lr at the end
    momentum: float = 0.9
    decay: float = 5e-4
    eager: float = 1.0  # how much faster the norms' shifts learn, and decay the less
    meet: int = 0  # steps between meetings of slow and fast weights; 0: there are no slow ones
    smoothing: float = 0.0  # the share of each target that all classes get
    temperature: float = 1.0  # scores are divided by it
    moved: int = 0  # pixels, at most; and then half of the images are mirrored
    looks: int = 1  # at an image in the exam: 1 or 6
    audited: int = 2  # steps


PHOTOS: dict[str, Any] = {"batch": 128, "lr": 0.2, "smoothing": 0.1, "moved": 4}
# After Keller Jordan's airbench94 of 2024, which makes the most of few epochs.
SWIFT: dict[str, Any] = {
    "batch": 128,
    "gelu": True,
    "lr": 0.1875,
    "last": 0.07,
    "momentum": 0.85,
    "decay": 1.33e-3,
    "eager": 64,
    "meet": 20,
    "smoothing": 0.2,
    "temperature": 9,
    "moved": 2,
    "looks": 6,
}
RECIPES = {
    Source.digits: Recipe(((16,), (32,)), 20, 32, 0.1, 0.97, audited=8),
    Source.mnist: Recipe(((16,), (32,), (64,)), 3, 64, 0.1, 0.985, audited=3),
    Name.quick: Recipe(((32,), (64,), (128,), (128,)), 5, needed=0.75, **PHOTOS),
    Name.default: Recipe(((40,), (80, 80), (160, 160)), 10, needed=0.84, **PHOTOS),
    Name.long: Recipe(((24, 64), (64, 256), (256, 256), (256,)), 11, needed=0.90, **SWIFT),
    Name.own: Recipe(((24,), (48,), (96,), (96,)), 5, needed=0.75, **PHOTOS),
}


def recipe_of(source: str, recipe: str) -> Recipe:
    return RECIPES[Name(recipe)] if source == Source.cifar10 else RECIPES[Source(source)]


@cache
def load(source: str) -> images.Images:
    return images.load(source)


# --- the network --------------------------------------------------------------------------------


def convolutions(plan: Recipe) -> Iterator[tuple[int, bool]]:
    """Of each convolution, in order: how many channels it makes, and whether pooling follows."""
    for number, widths in enumerate(plan.blocks):
        for part, width in enumerate(widths):
            yield width, part == len(widths) - 1 and number < len(plan.blocks) - 1


def network(plan: Recipe, channels: int, classes: int) -> Any:
    """Its layers, by number; `blocks` says which are which.

    Pooling comes before the norm, which has a quarter of the work then. Norms shift and do not
    scale, as the next layer undoes that. Deeper layers begin by passing on what they get (Zagoruyko
    and Komodakis, DiracNets, 2017).
    """
    nn = torch.nn
    layers: list[Any] = []
    before = channels
    for width, pooled in convolutions(plan):
        conv = nn.Conv2d(before, width, 3, padding=1, bias=False)
        if layers:  # as many kernels as can begin by passing their channel on
            nn.init.dirac_(conv.weight[:before])
            if not plan.gelu:  # relu passes zeros on; where they are equal, pooling has no slope
                with torch.no_grad():
                    conv.weight += 1e-3 * torch.randn_like(conv.weight)
        norm = nn.BatchNorm2d(width)
        norm.weight.requires_grad_(False)
        bend = nn.GELU(approximate="tanh") if plan.gelu else nn.ReLU()
        layers += [conv, *[nn.MaxPool2d(2)] * pooled, norm, bend]
        before = width
    return nn.Sequential(*layers, nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(before, classes))


def blocks(plan: Recipe) -> tuple[list[convolution.Block], str]:
    """The same for numpy: the blocks, and the name of the linear layer."""
    found: list[convolution.Block] = []
    at = 0
    for _, pooled in convolutions(plan):
        found.append(convolution.Block(str(at), str(at + 1 + pooled), pooled, plan.gelu))
        at += 3 + pooled
    return found, str(at + 2)


def shifts_of(plan: Recipe) -> list[str]:
    """The names of what norms learn."""
    return [f"{block.norm}.bias" for block in blocks(plan)[0]]


def batches(source: str, plan: Recipe, order: Any) -> Any:
    """A DataLoader of (x, y), in this order, each image a little different each time."""
    pixels = load(source)
    transforms = torch.vision.transforms
    chain: list[Any] = []
    if plan.moved:
        size = pixels.x.shape[-1]
        chain += [transforms.RandomCrop(size, plan.moved), transforms.RandomHorizontalFlip()]
    chain += [
        transforms.ToTensor(),
        transforms.Normalize(pixels.mean.tolist(), pixels.deviation.tolist()),
    ]
    dataset = InMemory(pixels.x, pixels.y, transforms.Compose(chain))
    return torch.utils.data.DataLoader(dataset, plan.batch, sampler=order, drop_last=True)


def InMemory(x: Array, y: Array, transform: Any) -> Any:
    """Images of bytes in planes, as a dataset of torchvision's kind."""
    from tinytorch.vision.datasets.vision import ImagesInMemory

    dataset = ImagesInMemory(transform=transform)
    dataset.data = x[:, 0] if x.shape[1] == 1 else x.transpose(0, 2, 3, 1)
    dataset.targets = y
    return dataset


def rate(step: int, steps: int, peak: float, last: float = 0.0) -> float:
    """Up in a straight line over a fifth of the steps, and down to `last` of it over the rest."""
    rise = max(1, steps // 5)
    down = (steps - step) / (steps - rise + 1)
    return peak * min((step + 1) / rise, last + (1 - last) * down)


class Lookahead:
    """Slow weights, to which the fast ones return (Zhang, Lucas, Ba and Hinton, 2019).

    First the slow ones go all the way to where the fast ones have come, in the end a quarter of it,
    and so become a mean.
    """

    def __init__(self, model: Any) -> None:
        fast = [value for value in model.state_dict().values() if value.is_floating_point()]
        self._pairs = [(value, value.clone()) for value in fast]

    def meet(self, progress: float) -> None:
        """progress: the share of the training that is done."""
        with torch.no_grad():
            for fast, slow in self._pairs:
                slow.lerp_(fast, 1 - 0.77 * progress**3)
                fast.copy_(slow)


# --- training -----------------------------------------------------------------------------------


def train(
    seed: int, source: str, recipe: str, kernels: str, epochs: int | None, state: str | None
) -> stage.Evidence:
    plan = recipe_of(source, recipe)
    load(source)  # a missing data set is told before anything else
    with torch.kernels(kernels) if kernels == "reference" else contextlib.nullcontext():
        evidence = fit(seed, source, plan, epochs or plan.epochs, state)
        return evidence | {"pain": pain(seed, source, plan, kernels)}


def fit(seed: int, source: str, plan: Recipe, epochs: int, state: str | None) -> stage.Evidence:
    pixels = load(source)
    torch.manual_seed(seed)
    F = torch.nn.functional
    model = network(plan, pixels.x.shape[1], len(pixels.names))
    weights = {name: w for name, w in model.named_parameters() if w.requires_grad}
    shifts = shifts_of(plan)
    groups = [
        {"params": [w for name, w in weights.items() if name not in shifts]},
        {"params": [weights[name] for name in shifts], "weight_decay": plan.decay / plan.eager},
    ]
    optimizer = torch.optim.SGD(
        groups, lr=plan.lr, momentum=plan.momentum, weight_decay=plan.decay, nesterov=True
    )
    per_epoch = len(pixels.x) // plan.batch
    steps = epochs * per_epoch
    first, exam = resumed(state, model, optimizer, (seed, epochs))
    lookahead = Lookahead(model)
    audited: dict[str, list[Any]] = {"x": [], "y": [], "rate": [], "velocity": [], "running": []}
    answers = np.zeros(0)
    with Trail(weights, f"seeing {source}", (epochs - first) * per_epoch, plan.audited) as trail:
        for epoch in range(first, epochs):
            torch.manual_seed(seed * 1000 + epoch)  # an epoch is the same when it is resumed
            order = torch.randperm(len(pixels.x)).tolist()
            model.train()
            for number, (x, y) in enumerate(batches(source, plan, order)):
                step = epoch * per_epoch + number
                lr = rate(step, steps, plan.lr, plan.last)
                for group, times in zip(optimizer.param_groups, (1, plan.eager), strict=True):
                    group["lr"] = lr * times
                if plan.meet and step and (steps - 1 - step) % plan.meet == 0:
                    lookahead.meet(step / steps)
                if trail.audits:
                    note(audited, x, y, lr, optimizer, weights)
                    audited["running"].append(running(model))
                trail.before_step()
                scores = model(x) / plan.temperature
                loss = F.cross_entropy(scores, y, label_smoothing=plan.smoothing)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                rows = order[number * plan.batch : (number + 1) * plan.batch]
                noted = len(audited["running"]) % 2 == 1
                trail.after_step(rows, loss, {name: p.grad for name, p in weights.items()})
                if noted:
                    audited["running"].append(running(model))
            done = epoch + 1 == epochs
            asked = len(pixels.test_y) if done else SHARE
            answers = answered(model, pixels, asked, plan.looks if done else 1)
            exam.append(float(np.mean(answers == pixels.test_y[:asked])))
            save(state, model, optimizer, epoch + 1, exam, (seed, epochs))
    return {
        "run": trail.run(),
        "answers": answers,
        "exam": np.array(exam),
        "audited": {name: stacked(values) for name, values in audited.items()},
    }


def answered(model: Any, pixels: images.Images, asked: int, looks: int) -> Array:
    """What the model takes the first images of the exam for."""
    model.eval()
    found = []
    with torch.no_grad():
        for part in np.split(pixels.test_x[:asked], range(256, asked, 256)):
            views = looked_at(pixels.scaled(part), looks)
            scores = [model(torch.from_numpy(view)).numpy() for view in views]
            found.append(sum(scores).argmax(1))
    return np.concatenate(found)


def looked_at(x: Array, looks: int) -> list[Array]:
    """As they are; or that and a pixel down to the right and up to the left, each mirrored too.

    The scores of all views count alike.
    """
    if looks == 1:
        return [x]
    wide = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="reflect")
    moved = x, wide[:, :, :-2, :-2], wide[:, :, 2:, 2:]
    return [np.ascontiguousarray(view) for m in moved for view in (m, m[..., ::-1])]


# --- what hurts without convolutions, without batches, without fast loops ------------------------


def pain(seed: int, source: str, plan: Recipe, kernels: str) -> dict[str, float]:
    """An MLP on the same images; images a second one by one and in batches; plain loops."""
    pixels = load(source)

    def paced(samples: Any, count: int) -> float:
        torch.manual_seed(0)
        return speed(network(plan, pixels.x.shape[1], len(pixels.names)), samples, count)

    found = {"mlp": mlp(seed, pixels, 10 if source == Source.digits else 2)}
    count = min(len(pixels.x), max(1024, 4 * plan.batch))
    found["batched"] = paced(batches(source, plan, range(count)), count)
    found["one"] = paced(alone(source, plan, 64), 64)
    if kernels == "accelerated" and any(torch._C.kernel_table().values()):
        few = 2 * plan.batch
        with torch.kernels("reference"):
            found["reference"] = paced(batches(source, plan, range(few)), few)
    return found


def alone(source: str, plan: Recipe, count: int) -> Any:
    """Sample by sample, as a first loop would have it."""
    dataset = batches(source, plan, range(count)).dataset
    for index in range(count):
        x, y = dataset[index]
        yield x[None], torch.tensor([y])


# --- the same in numpy, for the gate ------------------------------------------------------------


def judge(evidence: stage.Evidence, source: str, recipe: str, **_: Any) -> gate.Verdict:
    plan, pixels, run = recipe_of(source, recipe), load(source), evidence["run"]
    audited, (layers, head) = evidence["audited"], blocks(plan)
    shifts = shifts_of(plan)
    shown = {tuple(rows.tolist()): m for m, rows in enumerate(run["rows"])}

    def loss(weights: Weights, rows: Array) -> float:
        m = shown[tuple(rows.tolist())]
        x = audited["x"][m].astype(np.float64)
        scores = convolution.logits(weights, layers, head, x) / plan.temperature
        return convolution.cross_entropy(scores, pixels.y[rows], plan.smoothing)

    def update(before: Weights, slopes: Weights, m: int) -> Weights:
        after = {}
        for name, weight in before.items():
            times = plan.eager if name in shifts else 1
            slope = slopes[name] + plan.decay / times * weight
            velocity = plan.momentum * audited["velocity"][name][m].astype(np.float64) + slope
            after[name] = weight - times * audited["rate"][m] * (slope + plan.momentum * velocity)
        return after

    weights = gate.final_weights(run)
    final = {name: values[-1] for name, values in audited["running"].items()}
    single = {name: weight.astype(np.float32) for name, weight in weights.items()}
    means = {b.norm: statistics(final, b.norm) for b in layers}
    chosen = np.random.default_rng().permutation(len(pixels.test_y))[:SHARE]
    again = []
    for part in np.array_split(chosen, max(1, len(chosen) // 100)):
        x = pixels.scaled(pixels.test_x[part])
        views = looked_at(x, plan.looks)
        each = [convolution.logits(single, layers, head, view, means) for view in views]
        again.append(np.mean(each, axis=0))
    scores = np.concatenate(again)
    said = evidence["answers"]
    accuracy = float(np.mean(said == pixels.test_y))
    least = min(plan.audited, len(run["losses"]))
    checks = gate.audit(run, loss, plan.lr, least, update, BEND, TIES) | {
        "images_are_the_data_sets": all(
            images.window_of(pixels, pixels.x[row], shown_x, plan.moved, bool(plan.moved))
            for m, rows in enumerate(run["rows"])
            for row, shown_x in zip(rows[:8], audited["x"][m], strict=False)
        ),
        "statistics_are_kept": kept(run, audited, layers),
        "answers_agree": float(np.mean(said[chosen] == scores.argmax(1))) > 0.998,
        f"sees_{100 * plan.needed:g}_percent_of_new_images".replace(".", "_"): accuracy
        >= plan.needed,
    }
    test_loss = convolution.cross_entropy(scores / plan.temperature, pixels.test_y[chosen])
    return gate.Verdict(accuracy, test_loss, checks)


# --- what it looks like, and what it cost -------------------------------------------------------


def draw(evidence: stage.Evidence, out: Path, source: str, recipe: str, **_: Any) -> list[Path]:
    plan, pixels = recipe_of(source, recipe), load(source)
    losses, exam, said = evidence["run"]["losses"], evidence["exam"], evidence["answers"]
    weights = gate.final_weights(evidence["run"])
    layers, _head = blocks(plan)
    final = {name: values[-1] for name, values in evidence["audited"]["running"].items()}
    means = {b.norm: statistics(final, b.norm) for b in layers}
    first = convolution.Block(layers[0].convolution, layers[0].norm, False, plan.gelu)
    maps = convolution.features(weights, [first], pixels.scaled(pixels.test_x[:1]), means)
    wrong = int(np.sum(said != pixels.test_y))
    shown = pixels.test_x.transpose(0, 2, 3, 1)
    curve = [
        pictures.noisy_curve(
            out / "cnn_loss.png", "Convolutions at work", losses, exam, plan.needed
        )
    ]
    return (curve if len(losses) % len(exam) == 0 else []) + [
        pictures.tiles(
            out / "cnn_filters.png",
            "What the first layer looks for",
            weights[f"{layers[0].convolution}.weight"].transpose(0, 2, 3, 1),
        ),
        pictures.tiles(
            out / "cnn_maps.png",
            "Where it finds that in an image, which comes first",
            maps[0].transpose(2, 0, 1)[..., None],
            shown[0],
        ),
        pictures.confusion(
            out / "cnn_confusion.png",
            f"{len(said)} new images, {wrong} of them mistaken",
            said,
            pixels.test_y,
        ),
        pictures.mistaken(
            out / "cnn_mistaken.png",
            f"Mistaken: {min(wrong, 10)} of {wrong}",
            shown,
            said,
            pixels.test_y,
            pixels.names,
        ),
    ]


def sizes(plan: Recipe, pixels: images.Images) -> list[tuple[int, int, int]]:
    """(inputs, outputs, pixels) of each convolution."""
    before, side = pixels.x.shape[1], pixels.x.shape[-1]
    found = []
    for width, pooled in convolutions(plan):
        found.append((before, width, side * side))
        before, side = width, side // 2 if pooled else side
    return found


def reflect(
    evidence: stage.Evidence, verdict: gate.Verdict, source: str, recipe: str, **_: Any
) -> stage.Reflection:
    plan, pixels, run = recipe_of(source, recipe), load(source), evidence["run"]
    hurts = evidence["pain"]
    parameters = sum(weight.size for weight in gate.final_weights(run).values())
    slow = ""
    if "reference" in hurts:
        slow = (
            f" And on the plain loops of the course it would see {hurts['reference']:,.0f} images "
            f"a second, a {hurts['batched'] / hurts['reference']:.0f}th of that."
        )
    return stage.Reflection(
        costs=stage.costs(run, parameters, convolution.flops(sizes(plan, pixels), plan.batch)),
        pain=(
            f"A network with one hidden layer reaches {hurts['mlp']:.1%} on the same images, where "
            f"this one reaches {verdict.accuracy:.1%}. Image by image it would train on "
            f"{hurts['one']:,.0f} a second; in batches of {plan.batch} it trains on "
            f"{hurts['batched']:,.0f}, {hurts['batched'] / hurts['one']:.1f} times as many.{slow}"
        ),
        cure=(
            "spatial gave it eyes, and dataloader its batches; acceleration makes the loops fast.\n"
            "What is no image has no neighbours to look at: attention finds out who they are."
        ),
    )


HINTS = {
    "images_are_the_data_sets": "dataloader: a batch holds other images than its indices say",
    "statistics_are_kept": "batch norm: its running statistics do not follow the batches",
    "answers_agree": "a forward function, batch norm's running statistics among them",
} | {
    f"sees_{100 * plan.needed:g}_percent_of_new_images".replace(".", "_"): "more --epochs"
    for plan in RECIPES.values()
}
MILESTONE = stage.Milestone("cnn", train, judge, draw, reflect, HINTS)

Epochs = Annotated[
    int | None,
    typer.Option(
        help="How often every image is seen.", min=1, max=10**4, show_default="the recipe's"
    ),
]


def main(
    seed: stage.Seed = 0,
    epochs: Epochs = None,
    source: Annotated[Source, typer.Option("--data", help="Which images.")] = Source.digits,
    recipe: Annotated[Name, typer.Option(help="Of CIFAR-10: how large, how long.")] = Name.default,
    kernels: Annotated[Kernels, typer.Option(help="Whose loops run.")] = Kernels.accelerated,
    out: stage.Out = Path(__file__).parent / "out",
    as_json: stage.Json = False,
) -> None:
    own = recipe == Name.own
    stage.play(
        MILESTONE,
        out,
        as_json,
        seed=seed,
        source=source.value,
        recipe=recipe.value,
        kernels=Kernels.reference.value if own else kernels.value,
        epochs=epochs,
        state=str(out / f"cnn_{source.value}.pt") if own else None,
    )


if __name__ == "__main__":
    stage.run(main, __doc__)

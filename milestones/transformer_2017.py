"""2017: attention writes.

Ashish Vaswani and seven others built a network in which every position looks at every other, and
nothing else carries information from place to place. Stacked, and asked for the next token, it
writes.

**Part 1** proves that attention moves what is known to where it is needed: one small model learns
to reverse, copy and sort digits, which no model can whose positions do not look around; it needs
*transformers* and *optimizers*. **Part 2** trains a TinyGPT on Shakespeare, a character at a time,
and lets it write; it needs *generation*, too. Then `tito try`, or `--try` here, is for you to type.

`--data excerpt` is 82 kB of Coriolanus that come along. `--data shakespeare` is the usual megabyte,
from `$TINYTORCH_DATA/tinyshakespeare` or downloaded; the last tenth is kept for the exam.

`--recipe quick` takes seconds, `default` a quarter of an hour and `long` twice that on two cores;
`own` is for plain loops. The long ones save their state, and go on from there when they are started
again.

Try `--tokenizer bpe`: fewer and richer tokens. Or `--part 1 --seed 7`.
"""

from __future__ import annotations

import contextlib
import math
import time
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

import tinytorch as torch
from tinytorch.milestone import gate, gpt, language, pictures, sequences, stage, trying
from tinytorch.milestone.live import Live, spread
from tinytorch.milestone.steps import CLIP, Recipe, Training, model_of, seconds

Array = np.ndarray[Any, Any]
TIMEOUT = 3600.0  # seconds that tito allows; plain loops are slow
NEEDED = 0.95  # of the sequences, every element right
TEMPERATURE, TOP_K, WRITTEN = 0.8, 40, 400
TOKENS = {"excerpt": 384, "shakespeare": 1024}  # of --tokenizer bpe


class Source(StrEnum):
    excerpt = "excerpt"
    shakespeare = "shakespeare"


class Name(StrEnum):
    quick = "quick"
    default = "default"
    long = "long"
    own = "own"


class Kernels(StrEnum):
    accelerated = "accelerated"
    reference = "reference"


class Split(StrEnum):
    characters = "characters"
    bpe = "bpe"


PROOF = Recipe(2, 64, 2 * sequences.LENGTH + 1, 64, 1000, warm_up=50)
VOCABULARY = len(sequences.NAMES)
# Of a megabyte, over and over.
OFTEN: dict[str, Any] = {"lr": 4e-3, "decay": 0.3, "deviation": 0.06, "waves": True}
RECIPES = {
    Name.quick: Recipe(2, 64, 64, 16, 1500, warm_up=100, below=2.0),
    Name.default: Recipe(4, 128, 128, 16, 6500, dropout=0.05, below=1.48, **OFTEN),
    Name.long: Recipe(4, 128, 128, 16, 14_000, dropout=0.1, below=1.4697, **OFTEN),
    Name.own: Recipe(3, 96, 64, 16, 1500, deviation=0.1, waves=True, below=2.0),
}


# --- part 1: attention moves what is known to where it is needed ----------------------------------


def proof(seed: int, steps: int) -> stage.Evidence:
    torch.manual_seed(seed)
    train, exam = sequences.questions()
    training = Training(model_of(PROOF, VOCABULARY), PROOF, steps)
    draw = np.random.default_rng(seed)
    chosen = spread(0, steps, 7)
    with Live(training.watched, "reverse, copy, sort", steps, chosen) as trail:
        for _ in range(steps):
            rows = draw.integers(0, len(train), PROOF.batch)
            ids, targets = map(torch.from_numpy, sequences.asked_of(rows))
            training.step(trail, rows, ids, targets)
    training.model.eval()
    ids = torch.from_numpy(exam[:, : sequences.BEGUN].copy())
    with torch.no_grad():
        for _ in range(sequences.LENGTH):
            ids = torch.cat([ids, training.model(ids)[:, -1].argmax(-1, keepdim=True)], 1)
    asked = language.probes(exam[0, :-1], VOCABULARY)
    return {
        "proof": trail.run(),
        "answers": ids[:, sequences.BEGUN :].numpy(),
        "proof_asked": asked,
        "proof_told": training.look(asked),
    }


def judge_proof(evidence: stage.Evidence, steps: int) -> gate.Verdict:
    run, exam = evidence["proof"], sequences.questions()[1]
    begun, right = exam[:, : sequences.BEGUN], exam[:, sequences.BEGUN :]
    w = language.final_weights(run)
    said = np.clip(evidence["answers"], 0, VOCABULARY - 1).reshape(right.shape)
    exact = (sequences.next_digits(w, begun, right, PROOF.heads) == right).all(1)
    blind = sequences.next_digits(w, begun, right, PROOF.heads, attention=False) == right
    again = sequences.next_digits(w, begun, said, PROOF.heads)
    checks = language.audit(
        run,
        sequences.asked_of,
        PROOF.heads,
        lambda step: PROOF.rate(step, steps),
        PROOF.decay,
        CLIP,
        7,
    )
    asked, told = evidence["proof_asked"], evidence["proof_told"]
    start = language.first_weights(run)
    checks |= language.examine(w, PROOF.heads, asked, told, start)
    named = {f"proof_{name}": held for name, held in checks.items()}
    for way, what in sequences.WAYS.items():
        named[f"proof_{what}_95_percent"] = float(exact[begun[:, 0] == way].mean()) >= NEEDED
    named["proof_needs_attention"] = float(blind.all(1).mean()) < 0.2
    named["answers_agree"] = float((evidence["answers"] == again).mean()) > 0.999
    loss, _ = gpt.loss_and_gradients(w, *sequences.asked_of(np.arange(256)), PROOF.heads)
    return gate.Verdict(float(exact.mean()), loss, named)


# --- part 2: it writes ----------------------------------------------------------------------------


@cache
def text_of(source: str) -> tuple[str, str]:
    """To learn from, and the last tenth, for the exam."""
    datasets = torch.text.datasets
    text = datasets.shakespeare() if source == Source.excerpt else datasets.tinyshakespeare()
    cut = int(0.9 * len(text))
    return text[:cut], text[cut:]


def tokenizer_of(source: str, split: str) -> Any:
    train, exam = text_of(source)
    if split == Split.bpe:
        return torch.text.BPETokenizer.train(train, TOKENS[source], progress=False)
    return torch.text.CharTokenizer.train(train + exam)


def tokens_of(tokenizer: Any, split: str) -> tuple[list[bytes], list[tuple[bytes, bytes]]]:
    if split == Split.bpe:
        ids = {id: token for token, id in tokenizer.vocabulary.items()}
        return [ids[id] for id in range(len(ids))], tokenizer.merges
    return [c.encode() for c in tokenizer.characters], []


def tinygpt(
    seed: int, source: str, plan: Recipe, split: str, steps: int, state: str | None
) -> stage.Evidence:
    torch.manual_seed(seed)
    tokenizer = tokenizer_of(source, split)
    train, exam = (np.array(tokenizer.encode(text), np.int64) for text in text_of(source))
    training = Training(model_of(plan, tokenizer.vocab_size), plan, steps)
    settings = [seed, source, split, steps, repr(plan)]
    losses, curve = training.resume(state, settings) if state else ([], [])
    first = len(losses)
    stream, places = torch.from_numpy(train), torch.arange(plan.context)
    pieces = [tuple(map(torch.from_numpy, part)) for part in language.windows(exam, plan.context)]
    few = pieces[:: max(1, len(pieces) // 4)]
    every = max(1, steps // 20)
    chosen = spread(first, steps, 5)
    with Live(training.watched, f"reading {source}", steps, chosen, losses) as trail:
        for number in range(first, steps):
            at = torch.randint(len(train) - plan.context, (plan.batch, 1))
            ids = at + places
            training.step(trail, at.view(-1), stream[ids], stream[ids + 1])
            if (number + 1) % every == 0:
                curve.append((number + 1, evaluated(training.model, few) / counted(few)))
                if state and number + 1 < steps:
                    training.save(state, trail.losses, curve, settings)
            if trail.due:
                trail.show(written(training.model, tokenizer, 240))
    run = trail.run()
    if state:
        Path(state).unlink(missing_ok=True)
    tokens, merges = tokens_of(tokenizer, split)
    asked = language.probes(exam[: plan.context], len(tokens))
    return {
        "run": run,
        "first": first,
        "curve": np.array(curve, np.float64).reshape(-1, 2),
        "nats": evaluated(training.model, pieces),
        "train": train.astype(np.int32),
        "exam": exam.astype(np.int32),
        "tokens": tokens,
        "merges": merges,
        "asked": asked,
        "told": training.look(asked),
    } | samples(training.model, exam, plan, seed)


def evaluated(model: Any, pieces: Any) -> float:
    """The nats of all targets."""
    model.eval()
    with torch.no_grad():
        total = 0.0
        for ids, targets in pieces:
            total += model.loss(ids, targets).item() * targets.numel()
    return total


def counted(pieces: Any) -> int:
    return sum(targets.numel() for _, targets in pieces)


def written(model: Any, tokenizer: Any, count: int) -> str:
    """What it writes after a line break, the same at every look but for what it has learnt."""
    generator = torch.Generator().manual_seed(1)
    options = {"temperature": TEMPERATURE, "top_k": TOP_K, "crop": True, "generator": generator}
    text: str = torch.generation.write(model, tokenizer, "\n", count, **options)
    return text


def samples(model: Any, exam: Array, plan: Recipe, seed: int) -> stage.Evidence:
    """Two continuations of the exam's beginning, greedy and drawn, and how long a token takes."""
    prompt = exam[: plan.context // 4].tolist()
    generate = torch.generation.generate
    greedy = generate(model, prompt, plan.context // 2, temperature=0)
    generator = torch.Generator().manual_seed(seed + 1)
    started = time.perf_counter()
    drawn = generate(
        model, prompt, WRITTEN, temperature=TEMPERATURE, top_k=TOP_K, crop=True,
        generator=generator,
    )  # fmt: skip
    taken = time.perf_counter() - started
    few = torch.from_numpy(exam[None, : plan.context].astype(np.int64))
    model.eval()

    def looking(ids: Any) -> float:
        with torch.no_grad():
            return seconds(lambda: model(ids))

    return {
        "prompt": len(prompt),
        "greedy": greedy.numpy(),
        "drawn": drawn.numpy(),
        "writing": WRITTEN / taken,
        "early": looking(few[:, :8]),
        "late": looking(few),
    }


def judge_text(
    evidence: stage.Evidence, source: str, plan: Recipe, split: str, steps: int
) -> gate.Verdict:
    run, (train, exam) = evidence["run"], text_of(source)
    w, tokens = language.final_weights(run), evidence["tokens"]
    ids = {"train": evidence["train"], "exam": evidence["exam"]}
    places = np.arange(plan.context)

    def batch(rows: Array) -> tuple[Array, Array]:
        at = rows[:, None] + places
        return ids["train"][at], ids["train"][at + 1]

    checks = language.audit(
        run, batch, plan.heads, lambda step: plan.rate(step, steps), plan.decay, CLIP, 5,
        evidence["first"],
    )  # fmt: skip
    nats = language.text_nats(w, ids["exam"], plan.context, plan.heads)
    letters = len(exam) - len(tokens[int(ids["exam"][0])].decode("utf-8", "replace"))
    loss = nats / letters
    bound = plan.below if source == Source.shakespeare else math.inf
    pairs = language.pairs_loss(train, exam)
    known = language.characters_agree(tokens, train + exam)
    if split == Split.bpe:
        known = language.merges_agree(evidence["merges"], tokens, ids["train"], train)
    spelt = [
        language.spells(ids[name], tokens, t) for name, t in zip(ids, (train, exam), strict=True)
    ]
    checks |= {
        "ids_are_the_text": known and all(spelt),
        "losses_are_those_of_the_text": bool(np.isclose(evidence["nats"], nats, rtol=1e-3)),
    }
    start = language.first_weights(run) if evidence["first"] == 0 else None
    asked, told = evidence["asked"], evidence["told"]
    checks |= language.examine(w, plan.heads, asked, told, start)
    greedy, drawn, begun = evidence["greedy"], evidence["drawn"], evidence["prompt"]
    checks |= language.greedy_check(w, greedy, begun, plan.context, plan.heads)
    checks |= language.sample_checks(w, drawn, begun, plan.context, plan.heads, TEMPERATURE, TOP_K)
    checks["knows_more_than_pairs"] = loss < pairs
    if math.isfinite(bound):
        checks[f"below_{bound:g}_nats".replace(".", "_")] = loss < bound
    return gate.Verdict(0.0, loss, checks)


# --- both ---------------------------------------------------------------------------------------


def train(
    seed: int, source: str, recipe: str, tokenizer: str, kernels: str, proof_steps: int,
    steps: int, part: int, state: str | None,
) -> stage.Evidence:  # fmt: skip
    with torch.kernels("reference") if kernels == "reference" else contextlib.nullcontext():
        if part == 2:
            text_of(source)  # a missing text is told before anything else
        evidence = proof(seed, proof_steps)
        if part == 2:
            evidence |= tinygpt(seed, source, RECIPES[Name(recipe)], tokenizer, steps, state)
    return evidence


def judge(
    evidence: stage.Evidence,
    source: str,
    recipe: str,
    tokenizer: str,
    proof_steps: int,
    steps: int,
    part: int,
    **_: Any,
) -> gate.Verdict:
    first = judge_proof(evidence, proof_steps)
    if part == 1:
        return first
    second = judge_text(evidence, source, RECIPES[Name(recipe)], tokenizer, steps)
    return gate.Verdict(
        first.accuracy, second.loss, second.checks | first.checks, {"val_loss": second.loss}
    )


def draw(evidence: stage.Evidence, out: Path, recipe: str, part: int, **_: Any) -> list[Path]:
    w, exam = language.final_weights(evidence["proof"]), sequences.questions()[1]
    apart = [len({*row[1 : 1 + sequences.LENGTH]}) == sequences.LENGTH for row in exam.tolist()]
    shown = exam[(exam[:, 0] == sequences.REVERSE) & apart][:1, :-1]
    made = [
        pictures.attention(
            out / "transformer_proof.png",
            "Reversing digits: where each position looks",
            gpt.maps(w, shown, PROOF.heads),
            [sequences.NAMES[id] for id in shown[0]],
        )
    ]
    if part == 1:
        return made
    plan, run = RECIPES[Name(recipe)], evidence["run"]
    ids = evidence["asked"][:1, :32]
    letters = [evidence["tokens"][int(id)].decode("utf-8", "replace") for id in ids[0]]
    losses, curve = run["losses"], evidence["curve"]
    some = max(1, len(losses) // 200)
    means = losses[: len(losses) // some * some].reshape(-1, some).mean(1)
    lines = {"training": (some * (np.arange(len(means)) + 0.5), means)}
    if len(curve):
        lines["last tenth of the text"] = (curve[:, 0], curve[:, 1])
    return [
        *made,
        pictures.curves(
            out / "transformer_loss.png",
            ("Learning to write", "steps", "nats a token"),
            lines,
            level=("knowing nothing", math.log(len(evidence["tokens"]))),
        ),
        pictures.attention(
            out / "transformer_attention.png",
            "Where each head looks",
            gpt.maps(language.final_weights(run), ids, plan.heads),
            [{"\n": "\\n"}.get(letter, letter) for letter in letters],
        ),
    ]


def reflect(
    evidence: stage.Evidence, verdict: gate.Verdict, recipe: str, steps: int, part: int, **_: Any
) -> stage.Reflection:
    ways = f"{verdict.accuracy:.1%} of {sequences.EXAM} new sequences right in every element"
    proof = evidence["proof"]
    if part == 1:
        count = sum(proof["before"][name][0].size for name in proof["gradients"])
        return stage.Reflection(
            costs={"reverse, copy, sort": ways}
            | stage.costs(proof, count, PROOF.flops(VOCABULARY)),
            pain="It answers digits with digits. Language has more to say, and is read as ids.",
            cure="tokenization, and generation: part 2 reads Shakespeare, and writes.",
        )
    plan, run = RECIPES[Name(recipe)], evidence["run"]
    count = sum(run["before"][name][0].size for name in run["gradients"])
    text = b"".join(evidence["tokens"][int(id)] for id in evidence["drawn"]).decode(
        "utf-8", "replace"
    )
    each = plan.batch * plan.context
    reading = each * (steps - evidence["first"]) / run["seconds"]
    costs = stage.costs(run, count, plan.flops(len(evidence["tokens"])))
    early, late = evidence["early"], evidence["late"]
    return stage.Reflection(
        costs={
            "reverse, copy, sort": ways,
            **costs,
            "reading": f"{each * steps / 1e6:.2f} M tokens, {reading:,.0f} a second",
            "writing": f"{evidence['writing']:,.0f} tokens a second",
            "it writes": text,
        },
        pain=(
            f"For each new token the model reads all the text again: {1e3 * early:.2f} ms after 8 "
            f"tokens, {1e3 * late:.2f} ms after {plan.context}. All of that but the last row was "
            "computed before."
        ),
        cure="caching: the keys and values of what was read are kept, and never computed twice.",
    )


def keep(
    evidence: stage.Evidence, out: Path, verdict: gate.Verdict, recipe: str, part: int, **_: Any
) -> list[Path]:
    """The model, for `tito try`."""
    if part == 1:
        return []
    plan, tokens = RECIPES[Name(recipe)], evidence["tokens"]
    weights = language.final_weights(evidence["run"])
    told = {
        "val_loss": verdict.loss,
        "parameters": sum(w.size for w in weights.values()),
        "recipe": recipe,
    }
    path = out / trying.FILE
    trying.save(path, weights, plan.sizes(len(tokens)), tokens, evidence["merges"], told)
    return [path]


HINTS = language.HINTS | {
    "proof_needs_attention": "the model answers without attention: does it see the answers?",
    "proof_reverses_95_percent": "another --seed; or attention, positions or the update are wrong",
    "knows_more_than_pairs": "more --steps; what it learnt is no more than which letters are pairs",
}
HINTS |= {f"proof_{name}": hint for name, hint in (gate.HINTS | language.HINTS).items()}
MILESTONE = stage.Milestone("transformer", train, judge, draw, reflect, HINTS, keep)


def main(
    seed: stage.Seed = 0,
    source: Annotated[
        Source | None, typer.Option("--data", help="Which text.", show_default="excerpt")
    ] = None,
    recipe: Annotated[
        Name | None,
        typer.Option(help="Which model, how long.", show_default="quick; default for shakespeare"),
    ] = None,
    tokenizer: Annotated[Split, typer.Option(help="What an id stands for.")] = Split.characters,
    kernels: Annotated[Kernels, typer.Option(help="Whose loops run.")] = Kernels.accelerated,
    steps: Annotated[
        int | None,
        typer.Option(help="Of part 2.", min=2, max=10**6, show_default="the recipe's"),
    ] = None,
    part: Annotated[int, typer.Option(help="1: the proof. 2: then TinyGPT.", min=1, max=2)] = 2,
    talk: Annotated[
        bool, typer.Option("--try", help="Type into the model that was trained last.")
    ] = False,
    out: stage.Out = Path(__file__).parent / "out",
    as_json: stage.Json = False,
) -> None:
    if talk:
        trying.alone(out / trying.FILE)
    if source is None:
        quick = recipe in (None, Name.quick)
        source = Source.excerpt if quick else Source.shakespeare
    if recipe is None:
        recipe = Name.quick if source == Source.excerpt else Name.default
    if recipe == Name.own and stage.troupe.get() is None:
        kernels = Kernels.reference
    stage.play(
        MILESTONE,
        out,
        as_json,
        parts=part,
        seed=seed,
        source=source.value,
        recipe=recipe.value,
        tokenizer=tokenizer.value,
        kernels=kernels.value,
        proof_steps=PROOF.steps,
        steps=steps or RECIPES[recipe].steps,
        part=part,
        state=None
        if recipe == Name.quick
        else str(out.resolve() / f"transformer_{recipe.value}.state"),
    )


if __name__ == "__main__":
    stage.run(main, __doc__)

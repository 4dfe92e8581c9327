"""The transformer's milestone: it passes as it is, and fails with any part of the library wrong."""

import json
import os
import runpy
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import catalogue
import tinytorch as torch
from tinytorch import _C, curriculum
from tinytorch.milestone import gpt, language, sequences, stage, steps, trying
from tinytorch.milestone.data import DataError
from tinytorch.milestone.gate import Verdict
from tinytorch.tito import overlay, worker
from tinytorch.tito.lab import Lab
from tinytorch.tito.workspace import Workspace, course

F = torch.nn.functional
SCRIPT = Path(__file__).resolve().parent.parent / "milestones" / "transformer_2017.py"
# Far too short to learn anything, and enough to be wrong in.
TINY = {
    "seed": 1,
    "source": "excerpt",
    "recipe": "quick",
    "tokenizer": "characters",
    "kernels": "accelerated",
    "proof_steps": 8,
    "steps": 8,
    "part": 2,
    "state": None,
}
LEARNT = {  # what such a run does not reach
    "attention_chooses", "knows_more_than_pairs", "proof_attention_chooses",
    "proof_reverses_95_percent", "proof_copies_95_percent", "proof_sorts_95_percent",
}  # fmt: skip


def tiny(script):
    """With models that take no time."""
    names = script["MILESTONE"].train.__globals__
    names["PROOF"] = steps.Recipe(1, 16, 2 * sequences.LENGTH + 1, 8, 8, warm_up=4)
    names["RECIPES"] = {"quick": steps.Recipe(1, 16, 16, 4, 8, lr=0.05, warm_up=4)}
    names["WRITTEN"] = 100
    return script


@cache
def script():
    return tiny(runpy.run_path(str(SCRIPT)))


@cache
def evidence(tokenizer="characters"):
    """Evidence of an honest run.  To be read, not written."""
    return script()["MILESTONE"].train(**TINY | {"tokenizer": tokenizer})


def failed(found, **settings):
    """The checks that do not hold, but for those of having learnt."""
    verdict = stage.judged(script()["MILESTONE"], found, **TINY | settings)
    return {check for check, held in verdict.checks.items() if not held} - LEARNT


def run(*options, **environment):
    return subprocess.run(
        [sys.executable, str(SCRIPT), *options],
        capture_output=True,
        text=True,
        timeout=600,
        env=os.environ | environment,
    )


# --- alone --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_it_passes_alone_and_can_be_talked_to(tmp_path):
    out = tmp_path / "out"
    done = run("--seed", "3", "--steps", "600", "--json", "--out", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert next(iter(result)) == "milestone"
    assert list(result)[-1] == "val_loss"
    assert result["passed"] is True
    assert result["accuracy"] >= 0.95
    assert 1.0 < result["val_loss"] < 2.4
    pictures = {f"transformer_{what}.png" for what in ("proof", "loss", "attention")}
    assert {path.name for path in out.iterdir()} == {*pictures, trying.FILE}
    talked = subprocess.run(
        [sys.executable, str(SCRIPT), "--try", "--out", str(out)],
        input="First Citizen:\n\n",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert talked.returncode == 0
    assert talked.stdout.startswith("First Citizen:")
    assert len(talked.stdout) > 300
    assert "nats a character" in talked.stderr


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 5])
def test_the_proof_is_found_by_any_seed(tmp_path, seed):
    done = run("--part", "1", "--seed", str(seed), "--json", "--out", str(tmp_path))
    assert json.loads(done.stdout.splitlines()[-1])["passed"] is True, done.stdout


def test_help_and_refusals(tmp_path):
    told = run("--help", COLUMNS="100")
    assert "2017: attention writes" in told.stdout
    assert "--recipe" in told.stdout
    assert "Try --" in told.stdout
    refused = run("--recipe", "huge", COLUMNS="200")
    assert refused.returncode == 2
    assert "'long'" in refused.stderr
    (tmp_path / "tinyshakespeare").mkdir()
    (tmp_path / "tinyshakespeare" / "input.txt").write_text("To be")
    other = run("--data", "shakespeare", "--out", str(tmp_path), TINYTORCH_DATA=str(tmp_path))
    assert other.returncode == 2
    assert "tinyshakespeare: " in other.stderr
    assert "Traceback" not in other.stderr
    nothing = run("--try", "--out", str(tmp_path))
    assert nothing.returncode == 2
    assert "no model" in nothing.stderr
    assert "Traceback" not in nothing.stderr


@pytest.mark.parametrize(
    ("options", "source", "recipe"),
    [
        ({}, "excerpt", "quick"),
        ({"source": "shakespeare"}, "shakespeare", "default"),
        ({"recipe": "long"}, "shakespeare", "long"),
        ({"recipe": "quick"}, "excerpt", "quick"),
    ],
)
def test_text_and_recipe_go_together(monkeypatch, tmp_path, options, source, recipe):
    chosen = {}
    fresh = runpy.run_path(str(SCRIPT))
    monkeypatch.setattr(stage, "play", lambda *_, **settings: chosen.update(settings))
    names = fresh["main"].__globals__
    given = {
        key: names[{"source": "Source", "recipe": "Name"}[key]](value)
        for key, value in options.items()
    }
    fresh["main"](out=tmp_path, **given)
    assert (chosen["source"], chosen["recipe"]) == (source, recipe)
    assert (chosen["state"] is None) == (recipe == "quick")


# --- the gate -----------------------------------------------------------------------------------


@pytest.mark.parametrize("tokenizer", ["characters", "bpe"])
def test_an_honest_run_holds_every_check(tokenizer):
    assert failed(evidence(tokenizer), tokenizer=tokenizer) == set()


def changed(what, **fields):
    return lambda found: found | {what: found[what] | fields_of(found[what], fields)}


def fields_of(run, fields):
    return {name: change(run[name]) for name, change in fields.items()}


def times(name, factor):
    """One weight's values, a little off."""
    return lambda values: values | {name: values[name] * factor}


def other(what, change):
    return lambda found: found | {what: change(found[what])}


def swapped(ids):
    ids = ids.copy()
    ids[[5, 6]] = ids[6], (ids[5] + 1) % 50
    return ids


UP = "transformer.h.0.mlp.c_fc.weight"
FORGERIES = {
    "losses_are_finite": changed("run", losses=lambda v: np.append(v[:-1], np.inf)),
    "losses_agree": changed("run", losses=lambda v: v * 1.001),
    "gradients_are_slopes": changed("run", gradients=times(UP, 1.01)),
    "gradients_reach_every_weight": changed("run", gradients=times(UP, 0)),
    "steps_follow_gradients": changed("run", after=times(UP, 1.001)),
    "moments_follow_gradients": changed("run", after=times(f"v:{UP}", 1.01)),
    "steps_are_connected": changed("run", before=times(UP, 1 + 1e-7)),
    "weights_move": lambda found: (
        found
        | {
            "run": found["run"]
            | {
                "after": {
                    name: np.broadcast_to(v[0], v.shape)
                    for name, v in found["run"]["before"].items()
                }
            }
        }
    ),
    "trail_is_complete": changed("run", audited=lambda v: v[::-1]),
    "ids_are_the_text": other("exam", swapped),
    "losses_are_those_of_the_text": other("nats", lambda v: v * 0.99),
    "logits_agree": other("told", lambda v: v * 1.01),
    "the_past_ignores_the_future": other("told", lambda v: v[::-1]),
    "order_matters": other("told", lambda v: np.stack([v[0], v[1], v[0]])),
    "greedy_takes_the_likeliest": other("greedy", lambda v: np.append(v[:-1], (v[-1] + 7) % 50)),
    "samples_follow_the_logits": other("drawn", lambda v: np.append(v[:4], np.full(96, 60))),
    "proof_logits_agree": other("proof_told", lambda v: v * 1.01),
    "answers_agree": other("answers", lambda v: (v + 1) % 10),
}


@pytest.mark.parametrize("check", FORGERIES)
def test_each_check_can_fail(check):
    assert check in failed(FORGERIES[check](evidence()))


def test_evidence_of_another_form_fails():
    assert failed({}) == {"runs"}
    assert failed(evidence() | {"run": "passed"}) == {"evidence_is_complete"}
    assert failed(evidence() | {"tokens": []}) == {"evidence_is_complete"}


def test_merges_out_of_order_are_found():
    found = evidence("bpe")
    forged = found | {"merges": found["merges"][1:]}
    assert "ids_are_the_text" in failed(forged, tokenizer="bpe")


def test_attention_that_looks_everywhere_chooses_nothing():
    w = language.final_weights(evidence()["run"])
    ids = evidence()["asked"][:1]
    start = language.first_weights(evidence()["run"])
    even = language.entropy(start, ids, 4)
    assert even.shape == (1, 4)
    assert (even > 0.99).all()
    name = "transformer.h.0.attn.c_attn.weight"
    sharp = w | {name: w[name] * 10}
    assert language.entropy(sharp, ids, 4).min() < 0.8
    asked = evidence()["asked"]
    answers = gpt.forward(sharp, asked, 4)
    assert language.examine(sharp, 4, asked, answers, start)["attention_chooses"]


@pytest.mark.parametrize("kind", ["drawn", "uniform", "likeliest", "colder"])
def test_samples_are_told_from_other_choices(kind):
    """Only what is drawn from the logits, at that temperature, passes."""
    w = language.final_weights(evidence()["run"])
    w = w | {gpt.IDS: w[gpt.IDS] * 30}  # logits that differ
    draw, ids = np.random.default_rng(0), [3]
    while len(ids) < 200:
        logits = gpt.forward(w, np.array([ids[-16:]]), 4)[0, -1] / 0.8
        changed = {"uniform": 0 * logits, "colder": 2 * logits}.get(kind, logits)
        p = gpt.softmax(np.where(logits >= np.sort(logits)[-40], changed, -np.inf))
        ids.append(int(p.argmax()) if kind == "likeliest" else int(draw.choice(len(p), p=p)))
    checks = language.sample_checks(w, np.array(ids), 1, 16, 4, 0.8, 40)
    assert checks["samples_follow_the_logits"] == (kind == "drawn")


def test_a_worker_can_send_the_evidence():
    message = worker.pack(worker.as_arrays(evidence("bpe"), ()))
    start = worker.LENGTHS.size
    header, _ = worker.lengths(message[:start])
    told = worker.unpack(message[start : start + header], bytearray(message[start + header :]))
    assert failed(told, tokenizer="bpe") == set()


# --- knocked out --------------------------------------------------------------------------------


def same_value(x, factor):
    """x, with another gradient."""
    return x * factor - x.detach() * (factor - 1)


def block(causal=True, attend=1.0, norm=lambda h: h, residual=1.0, scale=None):
    """The block of the extension in Python's words, with parts of it wrong."""

    def run(x, weights, heads, dropout=0.0, angles=None, gelu="tanh"):
        g1, b1, qkv, qkv_b, out, out_b, g2, b2, up, up_b, down, down_b = weights
        size = (x.shape[-1],)
        parts = F.linear(norm(F.layer_norm(x, size, g1, b1)), qkv, qkv_b).split(size[0], 2)
        q, k, v = (part.view(*part.shape[:2], heads, -1).transpose(1, 2) for part in parts)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=causal, scale=scale) * attend
        x = x * residual + F.linear(y.transpose(1, 2).reshape(x.shape), out, out_b)
        wide = F.gelu(F.linear(norm(F.layer_norm(x, size, g2, b2)), up, up_b), approximate="tanh")
        return x + F.linear(wide, down, down_b)

    return lambda original: run


def instead(function):
    return lambda original: function


def embedding(original):
    """An id that stands in several places learns from the last alone."""

    def forward(self, ids):
        flat = ids.reshape(-1).tolist()
        last = {id: place for place, id in enumerate(flat)}
        counts = torch.tensor([float(last[id] == place) for place, id in enumerate(flat)])
        return same_value(original(self, ids), counts.view(*ids.shape, 1))

    return forward


def no_places(original):
    """Every position is the first one."""

    def forward(self, ids):
        return original(self, ids * 0 if ids.dim() == 1 else ids)

    return forward


def slope_times(factor):
    return lambda original: lambda *args, **named: same_value(original(*args, **named), factor)


def value_times(factor):
    return lambda original: lambda *args, **named: original(*args, **named) * factor


def rate_times(factor):
    def wrap(original):
        def step(self, *rest):
            for group in self.param_groups:
                group["lr"] *= factor
            return original(self, *rest)

        return step

    return wrap


def drawn(choose):
    """Another choice where the temperature is not 0."""

    def wrap(original):
        def choice(self, logits, ids):
            return original(self, logits, ids) if self.temperature == 0 else choose(logits)

        return choice

    return wrap


def shifted(original):
    return lambda self, text: [(id + 1) % len(self) for id in original(self, text)]


EMBEDDING, ADAMW = (torch.nn.Embedding, "forward"), (torch.optim.AdamW, "step")
CHOICE = (torch.generation.Choice, "__call__")
KNOCKOUTS = {
    "no mask": (_C, "_block", block(causal=False), "the_past_ignores_the_future"),
    "no attention": (_C, "_block", block(attend=0.0), "logits_agree"),
    "attention, a little off": (_C, "_block", block(attend=1.01), "logits_agree"),
    "no scale": (_C, "_block", block(scale=1.0), "gradients_are_slopes"),
    "no residual": (_C, "_block", block(residual=0.0), "logits_agree"),
    "a norm that passes nothing on": (
        _C, "_block", block(norm=lambda h: h.detach()), "gradients_reach_every_weight",
    ),
    "a norm with another slope": (
        _C, "_block", block(norm=lambda h: same_value(h, 1.02)), "gradients_are_slopes",
    ),
    "repeated ids": (*EMBEDDING, embedding, "gradients_are_slopes"),
    "no positions": (*EMBEDDING, no_places, "logits_agree"),
    "embeddings that do not learn": (*EMBEDDING, slope_times(0.0), "gradients_are_slopes"),
    "the loss": (F, "cross_entropy", value_times(1.001), "losses_agree"),
    "the loss's slope": (F, "cross_entropy", slope_times(-1), "gradients_are_slopes"),
    "no backward": (torch.Tensor, "backward", instead(lambda loss: None), "weights_move"),
    "no step": (*ADAMW, instead(lambda self: None), "weights_move"),
    "a step too far": (*ADAMW, rate_times(1.02), "steps_follow_gradients"),
    "gradients that add up": (
        torch.optim.AdamW, "zero_grad", instead(lambda self: None), "gradients_are_slopes",
    ),
    "no clipping": (
        torch.nn.utils, "clip_grad_norm_", instead(lambda *_: None), "moments_follow_gradients",
    ),
    "another tokenizer": (torch.text.CharTokenizer, "encode", shifted, "ids_are_the_text"),
    "sampling without logits": (
        *CHOICE, drawn(lambda x: torch.randint(x.shape[-1], (1,))), "samples_keep_to_the_top",
    ),
    "always the likeliest": (
        *CHOICE, drawn(lambda x: x.argmax(-1)), "samples_follow_the_logits",
    ),
    "greedy is not": (
        *CHOICE, instead(lambda self, x, ids: x.argmin(-1)), "greedy_takes_the_likeliest",
    ),
}  # fmt: skip


@pytest.mark.parametrize("part", KNOCKOUTS)
def test_without_a_part_of_the_library_it_fails(monkeypatch, part):
    owner, name, wrong, check = KNOCKOUTS[part]
    patched = wrong(getattr(owner, name))
    monkeypatch.setattr(owner, name, patched)
    if owner is F:
        monkeypatch.setattr(torch.nn.functional, name, patched)
    found = stage.attempt(script()["MILESTONE"], **TINY)
    assert check in failed(found)


def test_the_block_in_python_is_right_where_nothing_is_wrong(monkeypatch):
    monkeypatch.setattr(_C, "_block", block()(None))
    assert failed(stage.attempt(script()["MILESTONE"], **TINY)) == set()


# What stands in a task's body, and what stands there instead.
WRONG: dict[str, tuple[str, str]] = {
    "tensor.matmul": ("const T scale = a(i, k);", "const T scale = k == 3 ? 0 : a(i, k);"),
    "activations.softmax": ("std::exp(x(i, j) - top)", "std::exp(4 * (x(i, j) - top))"),
    "layers.linear_backward_bias": ("+= grad(n, o)", "= grad(n, o)"),
    "losses.cross_entropy_backward": ("-= scale", "-= 2 * scale"),
    "autograd.accumulate": ("binary(BinaryOp::kAdd, kept.data(), grad, &kept.data());", ""),
    "optimizers.adamw": ("w(i) *= keep", "w(i) *= 1"),
    "optimizers.adam": ("options.lr / correction1", "options.lr"),
    "embeddings.lookup": ("weight(ids(n), d)", "weight(ids(0), d)"),
    "embeddings.lookup_backward": ("+= grad(n, d)", "= grad(n, d)"),
    "attention.mask": ("if (causal && j > i) scores(i, j) = never;", "if (causal) (void)never;"),
    "attention.scores": ("*= static_cast<T>(scale)", "*= 1"),
    "attention.weighted_sum": (  # of the first value alone
        "tensor::matmul_kernel.get<T>()(strided<T>(p), v, y)",
        "for (int64_t i = 0; i < y.size(0); ++i)"
        " for (int64_t e = 0; e < y.size(1); ++e) y(i, e) = p(i, 0) * v(0, e)",
    ),
    "attention.softmax_backward": ("grad(i, j) - dot", "grad(i, j)"),
    "transformers.layer_norm": ("y(n, c) += bias(c)", "y(n, c) += 0"),
    "transformers.layer_norm_backward": ("- h * static_cast<T>(mean_gh)", "- 0 * h"),
    "transformers.layer_norm_backward_weight": ("+= grad(n, c)", "= grad(n, c)"),
    "transformers.block": ("causal.causal = true;", "causal.causal = false;"),
    "tokenization.encode_characters": ("<Id>(low)", "<Id>(low == 5 ? 6 : low)"),
    "generation.race": ("probs(i) / waits(i) > probs(winner) / waits(winner)", "i > 0"),
    "generation.keep_top_k": ("logits(i) < least", "logits(i) < least - 100"),
    "generation.apply_temperature": ("/ static_cast<T>(temp", "* static_cast<T>(2 / temp"),
    "generation.tokens": ("ids[:, -context:]", "ids[:, :context]"),
}  # fmt: skip


def train_there(script, settings, small):
    import runpy

    from tinytorch.milestone import sequences, steps

    train = runpy.run_path(script)["train"]
    if small:
        names = train.__globals__
        names["PROOF"] = steps.Recipe(1, 16, 2 * sequences.LENGTH + 1, 8, 8, warm_up=4)
        names["RECIPES"] = {"quick": steps.Recipe(1, 16, 16, 4, 8, lr=0.05, warm_up=4)}
        names["WRITTEN"] = 100
    return train(**settings)


def test_it_is_tried_without_each_of_its_modules():
    known, needed = curriculum.load(), set()
    for part in known.milestones["transformer"].parts:
        for unit in part.needs:
            needed |= {unit, *known.all_needs(unit)}
    assert {task.partition(".")[0] for task in WRONG} == needed
    for task, (old, new) in WRONG.items():
        body = catalogue.body(catalogue.solution(task.partition(".")[0]), task)
        assert body.count(old) >= 1, task
        assert old != new


@pytest.mark.slow
@pytest.mark.parametrize("task", WRONG)
def test_it_fails_on_a_wrong_library(tmp_path, task):
    unit = task.partition(".")[0]
    workspace = Workspace(tmp_path, course())
    folder, files = workspace.folder(unit), catalogue.solution(unit)
    folder.mkdir(parents=True)
    wrong = catalogue.body(files, task).replace(*WRONG[task])
    for name, text in catalogue.with_body(files, task, wrong).items():
        (folder / name).write_text(text)
    built = overlay.build(workspace, [unit])
    assert built.broken == {}
    small = unit not in ("generation", "activations")  # these need logits that differ
    settings = TINY if small else TINY | {"steps": 80}
    with Lab(built.parts([unit]), timeout=300) as lab:
        found = lab.run(train_there, str(SCRIPT), settings, small)
    milestone = script()["MILESTONE"] if small else runpy.run_path(str(SCRIPT))["MILESTONE"]
    verdict = stage.judged(milestone, found, **settings)
    assert "trail_is_complete" in verdict.checks  # it ran, and was judged
    assert {check for check, held in verdict.checks.items() if not held} - LEARNT


@pytest.mark.slow
def test_it_passes_on_plain_loops():
    with Lab(timeout=300) as lab:
        found = lab.run(train_there, str(SCRIPT), TINY | {"kernels": "reference"}, True)
    assert failed(found) == set()


# --- interrupted --------------------------------------------------------------------------------


def test_it_goes_on_where_it_stopped(monkeypatch, tmp_path):
    """Stopped after six of eight steps and started again, it is as if it had not been."""
    state, real, taken = str(tmp_path / "a.state"), steps.Training.step, []

    def step(self, trail, *rest):
        if self.steps == 8 and self.plan.context == 16:
            taken.append(1)
            if len(taken) == 7:
                raise KeyboardInterrupt
        real(self, trail, *rest)

    monkeypatch.setattr(steps.Training, "step", step)
    with pytest.raises(KeyboardInterrupt):
        script()["MILESTONE"].train(**TINY | {"state": state})
    assert Path(state).is_file()
    found = script()["MILESTONE"].train(**TINY | {"state": state})
    assert found["first"] == 6
    np.testing.assert_array_equal(found["run"]["losses"], evidence()["run"]["losses"])
    np.testing.assert_array_equal(found["curve"], evidence()["curve"])
    assert failed(found) == set()
    assert not Path(state).exists()


def test_a_state_of_other_settings_is_not_taken_up(tmp_path):
    state = tmp_path / "a.state"
    plan = steps.Recipe(1, 16, 16, 4, 8)
    training = steps.Training(steps.model_of(plan, 20), plan, 8)
    assert training.resume(str(state), [1]) == ([], [])
    loss = training.model.loss(torch.zeros(1, 4).long(), torch.zeros(1, 4).long())
    loss.backward()
    training.optimizer.step()
    training.save(str(state), [2.5], [(1, 2.0)], [1])
    assert training.resume(str(state), [2]) == ([], [])
    assert training.resume(str(state), [1]) == ([2.5], [(1, 2.0)])
    for content in (b"PK no", b""):
        state.write_bytes(content)
        with pytest.raises(DataError, match="no state"):
            training.resume(str(state), [1])


# --- numpy's twin -------------------------------------------------------------------------------


def test_the_twin_is_the_model():
    """Loss and every gradient, with targets that do not count."""
    plan = steps.Recipe(2, 16, 9, 3, 1)
    torch.manual_seed(0)
    model = steps.model_of(plan, 11).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, dtype=torch.float64)
    w = {name: p.detach().numpy().copy() for name, p in model.named_parameters()}
    draw = np.random.default_rng(0)
    ids, targets = draw.integers(0, 11, (2, 3, 7))
    targets[:, :2] = gpt.UNASKED
    loss = model.loss(torch.tensor(ids), torch.tensor(targets))
    loss.backward()
    ours, slopes = gpt.loss_and_gradients(w, ids, targets, 4)
    assert ours == pytest.approx(loss.item(), rel=1e-9)
    assert slopes.keys() == w.keys()
    for name, p in model.named_parameters():
        np.testing.assert_allclose(slopes[name], p.grad.numpy(), rtol=1e-6, atol=1e-9, err_msg=name)
    looks = gpt.maps(w, ids, 4)
    assert len(looks) == 2
    np.testing.assert_allclose(looks[0].sum(-1), np.ones((3, 4, 7)))
    assert not looks[0][..., np.triu_indices(7, 1)[0], np.triu_indices(7, 1)[1]].any()


def test_the_rate_rises_and_falls():
    plan = steps.Recipe(1, 8, 8, 1, 100, lr=0.2, warm_up=10)
    rates = [plan.rate(step, 100) for step in range(100)]
    assert rates[0] == pytest.approx(0.02)
    assert max(rates) == rates[9] == pytest.approx(0.2)
    assert rates[-1] == pytest.approx(0.2 / 90)
    np.testing.assert_allclose(np.diff(rates[10:]), -0.2 / 90)


def test_the_operations_of_a_step():
    """By the weights of the real model: all matrices but the tables of ids and places as input."""
    plan = steps.Recipe(2, 16, 8, 3, 1)
    model = steps.model_of(plan, 11)
    matrices = sum(
        p.numel() for n, p in model.named_parameters() if p.dim() == 2 and "wpe" not in n
    )
    looks = 2 * 2 * 2 * 16 * 8  # layers, products, a product and a sum, width, places
    assert plan.flops(11) == 3 * 3 * 8 * (2 * matrices + looks)


def test_windows_cover_a_text_once():
    ids = np.arange(1000)
    for context in (7, 8, 333, 999, 1200):
        found = language.windows(ids, context)
        np.testing.assert_array_equal(np.concatenate([y.ravel() for _, y in found]), ids[1:])
        np.testing.assert_array_equal(np.concatenate([x.ravel() for x, _ in found]), ids[:-1])


def test_questions_have_their_answers():
    train, exam = sequences.questions()
    assert len(exam) == sequences.EXAM
    for row in exam[:200]:
        way, digits, answer = row[0], row[1 : 1 + sequences.LENGTH], row[sequences.BEGUN :]
        right = {
            sequences.REVERSE: digits[::-1],
            sequences.COPY: digits,
            sequences.SORT: np.sort(digits),
        }
        np.testing.assert_array_equal(answer, right[way])
        assert row[1 + sequences.LENGTH] == sequences.IS
    asked = {row.tobytes() for row in train[:, 1 : sequences.BEGUN]}
    assert not any(row.tobytes() in asked for row in exam[:, 1 : sequences.BEGUN])


def test_pairs_of_letters():
    assert language.pairs_loss("ab" * 500, "ab" * 50) == pytest.approx(np.log(502 / 501), abs=1e-3)
    assert language.pairs_loss("aabb" * 500, "aabb" * 50) == pytest.approx(np.log(2), abs=0.02)


# --- talking ------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["characters", "bpe"])
def kept(tmp_path_factory, request):
    out = tmp_path_factory.mktemp("kept")
    found, settings = evidence(request.param), TINY | {"tokenizer": request.param}
    (path,) = script()["MILESTONE"].keep(found, out, Verdict(loss=2.5), **settings)
    return path, found


def test_what_is_kept_is_the_model(kept):
    path, found = kept
    model, tokenizer, told = trying.load(path)
    asked = torch.from_numpy(found["asked"])
    with torch.no_grad():
        np.testing.assert_allclose(model(asked).numpy(), found["told"], rtol=1e-4, atol=1e-5)
    assert (
        tokenizer.decode_bytes(found["exam"].tolist()).decode() == script()["text_of"]("excerpt")[1]
    )
    assert told["val_loss"] == 2.5


def test_it_goes_on_with_what_one_types(kept, capsys, monkeypatch):
    model, tokenizer, _ = trying.load(kept[0])
    write = trying.writer(model, tokenizer)
    choice = trying.Choice(tokens=12, seed=3)
    once, again = ("".join(write("MENENIUS:", choice)) for _ in range(2))
    assert once == again != ""
    trying.converse(write, choice, "MENENIUS:")
    assert capsys.readouterr().out == f"MENENIUS:{once}\n\n"
    lines = iter(["MENENIUS:", ""])
    monkeypatch.setattr("builtins.input", lambda _="": next(lines))
    trying.converse(write, choice, None)
    assert capsys.readouterr().out == f"MENENIUS:{once}\n\n"


def test_a_letter_it_has_never_seen_is_told(capsys):
    def write(prompt, choice):
        raise ValueError("encode: 'ж' is not among the characters")

    trying.answer(write, "ж", trying.Choice())
    assert "'ж'" in capsys.readouterr().err


def test_what_is_no_model_is_told(tmp_path):
    with pytest.raises(DataError, match="yet; train one first"):
        trying.load(tmp_path / trying.FILE)
    (tmp_path / trying.FILE).write_bytes(b"PK")
    with pytest.raises(DataError, match="is no model"):
        trying.load(tmp_path / trying.FILE)
    torch.save({"config": {}}, tmp_path / trying.FILE)
    with pytest.raises(DataError, match="is no model"):
        trying.load(tmp_path / trying.FILE)


@pytest.mark.parametrize(
    "changes",
    [
        {"weights": {}},
        {"tokens": ["a", "b"]},
        {"tokens": [b"a", b"b"]},
        {"told": {}},
        {"narrow": "transformer.ln_f.weight"},
    ],
    ids=str,
)
def test_a_model_with_a_wrong_part_is_told(kept, tmp_path, changes):
    saved = torch.load(kept[0])
    if "narrow" in changes:  # what would be stretched to the right shape
        saved["weights"][changes["narrow"]] = torch.ones(1)
    torch.save(saved | changes, tmp_path / trying.FILE)
    with pytest.raises(DataError, match="is no model"):
        trying.load(tmp_path / trying.FILE)


def test_bytes_that_are_no_text_are_told(capsys, monkeypatch):
    def typed(_=""):
        return b"\xff".decode()

    monkeypatch.setattr("builtins.input", typed)
    assert trying.converse(lambda prompt, choice: iter(()), trying.Choice(), None) is False
    assert "no text" in capsys.readouterr().err


def tito(*arguments, **options):
    code = "from tinytorch.tito.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-P", "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | {"COLUMNS": "200"},
        **options,
    )


def test_tito_try(kept, tmp_path):
    nothing = tito("try", "--dir", tmp_path, "--model", tmp_path / "none.pt")
    assert nothing.returncode == 2
    assert "no model at" in nothing.stderr
    place = tmp_path / "milestones" / "transformer"
    place.mkdir(parents=True)
    (place / trying.FILE).write_bytes(kept[0].read_bytes())
    options = ("--dir", tmp_path, "--tokens", 9, "--seed", 1, "--top-k", 5)
    done = tito("try", "MENENIUS:", *options)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1].startswith("MENENIUS:")
    typed = tito("try", *options, input="MENENIUS:\nall\n\n")
    assert done.stdout.rstrip() in typed.stdout
    assert "\nall" in typed.stdout
    assert tito("try", "x", "--dir", tmp_path, "--temperature", "-1").returncode == 2


def test_tito_try_before_any_training(monkeypatch, tmp_path):
    from tinytorch.tito.commands import talk
    from tinytorch.tito.workspace import WorkspaceError

    empty = Workspace(tmp_path, course().__class__((), tmp_path, tmp_path))
    with pytest.raises(WorkspaceError, match="no model has been trained yet; train one: tito"):
        talk._found(empty, None)


@pytest.mark.slow
def test_tito_try_runs_on_what_the_student_wrote(kept, tmp_path):
    """With a race that is won by the last token, it writes nothing but that."""
    workspace = Workspace(tmp_path, course())
    workspace.start("generation")
    files = catalogue.solution("generation")
    body = catalogue.body(files, "generation.race").replace(
        "return winner", "return waits.size(0) - 1"
    )
    for name, text in catalogue.with_body(files, "generation.race", body).items():
        path = workspace.folder("generation") / name
        if not name.endswith(".h"):
            path.write_text(text)
    done = tito("try", "MENENIUS:", "--dir", tmp_path, "--tokens", 5, "--model", kept[0])
    assert done.returncode == 0, done.stderr
    assert "on your generation" in done.stdout
    last = kept[1]["tokens"][-1].decode()
    assert f"MENENIUS:{5 * last}" in done.stdout


def test_the_theatre_plays_it():
    """As `tito milestone run` does, in a worker, on plain loops."""
    from tinytorch.tito import theatre

    with Lab(timeout=300) as lab:
        told = lab.run(theatre.perform, str(SCRIPT), TINY | {"kernels": "reference"})
    milestone = runpy.run_path(str(SCRIPT))["MILESTONE"]
    checks = stage.judged(milestone, told["evidence"], **TINY).checks
    assert {check for check, held in checks.items() if not held} <= LEARNT

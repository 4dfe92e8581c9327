"""The CNN's milestone: it passes as it is, and fails with any part of the library wrong."""

import json
import os
import runpy
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import tinytorch as torch
from tinytorch import _C
from tinytorch.milestone import convolution, gate, images, stage

SCRIPT = Path(__file__).resolve().parent.parent / "milestones" / "cnn_1998.py"
SETTINGS = {
    "seed": 1,
    "source": "digits",
    "recipe": "default",
    "kernels": "accelerated",
    "epochs": 6,
    "state": None,
}


@cache
def script():
    return runpy.run_path(str(SCRIPT))


def short(monkeypatch):
    """Without the measurements of what hurts."""
    names = script()["train"].__globals__
    numbers = {"mlp": 0.5, "batched": 2.0, "one": 1.0}
    monkeypatch.setitem(names, "pain", lambda *_: numbers)
    return script()["MILESTONE"]


@cache
def evidence():
    """Evidence of an honest run.  To be read, not written."""
    with pytest.MonkeyPatch.context() as patched:
        return short(patched).train(**SETTINGS)


def failed(found, **settings):
    verdict = stage.judged(script()["MILESTONE"], found, **SETTINGS | settings)
    return [check for check, held in verdict.checks.items() if not held]


def run(*options, **environment):
    return subprocess.run(
        [sys.executable, str(SCRIPT), *options],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | environment,
    )


def test_it_passes_alone(tmp_path):
    done = run("--seed", "3", "--epochs", "6", "--json", "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["milestone"] == "cnn"
    assert result["passed"] is True
    assert result["accuracy"] >= 0.97
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {f"cnn_{w}.png" for w in ("loss", "filters", "maps", "confusion", "mistaken")}
    assert "times as many" in " ".join(done.stdout.split())


def test_help_and_refusals(tmp_path):
    told = run("--help", COLUMNS="100")
    assert "1998: convolutions see" in told.stdout
    assert "--recipe" in told.stdout
    refused = run("--data", "cats", COLUMNS="200")
    assert refused.returncode == 2
    assert "'cifar10'" in refused.stderr
    nowhere = run("--data", "cifar10", "--out", str(tmp_path), TINYTORCH_DATA=str(tmp_path))
    assert nowhere.returncode == 2
    assert "cifar10: " in nowhere.stderr
    assert "Traceback" not in nowhere.stderr


def test_an_honest_run_holds_every_check():
    assert failed(evidence()) == []


def test_a_swift_run_holds_every_check(monkeypatch):
    """Numpy follows gelu, eager shifts, slow weights, a temperature and six looks, too."""
    plan, recipes = script()["SWIFT"], script()["RECIPES"]
    swift = script()["Recipe"](((16, 24), (32,)), 4, needed=0.9, **plan | {"batch": 32})
    monkeypatch.setitem(recipes, "digits", swift)
    found = short(monkeypatch).train(**SETTINGS | {"epochs": 4})
    assert failed(found) == []
    shift, factor = "1.bias", 1.001
    after = found["run"]["after"]
    other = after | {shift: after[shift] * factor}
    assert "steps_follow_gradients" in failed(found | {"run": found["run"] | {"after": other}})


def test_it_goes_on_where_it_stopped(monkeypatch, tmp_path):
    """Two epochs and then one more are three epochs, to the last bit."""
    milestone, state = short(monkeypatch), str(tmp_path / "state.pt")
    whole = milestone.train(**SETTINGS | {"epochs": 3})
    names, real = milestone.train.__globals__, script()["save"]

    def stop(where, model, optimizer, epoch, *rest):
        real(where, model, optimizer, epoch, *rest)
        if epoch == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setitem(names, "save", stop)
        with pytest.raises(KeyboardInterrupt):
            milestone.train(**SETTINGS | {"epochs": 3, "state": state})
    rest = milestone.train(**SETTINGS | {"epochs": 3, "state": state})
    np.testing.assert_array_equal(rest["exam"], whole["exam"])
    steps = len(rest["run"]["losses"])
    assert steps == len(whole["run"]["losses"]) // 3
    np.testing.assert_array_equal(rest["run"]["losses"], whole["run"]["losses"][-steps:])
    assert failed(rest, epochs=3) in ([], ["sees_97_percent_of_new_images"])


# --- forged -------------------------------------------------------------------------------------


def test_only_real_answers_count():
    found = evidence()
    wrong = {"answers": (found["answers"] + 1) % 10}
    assert failed(found | wrong) == ["answers_agree", "sees_97_percent_of_new_images"]
    audited = found["audited"]
    other = audited | {"x": audited["x"][:, :, :, ::-1]}
    assert "images_are_the_data_sets" in failed(found | {"audited": other})
    kept = {k: v * 1.01 for k, v in audited["running"].items()}
    assert "statistics_are_kept" in failed(found | {"audited": audited | {"running": kept}})
    assert failed({}) == ["runs"]
    assert failed(found | {"audited": {}}) == ["evidence_is_complete"]


# --- knocked out --------------------------------------------------------------------------------


def same_value(x, factor):
    """x, with another gradient."""
    return x * factor - x.detach() * (factor - 1)


def knock_out(part, factor=0.5):
    """The function of the extension without a part of itself, and its name."""
    conv, norm, pool, linear = _C.conv2d, _C._batch_norm, _C._max_pool2d, _C.linear
    return {
        "the weight's gradient": (
            "conv2d",
            lambda x, w, *rest: conv(x, same_value(w, factor), *rest),
        ),
        "the weight's gradient, a little": (
            "conv2d",
            lambda x, w, *rest: conv(x, same_value(w, 1.03), *rest),
        ),
        "the input's gradient": (
            "conv2d",
            lambda x, w, *rest: conv(same_value(x, factor), w, *rest),
        ),
        "the convolution": ("conv2d", lambda x, w, *rest: conv(x, w.flip(-1), *rest)),
        "pooling": ("_max_pool2d", lambda x, *rest: pool(-x, *rest)),
        "pooling's gradient": (
            "_max_pool2d",
            lambda x, *rest: pool(same_value(x, factor), *rest),
        ),
        "normalisation": ("_batch_norm", lambda x, *rest: norm(x * 1.5, *rest) + 0.01),
        "normalisation's gradient": (
            "_batch_norm",
            lambda x, *rest: norm(same_value(x, factor), *rest),
        ),
        "running statistics": (
            "_batch_norm",
            lambda x, w, b, mean, var, training, momentum, eps: norm(
                x, w, b, mean, var, training, momentum / 2, eps
            ),
        ),
        "the linear layer": ("linear", lambda x, w, b=None: linear(x, same_value(w, factor), b)),
    }[part]


PARTS = (
    "the weight's gradient", "the weight's gradient, a little", "the input's gradient",
    "the convolution", "pooling", "pooling's gradient", "normalisation",
    "normalisation's gradient", "running statistics", "the linear layer",
)  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
def test_without_a_part_of_the_library_it_fails(monkeypatch, part):
    milestone = short(monkeypatch)
    name, function = knock_out(part)
    assert hasattr(_C, name), f"the extension has no {name}: what is knocked out here instead?"
    monkeypatch.setattr(_C, name, function)
    found = stage.attempt(milestone, **SETTINGS | {"epochs": 1})
    wrong = failed(found, epochs=1)
    assert [check for check in wrong if not check.startswith("sees_")], wrong


def test_without_the_data_loader_it_fails(monkeypatch):
    milestone = short(monkeypatch)
    gather = torch.dataloader.gather
    for wrong in (lambda x, rows: gather(x, rows + 1), None):
        with monkeypatch.context() as patched:
            patched.setattr(torch.dataloader, "gather", wrong)
            found = stage.attempt(milestone, **SETTINGS | {"epochs": 1})
        assert {"images_are_the_data_sets", "runs"} & set(failed(found, epochs=1))


def test_the_optimizer_is_taken_again(monkeypatch):
    milestone = short(monkeypatch)
    step = torch.optim.SGD.step

    def lazy(self, *arguments):
        self.param_groups[0]["lr"] *= 0.98
        return step(self, *arguments)

    monkeypatch.setattr(torch.optim.SGD, "step", lazy)
    found = stage.attempt(milestone, **SETTINGS | {"epochs": 1})
    assert "steps_follow_gradients" in failed(found, epochs=1)


# --- numpy's twin -------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", ["default", "long"])
def test_the_twin_is_the_network(recipe):
    """numpy's network gives what the library's gives, in training and in the exam."""
    plan = script()["RECIPES"][recipe]
    torch.manual_seed(0)
    model = script()["network"](plan, 3, 10).double()
    layers, head = script()["blocks"](plan)
    weights = {name: p.detach().numpy() for name, p in model.named_parameters()}
    x = np.random.default_rng(0).normal(size=(2, 3, 16, 16))
    ours = convolution.logits(weights, layers, head, x)
    np.testing.assert_allclose(model(torch.tensor(x)).detach().numpy(), ours, rtol=1e-9, atol=1e-9)
    means = {
        block.norm: script()["statistics"](script()["running"](model), block.norm)
        for block in layers
    }
    model.eval()
    np.testing.assert_allclose(
        model(torch.tensor(x)).detach().numpy(),
        convolution.logits(weights, layers, head, x, means),
        rtol=1e-6,
        atol=1e-6,
    )


def test_the_twin_smooths_its_targets():
    scores, y = np.random.default_rng(0).normal(size=(4, 5)), np.array([0, 4, 2, 2])
    expected = torch.nn.functional.cross_entropy(
        torch.tensor(scores), torch.tensor(y), label_smoothing=0.1
    )
    assert convolution.cross_entropy(scores, y, 0.1) == pytest.approx(expected.item(), rel=1e-9)


def test_a_window_is_recognised():
    digits = images.load("digits")
    original = digits.x[3]
    moved = np.pad(original, ((0, 0), (2, 2), (2, 2)))[:, 1:9, 3:11][:, :, ::-1]
    shown = digits.scaled(moved)
    assert images.window_of(digits, original, shown, 2, mirrors=True)
    assert not images.window_of(digits, original, shown, 2, mirrors=False)
    assert not images.window_of(digits, digits.x[4], shown, 2, mirrors=True)
    assert images.window_of(digits, original, digits.scaled(original), 0, mirrors=False)


def test_slow_weights_are_met():
    """First the slow weights come all the way, in the end a quarter; the fast ones return."""
    model = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(model.weight)
    lookahead = script()["Lookahead"](model)
    for progress, expected in ((0, 1.0), (1, 1.0 + 0.23 * 2.0)):
        with torch.no_grad():
            model.weight += 1.0 + progress
        lookahead.meet(progress)
        assert model.weight.item() == pytest.approx(expected), progress


def test_six_looks_are_six_views():
    x = np.arange(2 * 3 * 4 * 4.0).reshape(2, 3, 4, 4)
    views = script()["looked_at"](x, 6)
    assert len(views) == 6
    np.testing.assert_array_equal(views[0], x)
    np.testing.assert_array_equal(views[1], x[..., ::-1])
    np.testing.assert_array_equal(views[2][:, :, 1:, 1:], x[:, :, :-1, :-1])
    np.testing.assert_array_equal(views[4][:, :, :-1, :-1], x[:, :, 1:, 1:])
    for view, mirrored in zip(views[::2], views[1::2], strict=True):
        np.testing.assert_array_equal(mirrored, view[..., ::-1])


def test_the_rate_rises_and_falls():
    rates = [script()["rate"](step, 100, 0.2) for step in range(100)]
    assert max(rates) == pytest.approx(0.2)
    assert 0 < rates[-1] < 0.01
    assert 0 < rates[0] < 0.02
    assert script()["rate"](100, 100, 0.2, last=0.5) == pytest.approx(0.1)
    assert gate.STEP == 1e-6

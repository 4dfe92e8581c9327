"""The milestones: they pass as they are, and fail with any part of the library wrong."""

import json
import os
import runpy
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import typer

import catalogue
import tinytorch as torch
from tinytorch import _C, curriculum
from tinytorch.milestone import data, gate, stage
from tinytorch.tito import overlay, worker
from tinytorch.tito.lab import Lab
from tinytorch.tito.workspace import Workspace, course

SCRIPTS = Path(__file__).resolve().parent.parent / "milestones"
PNG = b"\x89PNG\r\n\x1a\n"
KEYS = ["milestone", "passed", "accuracy", "loss", "seconds", "checks"]


@dataclass(frozen=True)
class Case:
    """A milestone's script and settings, fast but enough to pass."""

    script: str
    settings: dict[str, object]

    def milestone(self):
        return runpy.run_path(str(self.path))["MILESTONE"]

    @property
    def path(self):
        return SCRIPTS / f"{self.script}.py"


XOR = {"seed": 1, "epochs": 100, "lr": 1.0, "hidden": 8, "part": 2}
CASES = {
    "perceptron": Case("perceptron_1957", {"seed": 1, "epochs": 30, "lr": 1.0}),
    "xor": Case("xor_1969", {**XOR, "by_hand": False}),
    "xor_by_hand": Case("xor_1969", {**XOR, "by_hand": True}),
    "mlp": Case(
        "mlp_1986",
        {"seed": 1, "epochs": 10, "lr": 0.5, "hidden": 64, "batch": 16, "source": "digits"},
    ),
}


def verdict(case):
    """Trained and judged in this process, with whatever is patched."""
    milestone = case.milestone()
    return stage.judged(milestone, stage.attempt(milestone, **case.settings), **case.settings)


@cache
def evidence(name):
    """Evidence of an honest run.  To be read, not written."""
    return CASES[name].milestone().train(**CASES[name].settings)


def run(script, *options, **environment):
    return subprocess.run(
        [sys.executable, str(SCRIPTS / f"{script}.py"), *options],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | environment,
    )


# --- alone, as a reader runs them ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "options", "name", "pictures"),
    [
        ("perceptron_1957", [], "perceptron", {"loss", "mistakes", "boundary"}),
        ("xor_1969", [], "xor", {"loss", "boundary"}),
        ("xor_1969", ["--by-hand"], "xor", {"loss", "boundary"}),
        ("xor_1969", ["--part", "1"], "xor", {"boundary"}),
        ("mlp_1986", ["--epochs", "10"], "mlp", {"loss", "confusion", "misread"}),
    ],
)
def test_a_milestone_passes_alone(tmp_path, script, options, name, pictures):
    out = tmp_path / "made" / "here"
    done = run(script, "--seed", "3", "--json", "--out", str(out), *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("{") == 2  # the line of JSON and the checks in it
    result = json.loads(done.stdout.splitlines()[-1])
    assert list(result) == KEYS
    assert result["milestone"] == name
    assert result["passed"] is True
    assert all(value is True for value in result["checks"].values())
    assert (0.95 if name == "mlp" else 1.0) <= result["accuracy"] <= 1
    assert 0 <= result["loss"] < 0.3
    assert result["seconds"] > 0
    assert {path.name for path in out.iterdir()} == {f"{name}_{what}.png" for what in pictures}
    assert all(path.read_bytes().startswith(PNG) for path in out.iterdir())
    assert "Traceback" not in done.stderr


def test_too_little_training_fails(tmp_path):
    """The exit status and the JSON line say so."""
    done = run("xor_1969", "--epochs", "1", "--json", "--out", str(tmp_path))
    result = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 1
    assert result["passed"] is False
    assert [name for name, held in result["checks"].items() if not held] == ["training_solves_it"]
    assert "another --seed" in done.stdout


def test_a_loss_without_bounds_is_not_json_nan(tmp_path):
    done = run("mlp_1986", "--lr", "1e30", "--epochs", "1", "--json", "--out", str(tmp_path))
    result = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 1
    assert result["loss"] is None
    assert not result["checks"]["losses_are_finite"]
    assert "try a smaller --lr" in done.stdout


def test_the_same_seed_gives_the_same_result():
    name = "xor_by_hand"
    again = CASES[name].milestone().train(**CASES[name].settings)
    np.testing.assert_array_equal(again["run"]["losses"], evidence(name)["run"]["losses"])


@pytest.mark.parametrize("script", ["perceptron_1957", "xor_1969", "mlp_1986"])
def test_help_teaches(script):
    done = run(script, "--help", COLUMNS="100")
    year = script.rpartition("_")[2]
    assert done.returncode == 0
    assert f"{year}: " in done.stdout
    assert "needs" in done.stdout
    assert "Try --" in done.stdout


@pytest.mark.parametrize(
    ("script", "options", "words"),
    [
        ("perceptron_1957", ["--lr", "0"], "above 0"),
        ("perceptron_1957", ["--lr", "nan"], "above 0"),
        ("perceptron_1957", ["--lr", "inf"], "above 0"),
        ("perceptron_1957", ["--epochs", "0"], "--epochs"),
        ("perceptron_1957", ["--seed", "-1"], "--seed"),
        ("perceptron_1957", ["--out", "/dev/null/out"], "cannot write pictures to /dev/null/out"),
        ("xor_1969", ["--part", "3"], "--part"),
        ("xor_1969", ["--hidden", "many"], "--hidden"),
        ("mlp_1986", ["--data", "cifar"], "'mnist'"),
        ("mlp_1986", ["--momentum", "0.9"], "No such option"),
    ],
)
def test_bad_options_are_refused_in_a_sentence(script, options, words):
    done = run(script, *options, COLUMNS="200")
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.strip() == ""


def test_data_that_cannot_be_had_is_a_sentence(tmp_path):
    (tmp_path / "mnist").write_text("a file where a folder should be")
    done = run("mlp_1986", "--data", "mnist", "--out", str(tmp_path), TINYTORCH_DATA=str(tmp_path))
    assert done.returncode == 2
    assert "mnist: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "parts", "missing", "words"),
    [
        ("perceptron", None, {"layers"}, "needs the units activations and layers"),
        ("xor", 1, {"losses"}, "needs the units losses"),
        ("xor", None, {"autograd", "optimizers"}, "losses and optimizers or autograd"),
        ("mlp", None, {"optimizers"}, "needs the units autograd and optimizers"),
    ],
)
def test_a_build_without_a_needed_unit_is_told(
    monkeypatch, capsys, tmp_path, name, parts, missing, words
):
    built = [unit for unit in _C.build_info()["units"] if unit not in missing]
    monkeypatch.setattr(_C, "build_info", lambda: {"units": built})
    milestone = stage.Milestone(name, None, None, None, None)
    with pytest.raises(typer.Exit) as stopped:
        stage.play(milestone, tmp_path, as_json=True, parts=parts)
    assert stopped.value.exit_code == 2
    assert words in capsys.readouterr().err


def test_either_of_two_units_will_do(monkeypatch, capsys, tmp_path):
    """XOR is trained without optimizers, and without autograd."""
    for missing in ("autograd", "optimizers"):
        units = [unit for unit in _C.build_info()["units"] if unit != missing]
        with monkeypatch.context() as patched:
            patched.setattr(_C, "build_info", lambda units=units: {"units": units})
            with pytest.raises(typer.Exit) as stopped:
                runpy.run_path(str(CASES["xor"].path))["main"](out=tmp_path, epochs=100)
        assert stopped.value.exit_code == 0
        assert f"by {'hand' if missing == 'autograd' else 'autograd'}" in capsys.readouterr().err


# --- the gate -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_an_honest_run_holds_every_check(name):
    checks = stage.judged(CASES[name].milestone(), evidence(name), **CASES[name].settings).checks
    assert [check for check, held in checks.items() if not held] == []


def changed(run, **fields):
    return {**run, **fields}


def scaled(weights, name, factor):
    return {**weights, name: weights[name] * factor}


FORGERIES = {
    "losses_are_finite": lambda r: changed(r, losses=np.append(r["losses"][:-1], np.inf)),
    "losses_agree": lambda r: changed(r, losses=r["losses"] * 1.01),
    "gradients_are_slopes": lambda r: changed(r, gradients=scaled(r["gradients"], "b1", 1.01)),
    "gradients_reach_every_weight": lambda r: changed(r, gradients=scaled(r["gradients"], "w1", 0)),
    "steps_follow_gradients": lambda r: changed(r, after=scaled(r["after"], "w2", 1.001)),
    "steps_are_connected": lambda r: changed(
        r, before=scaled(r["before"], "b2", 1 + 1e-7), after=r["after"]
    ),
    "weights_move": lambda r: changed(
        r, after={k: np.broadcast_to(v[0], v.shape) for k, v in r["before"].items()}
    ),
    "trail_is_complete": lambda r: changed(r, audited=r["audited"][::-1]),
}


@pytest.mark.parametrize("check", FORGERIES)
def test_each_check_of_an_audit_can_fail(check):
    honest = evidence("xor")["run"]
    names = CASES["xor"].milestone().train.__globals__
    audited = gate.audit(FORGERIES[check](honest), names["loss_in_numpy"], lr=1.0)
    assert not audited[check]
    assert set(audited) >= set(FORGERIES)
    assert set(gate.HINTS) >= set(FORGERIES) - {"trail_is_complete"}


def test_one_wrong_weight_among_thousands_shows():
    """A gradient is tested as a whole, along random directions."""
    case = CASES["mlp"]
    honest = evidence("mlp")["run"]
    gradients = honest["gradients"]["0.weight"].copy()
    for moment in gradients:
        moment.flat[np.abs(moment).argmax()] *= -1
    forged = changed(honest, gradients={**honest["gradients"], "0.weight": gradients})
    checks = stage.judged(
        case.milestone(), {**evidence("mlp"), "run": forged}, **case.settings
    ).checks
    assert not checks["gradients_are_slopes"]


@pytest.mark.parametrize("name", CASES)
def test_only_real_answers_count(name):
    """Forged answers and better final weights do not help."""
    case, honest = CASES[name], evidence(name)
    key = {"perceptron": "answers", "mlp": "answers"}.get(name, "logits")
    forged = honest | {key: -honest[key] - 1}
    checks = stage.judged(case.milestone(), forged, **case.settings).checks
    assert [check for check, held in checks.items() if not held] == ["answers_agree"]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("spoil", ["nothing", "no run", "text", "shapes"])
def test_evidence_of_another_form_fails(name, spoil):
    case, honest = CASES[name], evidence(name)
    key = "line" if name == "perceptron" else "run"
    before = {weight: values[..., :0] for weight, values in honest[key]["before"].items()}
    spoiled = {
        "nothing": {},
        "no run": {k: v for k, v in honest.items() if k != key},
        "text": honest | {key: "passed"},
        "shapes": honest | {key: changed(honest[key], before=before)},
    }[spoil]
    assert not stage.judged(case.milestone(), spoiled, **case.settings).passed


def test_a_perceptron_that_learns_xor_is_not_believed():
    case, honest = CASES["perceptron"], evidence("perceptron")
    solved = changed(honest["xor"], losses=honest["xor"]["losses"] * 0)
    forged = honest | {"xor": solved, "xor_answers": data.xor().t}
    checks = stage.judged(case.milestone(), forged, **case.settings).checks
    assert not checks["xor_is_tried"]
    assert not checks["xor_is_not_learned"]


# --- knocked out --------------------------------------------------------------------------------


def times(factor):
    """A function's result, a little off."""
    return lambda original: lambda *args, **named: original(*args, **named) * factor


def instead(function):
    return lambda original: function


def slope_times(factor):
    """The same loss with another slope."""

    def wrap(original):
        def loss(*args, **named):
            value = original(*args, **named)
            return value * factor - value.detach() * (factor - 1)

        return loss

    return wrap


def not_started(original):
    def task(*args, **named):
        raise NotImplementedError("unit.task is not started")

    return task


F, SGD = "nn.functional", "optim.SGD"
KNOCKOUTS = [
    ("perceptron", "layers.linear", not_started),
    ("perceptron", "layers.linear", times(1.01)),
    ("perceptron", "layers.linear", instead(lambda x, w, b: x @ w.T)),
    ("perceptron", "layers.linear_backward_weight", times(0)),
    ("perceptron", "layers.linear_backward_weight", times(-1)),
    ("perceptron", "layers.linear_backward_bias", times(0)),
    ("perceptron", "activations.relu", not_started),
    ("perceptron", "activations.relu", instead(lambda x: x)),
    ("perceptron", "activations.relu", times(0)),
    ("perceptron", "activations.relu_backward", instead(lambda grad, x: grad)),
    ("xor", "Tensor.__matmul__", not_started),
    ("xor", "Tensor.__matmul__", times(1.01)),
    ("xor", "Tensor.__add__", instead(lambda a, b: a)),
    ("xor", "Tensor.tanh", instead(lambda x: x)),
    ("xor", f"{F}.binary_cross_entropy_with_logits", times(1.01)),
    ("xor", f"{F}.binary_cross_entropy_with_logits", slope_times(1.01)),
    ("xor", "losses.bce_with_logits", times(1.01)),
    ("xor", "Tensor.backward", instead(lambda loss: None)),
    ("xor", "Tensor.__isub__", instead(lambda p, step: p)),
    ("xor_by_hand", "losses.bce_with_logits", not_started),
    ("xor_by_hand", "losses.bce_with_logits_backward", times(0.99)),
    ("xor_by_hand", "losses.bce_with_logits_backward", times(-1)),
    ("xor_by_hand", "activations.tanh_backward", instead(lambda grad, y: grad)),
    ("xor_by_hand", "Tensor.sum", times(0)),
    ("xor_by_hand", "optimizers.sgd_step", not_started),
    ("xor_by_hand", "optimizers.sgd_step", instead(lambda *args: None)),
    ("mlp", "nn.ReLU.forward", instead(lambda self, x: x)),
    ("mlp", "nn.Linear.forward", instead(lambda self, x: x @ self.weight.T)),
    ("mlp", "nn.Linear.forward", times(1.01)),
    ("mlp", "nn.Linear.forward", slope_times(0)),
    ("mlp", "nn.Linear.forward", slope_times(0.98)),
    ("mlp", f"{F}.cross_entropy", not_started),
    ("mlp", f"{F}.cross_entropy", times(1.01)),
    ("mlp", f"{F}.cross_entropy", slope_times(-1)),
    ("mlp", "Tensor.backward", instead(lambda loss: None)),
    ("mlp", f"{SGD}.step", instead(lambda self: None)),
    ("mlp", f"{SGD}.zero_grad", instead(lambda self: None)),
]


@pytest.mark.parametrize(("name", "path", "wrong"), KNOCKOUTS)
def test_a_milestone_fails_with_a_wrong_function(monkeypatch, name, path, wrong):
    owner, _, attribute = path.rpartition(".")
    place = torch
    for step in filter(None, owner.split(".")):
        place = getattr(place, step)
    monkeypatch.setattr(place, attribute, wrong(getattr(place, attribute)))
    result = verdict(CASES[name])
    assert not result.passed
    assert any(held is False for held in result.checks.values())


def test_an_error_is_told_with_its_line(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(torch.activations, "relu", not_started(None))
    case = CASES["perceptron"]
    with pytest.raises(typer.Exit) as stopped:
        stage.play(case.milestone(), tmp_path, as_json=True, **case.settings)
    told = capsys.readouterr()
    assert stopped.value.exit_code == 1
    assert "NotImplementedError: unit.task is not started" in told.err
    assert "perceptron_1957.py:" in told.err
    assert "torch.activations.relu(" in told.err
    result = json.loads(told.out.splitlines()[-1])
    assert result["checks"] == {"runs": False}
    assert not result["passed"]


# --- on a student's library, in another process -------------------------------------------------


def train_there(script, settings):
    import runpy

    return runpy.run_path(script)["train"](**settings)


@pytest.mark.parametrize("name", CASES)
def test_a_run_in_a_worker_is_judged_here(name):
    case = CASES[name]
    with Lab(timeout=60) as lab:
        told = lab.run(train_there, str(case.path), case.settings)
    assert stage.judged(case.milestone(), told, **case.settings).passed


# One wrong body a unit, or two where milestones use different functions of it.
WRONG = {
    "tensor.matmul": """
        for (int64_t i = 0; i < c.size(0); ++i) {
          for (int64_t j = 0; j < c.size(1); ++j) {
            c(i, j) = 0;
            for (int64_t k = 1; k < a.size(1); ++k) c(i, j) += a(i, k) * b(k, j);
          }
        }""",
    "activations.relu_backward": """
        for (int64_t i = 0; i < x.size(0); ++i) grad_x(i) = grad(i);""",
    "layers.linear_backward_weight": """
        for (int64_t o = 0; o < grad_weight.size(0); ++o) {
          for (int64_t i = 0; i < grad_weight.size(1); ++i) grad_weight(o, i) = grad(0, o);
        }""",
    "losses.cross_entropy_backward": """
        for (int64_t n = 0; n < y.size(0); ++n) {
          for (int64_t c = 0; c < y.size(1); ++c) grad_x(n, c) = grad(n) * y(n, c);
        }""",
    "losses.bce_with_logits_backward": """
        for (int64_t i = 0; i < x.size(0); ++i) grad_x(i) = grad(i) * (x(i) - target(i));""",
    "optimizers.sgd": "",
    "autograd.matmul": """
        return record("WrongBackward", matmul(a.data(), b.data()), saving(a, b),
                      by(a, [](auto& grad, auto&, auto& b) { return matmul(grad, transposed(b)); }),
                      by(b, [](auto& grad, auto& a, auto&) {
                        return -matmul(transposed(a), grad);
                      }));""",
    "autograd.accumulate": """
        x.grad = Variable(-grad).impl();""",
}
NEEDS = {
    "tensor": ["perceptron", "xor", "xor_by_hand", "mlp"],
    "activations": ["perceptron", "mlp"],
    "layers": ["perceptron", "mlp"],
    "losses": ["xor", "xor_by_hand", "mlp"],
    "optimizers": ["xor_by_hand", "mlp"],
    "autograd": ["xor", "mlp"],
}


def test_every_milestone_is_tried_without_each_of_its_modules():
    for case in CASES.values():
        name = case.milestone().name
        for part in curriculum.load().milestones[name].parts:
            for unit in (*part.needs, *part.either):
                assert name in {CASES[case].milestone().name for case in NEEDS[unit]}, unit


@pytest.fixture(scope="module")
def wrong_libraries(tmp_path_factory):
    workspace = Workspace(tmp_path_factory.mktemp("workspace"), course())
    for unit in NEEDS:
        folder, files = workspace.folder(unit), catalogue.solution(unit)
        folder.mkdir(parents=True)
        for task in [task for task in WRONG if task.startswith(f"{unit}.")]:
            files = catalogue.with_body(files, task, WRONG[task] + "\n")
        for name, text in files.items():
            (folder / name).write_text(text)
    built = overlay.build(workspace, list(NEEDS))
    assert built.broken == {}
    return built


@pytest.mark.slow
@pytest.mark.parametrize("unit", NEEDS)
def test_a_milestone_fails_on_a_wrong_library(wrong_libraries, unit):
    with Lab(wrong_libraries.parts([unit]), timeout=60) as lab:
        for name in NEEDS[unit]:
            case = CASES[name]
            told = lab.run(train_there, str(case.path), case.settings)
            result = stage.judged(case.milestone(), told, **case.settings)
            assert "trail_is_complete" in result.checks  # it ran, and was judged
            assert not result.passed, name


# --- what else they share -----------------------------------------------------------------------


def test_points_lie_beside_a_line():
    """Two classes, both there, with a gap of that width between them, at every seed."""
    for seed in range(50):
        points = data.points_beside_a_line(seed)
        again = data.points_beside_a_line(seed)
        np.testing.assert_array_equal(points.x, again.x)
        assert points.x.shape == (100, 2)
        assert set(points.t) == {-1, 1}


def test_the_exam_is_a_fifth_that_training_never_sees():
    digits = data.bundled_digits()
    assert len(digits.test_x) == 1797 // 5
    assert len(digits.x) + len(digits.test_x) == 1797
    assert set(digits.test_y) == set(range(10))
    seen = {image.tobytes() for image in digits.x}
    assert not any(image.tobytes() in seen for image in digits.test_x)
    np.testing.assert_array_equal(digits.test_x, data.bundled_digits().test_x)


def test_images_move_to_the_right():
    images = np.arange(1, 10).reshape(1, 9)
    np.testing.assert_array_equal(
        data.moved_right(images, 3, 1).reshape(3, 3), [[0, 1, 2], [0, 4, 5], [0, 7, 8]]
    )


def test_operations_are_counted_by_formula():
    """Against a count of the loops: one product and one sum for each."""
    rows, widths = 5, (3, 4, 2)
    forward = sum(2 * rows * a * b for a, b in ((3, 4), (4, 2)))
    by_weight = forward
    by_input = 2 * rows * 4 * 2
    assert stage.mlp_flops(rows, *widths) == forward + by_weight + by_input


def test_evidence_fits_in_a_message():
    """Numbers, strings, arrays and dicts of them: what a worker can send."""
    for name in CASES:
        message = worker.pack(evidence(name))
        header, body = worker.lengths(message[: worker.LENGTHS.size])
        start = worker.LENGTHS.size
        told = worker.unpack(message[start : start + header], bytearray(message[start + header :]))
        assert len(message) == start + header + body
        assert stage.judged(CASES[name].milestone(), told, **CASES[name].settings).passed

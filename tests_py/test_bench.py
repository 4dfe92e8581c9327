"""The benchmarks: every program runs, computes what PyTorch computes, and is told as asked."""

import json
import subprocess
import sys

import pytest

import tinytorch
from tinytorch.bench import WORKLOADS, on_jax, roof, sweep


def bench(*arguments):
    run = subprocess.run(
        [sys.executable, "-m", "tinytorch.bench", *arguments],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.parametrize("name", [*WORKLOADS])
def test_every_program_runs(name):
    WORKLOADS[name].make(tinytorch)()


@pytest.mark.parametrize("name", [n for n in WORKLOADS if n.endswith(("sgd", "adam", "adamw"))])
def test_training_programs_compute_what_pytorch_computes(name, monkeypatch):
    """The same seed, so the same weights and data, and after three steps the same loss."""
    torch = pytest.importorskip("torch")
    told = []
    for library in (tinytorch, torch):
        losses = []
        library.manual_seed(0)
        backward = library.Tensor.backward

        def kept(loss, backward=backward, losses=losses):
            losses.append(float(loss.detach()))
            backward(loss)

        with monkeypatch.context() as patch:
            patch.setattr(library.Tensor, "backward", kept)
            step = WORKLOADS[name].make(library)
            for _ in range(3):
                step()
        told.append(losses)
    assert told[0] == pytest.approx(told[1], rel=2e-5)


def test_a_table_and_json():
    assert "add of 1-element tensors" in bench("add", "--rounds", "1")
    rows = json.loads(bench("chain", "--rounds", "1", "--json", "--roof"))
    assert [row["workload"] for row in rows] == ["chain"]
    assert rows[0]["seconds"]["tinytorch"] > 0
    assert "matmul-64" in bench("--list")


def test_peak_memory_of_a_program():
    row = json.loads(bench("matmul-1024", "--memory", "--json"))[0]
    assert row["peak bytes"]["tinytorch"] >= 3 * 4 << 20


def test_the_roof_is_above_what_is_reached():
    limits = roof.Roof(1e11, {1 << 14: 1e11, 1 << 30: 1e10})
    assert limits.seconds(2e9, 0, 1) == pytest.approx(0.02)
    assert limits.seconds(0, 1 << 15, 2) == pytest.approx((1 << 15) / 1e11)
    assert limits.seconds(0, 1 << 20, 1) == pytest.approx((1 << 20) / 1e10)
    row = {"workload": "matmul-1024", "seconds": {"tinytorch": 0.0429496}}
    assert roof.share(limits, row, 1) == pytest.approx(0.5, rel=1e-3)
    assert roof.share(limits, {"workload": "chain", "seconds": {"tinytorch": 1}}, 1) is None


def test_jax_has_some_of_them():
    pytest.importorskip("jax")
    for name in ("xor-adam", "mnist-sgd", "matmul-odd"):
        on_jax.step(name)()


def test_every_point_of_a_sweep_runs():
    for sizes, make in sweep.SWEEPS.values():
        for size in (sizes[0], sizes[4]):
            make(size)(tinytorch)()

"""Rubbish arguments to every public callable: an exception or a result, never a crash or a hang."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

# Run in a process of its own, so that a crash is seen and named.
PROGRAM = r"""
import faulthandler, importlib, json, sys, warnings
import numpy as np
import tinytorch as torch

faulthandler.enable()
try:  # 2**31 elements are too many to wait for: they shall not be had
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
except (ImportError, ValueError):
    pass
warnings.simplefilter("ignore")
journal = open(sys.argv[1], "w")
start, stride = int(sys.argv[2]), int(sys.argv[3])
SKIP = {"set_num_threads", "show_config", "save", "load", "kernels"}

MORE = ["special", "linalg", "random", "testing", "distributions", "cuda", "amp", "distributed",
        "jit", "utils.dlpack", "nn.utils.rnn", "nn.utils.prune", "nn.utils.parametrize",
        "optim.swa_utils", "autograd.functional"]
TYPES_OWN = {"__class__", "__init_subclass__", "__subclasshook__", "__new__"}

def tensors():
    return [
        torch.tensor(1.5), torch.tensor([]), torch.ones(2, 3), torch.arange(6).reshape(2, 3),
        torch.tensor([True, False]), torch.full((3,), float("nan")), torch.zeros(2, 0, 3),
        torch.ones(4, 4).t()[::2], torch.ones(1).expand(3, 5),
        torch.ones(2, 2, dtype=torch.float64), torch.zeros(1, 1, 1, 1, 1, 1, 1, 1),
        torch.tensor(-(2**63)), torch.ones(3, dtype=torch.uint8),
    ]

VALUES = [
    None, 0, -1, 1, 2, 7, 2**31, 2**63 - 1, -(2**63), 2**70, 0.5, float("nan"), float("inf"),
    True, "", "x", b"x", (), [], {}, (1, 2), [2, -1], [[1], [2, 3]], (2**62, 2**62), object(),
    slice(None), ..., np.ones(3), np.float32(2), np.array(["a"]), lambda *a: a, torch.float32,
    int, torch.Size([2]), 1j,
]

def public():
    seen = set()
    spaces = [("", torch), ("nn.functional.", torch.nn.functional), ("nn.", torch.nn),
              ("nn.init.", torch.nn.init), ("nn.utils.", torch.nn.utils), ("optim.", torch.optim),
              ("optim.lr_scheduler.", torch.optim.lr_scheduler), ("autograd.", torch.autograd),
              ("utils.data.", torch.utils.data)]
    spaces += [(name + ".", importlib.import_module("tinytorch." + name)) for name in MORE]
    units = ("setup", "activations", "layers", "losses", "optimizers", "training", "safetensors")
    spaces += [(unit + ".", getattr(torch, unit)) for unit in units]
    for prefix, space in spaces:
        for name in sorted(vars(space)):
            value = getattr(space, name)
            if name.startswith("_") or name in SKIP or not callable(value):
                continue
            if id(value) not in seen:
                seen.add(id(value))
                yield prefix + name, value
    for name in sorted(dir(torch.Tensor)):
        value = getattr(torch.Tensor, name)
        if callable(value) and name not in TYPES_OWN:
            yield "Tensor." + name, value

rng = np.random.default_rng(0)
calls = raised = 0
for number, (name, function) in enumerate(public()):
    if number % stride != start:
        continue
    for trial in range(40):
        pool = tensors() + VALUES
        first = [tensors()[trial % 13]] if name.startswith("Tensor.") else []
        count = trial % 5
        arguments = first + [pool[int(rng.integers(len(pool)))] for _ in range(count)]
        journal.seek(0)
        journal.truncate()
        given = [repr(type(a)) + " " + repr(a)[:80] for a in arguments]
        journal.write(json.dumps([name, given]))
        journal.flush()
        calls += 1
        try:
            function(*arguments)
        except Exception:
            raised += 1
print(json.dumps({"calls": calls, "raised": raised}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_every_public_callable_survives_rubbish(part: int, tmp_path: Path) -> None:
    """40 calls of each callable with arguments of every kind; one process a quarter of them."""
    journal = tmp_path / "journal.json"
    try:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(journal), str(part), "4"],
            capture_output=True, text=True, timeout=240, cwd=tmp_path,
            env=dict(os.environ, TINYTORCH_NUM_THREADS="2"),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        pytest.fail(f"hung in {journal.read_text()}")
    if done.returncode != 0:
        died = signal.Signals(-done.returncode).name if done.returncode < 0 else done.returncode
        pytest.fail(f"{died} in {journal.read_text()}\n{done.stderr[-3000:]}")
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["calls"] > 1000, report
    assert report["raised"] > report["calls"] // 4, report

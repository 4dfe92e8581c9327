"""Memory: a program that runs for a long time stays as small as it was."""

import gc
import os
import sys

import pytest

import tinytorch as torch
from tinytorch import nn

MB = 1 << 20
STEPS = 20_000


def resident():
    """Bytes of this process that are in memory now."""
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def step(model, optimizer, number):
    """One step on a batch of a size that changes; now and then one that fails half-way."""
    rows = 1 + number * 7 % 24
    x, y = torch.randn(rows, 6), torch.randn(rows, 3)
    optimizer.zero_grad()
    hidden = model[1](model[0](x))
    if number % 97 == 0:
        with pytest.raises(RuntimeError):
            hidden @ torch.ones(rows + 40, 2)
        return
    loss = ((model[2](hidden)[:, :3] - y) ** 2).mean() + hidden.abs().sum() * 1e-4
    if number % 89 == 0:
        hidden.add_(1)
        with pytest.raises(RuntimeError):
            loss.backward()
        return
    loss.backward()
    if number % 50 == 0:
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_20000_steps_do_not_grow_the_process():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 3))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for number in range(1, STEPS // 10):  # what is set up once
        step(model, optimizer, number)
    before = resident()
    for number in range(STEPS):
        step(model, optimizer, number)
    grown = resident() - before
    assert grown <= 2 * MB, f"{STEPS} steps grew the process by {grown / MB:.1f} MB"


def test_a_graph_that_nobody_holds_is_freed():
    torch.empty_cache()
    x = torch.ones(1 << 20, requires_grad=True)
    before = torch._C.memory_stats()["in_use"]
    for _ in range(5):
        y = x
        for _ in range(10):
            y = (y * 1.5).relu()
        del y
    assert torch._C.memory_stats()["in_use"] == before


def test_a_step_takes_no_more_than_its_activations_and_gradients():
    """The largest tensors that a step of this MLP has alive at once, and a quarter more."""
    model = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10))
    x, y = torch.rand(256, 784), torch.randint(0, 10, (256,))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    weights = sum(p.numel() for p in model.parameters())
    for _ in range(2):  # the second one holds no gradient of the first
        torch._C.reset_peak_memory()
        before = torch._C.memory_stats()["in_use"]
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
        optimizer.zero_grad()
    peak = torch._C.memory_stats()["peak_in_use"] - before
    activations = 2 * 256 * 512 + 3 * 256 * 10
    needed = 4 * (weights + activations + 256 * 512)  # and the gradient of the wider one
    assert peak <= 1.25 * needed, f"{peak} bytes at the peak, {needed} needed"

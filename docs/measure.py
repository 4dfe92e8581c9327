"""Measures the numbers that the chapters quote, on this machine: python docs/measure.py [chapter]

One thread, the reference loops unless a line says otherwise, the best of several runs.
"""

import ctypes
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import tinytorch as torch
from tinytorch import nn, setup
from tinytorch.nn import functional as F
from tinytorch.training import restore, snapshot

# Both orders of the three loops, compiled as a student's code is.
LOOPS = """
extern "C" void ijk(const float* a, const float* b, float* c, int n) {
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      float total = 0;
      for (int k = 0; k < n; ++k) total += a[i * n + k] * b[k * n + j];
      c[i * n + j] = total;
    }
}
extern "C" void ikj(const float* a, const float* b, float* c, int n) {
  for (int i = 0; i < n * n; ++i) c[i] = 0;
  for (int i = 0; i < n; ++i)
    for (int k = 0; k < n; ++k)
      for (int j = 0; j < n; ++j) c[i * n + j] += a[i * n + k] * b[k * n + j];
}
"""


def seconds(run: Callable[[], Any], repeats: int = 15) -> float:
    best = float("inf")
    for _ in range(repeats):
        begin = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - begin)
    return best


def say(what: str, value: float, unit: str) -> None:
    print(f"  {what:58} {value:10.4g} {unit}")


def measure_setup() -> None:
    n = 100_000
    x, y = np.ones(n, np.float32), np.ones(n, np.float32)
    xs, ys = x.tolist(), y.tolist()
    python = seconds(lambda: [2.0 * a + b for a, b in zip(xs, ys, strict=True)])
    ours = seconds(lambda: setup.axpy(2.0, x, y), 200)
    say("2 x + y in a Python loop", python / n * 1e9, "ns an element")
    say("axpy", ours / n * 1e9, "ns an element")
    say("factor", python / ours, "")
    many = 20_000_000
    x, y = np.ones(many, np.float32), np.ones(many, np.float32)
    ours = seconds(lambda: setup.axpy(2.0, x, y))
    say("axpy on 80 MB vectors", ours / many * 1e9, "ns an element")


def measure_tensor() -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "loops.cpp")
        source.write_text(LOOPS)
        flags = ["-O3", "-march=native", "-shared", "-fPIC", "-o", f"{folder}/loops.so"]
        subprocess.run(["c++", *flags, str(source)], check=True)
        library = ctypes.CDLL(f"{folder}/loops.so")
    for n in (256, 512):
        a, b, c = (np.ones((n, n), np.float32) for _ in range(3))
        at = [ctypes.c_void_p(x.ctypes.data) for x in (a, b, c)]
        for order in ("ijk", "ikj"):
            took = seconds(lambda: getattr(library, order)(*at, n), 5)  # noqa: B023
            say(f"{n} x {n} product, loops in the order {order}", 2e-9 * n**3 / took, "GFLOP/s")
        x = torch.ones(n, n)
        for kernels in ("reference", "accelerated"):
            with torch.kernels(kernels):
                took = seconds(lambda: x @ x)  # noqa: B023
                say(f"{n} x {n} product, {kernels} kernel", 2e-9 * n**3 / took, "GFLOP/s")
    x = torch.ones(2048, 2048)
    say("x.t() of 16 MB", seconds(lambda: x.t(), 200) * 1e6, "us")
    say("x.clone() of 16 MB", seconds(x.clone) * 1e6, "us")
    say("x.t().contiguous() of 16 MB", seconds(lambda: x.t().contiguous()) * 1e6, "us")


def measure_activations() -> None:
    logits = np.arange(0, 200, 0.01, dtype=np.float32)
    with np.errstate(over="ignore"):
        say(
            "the largest x with a finite float32 exp", logits[np.isfinite(np.exp(logits))].max(), ""
        )
        tiny = logits[np.exp(-logits) > 0].max()
    say("the largest x with exp(-x) > 0", tiny, "")
    x = torch.rand(1000, 1000)
    for name in ("relu", "sigmoid", "gelu"):
        function = getattr(F, name)
        say(name, seconds(lambda: function(x)) * 1e3, "ns an element")  # noqa: B023
    say("softmax over rows of 1000", seconds(lambda: F.softmax(x, dim=1)) * 1e3, "ns an element")


def measure_layers() -> None:
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    say("parameters of 784-128-10", sum(p.numel() for p in model.parameters()), "")
    say("its FLOPs forward, batch of 64", 2 * 64 * (784 * 128 + 128 * 10), "")
    torch.manual_seed(0)
    for name, std in (("0.01", 0.01), ("sqrt(2 / fan_in)", (2 / 256) ** 0.5), ("0.2", 0.2)):
        x = torch.randn(64, 256)
        for _ in range(20):
            x = F.relu(x @ (torch.randn(256, 256) * std))
        say(f"std after 20 layers, weights of std {name}", x.std().item(), "")


def measure_losses() -> None:
    x, target = torch.zeros(64, 10), torch.zeros(64, dtype=torch.int64)
    say("cross-entropy of ten classes, nothing known", F.cross_entropy(x, target).item(), "")
    logits = torch.tensor([[200.0, 0.0]])
    wrong = torch.tensor([1])
    naive = -torch.log(F.softmax(logits, dim=1))[0, 1].item()
    say("-log(softmax(x)), right answer 200 below", naive, "")
    say("cross_entropy, the same", F.cross_entropy(logits, wrong).item(), "")
    x, target = torch.randn(4096, 100), torch.randint(0, 100, (4096,))
    apart = seconds(lambda: F.nll_loss(torch.log(F.softmax(x, dim=1)), target))
    fused = seconds(lambda: F.cross_entropy(x, target))
    say("softmax, log, nll of (4096, 100)", apart * 1e6, "us")
    say("cross_entropy of (4096, 100)", fused * 1e6, "us")


def measure_optimizers() -> None:
    n = 4_000_000
    choices = {
        "SGD": lambda p: torch.optim.SGD(p, lr=0.1),
        "SGD with momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
        "RMSprop": lambda p: torch.optim.RMSprop(p, lr=0.1),
        "Adam": lambda p: torch.optim.Adam(p, lr=0.1),
    }
    for name, make in choices.items():
        weight = nn.Parameter(torch.ones(n))
        weight.grad = torch.ones(n)
        optimizer = make([weight])
        before = torch._C.memory_stats()["in_use"]
        optimizer.step()
        state = torch._C.memory_stats()["in_use"] - before
        for kernels in ("reference", "accelerated"):
            with torch.kernels(kernels):
                say(f"{name}, {kernels}", seconds(optimizer.step) / n * 1e9, "ns a parameter")
        say(f"{name}, what it remembers", state / n, "bytes a parameter")


def measure_autograd() -> None:
    a, b = torch.ones(1), torch.ones(1)
    plain = seconds(lambda: [a + b for _ in range(1000)], 50)
    a.requires_grad_()
    taped = seconds(lambda: [a + b for _ in range(1000)], 50)
    say("a + b of one element", plain * 1e6, "ns")
    say("a + b of one element, recorded", taped * 1e6, "ns")
    layers = [layer for _ in range(20) for layer in (nn.Linear(256, 256), nn.ReLU())]
    model, x = nn.Sequential(*layers), torch.randn(1024, 256)

    def peak(run: Callable[[], Any]) -> float:
        torch._C.reset_peak_memory()
        before = torch._C.memory_stats()["in_use"]
        result = run()
        used = (torch._C.memory_stats()["peak_in_use"] - before) / 2**20
        del result
        return used

    with torch.no_grad():
        say("20 layers of 256 on (1024, 256), peak, no_grad", peak(lambda: model(x)), "MB")
    say("the same, recorded", peak(lambda: model(x)), "MB")
    say("the same, and its backward", peak(lambda: model(x).sum().backward()), "MB")


def measure_training() -> None:
    def losses(stop: int | None, whole: bool) -> list[float]:
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 1))
        x = torch.randn(64, 8)
        y = x.sum(dim=1, keepdim=True)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        history = []
        for step in range(40):
            if step == stop:  # as if the process ended here and another one went on
                saved = snapshot({"model": model, "optimizer": optimizer}, {"step": step})
                torch.manual_seed(1)
                optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
                if whole:
                    restore({"model": model, "optimizer": optimizer}, saved)
            loss = F.mse_loss(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            history.append(loss.item())
        return history

    straight = losses(None, False)
    say("loss after 40 steps", straight[-1], "")
    say("resumed at 20 with everything: difference", losses(20, True)[-1] - straight[-1], "")
    say(
        "resumed at 20 with the weights alone: difference", losses(20, False)[-1] - straight[-1], ""
    )


def main() -> None:
    torch.set_num_threads(1)
    torch.kernels("reference")
    chapters = {name[8:]: run for name, run in globals().items() if name.startswith("measure_")}
    for name in sys.argv[1:] or chapters:
        print(name)
        chapters[name]()


if __name__ == "__main__":
    main()

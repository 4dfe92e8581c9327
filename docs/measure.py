"""Measures the numbers that the chapters quote, on this machine: python docs/measure.py [chapter]

One thread, the reference loops unless a line says otherwise, the best of several runs.
"""

import ctypes
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import tinytorch as torch
from tinytorch import nn, setup, spatial
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

# A convolution of 3 x 3 as the textbook has it, and with the columns innermost; x is padded.
CONVOLUTIONS = """
extern "C" void seven(const float* x, const float* w, float* y, int n, int c, int k, int h) {
  int z = h + 2;
  for (int i = 0; i < n; ++i) for (int o = 0; o < k; ++o)
    for (int p = 0; p < h; ++p) for (int q = 0; q < h; ++q) {
      float total = 0;
      for (int a = 0; a < c; ++a) for (int r = 0; r < 3; ++r) for (int s = 0; s < 3; ++s)
        total += x[((i * c + a) * z + p + r) * z + q + s] * w[((o * c + a) * 3 + r) * 3 + s];
      y[((i * k + o) * h + p) * h + q] = total;
    }
}
extern "C" void reordered(const float* x, const float* w, float* y, int n, int c, int k, int h) {
  int z = h + 2;
  for (int i = 0; i < n * k * h * h; ++i) y[i] = 0;
  for (int i = 0; i < n; ++i) for (int o = 0; o < k; ++o) for (int a = 0; a < c; ++a)
    for (int r = 0; r < 3; ++r) for (int s = 0; s < 3; ++s) {
      float weight = w[((o * c + a) * 3 + r) * 3 + s];
      for (int p = 0; p < h; ++p) for (int q = 0; q < h; ++q)
        y[((i * k + o) * h + p) * h + q] += weight * x[((i * c + a) * z + p + r) * z + q + s];
    }
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


def measure_embeddings() -> None:
    torch.manual_seed(0)
    ids, weight = torch.randint(0, 4096, (16, 64)), torch.randn(4096, 128)
    one_hot = F.one_hot(ids, 4096).float()
    say("parameters of a table 4096 x 128", weight.numel(), "")
    looked_up = seconds(lambda: F.embedding(ids, weight))
    say("1024 rows looked up", looked_up * 1e6, "us")
    with torch.kernels("accelerated"):
        product = seconds(lambda: one_hot @ weight)
    say("the same as a product with one-hot rows, accelerated", product * 1e6, "us")
    grad = torch.randn(16, 64, 128)
    back = torch.embeddings.lookup_backward
    say("their gradient added back", seconds(lambda: back(grad, ids, 4096)) * 1e6, "us")
    with torch.kernels("accelerated"):
        fast = seconds(lambda: back(grad, ids, 4096))
    say("the same, accelerated", fast * 1e6, "us")
    say("bytes of that gradient: table", 4 * weight.numel() / 2**20, "MB")
    say("of which rows that were looked up", 4 * 128 * len(ids.unique()) / 2**20, "MB")


def measure_attention() -> None:
    torch.manual_seed(0)

    def peak(run: Callable[[], Any]) -> float:
        torch._C.reset_peak_memory()
        before = torch._C.memory_stats()["in_use"]
        run()
        return float(torch._C.memory_stats()["peak_in_use"] - before) / 2**20

    def train(length: int, explicit: bool) -> None:
        q, k, v = (torch.randn(1, 8, length, 16, requires_grad=True) for _ in range(3))
        if explicit:
            y = torch.softmax(q @ k.transpose(-2, -1) / 4, -1) @ v
        else:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        y.sum().backward()

    with torch.kernels("accelerated"):
        for length in (512, 1024):
            say(
                f"explicit, 8 heads of 16, T = {length}",
                peak(lambda n=length: train(n, True)),
                "MB",
            )
        for length in (1024, 2048, 8192):
            used = peak(lambda n=length: train(n, False))
            say(f"blockwise, T = {length}", used, "MB")
    for width in (16, 256):
        q, k = torch.randn(64, width), torch.randn(64, width)
        raw, scaled = q @ k.T, q @ k.T / width**0.5
        say(f"largest weight of a row, E = {width}", F.softmax(raw, -1).amax(-1).mean().item(), "")
        say("the same, scaled", F.softmax(scaled, -1).amax(-1).mean().item(), "")
    q = torch.randn(1, 4, 512, 32)
    attend = F.scaled_dot_product_attention
    plain = seconds(lambda: attend(q, q, q, is_causal=True), 5)
    say("4 heads of 32, T = 512, forward, reference", plain * 1e3, "ms")
    with torch.kernels("accelerated"):
        fast = seconds(lambda: attend(q, q, q, is_causal=True))
    say("the same, accelerated", fast * 1e3, "ms")


def measure_transformers() -> None:
    count = torch.transformers.parameters
    say("parameters of GPT-2, the small one", count(50_257, 1024, 12, 768) / 1e6, "million")
    say(
        "of TinyGPT: 65 characters, T 128, 4 layers of 128", count(65, 128, 4, 128) / 1e6, "million"
    )
    say("its FLOPs a character, forward and backward", 6 * count(65, 128, 4, 128) / 1e6, "million")
    torch.manual_seed(0)

    def first_gradient(residual: bool, norm: bool) -> float:
        x = torch.randn(64, 128, requires_grad=True)
        y = x
        for _ in range(24):
            h = F.layer_norm(y, (128,)) if norm else y
            h = torch.tanh(h @ (torch.randn(128, 128) * 0.05))
            y = y + h if residual else h
        y.square().mean().backward()
        return float(x.grad.norm())

    for residual, norm in ((False, False), (False, True), (True, False), (True, True)):
        what = f"gradient at the input of 24 layers, residual {residual}, norm {norm}"
        say(what, first_gradient(residual, norm), "")
    x = torch.randn(1024, 128)

    def by_steps() -> Any:
        centred = x - x.mean(-1, keepdim=True)
        return centred / torch.sqrt((centred * centred).mean(-1, keepdim=True) + 1e-5)

    with torch.kernels("accelerated"):
        say("layer norm of (1024, 128) in five operations", seconds(by_steps) * 1e6, "us")
        fused = seconds(lambda: F.layer_norm(x, (128,)))
        say("in one, accelerated", fused * 1e6, "us")


def measure_spatial() -> None:
    batch, channels, windows, side = 8, 32, 64, 32
    flop = 2 * batch * windows * channels * 9 * side * side
    around = np.ones((batch, channels, side + 2, side + 2), np.float32)
    x = np.ones((batch, channels, side, side), np.float32)
    weight = np.ones((windows, channels, 3, 3), np.float32)
    y = np.ones((batch, windows, side, side), np.float32)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "loops.cpp")
        source.write_text(CONVOLUTIONS)
        flags = ["-O3", "-march=native", "-shared", "-fPIC", "-o", f"{folder}/loops.so"]
        subprocess.run(["c++", *flags, str(source)], check=True)
        library = ctypes.CDLL(f"{folder}/loops.so")
    at = [ctypes.c_void_p(a.ctypes.data) for a in (around, weight, y)]
    for order in ("seven", "reordered"):
        run = getattr(library, order)
        took = seconds(lambda: run(*at, batch, channels, windows, side), 5)  # noqa: B023
        say(f"{order} loops of raw C, forward", flop / took / 1e9, "GFLOP/s")
    for name in ("reference", "accelerated"):
        with torch.kernels(name):
            for lowered in (False, True):
                given = {"stride": 1, "padding": 1, "lowered": lowered}
                passes = {
                    "forward": lambda g=given: spatial.conv2d(x, weight, **g),
                    "gradient by x": lambda g=given: spatial.conv2d_backward_x(
                        y, weight, x.shape, **g
                    ),
                    "gradient by weight": lambda g=given: spatial.conv2d_backward_weight(
                        y, x, weight.shape, **g
                    ),
                }
                for what, run in passes.items():
                    took = seconds(run, 5)
                    way = "im2col and matmul" if lowered else "the table's loops"
                    say(f"{name}, {way}, {what}", flop / took / 1e9, "GFLOP/s")
    took = seconds(lambda: spatial.im2col(x[0], 3, 1, 1), 50)
    say("im2col of (32, 32, 32), windows of 3 x 3", took * 1e3, "ms")
    say("its columns", x[0].nbytes * 9 / 1e6, "MB")


def measure_tokenization() -> None:
    text = torch.text.datasets.shakespeare()
    size = len(text.encode())
    characters = torch.text.CharTokenizer.train(text)
    say("characters: vocabulary", len(characters), "")
    say("characters: bytes a token", size / len(characters.encode(text)), "")
    for vocabulary in (256, 512, 1024, 2048, 4096):
        tokenizer = torch.text.BPETokenizer.train(text, vocabulary)
        per_token = size / len(tokenizer.encode(text))
        say(f"vocabulary of {vocabulary}: bytes a token", per_token, "")
    words = [" the", " citizens", " Coriolanus", " antidisestablishmentarianism"]
    for word in words:
        say(f"tokens of `{word}` at 4096", len(tokenizer.encode(word)), "")
    for kernels in ("reference", "accelerated"):
        with torch.kernels(kernels):
            training = seconds(lambda: torch.text.BPETokenizer.train(text, 1024), 3)
            say(f"768 merges of {size} bytes, {kernels}", training, "s")
            rate = size / seconds(lambda: tokenizer.encode(text), 5) / 1e6
            say(f"encode, {kernels}", rate, "MB/s")


def measure_generation() -> None:
    torch.manual_seed(0)
    config = torch.models.GPTConfig(65, 256, 4, 4, 128)
    model = torch.models.GPT(config).eval()
    with torch.kernels("accelerated"), torch.no_grad():
        for length in (1, 32, 64, 128, 256):
            ids = torch.randint(0, 65, (1, length))
            say(f"a token after {length}", seconds(lambda ids=ids: model(ids)) * 1e3, "ms")
        prompt = torch.randint(0, 65, (1, 1))
        writing = seconds(lambda: torch.generation.generate(model, prompt, 255), 5)
        say("255 tokens, one after the other", 255 / writing, "tokens a second")
        say("positions computed for each that is new", sum(range(1, 256)) / 255, "")
    for size in (65, 50_257):
        logits = torch.randn(1, size)
        choice = torch.generation.Choice(0.8, top_k=40, top_p=0.9)
        say(f"the choice among {size}", seconds(partial(choice, logits, prompt)) * 1e6, "us")


def measure_dataloader() -> None:
    from PIL import Image

    from tinytorch.utils.data import DataLoader
    from tinytorch.vision import transforms as T
    from tinytorch.vision.datasets.vision import ImagesInMemory

    draw = np.random.default_rng(0)
    pixels, labels = draw.integers(0, 256, (5000, 32, 32, 3), np.uint8), [0] * 5000
    moved = [T.RandomCrop(32, padding=4), T.RandomHorizontalFlip()]
    chain = T.Compose([*moved, T.ToTensor(), T.Normalize((0.5, 0.4, 0.3), (0.2, 0.2, 0.3))])
    whole = ImagesInMemory(transform=chain)
    whole.data, whole.targets = pixels, labels
    planes = torch.from_numpy(pixels).permute(0, 3, 1, 2).float().contiguous()

    class Samples:
        def __init__(self, read: Callable[[int], Any]) -> None:
            self.read = read

        def __len__(self) -> int:
            return 5000

        def __getitem__(self, index: int) -> Any:
            return self.read(index), labels[index]

    def epoch(dataset: Any) -> None:
        for _ in DataLoader(dataset, 128, shuffle=True):
            pass

    chain_of_two = T.Compose(moved)
    for what, dataset in (
        ("a dataset of Pillow images", Samples(lambda i: chain(Image.fromarray(pixels[i])))),
        ("a dataset of tensors, crop and flip", Samples(lambda i: chain_of_two(planes[i]))),
        ("whole batches", whole),
    ):
        say(what, seconds(partial(epoch, dataset), 3) / 5000 * 1e6, "us an image")


def main() -> None:
    torch.set_num_threads(1)
    torch.kernels("reference")
    chapters = {name[8:]: run for name, run in globals().items() if name.startswith("measure_")}
    for name in sys.argv[1:] or chapters:
        print(name)
        chapters[name]()


if __name__ == "__main__":
    main()

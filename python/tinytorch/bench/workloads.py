"""The workloads: small programs that run on tinytorch and on PyTorch alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tinytorch.bench import loading

Step = Callable[[], Any]


@dataclass(frozen=True)
class Workload:
    """A program, and the least that it has to do where that can be counted."""

    what: str
    make: Callable[[Any], Step]  # of a library
    flops: float = 0  # of one call
    bytes: float = 0  # read and written


# --- training steps


def training_step(torch: Any, model: Any, x: Any, y: Any, loss: Any, optimizer: Any) -> Step:
    def step() -> None:
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()

    return step


def _xor(torch: Any, optimizer: str) -> Step:
    nn = torch.nn
    model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    x = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = torch.tensor([[0.0], [1.0], [1.0], [0.0]])
    update = getattr(torch.optim, optimizer)(model.parameters(), lr=0.01)
    return training_step(torch, model, x, y, nn.MSELoss(), update)


def _classifier(torch: Any, model: Any, shape: tuple[int, ...], optimizer: str) -> Step:
    x, y = torch.rand(*shape), torch.randint(0, 10, shape[:1])
    update = getattr(torch.optim, optimizer)(model.parameters(), lr=0.001)
    return training_step(torch, model, x, y, torch.nn.CrossEntropyLoss(), update)


def _mnist(torch: Any, optimizer: str) -> Step:
    nn = torch.nn
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    return _classifier(torch, model, (64, 784), optimizer)


def _lenet(torch: Any) -> Step:
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip
    return _classifier(torch, model, (64, 1, 28, 28), "SGD")


def _cnn28(torch: Any) -> Step:
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(3136, 128), nn.ReLU(), nn.Linear(128, 10),
    )  # fmt: skip
    return _classifier(torch, model, (64, 1, 28, 28), "SGD")


def _cifar(torch: Any, normalised: bool) -> Step:
    nn = torch.nn
    layers = []
    for channels, out in ((3, 32), (32, 64), (64, 128)):
        layers += [nn.Conv2d(channels, out, 3, padding=1)]
        layers += [nn.BatchNorm2d(out)] if normalised else []
        layers += [nn.ReLU(), nn.MaxPool2d(2)]
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(2048, 10))
    return _classifier(torch, model, (64, 3, 32, 32), "SGD")


def _gpt(torch: Any, optimizer: str) -> Step:
    """Four layers, width 128, four heads, 64 positions, 65 characters, tied weights."""
    nn, functional = torch.nn, torch.nn.functional
    width, heads, length, vocabulary, batch = 128, 4, 64, 65, 16

    class Block(nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self) -> None:
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

        def forward(self, x: Any) -> Any:
            b, t, c = x.shape
            q, k, v = (
                part.view(b, t, heads, c // heads).transpose(1, 2)
                for part in self.qkv(self.norm1(x)).split(c, dim=2)
            )
            y = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.out(y.transpose(1, 2).contiguous().view(b, t, c))
            return x + self.down(functional.gelu(self.up(self.norm2(x))))

    class GPT(nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self) -> None:
            super().__init__()
            self.tokens = nn.Embedding(vocabulary, width)
            self.positions = nn.Embedding(length, width)
            self.blocks = nn.ModuleList([Block() for _ in range(4)])
            self.norm = nn.LayerNorm(width)
            self.head = nn.Linear(width, vocabulary, bias=False)
            self.head.weight = self.tokens.weight

        def forward(self, ids: Any) -> Any:
            x = self.tokens(ids) + self.positions(torch.arange(ids.shape[1]))
            for block in self.blocks:
                x = block(x)
            return self.head(self.norm(x))

    model = GPT()
    ids = torch.randint(0, vocabulary, (batch, length + 1))
    x, y = ids[:, :-1].contiguous(), ids[:, 1:].contiguous()
    update = getattr(torch.optim, optimizer)(model.parameters(), lr=0.001)

    def loss(logits: Any, targets: Any) -> Any:
        return functional.cross_entropy(logits.view(-1, vocabulary), targets.view(-1))

    return training_step(torch, model, x, y, loss, update)


# --- single operations


def _add(torch: Any, backward: bool) -> Step:
    a, b = torch.ones(1, requires_grad=backward), torch.ones(1)
    if not backward:
        return lambda: a + b
    return lambda: (a + b).backward()


def _chain(torch: Any) -> Step:
    x = torch.ones(1, requires_grad=True)

    def step() -> None:
        y = x
        for _ in range(10):
            y = y * 0.9 + 0.1
        y.backward()

    return step


def _matmul(m: int, k: int, n: int, transposed: bool = False) -> Workload:
    def make(torch: Any) -> Step:
        a, b = torch.rand(m, k), torch.rand(n, k).t() if transposed else torch.rand(k, n)
        return lambda: a @ b

    sizes = f"{m}" if m == k == n else f"{m} x {k} x {n}"
    what = f"matrix product, {sizes}{', transposed' if transposed else ''}"
    return Workload(what, make, 2.0 * m * k * n, 4.0 * (m * k + k * n + m * n))


def _pointwise(what: str, call: Callable[[Any, Any], Any], *shape: int, reads: int = 1) -> Workload:
    def make(torch: Any) -> Step:
        x = torch.randn(*shape)
        return lambda: call(torch, x)

    elements = 1
    for size in shape:
        elements *= size
    return Workload(what, make, bytes=4.0 * elements * (reads + 1))


def _conv(torch: Any, channels: int, size: int, kernel: int, **options: int) -> Step:
    conv = torch.nn.Conv2d(channels, channels, kernel, **options)
    x = torch.rand(64, channels, size, size)

    def step() -> Any:
        with torch.no_grad():
            return conv(x)

    return step


def _max_pool(torch: Any) -> Step:
    pool, x = torch.nn.MaxPool2d(2), torch.rand(64, 32, 32, 32, requires_grad=True)
    grad = torch.rand(64, 32, 16, 16)

    def step() -> None:
        x.grad = None
        pool(x).backward(grad)

    return step


def _layer_norm(torch: Any) -> Step:
    norm, x = torch.nn.LayerNorm(256), torch.rand(1024, 256, requires_grad=True)
    grad = torch.rand(1024, 256)

    def step() -> None:
        x.grad = None
        norm(x).backward(grad)

    return step


def _attention(torch: Any, length: int) -> Step:
    q, k, v = (torch.rand(1, 4, length, 32, requires_grad=True) for _ in range(3))
    grad = torch.rand(1, 4, length, 32)

    def step() -> None:
        q.grad = k.grad = v.grad = None
        attended = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        attended.backward(grad)

    return step


def _embedding(torch: Any) -> Step:
    table, ids = torch.nn.Embedding(4096, 128), torch.randint(0, 4096, (16, 256))
    grad = torch.rand(16, 256, 128)

    def step() -> None:
        table.weight.grad = None
        table(ids).backward(grad)

    return step


def _decode(torch: Any) -> Step:
    """One token of a small GPT, keys and values kept by torch.cat, as programs write it."""
    nn, functional = torch.nn, torch.nn.functional
    width, heads, past = 128, 4, 64
    qkv = [nn.Linear(width, 3 * width) for _ in range(4)]
    out = [nn.Linear(width, width) for _ in range(4)]
    up = [nn.Linear(width, 4 * width) for _ in range(4)]
    down = [nn.Linear(4 * width, width) for _ in range(4)]
    norms = [nn.LayerNorm(width) for _ in range(9)]
    tokens = nn.Embedding(65, width)
    caches = [torch.rand(2, 1, heads, past, width // heads) for _ in range(4)]
    token = torch.tensor([[3]])

    def step() -> Any:
        with torch.no_grad():
            x = tokens(token)
            for i in range(4):
                parts = qkv[i](norms[2 * i](x)).split(width, dim=2)
                q, k, v = (p.view(1, 1, heads, width // heads).transpose(1, 2) for p in parts)
                keys = torch.cat([caches[i][0], k], dim=2)
                values = torch.cat([caches[i][1], v], dim=2)
                y = functional.scaled_dot_product_attention(q, keys, values)
                x = x + out[i](y.transpose(1, 2).reshape(1, 1, width))
                x = x + down[i](functional.gelu(up[i](norms[2 * i + 1](x))))
            logits = functional.linear(norms[8](x), tokens.weight)
            return logits[0, -1].argmax().item()

    return step


QUARTER_MILLION = 1 << 18

WORKLOADS: dict[str, Workload] = {
    "add": Workload("add of 1-element tensors", lambda torch: _add(torch, False)),
    "add-backward": Workload("the same, forward and backward", lambda torch: _add(torch, True)),
    "chain": Workload("20 operations on a scalar, forward and backward", _chain),
    "xor-sgd": Workload("XOR MLP 2-4-1 step, SGD", lambda torch: _xor(torch, "SGD")),
    "xor-adam": Workload("XOR MLP 2-4-1 step, Adam", lambda torch: _xor(torch, "Adam")),
    "mnist-sgd": Workload("MNIST MLP 784-128-10 step, SGD", lambda torch: _mnist(torch, "SGD")),
    "mnist-adam": Workload("MNIST MLP 784-128-10 step, Adam", lambda torch: _mnist(torch, "Adam")),
    "lenet": Workload("LeNet-5 step, batch 64", _lenet),
    "cnn-28": Workload("CNN 32-64-128 on 28 x 28, batch 64", _cnn28),
    "cifar": Workload("CIFAR CNN 32-64-128 step, batch 64", lambda torch: _cifar(torch, False)),
    "cifar-norm": Workload("the same with BatchNorm", lambda torch: _cifar(torch, True)),
    "gpt-sgd": Workload("GPT L4 d128 h4 T64 b16 step, SGD", lambda torch: _gpt(torch, "SGD")),
    "gpt-adamw": Workload("the same, AdamW", lambda torch: _gpt(torch, "AdamW")),
    "decode": Workload("GPT L4 d128: a token, cache by torch.cat", _decode),
    "matmul-64": _matmul(64, 64, 64),
    "matmul-256": _matmul(256, 256, 256),
    "matmul-512": _matmul(512, 512, 512),
    "matmul-1024": _matmul(1024, 1024, 1024),
    "matmul-transposed": _matmul(512, 512, 512, transposed=True),
    "matmul-odd": _matmul(129, 517, 67),
    "gelu": _pointwise("GELU of 256 k elements", lambda torch, x: torch.nn.functional.gelu(x),
                       QUARTER_MILLION),
    "tanh": _pointwise("tanh of 256 k elements", lambda torch, x: torch.tanh(x), QUARTER_MILLION),
    "softmax": _pointwise("softmax of 1024 x 256", lambda torch, x: torch.softmax(x, -1),
                          1024, 256),
    "add-large": _pointwise("add of 4096 x 4096", lambda torch, x: x + x, 4096, 4096),
    "conv3": Workload("3 x 3 convolution, 64 channels of 32 x 32",
                      lambda torch: _conv(torch, 64, 32, 3, padding=1),
                      2.0 * 64 * 64 * 64 * 9 * 32 * 32),
    "conv5-strided": Workload("5 x 5 convolution, stride 2, 32 channels",
                              lambda torch: _conv(torch, 32, 32, 5, padding=2, stride=2),
                              2.0 * 64 * 32 * 32 * 25 * 16 * 16),
    "max-pool": Workload("2 x 2 max-pool, both ways", _max_pool, bytes=64.0 * 32 * 1024 * 14),
    "layer-norm": Workload("LayerNorm of 1024 x 256, both ways", _layer_norm,
                           bytes=4.0 * 5 * 1024 * 256),
    "attention-512": Workload("causal attention, 512 positions, both ways",
                              lambda torch: _attention(torch, 512)),
    "attention-2048": Workload("causal attention, 2048 positions, both ways",
                               lambda torch: _attention(torch, 2048)),
    "embedding": Workload("embedding of 4096 ids, both ways", _embedding),
    "loader": Workload("DataLoader: 5,120 images of an own dataset, crop and flip",
                       lambda torch: loading.epoch(torch, loading.own, 0)),
    "loader-workers": Workload("the same with 2 workers",
                               lambda torch: loading.epoch(torch, loading.own, 2)),
    "loader-vision": Workload("the same by torchvision's names; PyTorch's as above",
                              lambda torch: loading.epoch(torch, loading.planned, 0)),
    "loader-vision-workers": Workload("the same with 2 workers",
                                      lambda torch: loading.epoch(torch, loading.planned, 2)),
}  # fmt: skip

"""Tensor operations beside PyTorch: the same calls, the same values, dtypes, shapes and errors."""

import itertools
import math
import warnings
from typing import Any

import numpy as np
import pytest

import tinytorch
from beside import beside_torch

torch = pytest.importorskip("torch")

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float32", "float64"]
SHAPES = [(), (1,), (3,), (0,), (2, 3), (1, 3), (2, 1), (4, 2, 3), (2, 1, 3)]


def sample(shape: tuple[int, ...], dtype: str, seed: int = 0) -> np.ndarray:
    """Small values of either sign, zeros among them; the same for both libraries."""
    rng = np.random.default_rng(seed)
    if dtype == "bool":
        return rng.integers(0, 2, shape).astype(bool)
    low = 0 if dtype == "uint8" else -4
    values = rng.integers(low, 5, shape) + (0.25 if dtype.startswith("float") else 0)
    return np.asarray(values, dtype=dtype)


def both(call: Any, *arrays: np.ndarray) -> None:
    """`call(library, *tensors)` on both; equal results, or errors of one type."""
    outcomes = []
    for library in (torch, tinytorch):
        tensors = [
            library.from_numpy(a.copy()) if a.ndim else library.tensor(a.copy()) for a in arrays
        ]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of PyTorch's deprecations
                outcomes.append(call(library, *tensors))
        except Exception as error:
            outcomes.append(error)
    expected, actual = outcomes
    described = [f"{a.dtype}{list(a.shape)}" for a in arrays]
    if isinstance(expected, Exception):
        assert isinstance(actual, Exception), f"{described}: expected {expected!r}, got {actual}"
        wanted = NotImplementedError if "not implemented for" in str(expected) else type(expected)
        assert issubclass(type(actual), (wanted, type(expected))), (
            f"{described}: expected {expected!r}, got {actual!r}"
        )
        return
    if isinstance(actual, Exception):
        raise AssertionError(f"{described}: expected {expected}, got {actual!r}") from actual
    compare(expected, actual, described)


def compare(expected: Any, actual: Any, described: Any) -> None:
    if isinstance(expected, (tuple, list)) and not isinstance(expected, torch.Size):
        assert len(expected) == len(actual), described
        for e, a in zip(expected, actual, strict=True):
            compare(e, a, described)
        return
    if not isinstance(expected, torch.Tensor):
        assert expected == actual or expected != expected, f"{described}: {expected} != {actual}"
        return
    assert str(expected.dtype) == str(actual.dtype), (
        f"{described}: {expected.dtype}, {actual.dtype}"
    )
    assert tuple(expected.shape) == tuple(actual.shape), f"{described}: {expected.shape}"
    np.testing.assert_allclose(
        actual.numpy(), expected.numpy(), rtol=2e-6, atol=1e-6, err_msg=str(described)
    )


BINARY = ["add", "sub", "mul", "div", "maximum", "minimum", "eq", "ne", "lt", "le", "gt", "ge"]
BINARY += ["logical_and", "logical_or", "logical_xor", "bitwise_and", "bitwise_or", "bitwise_xor"]


@pytest.mark.parametrize("name", [*BINARY, "floor_divide", "remainder", "pow"])
def test_binary_operations_promote_and_broadcast(name: str) -> None:
    for a, b in itertools.product(DTYPES, DTYPES):
        x, y = sample((2, 3), a), sample((3,), b, seed=1)
        if name in ("floor_divide", "remainder", "pow"):
            y = np.where(y == 0, y.dtype.type(1), np.abs(y) if name == "pow" else y)
        both(lambda lib, p, q: getattr(lib, name)(p, q), x, y)
        both(lambda lib, p, q: getattr(lib, name)(p, q), x, y.reshape(-1)[0])
    for first, second in itertools.product(SHAPES, SHAPES):
        x, y = sample(first, "float32"), sample(second, "float32", seed=1)
        if name.startswith("bitwise"):
            x, y = x.astype(np.int64), y.astype(np.int64)
        both(lambda lib, p, q: getattr(lib, name)(p, q), x, y)


@pytest.mark.parametrize("number", [2, -3, 2.5, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_python_numbers_take_part_by_category(dtype: str, number: Any) -> None:
    x = sample((4,), dtype)
    both(lambda lib, p: p + number, x)
    both(lambda lib, p: number - p, x)
    both(lambda lib, p: p * number, x)
    both(lambda lib, p: p / number, x)
    both(lambda lib, p: p == number, x)
    both(lambda lib, p: p // number, x)
    both(lambda lib, p: p % number, x)


UNARY = ["neg", "abs", "sign", "exp", "log", "sqrt", "reciprocal", "square", "sin", "cos", "floor"]
UNARY += ["ceil", "round", "trunc", "logical_not", "bitwise_not", "isnan", "isinf", "isfinite"]


@pytest.mark.parametrize("name", [*UNARY, "relu", "sigmoid", "tanh"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_unary_operations(name: str, dtype: str) -> None:
    for shape in SHAPES:
        both(lambda lib, p: getattr(lib, name)(p), sample(shape, dtype))
    x = sample((3, 4), dtype)
    both(lambda lib, p: getattr(lib, name)(p.t()), x)
    both(lambda lib, p: getattr(lib, name)(p[::2, 1:]), x)
    if dtype.startswith("float"):
        special = np.array([math.nan, math.inf, -math.inf, 0.0, -0.0, 1e30, -0.5, 2.5], dtype=dtype)
        both(lambda lib, p: getattr(lib, name)(p), special)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["sum", "mean", "prod", "all", "any", "amax", "amin"])
def test_reductions(name: str, dtype: str) -> None:
    for shape in SHAPES:
        x = sample(shape, dtype)
        both(lambda lib, p: getattr(lib, name)(p) if name not in ("amax", "amin") else p.sum(), x)
        for dim in range(-len(shape) - 1, len(shape) + 1):
            for keepdim in (False, True):
                both(lambda lib, p: getattr(p, name)(dim, keepdim=keepdim), x)  # noqa: B023
    if name in ("sum", "mean", "amax", "amin", "all", "any"):
        x = sample((4, 2, 3), dtype)
        both(lambda lib, p: getattr(p, name)((0, 2)), x)
        both(lambda lib, p: getattr(p, name)((-1, 1), keepdim=True), x)
        both(lambda lib, p: getattr(p, name)((0, 0)), x)


@pytest.mark.parametrize("dtype", ["int64", "float32", "float64"])
def test_extrema_give_values_and_positions(dtype: str) -> None:
    x = np.stack([np.roll(np.arange(6), k) for k in range(4)]).reshape(4, 2, 3).astype(dtype)
    for name, dim, keepdim in itertools.product(("max", "min"), (-1, 0, 1, 2), (False, True)):
        both(lambda lib, p: tuple(getattr(p, name)(dim, keepdim)), x)  # noqa: B023
        both(lambda lib, p: getattr(p, "arg" + name)(dim, keepdim), x)  # noqa: B023
    both(lambda lib, p: (p.max(), p.min(), p.argmax(), p.argmin()), x)
    both(lambda lib, p: p.max(p.flip(0) if lib is torch else lib.from_numpy(x[::-1].copy())), x)
    if dtype != "int64":
        x[1, 0, 1] = math.nan
        both(lambda lib, p: (p.max(), p.argmax(), *p.max(2), *p.min(0)), x)
        both(lambda lib, p: (p.var(), p.std(), p.var(1), p.std(0, unbiased=False)), x)


@pytest.mark.parametrize(
    "shapes",
    [
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 4)),
        ((2, 3), (3, 4)),
        ((5, 2, 3), (3, 4)),
        ((5, 2, 3), (5, 3, 4)),
        ((1, 2, 3), (5, 3, 4)),
        ((5, 1, 2, 3), (6, 3, 4)),
        ((5, 2, 3), (3,)),
        ((3,), (5, 3, 4)),
        ((0, 3), (3, 4)),
        ((2, 0), (0, 4)),
        ((2, 3), (4, 5)),
        ((2,), (3,)),
        ((), (3,)),
        ((5, 2, 3), (4, 3, 2)),
        ((0, 2, 3), (3, 4)),
        ((5, 2, 0), (0, 4)),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "int32"])
def test_matmul_by_ranks(shapes: tuple[tuple[int, ...], tuple[int, ...]], dtype: str) -> None:
    a, b = sample(shapes[0], dtype), sample(shapes[1], dtype, seed=1)
    both(lambda lib, p, q: p @ q, a, b)
    if a.ndim > 1 and b.ndim > 1:
        both(lambda lib, p, q: p.transpose(-1, -2).contiguous().transpose(-1, -2) @ q, a, b)
        both(lambda lib, p, q: p @ q.transpose(-1, -2).contiguous().transpose(-1, -2), a, b)


VIEWS = [
    lambda lib, x: x.view(6, 4),
    lambda lib, x: x.view(-1),
    lambda lib, x: x.view(2, -1, 2),
    lambda lib, x: x.view(5, 5),
    lambda lib, x: x.transpose(0, 1).view(-1),
    lambda lib, x: x.transpose(0, 1).reshape(-1),
    lambda lib, x: x.transpose(1, 2).view(2, 12),
    lambda lib, x: x.permute(2, 0, 1),
    lambda lib, x: x.permute(2, 0, 0),
    lambda lib, x: x.T,
    lambda lib, x: x.transpose(0, 1).view(3, 2, 2, 2),
    lambda lib, x: x[:, 1:].view(-1),
    lambda lib, x: x.unsqueeze(0),
    lambda lib, x: x.unsqueeze(-1),
    lambda lib, x: x.unsqueeze(5),
    lambda lib, x: x[:1].squeeze(),
    lambda lib, x: x[:1].squeeze(0),
    lambda lib, x: x.squeeze(1),
    lambda lib, x: x[:, :1].expand(2, 5, 4),
    lambda lib, x: x.expand(3, 2, 3, 4),
    lambda lib, x: x.expand(3, -1, 3, 4),
    lambda lib, x: x.expand(2, 3, 5),
    lambda lib, x: x.flatten(),
    lambda lib, x: x.flatten(1),
    lambda lib, x: x.flatten(0, 1),
    lambda lib, x: x.flatten(2, 1),
    lambda lib, x: x.narrow(2, 1, 2),
    lambda lib, x: x.narrow(2, 3, 2),
    lambda lib, x: x.select(1, -1),
    lambda lib, x: x.select(1, 3),
    lambda lib, x: x.unbind(1),
    lambda lib, x: x.split(2, 1),
    lambda lib, x: x.split([1, 2], 1),
    lambda lib, x: x.split([1, 1], 1),
    lambda lib, x: x.chunk(2, 2),
    lambda lib, x: x.chunk(3, 2),
    lambda lib, x: x.view(2, 3, 2, 2)[..., 0],
    lambda lib, x: lib.cat([x, x], 1),
    lambda lib, x: lib.cat([x, x[:1]], 0),
    lambda lib, x: lib.cat([x, x[:1]], 1),
    lambda lib, x: lib.stack([x, x], -1),
    lambda lib, x: lib.stack([x, x[0]]),
    lambda lib, x: lib.cat([x.long(), x], 2),
    lambda lib, x: x.reshape(-1, 0),
    lambda lib, x: x.reshape(-1, -1),
    lambda lib, x: x.reshape(-2),
    lambda lib, x: x.t(),
    lambda lib, x: x[0].t(),
    lambda lib, x: x.mT,
    lambda lib, x: x.gather(1, lib.tensor([[[0], [2]], [[1], [1]]])),
    lambda lib, x: x.gather(1, lib.tensor([[[3]]])),
    lambda lib, x: lib.where(x > 0, x, 0),
    lambda lib, x: x.clamp(-1, 1),
    lambda lib, x: x.clamp(min=0),
    lambda lib, x: x.clamp(),
    lambda lib, x: x.as_strided((2, 2), (1, 2), 1),
    lambda lib, x: x.as_strided((9, 9), (9, 9), 1),
]


@pytest.mark.parametrize("index", range(len(VIEWS)))
def test_views_and_joins(index: int) -> None:
    both(VIEWS[index], sample((2, 3, 4), "float32"))


INDICES: list[Any] = [
    0,
    -1,
    2,
    -3,
    slice(None),
    slice(1, None),
    slice(None, -1),
    slice(0, 2, 2),
    slice(5, 9),
    None,
    ...,
    (0, 1),
    (slice(None), 0),
    (..., 0),
    (0, ...),
    (..., None),
    (None, 0, None),
    (0, 1, 2),
    (0, 1, 2, 3),
    (slice(None), [0, 2]),
    [1, 0],
    ([0, 1], [0, 2]),
    ([0, 1], slice(None), [1, 3]),
    (slice(None), [[0, 1], [1, 2]], 2),
    (0, [0, 2], [1, 1]),
    ([0], [[0], [1]]),
    (..., [0, 3]),
    [5],
    (slice(None), slice(None), 4),
    True,
    False,
    (True, 0),
    ([True, False],),
    [],
    (..., ...),
    (slice(None), [True, False, True]),
    ([True, False], [0, 1]),
    (None, [1]),
    slice(None, None, -1),
]


@pytest.mark.parametrize("index", INDICES, ids=repr)
def test_indexing_read_and_assign(index: Any) -> None:
    x = np.arange(24.0, dtype=np.float32).reshape(2, 3, 4)
    both(lambda lib, p: p[index], x)

    def assign(lib: Any, p: Any) -> Any:
        p[index] = 7
        return p

    both(assign, x)

    def assign_result(lib: Any, p: Any) -> Any:
        p[index] = p[index] * 2
        return p

    both(assign_result, x)


def test_masks_and_tensor_indices() -> None:
    x = np.arange(24.0, dtype=np.float32).reshape(2, 3, 4)
    both(lambda lib, p: p[p > 5], x)
    both(lambda lib, p: p[p[:, :, 0] > 5], x)
    both(lambda lib, p: p[lib.tensor([1, 0, 1])], x)
    both(lambda lib, p: p[:, lib.tensor(1)], x)
    both(lambda lib, p: p[lib.tensor([[0, 1], [1, 0]]), lib.tensor([2, 1])], x)
    both(lambda lib, p: p[lib.tensor([True, False, True])], x)
    both(lambda lib, p: p[lib.tensor([0.5])], x)
    both(lambda lib, p: p["a"], x)
    both(lambda lib, p: p[1.5], x)

    def assign_mask(lib: Any, p: Any) -> Any:
        p[p > 5] = -1.0
        p[0, lib.tensor([0, 0])] = lib.ones(2, 4)
        return p

    both(assign_mask, x)


def test_creation() -> None:
    calls = [
        lambda lib: lib.arange(5),
        lambda lib: lib.arange(1, 5, 2),
        lambda lib: lib.arange(1.0, 2.0, 0.3),
        lambda lib: lib.arange(5, 0, -2),
        lambda lib: lib.arange(0, 5, -1),
        lambda lib: lib.arange(0, 1, 0),
        lambda lib: lib.linspace(0, 1, 5),
        lambda lib: lib.linspace(-3, 7, 11),
        lambda lib: lib.linspace(2, 3, 1),
        lambda lib: lib.linspace(0, 1, 0),
        lambda lib: lib.eye(3),
        lambda lib: lib.eye(2, 4),
        lambda lib: lib.zeros(2, 3),
        lambda lib: lib.zeros((2, 3), dtype=lib.int64),
        lambda lib: lib.ones([2]),
        lambda lib: lib.full((2,), 3),
        lambda lib: lib.full((2,), 3.5),
        lambda lib: lib.full((2,), True),
        lambda lib: lib.full((2,), 300, dtype=lib.uint8),
        lambda lib: lib.full((2,), -1, dtype=lib.uint8),
        lambda lib: lib.tensor(3),
        lambda lib: lib.tensor(3.5),
        lambda lib: lib.tensor(True),
        lambda lib: lib.tensor([]),
        lambda lib: lib.tensor([[1, 2], [3, 4]]),
        lambda lib: lib.tensor([1, 2.5]),
        lambda lib: lib.tensor([True, False]),
        lambda lib: lib.tensor([[1, 2], [3]]),
        lambda lib: lib.tensor([1, 2], dtype=lib.float64),
        lambda lib: lib.tensor("a"),
        lambda lib: lib.tensor(np.float64(2)),
        lambda lib: lib.tensor(np.array([1.0, 2.0])),
        lambda lib: lib.tensor([lib.tensor(1.0), lib.tensor(2.0)]),
        lambda lib: lib.tensor([[], []]),
        lambda lib: lib.zeros(-1),
        lambda lib: lib.zeros_like(lib.ones(2, dtype=lib.int32)),
        lambda lib: lib.as_tensor([1, 2]),
        lambda lib: lib.from_numpy(np.arange(3)),
        lambda lib: lib.tensor(None),
        lambda lib: lib.zeros(2, dtype=lib.bool),
        lambda lib: lib.tensor(2**70),
    ]
    for call in calls:
        both(call)


def test_in_place_operations() -> None:
    x = sample((2, 3), "float32")
    both(lambda lib, p: p.add_(2).mul_(3).sub_(p).div_(4), x)
    both(lambda lib, p: p.add_(p, alpha=0.5), x)
    both(lambda lib, p: p.add_(lib.ones(3, 2, 3)), x)
    both(lambda lib, p: p.long().add_(1.5), x)
    both(lambda lib, p: p.long().div_(2), x)
    both(lambda lib, p: p.zero_(), x)
    both(lambda lib, p: p.fill_(3), x)
    both(lambda lib, p: p.copy_(lib.arange(3)), x)
    both(lambda lib, p: p.copy_(lib.arange(4)), x)
    both(lambda lib, p: p.exp_().clamp_(max=2), x)

    def augmented(lib: Any, p: Any) -> Any:
        q = p
        p += 1
        p *= lib.tensor([1.0, 2.0, 3.0])
        p[0] -= 1
        p[:, 1] /= 2
        return q

    both(augmented, x)


def test_writing_to_memory_that_is_being_read() -> None:
    x = sample((4,), "float32")
    both(lambda lib, p: p[1:].add_(p[:-1]), x)
    both(lambda lib, p: p[2:].add_(p[:2]), x)
    both(lambda lib, p: p.add_(p), x)
    both(lambda lib, p: p[:1].expand(3).add_(1), x)
    both(lambda lib, p: p[:1].expand(3).copy_(p[:3]), x)
    both(lambda lib, p: p[1:].copy_(p[:-1]), x)


def test_conversions() -> None:
    x = np.array([0.0, 1.5, -2.5, 300.0], dtype=np.float32)
    for name in ("float", "double", "long", "int", "short", "bool"):
        both(lambda lib, p: getattr(p, name)(), x)  # noqa: B023
    both(lambda lib, p: p.to(lib.int64), x)
    both(lambda lib, p: p.to("cpu", lib.float64), x)
    both(lambda lib, p: p.type(lib.int32), x)
    both(lambda lib, p: p.type(), x)
    both(lambda lib, p: p.type_as(lib.ones(1, dtype=lib.int64)), x)
    both(lambda lib, p: p.tolist(), x)
    both(lambda lib, p: p[1].item(), x)
    both(lambda lib, p: p.item(), x)
    both(lambda lib, p: int(p[1]), x)
    both(lambda lib, p: bool(p[0]), x)
    both(lambda lib, p: bool(p), x)
    both(lambda lib, p: f"{p[1]:.3f}", x)
    both(lambda lib, p: len(p), x)
    both(lambda lib, p: len(p[0]), x)
    both(lambda lib, p: list(p), x)
    both(lambda lib, p: [1, 2, 3][lib.tensor(1)], x)
    both(lambda lib, p: 1.5 in p, x)
    both(lambda lib, p: (p.size(), p.size(0), p.dim(), p.numel(), p.stride(), p.element_size()), x)
    both(lambda lib, p: p.size(3), x)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_along_every_dim(name: str) -> None:
    for shape in SHAPES:
        for dim in range(-len(shape) - 1, len(shape) + 1):
            both(lambda lib, p: getattr(lib, name)(p, dim), sample(shape, "float32"))  # noqa: B023
    x = np.array([[1e4, -1e4, 0], [-math.inf, 1, 2], [math.nan, 1, 2]], dtype=np.float32)
    both(lambda lib, p: getattr(lib, name)(p, 1), x)
    both(lambda lib, p: getattr(lib, name)(p.t(), 0), x)


@pytest.mark.parametrize("shape", [(3,), (16,), (20,), (5, 7), (100,)])
def test_seeded_random_numbers_are_pytorchs(shape: tuple[int, ...]) -> None:
    def draw(lib: Any) -> Any:
        lib.manual_seed(1234)
        return [
            lib.rand(*shape),
            lib.randn(*shape),
            lib.randn(3),
            lib.rand(*shape, dtype=lib.float64),
            lib.randn(*shape, dtype=lib.float64),
            lib.randint(10, shape),
            lib.randint(-5, 2**40, shape),
            lib.randperm(17),
            lib.empty(shape).uniform_(-1, 2),
            lib.empty(shape).normal_(3, 0.5),
            lib.empty(shape).bernoulli_(0.3),
            lib.empty(shape).exponential_(2.0),
        ]

    both(draw)

    def draw_own(lib: Any) -> Any:
        g = lib.Generator().manual_seed(7)
        return [lib.randn(*shape, generator=g), lib.randperm(9, generator=g), g.initial_seed()]

    both(draw_own)


def test_a_result_lies_in_memory_as_its_operands_do():
    def run(library):
        library.manual_seed(0)
        x, found = library.randn(3, 7, 6).permute(1, 0, 2), []
        encoding = library.randn(7, 1, 6)
        others = (2, encoding, library.randn(6), x.exp(), library.randn(7, 3, 6), x[:, :, :1])
        for other in others:
            found += [(x + other).stride(), (x > other).stride(), (x.abs() / other).stride()]
        found += [(library.randn(7, 3, 6) * x).stride(), (x[::2] - 1).stride(), (-x.mT).stride()]
        found.append((x * 2).transpose(0, 1).view(-1).shape)
        for name in ("relu", "gelu", "sigmoid", "silu", "leaky_relu", "logsigmoid"):
            found.append(getattr(library.nn.functional, name)(x).stride())
        found += [x.clone().stride(), x[:, ::2].clone().stride(), x.contiguous().stride()]
        slope = library.ones(3, 7, 6, requires_grad=True)
        library.nn.functional.gelu(slope.permute(1, 0, 2) * x).mul(x).sum().backward()
        found.append(round(float(slope.grad.double().sum()), 3))
        above = library.nn.functional.relu(x + encoding)
        dropped = library.nn.functional.dropout(above, 0.4)  # drawn in memory order
        return found, (dropped == 0).tolist(), round(float(dropped.double().sum()), 3)

    beside_torch(run)

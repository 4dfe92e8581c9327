"""Indexing beside PyTorch: random indices of every form, read, written and derived."""

import functools
import random
import warnings

import numpy as np
import pytest

import tinytorch


def entry(rng, size):
    """(what consumes dims of x, how it is made by a library, how it is told)."""
    kind = rng.random()
    if kind < 0.2:
        i = rng.randint(-size, size - 1) if size and rng.random() < 0.95 else size
        make = rng.choice(
            [lambda t: i, lambda t: np.int64(i), lambda t: t.tensor(i), lambda t: t.tensor(i).int()]
        )
        return 1, make, f"{i}"
    if kind < 0.5:
        bounds = [None, *range(-size - 2, size + 3)]
        a, b = rng.choice(bounds), rng.choice(bounds)
        step = rng.choice([None, 1, 1, 2, 3, size + 1, *([-1, 0] if rng.random() < 0.05 else [])])
        return 1, lambda t: slice(a, b, step), f"{a}:{b}:{step}"
    if kind < 0.58:
        return 0, lambda t: None, "None"
    if kind < 0.64:
        return 0, lambda t: ..., "..."
    if kind < 0.8 and size:
        n = rng.randint(0, 3)
        shape = rng.choice([(n,), (n,), (2, n), (1, n), (n, 1)])
        values = np.array([rng.randint(-size, size - 1) for _ in range(int(np.prod(shape)))])
        values = values.astype(np.int64).reshape(shape)
        make = rng.choice(
            [lambda t: t.tensor(values), lambda t: values.tolist(), lambda t: values,
             lambda t: t.tensor(values).int()]
        )  # fmt: skip
        return 1, make, f"{values.tolist()}"
    if kind < 0.97:
        mask = np.array([rng.random() < 0.5 for _ in range(size)], bool)
        make = rng.choice([lambda t: t.tensor(mask), lambda t: mask.tolist(), lambda t: mask])
        return 1, make, f"{mask.tolist()}"
    value = rng.random() < 0.5
    return 0, rng.choice([lambda t: value, lambda t: t.tensor(value)]), f"{value}"


def outcome(run):
    try:
        y = run()
        return str(y.dtype), tuple(y.shape), y.detach().tolist()
    except Exception as error:
        return type(error).__name__


class Case:
    """An array, an index and a value to write, made from a seed, for either library."""

    def __init__(self, seed):
        rng = random.Random(seed)
        sizes = [1, 2, 3, 4, 0] if rng.random() < 0.1 else [1, 2, 3, 4]
        shape = tuple(rng.choice(sizes) for _ in range(rng.choice([0, 1, 1, 2, 2, 3, 3, 4])))
        self.dtype = rng.choice(
            ["float32", "float64", "float64", "int64", "int32", "bool", "uint8"]
        )
        self.array = (np.arange(int(np.prod(shape))) % 7).reshape(shape).astype(self.dtype)
        self.turned = rng.random() < 0.3 and len(shape) > 1
        count, used, self.entries = rng.choice([1, 1, 1, 2, 2, 3, len(shape) + 1]), 0, []
        for _ in range(count):
            uses, make, told = entry(rng, shape[used] if used < len(shape) else 1)
            used += uses
            self.entries.append((make, told))
        self.single = count == 1 and rng.random() < 0.8
        self.rng = rng

    def __str__(self):
        return (
            f"{self.dtype}{self.array.shape}{'.T' * self.turned} at {[e[1] for e in self.entries]}"
        )

    def base(self, t):
        return t.tensor(self.array)

    def x(self, base):
        return base.transpose(0, -1) if self.turned else base

    def index(self, t):
        made = [make(t) for make, _ in self.entries]
        return made[0] if self.single else tuple(made)

    def read(self, t):
        return self.x(self.base(t))[self.index(t)]

    def derive(self, t):
        base = self.base(t).requires_grad_()
        y = self.x(base * 1)[self.index(t)]
        weights = t.arange(y.numel()).reshape(y.shape) + 1
        (y * weights).sum().backward()
        return base.grad

    def write(self, t, value):
        base = self.base(t)
        self.x(base)[self.index(t)] = value(t)
        return base

    def value(self, shape):
        """A number, or a tensor that mostly broadcasts to `shape`."""
        rng = self.rng
        if rng.random() < 0.3:
            number = rng.choice([1, True, 2.5, -1])
            if number == -1 and self.dtype == "uint8":
                number = 3
            return lambda t: number
        sizes = list(shape)
        if sizes and rng.random() < 0.3:
            sizes[rng.randrange(len(sizes))] = 1
        sizes = sizes[1:] if rng.random() < 0.2 else [1, *sizes] if rng.random() < 0.1 else sizes
        dtype = self.dtype if rng.random() < 0.8 else rng.choice(["float32", "int64", "bool"])
        values = (np.arange(int(np.prod(sizes))) % 5).reshape(sizes).astype(dtype)
        return lambda t: t.tensor(values)


def compare(case, name, run, torch):
    mine, other = outcome(lambda: run(tinytorch)), outcome(lambda: run(torch))
    if name == "written" and isinstance(other, str):
        assert isinstance(mine, str), f"{case}"  # of two mistakes, either may be seen first
    else:
        assert mine == other, f"{name}: {case}"
    return other


@pytest.mark.parametrize("block", range(8))
def test_as_pytorch(block):
    torch = pytest.importorskip("torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in range(150 * block, 150 * (block + 1)):
            case = Case(seed)
            result = compare(case, "read", case.read, torch)
            value = case.value(result[1] if isinstance(result, tuple) else ())
            compare(case, "written", functools.partial(case.write, value=value), torch)
            if case.dtype == "float64" and hasattr(tinytorch, "no_grad"):
                compare(case, "derived", case.derive, torch)


def test_old_forms_and_mistakes():
    torch = pytest.importorskip("torch")
    forms = [
        "x[[0, 1]]", "x[[[0, 1], [1, 0]]]", "x[[0, slice(None)]]", "x['a']", "x[1.5]",
        "x[object()]",
        "x[t.tensor(1.0)]", "x[t.tensor([1], dtype=t.int8)]", "x[t.tensor(1, dtype=t.int8)]",
        "x[t.tensor([1, 0], dtype=t.uint8)]", "x[[]]", "x[()]", "x[range(2)]", "x[t.tensor(True)]",
        "x[..., ...]", "x[:, :, 0]", "t.tensor(1)[0]", "t.tensor(1)[...]", "t.tensor(1)[None]",
        "x[t.tensor([[0, 1]]), t.tensor([0, 1, 1])]", "x[-3]", "x[::-1]", "x[::0]",
    ]  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for form in forms:
            mine, other = (
                outcome(lambda t=t, form=form: eval(form, {"t": t, "x": t.arange(6).view(2, 3)}))
                for t in (tinytorch, torch)
            )
            assert mine == other, form


@pytest.mark.parametrize("value", [
    "[1, 2, 3]", "(1, 2, 3)", "np.ones(3)", "None", "'a'", "True", "2.7", "np.int64(2)",
    "300", "-1", "float('inf')", "float('nan')", "1e300", "t.tensor(300)", "t.ones(4)",
])  # fmt: skip
def test_values_that_are_assigned(value):
    torch = pytest.importorskip("torch")

    def assigned(t, dtype):
        x = t.zeros(2, 3, dtype=getattr(t, dtype))
        x[0] = eval(value, {"t": t, "np": np})
        return x

    for dtype in ("float32", "int64", "int8", "uint8", "bool"):
        mine, other = (outcome(functools.partial(assigned, t, dtype)) for t in (tinytorch, torch))
        assert str(mine) == str(other), dtype

"""numpy and tensors in one expression: operands, functions, conversions, shared memory."""

import gc
import warnings

import numpy as np
import pytest

import tinytorch

X = [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
A = np.array([[10.0, 20.0, 30.0]])


def outcome(call, library):
    """The kind, dtype and values of what a call gives, or the kind of its error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = call(library, library.tensor(X))
        except Exception as error:
            return type(error).__name__
    if isinstance(value, (np.ndarray, np.generic)):
        return "numpy", str(value.dtype), value.tolist()
    if hasattr(value, "tolist"):
        return "Tensor", str(value.dtype), value.tolist()
    return value


CALLS = {
    "x + a": lambda t, x: x + A,
    "a + x": lambda t, x: A + x,
    "x - a": lambda t, x: x - A,
    "a - x": lambda t, x: A - x,
    "x * a": lambda t, x: x * A,
    "x / a": lambda t, x: x / A,
    "x // a": lambda t, x: x // A,
    "x % a": lambda t, x: x % A,
    "x ** a": lambda t, x: x**A,
    "x @ a": lambda t, x: x @ A.T,
    "x == a": lambda t, x: x == A,
    "x < a": lambda t, x: x < A,
    "x += a": lambda t, x: iadd(x),
    "f64 * x": lambda t, x: np.float64(2) * x,
    "x * f64": lambda t, x: x * np.float64(2),
    "f32 - x": lambda t, x: np.float32(2) - x,
    "i64 + int": lambda t, x: np.int64(2) + t.arange(3),
    "f64 + int": lambda t, x: np.float64(2) + t.arange(3),
    "f16 / x": lambda t, x: x / np.float16(2),
    "f64 < x": lambda t, x: np.float64(2) < x,
    "add": lambda t, x: np.add(x, 1),
    "square": lambda t, x: np.square(x),
    "sqrt of int": lambda t, x: np.sqrt(t.tensor([4, 9])),
    "greater": lambda t, x: np.greater(x, 1),
    "add.reduce": lambda t, x: np.add.reduce(x),
    "sin of grad": lambda t, x: np.sin(x.requires_grad_()),
    "stack": lambda t, x: np.stack([x, x]),
    "concatenate": lambda t, x: np.concatenate([x, A]),
    "where": lambda t, x: np.where(x > 1, x, 0),
    "array": lambda t, x: np.array(x),
    "asarray as f8": lambda t, x: np.asarray(x, dtype="f8"),
    "list of 0-d": lambda t, x: np.array([t.tensor(1.0), t.tensor(2.0)]),
    "array of grad": lambda t, x: np.asarray(x.requires_grad_()),
    "index by tensor": lambda t, x: A[0][t.tensor([0, 2])],
    "index by 0-d": lambda t, x: A[0][t.tensor(1)],
    "index by mask": lambda t, x: A[0][t.tensor([True, False, True])],
    "x[array]": lambda t, x: x[np.array([1, 0])],
    "x[int64]": lambda t, x: x[np.int64(1)],
    "x[mask]": lambda t, x: x[np.array([True, False])],
    "float": lambda t, x: np.float64(t.tensor(2.0)),
    "allclose": lambda t, x: bool(np.allclose(x, x)),
    "from 0-d": lambda t, x: t.from_numpy(np.array(3.0)),
    "from empty": lambda t, x: t.from_numpy(np.zeros((0, 3))),
    "from f16": lambda t, x: t.from_numpy(np.ones(2, "f2")),
    "from negative strides": lambda t, x: t.from_numpy(A[0][::-1]),
    "from big-endian": lambda t, x: t.from_numpy(A.astype(">f8")),
    "from objects": lambda t, x: t.from_numpy(np.array([object()])),
    "from records": lambda t, x: t.from_numpy(np.zeros(2, dtype=[("a", "f4")])),
    "from strings": lambda t, x: t.from_numpy(np.array(["a"])),
    "from a list": lambda t, x: t.from_numpy([1]),
    "from a scalar": lambda t, x: t.from_numpy(np.float64(1)),
    "from odd strides": lambda t, x: t.from_numpy(np.zeros(2, [("a", "f4"), ("b", "u1")])["a"]),
    "numpy of grad": lambda t, x: x.requires_grad_().numpy(),
    "numpy by force": lambda t, x: x.requires_grad_().numpy(force=True),
    "numpy of bfloat16": lambda t, x: x.to(t.bfloat16).numpy(),
    "numpy of float16": lambda t, x: x.to(t.float16).numpy(),
}


def iadd(x):
    x += A
    return x


@pytest.mark.parametrize("name", CALLS)
def test_as_pytorch(name):
    torch = pytest.importorskip("torch")
    assert outcome(CALLS[name], tinytorch) == outcome(CALLS[name], torch)


def test_copies_of_numpy_2():
    x = tinytorch.ones(3)
    assert np.shares_memory(np.asarray(x), x.numpy())
    assert not np.shares_memory(np.array(x, copy=True), x.numpy())
    assert np.shares_memory(np.array(x, copy=False), x.numpy())
    with pytest.raises(ValueError, match="without a copy"):
        np.array(x, copy=False, dtype="i4")


def test_memory_is_shared_and_kept():
    array = np.zeros((4, 6))
    part = array[1:3, ::2].T
    x = tinytorch.from_numpy(part)
    x[0, 1] = 5
    assert array[2, 0] == 5
    array[1, 2] = 6
    assert x[1, 0].item() == 6
    assert x.stride() == (2, 6)
    view = tinytorch.arange(1000.0)[1:].numpy()
    gc.collect()
    assert view[998] == 999
    kept = tinytorch.from_numpy(np.arange(1000.0))
    gc.collect()
    assert kept[999].item() == 999


def test_read_only_arrays_give_read_only_tensors():
    array = np.arange(3.0)
    array.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x = tinytorch.from_numpy(array)
    with pytest.raises(RuntimeError, match="read-only"):
        x[0] = 1
    assert not x.numpy().flags.writeable
    tinytorch.tensor(array)[0] = 1

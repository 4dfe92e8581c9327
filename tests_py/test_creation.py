"""Creation, conversion, comparison and the old constructors beside PyTorch."""

import numpy as np
import pytest

import tinytorch
from beside import beside_torch
from expressions import agree, expressions

if not hasattr(tinytorch, "FloatTensor") or not hasattr(tinytorch, "einsum"):
    pytest.skip("needs autograd", allow_module_level=True)

AGREE = """
torch.zeros() | torch.zeros(()) | torch.zeros(size=(2,)) | torch.zeros(2, size=(2,))
torch.zeros(None) | torch.zeros(2.5) | torch.zeros("a") | torch.zeros(torch.tensor(2), 3)
torch.zeros((torch.tensor(2), 3)) | torch.zeros(torch.tensor([2, 3])) | torch.zeros(-1)
torch.zeros(2**62, 2**62) | torch.zeros((2, 3), 4) | torch.zeros(2, dtype=float)
torch.zeros(2, dtype="float32") | torch.zeros(2, device="cuda") | torch.zeros(2, device=0)
torch.zeros(2, pin_memory=True) | torch.zeros(2, layout=torch.strided) | torch.zeros(2, layout=1)
torch.zeros(2, requires_grad=1) | torch.zeros(2, foo=1) | torch.zeros(True)
torch.zeros(2, dtype=torch.int64, requires_grad=True) | torch.zeros(2, out=torch.ones(3))
torch.zeros(2, dtype=torch.int64, out=torch.ones(2)) | torch.zeros(np.int64(2))
torch.ones(torch.Size([2])) | torch.zeros_like([1]) | torch.zeros_like(input=x)
torch.full_like(i, 1.5) | torch.ones_like(x, dtype=torch.int8) | torch.full((2,), True)
torch.full((), 3) | torch.full(3, 2) | torch.full((2,), torch.tensor(3))
torch.full((2,), torch.tensor([3])) | torch.full((2,), "a") | torch.full((2,), None)
torch.full((2.0,), 1) | torch.full((2,), 300, dtype=torch.uint8)
torch.full((2,), -1, dtype=torch.uint8) | torch.full((-1,), 1)
torch.full((2,), nan, dtype=torch.int32) | torch.full((2,), 2**63) | torch.full((2,), -1e30)
torch.full(size=(2,), fill_value=1.5) | torch.full((2,), 3, dtype=torch.bool) | torch.eye(3, 2)
torch.eye(-1) | torch.eye(2, m=3, dtype=torch.int8) | torch.eye(n=2) | torch.eye(2.5)
torch.empty(2, 3, 4, 5, memory_format=torch.channels_last).stride()
torch.empty(2, memory_format=3) | torch.arange(3, dtype=torch.bool)
torch.arange(5, dtype=torch.uint8) | torch.arange(0, 1, 0) | torch.arange(1, 0) | torch.arange(nan)
torch.arange(inf) | torch.arange(1e20) | torch.arange(torch.tensor(3.0)) | torch.arange(end=3)
torch.arange(start=1, end=3) | torch.arange(1, step=2, end=5) | torch.arange("a")
torch.arange(True) | torch.arange() | torch.arange(1, 2, 3, 4) | torch.arange(2**63 - 2, 2**63 - 1)
torch.arange(0, 3, 0.5, dtype=torch.int64) | torch.arange(-3) | torch.arange(5.5, 0, -1.25)
torch.range(0, 3) | torch.range(1, 2, 0.5) | torch.range(0, 3, dtype=torch.int64)
torch.range(3, 1) | torch.linspace(0, 1) | torch.linspace(0, 1, -1)
torch.linspace(torch.tensor(0.0), 1, 3) | torch.linspace(0, 1, 1) | torch.linspace(0, 1, 0)
torch.linspace(0, 1, steps=torch.tensor(3)) | torch.linspace(0, 1, 2.5)
torch.linspace(0, 10, 5, dtype=torch.int64) | torch.linspace(0, 1, 3, dtype=torch.bool)
torch.logspace(0, 2, 3) | torch.logspace(0, 2, 3, base=2)
torch.logspace(0, 2, 3, dtype=torch.int64) | torch.logspace(0, 1, -1) | torch.scalar_tensor(3)
torch.scalar_tensor(True) | torch.scalar_tensor(v) | torch.empty_strided((2, 3), (1, 2)).stride()
torch.empty_strided((2, 3), (1,)) | torch.empty_strided((2, 3), (-1, 2))
torch.empty_permuted((2, 3, 4), (2, 0, 1)).stride()
torch.frombuffer(bytearray(b"abcd"), dtype=torch.int16)
torch.frombuffer(bytearray(b"a"), dtype=torch.int16)
torch.frombuffer(bytearray(b"abcdef"), dtype=torch.int16, count=1, offset=2) | torch.frombuffer(3)
torch.frombuffer(bytearray(b"abcdef"), dtype=torch.int16, count=5)
torch.frombuffer(b"", dtype=torch.int8) | torch.tensor([np.float64(1)])
torch.tensor([np.float32(1), 2.0]) | torch.tensor([np.int32(1), 2])
torch.tensor([np.int8(1), np.int16(2)]) | torch.tensor([np.array([1.0, 2])])
torch.tensor(np.int8(1)) | torch.tensor([torch.tensor(1), 2.5])
torch.tensor([torch.tensor(1, dtype=torch.int8)]) | torch.tensor([torch.ones(2), torch.ones(2)])
torch.tensor([[torch.tensor(1.0), 2], [3, 4]]) | torch.tensor([]) | torch.tensor([[], []])
torch.tensor([[1, 2], [3]]) | torch.tensor([1, [2]]) | torch.tensor([[1], 2])
torch.tensor(range(3)) | torch.tensor({1, 2}) | torch.tensor("a") | torch.tensor(["a"])
torch.tensor(None) | torch.tensor([None]) | torch.tensor(object()) | torch.tensor([True, 2.0])
torch.tensor([1.5, 2], dtype=torch.int64) | torch.tensor([nan], dtype=torch.int64)
torch.tensor(bytearray(b"ab")) | torch.tensor(2**40, dtype=torch.int32)
torch.tensor(-129, dtype=torch.int8) | torch.tensor([-1], dtype=torch.uint8) | torch.tensor(2**63)
torch.tensor([2**63]) | torch.tensor([2**63], dtype=torch.float32) | torch.tensor(10**400)
torch.tensor(1e39) | torch.tensor([1e39]) | torch.tensor([1, 2], requires_grad=True)
torch.tensor([1], [2]) | torch.tensor([1.0], device="cuda") | torch.tensor([1.0], dtype="float32")
torch.tensor(b"abc") | torch.as_tensor(np.float64(3)) | torch.as_tensor("a")
torch.as_tensor(x, device="cuda") | torch.from_numpy([1])
torch.asarray(x, dtype=torch.int8, copy=False) | torch.asarray([1], copy=False)
torch.asarray("a") | torch.asarray(torch.ones(2, requires_grad=True), requires_grad=True)
torch.asarray(np.ones(2), copy=True) | torch.asarray(bytearray(b"abcd"), dtype=torch.int16)
torch.asarray(3.0) | torch.asarray(x, copy=True) | torch.Tensor(2, 3).shape | torch.Tensor([1, 2])
torch.Tensor(torch.Size([1, 2])).shape | torch.Tensor(None) | torch.Tensor() | torch.Tensor(3.5)
torch.Tensor(i) | torch.Tensor(np.array([1, 2])) | torch.Tensor(np.float32(3))
torch.Tensor(range(3)) | torch.Tensor([True, False]) | torch.Tensor(-1) | torch.Tensor(2, 3.5)
torch.Tensor("a") | torch.Tensor(data=[1, 2]) | torch.Tensor([1], device="cuda")
torch.Tensor([1], dtype=torch.int8) | torch.FloatTensor(2, 3).shape | torch.FloatTensor([1, 2])
torch.FloatTensor() | torch.LongTensor([1.5, 2]) | torch.LongTensor(v) | torch.LongTensor(i)
torch.ByteTensor([256]) | torch.BoolTensor([0, 1, 2]) | torch.LongTensor([[1, 2], [3]])
torch.FloatTensor(None) | torch.FloatTensor("a") | torch.IntTensor(2).dtype
isinstance(v, torch.DoubleTensor) | isinstance(v, torch.FloatTensor)
isinstance(3, torch.FloatTensor) | torch.FloatTensor | torch.FloatTensor.dtype
torch.typename(torch.FloatTensor) | v.type() | v.type("torch.LongTensor") | v.type(torch.IntTensor)
v.type(torch.int8) | v.type("foo") | v.type(int) | v.type("torch.cuda.FloatTensor")
v.new_tensor([1, 2]) | i.new_tensor([1.5]) | v.new_zeros(2, 3) | v.new_ones((2,), dtype=torch.int8)
v.new_full((2,), 3) | v.new_empty(2, 3).shape | v.new([1, 2]) | v.new(2).shape | i.new(v)
v.to("cuda") | v.to("cuda:0") | v.to("foo") | v.to(0) | v.to() | v.to(None)
v.to("cpu", torch.float32, False, True) | v.to(v) is v | v.to(torch.float64, copy=True) is v
v.to(torch.int8, foo=1) | v.to(memory_format=torch.channels_last) | v.cuda() | v.cuda(0)
v.cpu() is v | v.pin_memory() | v.is_pinned() | v.is_cpu | v.get_device() | v.layout | v.is_sparse
torch.strided | torch.channels_last | torch.device("cuda:1") | torch.device("cpu", -1)
torch.device(0) | torch.device("") | torch.device("cpu:00") | torch.device(None)
torch.device("cuda:0", 1) | torch.get_default_device()
torch.set_default_tensor_type("torch.LongTensor") | x.untyped_storage().nbytes()
x.storage().__sizeof__() - object.__sizeof__(x.storage()) | x.storage().size()
x[1].storage().tolist() | x.float().untyped_storage().tolist()
torch.is_storage(x.storage()) | len(x.storage()) | x.storage().dtype | v.set_(x.storage()).shape
v.apply_(lambda a: a + 1) | v.map_(v, lambda a, b: a * b) | v.map_(i, max)
v.requires_grad_().apply_(abs) | v.apply_(3) | i.apply_(lambda a: a * 2.5)
v.clone(memory_format=torch.contiguous_format) | torch.allclose(x, x + 1e-9)
torch.allclose(x, x.float()) | torch.allclose(x, r(4)) | torch.allclose(x, 1.0)
torch.allclose(x, x, rtol=-1) | torch.isclose(x, x + 1e-7) | torch.isclose(i, i + 1, rtol=1)
torch.isclose(torch.tensor([inf, 1.0, nan]), torch.tensor([inf, inf, nan]), equal_nan=True)
torch.isclose(x > 0, x > 1) | torch.equal(x, x) | torch.equal(x, v) | torch.equal(x, 1)
torch.is_nonzero(torch.tensor(1)) | torch.is_nonzero(x) | torch.is_nonzero(r(0))
torch.is_same_size(x, x) | torch.is_tensor(3) | torch.is_floating_point(i)
torch.is_floating_point(3) | torch.is_complex(x) | torch.can_cast(torch.float32, torch.int32)
torch.can_cast(torch.int8, torch.uint8) | torch.can_cast(1, 2) | torch.finfo(torch.float32)
torch.finfo(torch.float64) | torch.finfo(torch.bfloat16) | torch.finfo()
torch.finfo(torch.float16) | torch.finfo(torch.int8) | torch.iinfo(torch.int64)
torch.iinfo(torch.bool) | torch.iinfo(torch.float32) | torch.iinfo(torch.uint8).max
torch.finfo(torch.float32).eps | x.shape + (1,) | (1,) + x.shape | x.shape * 2 | x.shape[1:]
x.shape.numel() | x.stride()
"""


@pytest.mark.parametrize("expression", expressions(AGREE))
def test_as_pytorch(expression):
    agree(expression)


def test_ranges_are_pytorchs_to_the_last_bit():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    for _ in range(300):
        start, step = rng.normal(), rng.normal() * rng.choice([0.1, 1, 10])
        count = int(rng.integers(1, 200))
        for dtype in ("float32", "float64"):
            bounds = (start, start + step * (count - 0.5), step)
            pairs = [
                (library.arange(*bounds, dtype=getattr(library, dtype)),
                 library.linspace(start, step, count, dtype=getattr(library, dtype)))
                for library in (tinytorch, torch)
            ]  # fmt: skip
            for ours, theirs in zip(*pairs, strict=True):
                if dtype == "float32" or ours.shape == theirs.shape:
                    np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_what_assert_close_says():
    values = {
        "tensors": lambda t: (t.ones(3), t.ones(3) + 1),
        "shapes": lambda t: (t.ones(3), t.ones(2)),
        "dtypes": lambda t: (t.ones(3), t.ones(3).double()),
        "numbers": lambda t: (1.0, 2.0),
        "lists": lambda t: ([t.ones(2), t.ones(2)], [t.ones(2), t.ones(2) * 2]),
        "mappings": lambda t: ({"a": t.ones(2)}, {"a": t.ones(2) * 2}),
        "keys": lambda t: ({"a": t.ones(2)}, {"b": t.ones(2)}),
        "lengths": lambda t: ([t.ones(1)], []),
        "one number": lambda t: (t.tensor(1), t.tensor(2)),
        "integers": lambda t: (t.tensor([1, 2]), t.tensor([1, 3])),
        "truth": lambda t: (t.tensor([True]), t.tensor([False])),
        "none": lambda t: (None, 1),
        "close": lambda t: (t.ones(2), t.ones(2) + 1e-7),
        "nan": lambda t: (t.tensor([float("nan")]), t.tensor([float("nan")])),
        "matrices": lambda t: (t.ones(2, 2), t.tensor([[1, 1], [1, 2.0]])),
    }
    for make in values.values():
        beside_torch(lambda t, make=make: t.testing.assert_close(*make(t)))
    beside_torch(lambda t: t.testing.assert_close(1, 2, rtol=0.1))
    beside_torch(lambda t: t.testing.assert_close(1, 2, msg=lambda text: "so: " + text))

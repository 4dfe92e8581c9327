"""DLPack: memory lent to numpy and PyTorch and borrowed from them, without a copy."""

import gc
import weakref

import numpy as np
import pytest

import tinytorch
from tinytorch.utils import dlpack

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0, 2), (3,), (2, 3)])
def test_numpy_both_ways(dtype, shape):
    theirs = np.ones(shape, dtype)
    ours = tinytorch.from_dlpack(theirs)
    assert str(ours.dtype) == f"torch.{dtype}"
    assert tuple(ours.shape) == shape
    back = np.from_dlpack(ours)
    assert back.dtype == theirs.dtype
    if theirs.size:
        assert np.shares_memory(back, theirs)


def test_views_keep_their_strides():
    base = np.arange(12.0).reshape(3, 4)
    x = tinytorch.from_dlpack(base[1:, ::2].T)
    assert x.tolist() == base[1:, ::2].T.tolist()
    x.fill_(7)
    assert base.tolist() == [[0, 1, 2, 3], [7, 5, 7, 7], [7, 9, 7, 11]] or base[1, 0] == 7
    y = tinytorch.arange(12.0).reshape(3, 4)[1:, ::2].t()
    np.from_dlpack(y.t())[...] = 5
    assert y.tolist() == [[5, 5], [5, 5]]


@pytest.mark.parametrize("version", [None, (0, 8), (1, 0)])
def test_capsules_are_taken_once(version):
    capsule = tinytorch.ones(2).__dlpack__(max_version=version)
    assert ("versioned" in repr(capsule)) == (version == (1, 0))
    assert tinytorch.from_dlpack(capsule).tolist() == [1, 1]
    assert "used" in repr(capsule)
    with pytest.raises(RuntimeError, match="nobody has taken"):
        tinytorch.from_dlpack(capsule)
    tinytorch.ones(2).__dlpack__(max_version=version)  # dropped untaken: gives its memory back


def test_memory_lives_as_long_as_somebody_reads_it():
    array = np.arange(1000.0)
    alive = weakref.ref(array)
    x = tinytorch.from_dlpack(array)[10:]
    del array
    gc.collect()
    assert alive() is not None
    assert x[0].item() == 10
    del x
    gc.collect()
    assert alive() is None
    for order in ("lender", "borrower"):
        y = tinytorch.arange(1000.0)
        z = np.from_dlpack(y)
        if order == "lender":
            del y
            assert z[999] == 999
        else:
            del z
            assert y[999].item() == 999


def test_read_only_memory_stays_so():
    array = np.arange(3.0)
    array.flags.writeable = False
    x = tinytorch.from_dlpack(array)
    assert x.tolist() == [0, 1, 2]
    with pytest.raises(RuntimeError, match="read-only"):
        x.fill_(1)
    assert not np.from_dlpack(x).flags.writeable
    with pytest.raises(TypeError, match="read-only"):
        x.__dlpack__()


def test_what_is_refused():
    x = tinytorch.ones(2)
    for call, error in [
        (lambda: tinytorch.ones(2, requires_grad=True).__dlpack__(), BufferError),
        (lambda: x.__dlpack__(stream="a"), TypeError),
        (lambda: x.__dlpack__(stream=1), AssertionError),
        (lambda: x.__dlpack__(dl_device=(2, 0)), BufferError),
        (lambda: tinytorch.from_dlpack([1]), RuntimeError),
        (lambda: tinytorch.from_dlpack(np.arange(3.0)[::-1]), ValueError),
        (lambda: tinytorch.from_dlpack(np.arange(3, dtype="u2")), TypeError),
        (lambda: tinytorch.from_dlpack(np.arange(3, dtype=">i4")), BufferError),
        (lambda: dlpack.to_dlpack(3), TypeError),
    ]:
        with pytest.raises(error):
            call()
    assert x.__dlpack_device__() == (1, 0)


def test_copies_on_demand():
    x = tinytorch.ones(2)
    assert tinytorch.from_dlpack(x).data_ptr() == x.data_ptr()
    assert tinytorch.from_dlpack(x, copy=True).data_ptr() != x.data_ptr()
    assert tinytorch.from_dlpack(dlpack.to_dlpack(x), copy=True).data_ptr() != x.data_ptr()


@pytest.mark.parametrize("dtype", [*DTYPES, "bfloat16"])
def test_pytorch_both_ways(dtype):
    torch = pytest.importorskip("torch")
    theirs = torch.ones(2, 3, dtype=getattr(torch, dtype))
    ours = tinytorch.from_dlpack(theirs.t())
    assert ours.data_ptr() == theirs.data_ptr()
    assert ours.stride() == (1, 3)
    assert str(ours.dtype) == str(theirs.dtype)
    back = torch.from_dlpack(ours)
    assert back.data_ptr() == theirs.data_ptr()
    assert torch.utils.dlpack.from_dlpack(dlpack.to_dlpack(ours)).dtype == theirs.dtype
    assert dlpack.from_dlpack(torch.utils.dlpack.to_dlpack(theirs)).data_ptr() == theirs.data_ptr()

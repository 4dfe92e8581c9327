"""save and load, and safetensors: what goes in comes out, and hostile files only raise."""

import io
import json
import os
import pickle
import random
import struct
from collections import Counter, OrderedDict

import numpy as np
import pytest

import tinytorch
from tinytorch import safetensors, serialization

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]


def round_trip(value):
    file = io.BytesIO()
    serialization.save(value, file)
    file.seek(0)
    return serialization.load(file)


def same(a, b):
    """Equal values of equal types, however nested."""
    if isinstance(a, tinytorch.Tensor):
        return isinstance(b, tinytorch.Tensor) and a.dtype == b.dtype and a.tolist() == b.tolist()
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return a == b or (a != a and b != b)


# --- save and load ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        -(1 << 80),
        0.1,
        float("inf"),
        float("nan"),
        "ü\n\ud800",
        b"\x00\xff",
        [],
        (1, [2.0, "x", (None,)]),
        {"a": 1, 2: "b", (3, "c"): None, 1.5: True, None: []},
        OrderedDict(b=1, a=2),
        Counter({3: 2}),
        {"kind": ["tensor", "0", False]},
    ],
)
def test_values_come_back_with_their_types(value):
    assert same(round_trip(value), value)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3)])
def test_tensors_come_back(dtype, shape):
    array = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    loaded = round_trip({"x": tinytorch.tensor(array)})["x"].numpy()
    assert loaded.dtype == array.dtype
    assert loaded.shape == shape
    assert (loaded == array).all()


def test_a_view_is_saved_as_what_it_shows():
    x = tinytorch.arange(12).reshape(3, 4)
    assert round_trip(x[:, 1:3].transpose(0, 1)).tolist() == [[1, 5, 9], [2, 6, 10]]


def test_a_tensor_that_occurs_twice_stays_one():
    x = tinytorch.ones(3)
    loaded = round_trip({"a": x, "b": [x, x.view(3)]})
    loaded["a"].fill_(5)
    assert loaded["b"][0].tolist() == loaded["b"][1].tolist() == [5, 5, 5]


def test_equal_objects_give_equal_files():
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        serialization.save({"x": tinytorch.ones(3)}, file)
    assert files[0].getvalue() == files[1].getvalue()


def test_what_cannot_be_saved_is_named():
    with pytest.raises((AttributeError, pickle.PicklingError), match="lambda"):
        serialization.save({"a": [1, lambda: 1]}, io.BytesIO())
    with pytest.raises(AttributeError, match="path or an open file"):
        serialization.save(1, 3)


def test_a_list_that_holds_itself_comes_back():
    endless = []
    endless.append(endless)
    loaded = round_trip(endless)
    assert loaded[0] is loaded


def test_a_failing_save_leaves_the_old_file(tmp_path):
    path = tmp_path / "state"
    serialization.save(1, path)
    with pytest.raises((AttributeError, pickle.PicklingError)):
        serialization.save(lambda: 1, path)
    with pytest.raises(ValueError, match="expected a tensor"):
        safetensors.save_file({"a": tinytorch.ones(3), "b": None}, path)
    assert serialization.load(path) == 1
    assert os.listdir(tmp_path) == ["state"]


def test_a_missing_file_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        serialization.load(tmp_path / "none")


# --- safetensors ------------------------------------------------------------------------------


# What the safetensors library wrote for {"b": int32 [1, 2], "a": float32 [[1.5]], "c": bool []}.
REFERENCE = (
    b"\xa8\0\0\0\0\0\0\0"
    b'{"a":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},'
    b'"b":{"dtype":"I32","shape":[2],"data_offsets":[4,12]},'
    b'"c":{"dtype":"BOOL","shape":[],"data_offsets":[12,13]}}   '
    b"\0\0\xc0?\1\0\0\0\2\0\0\0\1"
)


def three():
    return {
        "b": tinytorch.tensor([1, 2], dtype=tinytorch.int32),
        "a": tinytorch.tensor([[1.5]]),
        "c": tinytorch.tensor(True),
    }


def test_bytes_are_those_of_the_reference_library():
    assert safetensors.save(three()) == REFERENCE


def test_bytes_are_those_of_the_installed_library():
    reference = pytest.importorskip("safetensors.numpy")
    rng = np.random.default_rng(0)
    names = ["w", "b.weight", "é", 'quote"x', "tab\t", "\x01", "\x7f", "日本", "back\\slash", ""]
    for metadata in (None, {"format": "pt"}):
        for _ in range(50):
            arrays = {
                str(name): rng.integers(0, 2, rng.integers(0, 4, rng.integers(0, 4))).astype(
                    rng.choice(DTYPES)
                )
                for name in rng.choice(names, rng.integers(0, 8), replace=False)
            }
            tensors = {name: tinytorch.tensor(array) for name, array in arrays.items()}
            assert safetensors.save(tensors, metadata) == reference.save(arrays, metadata)


def test_files_round_trip(tmp_path):
    path = tmp_path / "x.safetensors"
    safetensors.save_file(three(), path, {"made": "here"})
    loaded = safetensors.load_file(path)
    assert {name: x.tolist() for name, x in loaded.items()} == {
        name: x.tolist() for name, x in three().items()
    }
    assert [x.dtype for x in safetensors.load(REFERENCE).values()] == [
        tinytorch.float32,
        tinytorch.int32,
        tinytorch.bool,
    ]


def test_only_named_tensors_can_be_saved():
    with pytest.raises(ValueError, match="safetensors: expected"):
        safetensors.save({"x": 3})
    for tensors in ({3: tinytorch.ones(1)}, {"__metadata__": tinytorch.ones(1)}):
        with pytest.raises(TypeError, match="safetensors: expected"):
            safetensors.save(tensors)
    with pytest.raises(TypeError, match="metadata"):
        safetensors.save({}, {"a": 1})


def safetensors_bytes(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


HOSTILE = {
    "empty": (b"", "at least 8 bytes"),
    "endless header": (struct.pack("<Q", 1 << 63), "at most 100000000"),
    "header past the end": (struct.pack("<Q", 1000), "ends before"),
    "no header": (struct.pack("<Q", 0), "begins with {"),
    "not JSON": (safetensors_bytes(b"{nonsense"), "JSON"),
    "not UTF-8": (safetensors_bytes(b'{"\xff":1}'), "UTF-8"),
    "too deep": (safetensors_bytes(b'{"a":' * 100_000), "JSON"),
    "twice": (safetensors_bytes(b'{"a":{},"a":{}}'), "occurs twice"),
    "no fields": (safetensors_bytes({"a": []}), "data_offsets"),
    "unknown dtype": (safetensors_bytes({"a": entry("F12")}, bytes(8)), "expected a dtype"),
    "negative size": (safetensors_bytes({"a": entry(shape=(-2,))}, bytes(8)), "sizes >= 0"),
    "overflow": (
        safetensors_bytes({"a": entry(shape=(1 << 40, 1 << 40))}, bytes(8)),
        "expected 4835703278458516698824704 bytes",
    ),
    "overlap": (
        safetensors_bytes({"a": entry(), "b": entry(offsets=(4, 12))}, bytes(12)),
        "tensor 'b': expected to begin at 8",
    ),
    "hole": (safetensors_bytes({"a": entry(offsets=(4, 12))}, bytes(12)), "begin at 0"),
    "data missing": (safetensors_bytes({"a": entry()}, bytes(4)), "expected 8 bytes of data"),
    "data left over": (safetensors_bytes({"a": entry()}, bytes(9)), "expected 8 bytes of data"),
    "not a bool": (
        safetensors_bytes({"a": entry("BOOL", (1,), (0, 1))}, b"\x02"),
        "BOOL bytes of 0 or 1",
    ),
    "metadata": (safetensors_bytes({"__metadata__": {"a": 1}}), "to hold strings"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_headers_are_refused_by_rule(tmp_path, name):
    data, rule = HOSTILE[name]
    path = tmp_path / "x.safetensors"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=rule) as raised:
        safetensors.load_file(path)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize(
    ("load", "error"),
    [
        (safetensors.load, ValueError),
        (serialization.load, (RuntimeError, pickle.UnpicklingError, EOFError)),
    ],
)
def test_a_damaged_file_loads_or_raises(load, error):
    if load is safetensors.load:
        whole = safetensors.save(three())
    else:
        file = io.BytesIO()
        serialization.save({"x": tinytorch.ones(2, 3), "y": [1, 2.5, "z", float("inf")]}, file)
        whole = file.getvalue()

    def attempt(data):
        try:
            load(data if load is safetensors.load else io.BytesIO(data))
        except error as raised:
            return bool(str(raised))
        return True

    assert all(attempt(whole[:length]) for length in range(len(whole)))
    chance = random.Random(0)
    for _ in range(2000):
        damaged = bytearray(whole)
        for _ in range(chance.choice([1, 2, 5])):
            damaged[chance.randrange(len(damaged))] = chance.choice([0, 57, 255])
        assert attempt(bytes(damaged))


def test_bytes_are_those_of_the_installed_library_for_halves_too():
    torch = pytest.importorskip("torch")
    reference = pytest.importorskip("safetensors.torch")

    def tensors(t):
        names = ["float16", "bfloat16", "float64", "int16", "bool", "uint8", "int64"]
        kinds = [(i, name, getattr(t, name)) for i, name in enumerate(names)]
        made = {f"{i % 3}{name}": t.ones(i, 2, dtype=kind) for i, name, kind in kinds}
        return made | {"view": t.arange(6.0)[2:4], "scalar": t.tensor(2.0)}

    metadata = {"format": "pt"}  # of several the reference writes any order; we write them sorted
    data = reference.save(tensors(torch), metadata)
    assert safetensors.save(tensors(tinytorch), metadata) == data
    for name, tensor in safetensors.torch.load(data).items():
        theirs = tensors(torch)[name]
        assert str(tensor.dtype) == str(theirs.dtype)
        assert tensor.float().tolist() == theirs.float().tolist()


def test_tensors_that_share_memory_or_have_gaps_are_refused():
    x = tinytorch.ones(4)
    for tensors, error in [
        ({"a": x, "b": x}, RuntimeError),
        ({"a": x, "b": x[1:]}, RuntimeError),
        ({"a": x.reshape(2, 2).t()}, ValueError),
        ({"a": x.expand(2, 4)}, ValueError),
        ([x], ValueError),
    ]:
        with pytest.raises(error, match="safetensors"):
            safetensors.save(tensors)
    assert len(safetensors.save({"a": x[:2], "b": x[2:]})) > 8


def test_an_open_file_gives_one_tensor_at_a_time(tmp_path):
    path = tmp_path / "x.safetensors"
    safetensors.save_file(three(), path, {"made": "here"})
    with safetensors.safe_open(path, framework="pt") as file:
        assert file.keys() == ["a", "b", "c"]
        assert file.metadata() == {"made": "here"}
        assert file.get_tensor("b").tolist() == [1, 2]
        part = file.get_slice("b")
        assert (part.get_shape(), part.get_dtype(), part[1:].tolist()) == ([2], "I32", [2])
        assert {name: x.tolist() for name, x in file.get_tensors().items()}["c"] is True
        with pytest.raises(safetensors.SafetensorError, match="no tensor 'd'"):
            file.get_tensor("d")
    with pytest.raises(safetensors.SafetensorError, match="closed"):
        file.get_tensor("a")


def test_whole_models_with_tied_weights(tmp_path):
    path = tmp_path / "x.safetensors"
    linear = tinytorch.nn.Linear(2, 2)
    model = tinytorch.nn.Sequential(linear, linear)
    safetensors.torch.save_model(model, path)
    assert sorted(safetensors.load_file(path)) == ["0.bias", "0.weight"]
    other = tinytorch.nn.Linear(2, 2)
    twin = tinytorch.nn.Sequential(other, other)
    assert safetensors.torch.load_model(twin, path) == (set(), [])
    assert other.weight.tolist() == linear.weight.tolist()
    larger = tinytorch.nn.Sequential(other, tinytorch.nn.Linear(2, 2))
    with pytest.raises(RuntimeError, match="missing names"):
        safetensors.torch.load_model(larger, path)

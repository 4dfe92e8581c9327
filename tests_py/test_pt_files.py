"""Files of torch.save: PyTorch reads ours, we read PyTorch's, and hostile ones only raise."""

import collections
import io
import os
import pickle
import struct
import zipfile
from collections import OrderedDict

import numpy as np
import pytest

import tinytorch
from tinytorch import serialization

torch = pytest.importorskip("torch")

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64"]
DTYPES += ["float16", "bfloat16", "float32", "float64"]
Point = collections.namedtuple("Point", "x y")


def written(library, value, **options):
    file = io.BytesIO()
    library.save(value, file, **options)
    file.seek(0)
    return file


def plain(value):
    """A value as something that either library's can be compared by."""
    if isinstance(value, (tinytorch.Tensor, torch.Tensor)):
        kind = type(value).__name__
        numbers = value.detach().double().tolist()
        facts = (str(value.dtype), tuple(value.shape), tuple(value.stride()))
        return (kind, numbers, *facts, value.storage_offset(), value.requires_grad)
    if isinstance(value, dict):
        return type(value), [(plain(k), plain(v)) for k, v in value.items()]
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [plain(item) for item in value]
    if type(value).__name__ in ("dtype", "device"):
        return str(value)
    return value


def rich(t):
    base = t.arange(24.0).reshape(4, 6)
    return {
        "views": [base, base[1:3, ::2], base.t(), base[2], base[0, 0], base.expand(2, 4, 6)],
        "leaf": t.ones(2, requires_grad=True),
        "parameter": t.nn.Parameter(t.ones(3)),
        "frozen": t.nn.Parameter(t.ones(1), requires_grad=False),
        "facts": (t.Size([2, 3]), t.float32, t.bfloat16, t.device("cpu")),
        "ordered": OrderedDict(b=1, a=[None, True, 1.5, "ü", b"\x00\xff", 1 << 80]),
        "set": {1, 2},
        (1, ("k", 2.0)): 1 + 2j,
        "counter": collections.Counter({3: 2}),
        "state": t.nn.Linear(2, 2).state_dict().keys().__len__(),
    }


FORMS = [{}, {"_use_new_zipfile_serialization": False}]


@pytest.mark.parametrize("options", FORMS)
def test_either_library_reads_the_others(options):
    expected = plain(rich(torch))
    assert plain(torch.load(written(tinytorch, rich(tinytorch), **options))) == expected
    assert plain(tinytorch.load(written(torch, rich(torch), **options))) == expected
    assert plain(tinytorch.load(written(tinytorch, rich(tinytorch), **options))) == expected


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_later_protocols_of_pickle(protocol):  # PyTorch reads those with weights_only=False alone
    file = written(tinytorch, rich(tinytorch), pickle_protocol=protocol)
    assert plain(tinytorch.load(file)) == plain(rich(torch))
    file.seek(0)
    assert plain(torch.load(file, weights_only=False)) == plain(rich(torch))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3)])
def test_every_dtype_and_shape(dtype, shape):
    def make(t):
        return t.ones(shape, dtype=getattr(t, dtype))

    expected = plain(make(torch))
    assert plain(torch.load(written(tinytorch, make(tinytorch)))) == expected
    assert plain(tinytorch.load(written(torch, make(torch)))) == expected


@pytest.mark.parametrize("options", FORMS)
def test_shared_memory_stays_shared(options):
    def tied(t):
        x = t.zeros(6)
        p = t.nn.Parameter(t.ones(2))
        return [x, x[2:4], x.reshape(2, 3), p, p]

    for library, other in [(torch, tinytorch), (tinytorch, torch), (tinytorch, tinytorch)]:
        a, b, c, p, q = other.load(written(library, tied(library), **options))
        b.fill_(7)
        assert a.tolist() == [0, 0, 7, 7, 0, 0]
        assert c.tolist() == [[0, 0, 7], [7, 0, 0]]
        assert p is q


def test_state_dicts_of_models_and_optimizers():
    def states(t):
        model = t.nn.Sequential(t.nn.Linear(3, 4), t.nn.ReLU(), t.nn.Linear(4, 2))
        optimizer = t.optim.Adam(model.parameters(), lr=0.1)
        model(t.ones(1, 3)).sum().backward()
        optimizer.step()
        return {"model": model.state_dict(), "optimizer": optimizer.state_dict()}

    ours, theirs = states(tinytorch), states(torch)
    torch.nn.Sequential(
        torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2)
    ).load_state_dict(torch.load(written(tinytorch, ours))["model"])
    loaded = tinytorch.load(written(torch, theirs))
    assert plain(loaded["model"]) == plain(dict(theirs["model"])) or list(loaded["model"]) == list(
        theirs["model"]
    )
    assert loaded["optimizer"]["param_groups"][0]["lr"] == 0.1
    assert loaded["model"]._metadata == theirs["model"]._metadata


def test_whole_modules_need_trust():
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh())
    with pytest.raises(pickle.UnpicklingError, match=r"torch\.nn\.modules\.container\.Sequential"):
        tinytorch.load(written(torch, model))
    here = tinytorch.load(written(torch, model), weights_only=False)
    assert type(here) is tinytorch.nn.Sequential
    x = [[1.0, 2.0, 3.0]]
    np.testing.assert_allclose(
        here(tinytorch.tensor(x)).tolist(), model(torch.tensor(x)).tolist(), atol=1e-6
    )
    own = tinytorch.load(written(tinytorch, here), weights_only=False)
    assert own(tinytorch.tensor(x)).tolist() == here(tinytorch.tensor(x)).tolist()


def test_attributes_of_tensors():
    for library, other in [(torch, tinytorch), (tinytorch, torch), (tinytorch, tinytorch)]:
        x, p = library.ones(2), library.nn.Parameter(library.ones(1))
        x.note = p.note = "kept"
        loaded = other.load(written(library, [x, p]))
        assert [item.note for item in loaded] == ["kept", "kept"]


def test_safe_globals():
    serialization.clear_safe_globals()
    file = written(tinytorch, {"p": Point(1, [2])})
    with pytest.raises(pickle.UnpicklingError, match=r"test_pt_files\.Point"):
        tinytorch.load(file)
    with serialization.safe_globals([Point]):
        assert serialization.get_safe_globals() == [Point]
        file.seek(0)
        assert tinytorch.load(file) == {"p": Point(1, [2])}
    assert serialization.get_safe_globals() == []
    array = np.arange(3.0)
    with pytest.raises(pickle.UnpicklingError, match="_reconstruct"):
        tinytorch.load(written(torch, {"a": array}))
    parts = [np._core.multiarray._reconstruct, np.ndarray, np.dtype, type(array.dtype)]
    with serialization.safe_globals(parts):
        assert tinytorch.load(written(torch, array)).tolist() == [0, 1, 2]
    assert tinytorch.load(written(torch, array), weights_only=False).tolist() == [0, 1, 2]
    for library in (torch, tinytorch):  # a whole module needs its classes, and nothing else
        model = library.nn.Sequential(library.nn.Linear(2, 3))
        with library.serialization.safe_globals([type(model), type(model[0])]):
            loaded = library.load(written(library, model))
        assert loaded[0].weight.equal(model[0].weight)


def test_places(tmp_path):
    path = tmp_path / "x.pt"
    tinytorch.save({"x": tinytorch.arange(3)}, path)
    assert os.listdir(tmp_path) == ["x.pt"]
    for f in (path, str(path)):
        for where in (None, "cpu", tinytorch.device("cpu"), {"cuda:0": "cpu"}, lambda s, where: s):
            assert tinytorch.load(f, map_location=where)["x"].tolist() == [0, 1, 2]
    mapped = tinytorch.load(path, mmap=True)["x"]
    mapped.add_(1)  # a copy on write
    assert torch.load(path, mmap=True)["x"].tolist() == [0, 1, 2]
    with open(path, "rb") as file:
        assert tinytorch.load(file)["x"].tolist() == [0, 1, 2]
        file.seek(0)
        with pytest.raises(ValueError, match="path"):
            tinytorch.load(file, mmap=True)
    with pytest.raises(RuntimeError, match="no device"):
        tinytorch.load(path, map_location="cuda")
    with pytest.raises(FileNotFoundError):
        tinytorch.load(tmp_path / "none")
    with pytest.raises(EOFError):
        tinytorch.load(io.BytesIO())


def test_tensors_of_other_places_load_on_the_cpu():
    data = written(torch, {"x": torch.arange(3)}).getvalue()
    moved = data.replace(b"X\x03\x00\x00\x00cpu", b"X\x03\x00\x00\x00mps")
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(moved)) as old, zipfile.ZipFile(file, "w") as new:
        for info in old.infolist():
            info_data = moved[info.header_offset :]
            skip = 30 + sum(struct.unpack("<HH", info_data[26:30]))
            new.writestr(info.filename, info_data[skip : skip + info.file_size])
    file.seek(0)
    assert tinytorch.load(file)["x"].tolist() == [0, 1, 2]


# --- hostile files ------------------------------------------------------------------------------


def archive(text, storages=None, names=("data.pkl", "version"), compression=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as zipped:
        for name in names:
            zipped.writestr(f"archive/{name}", text if name == "data.pkl" else b"3\n")
        for key, data in (storages or {}).items():
            zipped.writestr(f"archive/data/{key}", data)
    file.seek(0)
    return file


class Raw:
    """Pickles as the global of that name."""

    def __init__(self, name):
        self.name = name


def tensor_pickle(count=4, offset=0, size=(4,), stride=(1,), key="0", kind="FloatStorage"):
    """data.pkl of one tensor, as PyTorch writes it, with these numbers."""

    def glob(name):
        return f"ctorch{name}\n".encode()

    def number(value):
        return pickle.dumps(value, 2)[2:-1]

    storage = b"(" + number("storage") + f"ctorch\n{kind}\n".encode() + number(key) + number("cpu")
    storage += number(count) + b"tQ"
    arguments = storage + number(offset) + number(size) + number(stride) + b"\x89" + glob("")[:0]
    arguments += b"ccollections\nOrderedDict\n)R"
    return b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(" + arguments + b"tR."


def test_the_forged_tensor_is_a_tensor_when_honest():
    loaded = tinytorch.load(archive(tensor_pickle(), {"0": struct.pack("<4f", 1, 2, 3, 4)}))
    assert loaded.tolist() == [1, 2, 3, 4]


LIES = {
    "count": {"count": 5},
    "huge count": {"count": 1 << 60},
    "negative count": {"count": -1},
    "no number": {"count": "4"},
    "offset": {"offset": 1},
    "negative offset": {"offset": -1},
    "endless offset": {"offset": 1 << 200},
    "size": {"size": (5,)},
    "negative size": {"size": (-4,)},
    "huge size": {"size": (1 << 62, 1 << 62), "stride": (1, 1)},
    "stride": {"stride": (2,)},
    "negative stride": {"stride": (-1,)},
    "more strides": {"stride": (1, 1)},
    "many dims": {"size": (1,) * 100, "stride": (1,) * 100},
    "no sizes": {"size": ("a",)},
    "other key": {"key": "../../etc/passwd"},
    "other class": {"kind": "ComplexFloatStorage"},
    "no class": {"kind": "load"},
    "wider": {"kind": "DoubleStorage"},
}


@pytest.mark.parametrize("lie", LIES)
def test_lying_numbers_are_refused(lie):
    file = archive(tensor_pickle(**LIES[lie]), {"0": bytes(16)})
    with pytest.raises((RuntimeError, pickle.UnpicklingError), match="load: file: "):
        tinytorch.load(file)


def nested(levels, key=False):
    """A tuple that holds itself twice, so many levels deep: small in the file, endless to hash."""
    text = b")" + b"".join(b"2\x86" for _ in range(levels))
    return b"\x80\x02" + (b"}" + text + b"Ns." if key else text + b".")


PICKLES = {
    "system": b"cos\nsystem\n(S'true'\ntR.",
    "system, as pickle writes it": b"\x80\x02cposix\nsystem\n(X\x04\x00\x00\x00truetR.",
    "eval": b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.",
    "getattr": b"\x80\x02cbuiltins\ngetattr\n.",
    "our own function": b"\x80\x02ctorch\nload\nX\x01\x00\x00\x00x\x85R.",
    "a class that is made": b"\x80\x02ccollections\nOrderedDict\n)\x81.",
    "state for a function": b"\x80\x02ccollections\nOrderedDict\n}X\x01\x00\x00\x00aNsb.",
    "state for a list": b"\x80\x02]}b.",
    "a method taken": b"\x80\x02ccollections\nOrderedDict\n)R}X\x05\x00\x00\x00itemsNsb.",
    "much memory": b"\x80\x02cbuiltins\nbytearray\nJ\xff\xff\xff\x7f\x85R.",
    "long text": b"\x80\x04\x8d" + struct.pack("<Q", 1 << 60) + b"x.",
    "long number": b"\x80\x02\x8b\xff\xff\xff\x7fx.",
    "negative length": b"\x80\x02\x8b\xff\xff\xff\xffx.",
    "an endless key": nested(100, key=True),
    "a list as a key": b"\x80\x02}]Ns.",
    "half a pair": b"\x80\x02}(Nu.",
    "no memo": b"\x80\x02h\x07.",
    "no mark": b"\x80\x02t.",
    "empty stack": b"\x80\x02.",
    "no end": b"\x80\x02}",
    "future protocol": b"\x80\x09}.",
    "extension": b"\x80\x02\x82\x01.",
    "instance": b"(ios\nsystem\n.",
    "a storage of nothing": b"\x80\x02NQ.",
    "an endless set": b"\x80\x02cbuiltins\nset\n(K\x01K\x02tR.",
    "device": b"\x80\x02ctorch\ndevice\n" + nested(100)[2:-1] + b"\x85R.",
}


@pytest.mark.parametrize("name", PICKLES)
def test_pickles_that_are_no_data_are_refused(name, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "system", lambda command: pytest.fail("the file ran a command"))
    path = tmp_path / "x.pt"
    path.write_bytes(archive(PICKLES[name]).getvalue())
    with pytest.raises((pickle.UnpicklingError, RuntimeError)) as raised:
        tinytorch.load(path)
    assert str(path) in str(raised.value)


def test_names_of_globals_are_told():
    with pytest.raises(pickle.UnpicklingError, match=r"posix\.system.*add_safe_globals"):
        tinytorch.load(archive(PICKLES["system, as pickle writes it"]))


def test_deep_nesting_is_no_recursion():
    loaded = tinytorch.load(archive(b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b"."))
    depth = 0
    while loaded:
        loaded, depth = loaded[0], depth + 1
    assert depth == 99_999
    tinytorch.load(archive(nested(100)))


def test_archives_that_lie_are_refused():
    good = {"0": bytes(16)}
    text = tensor_pickle()
    cases = [
        (archive(text, {}), "no storage"),
        (archive(text, good, compression=zipfile.ZIP_DEFLATED), "compressed"),
        (archive(text, good, names=("version",)), "no data.pkl"),
        (io.BytesIO(archive(text, good).getvalue()[:-30]), "zip"),
        (io.BytesIO(b"PK\3\4" + bytes(100)), "zip"),
    ]
    for file, rule in cases:
        with pytest.raises(RuntimeError, match=rule):
            tinytorch.load(file)
    for data in (b"\x80\x02}q\x00.", b"not a file", pickle.dumps(3), pickle.dumps([1]) * 3):
        with pytest.raises((RuntimeError, pickle.UnpicklingError, EOFError)):
            tinytorch.load(io.BytesIO(data))


def test_legacy_files_that_lie_are_refused():
    whole = written(torch, torch.arange(4.0), _use_new_zipfile_serialization=False).getvalue()
    for length in range(0, len(whole), 7):
        with pytest.raises((RuntimeError, pickle.UnpicklingError, EOFError)):
            tinytorch.load(io.BytesIO(whole[:length]))
    huge = whole.replace(b"K\x04Nt", b"J\xff\xff\xff\x7fNt")
    assert huge != whole
    with pytest.raises(RuntimeError, match="longer than the file"):
        tinytorch.load(io.BytesIO(huge))

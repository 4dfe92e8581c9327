"""The lab: values cross intact, hostile messages and workers are survived, laws tell stories."""

import json
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinytorch.tito import worker
from tinytorch.tito.lab import Crashed, Lab, NotStarted, TimedOut, shipped
from tinytorch.tito.law import Broken, describe, gradient, law

# --- the wire ---

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)


def across(value):
    message = worker.pack(value)
    header, body = worker.lengths(message[: worker.LENGTHS.size])
    assert len(message) == worker.LENGTHS.size + header + body
    rest = message[worker.LENGTHS.size :]
    return worker.unpack(rest[:header], bytearray(rest[header:]), strided=True)


@given(value=VALUES)
def test_values_arrive_as_they_were(value):
    assert across(value) == value


@pytest.mark.parametrize("dtype", worker.DTYPES)
def test_arrays_arrive_with_dtype_shape_and_strides(dtype):
    base = np.arange(120).reshape(4, 5, 6).astype(dtype)
    for array in (
        base,
        base.T,
        base[::2, 1::2, ::3],
        base[::-1],
        np.broadcast_to(base[0, 0], (3, 6)),
        base[:, :0],
        np.array(1, dtype),
    ):
        arrived = across([array, 7])[0]
        np.testing.assert_array_equal(arrived, array)
        assert arrived.dtype == array.dtype
        if array.size and not array.flags.c_contiguous:
            assert arrived.strides == array.strides


def test_what_is_no_plain_value_is_not_sent():
    for value in (object(), np.array(["a"]), np.array([None]), {1, 2}, bytearray(b"bytes"), 1j):
        with pytest.raises(worker.WireError, match="cannot send"):
            worker.pack(value)


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (b"", b""),
        (b"[1", b""),
        (b"\xff", b""),
        (b"[" * 100_000, b""),
        (b'{"raw": 3}', b""),
        (b'{"raw": "\\u4e2d"}', b""),
        (b'{"array": "object", "shape": [1]}', b"12345678"),
        (b'{"array": "float64", "shape": [2]}', b"12345678"),
        (b'{"array": "float64", "shape": [1]}', b"1234567890123456"),
        (b'{"array": "float64", "shape": [-1]}', b"12345678"),
        (b'{"array": "float64", "shape": [4294967296, 4294967296]}', b""),
        (b'{"array": "float64", "shape": [true]}', b"12345678"),
        (b'{"array": "uint8", "shape": [1.0]}', b"1"),
        (b'{"array": "uint8", "shape": 1}', b"1"),
        (b'{"array": "uint8", "shape": [9], "strides": [1], "offset": 0, "bytes": 1}', b"1"),
        (b'{"dict": [1]}', b""),
        (b'{"dict": [[[], 1]]}', b""),
        (b'{"surprise": 1}', b""),
        (b"1" * 5000, b""),
    ],
)
def test_a_malformed_message_is_refused(header, body):
    with pytest.raises(worker.WireError):
        worker.unpack(header, bytearray(body))


@given(header=st.binary(max_size=40), body=st.binary(max_size=20))
def test_any_bytes_are_a_value_or_are_refused(header, body):
    try:
        worker.unpack(header, bytearray(body))
    except worker.WireError:
        return
    json.loads(header)


def test_a_message_that_says_it_is_endless_is_refused():
    with pytest.raises(worker.WireError, match="too long"):
        worker.lengths(worker.LENGTHS.pack(10, 2**60))


# --- the lab ---


@pytest.fixture(scope="module")
def own_lab():
    with Lab(timeout=2) as lab:
        yield lab


def test_a_function_is_shipped_as_source(own_lab):
    def doubled(x, more):
        table = {"twice": torch.activations.relu(x), "sum": [float(x.sum()), more]}  # noqa: F821
        return table, np.float32(1.5)

    x = np.array([-1.0, 2.0], np.float32)
    table, number = own_lab.run(doubled, x, "text")
    np.testing.assert_array_equal(table["twice"], [0, 2])
    assert table["sum"] == [1.0, "text"]
    assert number.dtype == np.float32


def test_a_function_that_leans_on_its_surroundings_is_refused():
    outside = 3

    def closes(x):
        return x + outside

    for function, named in ((closes, "outside"), (across, "worker"), (lambda x: x, "<lambda>")):
        with pytest.raises(ValueError, match=named):
            shipped(function)


def test_an_exception_arrives_with_type_words_and_line(own_lab):
    def misses(x):
        return x[7]

    with pytest.raises(IndexError, match="index 7 is out of bounds") as caught:
        own_lab.run(misses, np.zeros(3))
    assert caught.value.line == "return x[7]"

    def invents():
        class Odd(Exception):
            pass

        raise Odd("words")

    with pytest.raises(RuntimeError, match="Odd: words"):
        own_lab.run(invents)


def test_a_task_that_is_not_started_is_no_failure(own_lab):
    def asks():
        raise NotImplementedError("activations.softmax is not started")

    with pytest.raises(NotStarted) as caught:
        own_lab.run(asks)
    assert caught.value.task == "activations.softmax"


def test_crashes_and_exits_end_the_worker_only(own_lab):
    def crashes():
        import ctypes

        print("last words")
        ctypes.string_at(0)

    def leaves():
        import os

        os._exit(0)

    def alive():
        return 42

    for function, words in ((crashes, "SIGSEGV"), (leaves, r"it called exit\(0\)")):
        with pytest.raises(Crashed, match=words) as caught:
            own_lab.run(function)
        assert own_lab.run(alive) == 42
    assert caught.value.printed == ""


def test_what_a_crashing_call_printed_is_kept(own_lab):
    def prints():
        print("last words", flush=True)
        import os

        os.abort()

    with pytest.raises(Crashed) as caught:
        own_lab.run(prints)
    assert caught.value.printed.endswith("last words")


def test_an_endless_call_is_stopped_with_all_its_processes(own_lab, tmp_path):
    def multiplies(path):
        import os
        import time

        if os.fork() == 0:
            while True:
                with open(path, "a") as file:
                    file.write("still here")
                time.sleep(0.001)
        while True:
            os.write(1, b"still here " * 1000)

    path = tmp_path / "alive"
    with pytest.raises(TimedOut, match=r"no result after 2 s") as caught:
        own_lab.run(multiplies, str(path))
    assert len(caught.value.printed) <= 1 << 16
    size = path.stat().st_size
    assert size > 0
    time.sleep(0.1)
    assert path.stat().st_size == size


def test_a_worker_that_speaks_out_of_turn_is_not_believed(own_lab):
    def forges():
        import contextlib
        import os

        for descriptor in range(3, 20):
            with contextlib.suppress(OSError):
                os.write(descriptor, b"\0\0\0\5\0\0\0\0\0\0\0\0{]]]]")
        return 1

    with pytest.raises(Crashed, match="malformed message"):
        own_lab.run(forges)


def test_a_worker_has_no_descriptor_but_its_channel(own_lab):
    def descriptors():
        import os

        listed = os.listdir("/dev/fd")
        return len(listed) - 1  # one of them lists

    assert own_lab.run(descriptors) == 4


def test_a_worker_that_kills_the_nursery_is_replaced(own_lab):
    def kills():
        import os
        import time

        os.kill(os.getppid(), 9)
        time.sleep(0.1)
        os._exit(0)

    def alive():
        return 42

    with pytest.raises(Crashed, match="ended the process that started it"):
        own_lab.run(kills)
    assert own_lab.run(alive) == 42


def test_a_fresh_worker_remembers_nothing(own_lab):
    def counts():
        torch.counted = getattr(torch, "counted", 0) + 1  # noqa: F821
        return torch.counted  # noqa: F821

    assert [own_lab.run(counts), own_lab.run(counts)] == [1, 2]
    own_lab.fresh()
    assert own_lab.run(counts) == 1


# --- laws and their stories ---


def story(*arguments, **named):
    with pytest.raises(Broken) as caught:
        law(*arguments, **named)
    return caught.value.lines


def test_a_broken_law_tells_the_first_wrong_element():
    x = np.full((3, 4), 1000, np.float32)
    lines = story("rows sum to one", np.array([1, np.nan, 0.5], np.float32), np.ones(3), given=x)
    assert lines == [
        "x: (3, 4) float32, first row [1000. 1000. 1000. 1000.]",
        "at [1]: expected 1.0, got nan",
        "2 of 3 elements are wrong",
    ]


def test_a_law_compares_shapes_values_and_words():
    assert story("a", np.zeros((2, 3)), np.zeros((3, 2))) == ["expected shape (3, 2), got (2, 3)"]
    assert story("a", np.float32(0.1), np.float32(0.2)) == ["expected 0.2, got 0.1"]
    assert story("a", "float32", "float64") == ["expected 'float64', got 'float32'"]
    assert story("a", np.zeros(2), [0.0, 1.0], given={"k": 3})[0] == "k: 3"
    law("nan is nan, inf is inf", np.array([np.nan, np.inf]), [np.nan, np.inf])
    law("float32 has float32's tolerance", np.array([1.00001], np.float32), [1.0])
    assert story("float64 has not", np.array([1.00001]), [1.0])
    assert story("integers are exact", np.array([10**9 + 1]), [10**9])
    assert describe(np.zeros((0, 2), np.int64)) == "(0, 2) int64, empty"


def test_gradient_is_the_derivative():
    x = np.array([[0.5, -2.0]])
    actual = gradient(lambda x: x**3, x, np.array([[1.0, 2.0]]))
    np.testing.assert_allclose(actual, [[0.75, 24.0]], rtol=1e-8)

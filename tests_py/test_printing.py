"""Printing: tensors look as PyTorch prints them, character by character."""

import numpy as np
import pytest

import tinytorch
from tinytorch._tensor_str import get_printoptions, printoptions, set_printoptions

NUMBERS = {
    "zero": 0.0,
    "an integer": 3.0,
    "a fraction": 1.5,
    "a large one": 123456.789,
    "too large": 1e9,
    "tiny": 1e-7,
    "nan": np.nan,
    "infinity": np.inf,
}
RECORDED = [
    ([], "tensor([])"),
    (1.0, "tensor(1.)"),
    (2, "tensor(2)"),
    ([True, False], "tensor([ True, False])"),
    ([1.0, 2.5], "tensor([1.0000, 2.5000])"),
    ([1.0, -2.0], "tensor([ 1., -2.])"),
    ([[1, 20], [300, 4]], "tensor([[  1,  20],\n        [300,   4]])"),
    ([1e-5, 1.0], "tensor([1.0000e-05, 1.0000e+00])"),
    ([float("nan"), 1.0, -float("inf")], "tensor([nan, 1., -inf])"),
    ([[[1.0]], [[2.0]]], "tensor([[[1.]],\n\n        [[2.]]])"),
]


@pytest.fixture(autouse=True)
def default_options():
    yield
    set_printoptions(profile="default")


@pytest.mark.parametrize(("data", "printed"), RECORDED)
def test_recorded(data, printed):
    assert str(tinytorch.tensor(data)) == printed
    assert repr(tinytorch.tensor(data)) == printed


def test_the_middle_of_a_long_tensor_is_left_out():
    assert str(tinytorch.arange(2000)) == "tensor([   0,    1,    2,  ..., 1997, 1998, 1999])"
    rows = str(tinytorch.zeros(40, 40)).split("\n")
    assert rows[3] == "        ...,"
    assert rows[0] == "tensor([[0., 0., 0.,  ..., 0., 0., 0.],"


def test_what_the_numbers_do_not_tell_follows_them():
    assert str(tinytorch.ones(2, dtype=tinytorch.float64)) == (
        "tensor([1., 1.], dtype=torch.float64)"
    )
    assert str(tinytorch.zeros(0, 3)) == "tensor([], size=(0, 3))"
    assert str(tinytorch.zeros(0, dtype=tinytorch.int64)) == "tensor([], dtype=torch.int64)"


def test_options_last_as_long_as_their_block():
    with printoptions(precision=2):
        assert str(tinytorch.tensor(1.2345)) == "tensor(1.23)"
    assert str(tinytorch.tensor(1.2345)) == "tensor(1.2345)"
    assert get_printoptions()["precision"] == 4


def test_an_unknown_profile_is_refused():
    with pytest.raises(ValueError, match="expected profile in"):
        set_printoptions(profile="long")


def random_case(rng):
    """An array of any dtype and shape, of magnitudes that call for every form, and options."""
    dimensions = rng.integers(0, 5)
    sizes = [0, 1, 2, 3, 7, 8, 40] if dimensions < 3 else [1, 2, 3, 7]
    shape = tuple(int(size) for size in rng.choice(sizes, dimensions))
    x = rng.standard_normal(shape)
    kind = rng.integers(6)
    if kind == 1:
        x = x * 10.0 ** rng.integers(-12, 12)
    elif kind == 2:
        x = np.round(x * 10.0 ** rng.integers(0, 10))
    elif kind == 3:
        x = x * 10.0 ** rng.integers(-6, 6, shape)
    elif kind == 4:
        x = np.where(rng.random(shape) < 0.3, rng.choice(list(NUMBERS.values())), np.round(3 * x))
    elif kind == 5:
        x = np.full(shape, rng.choice(list(NUMBERS.values())))
    dtypes = ["float32", "float64", "int64", "int32", "int16", "int8", "uint8", "bool"]
    with np.errstate(all="ignore"):
        array = np.asarray(x).astype(rng.choice(dtypes))
    ranges = {"precision": 9, "threshold": 20, "edgeitems": 5, "linewidth": 200, "sci_mode": 2}
    options = {name: int(rng.integers(high)) for name, high in ranges.items() if rng.random() < 0.2}
    if "sci_mode" in options:
        options["sci_mode"] = bool(options["sci_mode"])
    return array, options


@pytest.mark.parametrize("seed", range(8))
def test_as_pytorch_prints(seed):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    for _ in range(150):
        array, options = random_case(rng)
        expected, actual = torch.tensor(array), tinytorch.tensor(array)
        if array.ndim > 1 and rng.random() < 0.3:
            expected, actual = expected.transpose(0, -1), actual.transpose(0, -1)
        try:
            torch.set_printoptions(profile="default", **options)
            set_printoptions(profile="default", **options)
            assert str(actual) == str(expected), f"{options}, {array.dtype}{list(array.shape)}"
        finally:
            torch.set_printoptions(profile="default")


@pytest.mark.skipif(not hasattr(tinytorch, "no_grad"), reason="needs autograd")
class TestHistory:
    def test_a_leaf_that_requires_grad(self):
        x = tinytorch.ones(2, requires_grad=True)
        assert str(x) == "tensor([1., 1.], requires_grad=True)"

    def test_a_result_names_its_operation(self):
        x = tinytorch.ones(2, requires_grad=True)
        assert str(x + 1) == "tensor([2., 2.], grad_fn=<AddBackward0>)"
        assert str((x * 2).sum()) == "tensor(4., grad_fn=<SumBackward0>)"

    def test_a_long_line_breaks_before_it(self):
        x = tinytorch.ones(11, requires_grad=True)
        assert str(x) == (
            "tensor([1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1.], requires_grad=True)"
        )
        x = tinytorch.ones(14, requires_grad=True)
        assert str(x).endswith("1., 1.],\n       requires_grad=True)")

    def test_a_parameter_says_so(self):
        assert repr(tinytorch.nn.Parameter(tinytorch.zeros(2))) == (
            "Parameter containing:\ntensor([0., 0.], requires_grad=True)"
        )

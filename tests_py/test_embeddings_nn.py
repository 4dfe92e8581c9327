"""Embedding and EmbeddingBag beside PyTorch: values, gradients, seeds, texts and errors."""

import io

import numpy as np
import pytest

import tinytorch
from tinytorch import nn
from twice import gradients, twice

IDS = [[1, 2, 4, 5], [4, 3, 2, 9]]
SETTINGS = [
    {},
    {"padding_idx": 2},
    {"padding_idx": -1},
    {"padding_idx": 0},
    {"max_norm": 1.0},
    {"max_norm": 1.5, "norm_type": 1.0},
    {"max_norm": 0.5, "norm_type": float("inf")},
    {"max_norm": 1.0, "norm_type": 3.0, "padding_idx": 4},
    {"scale_grad_by_freq": True},
    {"scale_grad_by_freq": True, "padding_idx": 4},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("dtype", ["int64", "int32"])
def test_embedding_as_in_pytorch(settings, dtype):
    def program(t):
        layer = t.nn.Embedding(10, 3, **settings)
        y = layer(t.tensor(IDS, dtype=getattr(t, dtype)))
        return repr(layer), y, gradients([y], layer.weight), layer.weight

    twice(program)


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 3, 4), (0, 2)])
def test_ids_of_any_shape(shape):
    def program(t):
        layer = t.nn.Embedding(6, 5, dtype=t.float64)
        y = layer(t.randint(0, 6, shape))
        return y, gradients([y], layer.weight)

    twice(program)


def test_repeated_ids_add_up():
    layer = nn.Embedding(4, 2)
    layer(tinytorch.tensor([1, 1, 3, 1])).sum().backward()
    np.testing.assert_array_equal(layer.weight.grad.numpy(), [[0, 0], [3, 3], [0, 0], [1, 1]])


def test_the_accelerated_backward_is_the_reference():
    grads = []
    for kind in ("reference", "accelerated"):
        with tinytorch.kernels(kind):
            tinytorch.manual_seed(0)
            layer = nn.Embedding(50, 67)
            y = layer(tinytorch.randint(0, 50, (40, 30)))
            grads.append([y.detach().numpy(), gradients([y], layer.weight)[0].numpy()])
    np.testing.assert_array_equal(grads[0][0], grads[1][0])
    np.testing.assert_allclose(grads[0][1], grads[1][1], rtol=1e-5, atol=1e-6)


def test_from_pretrained_keeps_the_memory_and_freezes():
    def program(t):
        table = t.randn(5, 3)
        frozen = t.nn.Embedding.from_pretrained(table)
        free = t.nn.Embedding.from_pretrained(table, freeze=False, padding_idx=1, max_norm=2.0)
        bag = t.nn.EmbeddingBag.from_pretrained(table, mode="sum", padding_idx=2)
        table[0, 0] = 9
        return (
            frozen.weight, frozen.weight.requires_grad, repr(frozen), free.weight.requires_grad,
            repr(free), repr(bag), bag(t.tensor([[0, 2, 1]])), frozen(t.tensor([0])),
        )  # fmt: skip

    twice(program)


def test_state_goes_to_pytorch_and_back():
    torch = pytest.importorskip("torch")
    theirs, ours = torch.nn.Embedding(7, 3, padding_idx=1), nn.Embedding(7, 3)
    memory = io.BytesIO()
    torch.save(theirs.state_dict(), memory)
    memory.seek(0)
    ours.load_state_dict(tinytorch.load(memory))
    np.testing.assert_array_equal(ours.weight.detach().numpy(), theirs.weight.detach().numpy())


def test_an_id_outside_the_vocabulary_is_named():
    layer = nn.Embedding(10, 3)
    with pytest.raises(IndexError, match=r"id 10 at position \(1, 2\) .* vocabulary of 10"):
        layer(tinytorch.tensor([[1, 2, 3], [4, 5, 10]]))
    with pytest.raises(IndexError, match=r"id -1 at position \(0,\)"):
        layer(tinytorch.tensor([-1]))
    with pytest.raises(IndexError, match="id 10 at"):
        nn.EmbeddingBag(10, 3)(tinytorch.tensor([[10]]))


WRONG = [
    lambda t: t.nn.Embedding(3, 2)(t.tensor([0.0])),
    lambda t: t.nn.Embedding(3, 2)(t.tensor([3])),
    lambda t: t.nn.Embedding(3, 2)([0, 1]),
    lambda t: t.nn.Embedding(3, 2, padding_idx=3),
    lambda t: t.nn.Embedding(3, 2, padding_idx=-4),
    lambda t: t.nn.Embedding(3, 2, _weight=t.zeros(2, 3)),
    lambda t: t.nn.Embedding(-3, 2),
    lambda t: t.nn.Embedding.from_pretrained(t.zeros(3)),
    lambda t: t.nn.functional.embedding(t.tensor([0]), t.zeros(3)),
    lambda t: t.nn.functional.embedding(t.tensor([0]), t.zeros(3, 2), padding_idx=5),
    lambda t: t.nn.EmbeddingBag(3, 2)(t.tensor([0, 1])),
    lambda t: t.nn.EmbeddingBag(3, 2)(t.tensor([[0, 1]]), t.tensor([0])),
    lambda t: t.nn.EmbeddingBag(3, 2)(t.tensor([0, 1]), t.tensor([1])),
    lambda t: t.nn.EmbeddingBag(3, 2)(t.tensor([0, 1]), t.tensor([0, 5])),
    lambda t: t.nn.EmbeddingBag(3, 2)(t.tensor([0, 1]), t.tensor([0, -1])),
    lambda t: t.nn.EmbeddingBag(3, 2)(t.zeros(1, 1, 1, dtype=t.int64)),
    lambda t: t.nn.EmbeddingBag(3, 2, mode="median")(t.tensor([[0]])),
    lambda t: t.nn.EmbeddingBag(3, 2, mode="max", scale_grad_by_freq=True)(t.tensor([[0]])),
    lambda t: t.nn.EmbeddingBag(3, 2)(t.tensor([[0]]), None, t.ones(1, 1)),
    lambda t: t.nn.EmbeddingBag(3, 2, mode="sum")(t.tensor([[0]]), None, t.ones(2)),
]


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_arguments_raise_what_pytorch_raises(wrong):
    twice(wrong)


BAGS = [
    ([[1, 2, 4, 5], [4, 3, 2, 9]], None, {}),
    ([1, 2, 4, 5, 4, 3, 2, 9], [0, 4], {}),
    ([1, 2, 4, 4, 3], [0, 0, 2, 5], {}),
    ([1, 2, 4, 4, 3], [0, 1, 5], {"include_last_offset": True}),
    ([1, 2, 4, 4, 2], [0, 2, 4], {"padding_idx": 2}),
    ([1, 2, 4, 4, 2], [0, 2, 4], {"padding_idx": -6}),
    ([2, 2, 4, 4, 2], [0, 2, 4], {"padding_idx": 2}),
    ([1, 2, 4], [0, 2], {"max_norm": 1.0}),
    ([], [0, 0], {}),
]


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize(("ids", "offsets", "settings"), BAGS, ids=str)
def test_embedding_bag_as_in_pytorch(mode, ids, offsets, settings):
    def program(t):
        layer = t.nn.EmbeddingBag(10, 3, mode=mode, **settings)
        starts = None if offsets is None else t.tensor(offsets, dtype=t.int64)
        y = layer(t.tensor(ids, dtype=t.int64), starts)
        return repr(layer), y, gradients([y], layer.weight), layer.weight

    twice(program)


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_comes_after_the_last_offset_is_in_no_bag(mode, dtype):
    """PyTorch's float32 sums and means leave it out; its others take it into the last bag."""
    F, ids = tinytorch.nn.functional, tinytorch.tensor([1, 2, 4, 4, 3])
    table = tinytorch.arange(15, dtype=getattr(tinytorch, dtype)).reshape(5, 3).requires_grad_()
    starts = tinytorch.tensor([0, 1, 3])
    y = F.embedding_bag(ids, table, starts, mode=mode, include_last_offset=True)
    same = F.embedding_bag(ids[:3], table, starts, mode=mode, include_last_offset=True)
    np.testing.assert_array_equal(y.detach().numpy(), same.detach().numpy())
    y.sum().backward()
    assert table.grad[3].tolist() == [0, 0, 0]


@pytest.mark.parametrize("settings", [{}, {"padding_idx": 4}])
def test_embedding_bag_with_weights_of_samples(settings):
    def program(t):
        layer = t.nn.EmbeddingBag(10, 3, mode="sum", dtype=t.float64, **settings)
        factors = t.rand(2, 4, dtype=t.float64, requires_grad=True)
        y = layer(t.tensor(IDS), per_sample_weights=factors)
        return y, gradients([y], layer.weight, factors)

    twice(program)

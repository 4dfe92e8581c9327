"""Datasets, samplers and the loader: the batches, and the random numbers drawn, are PyTorch's."""

import collections
import platform
import subprocess
import sys

import numpy as np
import pytest

import tinytorch
import tinytorch.utils.data
from beside import beside_torch
from tinytorch.utils.data import (
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    TensorDataset,
    default_collate,
    random_split,
)

Point = collections.namedtuple("Point", ["x", "y"])


class Squares(Dataset):
    def __init__(self, size):
        self.size = size

    def __getitem__(self, index):
        if not 0 <= index < self.size:
            raise IndexError(index)
        return index, float(index * index)

    def __len__(self):
        return self.size


def generator(library, seed):
    made = library.Generator()
    made.manual_seed(seed)
    return made


def lists(value):
    """Tensors as lists, however nested."""
    if isinstance(value, (list, tuple)):
        return [lists(entry) for entry in value]
    return value.tolist() if hasattr(value, "tolist") else value


# --- the loader -------------------------------------------------------------------------------


def test_batches_in_order():
    loader = DataLoader(Squares(5), batch_size=2)
    assert lists(list(loader)) == [
        [[0, 1], [0.0, 1.0]],
        [[2, 3], [4.0, 9.0]],
        [[4], [16.0]],
    ]
    assert len(loader) == 3
    assert len(DataLoader(Squares(5), batch_size=2, drop_last=True)) == 2


def test_a_shuffled_epoch_holds_every_sample_once():
    loader = DataLoader(TensorDataset(tinytorch.arange(100)), batch_size=7, shuffle=True)
    epochs = [[i for (batch,) in loader for i in batch.tolist()] for _ in range(2)]
    assert [sorted(epoch) for epoch in epochs] == [list(range(100))] * 2
    assert epochs[0] != epochs[1]


def test_a_seed_fixes_the_order():
    def order():
        tinytorch.manual_seed(0)
        return [int(i) for i, _ in DataLoader(Squares(10), shuffle=True)]

    # As PyTorch 2.13 draws it.
    assert order() == order() == [6, 7, 1, 4, 2, 0, 9, 8, 3, 5]


@pytest.mark.parametrize("size", [1, 7, 33])
@pytest.mark.parametrize("batch_size", [1, 3, 8])
@pytest.mark.parametrize("own_generator", [False, True])
def test_loader_beside_pytorch(size, batch_size, own_generator):
    for shuffle in (False, True):
        for drop_last in (False, True):

            def run(library, shuffle=shuffle, drop_last=drop_last):
                library.manual_seed(4)
                data = library.utils.data
                loader = data.DataLoader(
                    data.TensorDataset(library.arange(size), library.arange(size) * 2),
                    batch_size=batch_size,
                    shuffle=shuffle,
                    drop_last=drop_last,
                    generator=generator(library, 5) if own_generator else None,
                )
                epochs = [lists(list(loader)) for _ in range(3)]
                next(iter(loader), None)
                return epochs, len(loader), library.rand(2).tolist()

            beside_torch(run)


@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": None},
        {"batch_size": None, "drop_last": True},
        {"batch_size": 0},
        {"shuffle": True, "sampler": [1]},
        {"sampler": [3, 2]},
        {"batch_sampler": [[1, 2], [0]]},
        {"batch_sampler": [[1]], "shuffle": True},
        {"num_workers": -1},
        {"collate_fn": list, "batch_size": 3},
    ],
    ids=str,
)
def test_options_beside_pytorch(options):
    def run(library):
        loader = library.utils.data.DataLoader([5, 6, 7, 8, 9], **options)
        return list(loader), len(loader)

    beside_torch(run)


def test_streams_are_batched_as_they_come():
    class Stream(IterableDataset):
        def __iter__(self):
            return iter(range(5))

    assert lists(list(DataLoader(Stream(), batch_size=2))) == [[0, 1], [2, 3], [4]]
    assert lists(list(DataLoader(Stream(), batch_size=2, drop_last=True))) == [[0, 1], [2, 3]]
    assert list(DataLoader(Stream(), batch_size=None)) == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="expected unspecified shuffle option"):
        DataLoader(Stream(), shuffle=True)
    with pytest.raises(TypeError):
        len(DataLoader(Stream()))


# --- collating --------------------------------------------------------------------------------


def test_samples_become_batches():
    batch = default_collate([{"x": np.zeros(2), "y": (1, "a")}, {"x": np.ones(2), "y": (2, "b")}])
    assert batch["x"].tolist() == [[0, 0], [1, 1]]
    assert batch["x"].dtype == tinytorch.float64
    assert lists(batch["y"]) == [[1, 2], ["a", "b"]]


@pytest.mark.parametrize(
    "samples",
    [
        [1, 2],
        [1.5, 2],
        [True, False],
        ["a", "b"],
        [b"x"],
        [(1, "a"), (2, "b")],
        [[1, 2], [3, 4]],
        [{"a": 1, "b": (1.0, 2)}, {"a": 2, "b": (3.0, 4)}],
        [collections.OrderedDict(a=1), collections.OrderedDict(a=3)],
        [Point(1, 2.0), Point(3, 4.0)],
        [np.float32(1), np.float32(2)],
        [np.ones(2), np.zeros(2)],
        [np.int64(3)],
        [(1, 2), (1,)],
        [np.array(["a"])],
        [None],
        [{1, 2}],
        [[]],
    ],
    ids=str,
)
def test_collating_beside_pytorch(samples):
    beside_torch(lambda library: library.utils.data.default_collate(samples))


def test_samples_of_different_shapes_cannot_be_stacked():
    with pytest.raises(RuntimeError, match="stack"):
        default_collate([tinytorch.zeros(2), tinytorch.zeros(3)])


# --- datasets and samplers --------------------------------------------------------------------


def test_tensors_of_one_length():
    data = TensorDataset(tinytorch.arange(3), tinytorch.ones(3, 2))
    assert len(data) == 3
    assert lists(data[1]) == [1, [1, 1]]
    with pytest.raises(AssertionError, match="Size mismatch"):
        TensorDataset(tinytorch.ones(2), tinytorch.ones(3))


def test_datasets_one_after_the_other():
    joined = Squares(2) + Squares(3)
    assert [joined[i][0] for i in range(5)] == [0, 1, 0, 1, 2]
    assert joined[-1][0] == 2
    with pytest.raises(IndexError):
        joined[5]
    with pytest.raises(AssertionError, match="empty"):
        ConcatDataset([])


def test_splits_are_disjoint_and_complete():
    parts = random_split(Squares(10), [0.7, 0.3], generator=generator(tinytorch, 0))
    assert [len(part) for part in parts] == [7, 3]
    assert sorted(index for part in parts for index, _ in part) == list(range(10))


@pytest.mark.parametrize(
    "lengths",
    [[3, 7], [0.3, 0.7], [0.33, 0.33, 0.34], [0.01, 0.99], [1.5, -0.5], [5, 6], [0, 10], [1.0]],
    ids=str,
)
def test_splits_beside_pytorch(lengths):
    def run(library):
        library.manual_seed(2)
        split = library.utils.data.random_split
        parts = split(range(10), lengths) + split(range(10), lengths, generator(library, 3))
        return [part.indices for part in parts]

    beside_torch(run)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"replacement": True},
        {"replacement": True, "num_samples": 70},
        {"num_samples": 25},
        {"num_samples": 0},
        {"replacement": 3},
    ],
    ids=str,
)
def test_random_sampler_beside_pytorch(options):
    def run(library):
        library.manual_seed(2)
        data = library.utils.data
        sampler = data.RandomSampler(range(10), **options)
        other = data.RandomSampler(range(10), generator=generator(library, 3), **options)
        return list(sampler), list(other), list(other), len(other)

    beside_torch(run)


def test_other_samplers_beside_pytorch():
    def run(library):
        library.manual_seed(1)
        data = library.utils.data
        return (
            list(data.SubsetRandomSampler([3, 1, 4, 1, 5])),
            list(data.BatchSampler(range(10), 3, True)),
            list(data.BatchSampler(data.SequentialSampler(range(7)), 3, False)),
        )

    beside_torch(run)
    beside_torch(lambda library: library.utils.data.BatchSampler(range(10), 3, 1))


# --- the state of the generators ----------------------------------------------------------------


def test_a_generator_goes_on_from_its_state():
    tinytorch.manual_seed(3)
    tinytorch.randn(3)  # leaves half a pair behind
    state = tinytorch.default_generator.get_state()
    drawn = tinytorch.randn(5).tolist(), tinytorch.randperm(9).tolist()
    other = tinytorch.Generator()
    other.set_state(state)
    assert tinytorch.randn(5, generator=other).tolist() == drawn[0]
    assert tinytorch.randperm(9, generator=other).tolist() == drawn[1]


@pytest.mark.parametrize("draws", [0, 1, 3, 624, 700])
def test_states_are_exchanged_with_pytorch(draws):
    torch = pytest.importorskip("torch")
    ours, theirs = generator(tinytorch, 5), generator(torch, 5)
    if draws:
        tinytorch.rand(draws, generator=ours)
        torch.rand(draws, generator=theirs)
    ours.set_state(tinytorch.tensor(theirs.get_state().numpy()))
    assert tinytorch.rand(5, generator=ours).tolist() == torch.rand(5, generator=theirs).tolist()
    tinytorch.randn(1, generator=ours)
    theirs.set_state(torch.tensor(ours.get_state().numpy()))
    assert tinytorch.randn(1, generator=ours).item() == pytest.approx(
        torch.randn(1, generator=theirs).item(), rel=1e-6
    )


def test_other_bytes_are_no_state():
    with pytest.raises(TypeError, match="ByteTensor"):
        tinytorch.Generator().set_state(tinytorch.zeros(5056))
    with pytest.raises(RuntimeError, match="set_state: expected a tensor of 5056 bytes"):
        tinytorch.Generator().set_state(tinytorch.zeros(8, dtype=tinytorch.uint8))
    with pytest.raises(RuntimeError, match="Mersenne"):
        tinytorch.Generator().set_state(tinytorch.full((5056,), 255, dtype=tinytorch.uint8))


EPOCHS = """
import resource
import numpy as np
from tinytorch.utils.data import DataLoader, Dataset

class Fresh(Dataset):
    def __len__(self):
        return 1280
    def __getitem__(self, index):
        return np.ones((3, 32, 32), np.float32)

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in DataLoader(Fresh(), 128):
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
print(min(faults() for _ in range(3)))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's way with memory")
def test_the_memory_of_samples_is_used_again():
    """It was given back to the system and mapped anew, page by page, in each batch."""
    told = subprocess.run([sys.executable, "-c", EPOCHS], capture_output=True, check=True)
    assert int(told.stdout) < 128

"""utils.data beside PyTorch: stacked and chained datasets, collation, the loader's arguments."""

import collections
import warnings

import numpy as np
import pytest

import tinytorch

torch = pytest.importorskip("torch")
Point = collections.namedtuple("Point", "x y")


def plain(value):
    if isinstance(value, (tinytorch.Tensor, torch.Tensor)):
        return str(value.dtype), value.tolist()
    if isinstance(value, dict):
        return type(value).__name__, {name: plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [plain(item) for item in value]
    return value


def outcome(call, t):
    t.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return plain(call(t, t.utils.data))
        except Exception as error:
            return type(error).__name__


def stream(d, *parts):
    class Stream(d.IterableDataset):
        def __init__(self, *items):
            self.items = items

        def __iter__(self):
            return iter(self.items)

        def __len__(self):
            return len(self.items)

    return [Stream(*items) for items in parts]


def loader(**options):
    return lambda t, d: list(d.DataLoader(range(5), **options))


class Told:
    """As many samples as there are, and another length."""

    def __init__(self, count, told):
        self.count, self.told = count, told

    def __len__(self):
        return self.told

    def __getitem__(self, index):
        if index >= self.count:
            raise IndexError(index)
        return index


def chained(t, d):
    return d.ChainDataset(stream(d, (1, 2), (3,)))


def changed(t, d):
    loader = d.DataLoader(range(5))
    loader.batch_size = 3


CALLS = {
    "stack": lambda t, d: d.StackDataset(range(3), [4, 5, 6])[1],
    "stack by name": lambda t, d: d.StackDataset(a=range(3), b=[4, 5, 6])[-1],
    "stack at once": lambda t, d: d.StackDataset(a=range(3), b=[4, 5, 6]).__getitems__([0, 2]),
    "stack length": lambda t, d: len(d.StackDataset(range(3))),
    "stack in batches": lambda t, d: list(d.DataLoader(d.StackDataset(range(3), "abc"), 2)),
    "stack of both": lambda t, d: d.StackDataset(range(3), b=range(3)),
    "stack of none": lambda t, d: d.StackDataset(),
    "stack of unequal": lambda t, d: d.StackDataset(range(3), range(2)),
    "chain": lambda t, d: [*chained(t, d), len(chained(t, d))],
    "chain in batches": lambda t, d: list(d.DataLoader(chained(t, d), batch_size=2)),
    "chain of lists": lambda t, d: list(d.ChainDataset([[1], [2]])),
    "sum of streams": lambda t, d: list(stream(d, (1,))[0] + stream(d, (2,))[0]),
    "worker": lambda t, d: d.get_worker_info(),
    "collate tensors": lambda t, d: d.default_collate([t.ones(2), t.zeros(2)]),
    "collate halves": lambda t, d: d.default_collate([t.ones(2, dtype=t.float16)] * 2),
    "collate numbers": lambda t, d: [d.default_collate(b) for b in ([1, 2], [1.5], [True])],
    "collate numpy": lambda t, d: d.default_collate([np.ones(2, "f4"), np.zeros(2, "f4")]),
    "collate numpy numbers": lambda t, d: d.default_collate([np.float32(1), np.float32(2)]),
    "collate numpy text": lambda t, d: d.default_collate([np.str_("a"), np.str_("b")]),
    "collate text array": lambda t, d: d.default_collate([np.array("a")]),
    "collate text": lambda t, d: d.default_collate(["a", "b"]),
    "collate nested": lambda t, d: d.default_collate([{"a": (1, [2.0])}, {"a": (3, [4.0])}]),
    "collate named": lambda t, d: d.default_collate([Point(1, 2), Point(3, 4)]),
    "collate unequal": lambda t, d: d.default_collate([[1], [1, 2]]),
    "collate shapes": lambda t, d: d.default_collate([t.ones(2), t.ones(3)]),
    "collate objects": lambda t, d: d.default_collate([object()]),
    "collate None": lambda t, d: d.default_collate([None]),
    "convert": lambda t, d: d.default_convert({"a": np.ones(2), "b": (1, "x"), "c": [np.ones(1)]}),
    "convert named": lambda t, d: d.default_convert(Point(np.ones(1), 2)),
    "loader": loader(batch_size=2, shuffle=True),
    "loader without batches": loader(batch_size=None),
    "timeout": loader(timeout=-1),
    "workers": loader(num_workers=-1),
    "prefetch": loader(prefetch_factor=2),
    "persistent": loader(persistent_workers=True),
    "context": loader(multiprocessing_context="fork"),
    "batch_sampler and batch_size": loader(batch_sampler=[[0]], batch_size=2),
    "sampler and shuffle": loader(sampler=[0], shuffle=True),
    "drop_last without batches": loader(batch_size=None, drop_last=True),
    "no indices": loader(batch_sampler=[1, 2]),
    "an empty batch": loader(batch_sampler=[[]]),
    "indices outside": loader(batch_sampler=[[9]]),
    "batch of size 0": loader(batch_size=0),
    "batch of size True": loader(batch_size=True),
    "waiting without workers": loader(timeout=1),
    "collate one tensor": lambda t, d: d.default_collate(t.ones(2, 2)),
    "collate nothing": lambda t, d: d.default_collate([]),
    "stream without iter": lambda t, d: d.IterableDataset(),
    "too long": lambda t, d: list(d.DataLoader(Told(3, 6), 2)),
    "too short": lambda t, d: list(d.DataLoader(Told(9, 4), 3)),
    "of a negative length": lambda t, d: list(d.DataLoader(Told(3, -1), 3)),
    "changed": changed,
    "seed after": lambda t, d: [list(d.DataLoader(range(3))), t.rand(1)],
}


@pytest.mark.parametrize("name", CALLS)
def test_as_pytorch(name):
    assert outcome(CALLS[name], tinytorch) == outcome(CALLS[name], torch)

"""Datasets and loaders: shuffling, collating, splitting, sampling, order by seed."""

import numpy as np
import torch
from torch.utils.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    Subset,
    TensorDataset,
    random_split,
)


class Squares(Dataset):
    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return np.float32(i), {"square": i * i, "name": f"n{i}"}


class Stream(IterableDataset):
    def __iter__(self):
        yield from range(5)


torch.manual_seed(123)
loader = DataLoader(Squares(7), batch_size=3, shuffle=True)
print(len(loader), len(loader.dataset))
for x, info in loader:
    print(x, x.dtype, info)
print([b.tolist() for b in DataLoader(Stream(), batch_size=2)])
a, b = random_split(range(10), [0.7, 0.3])
print(list(a), list(b), a.indices)
print(list(RandomSampler(range(6), generator=torch.Generator().manual_seed(5))))
print(list(RandomSampler(range(6), replacement=True, num_samples=4)))
print(list(BatchSampler(SequentialSampler(range(7)), batch_size=3, drop_last=True)))
both = ConcatDataset([TensorDataset(torch.arange(3)), TensorDataset(torch.arange(10, 12))])
print(len(both), both[3], [t.tolist() for (t,) in DataLoader(both, batch_size=4)])


def pad(batch):
    return torch.nn.utils.rnn.pad_sequence([torch.ones(n) for n in batch], batch_first=True)


print(next(iter(DataLoader([1, 3, 2], batch_size=3, collate_fn=pad))))
g = torch.Generator()
g.manual_seed(0)
loader = DataLoader(Subset(range(100), range(20, 30)), batch_size=4, shuffle=True, generator=g)
for _ in range(2):
    print([batch.tolist() for batch in loader])
print(torch.rand(1), g.initial_seed())
for i, (x, y) in enumerate(
    DataLoader(TensorDataset(torch.eye(3), torch.arange(3)), batch_size=None)
):
    print(i, x, y)

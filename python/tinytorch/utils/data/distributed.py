"""The share of one of several processes: DistributedSampler."""

import math
from collections.abc import Iterator
from typing import Any

from tinytorch import _C, dataloader
from tinytorch.utils.data.sampler import Sampler

__all__ = ["DistributedSampler"]


class DistributedSampler(Sampler[Any]):
    """Every num_replicas-th index of one order, from `rank` on: processes share out an epoch.

    The order is that of seed + epoch, the same in all of them; `set_epoch` before each epoch gives
    another. Indices from the beginning make the shares equal, or with drop_last some are left out.
    Raises ValueError for a rank outside [0, num_replicas).
    Source: torch.utils.data.DistributedSampler
    """

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            from tinytorch import distributed

            num_replicas = distributed.get_world_size() if num_replicas is None else num_replicas
            rank = distributed.get_rank() if rank is None else rank
        if rank >= num_replicas or rank < 0:
            raise ValueError(
                f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]"
            )
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        left_out = num_replicas if drop_last and len(dataset) % num_replicas else 0
        self.num_samples = math.ceil((len(dataset) - left_out) / num_replicas)
        self.total_size = self.num_samples * num_replicas
        self.shuffle = shuffle
        self.seed = seed

    def __iter__(self) -> Iterator[Any]:
        order = list(range(len(self.dataset)))
        if self.shuffle:
            generator = _C.Generator()
            generator.manual_seed(self.seed + self.epoch)
            order = dataloader.permutation(len(order), generator).tolist()
        if not self.drop_last and order:
            order *= math.ceil(self.total_size / len(order))
        return iter(order[: self.total_size][self.rank :: self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """The epoch whose order the next iteration has."""
        self.epoch = epoch

"""Datasets and the loader that makes batches of them: torch.utils.data.

dataset      samples by index, or in a stream
sampler      the order in which an epoch visits them
distributed  the share of one of several processes
dataloader   batches, in this process or made ahead by workers
"""

from tinytorch.utils.data._utils.fetch import _DatasetKind as _DatasetKind
from tinytorch.utils.data._utils.worker import WorkerInfo as WorkerInfo
from tinytorch.utils.data.dataloader import DataLoader as DataLoader
from tinytorch.utils.data.dataloader import default_collate as default_collate
from tinytorch.utils.data.dataloader import default_convert as default_convert
from tinytorch.utils.data.dataloader import get_worker_info as get_worker_info
from tinytorch.utils.data.dataset import ChainDataset as ChainDataset
from tinytorch.utils.data.dataset import ConcatDataset as ConcatDataset
from tinytorch.utils.data.dataset import Dataset as Dataset
from tinytorch.utils.data.dataset import IterableDataset as IterableDataset
from tinytorch.utils.data.dataset import StackDataset as StackDataset
from tinytorch.utils.data.dataset import Subset as Subset
from tinytorch.utils.data.dataset import TensorDataset as TensorDataset
from tinytorch.utils.data.dataset import random_split as random_split
from tinytorch.utils.data.distributed import DistributedSampler as DistributedSampler
from tinytorch.utils.data.sampler import BatchSampler as BatchSampler
from tinytorch.utils.data.sampler import RandomSampler as RandomSampler
from tinytorch.utils.data.sampler import Sampler as Sampler
from tinytorch.utils.data.sampler import SequentialSampler as SequentialSampler
from tinytorch.utils.data.sampler import SubsetRandomSampler as SubsetRandomSampler
from tinytorch.utils.data.sampler import WeightedRandomSampler as WeightedRandomSampler

__all__ = [
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "DistributedSampler",
    "IterableDataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "StackDataset",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "default_collate",
    "default_convert",
    "get_worker_info",
    "random_split",
]

"""Wrappers that spread a module over devices: here there is one, and they call the module."""

from tinytorch.nn.parallel.data_parallel import DataParallel as DataParallel
from tinytorch.nn.parallel.data_parallel import data_parallel as data_parallel
from tinytorch.nn.parallel.distributed import DistributedDataParallel as DistributedDataParallel

"""The unit dataloader: order and images in C++; indices, collation and results in Python.

Functions of arrays, with nothing of gradients; `tinytorch.utils.data` is made of them.
"""

from tinytorch import _C
from tinytorch.dataloader.batching import batches as batches
from tinytorch.dataloader.collating import collate as collate
from tinytorch.dataloader.fetching import fetch as fetch
from tinytorch.dataloader.ordering import in_order as in_order

permutation = _C.dataloader.permutation
gather = _C.dataloader.gather
crop = _C.dataloader.crop
normalize = _C.dataloader.normalize
to_float = _C.dataloader.to_float
draw = _C.dataloader.draw

__all__ = [
    "batches",
    "collate",
    "crop",
    "draw",
    "fetch",
    "gather",
    "in_order",
    "normalize",
    "permutation",
    "to_float",
]

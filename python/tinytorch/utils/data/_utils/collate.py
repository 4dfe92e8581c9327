"""default_collate and default_convert, and the table of what joins samples of each type."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tinytorch import _C, _creation, dataloader
from tinytorch._C import Tensor
from tinytorch._dtype import float64
from tinytorch.dataloader.collating import cannot_collate, rebuilt

np_str_obj_array_pattern = re.compile(r"[SaUO]")
default_collate_err_msg_format = cannot_collate("{}")

Table = Mapping[Any, Callable[..., Any]]


def collate(batch: Any, *, collate_fn_map: Table | None = None) -> Any:
    """`default_collate` with a table of one's own: type -> f(samples, collate_fn_map=table).

    Source: torch.utils.data._utils.collate.collate
    """

    def joiner_of(sample: Any) -> Callable[[Any], Any] | None:
        if collate_fn_map is None:
            return None
        join = collate_fn_map.get(type(sample))
        if join is None:
            for kind, candidate in collate_fn_map.items():
                if isinstance(sample, kind):
                    join = candidate
                    break
            else:
                return None
        chosen = join
        return lambda samples: chosen(samples, collate_fn_map=collate_fn_map)

    return dataloader.collate(batch, joiner_of)


def collate_tensor_fn(batch: Any, *, collate_fn_map: Table | None = None) -> Any:
    joined = _C.stack(batch, 0)
    if getattr(joined, "requires_grad", False):
        _refuse_in_a_worker()
    return joined


def _refuse_in_a_worker() -> None:
    """What a worker's tensors were computed from stays behind with it: no gradient would flow."""
    from tinytorch.utils.data._utils.worker import get_worker_info

    if get_worker_info() is not None:
        raise RuntimeError(
            "default_collate: tensors that require grad cannot be joined in a worker; use "
            "tensor.detach(), or num_workers=0"
        )


def collate_numpy_array_fn(batch: Any, *, collate_fn_map: Table | None = None) -> Any:
    first = batch[0]
    if np_str_obj_array_pattern.search(first.dtype.str) is not None:
        raise TypeError(cannot_collate(first.dtype))
    return collate([_creation.as_tensor(array) for array in batch], collate_fn_map=collate_fn_map)


def collate_numpy_scalar_fn(batch: Any, *, collate_fn_map: Table | None = None) -> Any:
    return _creation.as_tensor(np.stack(batch))


def collate_float_fn(batch: Any, *, collate_fn_map: Table | None = None) -> Any:
    return _creation.tensor(list(batch), dtype=float64)


def collate_int_fn(batch: Any, *, collate_fn_map: Table | None = None) -> Any:
    return _creation.tensor(list(batch))


def collate_str_fn(batch: Any, *, collate_fn_map: Table | None = None) -> Any:
    return batch


default_collate_fn_map: dict[Any, Callable[..., Any]] = {
    Tensor: collate_tensor_fn,
    np.ndarray: collate_numpy_array_fn,
    (np.bool_, np.number, np.object_): collate_numpy_scalar_fn,
    float: collate_float_fn,
    int: collate_int_fn,
    str: collate_str_fn,
    bytes: collate_str_fn,
}


def default_collate(batch: Any) -> Any:
    """A list of samples -> one sample of batches, as deep as the samples are.

    Tensors and arrays are stacked, numbers become a tensor, strings stay as they are; tuples become
    lists, other containers stay of their type.
    Raises RuntimeError for sequences of unequal length, TypeError for other samples.
    Source: torch.utils.data.default_collate
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


def default_convert(data: Any) -> Any:
    """A sample with its numpy arrays as tensors.  Source: torch.utils.data.default_convert"""
    if isinstance(data, Tensor):
        return data
    if isinstance(data, (np.ndarray, np.generic)) and not isinstance(data, (str, bytes)):
        if np_str_obj_array_pattern.search(data.dtype.str) is not None:
            return data
        return _creation.as_tensor(data)
    if isinstance(data, Mapping):
        return rebuilt(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return rebuilt(data, [default_convert(value) for value in data])
    return data

"""Tensors in groups of one device and dtype, as optimizers take them for the _foreach functions."""

from typing import Any

from tinytorch._device import device

Group = tuple[list[list[Any]], list[int]]


def _get_foreach_kernels_supported_devices() -> list[str]:
    return ["cuda", "xpu", "mtia"]


def _get_fused_kernels_supported_devices() -> list[str]:
    return ["mps", "cuda", "xpu", "hpu", "cpu", "mtia"]


def _group_tensors_by_device_and_dtype(
    tensorlistlist: list[list[Any]], with_indices: bool = False
) -> dict[tuple[device, Any], Group]:
    """{(device, dtype): (the same lists with these tensors only, where they stood)}.

    The first list says which tensors go together.
    Source: torch.utils._foreach_utils._group_tensors_by_device_and_dtype
    """
    groups: dict[tuple[device, Any], Group] = {}
    for place, first in enumerate(tensorlistlist[0]):
        lists, places = groups.setdefault(
            (first.device, first.dtype), ([[] for _ in tensorlistlist], [])
        )
        for those, given in zip(lists, tensorlistlist, strict=True):
            if given:
                those.append(given[place])
        if with_indices:
            places.append(place)
    return groups


def _device_has_foreach_support(device: device) -> bool:
    return device.type in (*_get_foreach_kernels_supported_devices(), "cpu")


def _has_foreach_support(tensors: list[Any], device: device) -> bool:
    return _device_has_foreach_support(device)

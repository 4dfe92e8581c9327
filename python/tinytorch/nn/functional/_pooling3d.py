"""Pooling of volumes: over rows and columns of each layer first, then over layers."""

from typing import Any

from tinytorch import _C
from tinytorch._C import Tensor
from tinytorch.nn.functional._convolution import three
from tinytorch.nn.functional._sizes import output_sizes


def _volumes(name: str, x: Any) -> Any:
    """(N, C D, H, W) of (N, C, D, H, W) or (C, D, H, W), and the sizes."""
    if x.dim() not in (4, 5):
        raise RuntimeError(f"{name}(): Expected 4D or 5D tensor, but got {list(x.shape)}")
    if not x.is_floating_point():
        raise NotImplementedError(f"{name}: expected a floating dtype, got {x.dtype}")
    shape = x.shape if x.dim() == 5 else (1, *x.shape)
    return x.reshape(shape[0], shape[1] * shape[2], *shape[3:]), shape


def _window(size: Any, stride: Any, padding: Any, dilation: Any) -> list[tuple[int, ...]]:
    stride = size if stride is None or stride == [] or stride == () else stride
    return [
        three("kernel_size", size),
        three("stride", stride),
        three("padding", padding),
        three("dilation", dilation),
    ]


def max_pool3d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest of every window.  input: (N, C, D, H, W) or (C, D, H, W).

    With return_indices also where it stood in its volume, int64.
    Raises RuntimeError where sizes do not fit.  Source: torch.nn.functional.max_pool3d
    """
    layers, (batch, channels, depth, rows, columns) = _volumes("max_pool3d", input)
    window = _window(kernel_size, stride, padding, dilation)
    pool: Any = _C._max_pool2d
    flat, within = pool(layers, *[w[1:] for w in window], ceil_mode)
    p, q = flat.shape[2:]
    stacked = flat.reshape(batch, channels, depth, p * q)
    along = [(w[0], other) for w, other in zip(window, (1, 1, 0, 1), strict=True)]
    y, layer = pool(stacked, *along, ceil_mode)
    lead = input.shape[:-3]
    y = y.reshape(*lead, y.shape[2], p, q)
    if not return_indices:
        return y
    within = within.reshape(batch, channels, depth * p * q)
    places = within.gather(2, layer.flatten(2)) + layer.flatten(2) // (p * q) * (rows * columns)
    return y, places.reshape(y.shape)


def max_pool3d_with_indices(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """max_pool3d with return_indices.  Source: torch.nn.functional.max_pool3d_with_indices"""
    return max_pool3d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


def avg_pool3d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of every window.  input: (N, C, D, H, W) or (C, D, H, W).

    Otherwise as avg_pool2d.  Source: torch.nn.functional.avg_pool3d
    """
    layers, (batch, channels, depth, *_) = _volumes("avg_pool3d", input)
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    size, step, around, _ = _window(kernel_size, stride, padding, 1)
    sums = 0 if divisor_override is None else 1
    flat: Any = _C._avg_pool2d(
        layers, size[1:], step[1:], around[1:], ceil_mode, count_include_pad, sums
    )
    p, q = flat.shape[2:]
    stacked = flat.reshape(batch, channels, depth, p * q)
    y: Any = _C._avg_pool2d(
        stacked, (size[0], 1), (step[0], 1), (around[0], 0), ceil_mode, count_include_pad, sums
    )
    y = y.reshape(*input.shape[:-3], y.shape[2], p, q)
    return y if divisor_override is None else y / divisor_override  # type: ignore[no-any-return]


def adaptive_avg_pool3d(input: Any, output_size: Any) -> Tensor:
    """The means of `output_size` equal parts of each volume; None keeps a size.

    input: (N, C, D, H, W) or (C, D, H, W).  Source: torch.nn.functional.adaptive_avg_pool3d
    """
    sizes = output_sizes("adaptive_avg_pool3d", output_size, input, 3)
    layers, (batch, channels, depth, *_) = _volumes("adaptive_avg_pool3d", input)
    flat: Any = _C._adaptive_avg_pool2d(layers, *sizes[1:])
    area = sizes[1] * sizes[2]
    if area == 0:
        return input.new_zeros((*input.shape[:-3], *sizes))  # type: ignore[no-any-return]
    stacked = flat.reshape(batch, channels, depth, area)
    y: Any = _C._adaptive_avg_pool2d(stacked, sizes[0], area)
    return y.reshape(*input.shape[:-3], *sizes)  # type: ignore[no-any-return]

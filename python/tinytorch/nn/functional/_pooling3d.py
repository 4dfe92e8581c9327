"""Pooling of volumes: over rows and columns of each layer first, then over layers."""

from typing import Any

from tinytorch import _C
from tinytorch._C import Tensor
from tinytorch.nn.functional._convolution import three
from tinytorch.nn.functional._pooling import adaptive_max_pool2d
from tinytorch.nn.functional._sizes import check_tensors, output_sizes


def _volumes(name: str, x: Any) -> Any:
    """(N, C D, H, W) of (N, C, D, H, W) or (C, D, H, W), and the sizes."""
    check_tensors(name, x)
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


def lp_pool3d(
    input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Tensor:
    """The p-norm of every window, p = norm_type.  Source: torch.nn.functional.lp_pool3d"""
    layers, rows, columns = three("kernel_size", kernel_size)
    mean: Any = avg_pool3d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    powers = mean.sign() * mean.abs().relu() * (layers * rows * columns)
    return powers.pow(1.0 / norm_type)  # type: ignore[no-any-return]


def adaptive_max_pool3d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The largest of `output_size` equal parts of each volume; None keeps a size.

    input: (N, C, D, H, W) or (C, D, H, W).  With return_indices also where it stood in its volume.
    Source: torch.nn.functional.adaptive_max_pool3d
    """
    sizes = output_sizes("adaptive_max_pool3d", output_size, input, 3)
    layers, (batch, channels, depth, rows, columns) = _volumes("adaptive_max_pool3d", input)
    flat: Any
    flat, within = adaptive_max_pool2d(layers, sizes[1:], True)
    area = sizes[1] * sizes[2]
    y, layer = adaptive_max_pool2d(
        flat.reshape(batch, channels, depth, area), (sizes[0], area), True
    )
    y = y.reshape(*input.shape[:-3], *sizes)
    if not return_indices:
        return y
    within, layer = within.reshape(batch, channels, depth * area), layer.flatten(2)
    places = within.gather(2, layer) + layer // max(area, 1) * (rows * columns)
    return y, places.reshape(y.shape)


def adaptive_max_pool3d_with_indices(
    input: Any, output_size: Any, return_indices: bool = False
) -> Any:
    """adaptive_max_pool3d with return_indices.

    Source: torch.nn.functional.adaptive_max_pool3d_with_indices
    """
    return adaptive_max_pool3d(input, output_size, True)


def max_unpool3d(
    input: Any,
    indices: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
) -> Tensor:
    """Zeros, with `input` where max_pool3d found it.  Source: torch.nn.functional.max_unpool3d

    Raises RuntimeError for an index outside the result, ValueError for an impossible output_size.
    """
    size, step, around, _ = _window(kernel_size, stride, padding, 1)
    if str(indices.dtype) != "torch.int64":
        raise RuntimeError(f"elements in indices should be type int64 but got: {indices.dtype}")
    if indices.shape != input.shape:
        raise RuntimeError(
            "Expected shape of indices to be same as that of the input tensor "
            f"({list(input.shape)}) but got indices tensor with shape: {list(indices.shape)}"
        )
    _volumes("max_unpool3d", input)
    places = zip(input.shape[-3:], step, size, around, strict=True)
    default = [(n - 1) * s + k - 2 * p for n, s, k, p in places]
    shape = default if output_size is None else list(output_size)[-3:]
    if len(shape) != 3 or any(
        not d - s < n < d + s for n, d, s in zip(shape, default, step, strict=True)
    ):
        raise ValueError(
            f"invalid output_size {output_size} for max_unpool3d, expected about {default}"
        )
    lead = input.shape[:-3]
    count = shape[0] * shape[1] * shape[2]
    flat = indices.flatten(-3)
    if flat.numel() and not (int(flat.min()) >= 0 and int(flat.max()) < count):
        raise RuntimeError(f"Found an invalid max index: expected indices within {shape}")
    y = input.new_zeros((*lead, count)).scatter(-1, flat, input.flatten(-3))
    return y.reshape(*lead, *shape)  # type: ignore[no-any-return]

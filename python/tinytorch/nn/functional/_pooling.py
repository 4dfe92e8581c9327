"""Pooling: the largest or the mean of every neighbourhood of a line or a picture."""

from typing import Any

from tinytorch import _C
from tinytorch._C import Tensor
from tinytorch._dtype import bool as _bool
from tinytorch.nn.functional._sizes import as_pictures, check_tensors, numbers, output_sizes


def max_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest of every `kernel_size` neighbours.  input: (N, C, L) or (C, L).

    With return_indices also where it stood, int64; of equals, the first.
    Raises RuntimeError where sizes do not fit.  Source: torch.nn.functional.max_pool1d
    """
    check_tensors("max_pool1d", input)
    if not (return_indices or input.is_floating_point()):
        raise NotImplementedError(f"max_pool1d: expected a floating dtype, got {input.dtype}")
    return _max_pool(
        "max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices
    )


def max_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest of every window.  input: (N, C, H, W) or (C, H, W).

    stride: as kernel_size unless given.  Padding never wins.  With return_indices also where it
    stood in its plane, row * W + column, int64; of equals, the first.
    Raises RuntimeError where sizes do not fit.  Source: torch.nn.functional.max_pool2d
    """
    return _max_pool(
        "max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices
    )


def max_pool1d_with_indices(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """max_pool1d with return_indices.  Source: torch.nn.functional.max_pool1d_with_indices"""
    return max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


def max_pool2d_with_indices(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """max_pool2d with return_indices.  Source: torch.nn.functional.max_pool2d_with_indices"""
    return max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


def _max_pool(
    name: str, dims: int, x: Any, size: Any, stride: Any, padding: Any, dilation: Any,
    ceil_mode: bool, return_indices: bool,
) -> Any:  # fmt: skip
    pictures, back = as_pictures(name, x, dims)
    stride = size if stride is None or stride == [] or stride == () else stride
    size = numbers(name, "kernel_size", size, dims, 1)
    stride = numbers(name, "stride", stride, dims, 1)
    padding = numbers(name, "padding", padding, dims, 0)
    dilation = numbers(name, "dilation", dilation, dims, 1)
    if x.is_floating_point():
        y, places = _C._max_pool2d(
            pictures, size, stride, padding, dilation, ceil_mode, return_indices
        )
    else:
        y, places = _max_pool_of_integers(pictures, size, stride, padding, dilation, ceil_mode)
    return (back(y), back(places)) if return_indices else back(y)


def _max_pool_of_integers(x: Any, *window: Any) -> Any:
    """The maxima of doubles, and the integers at their places."""
    if x.dtype is _bool or (x.numel() and float(x.double().abs().max()) >= 2.0**53):
        raise NotImplementedError(
            f"max_pool2d: expected a floating dtype or integers below 2^53, got {x.dtype}"
        )
    pool: Any = _C._max_pool2d
    _, places = pool(x.double(), *window, True)
    return x.flatten(2).gather(2, places.flatten(2)).reshape(places.shape), places


def avg_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of every `kernel_size` neighbours.  input: (N, C, L) or (C, L).

    Source: torch.nn.functional.avg_pool1d
    """
    return _avg_pool(
        "avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None
    )


def avg_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of every window.  input: (N, C, H, W) or (C, H, W).

    Sums are divided by the window's size, or without count_include_pad by the number of its places
    inside the picture, or by divisor_override.
    Raises RuntimeError where sizes do not fit.  Source: torch.nn.functional.avg_pool2d
    """
    return _avg_pool(
        "avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad,
        divisor_override,
    )  # fmt: skip


def _avg_pool(
    name: str, dims: int, x: Any, size: Any, stride: Any, padding: Any, ceil_mode: bool,
    count_include_pad: bool, divisor: int | None,
) -> Tensor:  # fmt: skip
    pictures, back = as_pictures(name, x, dims)
    if not x.is_floating_point():
        raise NotImplementedError(f"{name}: expected a floating dtype, got {x.dtype}")
    if divisor == 0:
        raise RuntimeError("divisor must be not zero")
    stride = size if stride is None or stride == [] or stride == () else stride
    size = numbers(name, "kernel_size", size, dims, 1)
    return back(  # type: ignore[no-any-return]
        _C._avg_pool2d(
            pictures, size, numbers(name, "stride", stride, dims, 1),
            numbers(name, "padding", padding, dims, 0), ceil_mode, count_include_pad, divisor or 0,
        )
    )  # fmt: skip


def adaptive_avg_pool1d(input: Any, output_size: Any) -> Tensor:
    """The means of `output_size` equal parts, which share borders.  input: (N, C, L) or (C, L).

    Source: torch.nn.functional.adaptive_avg_pool1d
    """
    (columns,) = output_sizes("adaptive_avg_pool1d", output_size, input, 1)
    pictures, back = as_pictures("adaptive_avg_pool1d", input, 1)
    return back(_C._adaptive_avg_pool2d(pictures, 1, columns))  # type: ignore[no-any-return]


def adaptive_avg_pool2d(input: Any, output_size: Any) -> Tensor:
    """The means of `output_size` equal parts of each picture; None keeps a size.

    input: (N, C, H, W) or (C, H, W).  Source: torch.nn.functional.adaptive_avg_pool2d
    """
    sizes = output_sizes("adaptive_avg_pool2d", output_size, input, 2)
    pictures, back = as_pictures("adaptive_avg_pool2d", input, 2)
    return back(_C._adaptive_avg_pool2d(pictures, *sizes))  # type: ignore[no-any-return]


def adaptive_max_pool1d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The largest of `output_size` equal parts, and with return_indices where it stood.

    input: (N, C, L) or (C, L).  Source: torch.nn.functional.adaptive_max_pool1d
    """
    (columns,) = output_sizes("adaptive_max_pool1d", output_size, input, 1)
    pictures, back = as_pictures("adaptive_max_pool1d", input, 1)
    y, places = _C._adaptive_max_pool2d(pictures, 1, columns, return_indices)
    return (back(y), back(places)) if return_indices else back(y)


def adaptive_max_pool2d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The largest of `output_size` equal parts of each picture; None keeps a size.

    input: (N, C, H, W) or (C, H, W).  With return_indices also row * W + column of each, int64.
    Source: torch.nn.functional.adaptive_max_pool2d
    """
    sizes = output_sizes("adaptive_max_pool2d", output_size, input, 2)
    pictures, back = as_pictures("adaptive_max_pool2d", input, 2)
    rows, columns = sizes
    y, places = _C._adaptive_max_pool2d(pictures, rows, columns, return_indices)
    return (back(y), back(places)) if return_indices else back(y)


def adaptive_max_pool1d_with_indices(
    input: Any, output_size: Any, return_indices: bool = False
) -> Any:
    """adaptive_max_pool1d with return_indices."""
    return adaptive_max_pool1d(input, output_size, True)


def adaptive_max_pool2d_with_indices(
    input: Any, output_size: Any, return_indices: bool = False
) -> Any:
    """adaptive_max_pool2d with return_indices."""
    return adaptive_max_pool2d(input, output_size, True)


def lp_pool1d(
    input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Tensor:
    """The p-norm of every window, p = norm_type.  Source: torch.nn.functional.lp_pool1d"""
    (size,) = numbers("lp_pool1d", "kernel_size", kernel_size, 1, 1)[1:]
    mean: Any = avg_pool1d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    return _root(mean, size, norm_type)


def lp_pool2d(
    input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Tensor:
    """The p-norm of every window, p = norm_type.  Source: torch.nn.functional.lp_pool2d"""
    rows, columns = numbers("lp_pool2d", "kernel_size", kernel_size, 2, 1)
    mean: Any = avg_pool2d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    return _root(mean, rows * columns, norm_type)


def _root(mean: Any, count: int, norm_type: float) -> Tensor:
    powers = mean.sign() * mean.abs().relu() * count
    return powers.pow(1.0 / norm_type)  # type: ignore[no-any-return]


def max_unpool1d(
    input: Any,
    indices: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
) -> Tensor:
    """Zeros, with `input` where max_pool1d found it.  Source: torch.nn.functional.max_unpool1d"""
    return _max_unpool("max_unpool1d", 1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Any,
    indices: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
) -> Tensor:
    """Zeros, with `input` where max_pool2d found it.  Source: torch.nn.functional.max_unpool2d

    Raises RuntimeError for an index outside the result, ValueError for an impossible output_size.
    """
    return _max_unpool("max_unpool2d", 2, input, indices, kernel_size, stride, padding, output_size)


def _max_unpool(
    name: str, dims: int, x: Any, indices: Any, size: Any, stride: Any, padding: Any,
    output_size: Any,
) -> Tensor:  # fmt: skip
    kernel = numbers(name, "kernel_size", size, dims, 1)[2 - dims :]
    stride = kernel if stride is None or stride == [] else stride
    step = numbers(name, "stride", stride, dims, 1)[2 - dims :]
    around = numbers(name, "padding", padding, dims, 0)[2 - dims :]
    check_tensors(name, x, indices=indices)
    if str(indices.dtype) != "torch.int64":
        raise RuntimeError(f"elements in indices should be type int64 but got: {indices.dtype}")
    if indices.shape != x.shape:
        raise RuntimeError(
            f"Expected shape of indices to be same as that of the input tensor ({list(x.shape)}) "
            f"but got indices tensor with shape: {list(indices.shape)}"
        )
    as_pictures(name, x, dims)
    places = x.shape[-dims:]
    default = [
        (n - 1) * s + k - 2 * p for n, s, k, p in zip(places, step, kernel, around, strict=True)
    ]
    shape = default
    if output_size is not None:
        shape = list(output_size)[-dims:]
        if len(output_size) not in (dims, x.dim()):
            raise ValueError(
                f"output_size should be a sequence containing {dims} or {dims + 2} elements, but "
                f"it has a length of '{len(output_size)}'"
            )
        for d in range(dims):
            low, high = default[d] - step[d], default[d] + step[d]
            if not low < shape[d] < high:
                raise ValueError(
                    f"invalid output_size {shape} (dim {d} must be between {low} and {high})"
                )
    area = 1
    for n in shape:
        area *= n
    flat = indices.flatten(-dims)
    if indices.numel() and not (int(indices.min()) >= 0 and int(indices.max()) < area):
        raise RuntimeError(f"{name}: found an invalid max index for an output of size {shape}")
    zeros = x.detach().new_zeros((*x.shape[:-dims], area))
    y: Any = zeros.scatter(-1, flat, x.flatten(-dims))
    return y.reshape(*x.shape[:-dims], *shape)  # type: ignore[no-any-return]

"""Convolution: the same window of weights at every place of a line, a picture or a volume."""

import warnings
from typing import Any

from tinytorch import _C
from tinytorch._C import Tensor
from tinytorch.nn.functional._padding import pad
from tinytorch.nn.functional._sizes import check_tensors

Sizes = int | tuple[int, ...] | list[int]


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """y[n, k, p] = bias[k] + sum_{c, s} x[n, c, p stride - padding + s dilation] weight[k, c, s].

    input x: (N, C, L) or (C, L).  weight: (K, C / groups, S).  bias: (K,).  Returns (N, K, P) or
    (K, P).  padding: a number, "valid" for none, "same" for as many places as input has.
    Raises RuntimeError where sizes or dtypes do not fit.  Source: torch.nn.functional.conv1d
    """
    return _C.conv1d(input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Every window of `weight` laid over every place of the pictures `input`, and summed up.

    input: (N, C, H, W) or (C, H, W).  weight: (K, C / groups, R, S).  bias: (K,).  Returns
    (N, K, P, Q) or (K, P, Q).  stride, padding and dilation: a number, or one for rows and one for
    columns; padding also "valid" (none) or "same" (P, Q = H, W).
    Raises RuntimeError where sizes or dtypes do not fit.  Source: torch.nn.functional.conv2d
    """
    return _C.conv2d(input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """The gradient of conv1d by its input, as a function: it makes lines longer.

    input: (N, C, L) or (C, L).  weight: (C, K / groups, S).  bias: (K,).  Returns (N, K, M) with
    M = (L - 1) stride - 2 padding + dilation (S - 1) + output_padding + 1.
    Raises RuntimeError where sizes or dtypes do not fit.
    Source: torch.nn.functional.conv_transpose1d
    """
    return _C.conv_transpose1d(
        input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """The gradient of conv2d by its input, as a function: it makes pictures larger.

    input: (N, C, H, W) or (C, H, W).  weight: (C, K / groups, R, S).  bias: (K,).  Sizes as for
    conv_transpose1d.  Source: torch.nn.functional.conv_transpose2d
    """
    return _C.conv_transpose2d(
        input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def conv3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Convolution of volumes: a sum of one conv2d for each layer of the window.

    input: (N, C, D, H, W) or (C, D, H, W).  weight: (K, C / groups, T, R, S).  bias: (K,).
    Raises RuntimeError where sizes or dtypes do not fit.  Source: torch.nn.functional.conv3d
    """
    check_tensors("conv3d", input, weight=weight, bias=bias)
    if weight.dim() != 5 or input.dim() not in (4, 5):
        raise RuntimeError(
            "Expected 4D (unbatched) or 5D (batched) input to conv3d and a weight of 5 dims, but "
            f"got input of size: {list(input.shape)} and weight of size: {list(weight.shape)}"
        )
    if input.dim() == 4:
        whole: Any = conv3d(input.unsqueeze(0), weight, bias, stride, padding, dilation, groups)
        return whole.squeeze(0)  # type: ignore[no-any-return]
    if 0 in input.shape[2:]:
        raise RuntimeError(
            "Only zero batch or zero channel inputs are supported, but got input shape: "
            f"{list(input.shape)}"
        )
    steps, dilations = three("stride", stride), three("dilation", dilation)
    if isinstance(padding, str):
        before, after = _same_padding(padding, weight.shape[2:], steps, dilations)
    else:
        before = after = three("padding", padding)
    if any(p < 0 for p in before):
        raise RuntimeError("negative padding is not supported")
    if any(s <= 0 for s in steps):
        raise RuntimeError("non-positive stride is not supported")
    if any(d <= 0 for d in dilations):
        raise RuntimeError("dilation should be greater than zero")
    lengths = [b for pair in zip(reversed(before), reversed(after), strict=True) for b in pair]
    x: Any = pad(input, lengths) if any(lengths) else input
    depth = dilations[0] * (weight.shape[2] - 1) + 1
    if x.shape[2] < depth:
        raise RuntimeError(
            f"Calculated padded input size per channel: ({' x '.join(map(str, x.shape[2:]))}). "
            f"Kernel size: ({' x '.join(map(str, weight.shape[2:]))}). "
            "Kernel size can't be greater than actual input size"
        )
    layers = (x.shape[2] - depth) // steps[0] + 1
    volumes, y = x.shape[0], None
    for t in range(weight.shape[2]):
        first = t * dilations[0]
        part = x[:, :, first : first + (layers - 1) * steps[0] + 1 : steps[0]].transpose(1, 2)
        term: Any = _C.conv2d(
            part.reshape(volumes * layers, *part.shape[2:]), weight[:, :, t],
            bias if t == 0 else None, steps[1:], 0, dilations[1:], groups,
        )  # fmt: skip
        y = term if y is None else y + term
    if y is None:
        raise RuntimeError("conv3d: expected a kernel size greater than zero")
    y = y.reshape(volumes, layers, *y.shape[1:]).transpose(1, 2)
    return y.contiguous()  # type: ignore[no-any-return]


def conv_transpose3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """The gradient of conv3d by its input: one conv_transpose2d for each layer of the window.

    input: (N, C, D, H, W) or (C, D, H, W).  weight: (C, K / groups, T, R, S).  bias: (K,).  Sizes
    as for conv_transpose1d.  Source: torch.nn.functional.conv_transpose3d
    """
    check_tensors("conv_transpose3d", input, weight=weight, bias=bias)
    if weight.dim() != 5 or input.dim() not in (4, 5):
        raise RuntimeError(
            "Expected 4D (unbatched) or 5D (batched) input to conv_transpose3d and a weight of 5 "
            f"dims, but got input of size: {list(input.shape)} and weight of size: "
            f"{list(weight.shape)}"
        )
    if input.dim() == 4:
        whole: Any = conv_transpose3d(
            input.unsqueeze(0), weight, bias, stride, padding, output_padding, groups, dilation
        )
        return whole.squeeze(0)  # type: ignore[no-any-return]
    steps, dilations = three("stride", stride), three("dilation", dilation)
    around, more = three("padding", padding), three("output_padding", output_padding)
    if any(p < 0 for p in around):
        raise RuntimeError("negative padding is not supported")
    if any(s <= 0 for s in steps):
        raise RuntimeError("non-positive stride is not supported")
    if any(d <= 0 for d in dilations):
        raise RuntimeError("dilation should be greater than zero")
    if more[0] >= max(steps[0], dilations[0]):
        raise RuntimeError(
            "output padding must be smaller than either stride or dilation, but got "
            f"output_padding_depth: {more[0]} output_padding_height: {more[1]} "
            f"output_padding_width: {more[2]} stride_depth: {steps[0]} stride_height: {steps[1]} "
            f"stride_width: {steps[2]} dilation_depth: {dilations[0]} dilation_height: "
            f"{dilations[1]} dilation_width: {dilations[2]}"
        )
    volumes, channels, depth = input.shape[:3]
    layers: Any = input.transpose(1, 2).reshape(volumes * depth, channels, *input.shape[3:])
    reach = (depth - 1) * steps[0] + 1  # from the first to the last layer that one window row makes
    length = reach + dilations[0] * (weight.shape[2] - 1) + more[0]
    y: Any = None
    for t in range(weight.shape[2]):
        term: Any = _C.conv_transpose2d(
            layers, weight[:, :, t], None, steps[1:], around[1:], more[1:], groups, dilations[1:]
        )
        term = term.reshape(volumes, depth, *term.shape[1:]).transpose(1, 2)
        if y is None:
            y = term.new_zeros((*term.shape[:2], length, *term.shape[3:]))
        first = t * dilations[0]
        y[:, :, first : first + reach : steps[0]] += term
    if y is None:
        raise RuntimeError("conv_transpose3d: expected a kernel size greater than zero")
    if length - 2 * around[0] <= 0:
        raise RuntimeError(
            f"conv_transpose3d: padding {around[0]} leaves nothing of {length} layers"
        )
    y = y[:, :, around[0] : length - around[0]]
    if bias is not None:
        y = y + bias.reshape(1, -1, 1, 1, 1)
    return y.contiguous()  # type: ignore[no-any-return]


def three(name: str, given: Any) -> tuple[int, ...]:
    """One number for each of three dims.  Raises RuntimeError for another count."""
    values = (given,) * 3 if isinstance(given, int) else tuple(given)
    values = values * 3 if len(values) == 1 else values
    if len(values) != 3:
        raise RuntimeError(
            f"expected {name} to be a single integer value or a list of 3 values to match the "
            f"convolution dimensions, but got {name}={list(values)}"
        )
    return values


def _same_padding(
    word: str, size: Any, steps: tuple[int, ...], dilations: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if word not in ("same", "valid"):
        raise RuntimeError(f"Invalid padding string: '{word}'")
    if word == "valid":
        return (0,) * 3, (0,) * 3
    if any(s != 1 for s in steps):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    total = [d * (k - 1) for d, k in zip(dilations, size, strict=True)]
    if any(t % 2 for t in total):
        warnings.warn(
            "Using padding='same' with even kernel lengths and odd dilation may require a "
            "zero-padded copy of the input be created",
            stacklevel=3,
        )
    return tuple(t // 2 for t in total), tuple(t - t // 2 for t in total)

"""Convolution, pooling and normalisation where PyTorch has them at its top."""

from typing import Any

from tinytorch import _C
from tinytorch._C import Tensor
from tinytorch.extra._surface import FUNCTIONS, function
from tinytorch.nn import functional as F
from tinytorch.nn.functional._dropout import feature_dropout as _feature_dropout

_AS_THEY_ARE = (
    F.adaptive_avg_pool1d,
    F.avg_pool1d,
    F.channel_shuffle,
    F.conv3d,
    F.pixel_shuffle,
    F.pixel_unshuffle,
)
for _function in _AS_THEY_ARE:
    FUNCTIONS[_function.__name__] = _function


@function
def adaptive_max_pool1d(input: Tensor, output_size: Any) -> Any:
    """The largest of `output_size` equal parts, and where it stood.

    Source: torch.adaptive_max_pool1d
    """
    return F.adaptive_max_pool1d(input, output_size, True)


@function
def max_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = (),
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Any:
    """The largest of every `kernel_size` neighbours.  Source: torch.max_pool1d"""
    return F.max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode)


@function
def max_pool1d_with_indices(
    input: Tensor,
    kernel_size: Any,
    stride: Any = (),
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Any:
    """The largest of every `kernel_size` neighbours, and where it stood.

    Source: torch.max_pool1d_with_indices
    """
    return F.max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


@function
def max_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = (),
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Any:
    """The largest of every window.  Source: torch.max_pool2d"""
    return F.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode)


@function
def max_pool3d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = (),
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Any:
    """The largest of every window of a volume.  Source: torch.max_pool3d"""
    return F.max_pool3d(input, kernel_size, stride, padding, dilation, ceil_mode)


@function
def batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Tensor:
    """(input - mean) / sqrt(var + eps) * weight + bias, for each channel.

    Source: torch.batch_norm
    """
    return _C._batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)


@function
def instance_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Tensor:
    """batch_norm where every picture is a batch of its own.  Source: torch.instance_norm"""
    return F.instance_norm(
        input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps
    )


@function
def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Tensor:
    """Each group of a picture's channels to mean 0 and variance 1.  Source: torch.group_norm"""
    return F.group_norm(input, num_groups, weight, bias, eps)


@function
def feature_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Dropout of whole channels.  input: (N, C, ...).  Source: torch.feature_dropout"""
    return _feature_dropout(input, p, train)


@function
def feature_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """`feature_dropout` in place.  Source: torch.feature_dropout_"""
    return _feature_dropout(input, p, train, inplace=True)


@function
def constant_pad_nd(input: Tensor, pad: Any, value: float = 0) -> Tensor:
    """`value` around the last dims.  Source: torch.constant_pad_nd"""
    return F.pad(input, pad, "constant", value)

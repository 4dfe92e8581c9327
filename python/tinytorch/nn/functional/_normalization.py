"""Normalisation over the batch, over groups of channels, over single channels, across channels."""

from typing import Any

from tinytorch import _C
from tinytorch._C import Tensor
from tinytorch.nn.functional._padding import pad
from tinytorch.nn.functional._sizes import check_tensors


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """(input - mean) / sqrt(var + eps) * weight + bias, for each channel.

    input: (N, C, ...); the others (C,). With `training` mean and var are the batch's, and the
    running ones, if given, move towards them by `momentum`, in place; else the running ones.
    Raises ValueError for one value a channel in training, RuntimeError for sizes that do not fit.
    Source: torch.nn.functional.batch_norm
    """
    check_tensors("batch_norm", input)
    if eps < 0:
        raise ValueError(f"batch_norm eps must be non-negative, but got {eps}")
    if training:
        if (running_mean is None) is not (running_var is None):
            raise ValueError(
                "running_mean and running_var must either both be None or neither be None"
            )
        _check_several_values(input.shape)
        if eps <= 0:
            raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    y: Any = _C._batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)
    # statistics of a half are kept in float32
    return y if y.dtype is input.dtype else y.to(input.dtype)  # type: ignore[no-any-return]


def _check_several_values(shape: Any) -> None:
    values = 1
    for d, size in enumerate(shape):
        values *= size if d != 1 else 1
    if values == 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {shape}"
        )


def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """batch_norm where every picture is a batch of its own.

    input: (N, C, ...); running_mean, running_var, weight, bias: (C,).
    Raises ValueError for one element a channel.  Source: torch.nn.functional.instance_norm
    """
    check_tensors(
        "instance_norm", input, running_mean=running_mean, running_var=running_var, weight=weight,
        bias=bias,
    )  # fmt: skip
    if use_input_stats:
        places = 1
        for size in input.shape[2:]:
            places *= size
        if places == 1:
            raise ValueError(
                f"Expected more than 1 spatial element when training, got input size {input.shape}"
            )
    elif running_mean is None or running_var is None:
        raise RuntimeError(
            "Expected running_mean and running_var to be defined when use_input_stats is false"
        )
    if input.dim() < 2:
        raise RuntimeError(f"instance_norm: expected input (N, C, ...), got {list(input.shape)}")
    pictures, channels = input.shape[:2]
    for name, vector in (("running_mean", running_mean), ("running_var", running_var)):
        if vector is not None and vector.numel() != channels:
            raise RuntimeError(f"{name} should contain {channels} elements not {vector.numel()}")
    kept = [None if v is None else v.detach().repeat(pictures) for v in (running_mean, running_var)]
    repeated = [None if v is None else v.repeat(pictures) for v in (weight, bias)]
    normalize: Any = _C._batch_norm
    y = normalize(
        input.reshape(1, pictures * channels, *input.shape[2:]),
        *repeated, *kept, use_input_stats, momentum, eps,
    )  # fmt: skip
    if use_input_stats and pictures:
        for running, moved in zip((running_mean, running_var), kept, strict=True):
            if running is not None and moved is not None:
                running.detach().copy_(moved.reshape(pictures, channels).mean(0))
    return y.reshape(input.shape)  # type: ignore[no-any-return]


def group_norm(
    input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """Mean 0 and variance 1 within each of `num_groups` groups of a picture's channels.

    input: (N, C, ...).  weight, bias: (C,), applied to each channel.
    Raises RuntimeError where C is no multiple of num_groups, ValueError for groups of one element.
    Source: torch.nn.functional.group_norm
    """
    check_tensors("group_norm", input, weight=weight, bias=bias)
    if input.dim() < 2:
        raise RuntimeError(
            f"Expected at least 2 dimensions for input tensor but received {input.dim()}"
        )
    pictures, channels = input.shape[:2]
    _check_several_values((pictures * channels // num_groups, num_groups, *input.shape[2:]))
    if num_groups < 0 or channels % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of "
            f"shape {list(input.shape)} and num_groups={num_groups}"
        )
    for name, vector in (("weight", weight), ("bias", bias)):
        if vector is not None and tuple(vector.shape) != (channels,):
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, "
                f"but got {name} of shape {list(vector.shape)} and input of shape "
                f"{list(input.shape)}"
            )
        if vector is not None and vector.dtype is not input.dtype and input.itemsize != 2:
            raise RuntimeError(
                f"mixed dtype (CPU): expected {name} of {input.dtype}, got {vector.dtype}"
            )
    if not input.is_floating_point():
        raise NotImplementedError(f"group_norm: expected a floating dtype, got {input.dtype}")
    if input.numel() == 0:
        y: Any = input * 1
    else:
        groups: Any = input.reshape(1, pictures * num_groups, -1)
        y = _C._batch_norm(groups, None, None, None, None, True, 0.0, eps)
        y = y.reshape(input.shape)
    each = (1, channels, *[1] * (input.dim() - 2))
    y = y if weight is None else y * weight.reshape(each)
    y = y if bias is None else y + bias.reshape(each)
    return y.to(input.dtype)  # type: ignore[no-any-return]


def local_response_norm(
    input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """input / (k + alpha mean of squares over `size` neighbouring channels) ** beta.

    input: (N, C, ...) of at least 3 dims.  Krizhevsky et al., 2012.
    Raises ValueError for fewer dims.  Source: torch.nn.functional.local_response_norm
    """
    check_tensors("local_response_norm", input)
    if input.dim() < 3:
        raise ValueError(
            f"Expected 3D or higher dimensionality {' ' * 24}input (got {input.dim()} dimensions)"
        )
    if input.numel() == 0:
        return input  # type: ignore[no-any-return]
    squares: Any = pad((input * input).transpose(1, -1), (size // 2, (size - 1) // 2))
    means = squares.unfold(-1, size, 1).mean(-1).transpose(1, -1)
    return input / (means * alpha + k) ** beta  # type: ignore[no-any-return]

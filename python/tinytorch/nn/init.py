"""Initial values for parameters: small enough not to explode, large enough not to vanish.

fan_in is how many numbers a unit adds up, fan_out how many units its own output goes to. Weights of
variance gain^2 / fan keep the variance of what passes through: Glorot and Bengio, 2010 (xavier); He
and others, 2015 (kaiming). Each function fills its tensor in place, unseen by autograd, and returns
it.
"""

import functools
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from tinytorch import _C, _creation
from tinytorch._C import Tensor
from tinytorch._dtype import int64
from tinytorch._grad_mode import detached, no_grad

_LINEAR = ("linear", *(f"conv{kind}{dims}d" for kind in ("", "_transpose") for dims in (1, 2, 3)))


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """How much the weights before a nonlinearity must grow so that it keeps the variance.

    param: the slope below zero, for "leaky_relu".
    Raises ValueError for another nonlinearity.  Source: torch.nn.init.calculate_gain
    """
    if nonlinearity in _LINEAR or nonlinearity == "sigmoid":
        return 1
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "leaky_relu":
        if isinstance(param, bool) or not isinstance(param, (int, float, type(None))):
            raise ValueError(f"negative_slope {param} not a valid number")
        slope = 0.01 if param is None else param
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity == "selu":
        return 3.0 / 4
    raise ValueError(f"Unsupported nonlinearity {nonlinearity}")


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """Uniform on [a, b).  Source: torch.nn.init.uniform_"""
    with no_grad():
        tensor.uniform_(a, b, generator=generator)
    return tensor


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """Normal.  Source: torch.nn.init.normal_"""
    with no_grad():
        tensor.normal_(mean, std, generator=generator)
    return tensor


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Any = None,
) -> Tensor:
    """Normal, with values outside [a, b] drawn again.  Source: torch.nn.init.trunc_normal_"""
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. "
            "The distribution of values may be incorrect.",
            stacklevel=2,
        )
    share_inside = (
        math.erf((b - mean) / std / math.sqrt(2)) - math.erf((a - mean) / std / math.sqrt(2))
    ) / 2
    redraw = _redraw_normal if share_inside > 0.3 else _redraw_uniform
    with no_grad():
        redraw(tensor, mean, std, a, b, generator)
    return tensor


def _redraw_normal(
    tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Any
) -> None:
    """Draws normal values, all of them again for those outside [a, b], until none is."""
    low = _creation.tensor(a, dtype=tensor.dtype).item()
    high = _creation.tensor(b, dtype=tensor.dtype).item()
    tensor.normal_(mean, std, generator=generator)
    while True:
        outside = (tensor < low) | (tensor > high)
        if not outside.any():
            return
        fresh = _creation.empty_like(tensor).normal_(mean, std, generator=generator)
        tensor.copy_(_C.where(outside, fresh, tensor))


def _redraw_uniform(
    tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Any
) -> None:
    """Draws uniform values and keeps each with the odds of the density: quicker in a tail."""
    peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2
    pending = None
    while pending is None or pending.any():
        candidates = _creation.empty_like(tensor).uniform_(a, b, generator=generator)
        odds = _creation.empty_like(tensor).uniform_(generator=generator).log()
        refused = odds > ((candidates - mean) / std) ** 2 * -0.5 - peak
        if pending is None:
            tensor.copy_(candidates)
            pending = refused
        else:
            tensor.copy_(_C.where(pending, candidates, tensor))
            pending = pending & refused


def constant_(tensor: Tensor, val: float) -> Tensor:
    """The same value everywhere.  Source: torch.nn.init.constant_"""
    with no_grad():
        tensor.fill_(val)
    return tensor


def ones_(tensor: Tensor) -> Tensor:
    """All ones.  Source: torch.nn.init.ones_"""
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """All zeros.  Source: torch.nn.init.zeros_"""
    return constant_(tensor, 0.0)


def eye_(tensor: Tensor) -> Tensor:
    """Ones on the diagonal, zeros elsewhere.  Raises ValueError unless tensor is a matrix.

    Source: torch.nn.init.eye_
    """
    if tensor.dim() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    with no_grad():
        tensor.copy_(_creation.eye(*tensor.shape, dtype=tensor.dtype))
    return tensor


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Kernels that pass their channel on: ones at the middle, zeros elsewhere.

    tensor: (out, in, ...) of 3, 4 or 5 dims, out divisible by groups; ValueError for others.
    Source: torch.nn.init.dirac_
    """
    if tensor.dim() not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    out_channels, in_channels, *kernel = tensor.shape
    if out_channels % groups != 0:
        raise ValueError("dim 0 must be divisible by groups")
    middle = tuple(size // 2 for size in kernel)
    each = out_channels // groups
    with no_grad():
        tensor.zero_()
        for group in range(groups):
            for channel in range(min(each, in_channels)):
                tensor[(group * each + channel, channel, *middle)] = 1
    return tensor


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Any = None) -> Tensor:
    """Rows, or columns where these are fewer, at right angles and of length gain.

    tensor: (rows, ...), the other dims counting as one.  Saxe and others, 2013.
    Raises ValueError for fewer than two dims.  Source: torch.nn.init.orthogonal_
    """
    if tensor.dim() < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0:
        return tensor
    rows = tensor.shape[0]
    flat = _creation.empty((rows, tensor.numel() // rows), dtype=tensor.dtype)
    drawn = detached(flat.normal_(0, 1, generator=generator)).numpy()
    wide = drawn.shape[0] < drawn.shape[1]
    q, r = np.linalg.qr(drawn.T if wide else drawn)
    q = q * np.sign(np.diagonal(r))
    with no_grad():
        tensor.copy_(_creation.tensor(q.T if wide else q).reshape(tuple(tensor.shape)))
        tensor.mul_(gain)
    return tensor


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """Normal, with this share of every column set to zero.  Martens, 2010.

    Raises ValueError unless tensor is a matrix.  Source: torch.nn.init.sparse_
    """
    if tensor.dim() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    with no_grad():
        tensor.normal_(0, std, generator=generator)
        for column in range(columns):
            tensor[_C._randperm(rows, int64, None)[:zeros], column] = 0
    return tensor


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight (out, in, ...): further dimensions are a kernel's extent.

    Raises ValueError for fewer than two dimensions.
    """
    if tensor.dim() < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
        )
    fan_out, fan_in, *kernel = tensor.shape
    return fan_in * math.prod(kernel), fan_out * math.prod(kernel)


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Uniform with variance gain^2 * 2 / (fan_in + fan_out).

    Source: torch.nn.init.xavier_uniform_
    """
    bound = math.sqrt(3.0) * _xavier_std(tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Normal with variance gain^2 * 2 / (fan_in + fan_out).

    Source: torch.nn.init.xavier_normal_
    """
    return normal_(tensor, 0.0, _xavier_std(tensor, gain), generator)


def _xavier_std(tensor: Tensor, gain: float) -> float:
    return gain * math.sqrt(2.0 / float(sum(_calculate_fan_in_and_fan_out(tensor))))


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Tensor:
    """Uniform with variance gain^2 / fan, gain that of a leaky ReLU of slope a, or of nonlinearity.

    mode: "fan_in" keeps variances on the way forward, "fan_out" backward.
    Raises ValueError for another mode.  Source: torch.nn.init.kaiming_uniform_
    """
    if _is_empty(tensor):
        return tensor
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Tensor:
    """Normal with variance gain^2 / fan; arguments as `kaiming_uniform_`.

    Source: torch.nn.init.kaiming_normal_
    """
    if _is_empty(tensor):
        return tensor
    return normal_(tensor, 0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    modes = ("fan_in", "fan_out")
    if mode.lower() not in modes:
        raise ValueError(f"Mode {mode} not supported, please use one of {list(modes)}")
    fan = _calculate_fan_in_and_fan_out(tensor)[modes.index(mode.lower())]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def _is_empty(tensor: Tensor) -> bool:
    if 0 not in tensor.shape:
        return False
    warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
    return True


def _deprecated(new: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """`new` under its old name, without the underscore."""
    name = new.__name__[:-1]

    @functools.wraps(new)
    def old(*args: Any, **kwargs: Any) -> Tensor:
        warnings.warn(
            f"`nn.init.{name}` is now deprecated in favor of `nn.init.{new.__name__}`.",
            FutureWarning,
            stacklevel=2,
        )
        return new(*args, **kwargs)

    old.__name__ = name
    return old


uniform = _deprecated(uniform_)
normal = _deprecated(normal_)
constant = _deprecated(constant_)
eye = _deprecated(eye_)
dirac = _deprecated(dirac_)
xavier_uniform = _deprecated(xavier_uniform_)
xavier_normal = _deprecated(xavier_normal_)
kaiming_uniform = _deprecated(kaiming_uniform_)
kaiming_normal = _deprecated(kaiming_normal_)
orthogonal = _deprecated(orthogonal_)
sparse = _deprecated(sparse_)

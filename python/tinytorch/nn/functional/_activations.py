"""Activations: nonlinearities applied element by element."""

from typing import Any

from tinytorch import _C, _dtype
from tinytorch._C import Tensor
from tinytorch.nn.functional._sizes import check_tensors

# Of selu: chosen so that a normal distribution keeps mean 0 and variance 1.
_SELU = (1.6732632423543772, 1.0507009873554805, 1.0)


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(input, 0).  Source: torch.nn.functional.relu"""
    return relu_(input) if inplace else _C.relu(input)


def relu_(input: Tensor) -> Tensor:
    """`relu` in place.  Source: torch.nn.functional.relu_"""
    # relu's backward needs what it was given, which the result is about to overwrite.
    input.copy_(_C.relu(input.clone()))
    return input


def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + exp(-input)).  Source: torch.nn.functional.sigmoid"""
    return _C.sigmoid(input)


def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent.  Source: torch.nn.functional.tanh"""
    return _C.tanh(input)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """input * Phi(input), Phi the normal distribution; approximate="tanh" as GPT-2 computes it.

    Raises RuntimeError for another `approximate`.  Source: torch.nn.functional.gelu
    """
    return _C.gelu(input, approximate)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """input where positive, else negative_slope * input.  Source: torch.nn.functional.leaky_relu"""
    return _C._leaky_relu(input, negative_slope, inplace=inplace)


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """`leaky_relu` in place."""
    return leaky_relu(input, negative_slope, True)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """input where positive, else alpha (exp(input) - 1).  Source: torch.nn.functional.elu"""
    return _C._elu(input, alpha, 1.0, 1.0, inplace)


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """`elu` in place."""
    return elu(input, alpha, True)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """elu scaled so that layers keep mean 0 and variance 1.  Source: torch.nn.functional.selu"""
    return _C._elu(input, *_SELU, inplace)


def selu_(input: Tensor) -> Tensor:
    """`selu` in place."""
    return selu(input, True)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """input where positive, else alpha (exp(input / alpha) - 1): smooth for every alpha.

    Raises RuntimeError for alpha = 0.  Source: torch.nn.functional.celu
    """
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return _C._elu(input, alpha, 1.0, 1.0 / alpha, inplace)


def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """`celu` in place."""
    return celu(input, alpha, True)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """input * sigmoid(input), also called swish.  Source: torch.nn.functional.silu"""
    return _C._silu(input, inplace=inplace)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """input * tanh(softplus(input)).  Source: torch.nn.functional.mish"""
    return _C._mish(input, inplace=inplace)


def softplus(input: Tensor, beta: float = 1, threshold: float = 20) -> Tensor:
    """log(1 + exp(beta input)) / beta, and input itself where beta input > threshold.

    Source: torch.nn.functional.softplus
    """
    return _C._softplus(input, beta, threshold)


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """input kept in [min_val, max_val]; its slope at the bounds is 0.

    Raises ValueError for min_val > max_val.  Source: torch.nn.functional.hardtanh
    """
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    if input.is_floating_point():
        return _C._hardtanh(input, min_val, max_val, inplace=inplace)
    if input.dtype is _dtype.bool:
        raise RuntimeError("Bool inputs not supported for hardtanh")
    if input.dtype is _dtype.uint8 and min_val < 0:
        raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits")
    low, high = int(min_val), int(max_val)
    result: Tensor = input.clamp_(low, high) if inplace else input.clamp(low, high)
    return result


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """`hardtanh` in place."""
    return hardtanh(input, min_val, max_val, True)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """input kept in [0, 6].  Source: torch.nn.functional.relu6"""
    return hardtanh(input, 0.0, 6.0, inplace)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """input / 6 + 1/2 kept in [0, 1].  Source: torch.nn.functional.hardsigmoid"""
    return _C._hardsigmoid(input, inplace=inplace)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """input * hardsigmoid(input).  Source: torch.nn.functional.hardswish"""
    return _C._hardswish(input, inplace=inplace)


def logsigmoid(input: Tensor) -> Tensor:
    """log(sigmoid(input)), exact where sigmoid is 0.  Source: torch.nn.functional.logsigmoid"""
    check_tensors("logsigmoid", input)
    return _C._logsigmoid(input.contiguous())  # row by row whatever the input's order


def softsign(input: Any) -> Tensor:
    """input / (1 + |input|).  Source: torch.nn.functional.softsign"""
    if input.is_floating_point():
        return _C._softsign(input)
    result: Tensor = input / (input.abs() + 1)
    return result


def tanhshrink(input: Any) -> Tensor:
    """input - tanh(input).  Source: torch.nn.functional.tanhshrink"""
    if input.is_floating_point():
        return _C._tanhshrink(input)
    result: Tensor = input - input.tanh()
    return result


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """input moved towards 0 by lambd, and 0 where it is no further from it.

    Raises RuntimeError for a negative lambd.  Source: torch.nn.functional.softshrink
    """
    if input.is_floating_point() and not lambd >= 0:
        raise RuntimeError(f"lambda must be greater or equal to 0, but found to be {lambd}.")
    return _C._softshrink(input, lambd)


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """input, but 0 where |input| <= lambd.  Source: torch.nn.functional.hardshrink"""
    return _C._hardshrink(input, lambd)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """input where it is above threshold, else value.  Source: torch.nn.functional.threshold"""
    if input.is_floating_point() or input.dtype is _dtype.bool:
        return _C._threshold(input, threshold, value, inplace=inplace)
    result: Tensor = _C.where(input <= threshold, int(value), input).to(input.dtype)
    return input.copy_(result) if inplace else result


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """`threshold` in place."""
    return globals()["threshold"](input, threshold, value, True)  # type: ignore[no-any-return]


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """input where positive, else weight * input, with one weight, or one for each channel.

    input: (N, C, ...).  weight: (1,) or (C,).
    Raises RuntimeError for another number of weights or another dtype.
    Source: torch.nn.functional.prelu
    """
    if weight.dtype is not input.dtype:
        names = [str(x.type()).split(".")[-1].removesuffix("Tensor") for x in (input, weight)]
        raise RuntimeError(f"prelu: Type promoting not supported. Got {names[0]} and {names[1]}")
    if weight.dim() > 1:
        raise RuntimeError(
            f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.dim()}"
        )
    if weight.numel() == 1:
        return _C._prelu(input, weight.reshape(()).expand(input.shape))
    if input.dim() == 0:
        raise RuntimeError("Not allow zero-dim input tensor.")
    channels = input.shape[1] if input.dim() > 1 else 1
    if channels != weight.numel():
        raise RuntimeError(
            "Mismatch of parameter numbers and input channel size. Found parameter numbers = "
            f"{weight.numel()} and channel size = {channels}."
        )
    along = [1, channels] + [1] * (input.dim() - 2)
    return _C._prelu(input, weight.reshape(along).expand(input.shape))


def rrelu(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Tensor:
    """leaky_relu whose slope is drawn from [lower, upper) for each element in training.

    Otherwise the slope is their mean.  Raises RuntimeError for lower > upper.
    Source: torch.nn.functional.rrelu
    """
    if lower > upper:
        raise RuntimeError("Lower bound should be less than or equal to the upper bound")
    if not training:
        return _C._leaky_relu(input, (lower + upper) / 2, inplace=inplace)
    if not inplace:
        return _C._rrelu(input, lower, upper)
    return input.copy_(_C._rrelu(input.clone(), lower, upper))


def rrelu_(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False
) -> Tensor:
    """`rrelu` in place."""
    return rrelu(input, lower, upper, training, True)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """The first half along dim, gated by the sigmoid of the second.

    Raises RuntimeError where that dim's size is odd.  Source: torch.nn.functional.glu
    """
    if input.dim() == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    if not -input.dim() <= dim < input.dim():
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-input.dim()}, "
            f"{input.dim() - 1}], but got {dim})"
        )
    if not input.is_floating_point():
        raise NotImplementedError(f"glu: expected a floating dtype, got {input.dtype}")
    size = input.shape[dim]
    if size % 2:
        raise RuntimeError(
            f"Halving dimension must be even, but dimension {dim % input.dim()} is size {size}"
        )
    first, gate = input.narrow(dim, 0, size // 2), input.narrow(dim, size // 2, size // 2)
    result: Tensor = first * _C.sigmoid(gate)
    return result

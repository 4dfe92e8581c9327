"""A batch norm that is done learning scales and shifts channels: the layer before can do it.

w' = w * s,  b' = (b - mean) s + beta,  s = gamma / sqrt(var + eps)
"""

import copy
from typing import Any

from tinytorch import _creation
from tinytorch.nn.parameter import Parameter

__all__ = [
    "fuse_conv_bn_eval",
    "fuse_conv_bn_weights",
    "fuse_linear_bn_eval",
    "fuse_linear_bn_weights",
]


def fuse_conv_bn_weights(
    conv_w: Any,
    conv_b: Any,
    bn_rm: Any,
    bn_rv: Any,
    bn_eps: float,
    bn_w: Any,
    bn_b: Any,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """The weight and bias of a convolution that does the norm's work, too.

    conv_w: (C_out, C_in, ...), or (C_in, C_out, ...) with `transpose`.  The others: (C_out), where
    conv_b, bn_w and bn_b may be None.               Source: torch.nn.utils.fusion
    """
    bias = _creation.zeros_like(bn_rm) if conv_b is None else conv_b
    scale = (bn_rv + bn_eps).rsqrt()
    if bn_w is not None:
        scale = scale * bn_w
    channels = [1] * conv_w.dim()
    channels[1 if transpose else 0] = -1
    weight = (conv_w * scale.reshape(channels)).to(conv_w.dtype)
    shift = (bias - bn_rm) * scale
    if bn_b is not None:
        shift = shift + bn_b
    shift = shift.to(conv_w.dtype if conv_b is None else conv_b.dtype)
    return (
        Parameter(weight.detach(), requires_grad=conv_w.requires_grad),
        Parameter(shift.detach(), requires_grad=bias.requires_grad),
    )


def fuse_linear_bn_weights(
    linear_w: Any, linear_b: Any, bn_rm: Any, bn_rv: Any, bn_eps: float, bn_w: Any, bn_b: Any
) -> tuple[Parameter, Parameter]:
    """The same for a Linear's weight (C_out, C_in).  Source: torch.nn.utils.fusion"""
    return fuse_conv_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)


def _fused(layer: Any, bn: Any, transpose: bool) -> Any:
    if layer.training or bn.training:
        raise AssertionError("Fusion only for eval!")
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError("bn.running_mean and bn.running_var must not be None")
    fused = copy.deepcopy(layer)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        fused.weight,
        fused.bias,
        bn.running_mean,
        bn.running_var,
        bn.eps,
        bn.weight,
        bn.bias,
        transpose,
    )
    return fused


def fuse_conv_bn_eval(conv: Any, bn: Any, transpose: bool = False) -> Any:
    """One convolution for `conv` and the `bn` behind it, both in eval mode.

    Raises AssertionError while one of them trains, and where bn has no running statistics.
    Source: torch.nn.utils.fusion.fuse_conv_bn_eval
    """
    return _fused(conv, bn, transpose)


def fuse_linear_bn_eval(linear: Any, bn: Any) -> Any:
    """One Linear for `linear` and the `bn` behind it, both in eval mode.

    Raises AssertionError as fuse_conv_bn_eval, and where their features differ in number.
    Source: torch.nn.utils.fusion.fuse_linear_bn_eval
    """
    if bn.num_features not in (linear.out_features, 1):
        raise AssertionError(
            "fuse_linear_bn_eval: expected linear.out_features == bn.num_features or 1, "
            f"got {linear.out_features} and {bn.num_features}"
        )
    return _fused(linear, bn, transpose=False)

"""The unit layers: pure functions, arrays in, arrays out, no gradients recorded.

The linear layer and each part of its backward, dropout as (y, mask) and its backward, and what
initialisation needs: fans of a weight's shape, standard deviations, and the bound of a uniform
distribution. Arguments are tensors or numpy arrays, float32 or float64.
"""

from tinytorch import _C

dropout = _C.layers.dropout
dropout_backward = _C.layers.dropout_backward
fans = _C.layers.fans
kaiming_std = _C.layers.kaiming_std
linear = _C.layers.linear
linear_backward_bias = _C.layers.linear_backward_bias
linear_backward_weight = _C.layers.linear_backward_weight
linear_backward_x = _C.layers.linear_backward_x
uniform_bound = _C.layers.uniform_bound
xavier_std = _C.layers.xavier_std

__all__ = [
    "dropout",
    "dropout_backward",
    "fans",
    "kaiming_std",
    "linear",
    "linear_backward_bias",
    "linear_backward_weight",
    "linear_backward_x",
    "uniform_bound",
    "xavier_std",
]

"""The unit spatial: pure functions, arrays in, arrays out, no gradients recorded.

Convolution and its gradients as the table's loops (on the reference set the seven) or, with
lowered=True, through im2col and a matrix product; im2col and its gradient; max-pooling with the
position of each maximum; the statistics and the gradient of batch normalisation. Arguments are
tensors or numpy arrays, float32 or float64.
"""

from tinytorch import _C

batch_norm = _C.spatial.batch_norm
batch_norm_backward = _C.spatial.batch_norm_backward
channel_statistics = _C.spatial.channel_statistics
col2im = _C.spatial.col2im
conv2d = _C.spatial.conv2d
conv2d_backward_bias = _C.spatial.conv2d_backward_bias
conv2d_backward_weight = _C.spatial.conv2d_backward_weight
conv2d_backward_x = _C.spatial.conv2d_backward_x
im2col = _C.spatial.im2col
max_pool2d = _C.spatial.max_pool2d
max_pool2d_backward = _C.spatial.max_pool2d_backward

__all__ = [
    "batch_norm",
    "batch_norm_backward",
    "channel_statistics",
    "col2im",
    "conv2d",
    "conv2d_backward_bias",
    "conv2d_backward_weight",
    "conv2d_backward_x",
    "im2col",
    "max_pool2d",
    "max_pool2d_backward",
]

"""The unit activations: pure pairs of functions, arrays in, arrays out, no gradients recorded.

`f(x)` and `f_backward(grad, ...)`, which turns the gradient by f's result into the one by x.
Arguments are tensors or numpy arrays, float32 or float64.
"""

from tinytorch import _C

gelu = _C.activations.gelu
gelu_backward = _C.activations.gelu_backward
log_softmax = _C.activations.log_softmax
log_softmax_backward = _C.activations.log_softmax_backward
relu = _C.activations.relu
relu_backward = _C.activations.relu_backward
sigmoid = _C.activations.sigmoid
sigmoid_backward = _C.activations.sigmoid_backward
softmax = _C.activations.softmax
softmax_backward = _C.activations.softmax_backward
tanh = _C.activations.tanh
tanh_backward = _C.activations.tanh_backward

__all__ = [
    "gelu",
    "gelu_backward",
    "log_softmax",
    "log_softmax_backward",
    "relu",
    "relu_backward",
    "sigmoid",
    "sigmoid_backward",
    "softmax",
    "softmax_backward",
    "tanh",
    "tanh_backward",
]

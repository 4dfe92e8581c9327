"""The unit activations: pure pairs of functions, arrays in, arrays out, no gradients recorded.

`f(x)` and `f_backward(grad, ...)`, which turns the gradient by f's result into the one by x.
Arguments are tensors or numpy arrays, float32 or float64.
"""

from tinytorch._C.activations import (
    gelu,
    gelu_backward,
    log_softmax,
    log_softmax_backward,
    relu,
    relu_backward,
    sigmoid,
    sigmoid_backward,
    softmax,
    softmax_backward,
    tanh,
    tanh_backward,
)

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

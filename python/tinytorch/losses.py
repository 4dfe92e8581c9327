"""The unit losses: pure pairs of functions, arrays in, arrays out, no gradients recorded.

`loss(x, target)` and `loss_backward(grad, x, target)`, with the reduction "mean", "sum" or "none"
of torch.nn.functional. `cross_entropy` returns (loss, softmax), and its backward takes that softmax
in the place of x. Arguments are tensors or numpy arrays, float32 or float64; classes are int64.
"""

from tinytorch import _C

bce = _C.losses.bce
bce_backward = _C.losses.bce_backward
bce_with_logits = _C.losses.bce_with_logits
bce_with_logits_backward = _C.losses.bce_with_logits_backward
cross_entropy = _C.losses.cross_entropy
cross_entropy_backward = _C.losses.cross_entropy_backward
mse = _C.losses.mse
mse_backward = _C.losses.mse_backward
nll = _C.losses.nll
nll_backward = _C.losses.nll_backward

__all__ = [
    "bce",
    "bce_backward",
    "bce_with_logits",
    "bce_with_logits_backward",
    "cross_entropy",
    "cross_entropy_backward",
    "mse",
    "mse_backward",
    "nll",
    "nll_backward",
]

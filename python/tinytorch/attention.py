"""The unit attention: pure functions, arrays in, arrays out, no gradients recorded.

The steps of one head on matrices, each with its backward, heads split off without copying, and all
of it on (..., L, E) at once. Arguments are tensors or numpy arrays, float32 or float64.
"""

from tinytorch import _C

attend = _C.attention.attend
attend_backward = _C.attention.attend_backward
mask = _C.attention.mask
scores = _C.attention.scores
scores_backward = _C.attention.scores_backward
softmax = _C.attention.softmax
softmax_backward = _C.attention.softmax_backward
split_heads = _C.attention.split_heads
weighted_sum = _C.attention.weighted_sum
weighted_sum_backward = _C.attention.weighted_sum_backward

__all__ = [
    "attend",
    "attend_backward",
    "mask",
    "scores",
    "scores_backward",
    "softmax",
    "softmax_backward",
    "split_heads",
    "weighted_sum",
    "weighted_sum_backward",
]

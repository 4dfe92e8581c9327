"""The unit embeddings: pure functions, arrays in, arrays out, no gradients recorded.

Rows looked up by their ids, their gradients added back, bags of rows, the table of sines and
cosines that tells places apart, and the rotation of pairs by such a table (RoPE). Ids are int32 or
int64, other arguments tensors or numpy arrays, float32 or float64.
"""

from tinytorch import _C

bag = _C.embeddings.bag
lookup = _C.embeddings.lookup
lookup_backward = _C.embeddings.lookup_backward
rotate = _C.embeddings.rotate
rotate_backward = _C.embeddings.rotate_backward
sinusoidal = _C.embeddings.sinusoidal

__all__ = ["bag", "lookup", "lookup_backward", "rotate", "rotate_backward", "sinusoidal"]

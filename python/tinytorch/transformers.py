"""The unit transformers: pure functions, arrays in, arrays out, no gradients recorded.

Layer norm and RMS norm over the last dim with what their backward needs, SwiGLU, the causal block
of GPT-2 and the number of its parameters. Arguments are tensors or numpy arrays, float32 or
float64; `block` takes its weights as a list in the order of its header.
"""

from tinytorch import _C

block = _C.transformers.block
layer_norm = _C.transformers.layer_norm
layer_norm_backward = _C.transformers.layer_norm_backward
layer_norm_backward_weight = _C.transformers.layer_norm_backward_weight
parameters = _C.transformers.parameters
rms_norm = _C.transformers.rms_norm
rms_norm_backward = _C.transformers.rms_norm_backward
swiglu = _C.transformers.swiglu
swiglu_backward = _C.transformers.swiglu_backward

__all__ = [
    "block",
    "layer_norm",
    "layer_norm_backward",
    "layer_norm_backward_weight",
    "parameters",
    "rms_norm",
    "rms_norm_backward",
    "swiglu",
    "swiglu_backward",
]

"""The unit optimizers: one step for a list of parameters, written into their memory.

Parameters, gradients and what is remembered are lists of tensors or numpy arrays, float32 or
float64, the i-th of each of one shape. `sgd_step` puts a fresh buffer where momentum_buffers has
None; `adam_step` counts steps from 1, and with decoupled=True is AdamW.
"""

from tinytorch import _C

adam_step = _C.optimizers.adam_step
rmsprop_step = _C.optimizers.rmsprop_step
sgd_step = _C.optimizers.sgd_step

__all__ = ["adam_step", "rmsprop_step", "sgd_step"]

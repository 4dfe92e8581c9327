"""Gradients between backward and step: how large they are, layer by layer, and a bound on that.

One step along an exploded gradient can undo hours of training. Clipping keeps its direction and
bounds its length: Pascanu, Mikolov and Bengio, 2013.
"""

import math
from typing import Any

from tinytorch import _C, _creation
from tinytorch._C import Tensor


def vector_norm(x: Tensor, order: float = 2.0) -> Tensor:
    """(sum |x_i|^order)^(1 / order) over all elements, 0-d; at order infinity the largest |x_i|."""
    norm: Tensor
    if order == math.inf:
        norm = x.abs().max()
    elif order == 2.0:
        norm = (x * x).sum().sqrt()
    else:
        norm = (x.abs() ** order).sum() ** (1.0 / order)
    return norm


def clip_grad_norm(
    gradients: list[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    """Shrinks all gradients by one factor, in place, where their common norm exceeds max_norm.

    The common norm is that of all of them joined into one long vector. Returns it, 0-d, as it was
    before. The factor is max_norm / (norm + 1e-6), at most 1.
    With error_if_nonfinite a norm of nan or inf raises RuntimeError before anything is changed.
    """
    # TASK training.clip_grad_norm (3 points): the norm of the norms is the norm of them all joined.
    if not gradients:
        return Tensor(_creation.tensor(0.0))
    norm = vector_norm(_C.stack([vector_norm(grad, norm_type) for grad in gradients]), norm_type)
    if error_if_nonfinite and not math.isfinite(norm.item()):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, "
            "so it cannot be clipped. To disable this error and scale the gradients by the "
            "non-finite norm anyway, set `error_if_nonfinite=False`"
        )
    scale = _C.clamp(max_norm / (norm + 1e-6), max=1.0)
    for grad in gradients:
        grad.mul_(scale)
    return norm
    # END TASK


def gradient_norms(model: Any) -> dict[str, float]:
    """The norm of each layer's gradient: of all the parameters that lie in it directly, together.

    Keys are the layers' names in `model.named_modules()`, in that order; "" is the model's own.
    Layers that no gradient has reached are absent.
    """
    # TASK training.gradient_norms (2 points): "encoder.fc.weight" lies in the layer "encoder.fc".
    squares: dict[str, float] = {}
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            layer = name.rpartition(".")[0]
            grad = parameter.grad.double()
            squares[layer] = squares.get(layer, 0.0) + (grad * grad).sum().item()
    return {layer: math.sqrt(total) for layer, total in squares.items()}
    # END TASK

"""Automatic differentiation: gradients of what tensors computed, functions of one's own, checks.

Tensors record how they were made while grad mode is on; `backward` walks that record from a loss to
the tensors it depends on.                                             Source: torch.autograd
"""

import importlib
from collections.abc import Sequence
from typing import Any

from tinytorch import _C
from tinytorch.autograd.anomaly_mode import (
    detect_anomaly,
    is_anomaly_enabled,
    set_detect_anomaly,
)
from tinytorch.autograd.function import Function
from tinytorch.autograd.grad_mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from tinytorch.autograd.gradcheck import GradcheckError, gradcheck
from tinytorch.autograd.variable import Variable

__all__ = [
    "Function",
    "GradcheckError",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "grad",
    "gradcheck",
    "inference_mode",
    "is_anomaly_enabled",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]

Tensors = _C.Tensor | Sequence[Any]


def backward(
    tensors: Tensors,
    grad_tensors: Tensors | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensors | None = None,
) -> None:
    """Add to every leaf's `.grad` the gradient of the sum of `tensors`.

    grad_tensors: the gradient by each of `tensors`, shaped as it; None stands for 1, for a tensor
    of one element.  retain_graph: keep saved values for another pass.  inputs: only these get a
    gradient.
    Raises RuntimeError where a tensor has no history, and for values that an earlier pass freed.
    Source: torch.autograd.backward
    """
    _C._run_backward(tensors, grad_tensors, retain_graph, create_graph, inputs)


def grad(
    outputs: Tensors,
    inputs: Tensors,
    grad_outputs: Tensors | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of the sum of `outputs` by each of `inputs`; no `.grad` changes.

    grad_outputs: as `grad_tensors` of `backward`.  allow_unused: give None for an input that the
    outputs do not depend on, instead of raising; zeros with materialize_grads.
    Source: torch.autograd.grad
    """
    if is_grads_batched:
        raise NotImplementedError("grad: is_grads_batched=True is not supported")
    if not only_inputs:
        raise ValueError("grad: only_inputs=False is not supported; use backward")
    if allow_unused is None:
        allow_unused = materialize_grads
    elif not allow_unused and materialize_grads:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got "
            "allow_unused=False"
        )
    grads: tuple[Any, ...] = _C._grad(
        outputs, inputs, grad_outputs, retain_graph, create_graph, allow_unused
    )
    if materialize_grads:
        by = [inputs] if isinstance(inputs, _C.Tensor) else list(inputs)
        pairs = zip(grads, by, strict=True)
        grads = tuple(x.detach() * 0 if g is None else g for g, x in pairs)
    return grads


def __getattr__(name: str) -> Any:
    if name in ("functional", "profiler"):
        return importlib.import_module(f"tinytorch.autograd.{name}")
    raise AttributeError(f"tinytorch does not have torch.autograd.{name}")

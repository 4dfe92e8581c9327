"""Muon: momentum whose matrices are made orthogonal before the step."""

import math
from typing import Any

from tinytorch._C import Tensor
from tinytorch._dtype import bfloat16
from tinytorch._grad_mode import no_grad
from tinytorch.optim.optimizer import (
    GroupOptimizer,
    ParamsT,
    with_gradients,
    zeros_for,
)


class Muon(GroupOptimizer):
    """Steps along the nearest orthogonal matrix to the momentum; for matrices only.

    Weight decay is decoupled.  ns_coefficients, ns_steps: of the Newton-Schulz iteration, which is
    done in bfloat16.  adjust_lr_fn: how the rate depends on the shape, "original" or
    "match_rms_adamw".  Raises ValueError for settings out of range and parameters that are no
    matrices.  Jordan and others, 2024.  Source: torch.optim.Muon
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if not lr >= 0.0:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if not momentum >= 0.0:
            raise ValueError(f"momentum should be >= 0 but is: {momentum}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight decay should be >= 0 but is: {weight_decay}")
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        defaults = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        super().__init__(params, defaults)
        for group in self.param_groups:
            for p in group["params"]:
                if p.dim() != 2:
                    raise ValueError(
                        "Muon only supports 2D parameters whereas we found a parameter with size: "
                        f"{p.size()}"
                    )

    def _step_group(self, group: dict[str, Any]) -> None:
        lr, momentum = float(group["lr"]), group["momentum"]
        with no_grad():
            for param, grad in zip(*with_gradients(group), strict=True):
                state = self.state[param]
                if not state:
                    state.update(zeros_for(grad, "momentum_buffer"))
                buffer = state["momentum_buffer"]
                buffer.lerp_(grad, 1 - momentum)
                ahead = grad.lerp(buffer, momentum) if group["nesterov"] else buffer
                way = _orthogonal(ahead, group["ns_coefficients"], group["ns_steps"], group["eps"])
                param.mul_(1 - lr * group["weight_decay"])
                param.add_(way.to(param.dtype), alpha=-lr * _by_shape(group, *param.shape))


def _by_shape(group: dict[str, Any], rows: int, columns: int) -> float:
    """The factor of the rate for a matrix of this shape."""
    if group["adjust_lr_fn"] == "match_rms_adamw":
        return 0.2 * math.sqrt(max(rows, columns))
    return math.sqrt(max(1, rows / columns))


def _orthogonal(grad: Any, coefficients: Any, steps: int, eps: float) -> Any:
    """Newton-Schulz: singular values are pushed towards 1."""
    if steps >= 100:
        raise ValueError("Number of steps must be less than 100 for computational efficiency")
    if len(coefficients) != 3:
        raise ValueError("Coefficients must be a tuple of exactly 3 values")
    a, b, c = coefficients
    tall = grad.shape[0] > grad.shape[1]
    x = grad.to(bfloat16)
    x = x.T if tall else x
    x = x / x.norm().clamp(min=eps)
    for _ in range(steps):  # each line rounded once, as one addmm is
        gram = (x @ x.T).float()
        polynomial = (b * gram + c * (gram @ gram)).to(bfloat16).float()
        x = (a * x.float() + polynomial @ x.float()).to(bfloat16)
    return x.T if tall else x

"""Stochastic gradient descent, with momentum and Nesterov's variant of it."""

from typing import Any

from tinytorch import _C
from tinytorch.optim.optimizer import (
    GroupOptimizer,
    ParamsT,
    check_lr,
    check_setting,
    check_ways,
    with_gradients,
)


class SGD(GroupOptimizer):
    """p -= lr * v, where v is the gradient, or with momentum a running sum of gradients.

    v = momentum * v + (1 - dampening) * grad; nesterov looks ahead: grad + momentum * v.
    weight_decay adds weight_decay * p to the gradient; maximize climbs.
    Raises ValueError for a negative setting.  Source: torch.optim.SGD
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_lr(lr)
        check_setting(momentum >= 0.0, "momentum value", momentum)
        check_setting(weight_decay >= 0.0, "weight_decay value", weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        check_ways("SGD", defaults)

    def _step_group(self, group: dict[str, Any]) -> None:
        params, grads = with_gradients(group)
        momentum = group["momentum"]
        states = [self.state[param] for param in params] if momentum else ()
        buffers = [state.get("momentum_buffer") for state in states]
        _C.optimizers.sgd_step(
            params,
            grads,
            buffers,
            float(group["lr"]),
            momentum,
            group["dampening"],
            group["weight_decay"],
            group["nesterov"],
            group["maximize"],
        )
        # Where there was none, the call has put one.
        for state, buffer in zip(states, buffers, strict=True):
            state["momentum_buffer"] = buffer

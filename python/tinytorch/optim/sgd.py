"""Stochastic gradient descent, with momentum and Nesterov's variant of it."""

from typing import Any

from tinytorch import _C, _creation
from tinytorch.optim.optimizer import GroupOptimizer, ParamsT, check_setting, refuse


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
        check_setting(lr >= 0.0, "learning rate", lr)
        check_setting(momentum >= 0.0, "momentum value", momentum)
        check_setting(weight_decay >= 0.0, "weight_decay value", weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        refuse("SGD", "differentiable", differentiable)
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

    def _step_group(self, group: dict[str, Any]) -> None:
        params = [param for param in group["params"] if param.grad is not None]
        if group["momentum"] == 0:
            self._update(group, params, [], group["dampening"])
            return
        started = [
            param for param in params if self.state[param].get("momentum_buffer") is not None
        ]
        self._update(group, started, self._buffers(started), group["dampening"])
        if len(started) < len(params):
            fresh = [param for param in params if self.state[param].get("momentum_buffer") is None]
            for param in fresh:
                self.state[param]["momentum_buffer"] = _creation.zeros_like(param)
            # The first gradient is taken whole.
            self._update(group, fresh, self._buffers(fresh), 0.0)

    def _buffers(self, params: list[Any]) -> list[Any]:
        return [self.state[param]["momentum_buffer"] for param in params]

    @staticmethod
    def _update(
        group: dict[str, Any], params: list[Any], buffers: list[Any], dampening: float
    ) -> None:
        _C.optimizers.sgd_step(
            params,
            [param.grad for param in params],
            buffers,
            float(group["lr"]),
            float(group["momentum"]),
            float(dampening),
            float(group["weight_decay"]),
            group["nesterov"],
            group["maximize"],
        )

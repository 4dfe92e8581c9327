"""RMSprop: the gradient divided by its own running size."""

from typing import Any

from tinytorch import _C, _creation
from tinytorch._grad_mode import no_grad
from tinytorch.optim.optimizer import (
    GroupOptimizer,
    ParamsT,
    check_lr,
    check_setting,
    check_ways,
    with_gradients,
)


class RMSprop(GroupOptimizer):
    """p -= lr * grad / (sqrt(v) + eps), v a running mean of grad^2 that keeps alpha of the old.

    momentum: steps by a running sum of those quotients instead.
    centered: v less the square of the running mean of the gradient, its variance.
    Raises ValueError for a negative setting.
    Hinton, 2012.  Source: torch.optim.RMSprop
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        check_setting(eps >= 0.0, "epsilon value", eps)
        check_setting(momentum >= 0.0, "momentum value", momentum)
        check_setting(weight_decay >= 0.0, "weight_decay value", weight_decay)
        check_setting(alpha >= 0.0, "alpha value", alpha)
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)
        check_ways("RMSprop", defaults)

    def _step_group(self, group: dict[str, Any]) -> None:
        params, grads = with_gradients(group)
        momentum = group["momentum"] > 0
        states = [self.state[param] for param in params]
        for param, state in zip(params, states, strict=True):
            if not state:
                state["step"] = 0.0
                state["square_avg"] = _creation.zeros_like(param)
                if momentum:
                    state["momentum_buffer"] = _creation.zeros_like(param)
                if group["centered"]:
                    state["grad_avg"] = _creation.zeros_like(param)
            state["step"] += 1.0
        if group["centered"]:
            with no_grad():
                for param, grad, state in zip(params, grads, states, strict=True):
                    _centered_step(group, param, grad, state)
            return
        _C.optimizers.rmsprop_step(
            params,
            grads,
            [state["square_avg"] for state in states],
            [state["momentum_buffer"] for state in states] if momentum else [],
            float(group["lr"]),
            group["alpha"],
            group["eps"],
            group["weight_decay"],
            group["momentum"],
            group["maximize"],
        )


def _centered_step(group: dict[str, Any], param: Any, grad: Any, state: dict[str, Any]) -> None:
    alpha, lr = group["alpha"], float(group["lr"])
    grad = -grad if group["maximize"] else grad
    if group["weight_decay"] != 0:
        grad = grad.add(param, alpha=group["weight_decay"])
    v, mean = state["square_avg"], state["grad_avg"]
    v.mul_(alpha).addcmul_(grad, grad, value=1 - alpha)
    mean.lerp_(grad, 1 - alpha)
    size = v.addcmul(mean, mean, value=-1).sqrt_().add_(group["eps"])
    if group["momentum"] > 0:
        buffer = state["momentum_buffer"]
        buffer.mul_(group["momentum"]).addcdiv_(grad, size)
        param.add_(buffer, alpha=-lr)
    else:
        param.addcdiv_(grad, size, value=-lr)

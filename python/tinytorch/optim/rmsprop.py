"""RMSprop: the gradient divided by its own running size."""

from typing import Any

from tinytorch import _C, _creation
from tinytorch.optim.optimizer import GroupOptimizer, ParamsT, check_setting, refuse, with_gradients


class RMSprop(GroupOptimizer):
    """p -= lr * grad / (sqrt(v) + eps), v a running mean of grad^2 that keeps alpha of the old.

    momentum: steps by a running sum of those quotients instead.
    Raises ValueError for a negative setting, NotImplementedError for centered.
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
        check_setting(lr >= 0.0, "learning rate", lr)
        check_setting(eps >= 0.0, "epsilon value", eps)
        check_setting(momentum >= 0.0, "momentum value", momentum)
        check_setting(weight_decay >= 0.0, "weight_decay value", weight_decay)
        check_setting(alpha >= 0.0, "alpha value", alpha)
        refuse("RMSprop", "centered", centered)
        refuse("RMSprop", "differentiable", differentiable)
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
            state["step"] += 1.0
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

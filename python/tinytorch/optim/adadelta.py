"""Adadelta and Adagrad: a rate for each weight, from the gradients it has seen."""

from typing import Any

from tinytorch import _creation
from tinytorch.optim.optimizer import (
    ParamsT,
    RuleOptimizer,
    check_lr,
    check_setting,
    check_ways,
    zeros_for,
)


class Adadelta(RuleOptimizer):
    """The gradient times the ratio of two running sizes: that of the steps, that of the gradients.

    rho: how much of the old sizes is kept. Raises ValueError for settings out of range.
    Zeiler, 2012.  Source: torch.optim.Adadelta
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        check_setting(0.0 <= rho <= 1.0, "rho value", rho)
        check_setting(eps >= 0.0, "epsilon value", eps)
        check_setting(weight_decay >= 0.0, "weight_decay value", weight_decay)
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)
        check_ways("Adadelta", defaults)

    def _fresh(self, group: dict[str, Any], param: Any) -> dict[str, Any]:
        return zeros_for(param, "square_avg", "acc_delta")

    def _update(
        self, group: dict[str, Any], lr: float, param: Any, grad: Any, state: dict[str, Any]
    ) -> None:
        rho, eps = group["rho"], group["eps"]
        square_avg, acc_delta = state["square_avg"], state["acc_delta"]
        square_avg.mul_(rho).addcmul_(grad, grad, value=1 - rho)
        size = square_avg.add(eps).sqrt_()
        delta = acc_delta.add(eps).sqrt_().div_(size).mul_(grad)
        acc_delta.mul_(rho).addcmul_(delta, delta, value=1 - rho)
        param.add_(delta, alpha=-lr)


class Adagrad(RuleOptimizer):
    """p -= lr * grad / (sqrt(sum) + eps), sum of all squared gradients so far.

    lr_decay: the rate falls as lr / (1 + (step - 1) lr_decay).
    Raises ValueError for negative settings.
    Duchi et al., 2011.  Source: torch.optim.Adagrad
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_lr(lr)
        check_setting(lr_decay >= 0.0, "lr_decay value", lr_decay)
        check_setting(weight_decay >= 0.0, "weight_decay value", weight_decay)
        check_setting(
            initial_accumulator_value >= 0.0,
            "initial_accumulator_value value",
            initial_accumulator_value,
        )
        check_setting(eps >= 0.0, "epsilon value", eps)
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        check_ways("Adagrad", defaults)
        for group in self.param_groups:
            for param in group["params"]:
                self.state[param] = {"step": 0.0, **self._fresh(group, param)}

    def _fresh(self, group: dict[str, Any], param: Any) -> dict[str, Any]:
        start = self.defaults["initial_accumulator_value"]
        return {"sum": _creation.full_like(param, start, requires_grad=False)}

    def share_memory(self) -> None:
        """Nothing: other processes get copies.  Source: torch.optim.Adagrad.share_memory"""

    def _update(
        self, group: dict[str, Any], lr: float, param: Any, grad: Any, state: dict[str, Any]
    ) -> None:
        rate = lr / (1 + (state["step"] - 1) * group["lr_decay"])
        total = state["sum"]
        total.addcmul_(grad, grad, value=1)
        param.addcdiv_(grad, total.sqrt().add_(group["eps"]), value=-rate)

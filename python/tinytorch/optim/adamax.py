"""Adam's relatives: Adamax, NAdam and RAdam."""

from typing import Any

import numpy as np

from tinytorch import _C
from tinytorch.optim.optimizer import (
    ParamsT,
    RuleOptimizer,
    check_betas,
    check_lr,
    check_setting,
    check_ways,
    zeros_for,
)


class Adamax(RuleOptimizer):
    """p -= lr * m / u, m a running mean of the gradient, u the largest gradient, slowly forgotten.

    Raises ValueError for settings out of range.
    Kingma and Ba, 2014.  Source: torch.optim.Adamax
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_lr(lr)
        check_setting(eps >= 0.0, "epsilon value", eps)
        check_betas(betas)
        check_setting(weight_decay >= 0.0, "weight_decay value", weight_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)
        check_ways("Adamax", defaults)

    def _fresh(self, group: dict[str, Any], param: Any) -> dict[str, Any]:
        return zeros_for(param, "exp_avg", "exp_inf")

    def _update(
        self, group: dict[str, Any], lr: float, param: Any, grad: Any, state: dict[str, Any]
    ) -> None:
        beta1, beta2 = group["betas"]
        mean, largest = state["exp_avg"], state["exp_inf"]
        mean.lerp_(grad, 1 - beta1)
        largest.copy_(_C.maximum(largest.mul_(beta2), grad.abs().add_(group["eps"])))
        param.addcdiv_(mean, largest, value=-(lr / (1 - beta1 ** state["step"])))


class NAdam(RuleOptimizer):
    """Adam that looks ahead as Nesterov's momentum does.

    momentum_decay: how the momentum grows from half of betas[0] to the whole.
    Raises ValueError for settings out of range.
    Dozat, 2016.  Source: torch.optim.NAdam
    """

    COUNTED = ("step", "mu_product")

    def __init__(
        self,
        params: ParamsT,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        check_setting(eps >= 0.0, "epsilon value", eps)
        check_betas(betas)
        check_setting(weight_decay >= 0.0, "weight_decay value", weight_decay)
        check_setting(momentum_decay >= 0.0, "momentum_decay value", momentum_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)
        check_ways("NAdam", defaults)

    def _fresh(self, group: dict[str, Any], param: Any) -> dict[str, Any]:
        return {"mu_product": 1.0, **zeros_for(param, "exp_avg", "exp_avg_sq")}

    def _update(
        self, group: dict[str, Any], lr: float, param: Any, grad: Any, state: dict[str, Any]
    ) -> None:
        (beta1, beta2), step, decay = group["betas"], state["step"], group["momentum_decay"]
        mean, square = state["exp_avg"], state["exp_avg_sq"]
        mu = beta1 * (1.0 - 0.5 * (0.96 ** (step * decay)))
        mu_next = beta1 * (1.0 - 0.5 * (0.96 ** ((step + 1) * decay)))
        state["mu_product"] = product = _as_float32(state["mu_product"] * _as_float32(mu))
        mean.lerp_(grad, 1 - beta1)
        square.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        size = square.div(1 - beta2**step).sqrt().add_(group["eps"])
        param.addcdiv_(grad, size, value=-lr * (1.0 - mu) / (1.0 - product))
        param.addcdiv_(mean, size, value=(-lr * mu_next) / (1.0 - product * mu_next))


def _as_float32(value: float) -> float:
    """Rounded as the 0-d tensor that PyTorch keeps it in."""
    return float(np.float32(value))


class RAdam(RuleOptimizer):
    """Adam that steps by the mean alone until it can trust the mean of the squares.

    Raises ValueError for settings out of range.
    Liu et al., 2019.  Source: torch.optim.RAdam
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        check_setting(eps >= 0.0, "epsilon value", eps)
        check_betas(betas)
        check_setting(weight_decay >= 0.0, "weight_decay value", weight_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)
        check_ways("RAdam", defaults)

    def _fresh(self, group: dict[str, Any], param: Any) -> dict[str, Any]:
        return zeros_for(param, "exp_avg", "exp_avg_sq")

    def _update(
        self, group: dict[str, Any], lr: float, param: Any, grad: Any, state: dict[str, Any]
    ) -> None:
        (beta1, beta2), step = group["betas"], state["step"]
        mean, square = state["exp_avg"], state["exp_avg_sq"]
        mean.lerp_(grad, 1 - beta1)
        square.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        correction2 = 1 - beta2**step
        update = mean / (1 - beta1**step) * lr
        # The length of the mean of the squares: how many gradients are in it.
        longest = 2 / (1 - beta2) - 1
        length = longest - 2 * step * (beta2**step) / correction2
        if length > 5.0:
            trust = (length - 4) * (length - 2) * longest
            trust = (trust / ((longest - 4) * (longest - 2) * length)) ** 0.5
            update = update * (correction2**0.5 / square.sqrt().add_(group["eps"])) * trust
        param.add_(update, alpha=-1.0)

"""Rprop and ASGD: steps by the sign of the gradient alone, and the average of SGD's weights."""

from typing import Any

import numpy as np

from tinytorch import _creation
from tinytorch.optim.optimizer import (
    ParamsT,
    RuleOptimizer,
    check_lr,
    check_setting,
    check_ways,
    zeros_for,
)


class Rprop(RuleOptimizer):
    """Each weight has a step of its own: longer while the gradient keeps its sign, else shorter.

    etas: the factors of shorter and longer.  step_sizes: the shortest and the longest step.
    Raises ValueError for settings out of range.
    Riedmiller and Braun, 1993.  Source: torch.optim.Rprop
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        defaults = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)
        check_ways("Rprop", defaults)

    def _fresh(self, group: dict[str, Any], param: Any) -> dict[str, Any]:
        sizes = _creation.full_like(param, float(group["lr"]), requires_grad=False)
        return {**zeros_for(param, "prev"), "step_size": sizes}

    def _update(
        self, group: dict[str, Any], lr: float, param: Any, grad: Any, state: dict[str, Any]
    ) -> None:
        shorter, longer = group["etas"]
        prev, sizes = state["prev"], state["step_size"]
        agreement = grad.mul(prev)
        turned = agreement < 0
        factor = _creation.ones_like(agreement)
        factor.masked_fill_(agreement > 0, longer).masked_fill_(turned, shorter)
        sizes.mul_(factor).clamp_(*group["step_sizes"])
        grad = grad.masked_fill(turned, 0)
        param.addcmul_(grad.sign(), sizes, value=-1)
        prev.copy_(grad)


class ASGD(RuleOptimizer):
    """SGD whose steps shrink, and beside each parameter the average `ax` of its values.

    lambd: decay.  alpha: how fast the rate falls.  t0: the step after which averaging begins.
    Raises ValueError for negative settings.
    Polyak and Juditsky, 1992.  Source: torch.optim.ASGD
    """

    COUNTED = ("step", "eta", "mu")

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_lr(lr)
        check_setting(weight_decay >= 0.0, "weight_decay value", weight_decay)
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)
        check_ways("ASGD", defaults)

    def _fresh(self, group: dict[str, Any], param: Any) -> dict[str, Any]:
        rate = float(np.float32(float(group["lr"])))
        return {"eta": rate, "mu": 1.0, **zeros_for(param, "ax")}

    def _update(
        self, group: dict[str, Any], lr: float, param: Any, grad: Any, state: dict[str, Any]
    ) -> None:
        lambd, average = group["lambd"], state["ax"]
        param.mul_(1 - lambd * state["eta"])
        param.add_(grad, alpha=-state["eta"])
        if state["mu"] != 1:
            average.add_(param.sub(average).mul_(state["mu"]))
        else:
            average.copy_(param)
        # PyTorch keeps both in float32.
        rate = lr / ((1 + lambd * lr * state["step"]) ** group["alpha"])
        state["eta"] = float(np.float32(rate))
        state["mu"] = float(np.float32(1 / max(1, state["step"] - group["t0"])))

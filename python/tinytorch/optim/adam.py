"""Adam and AdamW: each parameter's step is scaled by the running size of its own gradients."""

from typing import Any

from tinytorch import _C, _creation
from tinytorch.optim.optimizer import GroupOptimizer, ParamsT, check_setting, refuse, with_gradients


class Adam(GroupOptimizer):
    """p -= lr * m / (sqrt(v) + eps), m and v running means of the gradient and of its square.

    betas: how much of the old m and v is kept; both are divided by 1 - beta^step, since they start
    at zero. weight_decay adds weight_decay * p to the gradient, or with decoupled_weight_decay
    shrinks p by lr * weight_decay on its own.
    Raises ValueError for settings out of range, NotImplementedError for amsgrad.
    Kingma and Ba, 2014.  Source: torch.optim.Adam
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        check_setting(lr >= 0.0, "learning rate", lr)
        check_setting(eps >= 0.0, "epsilon value", eps)
        check_setting(0.0 <= betas[0] < 1.0, "beta parameter at index 0", betas[0])
        check_setting(0.0 <= betas[1] < 1.0, "beta parameter at index 1", betas[1])
        check_setting(weight_decay >= 0.0, "weight_decay value", weight_decay)
        refuse("Adam", "amsgrad", amsgrad)
        refuse("Adam", "differentiable", differentiable)
        defaults = {
            "lr": lr,
            "betas": tuple(betas),
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def _step_group(self, group: dict[str, Any]) -> None:
        # Parameters that have seen equally many gradients; nearly always that is all of them.
        cohorts: dict[float, tuple[list[Any], list[Any], list[Any], list[Any]]] = {}
        for param, grad in zip(*with_gradients(group), strict=True):
            state = self.state[param]
            if not state:
                state["step"] = 0.0
                state["exp_avg"] = _creation.zeros_like(param)
                state["exp_avg_sq"] = _creation.zeros_like(param)
            state["step"] += 1.0
            cohort = cohorts.setdefault(state["step"], ([], [], [], []))
            cohort[0].append(param)
            cohort[1].append(grad)
            cohort[2].append(state["exp_avg"])
            cohort[3].append(state["exp_avg_sq"])
        beta1, beta2 = group["betas"]
        for step, tensors in cohorts.items():
            _C.optimizers.adam_step(
                *tensors,
                int(step),
                float(group["lr"]),
                beta1,
                beta2,
                group["eps"],
                group["weight_decay"],
                group["decoupled_weight_decay"],
                group["maximize"],
            )


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameters apart from the gradient.

    Loshchilov and Hutter, 2017.  Source: torch.optim.AdamW
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True

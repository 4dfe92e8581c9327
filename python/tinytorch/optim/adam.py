"""Adam and AdamW: each parameter's step is scaled by the running size of its own gradients."""

from typing import Any

from tinytorch import _C, _creation
from tinytorch._C import Tensor
from tinytorch._grad_mode import no_grad
from tinytorch.optim.optimizer import (
    GroupOptimizer,
    ParamsT,
    check_betas,
    check_lr,
    check_setting,
    check_ways,
    with_gradients,
)


class Adam(GroupOptimizer):
    """p -= lr * m / (sqrt(v) + eps), m and v running means of the gradient and of its square.

    betas: how much of the old m and v is kept; both are divided by 1 - beta^step, since they start
    at zero. weight_decay adds weight_decay * p to the gradient, or with decoupled_weight_decay
    shrinks p by lr * weight_decay on its own.
    amsgrad divides by the largest v so far. Raises ValueError for settings out of range.
    Kingma and Ba, 2014.  Source: torch.optim.Adam
    """

    def __init__(
        self,
        params: ParamsT,
        lr: "float | Tensor" = 1e-3,
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
        check_lr(lr)
        if isinstance(lr, Tensor) and foreach and not capturable:
            raise ValueError(
                "lr as a Tensor is not supported for capturable=False and foreach=True"
            )
        check_setting(eps >= 0.0, "epsilon value", eps)
        check_betas(betas)
        check_setting(weight_decay >= 0.0, "weight_decay value", weight_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
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
        check_ways(type(self).__name__, defaults)

    def _step_group(self, group: dict[str, Any]) -> None:
        params, grads = with_gradients(group)
        states = [self.state[param] for param in params]
        steps = set()
        for param, state in zip(params, states, strict=True):
            if not state:
                state["step"] = 0.0
                state["exp_avg"] = _creation.zeros_like(param)
                state["exp_avg_sq"] = _creation.zeros_like(param)
                if group["amsgrad"]:
                    state["max_exp_avg_sq"] = _creation.zeros_like(param)
            state["step"] = step = state["step"] + 1.0
            steps.add(step)
        if group["amsgrad"]:
            with no_grad():
                for param, grad, state in zip(params, grads, states, strict=True):
                    _amsgrad_step(group, param, grad, state)
        elif len(steps) == 1:
            _step_together(group, params, grads, states)
        else:  # some have seen fewer gradients than others
            for step in steps:
                cohort = [i for i, state in enumerate(states) if state["step"] == step]
                _step_together(
                    group, *([these[i] for i in cohort] for these in (params, grads, states))
                )


def _step_together(
    group: dict[str, Any], params: list[Any], grads: list[Any], states: list[dict[str, Any]]
) -> None:
    """The step of parameters that have seen equally many gradients."""
    beta1, beta2 = group["betas"]
    _C.optimizers.adam_step(
        params,
        grads,
        [state["exp_avg"] for state in states],
        [state["exp_avg_sq"] for state in states],
        int(states[0]["step"]),
        float(group["lr"]),
        beta1,
        beta2,
        group["eps"],
        group["weight_decay"],
        group["decoupled_weight_decay"],
        group["maximize"],
    )


def _amsgrad_step(group: dict[str, Any], param: Any, grad: Any, state: dict[str, Any]) -> None:
    """One parameter's step by the largest v so far.  Reddi et al., 2018."""
    lr, decay, (beta1, beta2) = float(group["lr"]), group["weight_decay"], group["betas"]
    grad = -grad if group["maximize"] else grad
    if decay != 0 and group["decoupled_weight_decay"]:
        param.mul_(1 - lr * decay)
    elif decay != 0:
        grad = grad.add(param, alpha=decay)
    m, v, largest = state["exp_avg"], state["exp_avg_sq"], state["max_exp_avg_sq"]
    m.lerp_(grad, 1 - beta1)
    v.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
    largest.copy_(_C.maximum(largest, v))
    correction1, correction2 = (1 - float(beta) ** state["step"] for beta in (beta1, beta2))
    denominator = largest.sqrt().div_(correction2**0.5).add_(group["eps"])
    param.addcdiv_(m, denominator, value=-(lr / correction1))


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameters apart from the gradient.

    Loshchilov and Hutter, 2017.  Source: torch.optim.AdamW
    """

    def __init__(
        self,
        params: ParamsT,
        lr: "float | Tensor" = 1e-3,
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

"""Adafactor: second moments of matrices kept as a row and a column."""

from typing import Any

from tinytorch import _creation
from tinytorch._C import Tensor
from tinytorch._numeric_limits import finfo
from tinytorch.optim.optimizer import ParamsT, RuleOptimizer, zeros_for


class Adafactor(RuleOptimizer):
    """Adam's scaling with a memory of rows plus columns; steps relative to the parameter's size.

    eps: the smallest scale of the gradient (None: of the dtype), and of the parameter.  d: where
    updates are clipped.  Raises ValueError for settings out of range.
    Shazeer and Stern, 2018.  Source: torch.optim.Adafactor
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if not lr >= 0.0:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if not beta2_decay <= 0.0:
            raise ValueError(f"beta2_decay should be <= 0 but is: {beta2_decay}")
        if eps[0] is not None and not eps[0] >= 0.0:
            raise ValueError(f"epsilon1 should be >= 0 but is: {eps[0]}")
        if not eps[1] >= 0.0:
            raise ValueError(f"epsilon2 should be >= 0 but is: {eps[1]}")
        if not d >= 1.0:
            raise ValueError(f"Clipping threshold d should be >= 1 but is: {d}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight_decay should be >= 0 but is: {weight_decay}")
        defaults = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _step_group(self, group: dict[str, Any]) -> None:
        decay = group["weight_decay"]
        group["weight_decay"] = 0  # the step's size is that of the parameter before its decay
        try:
            super()._step_group({**group, "decay": decay})
        finally:
            group["weight_decay"] = decay

    def _fresh(self, group: dict[str, Any], param: Any) -> dict[str, Any]:
        if param.dim() < 2:
            return zeros_for(param, "variance")
        *lead, rows, columns = param.shape
        return {
            "row_var": _creation.zeros((*lead, rows, 1), dtype=param.dtype),
            "col_var": _creation.zeros((*lead, 1, columns), dtype=param.dtype),
        }

    def _update(
        self, group: dict[str, Any], lr: float, param: Any, grad: Any, state: dict[str, Any]
    ) -> None:
        smallest, of_param = group["eps"]
        if smallest is None:
            smallest = finfo(param.dtype).eps
        step = float(state["step"])
        fresh = step ** group["beta2_decay"]
        size = _root_mean_square(param)
        rate = max(of_param, size) * min(lr, 1 / step**0.5)
        if group["decay"] != 0:
            param.mul_(1 - lr * group["decay"])
        if grad.dim() > 1:
            rows, columns = state["row_var"], state["col_var"]
            for moments, dim in ((rows, -1), (columns, -2)):
                lengths = grad.norm(dim=dim, keepdim=True)
                moments.lerp_(lengths.square().div_(grad.shape[dim]), fresh)
            variance = rows @ columns
            variance.div_(rows.mean(dim=-2, keepdim=True).clamp_(min=smallest))
        else:
            state["variance"].lerp_(grad * grad, fresh)
            variance = state["variance"].clone()
        update = variance.clamp_(min=smallest * smallest).rsqrt_().mul_(grad)
        param.add_(update, alpha=-rate / max(1.0, _root_mean_square(update) / group["d"]))


def _root_mean_square(x: Any) -> float:
    count = x.numel()
    return x.norm(2).item() / count**0.5 if count else 0.0

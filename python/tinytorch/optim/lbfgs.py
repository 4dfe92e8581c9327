"""L-BFGS: Newton's method with a curvature guessed from the last steps."""

from collections.abc import Callable
from typing import Any

from tinytorch import _C, _creation
from tinytorch._grad_mode import enable_grad, no_grad
from tinytorch.optim.line_search import strong_wolfe
from tinytorch.optim.optimizer import Optimizer, ParamsT, check_lr


class LBFGS(Optimizer):
    """One `step(closure)` makes up to max_iter steps, calling closure for loss and gradients.

    max_eval: calls of closure at most (5/4 max_iter).  history_size: steps that are remembered.
    line_search_fn: None, every step is lr long, or "strong_wolfe".
    Takes one group of parameters; raises ValueError for several.
    Nocedal, 1980.  Source: torch.optim.LBFGS
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check_lr(lr)
        if max_eval is None:
            max_eval = max_iter * 5 // 4
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")

    @property
    def _params(self) -> list[Any]:
        return list(self.param_groups[0]["params"])

    def _flat_gradient(self) -> Any:
        return _C.cat(
            [
                (_creation.zeros_like(p) if p.grad is None else p.grad).detach().reshape(-1)
                for p in self._params
            ],
            0,
        )

    def _move(self, length: Any, direction: Any) -> None:
        """Every parameter += length * its part of direction."""
        start = 0
        for p in self._params:
            part = direction[start : start + p.numel()]
            p.add_(part.view(p.shape), alpha=float(length))
            start += p.numel()

    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]
        """Minimises from here.  Returns the loss before the first step."""
        if len(self.param_groups) != 1:
            raise AssertionError(
                f"Expected exactly one param_group, but got {len(self.param_groups)}"
            )

        def evaluate() -> Any:
            with enable_grad():
                return closure()

        with no_grad():
            return self._minimise(evaluate)

    def _minimise(self, closure: Callable[[], Any]) -> Any:
        group = self.param_groups[0]
        lr, search = float(group["lr"]), group["line_search_fn"]
        tolerance_change = group["tolerance_change"]
        state = self.state[self._params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)

        first_loss = closure()
        loss = float(first_loss)
        evaluations = 1
        state["func_evals"] += 1
        gradient = self._flat_gradient()
        if _largest(gradient) <= group["tolerance_grad"]:
            return first_loss

        direction: Any = state.get("d")
        length: Any = state.get("t")
        previous, previous_loss = state.get("prev_flat_grad"), state.get("prev_loss")
        iteration = 0
        while iteration < group["max_iter"]:
            iteration += 1
            state["n_iter"] += 1
            if state["n_iter"] == 1:
                direction = gradient.neg()
                state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
            else:
                self._remember(state, gradient.sub(previous), direction.mul(length))
                direction = self._newton_direction(state, gradient)
            if previous is None:
                previous = gradient.clone()
            else:
                previous.copy_(gradient)
            previous_loss = loss
            length = lr
            if state["n_iter"] == 1:
                length = min(1.0, 1.0 / gradient.abs().sum()) * lr
            slope = gradient.dot(direction)
            if slope > -tolerance_change:
                break

            calls = 0
            optimal = False
            if search is not None:
                if search != "strong_wolfe":
                    raise RuntimeError("only 'strong_wolfe' is supported")
                start = [p.detach().clone() for p in self._params]

                def at(t: Any, d: Any, start: list[Any] = start) -> tuple[float, Any]:
                    self._move(t, d)
                    value = float(closure())
                    found = self._flat_gradient()
                    for p, before in zip(self._params, start, strict=True):
                        p.copy_(before)
                    return value, found

                loss, gradient, length, calls = strong_wolfe(
                    at,
                    length,
                    direction,
                    loss,
                    gradient,
                    slope,
                    max_calls=group["max_eval"] - evaluations,
                )
                self._move(length, direction)
                optimal = _largest(gradient) <= group["tolerance_grad"]
            else:
                self._move(length, direction)
                if iteration != group["max_iter"]:
                    loss = float(closure())
                    gradient = self._flat_gradient()
                    optimal = _largest(gradient) <= group["tolerance_grad"]
                    calls = 1
            evaluations += calls
            state["func_evals"] += calls
            if (
                iteration == group["max_iter"]
                or evaluations >= group["max_eval"]
                or optimal
                or _largest(direction.mul(length)) <= tolerance_change
                or abs(loss - previous_loss) < tolerance_change
            ):
                break
        state.update(d=direction, t=length, prev_flat_grad=previous, prev_loss=previous_loss)
        return first_loss

    def _remember(self, state: dict[str, Any], y: Any, s: Any) -> None:
        """The step s and the change y of the gradient along it, if the curvature is positive."""
        ys = y.dot(s)
        if ys > 1e-10:
            kept = state["old_dirs"], state["old_stps"], state["ro"]
            if len(kept[0]) == self.param_groups[0]["history_size"]:
                for values in kept:
                    values.pop(0)
            for values, value in zip(kept, (y, s, 1.0 / ys), strict=True):
                values.append(value)
            state["H_diag"] = ys / y.dot(y)

    def _newton_direction(self, state: dict[str, Any], gradient: Any) -> Any:
        """-H gradient, H the inverse curvature, by two loops over what is remembered."""
        ys, steps, ro = state["old_dirs"], state["old_stps"], state["ro"]
        if "al" not in state:
            state["al"] = [None] * self.param_groups[0]["history_size"]
        al = state["al"]
        q = gradient.neg()
        for i in range(len(ys) - 1, -1, -1):
            al[i] = steps[i].dot(q) * ro[i]
            q.add_(ys[i], alpha=-float(al[i]))
        r = _C.mul(q, state["H_diag"])
        for i in range(len(ys)):
            be = ys[i].dot(r) * ro[i]
            r.add_(steps[i], alpha=float(al[i] - be))
        return r


def _largest(x: Any) -> Any:
    return x.abs().max()

"""LRScheduler: it changes the `lr` of an optimizer's groups as training goes on.

Most compute the next learning rate from the present one, so that several may act on one optimizer.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from tinytorch._C import Tensor
from tinytorch.optim.optimizer import Optimizer


class LRScheduler:
    """Base class: subclasses write `get_lr`, the learning rate of each group at `last_epoch`.

    last_epoch: -1 to begin; where training goes on, the number of steps already made.
    Source: torch.optim.lr_scheduler.LRScheduler
    """

    _get_lr_called_within_step = False
    _is_initial = False
    # Whether step() takes the value that the schedule watches.
    needs_metric = False
    _last_lr: list[float]

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
        self.optimizer = optimizer
        for number, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", value_of(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{number}] when resuming "
                    "scheduler with last_epoch >= 0"
                )
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def get_lr(self) -> list[float]:
        """The learning rates of the step under way; outside, see `get_last_lr`."""
        raise NotImplementedError

    def get_last_lr(self) -> list[float]:
        """The learning rate of each group as the last step left it."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Goes on to the next epoch, or (deprecated) to the given one."""
        if self._step_count == 1 and not getattr(self.optimizer, "_opt_called", True):
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`. You should call "
                "them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`. "
                "Failure to do this will result in skipping the first value of the learning rate "
                "schedule.",
                UserWarning,
                stacklevel=2,
            )
        self._step_count += 1
        if epoch is not None:
            warnings.warn(
                "The epoch parameter in `scheduler.step()` was not necessary and is being "
                "deprecated where possible. Please use `scheduler.step()` to step the scheduler.",
                UserWarning,
                stacklevel=2,
            )
        self._update_lr(epoch)

    def _closed_form(self) -> list[float] | None:
        """The learning rates at last_epoch by a formula; None where there is none."""
        return None

    def _update_lr(self, epoch: int | None = None) -> None:
        self._get_lr_called_within_step = True
        try:
            if epoch is None:
                self.last_epoch += 1
                values = self.get_lr()
            else:
                self.last_epoch = epoch
                values = self._closed_form() or self.get_lr()
        finally:
            self._get_lr_called_within_step = False
        self._set_lrs(values)

    def _set_lrs(self, values: Sequence[float]) -> None:
        for group, lr in zip(self.optimizer.param_groups, values, strict=True):
            set_lr(group, lr)
        self._last_lr = self._present()

    def _present(self) -> list[float]:
        return [value_of(group["lr"]) for group in self.optimizer.param_groups]

    def _times(self, factor: float) -> list[float]:
        return [group["lr"] * factor for group in self.optimizer.param_groups]

    def _warn_outside_step(self) -> None:
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, "
                "please use `get_last_lr()`.",
                UserWarning,
                stacklevel=3,
            )

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer, which has a state of its own."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.__dict__.update(state_dict)


def value_of(lr: Any) -> Any:
    """A copy of a learning rate that is a tensor; a number as it is."""
    return lr.clone() if isinstance(lr, Tensor) else lr


def set_lr(group: dict[str, Any], lr: Any) -> None:
    """Into the group's own tensor, where it has one."""
    if isinstance(group["lr"], Tensor):
        group["lr"].fill_(float(lr))
    else:
        group["lr"] = lr


def saved_function(function: Callable[..., Any] | None) -> dict[str, Any] | None:
    """What a state holds of a function: nothing; of an object called like one, its fields."""
    if function is None or hasattr(function, "__code__") or not hasattr(function, "__dict__"):
        return None
    return dict(vars(function))


def one_each(name: str, optimizer: Optimizer, value: float | Sequence[float]) -> list[float]:
    """A value for each group: the same, or those given."""
    groups = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [value] * groups  # type: ignore[list-item]
    if len(value) != groups:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. "
            f"{name} has {len(value)} values, param_groups has {groups}."
        )
    return list(value)


def positive(name: str, value: int | None) -> int:
    if not isinstance(value, int) or value <= 0:
        raise ValueError(f"Expected positive integer {name}, but got {value}")
    return value

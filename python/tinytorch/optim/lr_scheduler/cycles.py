"""Schedules that rise and fall: cosines, with and without restarts, and cycles."""

import math
from collections.abc import Callable
from typing import Any

from tinytorch.optim.lr_scheduler.base import (
    LRScheduler,
    one_each,
    positive,
    saved_function,
    set_lr,
)
from tinytorch.optim.optimizer import Optimizer
from tinytorch.training.schedules import cosine_schedule


class CosineAnnealingLR(LRScheduler):
    """Half a cosine from the initial lr to eta_min in T_max epochs, and up again after that.

    Source: torch.optim.lr_scheduler.CosineAnnealingLR
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        self._warn_outside_step()
        if self._is_initial:
            return self._present()
        if (self.last_epoch - 1 - self.T_max) % (2 * self.T_max) == 0:
            # The turn at the bottom, where the quotient below would be 0 / 0.
            first = (1 - math.cos(math.pi / self.T_max)) / 2
            return [
                lr + (base - self.eta_min) * first
                for lr, base in zip(self._present(), self.base_lrs, strict=True)
            ]
        now = 1 + math.cos(math.pi * self.last_epoch / self.T_max)
        before = 1 + math.cos(math.pi * (self.last_epoch - 1) / self.T_max)
        return [now / before * (lr - self.eta_min) + self.eta_min for lr in self._present()]

    def _closed_form(self) -> list[float]:
        angle = math.pi * self.last_epoch / self.T_max
        return [
            self.eta_min + (base - self.eta_min) * (1 + math.cos(angle)) / 2
            for base in self.base_lrs
        ]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Half a cosine from the initial lr to eta_min, again and again, each T_mult times as long.

    T_0: epochs of the first.  step(epoch) may be given fractions of epochs.
    Raises ValueError for settings out of range.
    Loshchilov and Hutter, 2016.  Source: torch.optim.lr_scheduler.CosineAnnealingWarmRestarts
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        if not isinstance(T_0, int) or T_0 <= 0:
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if not isinstance(T_mult, int) or T_mult < 1:
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        if not isinstance(eta_min, (float, int)):
            raise ValueError(
                f"Expected float or int eta_min, but got {eta_min} of type {type(eta_min)}"
            )
        self.T_0 = T_0
        self.T_i: float = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        self._warn_outside_step()
        angle = math.pi * self.T_cur / self.T_i
        return [
            self.eta_min + (base - self.eta_min) * (1 + math.cos(angle)) / 2
            for base in self.base_lrs
        ]

    def step(self, epoch: float | None = None) -> None:
        """Goes on by one epoch, or to the given one."""
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur = self.T_cur % self.T_i
                self.T_i = self.T_i * self.T_mult
        elif epoch < 0:
            raise ValueError(f"Expected non-negative epoch, but got {epoch}")
        elif epoch < self.T_0:
            self.T_i = self.T_0
            self.T_cur = epoch
        elif self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        else:
            passed = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            self.T_cur = epoch - self.T_0 * (self.T_mult**passed - 1) / (self.T_mult - 1)
            self.T_i = self.T_0 * self.T_mult**passed
        self.last_epoch = math.floor(epoch)
        self._get_lr_called_within_step = True
        try:
            values = self.get_lr()
        finally:
            self._get_lr_called_within_step = False
        self._set_lrs(values)


class CyclicLR(LRScheduler):
    """From base_lr up to max_lr in step_size_up steps, down in step_size_down, again and again.

    mode: "triangular", "triangular2" (each cycle half as high) or "exp_range" (gamma^step as high);
    scale_fn(x) instead of a mode, x the cycle or, with scale_mode "iterations", the step.
    Momentum (or the first beta) goes the other way, unless cycle_momentum is False.
    Raises ValueError for settings that do not fit.
    Smith, 2015.  Source: torch.optim.lr_scheduler.CyclicLR
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float = 0.8,
        max_momentum: float = 0.9,
        last_epoch: int = -1,
    ) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
        self.optimizer = optimizer
        base_lrs = one_each("base_lr", optimizer, base_lr)
        if last_epoch == -1:
            for lr, group in zip(base_lrs, optimizer.param_groups, strict=True):
                set_lr(group, lr)
        self.max_lrs = one_each("max_lr", optimizer, max_lr)
        up = float(step_size_up)
        self.total_size = up + (up if step_size_down is None else float(step_size_down))
        self.step_ratio = up / self.total_size
        if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
            raise ValueError("mode is invalid and scale_fn is None")
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        self.scale_mode = scale_mode
        if scale_fn is None:
            self.scale_mode = "iterations" if mode == "exp_range" else "cycle"
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            if not {"momentum", "betas"} & set(optimizer.defaults):
                raise ValueError(
                    "optimizer must support momentum or beta1 with `cycle_momentum` option enabled"
                )
            self.use_beta1 = "betas" in optimizer.defaults
            self.base_momentums = one_each("base_momentum", optimizer, base_momentum)
            self.max_momentums = one_each("max_momentum", optimizer, max_momentum)
            if last_epoch == -1:
                ends = zip(self.max_momentums, self.base_momentums, strict=True)
                for (highest, lowest), group in zip(ends, optimizer.param_groups, strict=True):
                    set_momentum(group, highest, self.use_beta1)
                    group["max_momentum"] = highest
                    group["base_momentum"] = lowest
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> float:
        """How high the cycle (or step) x goes."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "triangular":
            return 1.0
        return float(1 / 2.0 ** (x - 1)) if self.mode == "triangular2" else self.gamma**x

    def get_lr(self) -> list[float]:
        self._warn_outside_step()
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        share = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        height = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            ends = zip(self.base_momentums, self.max_momentums, strict=True)
            for (lowest, highest), group in zip(ends, self.optimizer.param_groups, strict=True):
                momentum = highest - (highest - lowest) * share * height
                set_momentum(group, momentum, self.use_beta1)
        return [
            lowest + (highest - lowest) * share * height
            for lowest, highest in zip(self.base_lrs, self.max_lrs, strict=True)
        ]

    def state_dict(self) -> dict[str, Any]:
        state = super().state_dict()
        del state["_scale_fn_custom"]  # PyTorch has it last
        state["_scale_fn_custom"] = saved_function(self._scale_fn_custom)
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        rest = {key: value for key, value in state_dict.items() if key != "_scale_fn_custom"}
        super().load_state_dict(rest)
        if state_dict["_scale_fn_custom"] is not None:
            vars(self._scale_fn_custom).update(state_dict["_scale_fn_custom"])


def set_momentum(group: dict[str, Any], momentum: float, use_beta1: bool) -> None:
    """A group's momentum, or its first beta."""
    if use_beta1:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum


class OneCycleLR(LRScheduler):
    """Up to max_lr in the first pct_start of all steps, then down to almost nothing; once a step.

    It starts at max_lr / div_factor and ends at that / final_div_factor; momentum (or the first
    beta) goes the other way, unless cycle_momentum is False. three_phase: back to the initial lr as
    fast as it rose, then to the end.
    Raises ValueError for settings out of range and for more than total_steps steps.
    Smith and Topin, 2017.  Source: torch.optim.lr_scheduler.OneCycleLR
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
        if total_steps is None and (epochs is None or steps_per_epoch is None):
            raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
        if total_steps is not None:
            self.total_steps = positive("total_steps", total_steps)
        else:
            self.total_steps = positive("epochs", epochs) * positive(
                "steps_per_epoch", steps_per_epoch
            )
        if not isinstance(pct_start, float) or not 0 <= pct_start <= 1:
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        self._anneal_func_type = anneal_strategy
        # Each phase: its last step, and from where to where lr and momentum go.
        peak = float(pct_start * self.total_steps) - 1
        rising = ("initial_lr", "max_lr", "max_momentum", "base_momentum")
        falling = ("max_lr", "min_lr", "base_momentum", "max_momentum")
        phases = [(peak, *rising), (self.total_steps - 1, *falling)]
        if three_phase:
            phases = [
                (peak, *rising),
                (
                    float(2 * pct_start * self.total_steps) - 2,
                    *("max_lr", "initial_lr", "base_momentum", "max_momentum"),
                ),
                (
                    self.total_steps - 1,
                    *("initial_lr", "min_lr", "max_momentum", "max_momentum"),
                ),
            ]
        fields = ("end_step", "start_lr", "end_lr", "start_momentum", "end_momentum")
        self._schedule_phases: list[dict[str, Any]] = [
            dict(zip(fields, phase, strict=True)) for phase in phases
        ]
        self.cycle_momentum = cycle_momentum
        self._prepare_groups(
            optimizer, last_epoch, max_lr, div_factor, final_div_factor, base_momentum, max_momentum
        )
        super().__init__(optimizer, last_epoch)

    def _prepare_groups(
        self,
        optimizer: Optimizer,
        last_epoch: int,
        max_lr: float | list[float],
        div_factor: float,
        final_div_factor: float,
        base_momentum: float | list[float],
        max_momentum: float | list[float],
    ) -> None:
        """Writes the ends of each group's lr and momentum into the group."""
        groups = optimizer.param_groups
        max_lrs = one_each("max_lr", optimizer, max_lr)
        if self.cycle_momentum:
            if not {"momentum", "betas"} & set(optimizer.defaults):
                raise ValueError(
                    "optimizer must support momentum or beta1 with `cycle_momentum` option enabled"
                )
            self.use_beta1 = "betas" in optimizer.defaults
            highest = one_each("max_momentum", optimizer, max_momentum)
            lowest = one_each("base_momentum", optimizer, base_momentum)
        if last_epoch != -1:
            return
        for number, group in enumerate(groups):
            group["initial_lr"] = max_lrs[number] / div_factor
            group["max_lr"] = max_lrs[number]
            group["min_lr"] = group["initial_lr"] / final_div_factor
            if self.cycle_momentum:
                set_momentum(group, highest[number], self.use_beta1)
                group["max_momentum"] = highest[number]
                group["base_momentum"] = lowest[number]

    def _anneal(self, start: float, end: float, share: float) -> float:
        if self._anneal_func_type == "linear":
            return (end - start) * share + start
        # PyTorch allows one step past the end, and lets it rise again.
        return cosine_schedule(min(share, 2 - share), 1, start, end)

    def get_lr(self) -> list[float]:
        self._warn_outside_step()
        if self.last_epoch > self.total_steps:
            raise ValueError(
                f"Tried to step {self.last_epoch} times. "
                f"The specified number of total steps is {self.total_steps}"
            )
        start = 0.0
        for phase in self._schedule_phases:
            if self.last_epoch <= phase["end_step"]:
                break
            if phase is not self._schedule_phases[-1]:
                start = phase["end_step"]
        share = (self.last_epoch - start) / (phase["end_step"] - start)
        lrs = []
        for group in self.optimizer.param_groups:
            lrs.append(self._anneal(group[phase["start_lr"]], group[phase["end_lr"]], share))
            if self.cycle_momentum:
                ends = group[phase["start_momentum"]], group[phase["end_momentum"]]
                set_momentum(group, self._anneal(*ends, share), self.use_beta1)
        return lrs

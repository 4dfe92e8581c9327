"""Optimizer: groups of parameters with their settings, and what each parameter has gathered."""

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from itertools import chain
from typing import Any

from tinytorch import _creation
from tinytorch._C import Tensor
from tinytorch._grad_mode import detached, enable_grad
from tinytorch._typename import typename

ParamsT = Iterable[Any]


class Optimizer:
    """Base class of all optimizers: subclasses write `step`.

    params: tensors, (name, tensor) pairs, or dicts of "params" and settings that differ.
    defaults: the settings of groups that do not give their own.
    Raises TypeError for what is not a tensor, ValueError for none, for non-leaf tensors and for a
    tensor in two groups.  Source: torch.optim.Optimizer
    """

    def __init__(self, params: ParamsT, defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, "
                f"but got {typename(params)}"
            )
        self.defaults = defaults
        self.state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Adds {"params": ..., setting: value ...}; settings not given are the defaults."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the "
                "ordering of tensors in sets will change between runs. Please use a list instead."
            )
        params = [params] if isinstance(params, Tensor) else list(params)
        names = [param[0] for param in params if isinstance(param, tuple)]
        if names and len(names) != len(params):
            raise ValueError(
                "all optimizer params should be with/without names. Some param names are missing"
            )
        if names:
            params = [param[1] for param in params]
            param_group["param_names"] = names
        param_group["params"] = params
        self._check_params(params)
        for group in self.param_groups:
            if ("param_names" in group) != bool(names):
                raise ValueError(
                    "all optimizer param groups should be with/without names. cannot add param "
                    f"group {'with' if names else 'without'} names to the optimizer"
                )
        for name, default in self.defaults.items():
            param_group.setdefault(name, default)
        self.param_groups.append(param_group)

    def _check_params(self, params: list[Any]) -> None:
        for param in params:
            if not isinstance(param, Tensor):
                raise TypeError(
                    "optimizer can only optimize Tensors, "
                    f"but one of the params is {typename(param)}"
                )
            if not getattr(param, "is_leaf", True) and not param.retains_grad:
                raise ValueError("can't optimize a non-leaf Tensor")
        identities = {id(param) for param in params}
        if len(identities) != len(params):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; "
                "in future, this will cause an error",
                stacklevel=4,
            )
        for group in self.param_groups:
            if not identities.isdisjoint(id(param) for param in group["params"]):
                raise ValueError("some parameters appear in more than one parameter group")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One update.  closure: computes the loss and calls backward; its result is returned."""
        raise NotImplementedError

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets all gradients, or fills them with zeros."""
        for group in self.param_groups:
            for param in group["params"]:
                if set_to_none:
                    param.grad = None
                elif param.grad is not None:
                    detached(param.grad).zero_()

    # --- saving and loading -------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """{"state": {number: state}, "param_groups": [settings]}; parameters have numbers."""
        index: dict[int, int] = {}
        for param in chain.from_iterable(group["params"] for group in self.param_groups):
            index.setdefault(id(param), len(index))
        return {
            "state": {
                index[id(key)] if isinstance(key, Tensor) else key: value
                for key, value in self.state.items()
            },
            "param_groups": [
                {key: value for key, value in group.items() if key != "params"}
                | {"params": [index[id(param)] for param in group["params"]]}
                for group in self.param_groups
            ],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over settings and state; the parameters are matched by their order.

        Raises ValueError when the groups or their sizes are others.
        """
        saved_groups = deepcopy(state_dict["param_groups"])
        if len(saved_groups) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        params: dict[int, Any] = {}
        for group, saved in zip(self.param_groups, saved_groups, strict=True):
            if len(group["params"]) != len(saved["params"]):
                raise ValueError(
                    "loaded state dict contains a parameter group that doesn't match the size of "
                    "optimizer's group"
                )
            params.update(zip(saved["params"], group["params"], strict=True))
            saved["params"] = group["params"]
            if "param_names" in group:
                saved.setdefault("param_names", group["param_names"])
            for name, default in self.defaults.items():
                saved.setdefault(name, default)
        self.state = defaultdict(dict)
        for key, value in state_dict["state"].items():
            if key in params:
                self.state[params[key]] = _copied_for(params[key], value)
            else:
                self.state[key] = value
        self.param_groups = saved_groups

    def __repr__(self) -> str:
        groups = []
        for number, group in enumerate(self.param_groups):
            settings = [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
            groups.append("\n".join([f"Parameter Group {number}", *settings]) + "\n")
        return f"{type(self).__name__} (\n" + "\n".join(groups) + ")"


def _copied_for(param: Any, value: Any, key: str = "") -> Any:
    """A copy of loaded state; tensors other than the step count take the parameter's dtype."""
    if isinstance(value, Tensor):
        converts = key != "step" and param.is_floating_point()
        return detached(value.to(param.dtype) if converts else value).clone()
    if isinstance(value, dict):
        return {name: _copied_for(param, entry, name) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_copied_for(param, entry) for entry in value)
    return value


class GroupOptimizer(Optimizer):
    """An optimizer that updates a whole group of parameters by one call into the extension.

    Subclasses write `_step_group`. In `state` a "step" is a float; in `state_dict()` it is a 0-d
    tensor, as PyTorch has it.
    """

    _opt_called = False

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        self._opt_called = True
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            self._step_group(group)
        return loss

    def _step_group(self, group: dict[str, Any]) -> None:
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        packed = super().state_dict()
        packed["state"] = {
            key: state | {"step": _creation.tensor(float(state["step"]))}
            if "step" in state
            else state
            for key, state in packed["state"].items()
        }
        return packed

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict)
        for state in self.state.values():
            if "step" in state:
                state["step"] = float(state["step"])


def with_gradients(group: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """The parameters of a group that have a gradient, and their gradients."""
    params, grads = [], []
    for param in group["params"]:
        grad = param.grad
        if grad is not None:
            params.append(param)
            grads.append(grad)
    return params, grads


def check_setting(valid: bool, described: str, value: Any) -> None:
    """Raises ValueError "Invalid learning rate: -1" unless valid."""
    if not valid:
        raise ValueError(f"Invalid {described}: {value}")


def refuse(optimizer: str, setting: str, value: Any) -> None:
    """Raises NotImplementedError for a setting of PyTorch's that is not ours."""
    if value:
        raise NotImplementedError(f"{optimizer}: expected {setting}=False, got {value}")

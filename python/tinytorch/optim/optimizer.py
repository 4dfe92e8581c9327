"""Optimizer: groups of parameters with their settings, and what each parameter has gathered."""

import functools
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from itertools import chain
from typing import Any

from tinytorch import _C, _creation
from tinytorch._C import Tensor
from tinytorch._grad_mode import HAS_AUTOGRAD, detached, enable_grad, no_grad
from tinytorch._typename import typename
from tinytorch.utils.hooks import RemovableHandle

ParamsT = Iterable[Any]
Hooks = OrderedDict[int, Callable[..., Any]]
_before_any_step: Hooks = OrderedDict()
_after_any_step: Hooks = OrderedDict()


class Optimizer:
    """Base class of all optimizers: subclasses write `step`.

    params: tensors, (name, tensor) pairs, or dicts of "params" and settings that differ.
    defaults: the settings of groups that do not give their own.
    Raises TypeError for what is not a tensor, ValueError for none, for non-leaf tensors and for a
    tensor in two groups.  Source: torch.optim.Optimizer
    """

    _opt_called = False

    def __init__(self, params: ParamsT, defaults: dict[str, Any]) -> None:
        self._prepare_hooks()
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

    # --- hooks --------------------------------------------------------------------------------

    def _prepare_hooks(self) -> None:
        self._step_pre_hooks: Hooks = OrderedDict()
        self._step_post_hooks: Hooks = OrderedDict()
        self._state_dict_pre_hooks: Hooks = OrderedDict()
        self._state_dict_post_hooks: Hooks = OrderedDict()
        self._load_state_dict_pre_hooks: Hooks = OrderedDict()
        self._load_state_dict_post_hooks: Hooks = OrderedDict()
        cls = type(self)
        if not hasattr(cls.step, "hooked"):  # of whichever class this is, the user's too
            cls.step = _with_hooks(cls.step)  # type: ignore[method-assign]

    def _patch_step_function(self) -> None:  # what optimizers written elsewhere call
        self._prepare_hooks()

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """hook(optimizer, args, kwargs) before each step; may return new (args, kwargs)."""
        return _registered(self._step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """hook(optimizer, args, kwargs) after each step."""
        return _registered(self._step_post_hooks, hook)

    def register_state_dict_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """hook(optimizer) before `state_dict`."""
        return _registered(self._state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """hook(optimizer, state_dict) after `state_dict`; may return another."""
        return _registered(self._state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """hook(optimizer, state_dict) before `load_state_dict`; may return another."""
        return _registered(self._load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """hook(optimizer) after `load_state_dict`."""
        return _registered(self._load_state_dict_post_hooks, hook, prepend)

    def __getstate__(self) -> dict[str, Any]:
        return {
            "defaults": self.defaults,
            "state": self.state,
            "param_groups": self.param_groups,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._prepare_hooks()

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets all gradients, or fills them with zeros."""
        for group in self.param_groups:
            if set_to_none and HAS_AUTOGRAD:
                _C._forget_gradients(group["params"])
                continue
            for param in group["params"]:
                if set_to_none:
                    param.grad = None
                elif param.grad is not None:
                    detached(param.grad).zero_()

    # --- saving and loading -------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """{"state": {number: state}, "param_groups": [settings]}; parameters have numbers."""
        for before in self._state_dict_pre_hooks.values():
            before(self)
        packed = self._packed()
        for after in self._state_dict_post_hooks.values():
            changed = after(self, packed)
            packed = packed if changed is None else changed
        return packed

    def _packed(self) -> dict[str, Any]:
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
        state_dict = dict(state_dict)
        for before in self._load_state_dict_pre_hooks.values():
            changed = before(self, state_dict)
            state_dict = state_dict if changed is None else changed
        self._unpack(state_dict)
        for after in self._load_state_dict_post_hooks.values():
            after(self)

    def _unpack(self, state_dict: dict[str, Any]) -> None:
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


def _registered(hooks: Hooks, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def register_optimizer_step_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """A hook before each step of every optimizer.  Source: torch.optim.optimizer"""
    return _registered(_before_any_step, hook)


def register_optimizer_step_post_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """A hook after each step of every optimizer.  Source: torch.optim.optimizer"""
    return _registered(_after_any_step, hook)


def _with_hooks(step: Callable[..., Any]) -> Callable[..., Any]:
    """`step`, which schedulers can see was called, with the hooks around it."""

    @functools.wraps(step)
    def hooked(*args: Any, **kwargs: Any) -> Any:
        self = args[0]  # hooks see it among the arguments
        self._opt_called = True
        if not (
            _before_any_step or _after_any_step or self._step_pre_hooks or self._step_post_hooks
        ):
            return step(*args, **kwargs) if kwargs or len(args) > 1 else step(self)
        for before in (*_before_any_step.values(), *self._step_pre_hooks.values()):
            changed = before(self, args, kwargs)
            if changed is None:
                continue
            if not isinstance(changed, tuple) or len(changed) != 2:
                raise RuntimeError(
                    f"{step} must return None or a tuple of (new_args, new_kwargs), "
                    f"but got {changed}."
                )
            args, kwargs = changed
        result = step(*args, **kwargs)
        for after in (*self._step_post_hooks.values(), *_after_any_step.values()):
            after(self, args, kwargs)
        return result

    hooked.hooked = True  # type: ignore[attr-defined]
    return hooked


class GroupOptimizer(Optimizer):
    """An optimizer that updates a group of parameters at once; subclasses write `_step_group`.

    In `state` what is counted or is one number for a parameter (COUNTED) is a float; in
    `state_dict()` it is a 0-d tensor, as PyTorch has it.
    """

    COUNTED: tuple[str, ...] = ("step",)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            if group.get("capturable"):
                raise AssertionError(
                    "If capturable=True, params and state_steps must be on supported devices: "
                    "none of them is here."
                )
            self._step_group(group)
        return loss

    def _step_group(self, group: dict[str, Any]) -> None:
        """Autograd is not told of it to stop: `no_grad` belongs around what it would record."""
        raise NotImplementedError

    def _packed(self) -> dict[str, Any]:
        packed = super()._packed()
        packed["state"] = {
            key: {
                name: _creation.tensor(float(value)) if name in self.COUNTED else value
                for name, value in state.items()
            }
            for key, state in packed["state"].items()
        }
        return packed

    def _unpack(self, state_dict: dict[str, Any]) -> None:
        super()._unpack(state_dict)
        for state in self.state.values():
            for name in self.COUNTED:
                if name in state:
                    state[name] = float(state[name])


class RuleOptimizer(GroupOptimizer):
    """An optimizer of one rule for a parameter at a time, written with the tensors' operations.

    Subclasses write `_fresh`, what a parameter remembers before its first step, and `_update`.
    """

    def _step_group(self, group: dict[str, Any]) -> None:
        decay = group.get("weight_decay", 0)
        coupled = decay != 0 and not group.get("decoupled_weight_decay", False)
        lr = float(group["lr"])
        with no_grad():
            for param, grad in zip(*with_gradients(group), strict=True):
                state = self.state[param]
                if not state:
                    state["step"] = 0.0
                    state.update(self._fresh(group, param))
                state["step"] += 1.0
                grad = -grad if group["maximize"] else grad
                if coupled:
                    grad = grad.add(param, alpha=decay)
                elif decay != 0:
                    param.mul_(1 - lr * decay)
                self._update(group, lr, param, grad, state)

    def _fresh(self, group: dict[str, Any], param: Any) -> dict[str, Any]:
        raise NotImplementedError

    def _update(
        self, group: dict[str, Any], lr: float, param: Any, grad: Any, state: dict[str, Any]
    ) -> None:
        raise NotImplementedError


def zeros_for(param: Any, *names: str) -> dict[str, Any]:
    """A tensor of zeros, shaped as the parameter, under each name."""
    return {name: _creation.zeros_like(param, requires_grad=False) for name in names}


def with_gradients(group: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """The parameters of a group that have a gradient, and their gradients."""
    if HAS_AUTOGRAD:
        return _C._with_gradients(group["params"])
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


def check_lr(lr: Any) -> None:
    """Raises ValueError for a negative learning rate, or a tensor of several."""
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    check_setting(lr >= 0.0, "learning rate", lr)


def check_betas(betas: Any) -> None:
    """Raises ValueError for what of the betas is not in [0, 1)."""
    for place in (0, 1):
        valid = 0.0 <= betas[place] < 1.0
        check_setting(valid, f"beta parameter at index {place}", betas[place])


def check_ways(name: str, settings: dict[str, Any]) -> None:
    """Raises for the ways to compute a step that exclude each other, or that are not here."""
    if settings.get("fused"):
        if settings.get("differentiable"):
            raise RuntimeError("`fused` does not support `differentiable`")
        if settings.get("foreach"):
            raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
    if settings.get("differentiable"):
        raise NotImplementedError(f"{name}: expected differentiable=False, got True")

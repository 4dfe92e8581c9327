"""Module: the tree of parameters, buffers and submodules that a model is.

What a module does lies in five files: here, what it is made of; `_tree`, looking around in it;
`_calling`, forward and hooks; `_state`, saving and loading; `_conversion`, other dtypes and memory.
"""

import warnings
from collections import OrderedDict
from collections.abc import Callable
from itertools import chain
from typing import Any, TypeVar

from tinytorch._C import Tensor
from tinytorch._grad_mode import detached
from tinytorch._typename import typename
from tinytorch.nn.modules._calling import Callables
from tinytorch.nn.modules._calling import (
    register_module_backward_hook as register_module_backward_hook,
)
from tinytorch.nn.modules._calling import (
    register_module_forward_hook as register_module_forward_hook,
)
from tinytorch.nn.modules._calling import (
    register_module_forward_pre_hook as register_module_forward_pre_hook,
)
from tinytorch.nn.modules._calling import (
    register_module_full_backward_hook as register_module_full_backward_hook,
)
from tinytorch.nn.modules._calling import (
    register_module_full_backward_pre_hook as register_module_full_backward_pre_hook,
)
from tinytorch.nn.modules._conversion import Convertible
from tinytorch.nn.modules._registry import Registry, unregister
from tinytorch.nn.modules._state import Stateful
from tinytorch.nn.modules._state import _IncompatibleKeys as _IncompatibleKeys
from tinytorch.nn.parameter import Buffer, Parameter
from tinytorch.utils.hooks import RemovableHandle

M = TypeVar("M", bound="Module")

_REGISTRIES = ("_parameters", "_buffers", "_modules")
_HOOKS = (
    "_backward_pre_hooks",
    "_backward_hooks",
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_state_dict_hooks",
    "_state_dict_pre_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)
# Hooks that see, and may replace, what any module registers.
_registration_hooks: dict[str, OrderedDict[int, Any]] = {
    registry: OrderedDict() for registry in _REGISTRIES
}


class Module(Callables, Stateful, Convertible):
    """Base class of all layers and models: assign layers in `__init__`, write `forward`.

    Assigned parameters, buffers and modules are registered under their attribute's name, so that
    `parameters()`, `state_dict()`, `to()`, `train()` ... reach them.  Source: torch.nn.Module
    """

    dump_patches = False
    training: bool
    call_super_init = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init:
            if kwargs:
                raise TypeError(
                    f"{type(self).__name__}.__init__() got an unexpected keyword argument "
                    f"'{next(iter(kwargs))}'"
                )
            if args:
                raise TypeError(
                    f"{type(self).__name__}.__init__() takes 1 positional argument but "
                    f"{len(args) + 1} were given"
                )
        fields = self.__dict__
        fields["training"] = True
        for name in _REGISTRIES:
            fields[name] = Registry(self)
        fields["_non_persistent_buffers_set"] = set()
        fields["_is_full_backward_hook"] = None
        for name in _HOOKS:
            fields[name] = OrderedDict()
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    # --- registering --------------------------------------------------------------------------

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Adds a parameter under `name`; None reserves the name."""
        self._check_registration("parameter", "_parameters", name)
        if param is not None:
            if not isinstance(param, Parameter):
                raise TypeError(
                    f"cannot assign '{typename(param)}' object to parameter '{name}' "
                    "(torch.nn.Parameter or None required)"
                )
            if getattr(param, "grad_fn", None) is not None:
                raise ValueError(
                    f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must "
                    f"be created explicitly. To express '{name}' as a function of another Tensor, "
                    "compute the value in the forward() method."
                )
            param = self._seen_by_hooks("_parameters", name, param)
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Adds a tensor that is state but not learned; persistent ones are in `state_dict()`."""
        self._check_registration("buffer", "_buffers", name)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{typename(tensor)}' object to buffer '{name}' "
                "(torch Tensor or None required)"
            )
        self._buffers[name] = self._seen_by_hooks("_buffers", name, tensor)
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: "Module | None") -> None:
        """Adds a child under `name`."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{typename(module)} is not a Module subclass")
        self._check_registration("module", "_modules", name)
        self._modules[name] = self._seen_by_hooks("_modules", name, module)

    def register_module(self, name: str, module: "Module | None") -> None:
        """The same as `add_module`."""
        self.add_module(name, module)

    def _check_registration(self, kind: str, registry: str, name: str) -> None:
        if registry not in self.__dict__:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {typename(name)}")
        if kind == "module" and hasattr(self, name) and name not in self._modules:
            raise KeyError(f"attribute '{name}' already exists")
        if "." in name:
            raise KeyError(
                f'{kind} name can\'t contain "."' + (f", got: {name}" if kind == "module" else "")
            )
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if hasattr(self, name) and name not in self.__dict__[registry]:
            raise KeyError(f"attribute '{name}' already exists")

    def _seen_by_hooks(self, registry: str, name: str, value: Any) -> Any:
        for hook in _registration_hooks[registry].values():
            changed = hook(self, name, value)
            if changed is not None:
                value = changed
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        fields = self.__dict__
        if isinstance(value, Parameter):
            if "_parameters" not in fields:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            self._unregister(name, keep="_parameters")
            self.register_parameter(name, value)
        elif name in fields.get("_parameters", ()):
            self._refuse_unless_none(name, value, "parameter", "torch.nn.Parameter or None")
            self.register_parameter(name, None)
        elif isinstance(value, Module):
            if "_modules" not in fields:
                raise AttributeError("cannot assign module before Module.__init__() call")
            self._unregister(name, keep="_modules")
            self._modules[name] = self._seen_by_hooks("_modules", name, value)
        elif name in fields.get("_modules", ()):
            self._refuse_unless_none(name, value, "child module", "torch.nn.Module or None")
            self._modules[name] = self._seen_by_hooks("_modules", name, None)
        elif isinstance(value, Buffer) or name in fields.get("_buffers", ()):
            self._set_buffer(name, value)
        elif name in _REGISTRIES and isinstance(value, dict):
            fields[name] = Registry(self, value)
        else:
            object.__setattr__(self, name, value)

    def _set_buffer(self, name: str, value: Any) -> None:
        if value is not None and not isinstance(value, Tensor):
            expected = "torch.nn.Buffer, torch.Tensor or None"
            self._refuse_unless_none(name, value, "buffer", expected)
        if isinstance(value, Buffer):
            if name not in self.__dict__.get("_buffers", ()):
                self.__dict__.pop(name, None)
            self.register_buffer(name, value, value.persistent)
        else:
            self.register_buffer(name, value, name not in self._non_persistent_buffers_set)

    @staticmethod
    def _refuse_unless_none(name: str, value: Any, kind: str, expected: str) -> None:
        if value is not None:
            raise TypeError(
                f"cannot assign '{typename(value)}' as {kind} '{name}' ({expected} expected)"
            )

    def _unregister(self, name: str, keep: str) -> None:
        """Forgets `name` as an attribute and in every registry but `keep`."""
        fields = self.__dict__
        fields.pop(name, None)
        others = [fields[registry] for registry in _REGISTRIES if registry != keep]
        unregister(name, [*others, self._non_persistent_buffers_set])

    def __delattr__(self, name: str) -> None:
        for registry in (self._parameters, self._buffers, self._modules):
            if name in registry:
                del registry[name]
                self.__dict__.pop(name, None)
                if registry is self._buffers:
                    self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __getattr__(self, name: str) -> Any:
        # Reached only for a name that is not in __dict__: from another's registry, or wrong.
        for registry in _REGISTRIES:
            values = self.__dict__.get(registry, {})
            if name in values:
                return values[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __dir__(self) -> list[str]:
        names = chain(
            dir(type(self)), self.__dict__, self._parameters, self._modules, self._buffers
        )
        return sorted({name for name in names if not name[0].isdigit()})

    def __getstate__(self) -> dict[str, Any]:
        return {
            name: dict(value) if isinstance(value, Registry) else value
            for name, value in self.__dict__.items()
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        fields = self.__dict__
        fields.update(state)
        for name in _REGISTRIES:
            fields[name] = Registry(self, fields.get(name))
        fields.setdefault("_non_persistent_buffers_set", set())
        fields.setdefault("_is_full_backward_hook", None)
        for name in _HOOKS:
            fields.setdefault(name, OrderedDict())

    # --- changing all of it -------------------------------------------------------------------

    def apply(self: M, fn: "Callable[[Module], Any]") -> M:
        """Calls fn on every submodule, children first, then on this one."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self: M, mode: bool = True) -> M:
        """Switches this module and all below it to training, or to evaluation."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self: M) -> M:
        """`train(False)`."""
        return self.train(False)

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """Sets whether the parameters are to be learned."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients of all parameters, or fills them with zeros."""
        if getattr(self, "_is_replica", False):
            warnings.warn(
                "Calling .zero_grad() from a module created with nn.DataParallel() has no effect.",
                stacklevel=2,
            )
        for parameter in self.parameters():
            if parameter.grad is not None:
                if set_to_none:
                    parameter.grad = None
                else:
                    detached(parameter.grad).zero_()

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Nothing to do here: every call runs as it is written."""

    # --- printing -----------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What stands between the parentheses of the printed form, before the children."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        if len(lines) == 1 and not self._modules:
            return f"{self._get_name()}({extra})"
        lines += [f"({name}): {indented(module)}" for name, module in self._modules.items()]
        return block(self._get_name(), lines)


def indented(value: object) -> str:
    """The printed form of a child: all lines but the first moved in by two spaces."""
    return repr(value).replace("\n", "\n  ")


def block(name: str, lines: list[str]) -> str:
    """`name(...)` with one line for each entry."""
    return f"{name}(\n  " + "\n  ".join(lines) + "\n)" if lines else f"{name}()"


def _sees_registering(registry: str, hook: Callable[..., Any]) -> RemovableHandle:
    hooks = _registration_hooks[registry]
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle


def register_module_parameter_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """`hook(module, name, parameter)` runs at every registration; it may return another."""
    return _sees_registering("_parameters", hook)


def register_module_buffer_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """`hook(module, name, buffer)` runs at every registration; it may return another."""
    return _sees_registering("_buffers", hook)


def register_module_module_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """`hook(module, name, child)` runs at every registration; it may return another."""
    return _sees_registering("_modules", hook)

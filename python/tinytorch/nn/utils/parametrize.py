"""Parametrizations: a parameter kept as others, from which it is computed at every use.

`register_parametrization(layer, "weight", Symmetric())` moves `layer.weight` to
`layer.parametrizations.weight.original`; `layer.weight` is then Symmetric()(original).
"""

import copy
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tinytorch._C import Tensor
from tinytorch._grad_mode import no_grad
from tinytorch.nn.modules.container import ModuleDict, ModuleList
from tinytorch.nn.modules.module import Module
from tinytorch.nn.parameter import Parameter

_cache_depth = 0
_cache: dict[tuple[int, str], Any] = {}


@contextmanager
def cached() -> Iterator[None]:
    """A context in which each parametrized tensor is computed once.

    Source: torch.nn.utils.parametrize.cached
    """
    global _cache_depth
    _cache_depth += 1
    try:
        yield
    finally:
        _cache_depth -= 1
        if not _cache_depth:
            _cache.clear()


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, applied in order, and what they start from.

    Source: torch.nn.utils.parametrize.ParametrizationList
    """

    def __init__(self, modules: Any, original: Any, unsafe: bool = False) -> None:
        super().__init__(modules)
        if len(self) == 0:
            raise ValueError("ParametrizationList requires one or more modules.")
        self.unsafe = unsafe
        before = original.detach()
        with no_grad():
            value: Any = original
            for module in reversed(list(self)):
                if hasattr(module, "right_inverse"):
                    value = module.right_inverse(value)
        self.is_tensor = isinstance(value, Tensor)
        if not self.is_tensor and not isinstance(value, (tuple, list)):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                f"Got {type(value).__name__}"
            )
        self.ntensors = 1 if self.is_tensor else len(value)
        kept = [value] if self.is_tensor else list(value)
        for name, tensor in zip(self._names(), kept, strict=True):
            self._keep(name, tensor, original)
        if not unsafe:
            result = self()
            if result.dtype != before.dtype or result.shape != before.shape:
                raise ValueError(
                    "Registering a parametrization may not change the dtype or the shape of the "
                    f"tensor: {before.dtype}, {tuple(before.shape)} became {result.dtype}, "
                    f"{tuple(result.shape)}"
                )

    def _names(self) -> list[str]:
        return ["original"] if self.is_tensor else [f"original{i}" for i in range(self.ntensors)]

    def _keep(self, name: str, tensor: Any, original: Any) -> None:
        if isinstance(original, Parameter):
            if self.is_tensor and tensor.shape == original.shape:
                original.data = tensor.detach()  # the same object, for optimizers that hold it
                kept = original
            else:
                kept = Parameter(tensor.detach(), requires_grad=original.requires_grad)
            self.register_parameter(name, kept)
        else:
            self.register_buffer(name, tensor.detach())

    def right_inverse(self, value: Any) -> None:
        """Makes `value` what the parametrizations give, as nearly as their right_inverse can."""
        with no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(
                        f"parametrization {type(module).__name__} does not implement right_inverse."
                    )
                value = module.right_inverse(value)
            kept = [value] if self.is_tensor else list(value)
            for name, tensor in zip(self._names(), kept, strict=True):
                getattr(self, name).copy_(tensor)

    def forward(self) -> Any:
        """The parametrized tensor."""
        kept = [getattr(self, name) for name in self._names()]
        value: Any = None
        for number, module in enumerate(self):
            value = module(*kept) if number == 0 else module(value)
        return value


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Lets `module.tensor_name` be what `parametrization` makes of it.

    A second one is applied to what the first gives.
    Raises ValueError when there is no such parameter or buffer, or its shape would change.
    Source: torch.nn.utils.parametrize.register_parametrization
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        lists: Any = module.parametrizations
        chain = lists[tensor_name]
        if not unsafe:
            value = getattr(module, tensor_name)
            result = parametrization(value)
            if result.shape != value.shape or result.dtype != value.dtype:
                raise ValueError(
                    "Registering a parametrization may not change the dtype or the shape of the "
                    f"tensor: {tuple(value.shape)} became {tuple(result.shape)}"
                )
            if hasattr(parametrization, "right_inverse"):
                with no_grad():
                    value = parametrization.right_inverse(value)
                chain.right_inverse(value)
        chain.append(parametrization)
        chain.unsafe |= unsafe
        return module
    if tensor_name not in module._buffers and tensor_name not in module._parameters:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element "
            f"with name '{tensor_name}'"
        )
    original = getattr(module, tensor_name)
    chain = ParametrizationList([parametrization], original, unsafe=unsafe)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        _become_parametrized(module)
    lists = module.parametrizations
    lists[tensor_name] = chain
    _add_property(module, tensor_name)
    return module


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a module, or one tensor of it, has a parametrization."""
    lists = module.__dict__.get("parametrizations")
    if not isinstance(lists, ModuleDict):
        return False
    return len(lists) > 0 if tensor_name is None else tensor_name in lists


def remove_parametrizations(
    module: Module, tensor_name: str, leave_parametrized: bool = True
) -> Module:
    """Makes a tensor an ordinary one again: its value now, or what it is computed from.

    Source: torch.nn.utils.parametrize.remove_parametrizations
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    lists: Any = module.parametrizations
    chain = lists[tensor_name]
    original: Any = chain.original if chain.is_tensor else chain.original0
    if leave_parametrized:
        with no_grad():
            value = getattr(module, tensor_name).detach().clone()
        if isinstance(original, Parameter) and chain.is_tensor:
            original.data = value
        elif isinstance(original, Parameter):
            original = Parameter(value, requires_grad=original.requires_grad)
        else:
            original = value
    elif not chain.is_tensor:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is "
            "parametrized in terms of a sequence of tensors."
        )
    delattr(type(module), tensor_name)
    del lists[tensor_name]
    if isinstance(original, Parameter):
        module.register_parameter(tensor_name, original)
    else:
        module.register_buffer(tensor_name, original)
    if not is_parametrized(module):
        delattr(module, "parametrizations")
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module: Module) -> type:
    """The class that a parametrized module was of."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def _become_parametrized(module: Module) -> None:
    """Gives the module a class of its own, which can have properties."""
    base = type(module)

    def deepcopied(self: Any, memo: dict[int, Any]) -> Any:
        copied = memo.get(id(self))
        if copied is None:
            copied = self.__new__(type(self))
            memo[id(self)] = copied
            copied.__setstate__(copy.deepcopy(self.__getstate__(), memo))
        return copied

    def refused(self: Any) -> Any:
        raise RuntimeError(
            "Serialization of parametrized modules is only supported through state_dict()."
        )

    members: dict[str, Any] = {"__module__": base.__module__, "__getstate__": refused}
    if not hasattr(base, "__deepcopy__"):
        members["__getstate__"] = Module.__getstate__
        members["__deepcopy__"] = deepcopied
        members["__reduce_ex__"] = lambda self, protocol: refused(self)
    module.__class__ = type(f"Parametrized{base.__name__}", (base,), members)
    module.parametrizations = ModuleDict()


def _add_property(module: Module, name: str) -> None:
    def value(self: Any) -> Any:
        chain = self.parametrizations[name]
        if not _cache_depth:
            return chain()
        key = (id(self), name)
        if key not in _cache:
            _cache[key] = chain()
        return _cache[key]

    def assign(self: Any, new: Any) -> None:
        self.parametrizations[name].right_inverse(new)

    setattr(type(module), name, property(value, assign))


def transfer_parametrizations_and_params(
    from_module: Module, to_module: Module, tensor_name: str | None = None
) -> Module:
    """Copies parametrizations, and the tensors they start from, to another module.

    Source: torch.nn.utils.parametrize.transfer_parametrizations_and_params
    """
    if not is_parametrized(from_module):
        return to_module
    lists: Any = from_module.parametrizations
    for name in [tensor_name] if tensor_name is not None else list(lists):
        for parametrization in lists[name]:
            register_parametrization(to_module, name, copy.deepcopy(parametrization))
        target: Any = to_module.parametrizations
        with no_grad():
            sources = itertools.chain(lists[name]._parameters.items(), lists[name]._buffers.items())
            for key, tensor in sources:
                if tensor is not None:
                    getattr(target[name], key).copy_(tensor)
    return to_module

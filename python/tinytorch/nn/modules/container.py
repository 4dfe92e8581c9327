"""Containers of modules: in order, in a list, by name."""

import operator
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, TypeVar

from tinytorch.nn.modules._parameter_containers import ParameterDict as ParameterDict
from tinytorch.nn.modules._parameter_containers import ParameterList as ParameterList
from tinytorch.nn.modules._parameter_containers import pairs_of
from tinytorch.nn.modules.module import Module, block

Indexed = TypeVar("Indexed", bound="_Indexed")


class _Indexed(Module):
    """What Sequential and ModuleList share: children in order, reached by index or slice."""

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def _key(self, index: Any) -> str:
        position = operator.index(index)
        if not -len(self) <= position < len(self):
            raise IndexError(f"index {position} is out of range")
        return list(self._modules)[position]

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, self._key(index), module)

    def __delitem__(self, index: int | slice) -> None:
        names = list(self._modules)[index] if isinstance(index, slice) else [self._key(index)]
        for name in names:
            delattr(self, name)
        self._renumber(list(self))

    def _renumber(self, modules: list[Any]) -> None:
        """Makes `modules` the children, named "0", "1", ..."""
        self._modules.clear()
        for position, module in enumerate(modules):
            self._modules[str(position)] = module

    def append(self: Indexed, module: Module) -> Indexed:
        """Adds a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def pop(self, key: int | slice) -> Any:
        """Removes and returns the module at an index, or those of a slice."""
        removed = self[key]
        del self[key]
        return removed

    def __getitem__(self, index: int | slice) -> Any:
        raise NotImplementedError


class Sequential(_Indexed):
    """Modules one after the other: the output of each is the input of the next.

    Sequential(a, b, ...), or Sequential(OrderedDict(name=a, ...)).  Source: torch.nn.Sequential
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            for position, module in enumerate(args):
                self.add_module(str(position), module)

    def forward(self, input: Any) -> Any:
        module: Any
        for module in self._modules.values():
            input = module(input) if module._hooked else module.forward(input)
        return input

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)(OrderedDict(list(self._modules.items())[index]))
        return self._modules[self._key(index)]

    def insert(self, index: int, module: Module) -> "Sequential":
        """Puts a module before the given index."""
        if not isinstance(module, Module):
            raise AssertionError(f"module should be of type: {Module}")
        if not -len(self) <= index <= len(self):
            raise IndexError(f"Index out of range: {index}")
        modules = list(self)
        modules.insert(index, module)
        self._renumber(modules)
        return self

    def extend(self, sequential: Iterable[Module]) -> "Sequential":
        """Adds modules at the end."""
        for module in list(sequential):
            self.append(module)
        return self

    def __add__(self, other: "Sequential") -> "Sequential":
        self._refuse_other(other)
        return Sequential(*self, *other)

    def __iadd__(self, other: "Sequential") -> "Sequential":
        self._refuse_other(other)
        return self.extend(other)

    @staticmethod
    def _refuse_other(other: Any) -> None:
        if not isinstance(other, Sequential):
            raise ValueError(
                "add operator supports only objects of Sequential class, "
                f"but {type(other)} is given."
            )

    def _refuse_times(self, times: Any) -> None:
        if not isinstance(times, int):
            raise TypeError(f"unsupported operand type(s) for *: {type(self)} and {type(times)}")
        if times <= 0:
            raise ValueError(f"Non-positive multiplication factor {times} for {type(self)}")
        if times * len(self) > 2**24:
            raise ValueError(f"Sequential: expected at most 2**24 modules, got {times} times them")

    def __mul__(self, times: int) -> "Sequential":
        self._refuse_times(times)
        return Sequential(*list(self) * times)

    __rmul__ = __mul__

    def __imul__(self, times: int) -> "Sequential":
        self._refuse_times(times)
        return self.extend(list(self) * (times - 1))


class ModuleList(_Indexed):
    """Modules in a list; calling them is left to the model.  Source: torch.nn.ModuleList"""

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)(list(self._modules.values())[index])
        return self._modules[self._key(index)]

    def insert(self, index: int, module: Module) -> None:
        """Puts a module before the given index."""
        modules = list(self)
        modules.insert(index, module)
        self._renumber(modules)

    def extend(self, modules: Iterable[Module]) -> "ModuleList":
        """Adds modules at the end."""
        if not isinstance(modules, Iterable):
            raise TypeError(
                "ModuleList.extend should be called with an iterable, "
                f"but got {type(modules).__name__}"
            )
        for module in list(modules):
            self.append(module)
        return self

    def __add__(self, other: Iterable[Module]) -> "ModuleList":
        return ModuleList(chain(self, other))

    def __iadd__(self, modules: Iterable[Module]) -> "ModuleList":
        return self.extend(modules)

    def __repr__(self) -> str:
        lines: list[str] = []
        children = [repr(module) for module in self]
        first = 0
        for position, printed in enumerate(children):
            if position + 1 < len(children) and children[position + 1] == printed:
                continue
            alike = position + 1 - first
            label = f"({first}): " if alike == 1 else f"({first}-{position}): {alike} x "
            lines.append(label + printed.replace("\n", "\n  "))
            first = position + 1
        return block(self._get_name(), lines)


class ModuleDict(Module):
    """Modules by name, in the order they came.  Source: torch.nn.ModuleDict"""

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: str) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Removes every module."""
        self._modules.clear()

    def pop(self, key: str) -> Any:
        """Removes and returns one module."""
        module = self[key]
        del self[key]
        return module

    def keys(self) -> Any:
        return self._modules.keys()

    def values(self) -> Any:
        return self._modules.values()

    def items(self) -> Any:
        return self._modules.items()

    def update(self, modules: Any) -> None:
        """Adds the modules of a mapping or of (name, module) pairs."""
        is_mapping = isinstance(modules, (Mapping, ModuleDict))
        for name, module in modules.items() if is_mapping else pairs_of("ModuleDict", modules):
            self[name] = module

"""Registry: a module's parameters, buffers or children by name, which are its attributes, too.

Each entry lies twice: here, which gives order and names, and in the module's `__dict__`, where
Python finds `self.weight` without a detour through `__getattr__`. Writing here writes both, so that
a program may edit `module._modules` itself.
"""

import weakref
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_NOTHING: Any = object()
_gone: Any = lambda: None  # noqa: E731


class Registry(dict[str, Any]):
    """A dict of `owner`'s members; copies and pickles of it are plain dicts."""

    __slots__ = ("_owner",)

    def __init__(self, owner: Any = None, members: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        # Weakly, so that a module is freed as soon as nobody uses it.
        self._owner = _gone if owner is None else weakref.ref(owner)
        if members:
            self.update(members)

    def _attributes(self) -> dict[str, Any]:
        owner = self._owner()
        return {} if owner is None else vars(owner)

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        self._attributes()[name] = value

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        self._attributes().pop(name, None)

    def setdefault(self, name: str, default: Any = None) -> Any:
        if name not in self:
            self[name] = default
        return self[name]

    def pop(self, name: str, default: Any = _NOTHING) -> Any:
        if name not in self:
            if default is _NOTHING:
                raise KeyError(name)
            return default
        value = self[name]
        del self[name]
        return value

    def popitem(self) -> tuple[str, Any]:
        if not self:
            raise KeyError("popitem(): dictionary is empty")
        name = next(reversed(self))
        return name, self.pop(name)

    def clear(self) -> None:
        for name in list(self):
            del self[name]

    def update(self, *others: Any, **more: Any) -> None:
        for name, value in dict(*others, **more).items():
            self[name] = value

    def __ior__(self, other: Any) -> "Registry":  # type: ignore[misc,override]
        self.update(other)
        return self

    def copy(self) -> dict[str, Any]:
        return dict(self)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        items: Iterator[tuple[str, Any]] = iter(dict(self).items())
        return dict, (), None, None, items


def unregister(name: str, registries: Iterable[Any]) -> None:
    """Takes `name` out of every dict or set of `registries` that has it."""
    for registry in registries:
        if name in registry:
            registry.pop(name) if isinstance(registry, dict) else registry.discard(name)

"""Handles that take a registered hook away again."""

import itertools
import weakref
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

_ids = itertools.count()


class RemovableHandle:
    """What registering a hook returns: `remove()`, or the end of a `with` block, takes it away.

    hooks_dict: the dictionary, keyed by `id`, that the hook lies in.  extra_dict: another with that
    key, or a list of others.  It holds none of them alive.
    Source: torch.utils.hooks.RemovableHandle
    """

    def __init__(self, hooks_dict: Any, *, extra_dict: Any = None) -> None:
        self.id = next(_ids)
        others = [extra_dict] if isinstance(extra_dict, MutableMapping) else extra_dict or ()
        self._homes = [weakref.ref(home) for home in (hooks_dict, *others)]

    def remove(self) -> None:
        for reference in self._homes:
            home = reference()
            if home is not None:
                home.pop(self.id, None)

    def __enter__(self) -> "RemovableHandle":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()

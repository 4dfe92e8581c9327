"""Modules without initial values."""

import inspect
from typing import Any

from tinytorch import _rng_state
from tinytorch.nn.modules.module import Module


def skip_init(module_cls: type[Module], *args: Any, **kwargs: Any) -> Module:
    """A module whose parameters are to be overwritten: it draws nothing from the generator.

    Raises RuntimeError for a class that is not a Module or takes no `device`.
    Source: torch.nn.utils.skip_init
    """
    if not issubclass(module_cls, Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    before = _rng_state.get_rng_state()
    try:
        return module_cls(*args, **kwargs)
    finally:
        _rng_state.set_rng_state(before)

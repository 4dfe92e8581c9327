"""Lazy modules: their parameters get shapes from the first input, or from a loaded state."""

from itertools import chain
from typing import Any

from tinytorch._grad_mode import detached, no_grad
from tinytorch.nn.modules.module import Module
from tinytorch.nn.parameter import is_lazy


class LazyModuleMixin(Module):
    """Written before the module in a class's bases: `class LazyLinear(LazyModuleMixin, Linear)`.

    A subclass writes `initialize_parameters(*inputs)`; after the first call its instances are of
    the class `cls_to_become`.  Source: torch.nn.modules.lazy.LazyModuleMixin
    """

    cls_to_become: type[Any] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._load_hook = self._register_load_state_dict_pre_hook(
            _materialize_loaded, with_module=True
        )
        self._initialize_hook = self.register_forward_pre_hook(_initialize, with_kwargs=True)

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        for name, value in self._local_state().items():
            kept = keep_vars or is_lazy(value)
            destination[prefix + name] = value if kept else detached(value)

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Gives the parameters the shapes that suit the inputs."""
        raise NotImplementedError(
            f"initialize_parameters is not implemented for {type(self).__name__}"
        )

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter or buffer still waits for a shape."""
        return any(is_lazy(x) for x in chain(self._parameters.values(), self._buffers.values()))


def _initialize(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    module.initialize_parameters(*args, **kwargs)
    if module.has_uninitialized_params():
        raise RuntimeError(f"module {module._get_name()} has not been fully initialized")
    for hook in ("_initialize_hook", "_load_hook"):
        getattr(module, hook).remove()
        delattr(module, hook)
    if module.cls_to_become is not None:
        module.__class__ = module.cls_to_become


def _materialize_loaded(module: Any, state_dict: Any, prefix: str, *_: Any) -> None:
    for name, value in chain(module._parameters.items(), module._buffers.items()):
        loaded = state_dict.get(prefix + name)
        if is_lazy(value) and loaded is not None and not is_lazy(loaded):
            with no_grad():
                value.materialize(loaded.shape)

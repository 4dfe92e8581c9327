"""Weight normalisation with a hook: weight = g v / |v|, computed before every forward."""

import warnings
from typing import Any

from tinytorch.nn.functional._norm import power
from tinytorch.nn.modules.module import Module
from tinytorch.nn.parameter import Parameter


def norm_except_dim(v: Any, dim: int) -> Any:
    """The length of each slice along dim, with other sizes 1; of all of v, 0-d, for dim = -1.

    Source: torch.norm_except_dim
    """
    if dim == -1:
        return power(v.square().sum(), 0.5)
    if not 0 <= dim < v.dim():
        raise IndexError(f"weight_norm: dim {dim} is outside a weight of {v.dim()} dims")
    others = [d for d in range(v.dim()) if d != dim]
    squares = v.square()
    return power(squares.sum(others, keepdim=True) if others else squares, 0.5)


def scaled_direction(v: Any, g: Any, dim: int) -> Any:
    """g v / |v|."""
    return v * (g / norm_except_dim(v, dim))


class WeightNorm:
    """The hook that computes a weight from its length and its direction."""

    def __init__(self, name: str, dim: int | None) -> None:
        self.name = name
        self.dim = -1 if dim is None else dim

    def compute_weight(self, module: Any) -> Any:
        g, v = getattr(module, self.name + "_g"), getattr(module, self.name + "_v")
        return scaled_direction(v, g, self.dim)

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module))


def weight_norm(module: Any, name: str = "weight", dim: int | None = 0) -> Any:
    """Replaces the parameter `name` by `name_g`, its length, and `name_v`, its direction.

    dim: that of which each slice has a length of its own; None for one length in all.
    Source: torch.nn.utils.weight_norm
    """
    warnings.warn(
        "`torch.nn.utils.weight_norm` is deprecated in favor of "
        "`torch.nn.utils.parametrizations.weight_norm`.",
        FutureWarning,
        stacklevel=2,
    )
    for hook in module._forward_pre_hooks.values():
        if isinstance(hook, WeightNorm) and hook.name == name:
            raise RuntimeError(
                f"Cannot register two weight_norm hooks on the same parameter {name}"
            )
    hook = WeightNorm(name, dim)
    weight = getattr(module, name)
    del module._parameters[name]
    module.register_parameter(name + "_g", Parameter(norm_except_dim(weight, hook.dim).detach()))
    module.register_parameter(name + "_v", Parameter(weight.detach()))
    setattr(module, name, hook.compute_weight(module))
    module.register_forward_pre_hook(hook)
    return module


def remove_weight_norm(module: Any, name: str = "weight") -> Any:
    """Makes `name` a parameter again, of the value it has now.

    Source: torch.nn.utils.remove_weight_norm
    """
    return remove_hook(module, name, WeightNorm, "weight_norm", [name + "_g", name + "_v"])


def remove_hook(
    module: Module, name: str, kind: type[Any], described: str, parameters: list[str]
) -> Module:
    """Takes away the hook of that kind and its parameters; its weight stays."""
    for key, hook in list(module._forward_pre_hooks.items()):
        if isinstance(hook, kind) and hook.name == name:
            weight = hook.compute_weight(module)
            module.__dict__.pop(name, None)
            for parameter in parameters:
                delattr(module, parameter)
            setattr(module, name, Parameter(weight.detach()))
            del module._forward_pre_hooks[key]
            return module
    raise ValueError(f"{described} of '{name}' not found in {module}")

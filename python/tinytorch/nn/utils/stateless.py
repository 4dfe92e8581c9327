"""A module called with other tensors in the place of its own: torch.nn.utils.stateless."""

from typing import Any

from tinytorch.nn.modules.module import Module


def functional_call(
    module: Module,
    parameters_and_buffers: Any,
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """module(*args, **kwargs) as if its parameters and buffers of these names were the given ones.

    Gradients go to the given tensors.  tie_weights: a tensor known by several names is replaced
    under all of them.  strict: every name must be given, and be there.
    Source: torch.func.functional_call
    """
    given: dict[str, Any] = {}
    dictionaries = parameters_and_buffers
    for names in dictionaries if isinstance(dictionaries, (tuple, list)) else [dictionaries]:
        given.update(names)
    own = dict(module.named_parameters(remove_duplicate=False))
    own.update(module.named_buffers(remove_duplicate=False))
    if strict:
        missing, unexpected = own.keys() - given.keys(), given.keys() - own.keys()
        if missing or unexpected:
            raise RuntimeError(
                f"functional_call: missing {sorted(missing)}, unexpected {sorted(unexpected)}"
            )
    if tie_weights:
        by_tensor = {id(own[name]): tensor for name, tensor in given.items() if name in own}
        for name, tensor in own.items():
            if id(tensor) in by_tensor:
                given.setdefault(name, by_tensor[id(tensor)])
    places = [_place(module, name) for name in given]
    before = [fields[name] for fields, name in places]
    arguments = () if args is None else args if isinstance(args, tuple) else (args,)
    try:
        for (fields, name), tensor in zip(places, given.values(), strict=True):
            fields[name] = tensor
        return module(*arguments, **(kwargs or {}))
    finally:
        for (fields, name), tensor in zip(places, before, strict=True):
            fields[name] = tensor


def _place(module: Module, path: str) -> tuple[dict[str, Any], str]:
    """The registry that holds a tensor, and its name there."""
    owner, _, name = path.rpartition(".")
    target = module.get_submodule(owner)
    for registry in (target._parameters, target._buffers):
        if name in registry:
            return registry, name
    raise KeyError(path)

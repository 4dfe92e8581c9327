"""Pruning: parameters multiplied by a mask of zeros and ones before every forward.

`l1_unstructured(layer, "weight", 0.3)` moves `layer.weight` to `layer.weight_orig`, beside the
buffer `weight_mask`; `layer.weight` is their product.  `remove` makes that product the parameter.
"""

import numbers
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from tinytorch import _C, _creation, _random
from tinytorch._C import Tensor
from tinytorch._grad_mode import no_grad
from tinytorch.nn.functional._norm import norm
from tinytorch.nn.modules.module import Module
from tinytorch.nn.utils.convert_parameters import parameters_to_vector


class BasePruningMethod:
    """A way to choose what is pruned: a subclass writes `compute_mask(t, default_mask)`.

    PRUNING_TYPE: "unstructured" (single elements), "structured" (slices of `self.dim`), "global".
    Source: torch.nn.utils.prune.BasePruningMethod
    """

    PRUNING_TYPE = "unstructured"
    _tensor_name: str

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The new mask of a tensor, given that before it."""
        raise NotImplementedError(f"{type(self).__name__} has no compute_mask")

    def apply_mask(self, module: Module) -> Any:
        """The pruned tensor."""
        original = getattr(module, self._tensor_name + "_orig")
        return getattr(module, self._tensor_name + "_mask").to(original.dtype) * original

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self._tensor_name, self.apply_mask(module))

    @classmethod
    def apply(
        cls, module: Any, name: str, *args: Any, importance_scores: Any = None, **kwargs: Any
    ) -> Any:
        """Prunes a parameter by this method, after those that pruned it before."""
        method: Any = cls(*args, **kwargs)
        method._tensor_name = name
        value = getattr(module, name)
        if importance_scores is not None and importance_scores.shape != value.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as parameter {name} of {module}, "
                f"got {importance_scores.shape} vs {value.shape}"
            )
        scores = (value if importance_scores is None else importance_scores).detach()
        hooks = module._forward_pre_hooks
        earlier = [key for key, hook in hooks.items() if _prunes(hook, name)]
        if earlier:
            before = getattr(module, name + "_mask").detach().clone()
            container = hooks[earlier[0]]
            if not isinstance(container, PruningContainer):
                container = PruningContainer(container)
            container.add_pruning_method(method)
            method = container
            mask = method.compute_mask(scores, default_mask=before)
            del hooks[earlier[0]]
        else:
            mask = method.compute_mask(scores, default_mask=_creation.ones_like(value.detach()))
            del module._parameters[name]
            module.register_parameter(name + "_orig", value)
        module.register_buffer(name + "_mask", mask)
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def prune(self, t: Any, default_mask: Any = None, importance_scores: Any = None) -> Any:
        """t with what the method chooses set to zero."""
        scores = t if importance_scores is None else importance_scores
        if scores.shape != t.shape:
            raise AssertionError(
                "importance_scores should have the same shape as tensor t, "
                f"got {scores.shape} vs {t.shape}"
            )
        mask = _creation.ones_like(t.detach()) if default_mask is None else default_mask
        return t * self.compute_mask(scores.detach(), default_mask=mask)

    def remove(self, module: Any) -> None:
        """Makes the pruned tensor an ordinary parameter."""
        name = self._tensor_name
        with no_grad():
            value = self.apply_mask(module).detach()
        module.__dict__.pop(name, None)
        original = module._parameters.pop(name + "_orig")
        original.data = value
        del module._buffers[name + "_mask"]
        setattr(module, name, original)


def _prunes(hook: Any, name: str) -> bool:
    return isinstance(hook, BasePruningMethod) and hook._tensor_name == name


class PruningContainer(BasePruningMethod):
    """Methods one after the other, each on what those before it left.

    Source: torch.nn.utils.prune.PruningContainer
    """

    def __init__(self, *methods: Any) -> None:
        self._pruning_methods: tuple[Any, ...] = ()
        if methods:
            self._tensor_name = methods[0]._tensor_name
        for method in methods:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: Any) -> None:
        """Adds one at the end."""
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if method._tensor_name != self._tensor_name:
            raise ValueError(
                "Can only add pruning methods acting on the parameter named "
                f"'{self._tensor_name}' to PruningContainer {self}. Found '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._pruning_methods)

    def __getitem__(self, index: int) -> Any:
        return self._pruning_methods[index]

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        method = self._pruning_methods[-1]
        mask = default_mask.clone()
        if method.PRUNING_TYPE == "unstructured":
            left = default_mask == 1
            mask[left] = method.compute_mask(t[left], default_mask=default_mask[left])
        elif method.PRUNING_TYPE == "structured":
            rows = np.moveaxis(default_mask.numpy(), method.dim, 0)
            kept = np.flatnonzero(rows.reshape(len(rows), -1).any(axis=1))
            at: list[Any] = [slice(None)] * t.dim()
            at[method.dim] = _creation.from_numpy(kept)
            place = tuple(at)
            mask[place] = method.compute_mask(t[place], default_mask=default_mask[place])
        elif method.PRUNING_TYPE == "global":
            mask = method.compute_mask(t, default_mask=default_mask)
        else:
            raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
        return mask


class Identity(BasePruningMethod):
    """Prunes nothing.  Source: torch.nn.utils.prune.Identity"""

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        return default_mask


class _ByAmount(BasePruningMethod):
    """amount: how many, or as a float which part of them."""

    def __init__(self, amount: Any) -> None:
        if not isinstance(amount, numbers.Real):
            raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
        self.amount: Any = amount
        self._whole = isinstance(amount, numbers.Integral)
        if self.amount < 0 or not (self._whole or self.amount <= 1):
            raise ValueError(
                f"amount={amount} should either be a float in the range [0, 1] or a non-negative "
                "integer"
            )

    def count(self, size: int) -> int:
        """How many of `size`.  Raises ValueError for more than there are."""
        if not self._whole:
            part: int = round(self.amount * size)
            return part
        if self.amount > size:
            raise ValueError(
                f"amount={self.amount} should be smaller than the number of parameters to "
                f"prune={size}"
            )
        return int(self.amount)

    def without_smallest(self, scores: Any, default_mask: Any) -> Any:
        """The mask without the `count` elements of the smallest scores."""
        mask = default_mask.clone()
        order = np.argsort(scores.reshape(-1).numpy(), kind="stable")
        mask.view(-1)[_creation.from_numpy(order[: self.count(order.size)])] = 0
        return mask


class RandomUnstructured(_ByAmount):
    """Prunes elements at random.  Source: torch.nn.utils.prune.RandomUnstructured"""

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        if not self.count(t.numel()):
            return default_mask.clone()
        return self.without_smallest(-_random.rand(t.shape, dtype=t.dtype), default_mask)


class L1Unstructured(_ByAmount):
    """Prunes the elements nearest to zero.  Source: torch.nn.utils.prune.L1Unstructured"""

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        return self.without_smallest(t.abs(), default_mask)


class _Structured(_ByAmount):
    """Prunes slices along dim: those of the smallest scores."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: Any, dim: int = -1) -> None:
        super().__init__(amount)
        self.dim = dim

    def scores(self, t: Any) -> Any:
        """One for each slice."""
        raise NotImplementedError

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        if t.dim() <= 1:
            raise ValueError(
                "Structured pruning can only be applied to multidimensional tensors. Found tensor "
                f"of shape {t.shape} with {t.dim()} dims"
            )
        if not -t.dim() <= self.dim < t.dim():
            raise IndexError(f"Invalid index {self.dim} for tensor of size {t.shape}")
        count = self.count(t.shape[self.dim])
        if count == 0:
            return default_mask
        mask = default_mask.clone()
        at: list[Any] = [slice(None)] * t.dim()
        pruned = np.argsort(self.scores(t).numpy(), kind="stable")[:count]
        at[self.dim] = _creation.from_numpy(pruned)
        mask[tuple(at)] = 0
        return mask


class RandomStructured(_Structured):
    """Prunes slices along dim at random.  Source: torch.nn.utils.prune.RandomStructured"""

    def scores(self, t: Any) -> Any:
        return _random.rand(t.shape[self.dim])


class LnStructured(_Structured):
    """Prunes the slices along dim of the smallest n-norm.

    Source: torch.nn.utils.prune.LnStructured
    """

    def __init__(self, amount: Any, n: float, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = n

    def scores(self, t: Any) -> Any:
        return norm(t.transpose(self.dim, 0).flatten(1), float(self.n), 1)


class CustomFromMask(BasePruningMethod):
    """Prunes where a mask is 0.  Source: torch.nn.utils.prune.CustomFromMask"""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Any) -> None:
        self.mask = mask

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"default_mask shape {default_mask.shape} must match self.mask shape "
                f"{self.mask.shape}"
            )
        return default_mask * self.mask.to(default_mask.dtype)


def identity(module: Module, name: str) -> Module:
    """Prunes nothing, but as if.  Source: torch.nn.utils.prune.identity"""
    Identity.apply(module, name)
    return module


def random_unstructured(module: Module, name: str, amount: Any) -> Module:
    """Prunes elements at random.  Source: torch.nn.utils.prune.random_unstructured"""
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(
    module: Module, name: str, amount: Any, importance_scores: Any = None
) -> Module:
    """Prunes the elements nearest to zero.  Source: torch.nn.utils.prune.l1_unstructured"""
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module: Module, name: str, amount: Any, dim: int) -> Module:
    """Prunes slices along dim at random.  Source: torch.nn.utils.prune.random_structured"""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(
    module: Module, name: str, amount: Any, n: float, dim: int, importance_scores: Any = None
) -> Module:
    """Prunes the slices of the smallest n-norm.  Source: torch.nn.utils.prune.ln_structured"""
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: Module, name: str, mask: Tensor) -> Module:
    """Prunes where mask is 0.  Source: torch.nn.utils.prune.custom_from_mask"""
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(
    parameters: Any, pruning_method: Any, importance_scores: Any = None, **kwargs: Any
) -> None:
    """Prunes several parameters as if they were one: parameters are (module, name) pairs.

    Source: torch.nn.utils.prune.global_unstructured
    """
    if not isinstance(parameters, Iterable):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    scores = {} if importance_scores is None else importance_scores
    if not isinstance(scores, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    pairs = list(parameters)
    values = [getattr(module, name).detach() for module, name in pairs]
    given = [scores.get(pair, value) for pair, value in zip(pairs, values, strict=True)]
    masks = [
        getattr(module, name + "_mask", _creation.ones_like(value))
        for (module, name), value in zip(pairs, values, strict=True)
    ]
    method = pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method '
            f"{pruning_method} of type {method.PRUNING_TYPE}"
        )
    method._tensor_name = "all"
    joined = PruningContainer(method).compute_mask(
        parameters_to_vector([score.detach() for score in given]), parameters_to_vector(masks)
    )
    sizes = [value.numel() for value in values]
    for (module, name), value, mask in zip(pairs, values, _C.split(joined, sizes), strict=True):
        custom_from_mask(module, name, mask.reshape(value.shape))


def remove(module: Module, name: str) -> Module:
    """Makes the pruned tensor an ordinary parameter.  Source: torch.nn.utils.prune.remove"""
    for key, hook in list(module._forward_pre_hooks.items()):
        if _prunes(hook, name):
            hook.remove(module)
            del module._forward_pre_hooks[key]
            return module
    raise ValueError(
        f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed"
    )


def is_pruned(module: Module) -> bool:
    """Whether a parameter of the module or of one below it is.

    Source: torch.nn.utils.prune.is_pruned
    """
    return any(
        isinstance(hook, BasePruningMethod)
        for below in module.modules()
        for hook in below._forward_pre_hooks.values()
    )
